/* packages/ntlm/respond.h - a client's responses to CHALLENGE: NTLMv2, NTLMv1 and nobody's.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_RESPOND_H
#define OPENSSPI_NTLM_RESPOND_H

#include "packages/ntlm/context.h"

#define NTLM_LM_RESPONSE_LEN 24

/* What is answered, and by whom. */
struct ntlm_question {
	const struct ntlm_credential *who;
	uint32_t flags;			 /* agreed */
	uint32_t level;			 /* LmCompatibilityLevel */
	const uint8_t *server_challenge; /* 8 bytes */
	const uint8_t *client_challenge; /* 8 random bytes */
	struct rd target_info;		 /* of CHALLENGE, whole */
	const struct av_pairs *server;	 /* the same, taken apart */
	struct av_answer own;		 /* what the client adds to it */
};

/* The responses and the key they lead to; `nt` begins as a WR of its own. */
struct ntlm_responses {
	uint8_t lm[NTLM_LM_RESPONSE_LEN];
	size_t lm_n;
	struct wr nt;
	uint8_t key_exchange[NTLM_KEY_LEN];
};

/* Levels below 3 answer with NTLMv1; a credential without a name with nothing at all.
 * [MS-NLMP] 3.3.1, 3.3.2 */
MUST_CHECK NTSTATUS ntlm_respond(const struct ntlm_question *q, struct ntlm_responses *out);

/* Wipes and releases. */
void ntlm_responses_done(struct ntlm_responses *r);

#define NTLM_LEVEL_V2 3		/* from here on a client answers with NTLMv2 alone */
#define NTLM_LEVEL_EXTENDED 1	/* … asks for extended session security */
#define NTLM_LEVEL_WITHOUT_LM 2 /* … makes no LM response */
#define NTLM_LEVEL_V2_ALONE 5	/* … a server takes NTLMv2 alone */
#define NTLM_LEVEL_SAFEST NTLM_LEVEL_V2_ALONE

#endif
