/* wincred.h - the Credential Manager and CredUI, as applications call them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WINCRED_H
#define OPENSSPI_WINCRED_H

#include "windef.h"
#include "winerror.h"

OPENSSPI_BEGIN_DECLS

/* ---- Limits, in characters unless a comment says bytes --------------------------------------- */

#define CRED_MAX_STRING_LENGTH 256
#define CRED_MAX_USERNAME_LENGTH (256 + 1 + 256)
#define CRED_MAX_GENERIC_TARGET_NAME_LENGTH 32767
#define CRED_MAX_DOMAIN_TARGET_NAME_LENGTH (256 + 1 + 80)
#define CRED_MAX_TARGETNAME_NAMESPACE_LENGTH 256
#define CRED_MAX_TARGETNAME_ATTRIBUTE_LENGTH 256
#define CRED_MAX_VALUE_SIZE 256			/* bytes */
#define CRED_MAX_ATTRIBUTES 64			/* attributes */
#define CRED_MAX_CREDENTIAL_BLOB_SIZE (5 * 512) /* bytes */
#define CERT_HASH_LENGTH 20			/* bytes */

#define CREDUI_MAX_MESSAGE_LENGTH 1024
#define CREDUI_MAX_CAPTION_LENGTH 128
#define CREDUI_MAX_GENERIC_TARGET_LENGTH CRED_MAX_GENERIC_TARGET_NAME_LENGTH
#define CREDUI_MAX_DOMAIN_TARGET_LENGTH CRED_MAX_DOMAIN_TARGET_NAME_LENGTH
#define CREDUI_MAX_USERNAME_LENGTH CRED_MAX_USERNAME_LENGTH
#define CREDUI_MAX_PASSWORD_LENGTH (512 / 2)
#define CREDUI_MAX_PACKED_CREDENTIALS_LENGTH ((MAXUSHORT / 2) - 2)
#define CREDUI_MAX_CREDENTIALS_BLOB_SIZE MAXUSHORT /* bytes */

/* ---- Credentials ----------------------------------------------------------------------------- */

#define CRED_TYPE_GENERIC 1
#define CRED_TYPE_DOMAIN_PASSWORD 2
#define CRED_TYPE_DOMAIN_CERTIFICATE 3
#define CRED_TYPE_DOMAIN_VISIBLE_PASSWORD 4
#define CRED_TYPE_GENERIC_CERTIFICATE 5
#define CRED_TYPE_DOMAIN_EXTENDED 6
#define CRED_TYPE_MAXIMUM 7
#define CRED_TYPE_MAXIMUM_EX (CRED_TYPE_MAXIMUM + 1000)

#define CRED_PERSIST_NONE 0
#define CRED_PERSIST_SESSION 1
#define CRED_PERSIST_LOCAL_MACHINE 2
#define CRED_PERSIST_ENTERPRISE 3

#define CRED_FLAGS_PASSWORD_FOR_CERT 0x0001
#define CRED_FLAGS_PROMPT_NOW 0x0002
#define CRED_FLAGS_USERNAME_TARGET 0x0004
#define CRED_FLAGS_OWF_CRED_BLOB 0x0008
#define CRED_FLAGS_REQUIRE_CONFIRMATION 0x0010
#define CRED_FLAGS_WILDCARD_MATCH 0x0020
#define CRED_FLAGS_VSM_PROTECTED 0x0040
#define CRED_FLAGS_NGC_CERT 0x0080
#define CRED_FLAGS_VALID_FLAGS 0xF0FF
#define CRED_FLAGS_VALID_INPUT_FLAGS 0xF09F

#define CRED_LOGON_TYPES_MASK 0xF000
#define CredAppendLogonTypeToFlags(flags, logon_type) ((flags) |= ((logon_type) << 12))
#define CredGetLogonTypeFromFlags(flags)                                                           \
	((SECURITY_LOGON_TYPE)(((flags)&CRED_LOGON_TYPES_MASK) >> 12))
#define CredRemoveLogonTypeFromFlags(flags) ((flags) &= ~CRED_LOGON_TYPES_MASK)

#define CRED_TI_SERVER_FORMAT_UNKNOWN 0x0001
#define CRED_TI_DOMAIN_FORMAT_UNKNOWN 0x0002
#define CRED_TI_ONLY_PASSWORD_REQUIRED 0x0004
#define CRED_TI_USERNAME_TARGET 0x0008
#define CRED_TI_CREATE_EXPLICIT_CRED 0x0010
#define CRED_TI_WORKGROUP_MEMBER 0x0020
#define CRED_TI_DNSTREE_IS_DFS_SERVER 0x0040
#define CRED_TI_VALID_FLAGS 0xF07F

