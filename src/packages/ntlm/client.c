/* packages/ntlm/client.c - the client's two legs: NEGOTIATE, and CHALLENGE to AUTHENTICATE.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "packages/ntlm/buffers.h"
#include "packages/ntlm/local.h"
#include "packages/ntlm/lsa.h"
#include "packages/ntlm/respond.h"

#define REFUSED_REQUIREMENTS (ISC_REQ_DELEGATE | ISC_REQ_PROMPT_FOR_CREDS)
#define PROTECTION (NTLM_SIGN | NTLM_SEAL)
#define CHARACTER_SETS (NTLM_UNICODE | NTLM_OEM)

/* What levels and mode add to what the caller asked for. LM keys are of use only without extended
 * session security, and to who has an LM hash. */
static uint32_t flags_of_mode(const struct ntlm_context *c, uint32_t asked)
{
	uint32_t flags = 0;

	if (c->level >= NTLM_LEVEL_EXTENDED)
		flags |= NTLM_EXTENDED_SECURITY;
	else if (asked & PROTECTION && c->credential->lm_hash)
		flags |= NTLM_LM_KEY;
	if (c->datagram)
		flags |= NTLM_DATAGRAM | (c->null_session ? 0 : NTLM_KEY_EXCHANGE);
	if (c->null_session)
		flags |= NTLM_ANONYMOUS;
	return flags;
}

static uint32_t flags_wanted(const struct ntlm_context *c)
{
	uint32_t flags = CHARACTER_SETS | NTLM_REQUEST_TARGET | NTLM_NTLM | NTLM_ALWAYS_SIGN |
			 NTLM_TARGET_INFO | NTLM_VERSION | NTLM_128 | NTLM_56;
	uint32_t requirements = c->requirements;

	if (requirements & (ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT))
		flags |= NTLM_SIGN | NTLM_KEY_EXCHANGE;
	if (requirements & ISC_REQ_CONFIDENTIALITY)
		flags |= NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE;
	if (requirements & ISC_REQ_IDENTIFY)
		flags |= NTLM_IDENTIFY;
	/* [MS-NLMP] 3.4: nobody's sessions protect nothing. */
	if (c->null_session)
		flags &= ~(PROTECTION | NTLM_KEY_EXCHANGE);
	return flags | flags_of_mode(c, flags);
}

/* ISC_RET_ bits for what was asked for and has been agreed. */
static uint32_t attributes_of(uint32_t requirements, uint32_t flags)
{
	uint32_t kept = requirements & (ISC_REQ_USE_SESSION_KEY | ISC_REQ_USE_DCE_STYLE);
	uint32_t attributes = kept;

	attributes |= flags & NTLM_DATAGRAM ? ISC_RET_DATAGRAM : ISC_RET_CONNECTION;
	attributes |= flags & NTLM_IDENTIFY ? ISC_RET_IDENTIFY : 0;
	attributes |= flags & NTLM_ANONYMOUS ? ISC_RET_NULL_SESSION : 0;
	attributes |= flags & NTLM_SEAL ? ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY : 0;
	if (flags & NTLM_SIGN)
		attributes |= ISC_RET_INTEGRITY |
			      (requirements & (ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT));
	return attributes;
}

/* ---- NEGOTIATE ---- */

/* Who has no password can still sign in to a server in this LSA, if that is where it wants to go. */
static bool may_be_local(const struct ntlm_leg *leg)
{
	if (!leg->credential->is_default || leg->requirements & ISC_REQ_DATAGRAM)
		return false;
	return !leg->target || !leg->target->Length ||
	       ntlm_host()->extension->TargetNameIsOurs(leg->target);
}

static bool is_null_session(const struct ntlm_leg *leg)
{
	return leg->requirements & ISC_REQ_NULL_SESSION || leg->credential->is_nobody;
}

/* Puts what the target calls for in the place of a credential without an identity. Trouble with the vault
 * is none for who can do without. */
