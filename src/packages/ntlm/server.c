/* packages/ntlm/server.c - the server's two legs: NEGOTIATE to CHALLENGE, and AUTHENTICATE.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A malformed AUTHENTICATE changes nothing. A well-formed one is judged once: refused, the context
 * is dead, so that a challenge cannot be guessed at. */
#include "base/base.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "packages/ntlm/claim.h"
#include "packages/ntlm/lsa.h"
#include "wire/sids.h"

/* What a client may ask for and gets. */
#define GRANTED                                                                                    \
	(NTLM_SIGN | NTLM_SEAL | NTLM_EXTENDED_SECURITY | NTLM_IDENTIFY | NTLM_VERSION |           \
	 NTLM_128 | NTLM_KEY_EXCHANGE | NTLM_56)

/* What a server offers when it speaks first. [MS-NLMP] 3.2.5.2.1 */
#define OFFERED_TO_DATAGRAMS (GRANTED | NTLM_UNICODE | NTLM_DATAGRAM)

/* ---- CHALLENGE ---- */

static void target_info_write(struct wr *w, const OPENSSPI_MACHINE_NAMES *names)
{
	av_write(w, AV_NB_DOMAIN, ntlm_unicode_bytes(&names->NetbiosDomain));
	av_write(w, AV_NB_COMPUTER, ntlm_unicode_bytes(&names->NetbiosComputer));
	if (names->DnsDomain.Length)
		av_write(w, AV_DNS_DOMAIN, ntlm_unicode_bytes(&names->DnsDomain));
	if (names->DnsComputer.Length)
		av_write(w, AV_DNS_COMPUTER, ntlm_unicode_bytes(&names->DnsComputer));
	av_write_u64(w, AV_TIMESTAMP, (uint64_t)clock_now());
	av_write_end(w);
}

static NTSTATUS challenge_make(struct ntlm_context *c, uint32_t asked)
{
	CLEANUP(wr_done) struct wr name = WR(NTLM_MESSAGE_MAX);
	CLEANUP(wr_done) struct wr info = WR(NTLM_MESSAGE_MAX);
	OPENSSPI_MACHINE_NAMES names;

	(void)ntlm_host()->extension->MachineNames(&names);
	c->flags = (asked & (GRANTED | NTLM_DATAGRAM)) | NTLM_REQUEST_TARGET | NTLM_NTLM |
		   NTLM_ALWAYS_SIGN | NTLM_TARGET_TYPE_SERVER | NTLM_TARGET_INFO;
	c->flags |= asked & NTLM_UNICODE ? NTLM_UNICODE : NTLM_OEM;
	c->flags |= c->local ? NTLM_LOCAL_CALL : 0;
	/* What the client's character set cannot hold is left out as a whole. */
	if (!ntlm_text_write(&name, ntlm_unicode_bytes(&names.NetbiosComputer),
			     asked & NTLM_UNICODE))
		wr_reset(&name);
	target_info_write(&info, &names);

	struct ntlm_challenge m = { .flags = c->flags,
				    .target_name = wr_view(&name),
				    .target_info = wr_view(&info) };
	NTSTATUS status = random_bytes(m.server_challenge, sizeof(m.server_challenge));
	if (failed(status))
		return status;
	memcpy(c->server_challenge, m.server_challenge, sizeof(c->server_challenge));
	ntlm_challenge_write(&c->challenge, &m);
	bool ok = wr_ok(&name) && wr_ok(&info) && wr_ok(&c->challenge);
	return ok ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "CHALLENGE");
}

