/* ipc/acting.h - what a thread may ask of the LSA while it acts as another user.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A call is the process's whoever its thread acts as: it is carried under the process's own ids, so that the
 * LSA sees one client and an embedded one finds its files. What the process has saved is not its client's:
 * a network logon has no credential set. */
#ifndef OPENSSPI_IPC_ACTING_H
#define OPENSSPI_IPC_ACTING_H

#include "ipc/calls.h"

/* STATUS_SUCCESS; STATUS_NO_SUCH_LOGON_SESSION for saved credentials and the vault, SEC_E_NO_CREDENTIALS for
 * credentials to sign in with that the caller does not bring, of a thread that acts as another. */
MUST_CHECK NTSTATUS acting_check(enum call which, const void *request);

#endif
