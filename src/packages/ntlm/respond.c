/* packages/ntlm/respond.c - see packages/ntlm/respond.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "packages/ntlm/respond.h"

void ntlm_responses_done(struct ntlm_responses *r)
{
	wr_done(&r->nt);
	mem_wipe(r, sizeof(*r));
}

/* "temp" of [MS-NLMP] 3.3.2, behind 16 bytes for the proof. */
static bool blob_write(const struct ntlm_question *q, struct wr *w)
{
	bool timed = q->server->has[AV_TIMESTAMP];

	wr_zero(w, NTLM_HASH_LEN);
	wr_u8(w, 1);
	wr_u8(w, 1);
	wr_zero(w, 6);
	wr_u64le(w, timed ? q->server->timestamp : (uint64_t)clock_now());
	wr_bytes(w, q->client_challenge, NTLM_CHALLENGE_LEN);
	wr_zero(w, 4);
	if (!av_write_answer(w, q->target_info, &q->own))
		return false;
	wr_zero(w, 4);
	return wr_ok(w);
}

/* [MS-NLMP] 3.3.2 */
static NTSTATUS respond_v2(const struct ntlm_question *q, struct ntlm_responses *out)
{
	const struct ntlm_credential *who = q->who;
	uint8_t key[NTLM_HASH_LEN];

	out->lm_n = sizeof(out->lm);
	if (!blob_write(q, &out->nt))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLMv2 response");
	if (!ntlm_ntowf_v2(who->nt_hash->p, who->user.p, who->user.n * 2, who->domain.p,
			   who->domain.n * 2, key))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLMv2 key");
	ntlm_proof_v2(key, q->server_challenge, out->nt.buf + NTLM_HASH_LEN,
		      out->nt.len - NTLM_HASH_LEN, out->nt.buf);
	ntlm_session_base_v2(key, out->nt.buf, out->key_exchange);
	/* A server that sends the time gets no LMv2 response. */
	if (!q->server->has[AV_TIMESTAMP]) {
		ntlm_proof_v2(key, q->server_challenge, q->client_challenge, NTLM_CHALLENGE_LEN,
			      out->lm);
		memcpy(out->lm + NTLM_HASH_LEN, q->client_challenge, NTLM_CHALLENGE_LEN);
	}
	mem_wipe(key, sizeof(key));
	return STATUS_SUCCESS;
}

/* With extended session security both challenges are answered, and ours travels in place of the LM
 * response. [MS-NLMP] 3.3.1 */
static void responses_v1(const struct ntlm_question *q, struct ntlm_responses *out,
			 uint8_t nt[NTLM_V1_RESPONSE_LEN])
{
	const struct ntlm_credential *who = q->who;
	uint8_t both[MD5_LEN];

	if (q->flags & NTLM_EXTENDED_SECURITY) {
		md5_parts((struct part[]){ { q->server_challenge, NTLM_CHALLENGE_LEN },
					   { q->client_challenge, NTLM_CHALLENGE_LEN } },
			  2, both);
		ntlm_desl(who->nt_hash->p, both, nt);
		memcpy(out->lm, q->client_challenge, NTLM_CHALLENGE_LEN);
		return;
	}
	ntlm_desl(who->nt_hash->p, q->server_challenge, nt);
	if (who->lm_hash && q->level < NTLM_LEVEL_WITHOUT_LM)
		ntlm_desl(who->lm_hash->p, q->server_challenge, out->lm);
	else
		memcpy(out->lm, nt, NTLM_V1_RESPONSE_LEN);
}

static NTSTATUS respond_v1(const struct ntlm_question *q, struct ntlm_responses *out)
{
	uint8_t nt[NTLM_V1_RESPONSE_LEN], session_base[NTLM_KEY_LEN];

	out->lm_n = sizeof(out->lm);
	responses_v1(q, out, nt);
	md4(q->who->nt_hash->p, NTLM_HASH_LEN, session_base);
	const struct ntlm_v1_facts facts = {
		.flags = q->flags,
		.session_base = session_base,
		.lmowf = q->who->lm_hash ? q->who->lm_hash->p : NULL,
		.lm_response = out->lm,
		.server_challenge = q->server_challenge,
	};
	ntlm_key_exchange_v1(&facts, out->key_exchange);
	mem_wipe(session_base, sizeof(session_base));
	wr_bytes(&out->nt, nt, sizeof(nt));
	return wr_ok(&out->nt) ? STATUS_SUCCESS
			       : fail(SEC_E_INSUFFICIENT_MEMORY, "NTLMv1 response");
}

NTSTATUS ntlm_respond(const struct ntlm_question *q, struct ntlm_responses *out)
{
	memset(out->lm, 0, sizeof(out->lm));
	memset(out->key_exchange, 0, sizeof(out->key_exchange));
	if (q->flags & NTLM_ANONYMOUS) {
		out->lm_n = 1;
		return STATUS_SUCCESS;
	}
	return q->level < NTLM_LEVEL_V2 ? respond_v1(q, out) : respond_v2(q, out);
}
