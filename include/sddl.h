/* sddl.h - security identifiers as text: S-1-5-32-544 and back.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SDDL_H
#define OPENSSPI_SDDL_H

#include "windef.h"
#include "winnt.h"

OPENSSPI_BEGIN_DECLS

#define SDDL_REVISION_1 1
#define SDDL_REVISION SDDL_REVISION_1

/* The text of an identifier. The string is the caller's: LocalFree. FALSE: ERROR_INVALID_SID,
 * ERROR_INVALID_PARAMETER (StringSid NULL), ERROR_NOT_ENOUGH_MEMORY.
 * Microsoft: ConvertSidToStringSid; [MS-DTYP] 2.4.2.1. */
OPENSSPI_API BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid);
OPENSSPI_API BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid);
#define ConvertSidToStringSid OPENSSPI_AW(ConvertSidToStringSid)

/* The identifier of a text in the S-1-... form; the two-letter short forms are not known here. The
 * identifier is the caller's: LocalFree. FALSE: ERROR_INVALID_SID, ERROR_INVALID_PARAMETER (an
 * argument NULL, or text that is not UTF-16), ERROR_NOT_ENOUGH_MEMORY.
 * Microsoft: ConvertStringSidToSid. */
OPENSSPI_API BOOL WINAPI ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid);
OPENSSPI_API BOOL WINAPI ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid);
#define ConvertStringSidToSid OPENSSPI_AW(ConvertStringSidToSid)

OPENSSPI_END_DECLS

#endif