#define CRED_SESSION_WILDCARD_NAME_W OPENSSPI_WIDE("*Session")
#define CRED_SESSION_WILDCARD_NAME_A "*Session"
#define CRED_SESSION_WILDCARD_NAME OPENSSPI_U_AW(CRED_SESSION_WILDCARD_NAME)
#define CRED_UNIVERSAL_WILDCARD_W OPENSSPI_WIDE('*')
#define CRED_UNIVERSAL_WILDCARD_A '*'
#define CRED_UNIVERSAL_WILDCARD OPENSSPI_U_AW(CRED_UNIVERSAL_WILDCARD)
#define CRED_TARGETNAME_DOMAIN_NAMESPACE_W OPENSSPI_WIDE("Domain")
#define CRED_TARGETNAME_DOMAIN_NAMESPACE_A "Domain"
#define CRED_TARGETNAME_DOMAIN_NAMESPACE OPENSSPI_U_AW(CRED_TARGETNAME_DOMAIN_NAMESPACE)
#define CRED_TARGETNAME_LEGACYGENERIC_NAMESPACE_W OPENSSPI_WIDE("LegacyGeneric")
#define CRED_TARGETNAME_LEGACYGENERIC_NAMESPACE_A "LegacyGeneric"
#define CRED_TARGETNAME_LEGACYGENERIC_NAMESPACE                                                    \
	OPENSSPI_U_AW(CRED_TARGETNAME_LEGACYGENERIC_NAMESPACE)
#define CRED_TARGETNAME_NAMESPACE_SEPERATOR_W OPENSSPI_WIDE(':')
#define CRED_TARGETNAME_NAMESPACE_SEPERATOR_A ':'
#define CRED_TARGETNAME_ATTRIBUTE_SEPERATOR_W OPENSSPI_WIDE('=')
#define CRED_TARGETNAME_ATTRIBUTE_SEPERATOR_A '='
#define CRED_DOMAIN_EXTENDED_USERNAME_SEPARATOR_W OPENSSPI_WIDE('|')
#define CRED_DOMAIN_EXTENDED_USERNAME_SEPARATOR_A '|'
#define CRED_TARGETNAME_ATTRIBUTE_TARGET_W OPENSSPI_WIDE("target")
#define CRED_TARGETNAME_ATTRIBUTE_TARGET_A "target"
#define CRED_TARGETNAME_ATTRIBUTE_NAME_W OPENSSPI_WIDE("name")
#define CRED_TARGETNAME_ATTRIBUTE_NAME_A "name"
#define CRED_TARGETNAME_ATTRIBUTE_BATCH_W OPENSSPI_WIDE("batch")
#define CRED_TARGETNAME_ATTRIBUTE_BATCH_A "batch"
#define CRED_TARGETNAME_ATTRIBUTE_INTERACTIVE_W OPENSSPI_WIDE("interactive")
#define CRED_TARGETNAME_ATTRIBUTE_INTERACTIVE_A "interactive"
#define CRED_TARGETNAME_ATTRIBUTE_SERVICE_W OPENSSPI_WIDE("service")
#define CRED_TARGETNAME_ATTRIBUTE_SERVICE_A "service"
#define CRED_TARGETNAME_ATTRIBUTE_NETWORK_W OPENSSPI_WIDE("network")
#define CRED_TARGETNAME_ATTRIBUTE_NETWORK_A "network"
#define CRED_TARGETNAME_ATTRIBUTE_NETWORKCLEARTEXT_W OPENSSPI_WIDE("networkcleartext")
#define CRED_TARGETNAME_ATTRIBUTE_NETWORKCLEARTEXT_A "networkcleartext"
#define CRED_TARGETNAME_ATTRIBUTE_REMOTEINTERACTIVE_W OPENSSPI_WIDE("remoteinteractive")
#define CRED_TARGETNAME_ATTRIBUTE_REMOTEINTERACTIVE_A "remoteinteractive"
#define CRED_TARGETNAME_ATTRIBUTE_CACHEDINTERACTIVE_W OPENSSPI_WIDE("cachedinteractive")
#define CRED_TARGETNAME_ATTRIBUTE_CACHEDINTERACTIVE_A "cachedinteractive"

typedef struct _CREDENTIAL_ATTRIBUTEA {
	LPSTR Keyword;
	DWORD Flags;	 /* 0 */
	DWORD ValueSize; /* bytes */
	LPBYTE Value;
} CREDENTIAL_ATTRIBUTEA, *PCREDENTIAL_ATTRIBUTEA;
typedef struct _CREDENTIAL_ATTRIBUTEW {
	LPWSTR Keyword;
	DWORD Flags;
	DWORD ValueSize;
	LPBYTE Value;
} CREDENTIAL_ATTRIBUTEW, *PCREDENTIAL_ATTRIBUTEW;
#define CREDENTIAL_ATTRIBUTE OPENSSPI_AW(CREDENTIAL_ATTRIBUTE)
#define PCREDENTIAL_ATTRIBUTE OPENSSPI_AW(PCREDENTIAL_ATTRIBUTE)

typedef struct _CREDENTIALA {
	DWORD Flags;
	DWORD Type;
	LPSTR TargetName;
	LPSTR Comment;
	FILETIME LastWritten;	  /* UTC; ignored on write */
	DWORD CredentialBlobSize; /* bytes */
	LPBYTE CredentialBlob;
	DWORD Persist;
	DWORD AttributeCount;
	PCREDENTIAL_ATTRIBUTEA Attributes;
	LPSTR TargetAlias;
	LPSTR UserName;
} CREDENTIALA, *PCREDENTIALA;
typedef struct _CREDENTIALW {
	DWORD Flags;
	DWORD Type;
	LPWSTR TargetName;
	LPWSTR Comment;
	FILETIME LastWritten;
	DWORD CredentialBlobSize;
	LPBYTE CredentialBlob;
	DWORD Persist;
	DWORD AttributeCount;
	PCREDENTIAL_ATTRIBUTEW Attributes;
	LPWSTR TargetAlias;
	LPWSTR UserName;
} CREDENTIALW, *PCREDENTIALW;
#define CREDENTIAL OPENSSPI_AW(CREDENTIAL)
#define PCREDENTIAL OPENSSPI_AW(PCREDENTIAL)

