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
#include "packages/ntlm/buffers.h"
#include "packages/ntlm/lsa.h"

#define V2_RESPONSE_MIN 44

/* A response's time may be this far from ours: MaxLifetime, [MS-NLMP] 3.1.1.1, 36 hours. */
#define LIFETIME_MAX (INT64_C(36) * 3600 * 10000000)

/* What a client may ask for and gets. */
#define GRANTED                                                                                    \
	(NTLM_SIGN | NTLM_SEAL | NTLM_EXTENDED_SECURITY | NTLM_IDENTIFY | NTLM_VERSION |           \
	 NTLM_128 | NTLM_KEY_EXCHANGE | NTLM_56)

/* ---- CHALLENGE ---- */

static struct rd unicode_bytes(const UNICODE_STRING *s)
{
	return rd_of(s->Buffer, s->Length);
}

/* Our name in the client's character set; what ISO 8859-1 cannot hold is left out as a whole. */
static void target_name_write(struct wr *w, const UNICODE_STRING *name, bool unicode)
{
	struct rd text = unicode_bytes(name);
	uint16_t unit;

	if (unicode) {
		wr_rd(w, text);
		return;
	}
	while (rd_u16le(&text, &unit)) {
		if (unit > 0xFF) {
			wr_reset(w);
			return;
		}
		wr_u8(w, (uint8_t)unit);
	}
}

static void target_info_write(struct wr *w, const OPENSSPI_MACHINE_NAMES *names)
{
	av_write(w, AV_NB_DOMAIN, unicode_bytes(&names->NetbiosDomain));
	av_write(w, AV_NB_COMPUTER, unicode_bytes(&names->NetbiosComputer));
	if (names->DnsDomain.Length)
		av_write(w, AV_DNS_DOMAIN, unicode_bytes(&names->DnsDomain));
	if (names->DnsComputer.Length)
		av_write(w, AV_DNS_COMPUTER, unicode_bytes(&names->DnsComputer));
	av_write_u64(w, AV_TIMESTAMP, (uint64_t)clock_now());
	av_write_end(w);
}

