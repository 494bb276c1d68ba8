/* ntsecapi.h - the LSA as its clients see it: logon sessions, logons, messages to packages.
 *
 * Functions answer NTSTATUS. Memory they hand out goes back through LsaFreeReturnBuffer.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTSECAPI_H
#define OPENSSPI_NTSECAPI_H

#include "windef.h"
#include "winnt.h"

OPENSSPI_BEGIN_DECLS

#ifndef OPENSSPI_SECHANDLE_DEFINED
#define OPENSSPI_SECHANDLE_DEFINED
typedef struct _SecHandle {
	ULONG_PTR dwLower;
	ULONG_PTR dwUpper;
} SecHandle, *PSecHandle;
#endif

typedef UNICODE_STRING LSA_UNICODE_STRING, *PLSA_UNICODE_STRING;
typedef STRING LSA_STRING, *PLSA_STRING;
typedef ULONG LSA_OPERATIONAL_MODE, *PLSA_OPERATIONAL_MODE;

typedef enum _SECURITY_LOGON_TYPE {
	UndefinedLogonType = 0,
	Interactive = 2,
	Network = 3,
	Batch = 4,
	Service = 5,
	Proxy = 6,
	Unlock = 7,
	NetworkCleartext = 8,
	NewCredentials = 9,
	RemoteInteractive = 10,
	CachedInteractive = 11,
	CachedRemoteInteractive = 12,
	CachedUnlock = 13
} SECURITY_LOGON_TYPE, *PSECURITY_LOGON_TYPE;

#ifndef MICROSOFT_KERBEROS_NAME_A
#define MICROSOFT_KERBEROS_NAME_A "Kerberos"
#define MICROSOFT_KERBEROS_NAME_W OPENSSPI_WIDE("Kerberos")
#define MICROSOFT_KERBEROS_NAME MICROSOFT_KERBEROS_NAME_W
#endif
#ifndef NEGOSSP_NAME
#define NEGOSSP_NAME_W OPENSSPI_WIDE("Negotiate")
#define NEGOSSP_NAME_A "Negotiate"
#define NEGOSSP_NAME OPENSSPI_U_AW(NEGOSSP_NAME)
#endif
#define PKU2U_PACKAGE_NAME_A "pku2u"
#define PKU2U_PACKAGE_NAME OPENSSPI_WIDE("pku2u")
#define PKU2U_PACKAGE_NAME_W PKU2U_PACKAGE_NAME
#define MSV1_0_PACKAGE_NAME "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0"
#define MSV1_0_PACKAGE_NAMEW OPENSSPI_WIDE("MICROSOFT_AUTHENTICATION_PACKAGE_V1_0")
#define MSV1_0_PACKAGE_NAMEW_LENGTH (sizeof(MSV1_0_PACKAGE_NAMEW) - sizeof(WCHAR))

/* ---- Logon sessions -------------------------------------------------------------------------- */

typedef struct _LSA_LAST_INTER_LOGON_INFO {
	LARGE_INTEGER LastSuccessfulLogon;
	LARGE_INTEGER LastFailedLogon;
	ULONG FailedAttemptCountSinceLastSuccessfulLogon;
} LSA_LAST_INTER_LOGON_INFO, *PLSA_LAST_INTER_LOGON_INFO;

/* Look at Size before reading behind Upn: old answers ended there. Times are UTC. */
typedef struct _SECURITY_LOGON_SESSION_DATA {
	ULONG Size;
	LUID LogonId;
	LSA_UNICODE_STRING UserName;
	LSA_UNICODE_STRING LogonDomain;
	LSA_UNICODE_STRING AuthenticationPackage;
	ULONG LogonType; /* a SECURITY_LOGON_TYPE */
	ULONG Session;
	PSID Sid;
	LARGE_INTEGER LogonTime;
	LSA_UNICODE_STRING LogonServer;
	LSA_UNICODE_STRING DnsDomainName;
	LSA_UNICODE_STRING Upn;
	ULONG UserFlags;
	LSA_LAST_INTER_LOGON_INFO LastLogonInfo;
	LSA_UNICODE_STRING LogonScript;
	LSA_UNICODE_STRING ProfilePath;
	LSA_UNICODE_STRING HomeDirectory;
	LSA_UNICODE_STRING HomeDirectoryDrive;
	LARGE_INTEGER LogoffTime;
	LARGE_INTEGER KickOffTime;
	LARGE_INTEGER PasswordLastSet;
	LARGE_INTEGER PasswordCanChange;
	LARGE_INTEGER PasswordMustChange;
} SECURITY_LOGON_SESSION_DATA, *PSECURITY_LOGON_SESSION_DATA;

/* Describes a logon session.
 *   LogonId                 which one; here only the caller's own, and sessions it created
 *   ppLogonSessionData      receives one block, strings and SID included; LsaFreeReturnBuffer
 * STATUS_SUCCESS; STATUS_INVALID_PARAMETER: a NULL argument; STATUS_NO_SUCH_LOGON_SESSION: there is
 * none with that LUID; STATUS_ACCESS_DENIED: it is somebody else's; STATUS_NO_MEMORY.
 * Microsoft: LsaGetLogonSessionData. */
OPENSSPI_API NTSTATUS NTAPI
LsaGetLogonSessionData(PLUID LogonId, PSECURITY_LOGON_SESSION_DATA *ppLogonSessionData);

/* Frees what an Lsa function handed out, wiping it first. NULL is fine.
 * STATUS_SUCCESS.
 * Microsoft: LsaFreeReturnBuffer. */
OPENSSPI_API NTSTATUS NTAPI LsaFreeReturnBuffer(PVOID Buffer);