typedef struct _CREDENTIAL_TARGET_INFORMATIONA {
	LPSTR TargetName;
	LPSTR NetbiosServerName;
	LPSTR DnsServerName;
	LPSTR NetbiosDomainName;
	LPSTR DnsDomainName;
	LPSTR DnsTreeName;
	LPSTR PackageName;
	ULONG Flags;
	DWORD CredTypeCount;
	LPDWORD CredTypes;
} CREDENTIAL_TARGET_INFORMATIONA, *PCREDENTIAL_TARGET_INFORMATIONA;
typedef struct _CREDENTIAL_TARGET_INFORMATIONW {
	LPWSTR TargetName;
	LPWSTR NetbiosServerName;
	LPWSTR DnsServerName;
	LPWSTR NetbiosDomainName;
	LPWSTR DnsDomainName;
	LPWSTR DnsTreeName;
	LPWSTR PackageName;
	ULONG Flags;
	DWORD CredTypeCount;
	LPDWORD CredTypes;
} CREDENTIAL_TARGET_INFORMATIONW, *PCREDENTIAL_TARGET_INFORMATIONW;
#define CREDENTIAL_TARGET_INFORMATION OPENSSPI_AW(CREDENTIAL_TARGET_INFORMATION)
#define PCREDENTIAL_TARGET_INFORMATION OPENSSPI_AW(PCREDENTIAL_TARGET_INFORMATION)

typedef enum _CRED_MARSHAL_TYPE {
	CertCredential = 1,
	UsernameTargetCredential = 2,
	BinaryBlobCredential = 3,
	UsernameForPackedCredentials = 4,
	BinaryBlobForSystem = 5
} CRED_MARSHAL_TYPE,
	*PCRED_MARSHAL_TYPE;

typedef struct _CERT_CREDENTIAL_INFO {
	ULONG cbSize;
	UCHAR rgbHashOfCert[CERT_HASH_LENGTH];
} CERT_CREDENTIAL_INFO, *PCERT_CREDENTIAL_INFO;

typedef struct _USERNAME_TARGET_CREDENTIAL_INFO {
	LPWSTR UserName;
} USERNAME_TARGET_CREDENTIAL_INFO, *PUSERNAME_TARGET_CREDENTIAL_INFO;

typedef struct _BINARY_BLOB_CREDENTIAL_INFO {
	ULONG cbBlob;
	LPBYTE pbBlob;
} BINARY_BLOB_CREDENTIAL_INFO, *PBINARY_BLOB_CREDENTIAL_INFO;

typedef enum _CRED_PROTECTION_TYPE {
	CredUnprotected = 0,
	CredUserProtection = 1,
	CredTrustedProtection = 2,
	CredForSystemProtection = 3
} CRED_PROTECTION_TYPE,
	*PCRED_PROTECTION_TYPE;

#define CRED_PRESERVE_CREDENTIAL_BLOB 0x1
#define CRED_ENUMERATE_ALL_CREDENTIALS 0x1
#define CRED_CACHE_TARGET_INFORMATION 0x1
#define CRED_ALLOW_NAME_RESOLUTION 0x1

#define CRED_PACK_PROTECTED_CREDENTIALS 0x1
#define CRED_PACK_WOW_BUFFER 0x2
#define CRED_PACK_GENERIC_CREDENTIALS 0x4
#define CRED_PACK_ID_PROVIDER_CREDENTIALS 0x8

#define CRED_PROTECT_AS_SELF 0x1
#define CRED_PROTECT_TO_SYSTEM 0x2
#define CRED_UNPROTECT_AS_SELF 0x1
#define CRED_UNPROTECT_ALLOW_TO_SYSTEM 0x2

/* A BOOL that is FALSE leaves its reason in GetLastError(). What a function returns as one block is
 * freed with one CredFree. */
/* ---- the credential set ----
 *
 * Each returns TRUE, or FALSE with the reason in GetLastError (OpensspiGetLastError): ERROR_NOT_FOUND;
 * ERROR_INVALID_PARAMETER; ERROR_INVALID_FLAGS; ERROR_BAD_USERNAME; ERROR_NO_SUCH_LOGON_SESSION where the
 * session has no credentials; RPC_X_BAD_STUB_DATA for what is longer than it may be; ERROR_NOT_SUPPORTED for
 * CRED_TYPE_DOMAIN_VISIBLE_PASSWORD; ERROR_ALREADY_EXISTS (CredRename); ERROR_NO_UNICODE_TRANSLATION where
 * an A function's text is not UTF-8; ERROR_NOT_ENOUGH_MEMORY; and those of the vault (opensspi.h). What is
 * returned is one block for CredFree; on failure its pointer is NULL or as it was. Blobs and attribute values
 * are bytes in both forms. Rules and limits: CredWrite(3), CredRead(3), wincred(7). */
