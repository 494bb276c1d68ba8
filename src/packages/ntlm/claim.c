/* packages/ntlm/claim.c - see packages/ntlm/claim.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "base/utf.h"
#include "packages/ntlm/claim.h"
#include "packages/ntlm/lsa.h"
#include "packages/ntlm/respond.h"

#define V2_RESPONSE_MIN 44

/* A response's time may be this far from ours: MaxLifetime, [MS-NLMP] 3.1.1.1, 36 hours. */
#define LIFETIME_MAX (INT64_C(36) * 3600 * 10000000)

void ntlm_claim_done(struct ntlm_claim *k)
{
	wr_done(&k->domain);
	wr_done(&k->user);
	wr_done(&k->workstation);
	ntlm_session_done(&k->session);
}

/* ---- reading ---- */

static bool names_read(struct ntlm_claim *k)
{
	const struct ntlm_authenticate *m = &k->message;
	bool unicode = m->flags & NTLM_UNICODE;

	return ntlm_text_read(m->domain, unicode, &k->domain) &&
	       ntlm_text_read(m->user, unicode, &k->user) &&
	       ntlm_text_read(m->workstation, unicode, &k->workstation);
}

/* [MS-NLMP] 3.2.5.1.2: no name, no NT response, and at most one zero byte of LM response. */
static bool is_nobody(const struct ntlm_authenticate *m)
{
	return m->user.n == 0 && m->nt.n == 0 &&
	       (m->lm.n == 0 || (m->lm.n == 1 && m->lm.p[0] == 0));
}

static bool response_read(struct ntlm_claim *k)
{
	struct rd nt = k->message.nt;

	k->kind = is_nobody(&k->message) ? NTLM_CLAIM_NOBODY : NTLM_CLAIM_LM;
	if (nt.n == 0)
		return true;
	if (nt.n == NTLM_V1_RESPONSE_LEN) {
		k->kind = NTLM_CLAIM_V1;
		return true;
	}
	if (nt.n < V2_RESPONSE_MIN || !ntlm_v2_response_read(nt, &k->v2) ||
	    !av_read(k->v2.av_pairs, &k->av))
		return false;
	k->kind = NTLM_CLAIM_V2;
	k->has_mic = k->av.flags & AV_FLAG_MIC;
	return true;
}

/* A local call's message says nothing but that it is one. */
static void local_read(const struct ntlm_context *c, struct rd token, struct ntlm_claim *k)
{
	if (c->local && k->flags & NTLM_LOCAL_CALL &&
	    ntlm_local_claim_of(c->local, token, &k->local))
		k->kind = NTLM_CLAIM_LOCAL;
}

/* A key is sent when key exchange was agreed; without signing and sealing some clients leave it
 * out and use the key exchange key, as the text says. */
static bool key_is_sound(const struct ntlm_claim *k)
{
	size_t n = k->message.session_key.n;
	bool none_due = k->kind == NTLM_CLAIM_LOCAL || k->kind == NTLM_CLAIM_NOBODY ||
			!(k->flags & (NTLM_SIGN | NTLM_SEAL));

	if (!(k->flags & NTLM_KEY_EXCHANGE))
		return true;
	return n == NTLM_KEY_LEN || (n == 0 && none_due);
}

bool ntlm_claim_read(const struct ntlm_context *c, struct rd token, struct ntlm_claim *k)
{
	if (!ntlm_authenticate_read(token, &k->message) || !names_read(k) || !response_read(k))
		return false;
	if (k->has_mic && !ntlm_authenticate_has_mic_room(token, &k->message))
		return false;
	k->flags = k->message.flags & c->flags;
	local_read(c, token, k);
	/* [MS-NLMP] 3.4: nobody's sessions protect nothing. */
	if (k->kind == NTLM_CLAIM_NOBODY)
		k->flags &= ~(NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE);
	return key_is_sound(k);
}

/* ---- what needs no key ---- */

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

/* Anonymous clients need the application's leave and the policy's. */
static NTSTATUS check_nobody(uint32_t requirements)
{
	if (requirements & ASC_REQ_ALLOW_NULL_SESSION &&
	    ntlm_policy(OPENSSPI_POLICY_ALLOW_ANONYMOUS, 0))
		return STATUS_SUCCESS;
	return fail(STATUS_LOGON_FAILURE, "anonymous logon");
}

/* NTLMv1 only where policy has it, and never without the client's challenge where one is due. */
static bool v1_is_allowed(const struct ntlm_claim *k)
{
	uint32_t level = ntlm_policy(OPENSSPI_POLICY_LM_COMPATIBILITY, NTLM_LEVEL_SAFEST);
	bool extended = k->flags & NTLM_EXTENDED_SECURITY;

	return level < NTLM_LEVEL_V2_ALONE && (!extended || k->message.lm.n >= NTLM_CHALLENGE_LEN);
}