/* The caller's own session and those that were made for it; for who is trusted all. LsaFreeReturnBuffer.
 * STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 * Microsoft: LsaEnumerateLogonSessions. */
OPENSSPI_API NTSTATUS NTAPI LsaEnumerateLogonSessions(PULONG LogonSessionCount,
						      PLUID *LogonSessionList);

/* ---- Connections, logons, messages to packages ----------------------------------------------- */

/* Connections to the LSA: trusted, which embedded nobody is (STATUS_PORT_CONNECTION_REFUSED;
 * STATUS_NAME_TOO_LONG above 127 bytes), and untrusted. STATUS_INVALID_HANDLE: there is none.
 * Microsoft: LsaRegisterLogonProcess, LsaConnectUntrusted, LsaDeregisterLogonProcess. */
OPENSSPI_API NTSTATUS NTAPI LsaRegisterLogonProcess(PLSA_STRING LogonProcessName, PHANDLE LsaHandle,
						    PLSA_OPERATIONAL_MODE SecurityMode);
OPENSSPI_API NTSTATUS NTAPI LsaConnectUntrusted(PHANDLE LsaHandle);
OPENSSPI_API NTSTATUS NTAPI LsaDeregisterLogonProcess(HANDLE LsaHandle);
/* The number of the package with that name. STATUS_NO_SUCH_PACKAGE, STATUS_NAME_TOO_LONG.
 * Microsoft: LsaLookupAuthenticationPackage. */
OPENSSPI_API NTSTATUS NTAPI LsaLookupAuthenticationPackage(HANDLE LsaHandle,
							   PLSA_STRING PackageName,
							   PULONG AuthenticationPackage);
/* Has a package judge a logon, and makes a session of it, which ends when the last is closed
 * that refers to it (*Token, its duplicates, threads that act by it, credentials acquired by its number), by
 * OpensspiEndLogonSession or with the process. AuthenticationInformation is one block with all its strings inside (or at
 * offsets from its start). *Token is an impersonation token after a network logon, else a primary one; it
 * goes back through CloseHandle. *Quotas is zero: there are none here.
 * *ProfileBuffer goes back through LsaFreeReturnBuffer; the other answers have to have a place, Quotas may be NULL.
 * The package's status; STATUS_ACCOUNT_RESTRICTION: *SubStatus says more; STATUS_NO_SUCH_PACKAGE;
 * STATUS_NOT_SUPPORTED: it takes no logons, or LocalGroups (untrusted: STATUS_ACCESS_DENIED);
 * STATUS_INVALID_LOGON_TYPE; STATUS_INVALID_HANDLE; STATUS_INVALID_PARAMETER; STATUS_NO_MEMORY.
 * Microsoft: LsaLogonUser. */
OPENSSPI_API NTSTATUS NTAPI LsaLogonUser(HANDLE LsaHandle, PLSA_STRING OriginName,
					 SECURITY_LOGON_TYPE LogonType, ULONG AuthenticationPackage,
					 PVOID AuthenticationInformation,
					 ULONG AuthenticationInformationLength,
					 PTOKEN_GROUPS LocalGroups, PTOKEN_SOURCE SourceContext,
					 PVOID *ProfileBuffer, PULONG ProfileBufferLength,
					 PLUID LogonId, PHANDLE Token, PQUOTA_LIMITS Quotas,
					 PNTSTATUS SubStatus);
/* Sends a message to a package; the answer goes back through LsaFreeReturnBuffer.
 * The returned status says whether it was delivered: STATUS_NO_SUCH_PACKAGE; STATUS_NOT_SUPPORTED: the
 * package takes none; STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER. Only when it is a success is
 * *ProtocolStatus the package's verdict.
 * Microsoft: LsaCallAuthenticationPackage. */
OPENSSPI_API NTSTATUS NTAPI LsaCallAuthenticationPackage(HANDLE LsaHandle,
							 ULONG AuthenticationPackage,
							 PVOID ProtocolSubmitBuffer,
							 ULONG SubmitBufferLength,
							 PVOID *ProtocolReturnBuffer,
							 PULONG ReturnBufferLength,
							 PNTSTATUS ProtocolStatus);
OPENSSPI_API ULONG NTAPI LsaNtStatusToWinError(NTSTATUS Status);

/* A counted string over the caller's NUL-terminated text, which is not copied; NULL makes an empty
 * one. In libopensspibase. */
OPENSSPI_API VOID NTAPI RtlInitString(PSTRING DestinationString, LPCSTR SourceString);
OPENSSPI_API VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, LPCSTR SourceString);
OPENSSPI_API VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString,
					     LPCWSTR SourceString);

/* Encrypts memory in place, MemorySize a multiple of RTL_ENCRYPT_MEMORY_SIZE; the same option
 * undoes it. Against reading by accident, not against tampering. */
#define RTL_ENCRYPT_MEMORY_SIZE 8
#define RTL_ENCRYPT_OPTION_CROSS_PROCESS 0x01
#define RTL_ENCRYPT_OPTION_SAME_LOGON 0x02
#define RTL_ENCRYPT_OPTION_FOR_SYSTEM 0x04
OPENSSPI_API NTSTATUS NTAPI SystemFunction040(PVOID Memory, ULONG MemorySize, ULONG OptionFlags);
OPENSSPI_API NTSTATUS NTAPI SystemFunction041(PVOID Memory, ULONG MemorySize, ULONG OptionFlags);
#define RtlEncryptMemory SystemFunction040
#define RtlDecryptMemory SystemFunction041

