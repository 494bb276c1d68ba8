/* packages/tsssp/credentials.h - from AuthData to a TSSSP credential.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_TSSSP_CREDENTIALS_H
#define OPENSSPI_PACKAGES_TSSSP_CREDENTIALS_H

#include "packages/tsssp/engine.h"

/* Makes a credential for that use (0 means outbound) of that session (NULL: the caller's own) from a
 * credssp_auth block, or from NULL. An identity of a list of packages alone stands for nobody: it says which
 * may be used.
 * SEC_E_UNKNOWN_CREDENTIALS for submit types that are none and identities that are not sound,
 * SEC_E_INSUFFICIENT_MEMORY, or what the inner package answers. */
MUST_CHECK NTSTATUS ts_credential_make(uint32_t use, const LUID *logon, const void *auth,
				       struct ts_credential **out);

/* For a client's first leg: makes sure that there is something to sign in with, and where it is to be
 * handed over, something to hand over. Where the caller gave nothing that is the identity saved for the
 * target, else the default one, each only if policy lets it go there; a context that hands over nothing,
 * or tickets, leaves the choice to the inner package (Kerberos: the caller's ticket cache first).
 * SEC_E_NO_CREDENTIALS for none, SEC_E_DELEGATION_POLICY when there is one that may not leave. */
MUST_CHECK NTSTATUS ts_context_choose(struct ts_context *c);

#endif