OPENSSPI_API BOOL WINAPI CredWriteW(PCREDENTIALW Credential, DWORD Flags);
OPENSSPI_API BOOL WINAPI CredWriteA(PCREDENTIALA Credential, DWORD Flags);
#define CredWrite OPENSSPI_AW(CredWrite)
OPENSSPI_API BOOL WINAPI CredReadW(LPCWSTR TargetName, DWORD Type, DWORD Flags,
				   PCREDENTIALW *Credential);
OPENSSPI_API BOOL WINAPI CredReadA(LPCSTR TargetName, DWORD Type, DWORD Flags,
				   PCREDENTIALA *Credential);
#define CredRead OPENSSPI_AW(CredRead)
OPENSSPI_API BOOL WINAPI CredEnumerateW(LPCWSTR Filter, DWORD Flags, DWORD *Count,
					PCREDENTIALW **Credential);
OPENSSPI_API BOOL WINAPI CredEnumerateA(LPCSTR Filter, DWORD Flags, DWORD *Count,
					PCREDENTIALA **Credential);
#define CredEnumerate OPENSSPI_AW(CredEnumerate)
OPENSSPI_API BOOL WINAPI CredWriteDomainCredentialsW(PCREDENTIAL_TARGET_INFORMATIONW TargetInfo,
						     PCREDENTIALW Credential, DWORD Flags);
OPENSSPI_API BOOL WINAPI CredWriteDomainCredentialsA(PCREDENTIAL_TARGET_INFORMATIONA TargetInfo,
						     PCREDENTIALA Credential, DWORD Flags);
#define CredWriteDomainCredentials OPENSSPI_AW(CredWriteDomainCredentials)
OPENSSPI_API BOOL WINAPI CredReadDomainCredentialsW(PCREDENTIAL_TARGET_INFORMATIONW TargetInfo,
						    DWORD Flags, DWORD *Count,
						    PCREDENTIALW **Credential);
OPENSSPI_API BOOL WINAPI CredReadDomainCredentialsA(PCREDENTIAL_TARGET_INFORMATIONA TargetInfo,
						    DWORD Flags, DWORD *Count,
						    PCREDENTIALA **Credential);
#define CredReadDomainCredentials OPENSSPI_AW(CredReadDomainCredentials)
OPENSSPI_API BOOL WINAPI CredDeleteW(LPCWSTR TargetName, DWORD Type, DWORD Flags);
OPENSSPI_API BOOL WINAPI CredDeleteA(LPCSTR TargetName, DWORD Type, DWORD Flags);
#define CredDelete OPENSSPI_AW(CredDelete)
OPENSSPI_API BOOL WINAPI CredRenameW(LPCWSTR OldTargetName, LPCWSTR NewTargetName, DWORD Type,
				     DWORD Flags);
OPENSSPI_API BOOL WINAPI CredRenameA(LPCSTR OldTargetName, LPCSTR NewTargetName, DWORD Type,
				     DWORD Flags);
#define CredRename OPENSSPI_AW(CredRename)
OPENSSPI_API BOOL WINAPI CredGetTargetInfoW(LPCWSTR TargetName, DWORD Flags,
					    PCREDENTIAL_TARGET_INFORMATIONW *TargetInfo);
OPENSSPI_API BOOL WINAPI CredGetTargetInfoA(LPCSTR TargetName, DWORD Flags,
					    PCREDENTIAL_TARGET_INFORMATIONA *TargetInfo);
#define CredGetTargetInfo OPENSSPI_AW(CredGetTargetInfo)
OPENSSPI_API BOOL WINAPI CredGetSessionTypes(DWORD MaximumPersistCount, LPDWORD MaximumPersist);
OPENSSPI_API BOOL WINAPI CredFindBestCredentialW(LPCWSTR TargetName, DWORD Type, DWORD Flags,
						 PCREDENTIALW *Credential);
OPENSSPI_API BOOL WINAPI CredFindBestCredentialA(LPCSTR TargetName, DWORD Type, DWORD Flags,
						 PCREDENTIALA *Credential);
#define CredFindBestCredential OPENSSPI_AW(CredFindBestCredential)
/* Writes a credential as text that passes for a user name: "@@", a letter, 6 bits a character.
 *   CredType    CertCredential, UsernameTargetCredential or BinaryBlobCredential
 *   Credential  a CERT_CREDENTIAL_INFO, USERNAME_TARGET_CREDENTIAL_INFO or BINARY_BLOB_CREDENTIAL_INFO
 *               (at most 64 KiB)
 *   MarshaledCredential  receives the text, freed with CredFree; untouched on failure
 * FALSE: ERROR_INVALID_PARAMETER (a NULL, a cbSize that is too small, an empty name or blob, another
 * type), ERROR_NOT_ENOUGH_MEMORY.
 * Microsoft: CredMarshalCredential. */
OPENSSPI_API BOOL WINAPI CredMarshalCredentialW(CRED_MARSHAL_TYPE CredType, PVOID Credential,
						LPWSTR *MarshaledCredential);