/* ---- MSV1_0: NTLM's logon interface ---------------------------------------------------------- */

typedef enum _MSV1_0_LOGON_SUBMIT_TYPE {
	MsV1_0InteractiveLogon = 2,
	MsV1_0Lm20Logon = 3,
	MsV1_0NetworkLogon = 4,
	MsV1_0SubAuthLogon = 5,
	MsV1_0WorkstationUnlockLogon = 7,
	MsV1_0S4ULogon = 12,
	MsV1_0VirtualLogon = 82,
	MsV1_0NoElevationLogon = 83,
	MsV1_0LuidLogon = 84
} MSV1_0_LOGON_SUBMIT_TYPE, *PMSV1_0_LOGON_SUBMIT_TYPE;

typedef enum _MSV1_0_PROFILE_BUFFER_TYPE {
	MsV1_0InteractiveProfile = 2,
	MsV1_0Lm20LogonProfile = 3,
	MsV1_0SmartCardProfile = 4
} MSV1_0_PROFILE_BUFFER_TYPE, *PMSV1_0_PROFILE_BUFFER_TYPE;

typedef enum _MSV1_0_PROTOCOL_MESSAGE_TYPE {
	MsV1_0Lm20ChallengeRequest = 0,
	MsV1_0Lm20GetChallengeResponse = 1,
	MsV1_0EnumerateUsers = 2,
	MsV1_0GetUserInfo = 3,
	MsV1_0ReLogonUsers = 4,
	MsV1_0ChangePassword = 5,
	MsV1_0ChangeCachedPassword = 6,
	MsV1_0GenericPassthrough = 7,
	MsV1_0CacheLogon = 8,
	MsV1_0SubAuth = 9,
	MsV1_0DeriveCredential = 10,
	MsV1_0CacheLookup = 11,
	MsV1_0SetProcessOption = 12,
	MsV1_0ConfigLocalAliases = 13,
	MsV1_0ClearCachedCredentials = 14,
	MsV1_0LookupToken = 15,
	MsV1_0ValidateAuth = 16,
	MsV1_0CacheLookupEx = 17,
	MsV1_0GetCredentialKey = 18,
	MsV1_0SetThreadOption = 19,
	MsV1_0DecryptDpapiMasterKey = 20,
	MsV1_0GetStrongCredentialKey = 21,
	MsV1_0TransferCred = 22,
	MsV1_0ProvisionTbal = 23,
	MsV1_0DeleteTbalSecrets = 24
} MSV1_0_PROTOCOL_MESSAGE_TYPE, *PMSV1_0_PROTOCOL_MESSAGE_TYPE;

#define MSV1_0_CHALLENGE_LENGTH 8
#define MSV1_0_USER_SESSION_KEY_LENGTH 16
#define MSV1_0_LANMAN_SESSION_KEY_LENGTH 8
#define MSV1_0_NTLM3_RESPONSE_LENGTH 16
#define MSV1_0_NTLM3_OWF_LENGTH 16
#define MSV1_0_OWF_PASSWORD_LENGTH 16
#define MSV1_0_MAX_NTLM3_LIFE 129600 /* seconds */
#define MSV1_0_MAX_AVL_SIZE 64000

typedef struct _MSV1_0_INTERACTIVE_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE MessageType;
	UNICODE_STRING LogonDomainName;
	UNICODE_STRING UserName;
	UNICODE_STRING Password;
} MSV1_0_INTERACTIVE_LOGON, *PMSV1_0_INTERACTIVE_LOGON;

/* The "case sensitive" response is the NT one, the other one LM's. */
typedef struct _MSV1_0_LM20_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE MessageType;
	UNICODE_STRING LogonDomainName;
	UNICODE_STRING UserName;
	UNICODE_STRING Workstation;
	UCHAR ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
	STRING CaseSensitiveChallengeResponse;
	STRING CaseInsensitiveChallengeResponse;
	ULONG ParameterControl; /* MSV1_0_ bits below */
} MSV1_0_LM20_LOGON, *PMSV1_0_LM20_LOGON;

typedef struct _MSV1_0_SUBAUTH_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE MessageType;
	UNICODE_STRING LogonDomainName;
	UNICODE_STRING UserName;
	UNICODE_STRING Workstation;
	UCHAR ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
	STRING AuthenticationInfo1;
	STRING AuthenticationInfo2;
	ULONG ParameterControl;
	ULONG SubAuthPackageId;
} MSV1_0_SUBAUTH_LOGON, *PMSV1_0_SUBAUTH_LOGON;

typedef struct _MSV1_0_S4U_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE MessageType;
	ULONG Flags;
	UNICODE_STRING UserPrincipalName;
	UNICODE_STRING DomainName;
} MSV1_0_S4U_LOGON, *PMSV1_0_S4U_LOGON;

typedef struct _MSV1_0_INTERACTIVE_PROFILE {
	MSV1_0_PROFILE_BUFFER_TYPE MessageType;
	USHORT LogonCount;
	USHORT BadPasswordCount;
	LARGE_INTEGER LogonTime;
	LARGE_INTEGER LogoffTime;
	LARGE_INTEGER KickOffTime;
	LARGE_INTEGER PasswordLastSet;
	LARGE_INTEGER PasswordCanChange;
	LARGE_INTEGER PasswordMustChange;
	UNICODE_STRING LogonScript;
	UNICODE_STRING HomeDirectory;
	UNICODE_STRING FullName;
	UNICODE_STRING ProfilePath;
	UNICODE_STRING HomeDirectoryDrive;
	UNICODE_STRING LogonServer;
	ULONG UserFlags;
} MSV1_0_INTERACTIVE_PROFILE, *PMSV1_0_INTERACTIVE_PROFILE;