static NTSTATUS credential_choose(struct ntlm_leg *leg)
{
	struct ntlm_credential *found = NULL;

	if (is_null_session(leg) || !(leg->credential->use & SECPKG_CRED_OUTBOUND))
		return STATUS_SUCCESS;
	NTSTATUS status = ntlm_credential_for(leg->credential, leg->target, &found);
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (failed(status) && !may_be_local(leg))
		return fail(SEC_E_NO_CREDENTIALS, "reading a saved credential");
	if (!failed(status) && found) {
		ntlm_credential_unref(leg->credential);
		leg->credential = found;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS begin_is_possible(const struct ntlm_leg *leg)
{
	const struct ntlm_credential *c = leg->credential;

	if (leg->requirements & REFUSED_REQUIREMENTS)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "requirements that NTLM cannot meet");
	if (!(c->use & SECPKG_CRED_OUTBOUND))
		return fail(SEC_E_NO_CREDENTIALS, "credentials are not for clients");
	if (!c->nt_hash && !is_null_session(leg) && !may_be_local(leg))
		return fail(SEC_E_NO_CREDENTIALS, "no password is known");
	if (leg->token.n)
		return fail(SEC_E_INVALID_TOKEN, "token on a client's first call");
	return STATUS_SUCCESS;
}

static NTSTATUS context_fill(struct ntlm_context *c, const struct ntlm_leg *leg)
{
	if (!ntlm_context_take_bindings(c, leg->in))
		return fail(SEC_E_INVALID_TOKEN, "channel bindings");
	if (leg->target && leg->target->Length &&
	    !ntlm_text_copy(&c->target, rd_of(leg->target->Buffer, leg->target->Length)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM context");
	c->requirements = leg->requirements;
	c->level = ntlm_policy(OPENSSPI_POLICY_LM_COMPATIBILITY, NTLM_LEVEL_SAFEST);
	c->datagram = leg->requirements & ISC_REQ_DATAGRAM;
	c->null_session = is_null_session(leg);
	c->flags = flags_wanted(c);
	return STATUS_SUCCESS;
}

/* With this machine's names, which say that a local call is possible, and the record's secret. */
static NTSTATUS local_begin(struct ntlm_context *c)
{
	CLEANUP(wr_done) struct wr domain = WR(NTLM_MESSAGE_MAX);
	CLEANUP(wr_done) struct wr workstation = WR(NTLM_MESSAGE_MAX);
	uint8_t secret[NTLM_LOCAL_SECRET_LEN];
	OPENSSPI_MACHINE_NAMES names;

	(void)ntlm_host()->extension->MachineNames(&names);
	NTSTATUS status = ntlm_caller_names(&c->session.domain, &c->session.user);
	if (!failed(status))
		status = random_bytes(secret, sizeof(secret));
	if (failed(status))
		return status;
	if (!ntlm_text_write(&domain, ntlm_unicode_bytes(&names.NetbiosDomain), false) ||
	    !ntlm_text_write(&workstation, ntlm_unicode_bytes(&names.NetbiosComputer), false))
		return fail(SEC_E_NO_CREDENTIALS, "this machine's names have no OEM form");
	c->flags |= NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED | NTLM_KEY_EXCHANGE;
	c->flags &= ~NTLM_VERSION;
	const struct ntlm_negotiate m = { .flags = c->flags,
					  .domain = wr_view(&domain),
					  .workstation = wr_view(&workstation) };
	ntlm_negotiate_write(&c->negotiate, &m);
	wr_bytes(&c->negotiate, secret, sizeof(secret));
	if (wr_ok(&c->negotiate))
		c->local = ntlm_local_new(wr_view(&c->negotiate));
	return c->local ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "local call");
}

/* A datagram client's first call says nothing: the server begins. [MS-NLMP] 3.1.5.2 */
static NTSTATUS negotiate_make(struct ntlm_context *c)
{
	if (c->datagram)
		return STATUS_SUCCESS;
	if (!c->credential->nt_hash && !c->null_session)
		return local_begin(c);
	ntlm_negotiate_write(&c->negotiate, &(struct ntlm_negotiate){ .flags = c->flags });
	return wr_ok(&c->negotiate) ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "NEGOTIATE");
}

NTSTATUS ntlm_client_begin(struct ntlm_leg *leg)
{
	NTSTATUS status = credential_choose(leg);
	if (!failed(status))
		status = begin_is_possible(leg);
	if (failed(status))
		return status;
	struct ntlm_context *c = leg->context = ntlm_context_new(false, leg->credential);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM context");
	status = context_fill(c, leg);
	if (!failed(status))
		status = negotiate_make(c);
	if (c->datagram)
		ntlm_leg_give_nothing(leg);
	else if (!failed(status))
		status = ntlm_leg_give(leg, wr_view(&c->negotiate));
	if (failed(status))
		return status;
	leg->attributes |= attributes_of(c->requirements, c->flags);
	c->state = NTLM_STATE_NEGOTIATED;
	return SEC_I_CONTINUE_NEEDED;
}

/* ---- the answer to CHALLENGE ---- */

/* What is worked out for one AUTHENTICATE. */
struct answer {
	struct ntlm_challenge challenge;
	struct av_pairs server; /* zero when there is no target info */
	uint32_t flags;		/* agreed */
	bool has_mic, is_local;
	struct fresh {
		uint8_t challenge[NTLM_CHALLENGE_LEN], session_key[NTLM_KEY_LEN];
	} random;
	struct ntlm_responses responses;
	uint8_t encrypted_key[NTLM_KEY_LEN];
	struct wr message;
	struct ntlm_session session;
};

static void answer_done(struct answer *a)
{
	ntlm_responses_done(&a->responses);
	wr_done(&a->message);
	ntlm_session_done(&a->session);
	mem_wipe(a, sizeof(*a));
}

/* The flags in force: those of both, and one character set. */
static uint32_t flags_agreed(const struct ntlm_context *c, const struct ntlm_challenge *challenge)
{
	uint32_t local = c->local ? NTLM_LOCAL_CALL : 0;
	uint32_t flags = challenge->flags & (c->flags | local);

	if (flags & NTLM_UNICODE)
		flags &= ~NTLM_OEM;
	if (c->null_session)
		flags |= NTLM_ANONYMOUS;
	/* [MS-NLMP] 3.4.3: without it datagrams are signed alone. */
	if (flags & NTLM_DATAGRAM && !(flags & NTLM_EXTENDED_SECURITY))
		flags &= ~NTLM_SEAL;
	return flags;
}

static NTSTATUS flags_check(const struct ntlm_context *c, const struct answer *a)
{
	uint32_t lost = c->flags & ~a->flags;

	if (!(a->flags & CHARACTER_SETS))
		return fail(SEC_E_INVALID_TOKEN, "CHALLENGE of no character set");
	if (lost & NTLM_DATAGRAM)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "server has no datagram contexts");
	if (c->local && !a->is_local)
		return fail(SEC_E_NO_CREDENTIALS,
			    "no password is known and the server is elsewhere");
	if (lost & PROTECTION)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "server refuses signing or sealing");
	if (!ntlm_flags_suffice(a->flags, OPENSSPI_POLICY_NTLM_MIN_CLIENT_SEC))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "server is weaker than policy allows");
	return STATUS_SUCCESS;
}

