/* packages/tsssp/credentials.h - from AuthData to a TSSSP credential.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_TSSSP_CREDENTIALS_H
#define OPENSSPI_PACKAGES_TSSSP_CREDENTIALS_H

#include "packages/tsssp/engine.h"

/* Makes a credential for that use (0 means outbound) from a credssp_auth block, or from NULL.
 * SEC_E_UNKNOWN_CREDENTIALS for submit types that are none, certificates' credentials and identities
 * that are not sound, SEC_E_INSUFFICIENT_MEMORY, or what the inner package answers. */
MUST_CHECK NTSTATUS ts_credential_make(uint32_t use, const void *auth, struct ts_credential **out);

#endif
