/* packages/ntlm/claim.h - what a client says of itself in AUTHENTICATE, and what can be held against it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_CLAIM_H
#define OPENSSPI_NTLM_CLAIM_H

#include "packages/ntlm/context.h"
#include "packages/ntlm/local.h"

enum ntlm_claim_kind {
	NTLM_CLAIM_V2,
	NTLM_CLAIM_V1,
	NTLM_CLAIM_LM, /* with no NT response, or one of no known form */
	NTLM_CLAIM_NOBODY,
	NTLM_CLAIM_LOCAL /* who it is stands in the LSA */
};

struct ntlm_claim {
	enum ntlm_claim_kind kind;
	struct ntlm_authenticate message;
	struct wr domain, user, workstation; /* UTF-16LE */
	struct ntlm_v2_response v2;
	struct av_pairs av;
	struct ntlm_local_claim local;
	uint32_t flags; /* agreed by both */
	bool has_mic;
	struct ntlm_session session;
};

/* Reads the message; false when it is malformed. The claim is begun by NTLM_CLAIM. */
MUST_CHECK bool ntlm_claim_read(const struct ntlm_context *c, struct rd token,
				struct ntlm_claim *k);
void ntlm_claim_done(struct ntlm_claim *k);

#define NTLM_CLAIM                                                                                 \
	{                                                                                          \
		.domain = WR(NTLM_MESSAGE_MAX), .user = WR(NTLM_MESSAGE_MAX),                      \
		.workstation = WR(NTLM_MESSAGE_MAX)                                                \
	}

/* What can be said without asking an authority: policy, lengths, names, time. */
MUST_CHECK NTSTATUS ntlm_claim_check(const struct ntlm_claim *k, uint32_t requirements);

/* What needs the session key: SEC_E_MESSAGE_ALTERED when a MIC that must be right is not. */
MUST_CHECK NTSTATUS ntlm_claim_check_mic(const struct ntlm_context *c, const struct ntlm_claim *k,
					 struct rd token);

/* The channel that the client meant: SEC_E_BAD_BINDINGS. */
MUST_CHECK NTSTATUS ntlm_claim_check_bindings(const struct ntlm_context *c,
					      const struct ntlm_claim *k, uint32_t requirements);

/* The server that it meant: SEC_E_TARGET_UNKNOWN. */
MUST_CHECK NTSTATUS ntlm_claim_check_target(const struct ntlm_claim *k);

/* The target that the client vouches for; empty when there is none. UTF-16LE. */
struct rd ntlm_claim_target(const struct ntlm_claim *k);

#endif
