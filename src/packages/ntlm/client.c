/* packages/ntlm/client.c - the client's two legs: NEGOTIATE, and CHALLENGE to AUTHENTICATE.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "packages/ntlm/buffers.h"
#include "packages/ntlm/lsa.h"

#define LM_RESPONSE_LEN 24
#define REFUSED_REQUIREMENTS (ISC_REQ_DELEGATE | ISC_REQ_PROMPT_FOR_CREDS)

static uint32_t flags_wanted(uint32_t requirements)
{
	uint32_t flags = NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_NTLM | NTLM_ALWAYS_SIGN |
			 NTLM_EXTENDED_SECURITY | NTLM_TARGET_INFO | NTLM_VERSION | NTLM_128 |
			 NTLM_56;

	if (requirements & (ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT))
		flags |= NTLM_SIGN | NTLM_KEY_EXCHANGE;
	if (requirements & ISC_REQ_CONFIDENTIALITY)
		flags |= NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE;
	if (requirements & ISC_REQ_IDENTIFY)
		flags |= NTLM_IDENTIFY;
	return flags;
}

/* ISC_RET_ bits for what was asked for and has been agreed. */
static uint32_t attributes_of(uint32_t requirements, uint32_t flags)
{
	uint32_t attributes = ISC_RET_CONNECTION;

	attributes |= requirements & ISC_REQ_USE_SESSION_KEY ? ISC_RET_USE_SESSION_KEY : 0;
	attributes |= flags & NTLM_IDENTIFY ? ISC_RET_IDENTIFY : 0;
	attributes |= flags & NTLM_SEAL ? ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY : 0;
	if (flags & NTLM_SIGN)
		attributes |= ISC_RET_INTEGRITY |
			      (requirements & (ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT));
	return attributes;
}

static NTSTATUS begin_is_possible(const struct ntlm_leg *leg)
{
	const struct ntlm_credential *c = leg->credential;

	if (leg->requirements & REFUSED_REQUIREMENTS)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "requirements that NTLM cannot meet");
	if (leg->requirements & ISC_REQ_DATAGRAM)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "datagram contexts");
	if (!(c->use & SECPKG_CRED_OUTBOUND))
		return fail(SEC_E_NO_CREDENTIALS, "credentials are not for clients");
	if (!c->nt_hash)
		return fail(SEC_E_NO_CREDENTIALS, "no password is known");
	if (leg->token.n)
		return fail(SEC_E_INVALID_TOKEN, "token on a client's first call");
	return STATUS_SUCCESS;
}

NTSTATUS ntlm_client_begin(struct ntlm_leg *leg)
{
	NTSTATUS status = begin_is_possible(leg);
	if (failed(status))
		return status;
	struct ntlm_context *c = leg->context = ntlm_context_new(false, leg->credential);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM context");
	if (!ntlm_context_take_bindings(c, leg->in))
		return fail(SEC_E_INVALID_TOKEN, "channel bindings");
	if (leg->target && leg->target->Length &&
	    !ntlm_text_copy(&c->target, rd_of(leg->target->Buffer, leg->target->Length)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM context");

	c->requirements = leg->requirements;
	c->flags = flags_wanted(leg->requirements);
	ntlm_negotiate_write(&c->negotiate, &(struct ntlm_negotiate){ .flags = c->flags });
	if (!wr_ok(&c->negotiate))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NEGOTIATE");
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
	bool has_mic;
	uint8_t client_challenge[NTLM_CHALLENGE_LEN];
	uint8_t lm[LM_RESPONSE_LEN];
	uint8_t encrypted_key[NTLM_KEY_LEN];
	struct wr nt; /* proof and blob */
	struct wr message;
	struct ntlm_session session;
};

static void answer_done(struct answer *a)
{
	wr_done(&a->nt);
	wr_done(&a->message);
	ntlm_session_done(&a->session);
	mem_wipe(a, sizeof(*a));
}

static NTSTATUS challenge_check(const struct ntlm_context *c, struct rd token, struct answer *a)
{
	if (!ntlm_challenge_read(token, &a->challenge) ||
	    (a->challenge.target_info.n && !av_read(a->challenge.target_info, &a->server)))
		return fail(SEC_E_INVALID_TOKEN, "CHALLENGE");
	if (!(a->challenge.flags & NTLM_UNICODE))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "CHALLENGE of a server without Unicode");

	a->flags = a->challenge.flags & c->flags;
	uint32_t lost = c->flags & ~a->flags;
	if (lost & (NTLM_SIGN | NTLM_SEAL))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "server refuses signing or sealing");
	if (!ntlm_flags_suffice(a->flags, OPENSSPI_POLICY_NTLM_MIN_CLIENT_SEC))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "server is weaker than policy allows");
	/* [MS-NLMP] 3.1.5.1.2: with protection, a server without names is not answered. */
	bool named = a->server.has[AV_NB_COMPUTER] && a->server.has[AV_NB_DOMAIN];
	if (a->flags & (NTLM_SIGN | NTLM_SEAL) && !named)
		return fail(STATUS_LOGON_FAILURE, "CHALLENGE without the server's names");
	a->has_mic = a->server.has[AV_TIMESTAMP];
	return STATUS_SUCCESS;
}