OPENSSPI_API BOOL WINAPI CredMarshalCredentialA(CRED_MARSHAL_TYPE CredType, PVOID Credential,
						LPSTR *MarshaledCredential);
#define CredMarshalCredential OPENSSPI_AW(CredMarshalCredential)
/* The way back. *Credential receives one block, freed with CredFree; NULL on failure, while *CredType is
 * set as soon as the text names one. FALSE: ERROR_INVALID_PARAMETER (not such a text, or damaged),
 * ERROR_NOT_ENOUGH_MEMORY.
 * Microsoft: CredUnmarshalCredential. */
OPENSSPI_API BOOL WINAPI CredUnmarshalCredentialW(LPCWSTR MarshaledCredential,
						  PCRED_MARSHAL_TYPE CredType, PVOID *Credential);
OPENSSPI_API BOOL WINAPI CredUnmarshalCredentialA(LPCSTR MarshaledCredential,
						  PCRED_MARSHAL_TYPE CredType, PVOID *Credential);
#define CredUnmarshalCredential OPENSSPI_AW(CredUnmarshalCredential)
/* Would CredUnmarshalCredential take it? FALSE leaves ERROR_INVALID_PARAMETER.
 * Microsoft: CredIsMarshaledCredential. */
OPENSSPI_API BOOL WINAPI CredIsMarshaledCredentialW(LPCWSTR MarshaledCredential);
OPENSSPI_API BOOL WINAPI CredIsMarshaledCredentialA(LPCSTR MarshaledCredential);
#define CredIsMarshaledCredential OPENSSPI_AW(CredIsMarshaledCredential)
/* Wipes and frees what a Cred function returned; NULL is fine.
 * Microsoft: CredFree. */
OPENSSPI_API VOID WINAPI CredFree(PVOID Buffer);

/* Seals a text so that only this user's logon session can open it: "@@D" and 6 bits a character.
 *   fAsSelf, Flags   the process's or the thread's context: always the process's; a thread that acts as
 *                    another user is refused.
 *                    CRED_PROTECT_TO_SYSTEM ("@@F"): all of the user's sessions until the next boot
 *   pszCredentials, cchCredentials  the text and its characters; it ends at the first NUL among them
 *   pszProtectedCredentials  the caller's room, or NULL to learn the size
 *   pcchMaxChars     in: characters of room; out: characters written or needed, NUL included
 *   ProtectionType   receives CredUserProtection or CredForSystemProtection; may be NULL
 * FALSE: ERROR_INSUFFICIENT_BUFFER; ERROR_INVALID_PARAMETER (a NULL, no characters, more than 32000);
 * ERROR_INVALID_FLAGS; ERROR_NO_UNICODE_TRANSLATION (A: not UTF-8); ERROR_NOT_ENOUGH_MEMORY;
 * ERROR_NO_SUCH_LOGON_SESSION: the thread acts as another user.
 * Microsoft: CredProtect, CredProtectEx. */
OPENSSPI_API BOOL WINAPI CredProtectW(BOOL fAsSelf, LPWSTR pszCredentials, DWORD cchCredentials,
				      LPWSTR pszProtectedCredentials, DWORD *pcchMaxChars,
				      CRED_PROTECTION_TYPE *ProtectionType);
OPENSSPI_API BOOL WINAPI CredProtectA(BOOL fAsSelf, LPSTR pszCredentials, DWORD cchCredentials,
				      LPSTR pszProtectedCredentials, DWORD *pcchMaxChars,
				      CRED_PROTECTION_TYPE *ProtectionType);
#define CredProtect OPENSSPI_AW(CredProtect)
/* Opens what CredProtect made; the arguments are as there.
 * FALSE: ERROR_NOT_CAPABLE (sealed by another user or in another session or boot, altered, or for the
 * system without CRED_UNPROTECT_ALLOW_TO_SYSTEM); ERROR_INVALID_PARAMETER (a NULL, or a text that
 * CredProtect did not make); the others of CredProtect.
 * Microsoft: CredUnprotect, CredUnprotectEx. */
OPENSSPI_API BOOL WINAPI CredUnprotectW(BOOL fAsSelf, LPWSTR pszProtectedCredentials,
					DWORD cchProtectedCredentials, LPWSTR pszCredentials,
					DWORD *pcchMaxChars);
OPENSSPI_API BOOL WINAPI CredUnprotectA(BOOL fAsSelf, LPSTR pszProtectedCredentials,
					DWORD cchProtectedCredentials, LPSTR pszCredentials,
					DWORD *pcchMaxChars);
#define CredUnprotect OPENSSPI_AW(CredUnprotect)
OPENSSPI_API BOOL WINAPI CredProtectEx(ULONG Flags, LPWSTR pszCredentials, DWORD cchCredentials,
				       LPWSTR pszProtectedCredentials, DWORD *pcchMaxChars,
				       CRED_PROTECTION_TYPE *ProtectionType);
OPENSSPI_API BOOL WINAPI CredUnprotectEx(ULONG Flags, LPWSTR pszProtectedCredentials,
					 DWORD cchProtectedCredentials, LPWSTR pszCredentials,
					 DWORD *pcchMaxChars);