typedef struct _MSV1_0_LM20_LOGON_PROFILE {
	MSV1_0_PROFILE_BUFFER_TYPE MessageType;
	LARGE_INTEGER KickOffTime;
	LARGE_INTEGER LogoffTime;
	ULONG UserFlags;
	UCHAR UserSessionKey[MSV1_0_USER_SESSION_KEY_LENGTH];
	UNICODE_STRING LogonDomainName;
	UCHAR LanmanSessionKey[MSV1_0_LANMAN_SESSION_KEY_LENGTH];
	UNICODE_STRING LogonServer;
	UNICODE_STRING UserParameters;
} MSV1_0_LM20_LOGON_PROFILE, *PMSV1_0_LM20_LOGON_PROFILE;

/* ChallengeToClient of an MSV1_0_LM20_LOGON that comes later. */
typedef struct _MSV1_0_LM20_CHALLENGE_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE MessageType;
} MSV1_0_LM20_CHALLENGE_REQUEST, *PMSV1_0_LM20_CHALLENGE_REQUEST;

typedef struct _MSV1_0_LM20_CHALLENGE_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE MessageType;
	UCHAR ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
} MSV1_0_LM20_CHALLENGE_RESPONSE, *PMSV1_0_LM20_CHALLENGE_RESPONSE;

typedef struct _MSV1_0_CHANGEPASSWORD_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE MessageType;
	UNICODE_STRING DomainName;
	UNICODE_STRING AccountName;
	UNICODE_STRING OldPassword;
	UNICODE_STRING NewPassword;
	BOOLEAN Impersonating;
} MSV1_0_CHANGEPASSWORD_REQUEST, *PMSV1_0_CHANGEPASSWORD_REQUEST;

typedef struct _MSV1_0_PASSTHROUGH_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE MessageType;
	UNICODE_STRING DomainName;
	UNICODE_STRING PackageName;
	ULONG DataLength;
	PUCHAR LogonData;
	ULONG Pad;
} MSV1_0_PASSTHROUGH_REQUEST, *PMSV1_0_PASSTHROUGH_REQUEST;

typedef struct _MSV1_0_PASSTHROUGH_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE MessageType;
	ULONG Pad;
	ULONG DataLength;
	PUCHAR ValidationData;
} MSV1_0_PASSTHROUGH_RESPONSE, *PMSV1_0_PASSTHROUGH_RESPONSE;

#define MSV1_0_CLEARTEXT_PASSWORD_ALLOWED 0x00000002
#define MSV1_0_UPDATE_LOGON_STATISTICS 0x00000004
#define MSV1_0_RETURN_USER_PARAMETERS 0x00000008
#define MSV1_0_DONT_TRY_GUEST_ACCOUNT 0x00000010
#define MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT 0x00000020
#define MSV1_0_RETURN_PASSWORD_EXPIRY 0x00000040
#define MSV1_0_USE_CLIENT_CHALLENGE 0x00000080
#define MSV1_0_TRY_GUEST_ACCOUNT_ONLY 0x00000100
#define MSV1_0_RETURN_PROFILE_PATH 0x00000200
#define MSV1_0_TRY_SPECIFIED_DOMAIN_ONLY 0x00000400
#define MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT 0x00000800
#define MSV1_0_DISABLE_PERSONAL_FALLBACK 0x00001000
#define MSV1_0_ALLOW_FORCE_GUEST 0x00002000
#define MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED 0x00004000
#define MSV1_0_USE_DOMAIN_FOR_ROUTING_ONLY 0x00008000
#define MSV1_0_ALLOW_MSVCHAPV2 0x00010000
#define MSV1_0_S4U2SELF 0x00020000
#define MSV1_0_CHECK_LOGONHOURS_FOR_S4U 0x00040000
#define MSV1_0_INTERNET_DOMAIN 0x00080000
#define MSV1_0_SUBAUTHENTICATION_DLL_EX 0x00100000
#define MSV1_0_SUBAUTHENTICATION_DLL 0xFF000000
#define MSV1_0_SUBAUTHENTICATION_DLL_SHIFT 24
#define MSV1_0_SUBAUTHENTICATION_DLL_RAS 2
#define MSV1_0_SUBAUTHENTICATION_DLL_IIS 132

#define LOGON_GUEST 0x01
#define LOGON_NOENCRYPTION 0x02
#define LOGON_CACHED_ACCOUNT 0x04
#define LOGON_USED_LM_PASSWORD 0x08
#define LOGON_EXTRA_SIDS 0x20
#define LOGON_SUBAUTH_SESSION_KEY 0x40
#define LOGON_SERVER_TRUST_ACCOUNT 0x80
#define LOGON_NTLMV2_ENABLED 0x100
#define LOGON_RESOURCE_GROUPS 0x200
#define LOGON_PROFILE_PATH_RETURNED 0x400
#define LOGON_NT_V2 0x800
#define LOGON_LM_V2 0x1000
#define LOGON_NTLM_V2 0x2000
#define LOGON_OPTIMIZED 0x4000
#define LOGON_WINLOGON 0x8000
#define LOGON_PKINIT 0x10000
#define LOGON_NO_OPTIMIZED 0x20000
#define LOGON_NO_ELEVATION 0x40000
#define LOGON_MANAGED_SERVICE 0x80000
#define LOGON_GRACE_LOGON 0x01000000

