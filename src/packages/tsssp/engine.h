/* packages/tsssp/engine.h - one leg of a conversation, as the client's and the server's file share it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_TSSSP_ENGINE_H
#define OPENSSPI_PACKAGES_TSSSP_ENGINE_H

#include "packages/tsssp/context.h"

/* The services of the LSA, and this package's id. */
const struct compose_host *ts_host(void);
ULONG ts_id(void);

/* One call: what came in, and what goes out whatever the status. */
struct ts_leg {
	struct ts_context *context;
	struct rd message;    /* one whole TSRequest; empty on a client's first leg */
	struct ts_request in; /* it, parsed */
	struct wr out;	      /* the TSRequest to send */
};

/* Each takes one leg further: SEC_I_CONTINUE_NEEDED, SEC_E_OK or a refusal, with leg->out filled when
 * there is something to send. */
MUST_CHECK NTSTATUS ts_client_leg(struct ts_leg *leg);
MUST_CHECK NTSTATUS ts_server_leg(struct ts_leg *leg);

/* Checks and pins the peer's version, and takes or compares the nonce. */
MUST_CHECK NTSTATUS ts_take_version(struct ts_context *c, const struct ts_request *in);

/* Seals with the inner context: signature first, then the ciphertext. */
MUST_CHECK NTSTATUS ts_seal(struct ts_context *c, struct rd plain, struct wr *out);

/* Opens what the peer sealed. The plaintext is a view into `room`, which holds a copy to open in
 * place and wipes itself. SEC_E_MESSAGE_ALTERED when it is not the peer's. */
MUST_CHECK NTSTATUS ts_unseal(struct ts_context *c, struct rd sealed, struct wr *room,
			      struct rd *plain);

/* Feeds a token to the inner mechanism; its answer (may be empty) is appended to `answer`. Sets
 * inner_complete, and inner_keyed as soon as it can seal: a client's SPNEGO has the keys when its last
 * token leaves, though it waits for the server's word. An inner mechanism that ends without
 * confidentiality or anonymously is refused. */
MUST_CHECK NTSTATUS ts_inner_step(struct ts_context *c, struct rd token, struct wr *answer);

/* A request with our version in it. */
struct ts_request ts_request_new(void);

/* SECPKG_FUNCTION_TABLE.QueryContextAttributes for a context that was found. */
MUST_CHECK NTSTATUS ts_query_attribute(struct ts_context *c, uint32_t attribute, void *buffer);

/* SECPKG_ATTR_NEGOTIATION_PACKAGE: the mechanism in force inside. */
MUST_CHECK NTSTATUS ts_query_inner_package(const struct ts_context *c,
					   SecPkgContext_PackageInfoW *out);

#endif