/* "temp" of [MS-NLMP] 3.3.2, behind 16 bytes for the proof. */
static bool blob_write(const struct ntlm_context *c, struct answer *a)
{
	int64_t now = clock_now();
	struct av_answer own = {
		.has_mic = a->has_mic,
		.unverified_target = c->requirements & ISC_REQ_UNVERIFIED_TARGET_NAME,
		.target = ntlm_text_bytes(&c->target),
		.bindings = rd_of(c->bindings, c->has_bindings ? sizeof(c->bindings) : 0),
	};

	wr_zero(&a->nt, NTLM_HASH_LEN);
	wr_u8(&a->nt, 1);
	wr_u8(&a->nt, 1);
	wr_zero(&a->nt, 6);
	wr_u64le(&a->nt, a->server.has[AV_TIMESTAMP] ? a->server.timestamp : (uint64_t)now);
	wr_bytes(&a->nt, a->client_challenge, sizeof(a->client_challenge));
	wr_zero(&a->nt, 4);
	if (!av_write_answer(&a->nt, a->challenge.target_info, &own))
		return false;
	wr_zero(&a->nt, 4);
	return wr_ok(&a->nt);
}

/* The NT and LM responses, and the session base key. [MS-NLMP] 3.3.2 */
static NTSTATUS responses_make(const struct ntlm_context *c, struct answer *a,
			       uint8_t session_base[NTLM_KEY_LEN])
{
	const struct ntlm_credential *who = c->credential;
	const uint8_t *challenge = a->challenge.server_challenge;
	uint8_t key[NTLM_HASH_LEN];

	if (!blob_write(c, a))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLMv2 response");
	if (!ntlm_ntowf_v2(who->nt_hash->p, who->user.p, who->user.n * 2, who->domain.p,
			   who->domain.n * 2, key))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLMv2 key");
	ntlm_proof_v2(key, challenge, a->nt.buf + NTLM_HASH_LEN, a->nt.len - NTLM_HASH_LEN,
		      a->nt.buf);
	ntlm_session_base_v2(key, a->nt.buf, session_base);
	/* A server that sends the time gets no LMv2 response. */
	if (!a->server.has[AV_TIMESTAMP]) {
		ntlm_proof_v2(key, challenge, a->client_challenge, sizeof(a->client_challenge),
			      a->lm);
		memcpy(a->lm + NTLM_HASH_LEN, a->client_challenge, sizeof(a->client_challenge));
	}
	mem_wipe(key, sizeof(key));
	return STATUS_SUCCESS;
}

/* The session key: a random one sent under the key exchange key, or that key itself. */
static NTSTATUS session_key_make(struct answer *a, uint8_t session_base[NTLM_KEY_LEN])
{
	struct ntlm_keys *keys = (struct ntlm_keys *)(void *)a->session.keys->p;

	memcpy(keys->session, session_base, NTLM_KEY_LEN);
	if (a->flags & NTLM_KEY_EXCHANGE) {
		NTSTATUS status = random_bytes(keys->session, sizeof(keys->session));
		if (failed(status))
			return status;
		rc4_once(session_base, NTLM_KEY_LEN, keys->session, sizeof(keys->session),
			 a->encrypted_key);
	}
	ntlm_keys_derive(keys, a->flags);
	return STATUS_SUCCESS;
}