static NTSTATUS challenge_check(const struct ntlm_context *c, struct rd token, struct answer *a)
{
	if (!ntlm_challenge_read(token, &a->challenge) ||
	    (a->challenge.target_info.n && !av_read(a->challenge.target_info, &a->server)))
		return fail(SEC_E_INVALID_TOKEN, "CHALLENGE");
	a->flags = flags_agreed(c, &a->challenge);
	a->is_local = a->flags & NTLM_LOCAL_CALL && ntlm_local_sent(c->local, token);
	NTSTATUS status = flags_check(c, a);
	if (failed(status))
		return status;
	bool is_v2 = c->level >= NTLM_LEVEL_V2 && !c->null_session && !a->is_local;
	/* [MS-NLMP] 3.1.5.1.2: with protection, a server without names is not answered. */
	bool named = a->server.has[AV_NB_COMPUTER] && a->server.has[AV_NB_DOMAIN];
	if (is_v2 && a->flags & PROTECTION && !named)
		return fail(STATUS_LOGON_FAILURE, "CHALLENGE without the server's names");
	a->has_mic = is_v2 && a->server.has[AV_TIMESTAMP];
	return STATUS_SUCCESS;
}

static UNICODE_STRING name_of(const struct av_pairs *server, size_t id)
{
	struct rd value = server->value[id];

	return (UNICODE_STRING){ (USHORT)value.n, (USHORT)value.n,
				 value.n ? (WCHAR *)(uintptr_t)value.p : NULL };
}