/* Tells in *pProtectionType how a text is protected: CredUnprotected, CredUserProtection or
 * CredForSystemProtection. FALSE: ERROR_INVALID_PARAMETER (a NULL), ERROR_NO_UNICODE_TRANSLATION (A).
 * Microsoft: CredIsProtected. */
OPENSSPI_API BOOL WINAPI CredIsProtectedW(LPWSTR pszProtectedCredentials,
					  CRED_PROTECTION_TYPE *pProtectionType);
OPENSSPI_API BOOL WINAPI CredIsProtectedA(LPSTR pszProtectedCredentials,
					  CRED_PROTECTION_TYPE *pProtectionType);
#define CredIsProtected OPENSSPI_AW(CredIsProtected)

/* Packs a user name and a password into the self-contained form that logon interfaces pass around:
 * a KERB_INTERACTIVE_LOGON whose string pointers are byte offsets from the start.
 *   dwFlags                   0, or some of CRED_PACK_ID_PROVIDER_CREDENTIALS (an EX2 identity),
 *                             CRED_PACK_GENERIC_CREDENTIALS (a form of our own; not both),
 *                             CRED_PACK_WOW_BUFFER (the 32-bit layout),
 *                             CRED_PACK_PROTECTED_CREDENTIALS (the password goes through CredProtect)
 *   pszUserName               "DOMAIN\user" (split), "user" or "user@realm", or a marshalled
 *                             certificate, which makes a KERB_CERTIFICATE_LOGON; at most
 *                             CREDUI_MAX_USERNAME_LENGTH characters without NUL
 *   pszPassword               at most CREDUI_MAX_PASSWORD_LENGTH characters without NUL
 *   pPackedCredentials        the caller's room, or NULL to learn the size
 *   pcbPackedCredentials      in: bytes of room; out: bytes used or needed
 * TRUE, or FALSE and GetLastError(): ERROR_INSUFFICIENT_BUFFER: NULL or too little room, the size
 * is in *pcbPackedCredentials; ERROR_INVALID_PARAMETER: a NULL argument or a string over its limit;
 * ERROR_NOT_SUPPORTED: another flag; ERROR_NOT_ENOUGH_MEMORY; ERROR_NO_UNICODE_TRANSLATION (A): not
 * UTF-8. The buffer holds the password in clear: wipe it.
 * Microsoft: CredPackAuthenticationBuffer. */
OPENSSPI_API BOOL WINAPI CredPackAuthenticationBufferW(DWORD dwFlags, LPWSTR pszUserName,
						       LPWSTR pszPassword, PBYTE pPackedCredentials,
						       DWORD *pcbPackedCredentials);
OPENSSPI_API BOOL WINAPI CredPackAuthenticationBufferA(DWORD dwFlags, LPSTR pszUserName,
						       LPSTR pszPassword, PBYTE pPackedCredentials,
						       DWORD *pcbPackedCredentials);
#define CredPackAuthenticationBuffer OPENSSPI_AW(CredPackAuthenticationBuffer)

/* Opens what CredPackAuthenticationBuffer made, and SEC_WINNT_AUTH_IDENTITY_EX2 blocks; also the
 * answer of SECPKG_ATTR_CREDS.
 *   dwFlags                   CRED_PACK_PROTECTED_CREDENTIALS: a protected password or identity is
 *                             opened; CRED_PACK_WOW_BUFFER: the layout is the 32-bit one; the other
 *                             CRED_PACK_ flags say nothing
 *   pAuthBuffer, cbAuthBuffer the packed bytes
 *   pszUserName, pcchlMaxUserName  room for the user name; in: characters of room, out: characters
 *                             written or needed, NUL included
 *   pszDomainName, pcchMaxDomainName  the same for the domain; both may be NULL, then a down-level
 *                             name comes as "DOMAIN\user"
 *   pszPassword, pcchMaxPassword  the same for the password; wipe it after use
 * TRUE, or FALSE and GetLastError(): ERROR_INSUFFICIENT_BUFFER: some room is too small, all needed
 * sizes are set; ERROR_NOT_SUPPORTED: the bytes are not a form known here; ERROR_INVALID_PARAMETER:
 * a NULL argument, or offsets that leave the buffer; ERROR_NOT_CAPABLE: protected for somebody
 * else; ERROR_NOT_ENOUGH_MEMORY.
 * Microsoft: CredUnPackAuthenticationBuffer. */
OPENSSPI_API BOOL WINAPI CredUnPackAuthenticationBufferW(
	DWORD dwFlags, PVOID pAuthBuffer, DWORD cbAuthBuffer, LPWSTR pszUserName,
	DWORD *pcchlMaxUserName, LPWSTR pszDomainName, DWORD *pcchMaxDomainName, LPWSTR pszPassword,
	DWORD *pcchMaxPassword);
OPENSSPI_API BOOL WINAPI CredUnPackAuthenticationBufferA(DWORD dwFlags, PVOID pAuthBuffer,
							 DWORD cbAuthBuffer, LPSTR pszUserName,
							 DWORD *pcchlMaxUserName,
							 LPSTR pszDomainName,
							 DWORD *pcchMaxDomainName,
							 LPSTR pszPassword, DWORD *pcchMaxPassword);