static bool authenticate_write(const struct ntlm_context *c, struct answer *a, struct rd token)
{
	OPENSSPI_MACHINE_NAMES names;
	const struct ntlm_credential *who = c->credential;

	(void)ntlm_host()->extension->MachineNames(&names);
	struct ntlm_authenticate m = {
		.flags = a->flags,
		.lm = rd_of(a->lm, sizeof(a->lm)),
		.nt = wr_view(&a->nt),
		.domain = ntlm_text_bytes(&who->domain),
		.user = ntlm_text_bytes(&who->user),
		.workstation = rd_of(names.NetbiosComputer.Buffer, names.NetbiosComputer.Length),
		.session_key = rd_of(a->encrypted_key,
				     a->flags & NTLM_KEY_EXCHANGE ? NTLM_KEY_LEN : 0),
	};
	ntlm_authenticate_write(&a->message, &m);
	if (!wr_ok(&a->message))
		return false;
	struct rd all[3] = { wr_view(&c->negotiate), token, wr_view(&a->message) };
	if (a->has_mic)
		ntlm_mic(ntlm_session_keys(&a->session)->session, all,
			 a->message.buf + NTLM_MIC_OFFSET);
	return true;
}

static NTSTATUS session_fill(const struct ntlm_context *c, struct answer *a)
{
	struct ntlm_session *s = &a->session;
	const struct ntlm_credential *who = c->credential;

	s->flags = a->flags;
	s->attributes = attributes_of(c->requirements, a->flags);
	s->start = clock_now();
	s->keys = secret_new(sizeof(struct ntlm_keys));
	if (!s->keys || !ntlm_text_copy(&s->domain, ntlm_text_bytes(&who->domain)) ||
	    !ntlm_text_copy(&s->user, ntlm_text_bytes(&who->user)) ||
	    (c->target.p && !ntlm_text_copy(&s->target, ntlm_text_bytes(&c->target))))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM session");
	return STATUS_SUCCESS;
}

static NTSTATUS answer_make(const struct ntlm_context *c, struct rd token, struct answer *a)
{
	uint8_t session_base[NTLM_KEY_LEN];

	NTSTATUS status = challenge_check(c, token, a);
	if (!failed(status))
		status = random_bytes(a->client_challenge, sizeof(a->client_challenge));
	if (!failed(status))
		status = session_fill(c, a);
	if (!failed(status))
		status = responses_make(c, a, session_base);
	if (!failed(status))
		status = session_key_make(a, session_base);
	mem_wipe(session_base, sizeof(session_base));
	if (failed(status))
		return status;
	return authenticate_write(c, a, token) ? STATUS_SUCCESS :
						 fail(SEC_E_INSUFFICIENT_MEMORY, "AUTHENTICATE");
}

NTSTATUS ntlm_client_answer(struct ntlm_leg *leg)
{
	struct ntlm_context *c = leg->context;
	CLEANUP(answer_done)
	struct answer a = { .nt = WR(NTLM_MESSAGE_MAX), .message = WR(NTLM_MESSAGE_MAX) };

	if (c->state != NTLM_STATE_NEGOTIATED)
		return fail(SEC_E_INVALID_TOKEN, "CHALLENGE out of turn");
	if (!ntlm_context_take_bindings(c, leg->in))
		return fail(SEC_E_INVALID_TOKEN, "channel bindings");
	NTSTATUS status = answer_make(c, leg->token, &a);
	if (!failed(status))
		status = ntlm_leg_give(leg, wr_view(&a.message));
	if (failed(status))
		return status;

	c->session = a.session;
	a.session = (struct ntlm_session){ 0 };
	c->session.attributes |= leg->attributes;
	leg->attributes = c->session.attributes;
	c->state = NTLM_STATE_ESTABLISHED;
	return SEC_E_OK;
}