/* For CredGetTargetInfo: how the server calls itself. */
static void target_note(const struct ntlm_context *c, const struct av_pairs *server)
{
	static const WCHAR package[] = OPENSSPI_WIDE("NTLM");
	const OPENSSPI_TARGET_NAMES names = {
		.TargetName = unicode_view(c->target.p, c->target.n),
		.NetbiosServerName = name_of(server, AV_NB_COMPUTER),
		.DnsServerName = name_of(server, AV_DNS_COMPUTER),
		.NetbiosDomainName = name_of(server, AV_NB_DOMAIN),
		.DnsDomainName = name_of(server, AV_DNS_DOMAIN),
		.DnsTreeName = name_of(server, AV_DNS_TREE),
		.PackageName = unicode_view(package, ARRAY_LEN(package) - 1),
	};

	if (c->target.n)
		ntlm_host()->extension->NoteTarget(&names);
}

static NTSTATUS responses_make(const struct ntlm_context *c, struct answer *a)
{
	const struct ntlm_question q = {
		.who = c->credential,
		.flags = a->flags,
		.level = c->level,
		.server_challenge = a->challenge.server_challenge,
		.client_challenge = a->random.challenge,
		.target_info = a->challenge.target_info,
		.server = &a->server,
		.own = { .has_mic = a->has_mic,
			 .unverified_target = c->requirements & ISC_REQ_UNVERIFIED_TARGET_NAME,
			 .target = ntlm_text_bytes(&c->target),
			 .bindings =
				 rd_of(c->bindings, c->has_bindings ? sizeof(c->bindings) : 0) },
	};
	return a->is_local ? STATUS_SUCCESS : ntlm_respond(&q, &a->responses);
}

/* The session key: a random one sent under the key exchange key, or that key itself. A local
 * call's goes through its record. */
static void session_key_make(struct answer *a)
{
	const uint8_t *exchange = a->responses.key_exchange;
	bool random = a->is_local || a->flags & NTLM_KEY_EXCHANGE;

	memcpy(a->session.key->p, random ? a->random.session_key : exchange, NTLM_KEY_LEN);
	if (!a->is_local)
		sha256(exchange, NTLM_KEY_LEN, a->session.mark);
	if (a->flags & NTLM_KEY_EXCHANGE && !a->is_local)
		rc4_once(exchange, NTLM_KEY_LEN, a->random.session_key, NTLM_KEY_LEN,
			 a->encrypted_key);
}

/* Names in the agreed character set; an anonymous or local message has none. */
struct sent_names {
	struct wr domain, user, workstation;
};

static void sent_names_done(struct sent_names *n)
{
	wr_done(&n->domain);
	wr_done(&n->user);
	wr_done(&n->workstation);
}

static NTSTATUS names_make(const struct ntlm_context *c, const struct answer *a,
			   struct sent_names *out)
{
	const struct ntlm_credential *who = c->credential;
	bool unicode = a->flags & NTLM_UNICODE;
	OPENSSPI_MACHINE_NAMES names;

	if (a->is_local)
		return STATUS_SUCCESS;
	(void)ntlm_host()->extension->MachineNames(&names);
	struct rd workstation = ntlm_unicode_bytes(&names.NetbiosComputer);
	if (!c->null_session &&
	    (!ntlm_text_write(&out->domain, ntlm_text_bytes(&who->domain), unicode) ||
	     !ntlm_text_write(&out->user, ntlm_text_bytes(&who->user), unicode)))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "names for a server without Unicode");
	/* Ours is of no consequence: rather none than a wrong one. */
	if (!ntlm_text_write(&out->workstation, workstation, unicode))
		wr_reset(&out->workstation);
	return STATUS_SUCCESS;
}