#define CredUnPackAuthenticationBuffer OPENSSPI_AW(CredUnPackAuthenticationBuffer)

/* ---- CredUI: functions answer a Win32 error number ------------------------------------------- */

typedef struct _CREDUI_INFOA {
	DWORD cbSize;
	HWND hwndParent;
	PCSTR pszMessageText;
	PCSTR pszCaptionText;
	HBITMAP hbmBanner;
} CREDUI_INFOA, *PCREDUI_INFOA;
typedef struct _CREDUI_INFOW {
	DWORD cbSize;
	HWND hwndParent;
	PCWSTR pszMessageText;
	PCWSTR pszCaptionText;
	HBITMAP hbmBanner;
} CREDUI_INFOW, *PCREDUI_INFOW;
#define CREDUI_INFO OPENSSPI_AW(CREDUI_INFO)
#define PCREDUI_INFO OPENSSPI_AW(PCREDUI_INFO)

#define CREDUI_FLAGS_INCORRECT_PASSWORD 0x00000001
#define CREDUI_FLAGS_DO_NOT_PERSIST 0x00000002
#define CREDUI_FLAGS_REQUEST_ADMINISTRATOR 0x00000004
#define CREDUI_FLAGS_EXCLUDE_CERTIFICATES 0x00000008
#define CREDUI_FLAGS_REQUIRE_CERTIFICATE 0x00000010
#define CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX 0x00000040
#define CREDUI_FLAGS_ALWAYS_SHOW_UI 0x00000080
#define CREDUI_FLAGS_REQUIRE_SMARTCARD 0x00000100
#define CREDUI_FLAGS_PASSWORD_ONLY_OK 0x00000200
#define CREDUI_FLAGS_VALIDATE_USERNAME 0x00000400
#define CREDUI_FLAGS_COMPLETE_USERNAME 0x00000800
#define CREDUI_FLAGS_PERSIST 0x00001000
#define CREDUI_FLAGS_SERVER_CREDENTIAL 0x00004000
#define CREDUI_FLAGS_EXPECT_CONFIRMATION 0x00020000
#define CREDUI_FLAGS_GENERIC_CREDENTIALS 0x00040000
#define CREDUI_FLAGS_USERNAME_TARGET_CREDENTIALS 0x00080000
#define CREDUI_FLAGS_KEEP_USERNAME 0x00100000
#define CREDUI_FLAGS_PROMPT_VALID 0x001E5FDF

#define CREDUIWIN_GENERIC 0x00000001
#define CREDUIWIN_CHECKBOX 0x00000002
#define CREDUIWIN_AUTHPACKAGE_ONLY 0x00000010
#define CREDUIWIN_IN_CRED_ONLY 0x00000020
#define CREDUIWIN_ENUMERATE_ADMINS 0x00000100
#define CREDUIWIN_ENUMERATE_CURRENT_USER 0x00000200
#define CREDUIWIN_SECURE_PROMPT 0x00001000
#define CREDUIWIN_PREPROMPTING 0x00002000
#define CREDUIWIN_IGNORE_CLOUDAUTHORITY_NAME 0x00040000
#define CREDUIWIN_PACK_32_WOW 0x10000000
#define CREDUIWIN_DOWNLEVEL_HELLO_AS_SMART_CARD 0x80000000

/* There is no dialog: the arguments are checked as Windows does, a stored generic credential is given as
 * by CredUICmdLinePromptForCredentials, and otherwise the answer is ERROR_NOT_SUPPORTED.
 * ERROR_INVALID_FLAGS; ERROR_INVALID_PARAMETER; ERROR_INSUFFICIENT_BUFFER.
 * Microsoft: CredUIPromptForCredentials. */
OPENSSPI_API DWORD WINAPI CredUIPromptForCredentialsW(PCREDUI_INFOW pUiInfo, PCWSTR pszTargetName,
						      PVOID pContext, DWORD dwAuthError,
						      PWSTR pszUserName, ULONG ulUserNameBufferSize,
						      PWSTR pszPassword, ULONG ulPasswordBufferSize,
						      BOOL *save, DWORD dwFlags);
OPENSSPI_API DWORD WINAPI CredUIPromptForCredentialsA(PCREDUI_INFOA pUiInfo, PCSTR pszTargetName,
						      PVOID pContext, DWORD dwAuthError,
						      PSTR pszUserName, ULONG ulUserNameBufferSize,
						      PSTR pszPassword, ULONG ulPasswordBufferSize,
						      BOOL *save, DWORD dwFlags);
#define CredUIPromptForCredentials OPENSSPI_AW(CredUIPromptForCredentials)
/* There is no dialog: ERROR_NOT_SUPPORTED once the arguments are found good, else ERROR_INVALID_FLAGS or
 * ERROR_INVALID_PARAMETER.
 * Microsoft: CredUIPromptForWindowsCredentials. */
OPENSSPI_API DWORD WINAPI CredUIPromptForWindowsCredentialsW(
	PCREDUI_INFOW pUiInfo, DWORD dwAuthError, ULONG *pulAuthPackage, LPCVOID pvInAuthBuffer,
	ULONG ulInAuthBufferSize, LPVOID *ppvOutAuthBuffer, ULONG *pulOutAuthBufferSize,
	BOOL *pfSave, DWORD dwFlags);
