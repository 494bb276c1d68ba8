/* lsa/supplemental.h - SaveSupplementalCredentials and UpdateCredentials.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * There is no account database to keep them: what a package saves lies in the user's vault, as a
 * credential of type CRED_TYPE_DOMAIN_EXTENDED called OpensspiPackage:supplemental=NAME. Applications see
 * that it is there, never what is in it. */
#ifndef OPENSSPI_LSA_SUPPLEMENTAL_H
#define OPENSSPI_LSA_SUPPLEMENTAL_H

#include <ntsecpkg.h>

#include "base/base.h"

/* The table's members. Saving is for a package in a call, or on a thread, of its own; no bytes delete
 * what was saved. STATUS_INVALID_PARAMETER (more than MAX_CRED_SIZE), STATUS_NO_SUCH_LOGON_SESSION. */
NTSTATUS NTAPI supplemental_save(PLUID logon, ULONG n, PVOID credentials, BOOLEAN synchronous);

/* Every package's AcceptCredentials gets the primary credentials and, besides, what the array has under
 * its name, or else what it saved. A package that refuses is a line in the trace, as on Windows.
 * STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_LOGON_SESSION, STATUS_INSUFFICIENT_RESOURCES (from within
 * itself). */
NTSTATUS NTAPI supplemental_update(PSECPKG_PRIMARY_CRED primary,
				   PSECPKG_SUPPLEMENTAL_CRED_ARRAY supplemental);

#endif