/* ASC_RET_ bits for what was agreed. */
static uint32_t attributes_of(uint32_t requirements, uint32_t flags)
{
	uint32_t attributes = requirements & (ASC_REQ_USE_SESSION_KEY | ASC_REQ_USE_DCE_STYLE);

	attributes |= flags & NTLM_DATAGRAM ? ASC_RET_DATAGRAM : ASC_RET_CONNECTION;
	attributes |= flags & NTLM_IDENTIFY ? ASC_RET_IDENTIFY : 0;
	attributes |= flags & NTLM_SEAL ? ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY : 0;
	if (flags & NTLM_SIGN)
		attributes |= ASC_RET_INTEGRITY |
			      (requirements & (ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT));
	return attributes;
}

static NTSTATUS negotiate_check(const struct ntlm_leg *leg, struct ntlm_negotiate *out)
{
	if (!(leg->credential->use & SECPKG_CRED_INBOUND))
		return fail(SEC_E_NO_CREDENTIALS, "credentials are not for servers");
	if (leg->requirements & ASC_REQ_DATAGRAM && !leg->token.n) {
		*out = (struct ntlm_negotiate){ .flags = OFFERED_TO_DATAGRAMS };
		return STATUS_SUCCESS;
	}
	if (!ntlm_negotiate_read(leg->token, out) || !(out->flags & (NTLM_UNICODE | NTLM_OEM)))
		return fail(SEC_E_INVALID_TOKEN, "NEGOTIATE");
	if (!ntlm_flags_suffice(out->flags, OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client is weaker than policy allows");
	out->flags &= ~NTLM_DATAGRAM;
	return STATUS_SUCCESS;
}

/* A client that may be in this LSA says so by our own names; that it is, by its record. */
static void local_look(struct ntlm_context *c, uint32_t asked)
{
	const uint32_t named = NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED;
	if ((asked & named) == named)
		c->local = ntlm_local_take(wr_view(&c->negotiate));
}

NTSTATUS ntlm_server_begin(struct ntlm_leg *leg)
{
	struct ntlm_negotiate m;

	NTSTATUS status = negotiate_check(leg, &m);
	if (failed(status))
		return status;
	struct ntlm_context *c = leg->context = ntlm_context_new(true, leg->credential);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM context");
	if (!ntlm_context_take_bindings(c, leg->in))
		return fail(SEC_E_INVALID_TOKEN, "channel bindings");

	c->requirements = leg->requirements;
	wr_rd(&c->negotiate, leg->token);
	if (!wr_ok(&c->negotiate))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NEGOTIATE");
	local_look(c, m.flags);
	status = challenge_make(c, m.flags);
	if (!failed(status))
		status = ntlm_leg_give(leg, wr_view(&c->challenge));
	if (failed(status))
		return status;
	if (c->local)
		ntlm_local_challenged(c->local, wr_view(&c->challenge));
	leg->attributes |= attributes_of(c->requirements, c->flags);
	c->state = NTLM_STATE_CHALLENGED;
	return SEC_I_CONTINUE_NEEDED;
}

/* ---- AUTHENTICATE ---- */

static UNICODE_STRING unicode_of(const struct wr *w)
{
	return unicode_view((const WCHAR *)(const void *)w->buf, w->len / 2);
}

/* What the authority says. */
struct verdict {
	OPENSSPI_NTLM_LOGON_RESULT result;
	SecBuffer sids;
};

static void verdict_done(struct verdict *v)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	OPENSSPI_NTLM_LOGON_RESULT *r = &v->result;

	mem_wipe(r->SessionBaseKey, sizeof(r->SessionBaseKey));
	if (r->Domain.Buffer)
		lsa->FreeLsaHeap(r->Domain.Buffer);
	if (r->User.Buffer)
		lsa->FreeLsaHeap(r->User.Buffer);
	if (v->sids.pvBuffer)
		lsa->FreeLsaHeap(v->sids.pvBuffer);
}

/* Asks the authority; an LM response is not shown when a MIC protects the message. */
static NTSTATUS claim_authenticate(const struct ntlm_context *c, const struct ntlm_claim *k,
				   struct verdict *v)
{
	if (k->kind == NTLM_CLAIM_NOBODY || k->kind == NTLM_CLAIM_LOCAL)
		return STATUS_SUCCESS;
	struct rd lm = k->has_mic ? rd_of(NULL, 0) : k->message.lm;
	OPENSSPI_NTLM_LOGON logon = {
		.Domain = unicode_of(&k->domain),
		.User = unicode_of(&k->user),
		.Workstation = unicode_of(&k->workstation),
		.NtResponse = k->message.nt.p,
		.NtResponseLength = (ULONG)k->message.nt.n,
		.LmResponse = lm.p,
		.LmResponseLength = (ULONG)lm.n,
		.NegotiateFlags = k->flags,
	};
	memcpy(logon.ServerChallenge, c->server_challenge, sizeof(logon.ServerChallenge));
	return ntlm_host()->extension->AuthenticateNtlmSids(&logon, &v->result, &v->sids);
}

/* The key exchange key. There are no LM hashes here, so LM keys are never agreed to.
 * [MS-NLMP] 3.4.5.1 */
static void key_exchange_make(const struct ntlm_context *c, const struct ntlm_claim *k,
			      const uint8_t session_base[NTLM_KEY_LEN], uint8_t out[NTLM_KEY_LEN])
{
	const struct ntlm_v1_facts facts = {
		.flags = k->flags,
		.session_base = session_base,
		.lm_response = k->message.lm.p,
		.server_challenge = c->server_challenge,
	};

	if (k->kind == NTLM_CLAIM_V1)
		ntlm_key_exchange_v1(&facts, out);
	else
		memcpy(out, session_base, NTLM_KEY_LEN);
}

static NTSTATUS session_keys_make(const struct ntlm_context *c, struct ntlm_claim *k,
				  const uint8_t session_base[NTLM_KEY_LEN])
{
	uint8_t exchange[NTLM_KEY_LEN];
	struct rd sent = k->message.session_key;

	k->session.key = secret_new(NTLM_KEY_LEN);
	if (!k->session.key)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM session");
	key_exchange_make(c, k, session_base, exchange);
	memcpy(k->session.key->p, exchange, NTLM_KEY_LEN);
	if (k->kind == NTLM_CLAIM_LOCAL)
		memcpy(k->session.key->p, k->local.session_key, NTLM_KEY_LEN);
	else if (k->flags & NTLM_KEY_EXCHANGE && sent.n)
		rc4_once(exchange, NTLM_KEY_LEN, sent.p, NTLM_KEY_LEN, k->session.key->p);
	mem_wipe(exchange, sizeof(exchange));
	return STATUS_SUCCESS;
}

/* An account of this machine's file has no SIDs, and a process of this machine signed in to no authority: it
 * is the user of this system that it runs as. A domain's is neither, whatever the domain is called. */
static bool is_of_machine(const struct ntlm_claim *k, const struct verdict *v)
{
	const UNICODE_STRING *domain = &v->result.Domain;
	OPENSSPI_MACHINE_NAMES names;

	if (k->kind == NTLM_CLAIM_LOCAL || k->kind == NTLM_CLAIM_NOBODY)
		return k->kind == NTLM_CLAIM_LOCAL;
	(void)ntlm_host()->extension->MachineNames(&names);
	return !v->sids.cbBuffer &&
	       utf16_equal_nocase(domain->Buffer, domain->Length / sizeof(WCHAR),
				  names.NetbiosComputer.Buffer,
				  names.NetbiosComputer.Length / sizeof(WCHAR));
}

static NTSTATUS session_fill(const struct ntlm_context *c, struct ntlm_claim *k,
			     const struct verdict *v)
{
	struct ntlm_session *s = &k->session;
	struct rd domain = ntlm_unicode_bytes(&v->result.Domain);
	struct rd user = ntlm_unicode_bytes(&v->result.User);
	struct rd target = ntlm_claim_target(k);

	if (k->kind == NTLM_CLAIM_NOBODY)
		ntlm_session_nobody(&domain, &user);
	if (k->kind == NTLM_CLAIM_LOCAL) {
		domain = k->local.domain;
		user = k->local.user;
	}
	s->server = true;
	s->flags = k->flags;
	s->attributes = attributes_of(c->requirements, k->flags);
	s->attributes |= k->kind == NTLM_CLAIM_NOBODY ? ASC_RET_NULL_SESSION : 0;
	s->start = clock_now();
	s->of_machine = is_of_machine(k, v);
	if (!ntlm_text_copy(&s->domain, domain) || !ntlm_text_copy(&s->user, user) ||
	    (target.n && !ntlm_text_copy(&s->target, target)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM session");
	return ntlm_session_take_sids(s, rd_of(v->sids.pvBuffer, v->sids.cbBuffer));
}

/* Judges a well-formed AUTHENTICATE. */
static NTSTATUS claim_judge(const struct ntlm_leg *leg, struct ntlm_claim *k)
{
	const struct ntlm_context *c = leg->context;
	uint32_t requirements = c->requirements | leg->requirements;
	CLEANUP(verdict_done) struct verdict v = { 0 };

	NTSTATUS status = ntlm_claim_check(k, requirements);
	if (!failed(status))
		status = claim_authenticate(c, k, &v);
	if (!failed(status))
		status = session_keys_make(c, k, v.result.SessionBaseKey);
	if (!failed(status))
		status = ntlm_claim_check_mic(c, k, leg->token);
	if (!failed(status))
		status = ntlm_claim_check_bindings(c, k, requirements);
	if (!failed(status))
		status = ntlm_claim_check_target(k);
	return failed(status) ? status : session_fill(c, k, &v);
}

static UNICODE_STRING unicode_of_text(const struct ntlm_text *t)
{
	return unicode_view(t->p, t->n);
}

/* Who it was if that is known, else who it says it is. */
static void claim_audit(const struct ntlm_claim *k, NTSTATUS status)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	const struct ntlm_session *s = &k->session;
	struct rd sids = wr_view(&s->sids);
	_Alignas(DWORD) uint8_t sid[SID_BYTES_MAX];
	char text[SID_TEXT_MAX];

	if (!lsa->AuditLogon)
		return;
	UNICODE_STRING user = s->user.p ? unicode_of_text(&s->user) : unicode_of(&k->user);
	UNICODE_STRING domain = s->domain.p ? unicode_of_text(&s->domain) : unicode_of(&k->domain);
	UNICODE_STRING workstation = unicode_of(&k->workstation);
	bool has_sid = sids_next(&sids, text) && sid_bytes(text, sid);
	lsa->AuditLogon(status, status, &user, &domain, &workstation, has_sid ? sid : NULL, Network,
			NULL, NULL);
}

NTSTATUS ntlm_server_finish(struct ntlm_leg *leg)
{
	struct ntlm_context *c = leg->context;
	CLEANUP(ntlm_claim_done) struct ntlm_claim k = NTLM_CLAIM;

	if (c->state != NTLM_STATE_CHALLENGED)
		return fail(SEC_E_INVALID_TOKEN, "AUTHENTICATE out of turn");
	if (!ntlm_context_take_bindings(c, leg->in) || !ntlm_claim_read(c, leg->token, &k))
		return fail(SEC_E_INVALID_TOKEN, "AUTHENTICATE");
	NTSTATUS status = claim_judge(leg, &k);
	claim_audit(&k, status);
	if (failed(status)) {
		c->state = NTLM_STATE_REFUSED;
		return status;
	}

	ntlm_leg_give_nothing(leg);
	c->session = k.session;
	k.session = (struct ntlm_session){ 0 };
	leg->attributes |= c->session.attributes;
	c->session.attributes = leg->attributes;
	c->state = NTLM_STATE_ESTABLISHED;
	return SEC_E_OK;
}