OPENSSPI_API DWORD WINAPI CredUIPromptForWindowsCredentialsA(
	PCREDUI_INFOA pUiInfo, DWORD dwAuthError, ULONG *pulAuthPackage, LPCVOID pvInAuthBuffer,
	ULONG ulInAuthBufferSize, LPVOID *ppvOutAuthBuffer, ULONG *pulOutAuthBufferSize,
	BOOL *pfSave, DWORD dwFlags);
#define CredUIPromptForWindowsCredentials OPENSSPI_AW(CredUIPromptForWindowsCredentials)
/* Asks at the controlling terminal for a user (unless UserName holds one), for a password without echo,
 * and whether to save them (unless CREDUI_FLAGS_PERSIST or _DO_NOT_PERSIST).
 *   pszTargetName    what they are for
 *   pContext         NULL
 *   dwAuthError      why they are asked for; with one, no stored credential is given
 *   UserName, pszPassword  the caller's rooms, untouched on failure; sizes are characters with the NUL
 *   pfSave           in: the answer that is offered; out: the user's, if asked; may be NULL
 *   dwFlags          CREDUI_FLAGS_
 * NO_ERROR; ERROR_CANCELLED (end of file, an interruption, three answers that could not be taken, or no
 * terminal); ERROR_INVALID_FLAGS (checked first); ERROR_INVALID_PARAMETER; ERROR_BAD_USERNAME;
 * ERROR_INSUFFICIENT_BUFFER; ERROR_NO_SUCH_LOGON_SESSION (nothing can be saved here: try again with
 * CREDUI_FLAGS_DO_NOT_PERSIST); ERROR_NOT_SUPPORTED (CREDUI_FLAGS_REQUIRE_SMARTCARD); CredWrite's errors.
 * Microsoft: CredUICmdLinePromptForCredentials. */
OPENSSPI_API DWORD WINAPI CredUICmdLinePromptForCredentialsW(PCWSTR pszTargetName, PVOID pContext,
							     DWORD dwAuthError, PWSTR UserName,
							     ULONG ulUserBufferSize,
							     PWSTR pszPassword,
							     ULONG ulPasswordBufferSize,
							     PBOOL pfSave, DWORD dwFlags);
OPENSSPI_API DWORD WINAPI CredUICmdLinePromptForCredentialsA(PCSTR pszTargetName, PVOID pContext,
							     DWORD dwAuthError, PSTR UserName,
							     ULONG ulUserBufferSize,
							     PSTR pszPassword,
							     ULONG ulPasswordBufferSize,
							     PBOOL pfSave, DWORD dwFlags);
#define CredUICmdLinePromptForCredentials OPENSSPI_AW(CredUICmdLinePromptForCredentials)
/* Saves (TRUE) or forgets (FALSE) what a prompt with CREDUI_FLAGS_EXPECT_CONFIRMATION was to save. The
 * last five wait. NO_ERROR; ERROR_NOT_FOUND; ERROR_INVALID_PARAMETER (NULL); CredWrite's errors.
 * Microsoft: CredUIConfirmCredentials. */
OPENSSPI_API DWORD WINAPI CredUIConfirmCredentialsW(PCWSTR pszTargetName, BOOL bConfirm);
OPENSSPI_API DWORD WINAPI CredUIConfirmCredentialsA(PCSTR pszTargetName, BOOL bConfirm);
#define CredUIConfirmCredentials OPENSSPI_AW(CredUIConfirmCredentials)
/* Parts a name that somebody typed: "DOMAIN\\user" in two; "user@suffix" and marshalled credentials are
 * all user, with the domain "". Sizes are characters with the NUL. NO_ERROR;
 * ERROR_INVALID_ACCOUNT_NAME for any other name; ERROR_INSUFFICIENT_BUFFER; ERROR_INVALID_PARAMETER (a
 * NULL or a size of 0); ERROR_NOT_ENOUGH_MEMORY.
 * Microsoft: CredUIParseUserName. */
OPENSSPI_API DWORD WINAPI CredUIParseUserNameW(PCWSTR UserName, PWSTR user, ULONG userBufferSize,
					       PWSTR domain, ULONG domainBufferSize);
OPENSSPI_API DWORD WINAPI CredUIParseUserNameA(PCSTR userName, PSTR user, ULONG userBufferSize,
					       PSTR domain, ULONG domainBufferSize);
#define CredUIParseUserName OPENSSPI_AW(CredUIParseUserName)
/* There is no single sign-on store: ERROR_NOT_SUPPORTED, and ERROR_NOT_FOUND for reading, with
 * *ppszUsername NULL. ERROR_INVALID_PARAMETER: a required argument is NULL, or the name empty.
 * Microsoft: CredUIStoreSSOCredW, CredUIReadSSOCredW. */
OPENSSPI_API DWORD WINAPI CredUIStoreSSOCredW(PCWSTR pszRealm, PCWSTR pszUsername,
					      PCWSTR pszPassword, BOOL bPersist);
OPENSSPI_API DWORD WINAPI CredUIReadSSOCredW(PCWSTR pszRealm, PWSTR *ppszUsername);

OPENSSPI_END_DECLS

#endif
