/* packages/negotiate/engine.h - what both roles do alike: the mechanism's steps and mechListMIC.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NEGOTIATE_ENGINE_H
#define OPENSSPI_NEGOTIATE_ENGINE_H

#include "packages/negotiate/context.h"

/* One call of InitLsaModeContext or AcceptLsaModeContext. */
struct nego_leg {
	struct nego_context *context;
	const UNICODE_STRING *target;
	const SecBufferDesc *in;
	struct rd token;    /* of the input, without what follows it */
	bool is_inner_call; /* another package calls */
	struct wr out;	    /* the token to send, also with a failure */
};

/* The legs: SEC_I_CONTINUE_NEEDED, SEC_E_OK, or why not. */
MUST_CHECK NTSTATUS nego_client_leg(struct nego_leg *leg);
MUST_CHECK NTSTATUS nego_server_leg(struct nego_leg *leg);

/* Hands a token to the mechanism in `row` (one of the context's credential) and appends its answer,
 * with a failure too. Begins its context when there is none. */
MUST_CHECK NTSTATUS nego_inner_step(struct nego_leg *leg, struct rd token, struct wr *answer);

/* Drops the mechanism's context and chooses another mechanism. */
void nego_inner_choose(struct nego_context *c, enum nego_row row, enum spnego_mech oid);

/* The same without SPNEGO around it: the token as it is. */
MUST_CHECK NTSTATUS nego_bare_step(struct nego_leg *leg);

/* Appends our mechListMIC. With a mechanism that cannot sign: SEC_E_QOP_NOT_SUPPORTED. */
MUST_CHECK NTSTATUS nego_mic_make(struct nego_context *c, struct wr *mic);

/* Compares the peer's: SEC_E_MESSAGE_ALTERED when it is not right. */
MUST_CHECK NTSTATUS nego_mic_verify(struct nego_context *c, struct rd mic);

/* Takes the finished mechanism's packed context and packs it anew for our user-mode half; later calls
 * pack what has changed since, if anything. */
MUST_CHECK NTSTATUS nego_map(struct nego_context *c, PBOOLEAN mapped, PSecBuffer data);

#endif