typedef enum _MSV1_0_AVID {
	MsvAvEOL = 0,
	MsvAvNbComputerName = 1,
	MsvAvNbDomainName = 2,
	MsvAvDnsComputerName = 3,
	MsvAvDnsDomainName = 4,
	MsvAvDnsTreeName = 5,
	MsvAvFlags = 6,
	MsvAvTimestamp = 7,
	MsvAvRestrictions = 8,
	MsvAvTargetName = 9,
	MsvAvChannelBindings = 10
} MSV1_0_AVID;

#define MSV1_0_AV_FLAG_FORCE_GUEST 0x00000001
#define MSV1_0_AV_FLAG_MIC_HANDSHAKE_MESSAGES 0x00000002
#define MSV1_0_AV_FLAG_UNVERIFIED_TARGET 0x00000004

typedef struct _MSV1_0_AV_PAIR {
	USHORT AvId;
	USHORT AvLen; /* bytes that follow */
} MSV1_0_AV_PAIR, *PMSV1_0_AV_PAIR;

#define MSV1_0_CRED_VERSION 0
#define MSV1_0_CRED_VERSION_V2 2
#define MSV1_0_CRED_VERSION_V3 4
#define MSV1_0_CRED_VERSION_IUM 0xFFFF0001
#define MSV1_0_CRED_VERSION_REMOTE 0xFFFF0002
#define MSV1_0_CRED_VERSION_ARSO 0xFFFF0003
#define MSV1_0_CRED_LM_PRESENT 0x1
#define MSV1_0_CRED_NT_PRESENT 0x2
#define MSV1_0_CRED_REMOVED 0x4
#define MSV1_0_CRED_CREDKEY_PRESENT 0x8
#define MSV1_0_CRED_SHA_PRESENT 0x10

typedef struct _MSV1_0_SUPPLEMENTAL_CREDENTIAL {
	ULONG Version;
	ULONG Flags;
	UCHAR LmPassword[MSV1_0_OWF_PASSWORD_LENGTH];
	UCHAR NtPassword[MSV1_0_OWF_PASSWORD_LENGTH];
} MSV1_0_SUPPLEMENTAL_CREDENTIAL, *PMSV1_0_SUPPLEMENTAL_CREDENTIAL;

/* ---- Kerberos' logon interface --------------------------------------------------------------- */

typedef enum _KERB_LOGON_SUBMIT_TYPE {
	KerbInteractiveLogon = 2,
	KerbSmartCardLogon = 6,
	KerbWorkstationUnlockLogon = 7,
	KerbSmartCardUnlockLogon = 8,
	KerbProxyLogon = 9,
	KerbTicketLogon = 10,
	KerbTicketUnlockLogon = 11,
	KerbS4ULogon = 12,
	KerbCertificateLogon = 13,
	KerbCertificateS4ULogon = 14,
	KerbCertificateUnlockLogon = 15,
	KerbNoElevationLogon = 83,
	KerbLuidLogon = 84
} KERB_LOGON_SUBMIT_TYPE, *PKERB_LOGON_SUBMIT_TYPE;

typedef enum _KERB_PROFILE_BUFFER_TYPE {
	KerbInteractiveProfile = 2,
	KerbSmartCardProfile = 4,
	KerbTicketProfile = 6
} KERB_PROFILE_BUFFER_TYPE, *PKERB_PROFILE_BUFFER_TYPE;

typedef enum _KERB_PROTOCOL_MESSAGE_TYPE {
	KerbDebugRequestMessage = 0,
	KerbQueryTicketCacheMessage = 1,
	KerbChangeMachinePasswordMessage = 2,
	KerbVerifyPacMessage = 3,
	KerbRetrieveTicketMessage = 4,
	KerbUpdateAddressesMessage = 5,
	KerbPurgeTicketCacheMessage = 6,
	KerbChangePasswordMessage = 7,
	KerbRetrieveEncodedTicketMessage = 8,
	KerbDecryptDataMessage = 9,
	KerbAddBindingCacheEntryMessage = 10,
	KerbSetPasswordMessage = 11,
	KerbSetPasswordExMessage = 12,
	KerbVerifyCredentialsMessage = 13,
	KerbQueryTicketCacheExMessage = 14,
	KerbPurgeTicketCacheExMessage = 15,
	KerbRefreshSmartcardCredentialsMessage = 16,
	KerbAddExtraCredentialsMessage = 17,
	KerbQuerySupplementalCredentialsMessage = 18,
	KerbTransferCredentialsMessage = 19,
	KerbQueryTicketCacheEx2Message = 20,
	KerbSubmitTicketMessage = 21,
	KerbAddExtraCredentialsExMessage = 22,
	KerbQueryKdcProxyCacheMessage = 23,
	KerbPurgeKdcProxyCacheMessage = 24,
	KerbQueryTicketCacheEx3Message = 25,
	KerbCleanupMachinePkinitCredsMessage = 26,
	KerbAddBindingCacheEntryExMessage = 27,
	KerbQueryBindingCacheMessage = 28,
	KerbPurgeBindingCacheMessage = 29,
	KerbPinKdcMessage = 30,
	KerbUnpinAllKdcsMessage = 31,
	KerbQueryDomainExtendedPoliciesMessage = 32,
	KerbQueryS4U2ProxyCacheMessage = 33,
	KerbRetrieveKeyTabMessage = 34,
	KerbRefreshPolicyMessage = 35,
	KerbPrintCloudKerberosDebugMessage = 36,
	KerbNetworkTicketLogonMessage = 37,
	KerbNlChangeMachinePasswordMessage = 38
} KERB_PROTOCOL_MESSAGE_TYPE, *PKERB_PROTOCOL_MESSAGE_TYPE;