NTSTATUS ntlm_claim_check(const struct ntlm_claim *k, uint32_t requirements)
{
	if (!ntlm_flags_suffice(k->flags, OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client is weaker than policy allows");
	if (k->kind == NTLM_CLAIM_LOCAL)
		return STATUS_SUCCESS;
	if (k->flags & NTLM_LOCAL_CALL)
		return fail(STATUS_LOGON_FAILURE, "local call that no client here has made");
	if (k->kind == NTLM_CLAIM_NOBODY)
		return check_nobody(requirements);
	if (k->kind == NTLM_CLAIM_LM)
		return fail(STATUS_LOGON_FAILURE, "LM response alone");
	if (k->kind == NTLM_CLAIM_V1 && !v1_is_allowed(k))
		return fail(STATUS_LOGON_FAILURE, "NTLMv1 response");
	if (k->user.len == 0 || k->user.len > NTLM_USER_MAX * 2 ||
	    k->domain.len > NTLM_DOMAIN_MAX * 2)
		return fail(STATUS_LOGON_FAILURE, "length of names");
	if (k->kind == NTLM_CLAIM_V2 && (!names_are_ours(&k->av) || !time_is_near(k->v2.time)))
		return fail(STATUS_LOGON_FAILURE, "names or time in the NTLMv2 response");
	return STATUS_SUCCESS;
}

/* ---- what is bound to this conversation ---- */

NTSTATUS ntlm_claim_check_mic(const struct ntlm_context *c, const struct ntlm_claim *k,
			      struct rd token)
{
	struct rd all[3] = { wr_view(&c->negotiate), wr_view(&c->challenge), token };
	uint8_t want[NTLM_MIC_LEN];

	if (!k->has_mic)
		return STATUS_SUCCESS;
	ntlm_mic(ntlm_session_key(&k->session), all, want);
	if (!bytes_equal(want, token.p + NTLM_MIC_OFFSET, sizeof(want)))
		return fail(SEC_E_MESSAGE_ALTERED, "MIC of AUTHENTICATE");
	return STATUS_SUCCESS;
}

static struct rd bindings_sent(const struct ntlm_claim *k)
{
	if (k->kind != NTLM_CLAIM_LOCAL)
		return k->av.value[AV_CHANNEL_BINDINGS];
	return rd_of(k->local.bindings, k->local.has_bindings ? AV_BINDINGS_LEN : 0);
}

/* Levels: 0 never, 1 what a client sends must be right, 2 it must be sent, too. */
NTSTATUS ntlm_claim_check_bindings(const struct ntlm_context *c, const struct ntlm_claim *k,
				   uint32_t requirements)
{
	static const uint8_t none[AV_BINDINGS_LEN];
	uint32_t level = ntlm_policy(OPENSSPI_POLICY_CHANNEL_BINDING, 2);
	struct rd sent = bindings_sent(k);

	if (level == 0 || !c->has_bindings)
		return STATUS_SUCCESS;
	if (!sent.n || bytes_equal(sent.p, none, sizeof(none))) {
		bool forgiven = level == 1 || requirements & ASC_REQ_ALLOW_MISSING_BINDINGS;
		return forgiven ? STATUS_SUCCESS
				: fail(SEC_E_BAD_BINDINGS, "client sent no channel bindings");
	}
	if (!bytes_equal(sent.p, c->bindings, sizeof(c->bindings)))
		return fail(SEC_E_BAD_BINDINGS, "channel bindings are of another channel");
	return STATUS_SUCCESS;
}

struct rd ntlm_claim_target(const struct ntlm_claim *k)
{
	bool local = k->kind == NTLM_CLAIM_LOCAL;
	bool unverified = local ? k->local.unverified_target
				: k->av.flags & AV_FLAG_UNVERIFIED_TARGET;

	if (unverified)
		return rd_of(NULL, 0);
	return local ? k->local.target : k->av.value[AV_TARGET_NAME];
}

/* The same levels. A name that the client itself got from an untrusted source counts as none. */
NTSTATUS ntlm_claim_check_target(const struct ntlm_claim *k)
{
	uint32_t level = ntlm_policy(OPENSSPI_POLICY_TARGET_NAME, 2);
	struct rd sent = ntlm_claim_target(k);

	if (level == 0)
		return STATUS_SUCCESS;
	if (!sent.n)
		return level == 1 ? STATUS_SUCCESS
				  : fail(SEC_E_TARGET_UNKNOWN, "client named no target");
	UNICODE_STRING target = { .Length = (USHORT)sent.n, .MaximumLength = (USHORT)sent.n };
	CLEANUP(ntlm_text_done) struct ntlm_text text = { 0 };
	if (!ntlm_text_copy(&text, sent))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "target name");
	target.Buffer = text.p;
	if (!ntlm_host()->extension->TargetNameIsOurs(&target))
		return fail(SEC_E_TARGET_UNKNOWN, "client meant another target");
	return STATUS_SUCCESS;
}