static NTSTATUS authenticate_write(const struct ntlm_context *c, struct answer *a, struct rd token)
{
	CLEANUP(sent_names_done)
	struct sent_names names = { WR(NTLM_MESSAGE_MAX), WR(NTLM_MESSAGE_MAX),
				    WR(NTLM_MESSAGE_MAX) };
	bool sends_key = a->flags & NTLM_KEY_EXCHANGE && !a->is_local;

	NTSTATUS status = names_make(c, a, &names);
	if (failed(status))
		return status;
	struct ntlm_authenticate m = {
		.flags = a->flags,
		.lm = rd_of(a->responses.lm, a->responses.lm_n),
		.nt = wr_view(&a->responses.nt),
		.domain = wr_view(&names.domain),
		.user = wr_view(&names.user),
		.workstation = wr_view(&names.workstation),
		.session_key = rd_of(a->encrypted_key, sends_key ? NTLM_KEY_LEN : 0),
	};
	ntlm_authenticate_write(&a->message, &m);
	if (!wr_ok(&a->message))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "AUTHENTICATE");
	struct rd all[3] = { wr_view(&c->negotiate), token, wr_view(&a->message) };
	if (a->has_mic)
		ntlm_mic(ntlm_session_key(&a->session), all, a->message.buf + NTLM_MIC_OFFSET);
	return STATUS_SUCCESS;
}

/* Whom the session is known as at this end. */
static NTSTATUS session_fill(const struct ntlm_context *c, struct answer *a)
{
	struct ntlm_session *s = &a->session;
	const struct ntlm_credential *who = c->credential;
	struct rd domain = ntlm_text_bytes(&who->domain), user = ntlm_text_bytes(&who->user);

	if (a->is_local) {
		domain = ntlm_text_bytes(&c->session.domain);
		user = ntlm_text_bytes(&c->session.user);
	}
	if (c->null_session)
		ntlm_session_nobody(&domain, &user);
	s->flags = a->flags;
	s->attributes = attributes_of(c->requirements, a->flags);
	s->start = clock_now();
	s->key = secret_new(NTLM_KEY_LEN);
	if (!s->key || !ntlm_text_copy(&s->domain, domain) || !ntlm_text_copy(&s->user, user) ||
	    (c->target.p && !ntlm_text_copy(&s->target, ntlm_text_bytes(&c->target))))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM session");
	return STATUS_SUCCESS;
}

static NTSTATUS local_answer(const struct ntlm_context *c, const struct answer *a, struct rd token)
{
	const struct ntlm_local_claim claim = {
		.domain = ntlm_text_bytes(&a->session.domain),
		.user = ntlm_text_bytes(&a->session.user),
		.target = ntlm_text_bytes(&c->target),
		.has_bindings = c->has_bindings,
		.unverified_target = c->requirements & ISC_REQ_UNVERIFIED_TARGET_NAME,
		.bindings = c->bindings,
		.session_key = a->random.session_key,
	};
	if (!a->is_local || ntlm_local_answer(c->local, token, wr_view(&a->message), &claim))
		return STATUS_SUCCESS;
	return fail(SEC_E_NO_CREDENTIALS, "no server of this LSA sent that CHALLENGE");
}

static NTSTATUS answer_make(const struct ntlm_context *c, struct rd token, struct answer *a)
{
	NTSTATUS status = challenge_check(c, token, a);
	if (!failed(status))
		status = random_bytes(&a->random, sizeof(a->random));
	if (!failed(status))
		status = session_fill(c, a);
	if (!failed(status))
		status = responses_make(c, a);
	if (failed(status))
		return status;
	session_key_make(a);
	return authenticate_write(c, a, token);
}

NTSTATUS ntlm_client_answer(struct ntlm_leg *leg)
{
	struct ntlm_context *c = leg->context;
	CLEANUP(answer_done)
	struct answer a = { .responses.nt = WR(NTLM_MESSAGE_MAX), .message = WR(NTLM_MESSAGE_MAX) };

	if (c->state != NTLM_STATE_NEGOTIATED)
		return fail(SEC_E_INVALID_TOKEN, "CHALLENGE out of turn");
	if (!ntlm_context_take_bindings(c, leg->in))
		return fail(SEC_E_INVALID_TOKEN, "channel bindings");
	NTSTATUS status = answer_make(c, leg->token, &a);
	if (!failed(status))
		status = ntlm_leg_give(leg, wr_view(&a.message));
	if (!failed(status))
		target_note(c, &a.server);
	if (!failed(status))
		status = local_answer(c, &a, leg->token);
	if (failed(status))
		return status;

	ntlm_session_done(&c->session);
	c->session = a.session;
	a.session = (struct ntlm_session){ 0 };
	c->session.attributes |= leg->attributes;
	leg->attributes = c->session.attributes;
	c->state = NTLM_STATE_ESTABLISHED;
	return SEC_E_OK;
}