typedef struct _KERB_INTERACTIVE_LOGON {
	KERB_LOGON_SUBMIT_TYPE MessageType;
	UNICODE_STRING LogonDomainName;
	UNICODE_STRING UserName;
	UNICODE_STRING Password;
} KERB_INTERACTIVE_LOGON, *PKERB_INTERACTIVE_LOGON;

typedef struct _KERB_INTERACTIVE_UNLOCK_LOGON {
	KERB_INTERACTIVE_LOGON Logon;
	LUID LogonId;
} KERB_INTERACTIVE_UNLOCK_LOGON, *PKERB_INTERACTIVE_UNLOCK_LOGON;

typedef struct _KERB_SMART_CARD_LOGON {
	KERB_LOGON_SUBMIT_TYPE MessageType;
	UNICODE_STRING Pin;
	ULONG CspDataLength;
	PUCHAR CspData;
} KERB_SMART_CARD_LOGON, *PKERB_SMART_CARD_LOGON;

typedef struct _KERB_SMART_CARD_UNLOCK_LOGON {
	KERB_SMART_CARD_LOGON Logon;
	LUID LogonId;
} KERB_SMART_CARD_UNLOCK_LOGON, *PKERB_SMART_CARD_UNLOCK_LOGON;

#define KERB_CERTIFICATE_LOGON_FLAG_CHECK_DUPLICATES 0x1
#define KERB_CERTIFICATE_LOGON_FLAG_USE_CERTIFICATE_INFO 0x2

typedef struct _KERB_CERTIFICATE_LOGON {
	KERB_LOGON_SUBMIT_TYPE MessageType;
	UNICODE_STRING DomainName;
	UNICODE_STRING UserName;
	UNICODE_STRING Pin;
	ULONG Flags;
	ULONG CspDataLength;
	PUCHAR CspData;
} KERB_CERTIFICATE_LOGON, *PKERB_CERTIFICATE_LOGON;

typedef struct _KERB_CERTIFICATE_UNLOCK_LOGON {
	KERB_CERTIFICATE_LOGON Logon;
	LUID LogonId;
} KERB_CERTIFICATE_UNLOCK_LOGON, *PKERB_CERTIFICATE_UNLOCK_LOGON;

/* Offsets count characters of bBuffer. */
typedef struct _KERB_SMARTCARD_CSP_INFO {
	DWORD dwCspInfoLen;
	DWORD MessageType;
	union {
		PVOID ContextInformation;
		ULONG64 SpaceHolderForWow64;
	};
	DWORD flags;
	DWORD KeySpec;
	ULONG nCardNameOffset;
	ULONG nReaderNameOffset;
	ULONG nContainerNameOffset;
	ULONG nCSPNameOffset;
	WCHAR bBuffer;
} KERB_SMARTCARD_CSP_INFO, *PKERB_SMARTCARD_CSP_INFO;

#define KERB_S4U_LOGON_FLAG_CHECK_LOGONHOURS 0x2
#define KERB_S4U_LOGON_FLAG_IDENTIFY 0x8

typedef struct _KERB_S4U_LOGON {
	KERB_LOGON_SUBMIT_TYPE MessageType;
	ULONG Flags;
	UNICODE_STRING ClientUpn;
	UNICODE_STRING ClientRealm;
} KERB_S4U_LOGON, *PKERB_S4U_LOGON;

#define KERB_CERTIFICATE_S4U_LOGON_FLAG_CHECK_DUPLICATES 0x1
#define KERB_CERTIFICATE_S4U_LOGON_FLAG_CHECK_LOGONHOURS 0x2
#define KERB_CERTIFICATE_S4U_LOGON_FLAG_FAIL_IF_NT_AUTH_POLICY_REQUIRED 0x4
#define KERB_CERTIFICATE_S4U_LOGON_FLAG_IDENTIFY 0x8

typedef struct _KERB_CERTIFICATE_S4U_LOGON {
	KERB_LOGON_SUBMIT_TYPE MessageType;
	ULONG Flags;
	UNICODE_STRING UserPrincipalName;
	UNICODE_STRING DomainName;
	ULONG CertificateLength;
	PUCHAR Certificate;
} KERB_CERTIFICATE_S4U_LOGON, *PKERB_CERTIFICATE_S4U_LOGON;

#define KERB_LOGON_FLAG_ALLOW_EXPIRED_TICKET 0x1
#define KERB_LOGON_FLAG_REDIRECTED 0x2

typedef struct _KERB_TICKET_LOGON {
	KERB_LOGON_SUBMIT_TYPE MessageType;
	ULONG Flags;
	ULONG ServiceTicketLength;
	ULONG TicketGrantingTicketLength;
	PUCHAR ServiceTicket;
	PUCHAR TicketGrantingTicket;
} KERB_TICKET_LOGON, *PKERB_TICKET_LOGON;

typedef struct _KERB_TICKET_UNLOCK_LOGON {
	KERB_TICKET_LOGON Logon;
	LUID LogonId;
} KERB_TICKET_UNLOCK_LOGON, *PKERB_TICKET_UNLOCK_LOGON;

typedef struct _KERB_INTERACTIVE_PROFILE {
	KERB_PROFILE_BUFFER_TYPE MessageType;
	USHORT LogonCount;
	USHORT BadPasswordCount;
	LARGE_INTEGER LogonTime;
	LARGE_INTEGER LogoffTime;
	LARGE_INTEGER KickOffTime;
	LARGE_INTEGER PasswordLastSet;
	LARGE_INTEGER PasswordCanChange;
	LARGE_INTEGER PasswordMustChange;
	UNICODE_STRING LogonScript;
	UNICODE_STRING HomeDirectory;
	UNICODE_STRING FullName;
	UNICODE_STRING ProfilePath;
	UNICODE_STRING HomeDirectoryDrive;
	UNICODE_STRING LogonServer;
	ULONG UserFlags;
} KERB_INTERACTIVE_PROFILE, *PKERB_INTERACTIVE_PROFILE;

