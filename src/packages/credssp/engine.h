/* packages/credssp/engine.h - one call of a CREDSSP conversation: TLS below, TSSSP above.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_CREDSSP_ENGINE_H
#define OPENSSPI_PACKAGES_CREDSSP_ENGINE_H

#include "packages/credssp/context.h"

/* The services of the LSA. */
const struct compose_host *cs_host(void);

/* One call: what is left of the input, and what goes out whatever the status. */
struct cs_leg {
	struct cs_context *context;
	struct rd rest; /* unread input; opened in place */
	bool progress;	/* something was consumed, or is to be sent */
	size_t missing; /* with SEC_E_INCOMPLETE_MESSAGE: at least so many bytes */
	struct wr out;
};

/* Goes as far as the input allows: SEC_I_CONTINUE_NEEDED, SEC_E_OK, SEC_E_INCOMPLETE_MESSAGE (nothing
 * was consumed and nothing changed), or a refusal. */
MUST_CHECK NTSTATUS cs_leg_run(struct cs_leg *leg);

/* One step of the TLS layer; its output is appended. */
MUST_CHECK NTSTATUS cs_tls_step(struct cs_leg *leg);

/* Makes the credentials of both packages from a credssp_auth block or NULL. */
MUST_CHECK NTSTATUS cs_credential_make(uint32_t use, PLUID logon, void *auth,
				       struct cs_credential **out);

/* SECPKG_FUNCTION_TABLE.QueryContextAttributes for a context that was found. */
MUST_CHECK NTSTATUS cs_query_attribute(struct cs_context *c, uint32_t attribute, void *buffer);

#endif
