/* secext.h - names of users and computers in their several forms.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SECEXT_H
#define OPENSSPI_SECEXT_H

#include "windef.h"
#include "sspi.h"

OPENSSPI_BEGIN_DECLS

typedef enum _EXTENDED_NAME_FORMAT {
	NameUnknown = 0,
	NameFullyQualifiedDN = 1,
	NameSamCompatible = 2,
	NameDisplay = 3,
	NameUniqueId = 6,
	NameCanonical = 7,
	NameUserPrincipal = 8,
	NameCanonicalEx = 9,
	NameServicePrincipal = 10,
	NameDnsDomain = 12,
	NameGivenName = 13,
	NameSurname = 14
} EXTENDED_NAME_FORMAT,
	*PEXTENDED_NAME_FORMAT;

/* The functions of this header are in libopensspibase.
 *
 * The calling process's user: NameSamCompatible (MACHINE\\user) and NameDisplay. *nSize: characters of
 * room in, characters written (without NUL) or needed (with it) out. FALSE leaves the reason in
 * GetLastError(): ERROR_MORE_DATA, ERROR_NONE_MAPPED (the forms that only a directory knows, and a
 * user without a name), ERROR_INVALID_PARAMETER. */
OPENSSPI_API BOOLEAN SEC_ENTRY GetUserNameExA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer,
					      PULONG nSize);
OPENSSPI_API BOOLEAN SEC_ENTRY GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer,
					      PULONG nSize);
#define GetUserNameEx OPENSSPI_AW(GetUserNameEx)

/* Another form of the name of a user or group of this system. *nSize counts the NUL. FALSE:
 * ERROR_NONE_MAPPED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER. */
OPENSSPI_API BOOLEAN SEC_ENTRY TranslateNameA(LPCSTR lpAccountName,
					      EXTENDED_NAME_FORMAT AccountNameFormat,
					      EXTENDED_NAME_FORMAT DesiredNameFormat,
					      LPSTR lpTranslatedName, PULONG nSize);
OPENSSPI_API BOOLEAN SEC_ENTRY TranslateNameW(LPCWSTR lpAccountName,
					      EXTENDED_NAME_FORMAT AccountNameFormat,
					      EXTENDED_NAME_FORMAT DesiredNameFormat,
					      LPWSTR lpTranslatedName, PULONG nSize);
#define TranslateName OPENSSPI_AW(TranslateName)

OPENSSPI_END_DECLS

#endif