typedef struct KERB_CRYPTO_KEY {
	LONG KeyType;
	ULONG Length;
	PUCHAR Value;
} KERB_CRYPTO_KEY, *PKERB_CRYPTO_KEY;

typedef struct KERB_CRYPTO_KEY32 {
	LONG KeyType;
	ULONG Length;
	ULONG Offset;
} KERB_CRYPTO_KEY32, *PKERB_CRYPTO_KEY32;

typedef struct _KERB_TICKET_PROFILE {
	KERB_INTERACTIVE_PROFILE Profile;
	KERB_CRYPTO_KEY SessionKey;
} KERB_TICKET_PROFILE, *PKERB_TICKET_PROFILE;

typedef struct _KERB_QUERY_TKT_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	LUID LogonId;
} KERB_QUERY_TKT_CACHE_REQUEST, *PKERB_QUERY_TKT_CACHE_REQUEST;

typedef struct _KERB_TICKET_CACHE_INFO {
	UNICODE_STRING ServerName;
	UNICODE_STRING RealmName;
	LARGE_INTEGER StartTime;
	LARGE_INTEGER EndTime;
	LARGE_INTEGER RenewTime;
	LONG EncryptionType;
	ULONG TicketFlags;
} KERB_TICKET_CACHE_INFO, *PKERB_TICKET_CACHE_INFO;

typedef struct _KERB_TICKET_CACHE_INFO_EX {
	UNICODE_STRING ClientName;
	UNICODE_STRING ClientRealm;
	UNICODE_STRING ServerName;
	UNICODE_STRING ServerRealm;
	LARGE_INTEGER StartTime;
	LARGE_INTEGER EndTime;
	LARGE_INTEGER RenewTime;
	LONG EncryptionType;
	ULONG TicketFlags;
} KERB_TICKET_CACHE_INFO_EX, *PKERB_TICKET_CACHE_INFO_EX;

typedef struct _KERB_TICKET_CACHE_INFO_EX2 {
	UNICODE_STRING ClientName;
	UNICODE_STRING ClientRealm;
	UNICODE_STRING ServerName;
	UNICODE_STRING ServerRealm;
	LARGE_INTEGER StartTime;
	LARGE_INTEGER EndTime;
	LARGE_INTEGER RenewTime;
	LONG EncryptionType;
	ULONG TicketFlags;
	ULONG SessionKeyType;
	ULONG BranchId;
} KERB_TICKET_CACHE_INFO_EX2, *PKERB_TICKET_CACHE_INFO_EX2;

typedef struct _KERB_TICKET_CACHE_INFO_EX3 {
	UNICODE_STRING ClientName;
	UNICODE_STRING ClientRealm;
	UNICODE_STRING ServerName;
	UNICODE_STRING ServerRealm;
	LARGE_INTEGER StartTime;
	LARGE_INTEGER EndTime;
	LARGE_INTEGER RenewTime;
	LONG EncryptionType;
	ULONG TicketFlags;
	ULONG SessionKeyType;
	ULONG BranchId;
	ULONG CacheFlags;
	UNICODE_STRING KdcCalled;
} KERB_TICKET_CACHE_INFO_EX3, *PKERB_TICKET_CACHE_INFO_EX3;

typedef struct _KERB_QUERY_TKT_CACHE_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	ULONG CountOfTickets;
	KERB_TICKET_CACHE_INFO Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_RESPONSE, *PKERB_QUERY_TKT_CACHE_RESPONSE;

typedef struct _KERB_QUERY_TKT_CACHE_EX_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	ULONG CountOfTickets;
	KERB_TICKET_CACHE_INFO_EX Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_EX_RESPONSE, *PKERB_QUERY_TKT_CACHE_EX_RESPONSE;

typedef struct _KERB_QUERY_TKT_CACHE_EX2_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	ULONG CountOfTickets;
	KERB_TICKET_CACHE_INFO_EX2 Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_EX2_RESPONSE, *PKERB_QUERY_TKT_CACHE_EX2_RESPONSE;

typedef struct _KERB_QUERY_TKT_CACHE_EX3_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	ULONG CountOfTickets;
	KERB_TICKET_CACHE_INFO_EX3 Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_EX3_RESPONSE, *PKERB_QUERY_TKT_CACHE_EX3_RESPONSE;

#define KERB_TICKET_FLAGS_forwardable 0x40000000
#define KERB_TICKET_FLAGS_forwarded 0x20000000
#define KERB_TICKET_FLAGS_proxiable 0x10000000
#define KERB_TICKET_FLAGS_proxy 0x08000000
#define KERB_TICKET_FLAGS_may_postdate 0x04000000
#define KERB_TICKET_FLAGS_postdated 0x02000000
#define KERB_TICKET_FLAGS_invalid 0x01000000
#define KERB_TICKET_FLAGS_renewable 0x00800000
#define KERB_TICKET_FLAGS_initial 0x00400000
#define KERB_TICKET_FLAGS_pre_authent 0x00200000
#define KERB_TICKET_FLAGS_hw_authent 0x00100000
#define KERB_TICKET_FLAGS_ok_as_delegate 0x00040000
#define KERB_TICKET_FLAGS_name_canonicalize 0x00010000

