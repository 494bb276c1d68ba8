/* sspi/status.h - the one place where an NTSTATUS becomes a SECURITY_STATUS.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_STATUS_H
#define OPENSSPI_SSPI_STATUS_H

#include <sspi.h>

#include "base/base.h"

/* SEC_ codes pass; so do the statuses by which Windows says what is wrong with an account. Other
 * NTSTATUS errors have a SEC_E_ code or are SEC_E_INTERNAL_ERROR; successes are SEC_E_OK. */
SECURITY_STATUS security_status(NTSTATUS status);

#endif
