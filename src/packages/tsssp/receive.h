/* packages/tsssp/receive.h - what a server keeps of the credentials that arrived, if it takes them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_TSSSP_RECEIVE_H
#define OPENSSPI_PACKAGES_TSSSP_RECEIVE_H

#include "packages/tsssp/engine.h"

/* Keeps passwords and cards, by policy empty ones and Remote Credential Guard's, packed as
 * SECPKG_ATTR_CREDS and CREDS_2 give them; sets ASC_RET_DELEGATE when there was something.
 * SEC_E_LOGON_DENIED for what policy does not take, SEC_E_INVALID_TOKEN, SEC_E_UNSUPPORTED_FUNCTION,
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS ts_receive(struct ts_context *c, const struct ts_credentials *creds);

#endif