#define KERB_RETRIEVE_TICKET_DONT_USE_CACHE 0x1
#define KERB_RETRIEVE_TICKET_USE_CACHE_ONLY 0x2
#define KERB_RETRIEVE_TICKET_USE_CREDHANDLE 0x4
#define KERB_RETRIEVE_TICKET_AS_KERB_CRED 0x8
#define KERB_RETRIEVE_TICKET_WITH_SEC_CRED 0x10
#define KERB_RETRIEVE_TICKET_CACHE_TICKET 0x20
#define KERB_RETRIEVE_TICKET_MAX_LIFETIME 0x40

typedef struct _KERB_RETRIEVE_TKT_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	LUID LogonId;
	UNICODE_STRING TargetName;
	ULONG TicketFlags;
	ULONG CacheOptions;
	LONG EncryptionType;
	SecHandle CredentialsHandle;
} KERB_RETRIEVE_TKT_REQUEST, *PKERB_RETRIEVE_TKT_REQUEST;

typedef struct _KERB_EXTERNAL_NAME {
	SHORT NameType;
	USHORT NameCount;
	UNICODE_STRING Names[ANYSIZE_ARRAY];
} KERB_EXTERNAL_NAME, *PKERB_EXTERNAL_NAME;

typedef struct _KERB_EXTERNAL_TICKET {
	PKERB_EXTERNAL_NAME ServiceName;
	PKERB_EXTERNAL_NAME TargetName;
	PKERB_EXTERNAL_NAME ClientName;
	UNICODE_STRING DomainName;
	UNICODE_STRING TargetDomainName;
	UNICODE_STRING AltTargetDomainName;
	KERB_CRYPTO_KEY SessionKey;
	ULONG TicketFlags;
	ULONG Flags;
	LARGE_INTEGER KeyExpirationTime;
	LARGE_INTEGER StartTime;
	LARGE_INTEGER EndTime;
	LARGE_INTEGER RenewUntil;
	LARGE_INTEGER TimeSkew;
	ULONG EncodedTicketSize;
	PUCHAR EncodedTicket;
} KERB_EXTERNAL_TICKET, *PKERB_EXTERNAL_TICKET;

typedef struct _KERB_RETRIEVE_TKT_RESPONSE {
	KERB_EXTERNAL_TICKET Ticket;
} KERB_RETRIEVE_TKT_RESPONSE, *PKERB_RETRIEVE_TKT_RESPONSE;

typedef struct _KERB_PURGE_TKT_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	LUID LogonId;
	UNICODE_STRING ServerName;
	UNICODE_STRING RealmName;
} KERB_PURGE_TKT_CACHE_REQUEST, *PKERB_PURGE_TKT_CACHE_REQUEST;

#define KERB_PURGE_ALL_TICKETS 1

typedef struct _KERB_PURGE_TKT_CACHE_EX_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	LUID LogonId;
	ULONG Flags;
	KERB_TICKET_CACHE_INFO_EX TicketTemplate;
} KERB_PURGE_TKT_CACHE_EX_REQUEST, *PKERB_PURGE_TKT_CACHE_EX_REQUEST;

typedef struct _KERB_SUBMIT_TKT_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	LUID LogonId;
	ULONG Flags;
	KERB_CRYPTO_KEY32 Key;
	ULONG KerbCredSize;
	ULONG KerbCredOffset;
} KERB_SUBMIT_TKT_REQUEST, *PKERB_SUBMIT_TKT_REQUEST;

typedef struct _KERB_CHANGEPASSWORD_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	UNICODE_STRING DomainName;
	UNICODE_STRING AccountName;
	UNICODE_STRING OldPassword;
	UNICODE_STRING NewPassword;
	BOOLEAN Impersonating;
} KERB_CHANGEPASSWORD_REQUEST, *PKERB_CHANGEPASSWORD_REQUEST;

typedef struct _DOMAIN_PASSWORD_INFORMATION {
	USHORT MinPasswordLength;
	USHORT PasswordHistoryLength;
	ULONG PasswordProperties;
	LARGE_INTEGER MaxPasswordAge;
	LARGE_INTEGER MinPasswordAge;
} DOMAIN_PASSWORD_INFORMATION, *PDOMAIN_PASSWORD_INFORMATION;

typedef struct _KERB_CHANGEPASSWORD_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	BOOLEAN PasswordInfoValid;
	DOMAIN_PASSWORD_INFORMATION DomainPasswordInfo;
} KERB_CHANGEPASSWORD_RESPONSE, *PKERB_CHANGEPASSWORD_RESPONSE;

#define KERB_SETPASS_USE_LOGONID 1
#define KERB_SETPASS_USE_CREDHANDLE 2

typedef struct _KERB_SETPASSWORD_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	LUID LogonId;
	SecHandle CredentialsHandle;
	ULONG Flags;
	UNICODE_STRING DomainName;
	UNICODE_STRING AccountName;
	UNICODE_STRING Password;
} KERB_SETPASSWORD_REQUEST, *PKERB_SETPASSWORD_REQUEST;

#define KERB_REQUEST_ADD_CREDENTIAL 1
#define KERB_REQUEST_REPLACE_CREDENTIAL 2
#define KERB_REQUEST_REMOVE_CREDENTIAL 4

typedef struct _KERB_ADD_CREDENTIALS_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE MessageType;
	UNICODE_STRING UserName;
	UNICODE_STRING DomainName;
	UNICODE_STRING Password;
	LUID LogonId;
	ULONG Flags;
} KERB_ADD_CREDENTIALS_REQUEST, *PKERB_ADD_CREDENTIALS_REQUEST;

OPENSSPI_END_DECLS

#endif
