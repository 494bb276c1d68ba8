/* lsa/credi_decode.h - CrediUnmarshalandDecodeString: what CredProtect made, opened for a package.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_CREDI_DECODE_H
#define OPENSSPI_LSA_CREDI_DECODE_H

#include <ntsecpkg.h>

#include "base/base.h"

/* The table's member; *blob is LSA heap and has two zero bytes after its end.
 * STATUS_INVALID_PARAMETER, not fatal: CredProtect made no such string, and the caller may take it as it
 * is. Fatal: STATUS_NOT_CAPABLE (protected by another user, in another session or boot, or altered),
 * STATUS_NO_MEMORY. */
NTSTATUS NTAPI credi_decode(LPWSTR marshaled, LPBYTE *blob, ULONG *size, BOOLEAN *is_fatal);

#endif
