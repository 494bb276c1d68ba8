/* lsa/credi_write.h - CrediWrite: a credential as a security package brings it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The blob comes in clear, as RtlEncryptMemory left it for other processes, or, when the flags say
 * neither, as LsaProtectMemory left it. */
#ifndef OPENSSPI_LSA_CREDI_WRITE_H
#define OPENSSPI_LSA_CREDI_WRITE_H

#include <ntsecpkg.h>

#include "base/base.h"

/* The table's member. The caller's structure is copied and stays as it is.
 * STATUS_INVALID_PARAMETER: an argument is NULL, Flags is not 0, an unknown or contradictory flag, a
 * credential that no rule allows or that is above a limit, a blob of no such form.
 * STATUS_NO_SUCH_LOGON_SESSION: the session has no credential set. STATUS_NOT_SUPPORTED: a type that is
 * no longer written. CREDMAN_BAD_USERNAME: LsaNtStatusToWinError makes ERROR_BAD_USERNAME of it.
 * STATUS_NO_MEMORY, and what the vault has to say. */
NTSTATUS NTAPI credi_write(PLUID logon, ULONG cred_flags, PENCRYPTED_CREDENTIALW credential,
			   ULONG flags);

/* Which package calls, and for which session: how its line of the audit begins. */
struct text;
void credi_audit_begin(struct text *about, const LUID *logon);

#endif
