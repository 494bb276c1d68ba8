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
} EXTENDED_NAME_FORMAT, *PEXTENDED_NAME_FORMAT;

/* *nSize: characters of room in, characters written (without NUL) or needed (with it) out. FALSE
 * leaves the reason in GetLastError(): ERROR_MORE_DATA, ERROR_NO_SUCH_DOMAIN, ERROR_NONE_MAPPED. */
OPENSSPI_API BOOLEAN SEC_ENTRY GetUserNameExA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer,
					      PULONG nSize);
OPENSSPI_API BOOLEAN SEC_ENTRY GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer,
					      PULONG nSize);
#define GetUserNameEx OPENSSPI_AW(GetUserNameEx)
OPENSSPI_API BOOLEAN SEC_ENTRY GetComputerObjectNameA(EXTENDED_NAME_FORMAT NameFormat,
						      LPSTR lpNameBuffer, PULONG nSize);
OPENSSPI_API BOOLEAN SEC_ENTRY GetComputerObjectNameW(EXTENDED_NAME_FORMAT NameFormat,
						      LPWSTR lpNameBuffer, PULONG nSize);
#define GetComputerObjectName OPENSSPI_AW(GetComputerObjectName)
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
