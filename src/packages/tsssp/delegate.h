/* packages/tsssp/delegate.h - what a client hands over, and whether it may.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The identity that is delegated is the one that signed in: both come from the same block. Where nothing
 * of it can be used again (Restricted Admin, Remote Credential Guard) the mechanism may choose who it
 * is. */
#ifndef OPENSSPI_PACKAGES_TSSSP_DELEGATE_H
#define OPENSSPI_PACKAGES_TSSSP_DELEGATE_H

#include "packages/tsssp/engine.h"

/* By the caller's flags and RestrictedRemoteAdministration. */
MUST_CHECK enum ts_handover ts_handover_of(const struct ts_context *c);

/* Decides once the mechanism is known, and writes TSCredentials; sets ISC_RET_DELEGATE and
 * ISC_RET_MUTUAL_AUTH. SEC_E_MUTUAL_AUTH_FAILED, SEC_E_DELEGATION_POLICY, SEC_E_POLICY_NLTM_ONLY,
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS ts_delegate(struct ts_context *c, struct wr *out);

#endif