static NTSTATUS challenge_make(struct ntlm_context *c, uint32_t asked)
{
	CLEANUP(wr_done) struct wr name = WR(NTLM_MESSAGE_MAX);
	CLEANUP(wr_done) struct wr info = WR(NTLM_MESSAGE_MAX);
	OPENSSPI_MACHINE_NAMES names;

	(void)ntlm_host()->extension->MachineNames(&names);
	c->flags = (asked & GRANTED) | NTLM_REQUEST_TARGET | NTLM_NTLM | NTLM_ALWAYS_SIGN |
		   NTLM_TARGET_TYPE_SERVER | NTLM_TARGET_INFO;
	c->flags |= asked & NTLM_UNICODE ? NTLM_UNICODE : NTLM_OEM;
	target_name_write(&name, &names.NetbiosComputer, asked & NTLM_UNICODE);
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
	uint32_t attributes = ASC_RET_CONNECTION;

	attributes |= requirements & ASC_REQ_USE_SESSION_KEY ? ASC_RET_USE_SESSION_KEY : 0;
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
	if (!ntlm_negotiate_read(leg->token, out) || !(out->flags & (NTLM_UNICODE | NTLM_OEM)))
		return fail(SEC_E_INVALID_TOKEN, "NEGOTIATE");
	if (!ntlm_flags_suffice(out->flags, OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client is weaker than policy allows");
	return STATUS_SUCCESS;
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
	status = challenge_make(c, m.flags);
	if (!failed(status))
		status = ntlm_leg_give(leg, wr_view(&c->challenge));
	if (failed(status))
		return status;
	leg->attributes |= attributes_of(c->requirements, c->flags);
	c->state = NTLM_STATE_CHALLENGED;
	return SEC_I_CONTINUE_NEEDED;
}

/* ---- AUTHENTICATE ---- */

/* What a client says of itself, taken apart. */
struct claim {
	struct ntlm_authenticate message;
	struct wr domain, user, workstation; /* UTF-16LE */
	struct ntlm_v2_response v2;
	struct av_pairs av;
	uint32_t flags; /* agreed by both */
	bool anonymous, is_v2, has_mic;
	struct ntlm_session session;
};

static void claim_done(struct claim *k)
{
	wr_done(&k->domain);
	wr_done(&k->user);
	wr_done(&k->workstation);
	ntlm_session_done(&k->session);
}

static bool claim_read_names(struct claim *k)
{
	const struct ntlm_authenticate *m = &k->message;
	bool unicode = m->flags & NTLM_UNICODE;

	return ntlm_text_read(m->domain, unicode, &k->domain) &&
	       ntlm_text_read(m->user, unicode, &k->user) &&
	       ntlm_text_read(m->workstation, unicode, &k->workstation);
}

/* [MS-NLMP] 3.2.5.1.2: no name, no NT response, and at most one zero byte of LM response. */
static bool claim_is_anonymous(const struct ntlm_authenticate *m)
{
	return m->user.n == 0 && m->nt.n == 0 &&
	       (m->lm.n == 0 || (m->lm.n == 1 && m->lm.p[0] == 0));
}

static bool claim_read_response(struct claim *k)
{
	struct rd nt = k->message.nt;

	k->anonymous = claim_is_anonymous(&k->message);
	if (nt.n == 0 || nt.n == NTLM_V1_RESPONSE_LEN)
		return true;
	if (nt.n < V2_RESPONSE_MIN || !ntlm_v2_response_read(nt, &k->v2) ||
	    !av_read(k->v2.av_pairs, &k->av))
		return false;
	k->is_v2 = true;
	k->has_mic = k->av.flags & AV_FLAG_MIC;
	return true;
}

/* A key is sent when key exchange was agreed; without signing and sealing some clients leave it
 * out and use the key exchange key, as the text says. */
static bool claim_key_is_sound(const struct claim *k)
{
	size_t n = k->message.session_key.n;
	if (!(k->flags & NTLM_KEY_EXCHANGE))
		return true;
	return n == NTLM_KEY_LEN || (n == 0 && !(k->flags & (NTLM_SIGN | NTLM_SEAL)));
}

static bool claim_read(const struct ntlm_context *c, struct rd token, struct claim *k)
{
	if (!ntlm_authenticate_read(token, &k->message) || !claim_read_names(k) ||
	    !claim_read_response(k))
		return false;
	if (k->has_mic && !ntlm_authenticate_has_mic_room(token, &k->message))
		return false;
	k->flags = k->message.flags & c->flags;
	return claim_key_is_sound(k);
}

static bool av_is(const struct av_pairs *av, enum av_id id, const UNICODE_STRING *ours)
{
	struct rd value = av->value[id];
	return value.n == ours->Length &&
	       (value.n == 0 || memcmp(value.p, ours->Buffer, value.n) == 0);
}

/* The names we sent must have come back: otherwise somebody between altered CHALLENGE, perhaps to
 * ask another machine for the session key. */
static bool names_are_ours(const struct av_pairs *av)
{
	OPENSSPI_MACHINE_NAMES names;

	(void)ntlm_host()->extension->MachineNames(&names);
	return av->has[AV_NB_COMPUTER] && av->has[AV_NB_DOMAIN] &&
	       av_is(av, AV_NB_COMPUTER, &names.NetbiosComputer) &&
	       av_is(av, AV_NB_DOMAIN, &names.NetbiosDomain) &&
	       av_is(av, AV_DNS_COMPUTER, &names.DnsComputer) &&
	       av_is(av, AV_DNS_DOMAIN, &names.DnsDomain);
}

static bool time_is_near(uint64_t time)
{
	int64_t now = clock_now(), then = (int64_t)time;
	return then >= now - LIFETIME_MAX && then <= now + LIFETIME_MAX;
}

/* True when the response was made with the empty password, under the domain sent or none. */
static NTSTATUS password_is_empty(const struct ntlm_context *c, const struct claim *k, bool *empty)
{
	uint8_t hash[NTLM_HASH_LEN], key[NTLM_HASH_LEN], proof[NTLM_HASH_LEN];
	struct rd blob = k->v2.blob;

	*empty = false;
	ntlm_ntowf_v1(NULL, 0, hash);
	for (int with_domain = 0; with_domain < 2; with_domain++) {
		if (!ntlm_ntowf_v2(hash, k->user.buf, k->user.len, k->domain.buf,
				   with_domain ? k->domain.len : 0, key))
			return fail(SEC_E_INSUFFICIENT_MEMORY, "empty password");
		ntlm_proof_v2(key, c->server_challenge, blob.p, blob.n, proof);
		*empty |= bytes_equal(proof, k->v2.proof.p, sizeof(proof));
	}
	return STATUS_SUCCESS;
}

/* What can be said without asking the authority. */
static NTSTATUS claim_check(const struct ntlm_context *c, const struct claim *k)
{
	bool empty;

	if (!ntlm_flags_suffice(k->flags, OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client is weaker than policy allows");
	if (k->anonymous)
		return ntlm_policy(OPENSSPI_POLICY_ALLOW_ANONYMOUS, 0) ?
			       STATUS_SUCCESS :
			       fail(STATUS_LOGON_FAILURE, "anonymous logon");
	if (!k->is_v2)
		return fail(STATUS_LOGON_FAILURE, "NTLMv1 or LM response");
	if (k->user.len == 0 || k->user.len > NTLM_USER_MAX * 2 ||
	    k->domain.len > NTLM_DOMAIN_MAX * 2)
		return fail(STATUS_LOGON_FAILURE, "length of names");
	if (!names_are_ours(&k->av) || !time_is_near(k->v2.time))
		return fail(STATUS_LOGON_FAILURE, "names or time in the NTLMv2 response");
	NTSTATUS status = password_is_empty(c, k, &empty);
	if (failed(status))
		return status;
	return empty ? fail(STATUS_LOGON_FAILURE, "empty password") : STATUS_SUCCESS;
}

static UNICODE_STRING unicode_of(const struct wr *w)
{
	return unicode_view((const WCHAR *)(const void *)w->buf, w->len / 2);
}

static void result_done(OPENSSPI_NTLM_LOGON_RESULT *r)
{
	mem_wipe(r->SessionBaseKey, sizeof(r->SessionBaseKey));
	if (r->Domain.Buffer)
		ntlm_host()->lsa->FreeLsaHeap(r->Domain.Buffer);
	if (r->User.Buffer)
		ntlm_host()->lsa->FreeLsaHeap(r->User.Buffer);
}

/* Asks the authority; an LM response is not shown when a MIC protects the message. */
static NTSTATUS claim_authenticate(const struct ntlm_context *c, const struct claim *k,
				   OPENSSPI_NTLM_LOGON_RESULT *result)
{
	if (k->anonymous)
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
	return ntlm_host()->extension->AuthenticateNtlm(&logon, result);
}

static NTSTATUS session_keys_make(struct claim *k, const uint8_t session_base[NTLM_KEY_LEN])
{
	k->session.keys = secret_new(sizeof(struct ntlm_keys));
	if (!k->session.keys)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM session");
	struct ntlm_keys *keys = (struct ntlm_keys *)(void *)k->session.keys->p;
	struct rd sent = k->message.session_key;

	memcpy(keys->session, session_base, NTLM_KEY_LEN);
	if (k->flags & NTLM_KEY_EXCHANGE && sent.n)
		rc4_once(session_base, NTLM_KEY_LEN, sent.p, NTLM_KEY_LEN, keys->session);
	ntlm_keys_derive(keys, k->flags);
	return STATUS_SUCCESS;
}

static NTSTATUS mic_check(const struct ntlm_context *c, const struct claim *k, struct rd token)
{
	struct rd all[3] = { wr_view(&c->negotiate), wr_view(&c->challenge), token };
	uint8_t want[NTLM_MIC_LEN];

	if (!k->has_mic)
		return STATUS_SUCCESS;
	ntlm_mic(ntlm_session_keys(&k->session)->session, all, want);
	if (!bytes_equal(want, token.p + NTLM_MIC_OFFSET, sizeof(want)))
		return fail(SEC_E_MESSAGE_ALTERED, "MIC of AUTHENTICATE");
	return STATUS_SUCCESS;
}

/* Levels: 0 never, 1 what a client sends must be right, 2 it must be sent, too. */
static NTSTATUS bindings_check(const struct ntlm_context *c, const struct claim *k,
			       uint32_t requirements)
{
	static const uint8_t none[AV_BINDINGS_LEN];
	uint32_t level = ntlm_policy(OPENSSPI_POLICY_CHANNEL_BINDING, 2);
	struct rd sent = k->av.value[AV_CHANNEL_BINDINGS];

	if (level == 0 || !c->has_bindings)
		return STATUS_SUCCESS;
	if (!sent.n || bytes_equal(sent.p, none, sizeof(none))) {
		bool forgiven = level == 1 || requirements & ASC_REQ_ALLOW_MISSING_BINDINGS;
		return forgiven ? STATUS_SUCCESS :
				  fail(SEC_E_BAD_BINDINGS, "client sent no channel bindings");
	}
	if (!bytes_equal(sent.p, c->bindings, sizeof(c->bindings)))
		return fail(SEC_E_BAD_BINDINGS, "channel bindings are of another channel");
	return STATUS_SUCCESS;
}

/* The same levels. A name that the client itself got from an untrusted source counts as none. */
static NTSTATUS target_check(const struct claim *k)
{
	uint32_t level = ntlm_policy(OPENSSPI_POLICY_TARGET_NAME, 2);
	struct rd sent = k->av.value[AV_TARGET_NAME];
	bool unverified = k->av.flags & AV_FLAG_UNVERIFIED_TARGET;

	if (level == 0)
		return STATUS_SUCCESS;
	if (!sent.n || unverified)
		return level == 1 ? STATUS_SUCCESS :
				    fail(SEC_E_TARGET_UNKNOWN, "client named no target");
	UNICODE_STRING target = { .Length = (USHORT)sent.n, .MaximumLength = (USHORT)sent.n };
	CLEANUP(ntlm_text_done) struct ntlm_text text = { 0 };
	if (!ntlm_text_copy(&text, sent))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "target name");
	target.Buffer = text.p;
	if (!ntlm_host()->extension->TargetNameIsOurs(&target))
		return fail(SEC_E_TARGET_UNKNOWN, "client meant another target");
	return STATUS_SUCCESS;
}

static struct rd result_text(const UNICODE_STRING *s)
{
	return rd_of(s->Buffer, s->Length);
}

static NTSTATUS session_fill(const struct ntlm_context *c, struct claim *k,
			     const OPENSSPI_NTLM_LOGON_RESULT *result)
{
	static const WCHAR authority[] = OPENSSPI_WIDE("NT AUTHORITY");
	static const WCHAR nobody[] = OPENSSPI_WIDE("ANONYMOUS LOGON");
	struct ntlm_session *s = &k->session;
	struct rd domain = result_text(&result->Domain), user = result_text(&result->User);
	bool named = k->av.value[AV_TARGET_NAME].n && !(k->av.flags & AV_FLAG_UNVERIFIED_TARGET);

	if (k->anonymous) {
		domain = rd_of(authority, sizeof(authority) - sizeof(WCHAR));
		user = rd_of(nobody, sizeof(nobody) - sizeof(WCHAR));
	}
	s->server = true;
	s->flags = k->flags;
	s->attributes = attributes_of(c->requirements, k->flags);
	s->attributes |= k->anonymous ? ASC_RET_NULL_SESSION : 0;
	s->start = clock_now();
	if (!ntlm_text_copy(&s->domain, domain) || !ntlm_text_copy(&s->user, user) ||
	    (named && !ntlm_text_copy(&s->target, k->av.value[AV_TARGET_NAME])))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM session");
	return STATUS_SUCCESS;
}

/* Judges a well-formed AUTHENTICATE. */
static NTSTATUS claim_judge(const struct ntlm_leg *leg, struct claim *k)
{
	const struct ntlm_context *c = leg->context;
	CLEANUP(result_done) OPENSSPI_NTLM_LOGON_RESULT result = { 0 };

	NTSTATUS status = claim_check(c, k);
	if (!failed(status))
		status = claim_authenticate(c, k, &result);
	if (!failed(status))
		status = session_keys_make(k, result.SessionBaseKey);
	if (!failed(status))
		status = mic_check(c, k, leg->token);
	if (!failed(status))
		status = bindings_check(c, k, c->requirements | leg->requirements);
	if (!failed(status))
		status = target_check(k);
	return failed(status) ? status : session_fill(c, k, &result);
}

NTSTATUS ntlm_server_finish(struct ntlm_leg *leg)
{
	struct ntlm_context *c = leg->context;
	CLEANUP(claim_done)
	struct claim k = { .domain = WR(NTLM_MESSAGE_MAX),
			   .user = WR(NTLM_MESSAGE_MAX),
			   .workstation = WR(NTLM_MESSAGE_MAX) };

	if (c->state != NTLM_STATE_CHALLENGED)
		return fail(SEC_E_INVALID_TOKEN, "AUTHENTICATE out of turn");
	if (!ntlm_context_take_bindings(c, leg->in) || !claim_read(c, leg->token, &k))
		return fail(SEC_E_INVALID_TOKEN, "AUTHENTICATE");
	NTSTATUS status = claim_judge(leg, &k);
	if (failed(status)) {
		c->state = NTLM_STATE_REFUSED;
		return status;
	}

	SecBuffer *nothing = buffer_find(leg->out, SECBUFFER_TOKEN);
	if (nothing)
		nothing->cbBuffer = 0;
	c->session = k.session;
	k.session = (struct ntlm_session){ 0 };
	leg->attributes |= c->session.attributes;
	c->session.attributes = leg->attributes;
	c->state = NTLM_STATE_ESTABLISHED;
	return SEC_E_OK;
}
