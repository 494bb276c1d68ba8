/* sspi.h - the Security Support Provider Interface: credential handles, contexts, tokens, messages.
 *
 * Names, values and layouts are Windows' own. Everything is safe to call from any thread, except
 * that one context takes one handshake call at a time, and one encryption and one decryption at a
 * time. Strings given to an A function are UTF-8; the W function of the same name does the same
 * work. Memory handed out goes back through FreeContextBuffer, which wipes it, unless its contract
 * says otherwise.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_H
#define OPENSSPI_SSPI_H

#include "windef.h"
#include "winerror.h"

OPENSSPI_BEGIN_DECLS

#ifndef ISSP_LEVEL
#define ISSP_LEVEL 32
#define ISSP_MODE 1
#endif
#ifndef SEC_ENTRY
#define SEC_ENTRY WINAPI
#endif
#ifndef SEC_FAR
#define SEC_FAR
#endif
#define SEC_TEXT TEXT

/* ---- Basic types ----------------------------------------------------------------------------- */

typedef WCHAR SEC_WCHAR;
typedef CHAR SEC_CHAR;
#ifdef UNICODE
typedef SEC_WCHAR *SECURITY_PSTR;
typedef const SEC_WCHAR *SECURITY_PCSTR;
#else
typedef SEC_CHAR *SECURITY_PSTR;
typedef const SEC_CHAR *SECURITY_PCSTR;
#endif

/* SEC_E_OK, a positive SEC_I_ code (a success that says more) or a negative SEC_E_ code. */
typedef LONG SECURITY_STATUS;
#define SEC_SUCCESS(status) ((status) >= 0)

/* Opaque; both halves all ones means "no handle". */
#ifndef OPENSSPI_SECHANDLE_DEFINED
#define OPENSSPI_SECHANDLE_DEFINED
typedef struct _SecHandle {
	ULONG_PTR dwLower;
	ULONG_PTR dwUpper;
} SecHandle, *PSecHandle;
#endif
typedef SecHandle CredHandle, CtxtHandle;
typedef PSecHandle PCredHandle, PCtxtHandle;

#define SecInvalidateHandle(x)                                                                     \
	do {                                                                                       \
		((PSecHandle)(x))->dwLower = (ULONG_PTR)(INT_PTR)-1;                               \
		((PSecHandle)(x))->dwUpper = (ULONG_PTR)(INT_PTR)-1;                               \
	} while (0)
#define SecIsValidHandle(x)                                                                        \
	(((PSecHandle)(x))->dwLower != (ULONG_PTR)(INT_PTR)-1 &&                                   \
	 ((PSecHandle)(x))->dwUpper != (ULONG_PTR)(INT_PTR)-1)
#define SEC_DELETED_HANDLE ((ULONG_PTR)-2)

/* 100 ns units since 1601 in *local* time where it says when something expires; "never" is
 * 0x7FFFFFFFFFFFFFFF. */
typedef LARGE_INTEGER _SECURITY_INTEGER, SECURITY_INTEGER, *PSECURITY_INTEGER;
typedef SECURITY_INTEGER TimeStamp, *PTimeStamp;
typedef UNICODE_STRING SECURITY_STRING, *PSECURITY_STRING;

/* ---- Packages -------------------------------------------------------------------------------- */

typedef struct _SecPkgInfoW {
	ULONG fCapabilities; /* SECPKG_FLAG_ bits */
	USHORT wVersion;
	USHORT wRPCID; /* SECPKG_ID_NONE if DCE has no number for it */
	ULONG cbMaxToken; /* bytes; no handshake token is longer */
	SEC_WCHAR *Name;
	SEC_WCHAR *Comment;
} SecPkgInfoW, *PSecPkgInfoW;

typedef struct _SecPkgInfoA {
	ULONG fCapabilities;
	USHORT wVersion;
	USHORT wRPCID;
	ULONG cbMaxToken;
	SEC_CHAR *Name;
	SEC_CHAR *Comment;
} SecPkgInfoA, *PSecPkgInfoA;

#define SecPkgInfo OPENSSPI_AW(SecPkgInfo)
#define PSecPkgInfo OPENSSPI_AW(PSecPkgInfo)

#define SECPKG_FLAG_INTEGRITY 0x00000001
#define SECPKG_FLAG_PRIVACY 0x00000002
#define SECPKG_FLAG_TOKEN_ONLY 0x00000004
#define SECPKG_FLAG_DATAGRAM 0x00000008
#define SECPKG_FLAG_CONNECTION 0x00000010
#define SECPKG_FLAG_MULTI_REQUIRED 0x00000020
#define SECPKG_FLAG_CLIENT_ONLY 0x00000040
#define SECPKG_FLAG_EXTENDED_ERROR 0x00000080
#define SECPKG_FLAG_IMPERSONATION 0x00000100
#define SECPKG_FLAG_ACCEPT_WIN32_NAME 0x00000200
#define SECPKG_FLAG_STREAM 0x00000400
#define SECPKG_FLAG_NEGOTIABLE 0x00000800
#define SECPKG_FLAG_GSS_COMPATIBLE 0x00001000
#define SECPKG_FLAG_LOGON 0x00002000
#define SECPKG_FLAG_ASCII_BUFFERS 0x00004000
#define SECPKG_FLAG_FRAGMENT 0x00008000
#define SECPKG_FLAG_MUTUAL_AUTH 0x00010000
#define SECPKG_FLAG_DELEGATION 0x00020000
#define SECPKG_FLAG_READONLY_WITH_CHECKSUM 0x00040000
#define SECPKG_FLAG_RESTRICTED_TOKENS 0x00080000
#define SECPKG_FLAG_NEGO_EXTENDER 0x00100000
#define SECPKG_FLAG_NEGOTIABLE2 0x00200000
#define SECPKG_FLAG_APPCONTAINER_PASSTHROUGH 0x00400000
#define SECPKG_FLAG_APPCONTAINER_CHECKS 0x00800000
#define SECPKG_FLAG_CREDENTIAL_ISOLATION_ENABLED 0x01000000
#define SECPKG_FLAG_APPLY_LOOPBACK 0x02000000

#define SECPKG_ID_NONE 0xFFFF

#define SECPKG_CALLFLAGS_APPCONTAINER 0x00000001
#define SECPKG_CALLFLAGS_APPCONTAINER_AUTHCAPABLE 0x00000002
#define SECPKG_CALLFLAGS_FORCE_SUPPLIED 0x00000004
#define SECPKG_CALLFLAGS_APPCONTAINER_UPNCAPABLE 0x00000008

/* ---- Buffers --------------------------------------------------------------------------------- */

typedef struct _SecBuffer {
	ULONG cbBuffer; /* bytes */
	ULONG BufferType; /* SECBUFFER_ type, with attribute bits at the top */
	void *pvBuffer;
} SecBuffer, *PSecBuffer;

typedef struct _SecBufferDesc {
	ULONG ulVersion; /* SECBUFFER_VERSION */
	ULONG cBuffers;
	PSecBuffer pBuffers;
} SecBufferDesc, *PSecBufferDesc;

#define SECBUFFER_VERSION 0
#define SECBUFFER_EMPTY 0
#define SECBUFFER_DATA 1
#define SECBUFFER_TOKEN 2
#define SECBUFFER_PKG_PARAMS 3
#define SECBUFFER_MISSING 4
#define SECBUFFER_EXTRA 5
#define SECBUFFER_STREAM_TRAILER 6
#define SECBUFFER_STREAM_HEADER 7
#define SECBUFFER_NEGOTIATION_INFO 8
#define SECBUFFER_PADDING 9
#define SECBUFFER_STREAM 10
#define SECBUFFER_MECHLIST 11
#define SECBUFFER_MECHLIST_SIGNATURE 12
#define SECBUFFER_TARGET 13
#define SECBUFFER_CHANNEL_BINDINGS 14
#define SECBUFFER_CHANGE_PASS_RESPONSE 15
#define SECBUFFER_TARGET_HOST 16
#define SECBUFFER_ALERT 17
#define SECBUFFER_APPLICATION_PROTOCOLS 18
#define SECBUFFER_SRTP_PROTECTION_PROFILES 19
#define SECBUFFER_SRTP_MASTER_KEY_IDENTIFIER 20
#define SECBUFFER_TOKEN_BINDING 21
#define SECBUFFER_PRESHARED_KEY 22
#define SECBUFFER_PRESHARED_KEY_IDENTITY 23
#define SECBUFFER_DTLS_MTU 24
#define SECBUFFER_SEND_GENERIC_TLS_EXTENSION 25
#define SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION 26
#define SECBUFFER_FLAGS 27
#define SECBUFFER_TRAFFIC_SECRETS 28

#define SECBUFFER_ATTRMASK 0xF0000000
#define SECBUFFER_READONLY 0x80000000
#define SECBUFFER_READONLY_WITH_CHECKSUM 0x10000000
#define SECBUFFER_RESERVED 0x60000000

typedef struct _SEC_NEGOTIATION_INFO {
	ULONG Size;
	ULONG NameLength;
	SEC_WCHAR *Name;
	void *Reserved;
} SEC_NEGOTIATION_INFO, *PSEC_NEGOTIATION_INFO;

/* Offsets count from the start of the structure; the bytes follow it. */
typedef struct _SEC_CHANNEL_BINDINGS {
	ULONG dwInitiatorAddrType;
	ULONG cbInitiatorLength;
	ULONG dwInitiatorOffset;
	ULONG dwAcceptorAddrType;
	ULONG cbAcceptorLength;
	ULONG dwAcceptorOffset;
	ULONG cbApplicationDataLength;
	ULONG dwApplicationDataOffset;
} SEC_CHANNEL_BINDINGS, *PSEC_CHANNEL_BINDINGS;

typedef enum _SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT {
	SecApplicationProtocolNegotiationExt_None = 0,
	SecApplicationProtocolNegotiationExt_NPN = 1,
	SecApplicationProtocolNegotiationExt_ALPN = 2
} SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT, *PSEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT;

typedef struct _SEC_APPLICATION_PROTOCOL_LIST {
	SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT ProtoNegoExt;
	USHORT ProtocolListSize;
	UCHAR ProtocolList[ANYSIZE_ARRAY];
} SEC_APPLICATION_PROTOCOL_LIST, *PSEC_APPLICATION_PROTOCOL_LIST;

typedef struct _SEC_APPLICATION_PROTOCOLS {
	ULONG ProtocolListsSize;
	SEC_APPLICATION_PROTOCOL_LIST ProtocolLists[ANYSIZE_ARRAY];
} SEC_APPLICATION_PROTOCOLS, *PSEC_APPLICATION_PROTOCOLS;

typedef struct _SEC_SRTP_PROTECTION_PROFILES {
	USHORT ProfilesSize;
	USHORT ProfilesList[ANYSIZE_ARRAY];
} SEC_SRTP_PROTECTION_PROFILES, *PSEC_SRTP_PROTECTION_PROFILES;

typedef struct _SEC_SRTP_MASTER_KEY_IDENTIFIER {
	UCHAR MasterKeyIdentifierSize;
	UCHAR MasterKeyIdentifier[ANYSIZE_ARRAY];
} SEC_SRTP_MASTER_KEY_IDENTIFIER, *PSEC_SRTP_MASTER_KEY_IDENTIFIER;

typedef struct _SEC_TOKEN_BINDING {
	UCHAR MajorVersion;
	UCHAR MinorVersion;
	USHORT KeyParametersSize;
	UCHAR KeyParameters[ANYSIZE_ARRAY];
} SEC_TOKEN_BINDING, *PSEC_TOKEN_BINDING;

typedef struct _SEC_PRESHAREDKEY {
	USHORT KeySize;
	UCHAR Key[ANYSIZE_ARRAY];
} SEC_PRESHAREDKEY, *PSEC_PRESHAREDKEY;

typedef struct _SEC_PRESHAREDKEY_IDENTITY {
	USHORT KeyIdentitySize;
	UCHAR KeyIdentity[ANYSIZE_ARRAY];
} SEC_PRESHAREDKEY_IDENTITY, *PSEC_PRESHAREDKEY_IDENTITY;

typedef struct _SEC_DTLS_MTU {
	USHORT PathMTU;
} SEC_DTLS_MTU, *PSEC_DTLS_MTU;

/* Flags above the 32 bits of fContextReq; its own low half must be zero. */
typedef struct _SEC_FLAGS {
	unsigned long long Flags;
} SEC_FLAGS, *PSEC_FLAGS;

typedef enum _SEC_TRAFFIC_SECRET_TYPE {
	SecTrafficSecret_None = 0,
	SecTrafficSecret_Client = 1,
	SecTrafficSecret_Server = 2
} SEC_TRAFFIC_SECRET_TYPE, *PSEC_TRAFFIC_SECRET_TYPE;

#define SZ_ALG_MAX_SIZE 64

typedef struct _SEC_TRAFFIC_SECRETS {
	WCHAR SymmetricAlgId[SZ_ALG_MAX_SIZE];
	WCHAR ChainingMode[SZ_ALG_MAX_SIZE];
	WCHAR HashAlgId[SZ_ALG_MAX_SIZE];
	USHORT KeySize;
	USHORT IvSize;
	USHORT MsgSequenceStart;
	USHORT MsgSequenceEnd;
	SEC_TRAFFIC_SECRET_TYPE TrafficSecretType;
	USHORT TrafficSecretSize;
	UCHAR TrafficSecret[ANYSIZE_ARRAY];
} SEC_TRAFFIC_SECRETS, *PSEC_TRAFFIC_SECRETS;

#define SECURITY_NATIVE_DREP 0x00000010
#define SECURITY_NETWORK_DREP 0x00000000

/* ---- Uses and requirements ------------------------------------------------------------------- */

#define SECPKG_CRED_INBOUND 0x00000001
#define SECPKG_CRED_OUTBOUND 0x00000002
#define SECPKG_CRED_BOTH 0x00000003
#define SECPKG_CRED_DEFAULT 0x00000004
#define SECPKG_CRED_AUTOLOGON_RESTRICTED 0x00000010
#define SECPKG_CRED_PROCESS_POLICY_ONLY 0x00000020
#define SECPKG_CRED_RESERVED 0xF0000000

/* What an initiator asks for, and what it got. ASC_ bits differ from 0x4000 upwards. */
#define ISC_REQ_DELEGATE 0x00000001
#define ISC_REQ_MUTUAL_AUTH 0x00000002
#define ISC_REQ_REPLAY_DETECT 0x00000004
#define ISC_REQ_SEQUENCE_DETECT 0x00000008
#define ISC_REQ_CONFIDENTIALITY 0x00000010
#define ISC_REQ_USE_SESSION_KEY 0x00000020
#define ISC_REQ_PROMPT_FOR_CREDS 0x00000040
#define ISC_REQ_USE_SUPPLIED_CREDS 0x00000080
#define ISC_REQ_ALLOCATE_MEMORY 0x00000100
#define ISC_REQ_USE_DCE_STYLE 0x00000200
#define ISC_REQ_DATAGRAM 0x00000400
#define ISC_REQ_CONNECTION 0x00000800
#define ISC_REQ_CALL_LEVEL 0x00001000
#define ISC_REQ_FRAGMENT_SUPPLIED 0x00002000
#define ISC_REQ_EXTENDED_ERROR 0x00004000
#define ISC_REQ_STREAM 0x00008000
#define ISC_REQ_INTEGRITY 0x00010000
#define ISC_REQ_IDENTIFY 0x00020000
#define ISC_REQ_NULL_SESSION 0x00040000
#define ISC_REQ_MANUAL_CRED_VALIDATION 0x00080000
#define ISC_REQ_RESERVED1 0x00100000
#define ISC_REQ_FRAGMENT_TO_FIT 0x00200000
#define ISC_REQ_FORWARD_CREDENTIALS 0x00400000
#define ISC_REQ_NO_INTEGRITY 0x00800000
#define ISC_REQ_USE_HTTP_STYLE 0x01000000
#define ISC_REQ_UNVERIFIED_TARGET_NAME 0x20000000
#define ISC_REQ_CONFIDENTIALITY_ONLY 0x40000000
#define ISC_REQ_MESSAGES 0x0000000100000000

#define ISC_RET_DELEGATE 0x00000001
#define ISC_RET_MUTUAL_AUTH 0x00000002
#define ISC_RET_REPLAY_DETECT 0x00000004
#define ISC_RET_SEQUENCE_DETECT 0x00000008
#define ISC_RET_CONFIDENTIALITY 0x00000010
#define ISC_RET_USE_SESSION_KEY 0x00000020
#define ISC_RET_USED_COLLECTED_CREDS 0x00000040
#define ISC_RET_USED_SUPPLIED_CREDS 0x00000080
#define ISC_RET_ALLOCATED_MEMORY 0x00000100
#define ISC_RET_USED_DCE_STYLE 0x00000200
#define ISC_RET_DATAGRAM 0x00000400
#define ISC_RET_CONNECTION 0x00000800
#define ISC_RET_INTERMEDIATE_RETURN 0x00001000
#define ISC_RET_CALL_LEVEL 0x00002000
#define ISC_RET_EXTENDED_ERROR 0x00004000
#define ISC_RET_STREAM 0x00008000
#define ISC_RET_INTEGRITY 0x00010000
#define ISC_RET_IDENTIFY 0x00020000
#define ISC_RET_NULL_SESSION 0x00040000
#define ISC_RET_MANUAL_CRED_VALIDATION 0x00080000
#define ISC_RET_RESERVED1 0x00100000
#define ISC_RET_FRAGMENT_ONLY 0x00200000
#define ISC_RET_FORWARD_CREDENTIALS 0x00400000
#define ISC_RET_USED_HTTP_STYLE 0x01000000
#define ISC_RET_NO_ADDITIONAL_TOKEN 0x02000000
#define ISC_RET_REAUTHENTICATION 0x08000000
#define ISC_RET_CONFIDENTIALITY_ONLY 0x40000000
#define ISC_RET_MESSAGES 0x0000000100000000

#define ASC_REQ_DELEGATE 0x00000001
#define ASC_REQ_MUTUAL_AUTH 0x00000002
#define ASC_REQ_REPLAY_DETECT 0x00000004
#define ASC_REQ_SEQUENCE_DETECT 0x00000008
#define ASC_REQ_CONFIDENTIALITY 0x00000010
#define ASC_REQ_USE_SESSION_KEY 0x00000020
#define ASC_REQ_SESSION_TICKET 0x00000040
#define ASC_REQ_ALLOCATE_MEMORY 0x00000100
#define ASC_REQ_USE_DCE_STYLE 0x00000200
#define ASC_REQ_DATAGRAM 0x00000400
#define ASC_REQ_CONNECTION 0x00000800
#define ASC_REQ_CALL_LEVEL 0x00001000
#define ASC_REQ_FRAGMENT_SUPPLIED 0x00002000
#define ASC_REQ_EXTENDED_ERROR 0x00008000
#define ASC_REQ_STREAM 0x00010000
#define ASC_REQ_INTEGRITY 0x00020000
#define ASC_REQ_LICENSING 0x00040000
#define ASC_REQ_IDENTIFY 0x00080000
#define ASC_REQ_ALLOW_NULL_SESSION 0x00100000
#define ASC_REQ_ALLOW_NON_USER_LOGONS 0x00200000
#define ASC_REQ_ALLOW_CONTEXT_REPLAY 0x00400000
#define ASC_REQ_FRAGMENT_TO_FIT 0x00800000
#define ASC_REQ_NO_TOKEN 0x01000000
#define ASC_REQ_PROXY_BINDINGS 0x04000000
#define ASC_REQ_ALLOW_MISSING_BINDINGS 0x10000000
#define ASC_REQ_MESSAGES 0x0000000100000000

#define ASC_RET_DELEGATE 0x00000001
#define ASC_RET_MUTUAL_AUTH 0x00000002
#define ASC_RET_REPLAY_DETECT 0x00000004
#define ASC_RET_SEQUENCE_DETECT 0x00000008
#define ASC_RET_CONFIDENTIALITY 0x00000010
#define ASC_RET_USE_SESSION_KEY 0x00000020
#define ASC_RET_SESSION_TICKET 0x00000040
#define ASC_RET_ALLOCATED_MEMORY 0x00000100
#define ASC_RET_USED_DCE_STYLE 0x00000200
#define ASC_RET_DATAGRAM 0x00000400
#define ASC_RET_CONNECTION 0x00000800
#define ASC_RET_CALL_LEVEL 0x00002000
#define ASC_RET_THIRD_LEG_FAILED 0x00004000
#define ASC_RET_EXTENDED_ERROR 0x00008000
#define ASC_RET_STREAM 0x00010000
#define ASC_RET_INTEGRITY 0x00020000
#define ASC_RET_LICENSING 0x00040000
#define ASC_RET_IDENTIFY 0x00080000
#define ASC_RET_NULL_SESSION 0x00100000
#define ASC_RET_ALLOW_NON_USER_LOGONS 0x00200000
#define ASC_RET_ALLOW_CONTEXT_REPLAY 0x00400000
#define ASC_RET_FRAGMENT_ONLY 0x00800000
#define ASC_RET_NO_TOKEN 0x01000000
#define ASC_RET_NO_ADDITIONAL_TOKEN 0x02000000
#define ASC_RET_MESSAGES 0x0000000100000000

/* ---- Attributes of credentials --------------------------------------------------------------- */

#define SECPKG_CRED_ATTR_NAMES 1
#define SECPKG_CRED_ATTR_SSI_PROVIDER 2
#define SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS 3
#define SECPKG_CRED_ATTR_CERT 4
#define SECPKG_CRED_ATTR_PAC_BYPASS 5

typedef struct _SecPkgCredentials_NamesW {
	SEC_WCHAR *sUserName;
} SecPkgCredentials_NamesW, *PSecPkgCredentials_NamesW;
typedef struct _SecPkgCredentials_NamesA {
	SEC_CHAR *sUserName;
} SecPkgCredentials_NamesA, *PSecPkgCredentials_NamesA;
#define SecPkgCredentials_Names OPENSSPI_AW(SecPkgCredentials_Names)
#define PSecPkgCredentials_Names OPENSSPI_AW(PSecPkgCredentials_Names)

typedef struct _SecPkgCredentials_SSIProviderW {
	SEC_WCHAR *sProviderName;
	ULONG ProviderInfoLength;
	char *ProviderInfo;
} SecPkgCredentials_SSIProviderW, *PSecPkgCredentials_SSIProviderW;
typedef struct _SecPkgCredentials_SSIProviderA {
	SEC_CHAR *sProviderName;
	ULONG ProviderInfoLength;
	char *ProviderInfo;
} SecPkgCredentials_SSIProviderA, *PSecPkgCredentials_SSIProviderA;
#define SecPkgCredentials_SSIProvider OPENSSPI_AW(SecPkgCredentials_SSIProvider)
#define PSecPkgCredentials_SSIProvider OPENSSPI_AW(PSecPkgCredentials_SSIProvider)

#define KDC_PROXY_SETTINGS_V1 1
#define KDC_PROXY_SETTINGS_FLAGS_FORCEPROXY 0x1

typedef struct _SecPkgCredentials_KdcProxySettingsW {
	ULONG Version;
	ULONG Flags;
	USHORT ProxyServerOffset;
	USHORT ProxyServerLength;
	USHORT ClientTlsCredOffset;
	USHORT ClientTlsCredLength;
} SecPkgCredentials_KdcProxySettingsW, *PSecPkgCredentials_KdcProxySettingsW;

typedef struct _SecPkgCredentials_Cert {
	ULONG EncodedCertSize;
	UCHAR *EncodedCert;
} SecPkgCredentials_Cert, *PSecPkgCredentials_Cert;

/* ---- Attributes of contexts ------------------------------------------------------------------ */

#define SECPKG_ATTR_SIZES 0
#define SECPKG_ATTR_NAMES 1
#define SECPKG_ATTR_LIFESPAN 2
#define SECPKG_ATTR_DCE_INFO 3
#define SECPKG_ATTR_STREAM_SIZES 4
#define SECPKG_ATTR_DATAGRAM_SIZES SECPKG_ATTR_STREAM_SIZES
#define SECPKG_ATTR_KEY_INFO 5
#define SECPKG_ATTR_AUTHORITY 6
#define SECPKG_ATTR_PROTO_INFO 7
#define SECPKG_ATTR_PASSWORD_EXPIRY 8
#define SECPKG_ATTR_SESSION_KEY 9
#define SECPKG_ATTR_PACKAGE_INFO 10
#define SECPKG_ATTR_USER_FLAGS 11
#define SECPKG_ATTR_NEGOTIATION_INFO 12
#define SECPKG_ATTR_NATIVE_NAMES 13
#define SECPKG_ATTR_FLAGS 14
#define SECPKG_ATTR_USE_VALIDATED 15
#define SECPKG_ATTR_CREDENTIAL_NAME 16
#define SECPKG_ATTR_TARGET_INFORMATION 17
#define SECPKG_ATTR_ACCESS_TOKEN 18
#define SECPKG_ATTR_TARGET 19
#define SECPKG_ATTR_AUTHENTICATION_ID 20
#define SECPKG_ATTR_LOGOFF_TIME 21
#define SECPKG_ATTR_NEGO_KEYS 22
#define SECPKG_ATTR_PROMPTING_NEEDED 24
#define SECPKG_ATTR_UNIQUE_BINDINGS 25
#define SECPKG_ATTR_ENDPOINT_BINDINGS 26
#define SECPKG_ATTR_CLIENT_SPECIFIED_TARGET 27
#define SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS 30
#define SECPKG_ATTR_NEGO_PKG_INFO 31
#define SECPKG_ATTR_NEGO_STATUS 32
#define SECPKG_ATTR_CONTEXT_DELETED 33
#define SECPKG_ATTR_DTLS_MTU 34
#define SECPKG_ATTR_APPLICATION_PROTOCOL 35
#define SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS 36
#define SECPKG_ATTR_IS_LOOPBACK 37
#define SECPKG_ATTR_SUBJECT_SECURITY_ATTRIBUTES 128

#define SECPKG_ATTR_NEGO_INFO_FLAG_NO_KERBEROS 0x1
#define SECPKG_ATTR_NEGO_INFO_FLAG_NO_NTLM 0x2

typedef struct _SecPkgContext_SubjectAttributes {
	void *AttributeInfo;
} SecPkgContext_SubjectAttributes, *PSecPkgContext_SubjectAttributes;

/* Where the credential of a context came from. */
typedef enum _SECPKG_CRED_CLASS {
	SecPkgCredClass_None = 0,
	SecPkgCredClass_Ephemeral = 10,
	SecPkgCredClass_PersistedGeneric = 20,
	SecPkgCredClass_PersistedSpecific = 30,
	SecPkgCredClass_Explicit = 40
} SECPKG_CRED_CLASS, *PSECPKG_CRED_CLASS;

typedef struct _SecPkgContext_CredInfo {
	SECPKG_CRED_CLASS CredClass;
	ULONG IsPromptingNeeded;
} SecPkgContext_CredInfo, *PSecPkgContext_CredInfo;

typedef struct _SecPkgContext_NegoPackageInfo {
	ULONG PackageMask;
} SecPkgContext_NegoPackageInfo, *PSecPkgContext_NegoPackageInfo;

typedef struct _SecPkgContext_NegoStatus {
	ULONG LastStatus;
} SecPkgContext_NegoStatus, *PSecPkgContext_NegoStatus;

/* All in bytes */
typedef struct _SecPkgContext_Sizes {
	ULONG cbMaxToken;
	ULONG cbMaxSignature;
	ULONG cbBlockSize;
	ULONG cbSecurityTrailer;
} SecPkgContext_Sizes, *PSecPkgContext_Sizes;

/* Bytes, except cBuffers: how many SecBuffers a message takes */
typedef struct _SecPkgContext_StreamSizes {
	ULONG cbHeader;
	ULONG cbTrailer;
	ULONG cbMaximumMessage;
	ULONG cBuffers;
	ULONG cbBlockSize;
} SecPkgContext_StreamSizes, *PSecPkgContext_StreamSizes;
typedef SecPkgContext_StreamSizes SecPkgContext_DatagramSizes;
typedef PSecPkgContext_StreamSizes PSecPkgContext_DatagramSizes;

typedef struct _SecPkgContext_NamesW {
	SEC_WCHAR *sUserName;
} SecPkgContext_NamesW, *PSecPkgContext_NamesW;
typedef struct _SecPkgContext_NamesA {
	SEC_CHAR *sUserName;
} SecPkgContext_NamesA, *PSecPkgContext_NamesA;
#define SecPkgContext_Names OPENSSPI_AW(SecPkgContext_Names)
#define PSecPkgContext_Names OPENSSPI_AW(PSecPkgContext_Names)

typedef enum _SECPKG_ATTR_LCT_STATUS {
	SecPkgAttrLastClientTokenYes = 0,
	SecPkgAttrLastClientTokenNo = 1,
	SecPkgAttrLastClientTokenMaybe = 2
} SECPKG_ATTR_LCT_STATUS, *PSECPKG_ATTR_LCT_STATUS;

typedef struct _SecPkgContext_LastClientTokenStatus {
	SECPKG_ATTR_LCT_STATUS LastClientTokenStatus;
} SecPkgContext_LastClientTokenStatus, *PSecPkgContext_LastClientTokenStatus;

typedef struct _SecPkgContext_Lifespan {
	TimeStamp tsStart;
	TimeStamp tsExpiry;
} SecPkgContext_Lifespan, *PSecPkgContext_Lifespan;

typedef struct _SecPkgContext_DceInfo {
	ULONG AuthzSvc;
	void *pPac;
} SecPkgContext_DceInfo, *PSecPkgContext_DceInfo;

typedef struct _SecPkgContext_KeyInfoA {
	SEC_CHAR *sSignatureAlgorithmName;
	SEC_CHAR *sEncryptAlgorithmName;
	ULONG KeySize; /* bits */
	ULONG SignatureAlgorithm;
	ULONG EncryptAlgorithm;
} SecPkgContext_KeyInfoA, *PSecPkgContext_KeyInfoA;
typedef struct _SecPkgContext_KeyInfoW {
	SEC_WCHAR *sSignatureAlgorithmName;
	SEC_WCHAR *sEncryptAlgorithmName;
	ULONG KeySize;
	ULONG SignatureAlgorithm;
	ULONG EncryptAlgorithm;
} SecPkgContext_KeyInfoW, *PSecPkgContext_KeyInfoW;
#define SecPkgContext_KeyInfo OPENSSPI_AW(SecPkgContext_KeyInfo)
#define PSecPkgContext_KeyInfo OPENSSPI_AW(PSecPkgContext_KeyInfo)

typedef struct _SecPkgContext_AuthorityA {
	SEC_CHAR *sAuthorityName;
} SecPkgContext_AuthorityA, *PSecPkgContext_AuthorityA;
typedef struct _SecPkgContext_AuthorityW {
	SEC_WCHAR *sAuthorityName;
} SecPkgContext_AuthorityW, *PSecPkgContext_AuthorityW;
#define SecPkgContext_Authority OPENSSPI_AW(SecPkgContext_Authority)
#define PSecPkgContext_Authority OPENSSPI_AW(PSecPkgContext_Authority)

typedef struct _SecPkgContext_ProtoInfoA {
	SEC_CHAR *sProtocolName;
	ULONG majorVersion;
	ULONG minorVersion;
} SecPkgContext_ProtoInfoA, *PSecPkgContext_ProtoInfoA;
typedef struct _SecPkgContext_ProtoInfoW {
	SEC_WCHAR *sProtocolName;
	ULONG majorVersion;
	ULONG minorVersion;
} SecPkgContext_ProtoInfoW, *PSecPkgContext_ProtoInfoW;
#define SecPkgContext_ProtoInfo OPENSSPI_AW(SecPkgContext_ProtoInfo)
#define PSecPkgContext_ProtoInfo OPENSSPI_AW(PSecPkgContext_ProtoInfo)

typedef struct _SecPkgContext_PasswordExpiry {
	TimeStamp tsPasswordExpires;
} SecPkgContext_PasswordExpiry, *PSecPkgContext_PasswordExpiry;

typedef struct _SecPkgContext_LogoffTime {
	TimeStamp tsLogoffTime;
} SecPkgContext_LogoffTime, *PSecPkgContext_LogoffTime;

typedef struct _SecPkgContext_SessionKey {
	ULONG SessionKeyLength; /* bytes */
	UCHAR *SessionKey;
} SecPkgContext_SessionKey, *PSecPkgContext_SessionKey;

typedef struct _SecPkgContext_NegoKeys {
	ULONG KeyType;
	USHORT KeyLength;
	UCHAR *KeyValue;
	ULONG VerifyKeyType;
	USHORT VerifyKeyLength;
	UCHAR *VerifyKeyValue;
} SecPkgContext_NegoKeys, *PSecPkgContext_NegoKeys;

typedef struct _SecPkgContext_PackageInfoW {
	PSecPkgInfoW PackageInfo;
} SecPkgContext_PackageInfoW, *PSecPkgContext_PackageInfoW;
typedef struct _SecPkgContext_PackageInfoA {
	PSecPkgInfoA PackageInfo;
} SecPkgContext_PackageInfoA, *PSecPkgContext_PackageInfoA;
#define SecPkgContext_PackageInfo OPENSSPI_AW(SecPkgContext_PackageInfo)
#define PSecPkgContext_PackageInfo OPENSSPI_AW(PSecPkgContext_PackageInfo)

typedef struct _SecPkgContext_UserFlags {
	ULONG UserFlags;
} SecPkgContext_UserFlags, *PSecPkgContext_UserFlags;

typedef struct _SecPkgContext_Flags {
	ULONG Flags; /* ISC_RET_ or ASC_RET_ bits; for CredSSP's SERVER_AUTH_FLAGS CREDSSP_ bits */
} SecPkgContext_Flags, *PSecPkgContext_Flags;

#define SECPKG_NEGOTIATION_COMPLETE 0
#define SECPKG_NEGOTIATION_OPTIMISTIC 1
#define SECPKG_NEGOTIATION_IN_PROGRESS 2
#define SECPKG_NEGOTIATION_DIRECT 3
#define SECPKG_NEGOTIATION_TRY_MULTICRED 4

typedef struct _SecPkgContext_NegotiationInfoA {
	PSecPkgInfoA PackageInfo;
	ULONG NegotiationState;
} SecPkgContext_NegotiationInfoA, *PSecPkgContext_NegotiationInfoA;
typedef struct _SecPkgContext_NegotiationInfoW {
	PSecPkgInfoW PackageInfo;
	ULONG NegotiationState;
} SecPkgContext_NegotiationInfoW, *PSecPkgContext_NegotiationInfoW;
#define SecPkgContext_NegotiationInfo OPENSSPI_AW(SecPkgContext_NegotiationInfo)
#define PSecPkgContext_NegotiationInfo OPENSSPI_AW(PSecPkgContext_NegotiationInfo)

typedef struct _SecPkgContext_NativeNamesW {
	SEC_WCHAR *sClientName;
	SEC_WCHAR *sServerName;
} SecPkgContext_NativeNamesW, *PSecPkgContext_NativeNamesW;
typedef struct _SecPkgContext_NativeNamesA {
	SEC_CHAR *sClientName;
	SEC_CHAR *sServerName;
} SecPkgContext_NativeNamesA, *PSecPkgContext_NativeNamesA;
#define SecPkgContext_NativeNames OPENSSPI_AW(SecPkgContext_NativeNames)
#define PSecPkgContext_NativeNames OPENSSPI_AW(PSecPkgContext_NativeNames)

typedef struct _SecPkgContext_CredentialNameW {
	ULONG CredentialType;
	SEC_WCHAR *sCredentialName;
} SecPkgContext_CredentialNameW, *PSecPkgContext_CredentialNameW;
typedef struct _SecPkgContext_CredentialNameA {
	ULONG CredentialType;
	SEC_CHAR *sCredentialName;
} SecPkgContext_CredentialNameA, *PSecPkgContext_CredentialNameA;
#define SecPkgContext_CredentialName OPENSSPI_AW(SecPkgContext_CredentialName)
#define PSecPkgContext_CredentialName OPENSSPI_AW(PSecPkgContext_CredentialName)

/* The package keeps the token; the caller must not close it. */
typedef struct _SecPkgContext_AccessToken {
	void *AccessToken;
} SecPkgContext_AccessToken, *PSecPkgContext_AccessToken;

typedef struct _SecPkgContext_TargetInformation {
	ULONG MarshalledTargetInfoLength;
	UCHAR *MarshalledTargetInfo;
} SecPkgContext_TargetInformation, *PSecPkgContext_TargetInformation;

typedef struct _SecPkgContext_AuthzID {
	ULONG AuthzIDLength;
	char *AuthzID;
} SecPkgContext_AuthzID, *PSecPkgContext_AuthzID;

typedef struct _SecPkgContext_Target {
	ULONG TargetLength;
	char *Target;
} SecPkgContext_Target, *PSecPkgContext_Target;

typedef struct _SecPkgContext_ClientSpecifiedTarget {
	SEC_WCHAR *sTargetName;
} SecPkgContext_ClientSpecifiedTarget, *PSecPkgContext_ClientSpecifiedTarget;

typedef struct _SecPkgContext_Bindings {
	ULONG BindingsLength;
	SEC_CHANNEL_BINDINGS *Bindings;
} SecPkgContext_Bindings, *PSecPkgContext_Bindings;

typedef enum _SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS {
	SecApplicationProtocolNegotiationStatus_None = 0,
	SecApplicationProtocolNegotiationStatus_Success = 1,
	SecApplicationProtocolNegotiationStatus_SelectedClientOnly = 2
} SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS, *PSEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS;

#define MAX_PROTOCOL_ID_SIZE 0xff

typedef struct _SecPkgContext_ApplicationProtocol {
	SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS ProtoNegoStatus;
	SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT ProtoNegoExt;
	UCHAR ProtocolIdSize;
	UCHAR ProtocolId[MAX_PROTOCOL_ID_SIZE];
} SecPkgContext_ApplicationProtocol, *PSecPkgContext_ApplicationProtocol;

typedef struct _SecPkgContext_NegotiatedTlsExtensions {
	ULONG ExtensionsCount;
	USHORT *Extensions;
} SecPkgContext_NegotiatedTlsExtensions, *PSecPkgContext_NegotiatedTlsExtensions;

typedef struct _SECPKG_APP_MODE_INFO {
	ULONG UserFunction;
	ULONG_PTR Argument1;
	ULONG_PTR Argument2;
	SecBuffer UserData;
	BOOLEAN ReturnToLsa;
} SECPKG_APP_MODE_INFO, *PSECPKG_APP_MODE_INFO;

#define SECPKG_CONTEXT_EXPORT_RESET_NEW 0x00000001
#define SECPKG_CONTEXT_EXPORT_DELETE_OLD 0x00000002
#define SECPKG_CONTEXT_EXPORT_TO_KERNEL 0x00000004

#define SECQOP_WRAP_NO_ENCRYPT 0x80000001
#define SECQOP_WRAP_OOB_DATA 0x40000000

/* ---- Identities, given as pAuthData ---------------------------------------------------------- */

#define SEC_WINNT_AUTH_IDENTITY_ANSI 0x1
#define SEC_WINNT_AUTH_IDENTITY_UNICODE 0x2
#define SEC_WINNT_AUTH_IDENTITY_MARSHALLED 0x4
#define SEC_WINNT_AUTH_IDENTITY_ONLY 0x8
#define SEC_WINNT_AUTH_IDENTITY_VERSION 0x200
#define SEC_WINNT_AUTH_IDENTITY_VERSION_2 0x201

/* Lengths are characters without NUL. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_W {
	unsigned short *User;
	ULONG UserLength;
	unsigned short *Domain;
	ULONG DomainLength;
	unsigned short *Password;
	ULONG PasswordLength;
	ULONG Flags;
} SEC_WINNT_AUTH_IDENTITY_W, *PSEC_WINNT_AUTH_IDENTITY_W;
typedef struct _SEC_WINNT_AUTH_IDENTITY_A {
	unsigned char *User;
	ULONG UserLength;
	unsigned char *Domain;
	ULONG DomainLength;
	unsigned char *Password;
	ULONG PasswordLength;
	ULONG Flags;
} SEC_WINNT_AUTH_IDENTITY_A, *PSEC_WINNT_AUTH_IDENTITY_A;
#define SEC_WINNT_AUTH_IDENTITY OPENSSPI_U_AW(SEC_WINNT_AUTH_IDENTITY)
#define PSEC_WINNT_AUTH_IDENTITY OPENSSPI_U_AW(PSEC_WINNT_AUTH_IDENTITY)
#define _SEC_WINNT_AUTH_IDENTITY OPENSSPI_U_AW(_SEC_WINNT_AUTH_IDENTITY)

typedef struct _SEC_WINNT_AUTH_IDENTITY_EXW {
	ULONG Version; /* SEC_WINNT_AUTH_IDENTITY_VERSION */
	ULONG Length; /* of this structure */
	unsigned short *User;
	ULONG UserLength;
	unsigned short *Domain;
	ULONG DomainLength;
	unsigned short *Password;
	ULONG PasswordLength;
	ULONG Flags;
	unsigned short *PackageList; /* comma separated, "!name" excludes */
	ULONG PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXW, *PSEC_WINNT_AUTH_IDENTITY_EXW;
typedef struct _SEC_WINNT_AUTH_IDENTITY_EXA {
	ULONG Version;
	ULONG Length;
	unsigned char *User;
	ULONG UserLength;
	unsigned char *Domain;
	ULONG DomainLength;
	unsigned char *Password;
	ULONG PasswordLength;
	ULONG Flags;
	unsigned char *PackageList;
	ULONG PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXA, *PSEC_WINNT_AUTH_IDENTITY_EXA;
#define SEC_WINNT_AUTH_IDENTITY_EX OPENSSPI_AW(SEC_WINNT_AUTH_IDENTITY_EX)
#define PSEC_WINNT_AUTH_IDENTITY_EX OPENSSPI_AW(PSEC_WINNT_AUTH_IDENTITY_EX)

/* One block of cbStructureLength bytes; lengths in bytes, offsets from its start, always UTF-16. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EX2 {
	ULONG Version; /* SEC_WINNT_AUTH_IDENTITY_VERSION_2 */
	USHORT cbHeaderLength;
	ULONG cbStructureLength;
	ULONG UserOffset;
	USHORT UserLength;
	ULONG DomainOffset;
	USHORT DomainLength;
	ULONG PackedCredentialsOffset;
	USHORT PackedCredentialsLength;
	ULONG Flags;
	ULONG PackageListOffset;
	USHORT PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EX2, *PSEC_WINNT_AUTH_IDENTITY_EX2;

/* The first ULONG tells which one it is: 0x200 EX, 0x201 EX2, else plain; Flags says A or W. */
typedef union _SEC_WINNT_AUTH_IDENTITY_INFO {
	SEC_WINNT_AUTH_IDENTITY_EXW AuthIdExw;
	SEC_WINNT_AUTH_IDENTITY_EXA AuthIdExa;
	SEC_WINNT_AUTH_IDENTITY_A AuthId_a;
	SEC_WINNT_AUTH_IDENTITY_W AuthId_w;
	SEC_WINNT_AUTH_IDENTITY_EX2 AuthIdEx2;
} SEC_WINNT_AUTH_IDENTITY_INFO, *PSEC_WINNT_AUTH_IDENTITY_INFO;

#define SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED 0x10
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED 0x20
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED 0x40
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED 0x80
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_RESERVED 0x10000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER 0x20000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN 0x40000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER 0x80000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_USE_MASK 0xFF000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_CREDPROV_DO_NOT_SAVE 0x80000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_SAVE_CRED_BY_CALLER 0x80000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_SAVE_CRED_CHECKED 0x40000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_NO_CHECKBOX 0x20000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_CREDPROV_DO_NOT_LOAD 0x10000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_VALID_SSPIPFC_FLAGS 0xF0000000

#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON 1
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS 2
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM 4

/* Parts of an EX2 block's packed credentials; offsets from the start of the packed part. */
typedef struct _SEC_WINNT_AUTH_BYTE_VECTOR {
	ULONG ByteArrayOffset;
	USHORT ByteArrayLength;
} SEC_WINNT_AUTH_BYTE_VECTOR, *PSEC_WINNT_AUTH_BYTE_VECTOR;

typedef struct _SEC_WINNT_AUTH_SHORT_VECTOR {
	ULONG ShortArrayOffset;
	USHORT ShortArrayCount;
} SEC_WINNT_AUTH_SHORT_VECTOR, *PSEC_WINNT_AUTH_SHORT_VECTOR;

typedef struct _SEC_WINNT_AUTH_DATA {
	GUID CredType; /* one of the SEC_WINNT_AUTH_DATA_TYPE_ constants */
	SEC_WINNT_AUTH_BYTE_VECTOR CredData;
} SEC_WINNT_AUTH_DATA, *PSEC_WINNT_AUTH_DATA;

typedef struct _SEC_WINNT_AUTH_PACKED_CREDENTIALS {
	USHORT cbHeaderLength;
	USHORT cbStructureLength;
	SEC_WINNT_AUTH_DATA AuthData;
} SEC_WINNT_AUTH_PACKED_CREDENTIALS, *PSEC_WINNT_AUTH_PACKED_CREDENTIALS;

typedef struct _SEC_WINNT_AUTH_PACKED_CREDENTIALS_EX {
	USHORT cbHeaderLength;
	ULONG Flags;
	SEC_WINNT_AUTH_BYTE_VECTOR PackedCredentials;
	SEC_WINNT_AUTH_SHORT_VECTOR PackageList;
} SEC_WINNT_AUTH_PACKED_CREDENTIALS_EX, *PSEC_WINNT_AUTH_PACKED_CREDENTIALS_EX;

typedef struct _SEC_WINNT_AUTH_DATA_PASSWORD {
	SEC_WINNT_AUTH_BYTE_VECTOR UnicodePassword;
} SEC_WINNT_AUTH_DATA_PASSWORD, *PSEC_WINNT_AUTH_DATA_PASSWORD;

typedef struct _SEC_WINNT_AUTH_CERTIFICATE_DATA {
	USHORT cbHeaderLength;
	USHORT cbStructureLength;
	SEC_WINNT_AUTH_BYTE_VECTOR Certificate;
} SEC_WINNT_AUTH_CERTIFICATE_DATA, *PSEC_WINNT_AUTH_CERTIFICATE_DATA;

typedef struct _SEC_WINNT_CREDUI_CONTEXT_VECTOR {
	ULONG CredUIContextArrayOffset;
	USHORT CredUIContextCount;
} SEC_WINNT_CREDUI_CONTEXT_VECTOR, *PSEC_WINNT_CREDUI_CONTEXT_VECTOR;

/* An identity whose form is the library's business: made and freed by the Sspi functions. */
typedef PVOID PSEC_WINNT_AUTH_IDENTITY_OPAQUE;

typedef struct _SEC_WINNT_CREDUI_CONTEXT {
	USHORT cbHeaderLength;
	HANDLE CredUIContextHandle;
	PVOID UIInfo; /* PCREDUI_INFOW */
	ULONG dwAuthError;
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE pInputAuthIdentity;
	PUNICODE_STRING TargetName;
} SEC_WINNT_CREDUI_CONTEXT, *PSEC_WINNT_CREDUI_CONTEXT;

typedef struct _CREDUIWIN_MARSHALED_CONTEXT {
	GUID StructureType;
	USHORT cbHeaderLength;
	LUID LogonId;
	GUID MarshaledDataType;
	ULONG MarshaledDataOffset;
	USHORT MarshaledDataLength;
} CREDUIWIN_MARSHALED_CONTEXT, *PCREDUIWIN_MARSHALED_CONTEXT;

DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_PASSWORD, 0x28bfc32f, 0x10f6, 0x4738, 0x98, 0xd1, 0x1a, 0xc0,
	    0x61, 0xdf, 0x71, 0x6a);
DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_CERT, 0x235f69ad, 0x73fb, 0x4dbc, 0x82, 0x03, 0x06, 0x29, 0xe7,
	    0x39, 0x33, 0x9b);
DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_CREDMAN_CERT, 0x7cb72412, 0x1016, 0x491a, 0x8c, 0x87, 0x4d,
	    0x2a, 0xa1, 0xb7, 0xdd, 0x3a);
DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_NGC, 0x10a47879, 0x5ebf, 0x4b85, 0xbd, 0x8d, 0xc2, 0x1b, 0xb4,
	    0xf4, 0x9c, 0x8a);
DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_FIDO, 0x32e8f8d7, 0x7871, 0x4bcc, 0x83, 0xc5, 0x46, 0x0f, 0x66,
	    0xc6, 0x13, 0x5c);
DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_KEYTAB, 0xd587aae8, 0xf78f, 0x4455, 0xa1, 0x12, 0xc9, 0x34,
	    0xbe, 0xee, 0x7c, 0xe1);
DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_CSP_DATA, 0x68fd9879, 0x079c, 0x4dfe, 0x82, 0x81, 0x57, 0x8a,
	    0xad, 0xc1, 0xc1, 0x00);
DEFINE_GUID(SEC_WINNT_AUTH_DATA_TYPE_SMARTCARD_CONTEXTS, 0xb86c4ff3, 0x49d7, 0x4dc4, 0xb5, 0x60,
	    0xb1, 0x16, 0x36, 0x85, 0xb2, 0x36);
DEFINE_GUID(CREDUIWIN_STRUCTURE_TYPE_SSPIPFC, 0x3c3e93d9, 0xd96b, 0x49b5, 0x94, 0xa7, 0x45, 0x85,
	    0x92, 0x08, 0x83, 0x37);
DEFINE_GUID(SSPIPFC_STRUCTURE_TYPE_CREDUI_CONTEXT, 0xc2fffe6f, 0x503d, 0x4c3d, 0xa9, 0x5e, 0xbc,
	    0xe8, 0x21, 0x21, 0x3d, 0x44);

/* ---- Functions --------------------------------------------------------------------------------
 *
 * Every one of them may also answer SEC_E_INSUFFICIENT_MEMORY (an allocation failed) and
 * SEC_E_INTERNAL_ERROR (a fault without a code of its own, such as a configured LSA that cannot be
 * reached). NULL where a handle is required is SEC_E_INVALID_HANDLE; NULL where another pointer is
 * required is SEC_E_INVALID_PARAMETER. On failure out-parameters hold nothing to free, except where
 * said. A handle that is stale, deleted or another process's is SEC_E_INVALID_HANDLE.
 */

/* Lists the packages: *ppPackageInfo is an array of *pcPackages, one block with its strings, to be
 * freed with one FreeContextBuffer.
 * SEC_E_OK.
 * Microsoft: EnumerateSecurityPackages. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesW(ULONG *pcPackages,
								  PSecPkgInfoW *ppPackageInfo);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesA(ULONG *pcPackages,
								  PSecPkgInfoA *ppPackageInfo);
#define EnumerateSecurityPackages OPENSSPI_AW(EnumerateSecurityPackages)
typedef SECURITY_STATUS(SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_W)(ULONG *, PSecPkgInfoW *);
typedef SECURITY_STATUS(SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_A)(ULONG *, PSecPkgInfoA *);
#define ENUMERATE_SECURITY_PACKAGES_FN OPENSSPI_U_AW(ENUMERATE_SECURITY_PACKAGES_FN)

/* Describes one package, found by name without regard to case. *ppPackageInfo is one block for
 * FreeContextBuffer.
 * SEC_E_OK; SEC_E_SECPKG_NOT_FOUND: no such package (*ppPackageInfo is left alone).
 * Microsoft: QuerySecurityPackageInfo. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoW(SEC_WCHAR *pszPackageName,
								 PSecPkgInfoW *ppPackageInfo);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoA(SEC_CHAR *pszPackageName,
								 PSecPkgInfoA *ppPackageInfo);
#define QuerySecurityPackageInfo OPENSSPI_AW(QuerySecurityPackageInfo)
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_W)(SEC_WCHAR *, PSecPkgInfoW *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_A)(SEC_CHAR *, PSecPkgInfoA *);
#define QUERY_SECURITY_PACKAGE_INFO_FN OPENSSPI_U_AW(QUERY_SECURITY_PACKAGE_INFO_FN)

typedef void(SEC_ENTRY *SEC_GET_KEY_FN)(void *Arg, void *Principal, ULONG KeyVer, void **Key,
					SECURITY_STATUS *Status);

/* Opens a handle to credentials. Nothing is validated and no network is used: a wrong password
 * shows when a context is made.
 *   pszPrincipal      NULL, or whose credentials these are; only the caller's own name may be used
 *   pszPackage        package name, case ignored
 *   fCredentialUse    SECPKG_CRED_INBOUND, _OUTBOUND or _BOTH; CREDSSP also takes 0 for outbound
 *   pvLogonId         NULL for the caller's logon session, or a LUID *; a session of somebody else
 *                     needs the stand-in for SE_TCB_NAME
 *   pAuthData         NULL for the session's default credentials; else SEC_WINNT_AUTH_IDENTITY
 *                     (plain, EX, EX2) for NTLM, Kerberos and Negotiate, SCHANNEL_CRED or
 *                     SCH_CREDENTIALS for Schannel, CREDSSP_CRED or CREDSSP_CRED_EX for CREDSSP and
 *                     TSSSP. Copied: the caller may wipe it on return
 *   pGetKeyFn, pvGetKeyArgument  not used; pass NULL
 *   phCredential      receives the handle; FreeCredentialsHandle closes it
 *   ptsExpiry         NULL, or receives the end of validity in local time
 * SEC_E_OK; SEC_E_SECPKG_NOT_FOUND: no such package; SEC_E_NOT_OWNER: that principal or session is
 * not the caller's; SEC_E_UNKNOWN_CREDENTIALS: a principal nobody has, or auth data that cannot be
 * understood or lacks a part that the use requires; SEC_E_NO_CREDENTIALS: there is nothing to use
 * (the session has no credential set, or a configured certificate cannot be read).
 * Microsoft: AcquireCredentialsHandle (General), (CredSSP), (NTLM), (Negotiate), (Schannel). */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleW(
	SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage, ULONG fCredentialUse, void *pvLogonId,
	void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential,
	PTimeStamp ptsExpiry);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleA(
	SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage, ULONG fCredentialUse, void *pvLogonId,
	void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential,
	PTimeStamp ptsExpiry);
#define AcquireCredentialsHandle OPENSSPI_AW(AcquireCredentialsHandle)
typedef SECURITY_STATUS(SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_W)(SEC_WCHAR *, SEC_WCHAR *, ULONG,
								    void *, void *, SEC_GET_KEY_FN,
								    void *, PCredHandle,
								    PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_A)(SEC_CHAR *, SEC_CHAR *, ULONG,
								    void *, void *, SEC_GET_KEY_FN,
								    void *, PCredHandle,
								    PTimeStamp);
#define ACQUIRE_CREDENTIALS_HANDLE_FN OPENSSPI_U_AW(ACQUIRE_CREDENTIALS_HANDLE_FN)

/* Closes a credential handle, once. Contexts made from it keep working: they hold a reference.
 * SEC_E_OK; SEC_E_INVALID_HANDLE.
 * Microsoft: FreeCredentialsHandle. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY FreeCredentialsHandle(PCredHandle phCredential);
typedef SECURITY_STATUS(SEC_ENTRY *FREE_CREDENTIALS_HANDLE_FN)(PCredHandle);

/* Adds a credential to a handle whose package keeps several.
 *   hCredentials    the handle; nobody else may use it during the call
 *   pszPrincipal    as for AcquireCredentialsHandle
 *   pszPackage      whose kind of credential is added; case ignored
 *   fCredentialUse  SECPKG_CRED_INBOUND, _OUTBOUND or _BOTH
 *   pAuthData       what the handle's own package takes; copied
 *   pGetKeyFn, pvGetKeyArgument  not used; pass NULL
 *   ptsExpiry       NULL, or receives the end of validity in local time
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_SECPKG_NOT_FOUND: no package of that name;
 * SEC_E_NOT_OWNER, SEC_E_UNKNOWN_CREDENTIALS: as for AcquireCredentialsHandle;
 * SEC_E_UNSUPPORTED_FUNCTION: the package keeps one credential per handle.
 * Microsoft: AddCredentials. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY AddCredentialsW(PCredHandle hCredentials,
						       SEC_WCHAR *pszPrincipal,
						       SEC_WCHAR *pszPackage, ULONG fCredentialUse,
						       void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
						       void *pvGetKeyArgument,
						       PTimeStamp ptsExpiry);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY AddCredentialsA(PCredHandle hCredentials,
						       SEC_CHAR *pszPrincipal,
						       SEC_CHAR *pszPackage, ULONG fCredentialUse,
						       void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
						       void *pvGetKeyArgument,
						       PTimeStamp ptsExpiry);
#define AddCredentials OPENSSPI_AW(AddCredentials)
typedef SECURITY_STATUS(SEC_ENTRY *ADD_CREDENTIALS_FN_W)(PCredHandle, SEC_WCHAR *, SEC_WCHAR *,
							 ULONG, void *, SEC_GET_KEY_FN, void *,
							 PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *ADD_CREDENTIALS_FN_A)(PCredHandle, SEC_CHAR *, SEC_CHAR *, ULONG,
							 void *, SEC_GET_KEY_FN, void *,
							 PTimeStamp);
#define ADD_CREDENTIALS_FN OPENSSPI_U_AW(ADD_CREDENTIALS_FN)

/* Reads an attribute of a credential handle: pBuffer is the caller's structure for ulAttribute
 * (SECPKG_CRED_ATTR_NAMES: SecPkgCredentials_Names, _CERT: SecPkgCredentials_Cert, _SSI_PROVIDER:
 * SecPkgCredentials_SSIProvider; of Schannel SECPKG_ATTR_SUPPORTED_ALGS, _CIPHER_STRENGTHS,
 * _SUPPORTED_PROTOCOLS). Strings and bytes it points to go back one by one through
 * FreeContextBuffer.
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION: the package has no such attribute;
 * SEC_E_NO_CREDENTIALS: NAMES asked of a handle behind which there is no credential yet.
 * Microsoft: QueryCredentialsAttributes. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesW(PCredHandle phCredential,
								   ULONG ulAttribute,
								   void *pBuffer);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesA(PCredHandle phCredential,
								   ULONG ulAttribute,
								   void *pBuffer);
#define QueryCredentialsAttributes OPENSSPI_AW(QueryCredentialsAttributes)
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_W)(PCredHandle, ULONG, void *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_A)(PCredHandle, ULONG, void *);
#define QUERY_CREDENTIALS_ATTRIBUTES_FN OPENSSPI_U_AW(QUERY_CREDENTIALS_ATTRIBUTES_FN)

/* The same, with the size of the caller's structure: SEC_E_BUFFER_TOO_SMALL if it is too small. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExW(PCredHandle phCredential,
								     ULONG ulAttribute,
								     void *pBuffer, ULONG cbBuffer);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExA(PCredHandle phCredential,
								     ULONG ulAttribute,
								     void *pBuffer, ULONG cbBuffer);
#define QueryCredentialsAttributesEx OPENSSPI_AW(QueryCredentialsAttributesEx)
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W)(PCredHandle, ULONG, void *,
									 ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A)(PCredHandle, ULONG, void *,
									 ULONG);
#define QUERY_CREDENTIALS_ATTRIBUTES_EX_FN OPENSSPI_U_AW(QUERY_CREDENTIALS_ATTRIBUTES_EX_FN)

/* Changes an attribute of a credential handle: pBuffer holds the structure for ulAttribute (NAMES,
 * KDC_PROXY_SETTINGS, Schannel's) or what the package defines, cbBuffer bytes of it; it is copied
 * with all it points to. Contexts made from then on follow it.
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION: not an attribute that the package lets
 * be changed; SEC_E_BUFFER_TOO_SMALL: cbBuffer is less than the structure;
 * SEC_E_INVALID_PARAMETER: no buffer, or a structure that contradicts itself.
 * Microsoft: SetCredentialsAttributes. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(PCredHandle phCredential,
								 ULONG ulAttribute, void *pBuffer,
								 ULONG cbBuffer);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(PCredHandle phCredential,
								 ULONG ulAttribute, void *pBuffer,
								 ULONG cbBuffer);
#define SetCredentialsAttributes OPENSSPI_AW(SetCredentialsAttributes)
typedef SECURITY_STATUS(SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_W)(PCredHandle, ULONG, void *,
								    ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_A)(PCredHandle, ULONG, void *,
								    ULONG);
#define SET_CREDENTIALS_ATTRIBUTES_FN OPENSSPI_U_AW(SET_CREDENTIALS_ATTRIBUTES_FN)

/* One step of the client's side of a handshake.
 *   phCredential   credentials acquired outbound; required by CREDSSP and Schannel on every call,
 *                  by the others on the first
 *   phContext      NULL on the first call, then the handle from it
 *   pszTargetName  service principal name ("TERMSRV/host"), or host name for Schannel; may be NULL
 *                  where the package needs none. The same on each call
 *   fContextReq    ISC_REQ_ bits
 *   Reserved1, Reserved2  0
 *   TargetDataRep  SECURITY_NATIVE_DREP or SECURITY_NETWORK_DREP; no effect
 *   pInput         NULL (or buffers without a token) on the first call; then the peer's bytes as
 *                  SECBUFFER_TOKEN, and for stream packages a SECBUFFER_EMPTY after it, which
 *                  becomes SECBUFFER_EXTRA (cbBuffer trailing bytes were not consumed) or
 *                  SECBUFFER_MISSING (about cbBuffer more bytes are needed). Also read:
 *                  SECBUFFER_CHANNEL_BINDINGS; for TSSSP the server's certificate as
 *                  SECBUFFER_TOKEN | SECBUFFER_READONLY ([u32 length][DER])
 *   phNewContext   receives the context; may be phContext. Written also with SEC_I_ answers of the
 *                  first call; from then on the caller owes a DeleteSecurityContext
 *   pOutput        one SECBUFFER_TOKEN, cbBuffer its room, on return what was used; with
 *                  ISC_REQ_ALLOCATE_MEMORY the package allocates it (FreeContextBuffer). A token
 *                  longer than 0 must be sent whatever the status says. A SECBUFFER_ALERT can
 *                  come after it
 *   pfContextAttr  receives ISC_RET_ bits; those about security count on the final SEC_E_OK
 *   ptsExpiry      NULL, or receives the end of the context in local time
 * SEC_E_OK: finished; SEC_I_CONTINUE_NEEDED: send the token, then call with the answer;
 * SEC_I_COMPLETE_NEEDED, SEC_I_COMPLETE_AND_CONTINUE: the same after CompleteAuthToken;
 * SEC_I_INCOMPLETE_CREDENTIALS: the server asks for a client certificate, call again to go on
 * without; SEC_E_INCOMPLETE_MESSAGE: nothing was consumed, call again with the same bytes and more;
 * SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN: the token is malformed or out of place;
 * SEC_E_BUFFER_TOO_SMALL: pOutput has no room; SEC_E_LOGON_DENIED: the server refused, or what it
 * proved is wrong; SEC_E_MESSAGE_ALTERED: a seal or a key binding does not verify;
 * SEC_E_NO_CREDENTIALS: none for this target, or the handle is inbound only;
 * SEC_E_NO_AUTHENTICATING_AUTHORITY: no authority could be reached; SEC_E_TARGET_UNKNOWN,
 * SEC_E_WRONG_PRINCIPAL: the target is not known, or somebody else answered;
 * SEC_E_UNSUPPORTED_FUNCTION: a flag that is not valid, or a peer too old for the policy;
 * SEC_E_DELEGATION_POLICY, SEC_E_POLICY_NLTM_ONLY, SEC_E_MUTUAL_AUTH_FAILED: policy forbids to
 * delegate there at all, or after this kind of authentication, or the server did not authenticate;
 * SEC_E_ILLEGAL_MESSAGE, SEC_E_ALGORITHM_MISMATCH, SEC_E_CERT_UNKNOWN, SEC_E_CERT_EXPIRED,
 * SEC_E_UNTRUSTED_ROOT, SEC_E_DECRYPT_FAILURE, SEC_E_APPLICATION_PROTOCOL_MISMATCH: TLS.
 * Microsoft: InitializeSecurityContext (General), (CredSSP), (NTLM), (Schannel). */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY InitializeSecurityContextW(
	PCredHandle phCredential, PCtxtHandle phContext, SEC_WCHAR *pszTargetName,
	ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
	ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput,
	OPENSSPI_PULONG pfContextAttr, PTimeStamp ptsExpiry);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY InitializeSecurityContextA(
	PCredHandle phCredential, PCtxtHandle phContext, SEC_CHAR *pszTargetName, ULONG fContextReq,
	ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
	PCtxtHandle phNewContext, PSecBufferDesc pOutput, OPENSSPI_PULONG pfContextAttr,
	PTimeStamp ptsExpiry);
#define InitializeSecurityContext OPENSSPI_AW(InitializeSecurityContext)
typedef SECURITY_STATUS(SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_W)(
	PCredHandle, PCtxtHandle, SEC_WCHAR *, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG,
	PCtxtHandle, PSecBufferDesc, OPENSSPI_PULONG, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_A)(
	PCredHandle, PCtxtHandle, SEC_CHAR *, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG,
	PCtxtHandle, PSecBufferDesc, OPENSSPI_PULONG, PTimeStamp);
#define INITIALIZE_SECURITY_CONTEXT_FN OPENSSPI_U_AW(INITIALIZE_SECURITY_CONTEXT_FN)

/* One step of the server's side; the mirror image of InitializeSecurityContext.
 *   phCredential   acquired inbound or both
 *   pInput         the client's bytes, already on the first call; EXTRA and MISSING as above
 *   fContextReq    ASC_REQ_ bits (not ISC_REQ_)
 *   pOutput        as above; with SEC_E_OK there may be a last token to send
 *   pfContextAttr  receives ASC_RET_ bits; ptsExpiry: written on SEC_E_OK only, may be NULL
 * SEC_E_OK; SEC_I_CONTINUE_NEEDED; SEC_I_COMPLETE_NEEDED; SEC_I_COMPLETE_AND_CONTINUE;
 * SEC_E_INCOMPLETE_MESSAGE; SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN; SEC_E_BUFFER_TOO_SMALL;
 * SEC_E_LOGON_DENIED: unknown account, wrong proof, or an account that may not sign in now;
 * SEC_E_NO_AUTHENTICATING_AUTHORITY: nobody is configured, or nobody answers, who could say;
 * SEC_E_NO_CREDENTIALS: the credential is not inbound; SEC_E_MESSAGE_ALTERED: a seal or a key
 * binding does not verify; SEC_E_BAD_BINDINGS: channel bindings or target name refused by policy;
 * SEC_E_UNSUPPORTED_FUNCTION: ASC_REQ_PROMPT_FOR_CREDS' bit or another flag that is not valid, or a
 * client too old for the policy; the TLS statuses of InitializeSecurityContext.
 * Microsoft: AcceptSecurityContext (General), (CredSSP), (NTLM), (Schannel). */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
AcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext, PSecBufferDesc pInput,
		      ULONG fContextReq, ULONG TargetDataRep, PCtxtHandle phNewContext,
		      PSecBufferDesc pOutput, OPENSSPI_PULONG pfContextAttr, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS(SEC_ENTRY *ACCEPT_SECURITY_CONTEXT_FN)(PCredHandle, PCtxtHandle,
							       PSecBufferDesc, ULONG, ULONG,
							       PCtxtHandle, PSecBufferDesc,
							       OPENSSPI_PULONG, PTimeStamp);

/* Finishes a token after SEC_I_COMPLETE_NEEDED or SEC_I_COMPLETE_AND_CONTINUE; no package here
 * returns those. Calling it all the same is harmless: context and token stay as they are.
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN; SEC_E_UNSUPPORTED_FUNCTION: the package has
 * nothing to complete.
 * Microsoft: CompleteAuthToken. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY CompleteAuthToken(PCtxtHandle phContext,
							 PSecBufferDesc pToken);
typedef SECURITY_STATUS(SEC_ENTRY *COMPLETE_AUTH_TOKEN_FN)(PCtxtHandle, PSecBufferDesc);

/* Ends a context, finished or not, and forgets its keys. Owed for every context handle.
 * SEC_E_OK; SEC_E_INVALID_HANDLE.
 * Microsoft: DeleteSecurityContext. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY DeleteSecurityContext(PCtxtHandle phContext);
typedef SECURITY_STATUS(SEC_ENTRY *DELETE_SECURITY_CONTEXT_FN)(PCtxtHandle);

/* Tells a stream package to shut down (SCHANNEL_SHUTDOWN in a SECBUFFER_TOKEN); the next
 * InitializeSecurityContext or AcceptSecurityContext gives the bytes to send.
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN: no or an unknown control token;
 * SEC_E_UNSUPPORTED_FUNCTION: not a stream package.
 * Microsoft: ApplyControlToken. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY ApplyControlToken(PCtxtHandle phContext,
							 PSecBufferDesc pInput);
typedef SECURITY_STATUS(SEC_ENTRY *APPLY_CONTROL_TOKEN_FN)(PCtxtHandle, PSecBufferDesc);

/* Reads an attribute of a context. pBuffer is the caller's structure for ulAttribute; strings, keys
 * and blocks in it go back one by one through FreeContextBuffer (a SecPkgInfo with its strings is one
 * block), certificates through CertFreeCertificateContext, access tokens not at all. Both forms work
 * on any context, whichever function made it, imported ones included; they differ in the type of the
 * strings (SecPkgContext_ClientSpecifiedTarget and _DceInfo are wide in both).
 * SEC_E_OK; SEC_E_INVALID_HANDLE: bad handle, or the attribute needs a finished context;
 * SEC_E_UNSUPPORTED_FUNCTION: unknown attribute, or not one of this package or role;
 * SEC_E_NO_CREDENTIALS: nothing of that kind was delegated or sent.
 * Microsoft: QueryContextAttributes (General), (CredSSP), (NTLM), (Schannel). */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesW(PCtxtHandle phContext,
							       ULONG ulAttribute, void *pBuffer);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesA(PCtxtHandle phContext,
							       ULONG ulAttribute, void *pBuffer);
#define QueryContextAttributes OPENSSPI_AW(QueryContextAttributes)
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle, ULONG, void *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle, ULONG, void *);
#define QUERY_CONTEXT_ATTRIBUTES_FN OPENSSPI_U_AW(QUERY_CONTEXT_ATTRIBUTES_FN)

/* The same, with the size of the caller's structure: SEC_E_BUFFER_TOO_SMALL if it is too small. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesExW(PCtxtHandle phContext,
								 ULONG ulAttribute, void *pBuffer,
								 ULONG cbBuffer);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QueryContextAttributesExA(PCtxtHandle phContext,
								 ULONG ulAttribute, void *pBuffer,
								 ULONG cbBuffer);
#define QueryContextAttributesEx OPENSSPI_AW(QueryContextAttributesEx)
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_W)(PCtxtHandle, ULONG, void *,
								     ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_A)(PCtxtHandle, ULONG, void *,
								     ULONG);
#define QUERY_CONTEXT_ATTRIBUTES_EX_FN OPENSSPI_U_AW(QUERY_CONTEXT_ATTRIBUTES_EX_FN)

/* Changes an attribute of a context: pBuffer holds the structure for ulAttribute or what the package
 * defines, cbBuffer bytes of it; it is copied with all it points to.
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION: not an attribute that the package lets
 * be changed, or an imported context; SEC_E_BUFFER_TOO_SMALL: cbBuffer is less than the structure;
 * SEC_E_INVALID_PARAMETER: no buffer, or a structure that contradicts itself.
 * Microsoft: SetContextAttributes. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle phContext,
							     ULONG ulAttribute, void *pBuffer,
							     ULONG cbBuffer);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SetContextAttributesA(PCtxtHandle phContext,
							     ULONG ulAttribute, void *pBuffer,
							     ULONG cbBuffer);
#define SetContextAttributes OPENSSPI_AW(SetContextAttributes)
typedef SECURITY_STATUS(SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle, ULONG, void *, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle, ULONG, void *, ULONG);
#define SET_CONTEXT_ATTRIBUTES_FN OPENSSPI_U_AW(SET_CONTEXT_ATTRIBUTES_FN)

/* Has the calling thread act as the client of a server context, and ends that: its effective uid, gid and
 * groups are those of the user of this system that the client is, and it has no effective capabilities. The
 * process needs CAP_SETUID and CAP_SETGID, or is that user. Nobody becomes root. The thread stays so when the
 * context is deleted, until RevertSecurityContext (also by that handle), RevertToSelf, or its end.
 * SEC_E_OK; SEC_E_NO_IMPERSONATION: a client's or an imported context, or a client who is anonymous, no user
 * here, or only to be identified, or the process may not: the thread is who it was; SEC_E_INVALID_HANDLE: bad
 * handle, or an unfinished context; SEC_E_INSUFFICIENT_MEMORY.
 * Microsoft: ImpersonateSecurityContext, RevertSecurityContext. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle phContext);
typedef SECURITY_STATUS(SEC_ENTRY *IMPERSONATE_SECURITY_CONTEXT_FN)(PCtxtHandle);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle phContext);
typedef SECURITY_STATUS(SEC_ENTRY *REVERT_SECURITY_CONTEXT_FN)(PCtxtHandle);

/* A new handle to a token of who a server context's client is, also when that is no user of this system; the
 * caller closes it (CloseHandle, OpensspiCloseToken). It outlives the context.
 * SEC_E_OK; SEC_E_NO_IMPERSONATION: a client's or an imported context, or an anonymous client;
 * SEC_E_INVALID_HANDLE: bad handle, or an unfinished context; SEC_E_INVALID_PARAMETER: Token is NULL;
 * SEC_E_INSUFFICIENT_MEMORY.
 * Microsoft: QuerySecurityContextToken. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle phContext,
								 HANDLE *Token);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_CONTEXT_TOKEN_FN)(PCtxtHandle, HANDLE *);

/* Frees what SSPI or a package handed out, whatever it was, wiping it first. NULL is SEC_E_OK.
 * SEC_E_OK.
 * Microsoft: FreeContextBuffer. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY FreeContextBuffer(void *pvContextBuffer);
typedef SECURITY_STATUS(SEC_ENTRY *FREE_CONTEXT_BUFFER_FN)(void *);

/* Signs a message: the SECBUFFER_DATA buffers are covered, the signature goes to the
 * SECBUFFER_TOKEN (room for SecPkgContext_Sizes.cbMaxSignature bytes; cbBuffer becomes what was
 *   used). fQOP          0
 *   MessageSeqNo  the caller's number for datagram contexts, else 0
 * SEC_E_OK; SEC_E_INVALID_HANDLE: bad handle or unfinished context; SEC_E_INVALID_TOKEN: no
 * SECBUFFER_TOKEN; SEC_E_BUFFER_TOO_SMALL: it is too small; SEC_E_QOP_NOT_SUPPORTED: an fQOP that
 * is not 0, or no integrity was agreed; SEC_E_OUT_OF_SEQUENCE: the sequence is exhausted;
 * SEC_E_CONTEXT_EXPIRED; SEC_E_UNSUPPORTED_FUNCTION: a stream package.
 * Microsoft: MakeSignature. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY MakeSignature(PCtxtHandle phContext, ULONG fQOP,
						     PSecBufferDesc pMessage, ULONG MessageSeqNo);
typedef SECURITY_STATUS(SEC_ENTRY *MAKE_SIGNATURE_FN)(PCtxtHandle, ULONG, PSecBufferDesc, ULONG);

/* Verifies what MakeSignature made; buffers in the same order. pfQOP: NULL, or receives 0.
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN: no SECBUFFER_TOKEN, or of a wrong size;
 * SEC_E_MESSAGE_ALTERED: the signature is not for these bytes; SEC_E_OUT_OF_SEQUENCE: it is for
 * another place in the sequence; SEC_E_QOP_NOT_SUPPORTED: no integrity was agreed;
 * SEC_E_CONTEXT_EXPIRED; SEC_E_UNSUPPORTED_FUNCTION: a stream package.
 * Microsoft: VerifySignature. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY VerifySignature(PCtxtHandle phContext,
						       PSecBufferDesc pMessage, ULONG MessageSeqNo,
						       OPENSSPI_PULONG pfQOP);
typedef SECURITY_STATUS(SEC_ENTRY *VERIFY_SIGNATURE_FN)(PCtxtHandle, PSecBufferDesc, ULONG,
							OPENSSPI_PULONG);

/* Encrypts a message in place.
 *   NTLM, Kerberos, Negotiate: SECBUFFER_TOKEN (cbSecurityTrailer bytes of room), SECBUFFER_DATA,
 *     for some a SECBUFFER_PADDING (cbBlockSize); READONLY buffers stay as they are
 *   Schannel, CREDSSP: SECBUFFER_STREAM_HEADER (cbHeader), SECBUFFER_DATA (at most
 *     cbMaximumMessage), SECBUFFER_STREAM_TRAILER (cbTrailer), SECBUFFER_EMPTY; send the three in
 *     that order, each as long as its cbBuffer after the call
 *   fQOP           0, or SECQOP_WRAP_NO_ENCRYPT to sign only where the package can
 *   MessageSeqNo   0, except in datagram contexts; stream packages ignore it
 * SEC_E_OK; SEC_E_INVALID_HANDLE: bad handle or unfinished context; SEC_E_INVALID_TOKEN: a required
 * buffer is missing, or the data is longer than cbMaximumMessage; SEC_E_BUFFER_TOO_SMALL: the
 * token, header or trailer lacks room; SEC_E_CONTEXT_EXPIRED: the connection was shut down, or a
 * renegotiation waits; SEC_E_QOP_NOT_SUPPORTED: an fQOP the package does not know, or neither
 * confidentiality nor integrity agreed; SEC_E_UNSUPPORTED_FUNCTION: NTLM without sealing;
 * SEC_E_CRYPTO_SYSTEM_INVALID: the cipher is not available.
 * Microsoft: EncryptMessage (General), (NTLM), (Schannel). */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY EncryptMessage(PCtxtHandle phContext, ULONG fQOP,
						      PSecBufferDesc pMessage, ULONG MessageSeqNo);
typedef SECURITY_STATUS(SEC_ENTRY *ENCRYPT_MESSAGE_FN)(PCtxtHandle, ULONG, PSecBufferDesc, ULONG);

/* Decrypts a message in place.
 *   NTLM, Kerberos, Negotiate: SECBUFFER_TOKEN and SECBUFFER_DATA as they were sent; or
 *     SECBUFFER_STREAM with the whole message and an empty SECBUFFER_DATA, which then points into
 *   it Schannel, CREDSSP: a SECBUFFER_DATA with the received bytes and three SECBUFFER_EMPTY; they
 *     become HEADER, DATA (pointing into the received bytes), TRAILER, and EXTRA if bytes are left.
 *     Data of length 0 is legal
 *   pfQOP            NULL, or receives how the message was protected: 0, or SECQOP_WRAP_NO_ENCRYPT
 * SEC_E_OK; SEC_E_INCOMPLETE_MESSAGE: no whole record yet, nothing was changed, a buffer became
 * MISSING; SEC_I_CONTEXT_EXPIRED: the peer closed the connection; SEC_I_RENEGOTIATE: a handshake
 * message came, feed the EXTRA bytes to InitializeSecurityContext or AcceptSecurityContext;
 * SEC_E_INVALID_HANDLE; SEC_E_INVALID_TOKEN: a required buffer is missing or malformed;
 * SEC_E_MESSAGE_ALTERED, SEC_E_DECRYPT_FAILURE: the bytes are not what was sent;
 * SEC_E_OUT_OF_SEQUENCE; SEC_E_QOP_NOT_SUPPORTED: no protection was agreed;
 * SEC_E_CONTEXT_EXPIRED; SEC_E_CRYPTO_SYSTEM_INVALID.
 * Microsoft: DecryptMessage (General), (NTLM), (Schannel). */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY DecryptMessage(PCtxtHandle phContext,
						      PSecBufferDesc pMessage, ULONG MessageSeqNo,
						      OPENSSPI_PULONG pfQOP);
typedef SECURITY_STATUS(SEC_ENTRY *DECRYPT_MESSAGE_FN)(PCtxtHandle, PSecBufferDesc, ULONG,
						       OPENSSPI_PULONG);

/* The first names of EncryptMessage and DecryptMessage; the same contracts. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SealMessage(PCtxtHandle phContext, ULONG fQOP,
						   PSecBufferDesc pMessage, ULONG MessageSeqNo);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY UnsealMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
						     ULONG MessageSeqNo, OPENSSPI_PULONG pfQOP);

typedef enum _SecDelegationType {
	SecFull = 0,
	SecService = 1,
	SecTree = 2,
	SecDirectory = 3,
	SecObject = 4
} SecDelegationType, *PSecDelegationType;

/* Obsolete on Windows too: answers SEC_E_UNSUPPORTED_FUNCTION. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY DelegateSecurityContext(PCtxtHandle phContext,
							       SEC_CHAR *pszTarget,
							       SecDelegationType DelegationType,
							       PTimeStamp pExpiry,
							       PSecBuffer pPackageParameters,
							       PSecBufferDesc pOutput);

/* Writes a finished context down, keys and all, so that another process of this machine can go on with
 * it (NTLM, Negotiate). The bytes are as secret as a password: whoever has them reads and forges
 * messages.
 *   fFlags          SECPKG_CONTEXT_EXPORT_RESET_NEW: the imported context begins anew, with its first
 *                   message; SECPKG_CONTEXT_EXPORT_DELETE_OLD: this one is deleted, if the export
 *                   succeeds. Two living copies must not both seal: their numbers would repeat
 *   pPackedContext  its pvBuffer and cbBuffer are set; FreeContextBuffer wipes and frees the bytes
 *   pToken          NULL, or receives NULL: there are no access tokens
 * SEC_E_OK; SEC_E_INVALID_HANDLE: bad handle, or an unfinished context; SEC_E_UNSUPPORTED_FUNCTION:
 * the package does not export, or SECPKG_CONTEXT_EXPORT_TO_KERNEL; SEC_E_INVALID_PARAMETER: no place
 * for the bytes, or other flags.
 * Microsoft: ExportSecurityContext. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY ExportSecurityContext(PCtxtHandle phContext, ULONG fFlags,
							     PSecBuffer pPackedContext,
							     void **pToken);
typedef SECURITY_STATUS(SEC_ENTRY *EXPORT_SECURITY_CONTEXT_FN)(PCtxtHandle, ULONG, PSecBuffer,
							       void **);
/* Makes a context of exported bytes. It protects messages and answers the attributes that belong to
 * them; it has no part in the LSA, so it takes no tokens and its attributes cannot be changed.
 *   pszPackage      the package that exported it; case ignored
 *   pPackedContext  the bytes, of any buffer type; copied
 *   Token           ignored
 *   phContext       receives the context; DeleteSecurityContext ends it
 * SEC_E_OK; SEC_E_SECPKG_NOT_FOUND; SEC_E_INVALID_TOKEN: not the bytes of a context of that package;
 * SEC_E_UNSUPPORTED_FUNCTION: the package does not import; SEC_E_INVALID_HANDLE: phContext is NULL;
 * SEC_E_INVALID_PARAMETER.
 * Microsoft: ImportSecurityContext. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(SEC_WCHAR *pszPackage,
							      PSecBuffer pPackedContext,
							      void *Token,
							      PCtxtHandle phContext);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(SEC_CHAR *pszPackage,
							      PSecBuffer pPackedContext,
							      void *Token,
							      PCtxtHandle phContext);
#define ImportSecurityContext OPENSSPI_AW(ImportSecurityContext)
typedef SECURITY_STATUS(SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_W)(SEC_WCHAR *, PSecBuffer, void *,
								 PCtxtHandle);
typedef SECURITY_STATUS(SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_A)(SEC_CHAR *, PSecBuffer, void *,
								 PCtxtHandle);
#define IMPORT_SECURITY_CONTEXT_FN OPENSSPI_U_AW(IMPORT_SECURITY_CONTEXT_FN)

/* Changes a password through a package; dwReserved is 0, pOutput one CHANGE_PASS_RESPONSE. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordW(
	SEC_WCHAR *pszPackageName, SEC_WCHAR *pszDomainName, SEC_WCHAR *pszAccountName,
	SEC_WCHAR *pszOldPassword, SEC_WCHAR *pszNewPassword, BOOLEAN bImpersonating,
	ULONG dwReserved, PSecBufferDesc pOutput);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordA(
	SEC_CHAR *pszPackageName, SEC_CHAR *pszDomainName, SEC_CHAR *pszAccountName,
	SEC_CHAR *pszOldPassword, SEC_CHAR *pszNewPassword, BOOLEAN bImpersonating,
	ULONG dwReserved, PSecBufferDesc pOutput);
#define ChangeAccountPassword OPENSSPI_AW(ChangeAccountPassword)
typedef SECURITY_STATUS(SEC_ENTRY *CHANGE_PASSWORD_FN_W)(SEC_WCHAR *, SEC_WCHAR *, SEC_WCHAR *,
							 SEC_WCHAR *, SEC_WCHAR *, BOOLEAN, ULONG,
							 PSecBufferDesc);
typedef SECURITY_STATUS(SEC_ENTRY *CHANGE_PASSWORD_FN_A)(SEC_CHAR *, SEC_CHAR *, SEC_CHAR *,
							 SEC_CHAR *, SEC_CHAR *, BOOLEAN, ULONG,
							 PSecBufferDesc);
#define CHANGE_PASSWORD_FN OPENSSPI_U_AW(CHANGE_PASSWORD_FN)

/* ---- The function table ---------------------------------------------------------------------- */

#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION 1
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_2 2
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_3 3
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_4 4
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5 5

/* Members are found by position; dwVersion says how many there are. The first name of the fourth
 * one differs between Windows' two tables; here both tables know both. */
typedef struct _SECURITY_FUNCTION_TABLE_W {
	ULONG dwVersion;
	ENUMERATE_SECURITY_PACKAGES_FN_W EnumerateSecurityPackagesW;
	QUERY_CREDENTIALS_ATTRIBUTES_FN_W QueryCredentialsAttributesW;
	ACQUIRE_CREDENTIALS_HANDLE_FN_W AcquireCredentialsHandleW;
	union {
		FREE_CREDENTIALS_HANDLE_FN FreeCredentialsHandle;
		FREE_CREDENTIALS_HANDLE_FN FreeCredentialHandle;
	};
	void *Reserved2;
	INITIALIZE_SECURITY_CONTEXT_FN_W InitializeSecurityContextW;
	ACCEPT_SECURITY_CONTEXT_FN AcceptSecurityContext;
	COMPLETE_AUTH_TOKEN_FN CompleteAuthToken;
	DELETE_SECURITY_CONTEXT_FN DeleteSecurityContext;
	APPLY_CONTROL_TOKEN_FN ApplyControlToken;
	QUERY_CONTEXT_ATTRIBUTES_FN_W QueryContextAttributesW;
	IMPERSONATE_SECURITY_CONTEXT_FN ImpersonateSecurityContext;
	REVERT_SECURITY_CONTEXT_FN RevertSecurityContext;
	MAKE_SIGNATURE_FN MakeSignature;
	VERIFY_SIGNATURE_FN VerifySignature;
	FREE_CONTEXT_BUFFER_FN FreeContextBuffer;
	QUERY_SECURITY_PACKAGE_INFO_FN_W QuerySecurityPackageInfoW;
	void *Reserved3; /* EncryptMessage, as NT 4's SealMessage */
	void *Reserved4; /* DecryptMessage, as NT 4's UnsealMessage */
	EXPORT_SECURITY_CONTEXT_FN ExportSecurityContext;
	IMPORT_SECURITY_CONTEXT_FN_W ImportSecurityContextW;
	ADD_CREDENTIALS_FN_W AddCredentialsW;
	void *Reserved8;
	QUERY_SECURITY_CONTEXT_TOKEN_FN QuerySecurityContextToken;
	ENCRYPT_MESSAGE_FN EncryptMessage;
	DECRYPT_MESSAGE_FN DecryptMessage;
	SET_CONTEXT_ATTRIBUTES_FN_W SetContextAttributesW;
	SET_CREDENTIALS_ATTRIBUTES_FN_W SetCredentialsAttributesW;
	CHANGE_PASSWORD_FN_W ChangeAccountPasswordW;
	QUERY_CONTEXT_ATTRIBUTES_EX_FN_W QueryContextAttributesExW;
	QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W QueryCredentialsAttributesExW;
} SecurityFunctionTableW, *PSecurityFunctionTableW;

typedef struct _SECURITY_FUNCTION_TABLE_A {
	ULONG dwVersion;
	ENUMERATE_SECURITY_PACKAGES_FN_A EnumerateSecurityPackagesA;
	QUERY_CREDENTIALS_ATTRIBUTES_FN_A QueryCredentialsAttributesA;
	ACQUIRE_CREDENTIALS_HANDLE_FN_A AcquireCredentialsHandleA;
	union {
		FREE_CREDENTIALS_HANDLE_FN FreeCredentialsHandle;
		FREE_CREDENTIALS_HANDLE_FN FreeCredentialHandle;
	};
	void *Reserved2;
	INITIALIZE_SECURITY_CONTEXT_FN_A InitializeSecurityContextA;
	ACCEPT_SECURITY_CONTEXT_FN AcceptSecurityContext;
	COMPLETE_AUTH_TOKEN_FN CompleteAuthToken;
	DELETE_SECURITY_CONTEXT_FN DeleteSecurityContext;
	APPLY_CONTROL_TOKEN_FN ApplyControlToken;
	QUERY_CONTEXT_ATTRIBUTES_FN_A QueryContextAttributesA;
	IMPERSONATE_SECURITY_CONTEXT_FN ImpersonateSecurityContext;
	REVERT_SECURITY_CONTEXT_FN RevertSecurityContext;
	MAKE_SIGNATURE_FN MakeSignature;
	VERIFY_SIGNATURE_FN VerifySignature;
	FREE_CONTEXT_BUFFER_FN FreeContextBuffer;
	QUERY_SECURITY_PACKAGE_INFO_FN_A QuerySecurityPackageInfoA;
	void *Reserved3;
	void *Reserved4;
	EXPORT_SECURITY_CONTEXT_FN ExportSecurityContext;
	IMPORT_SECURITY_CONTEXT_FN_A ImportSecurityContextA;
	ADD_CREDENTIALS_FN_A AddCredentialsA;
	void *Reserved8;
	QUERY_SECURITY_CONTEXT_TOKEN_FN QuerySecurityContextToken;
	ENCRYPT_MESSAGE_FN EncryptMessage;
	DECRYPT_MESSAGE_FN DecryptMessage;
	SET_CONTEXT_ATTRIBUTES_FN_A SetContextAttributesA;
	SET_CREDENTIALS_ATTRIBUTES_FN_A SetCredentialsAttributesA;
	CHANGE_PASSWORD_FN_A ChangeAccountPasswordA;
	QUERY_CONTEXT_ATTRIBUTES_EX_FN_A QueryContextAttributesExA;
	QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A QueryCredentialsAttributesExA;
} SecurityFunctionTableA, *PSecurityFunctionTableA;

#define SecurityFunctionTable OPENSSPI_AW(SecurityFunctionTable)
#define PSecurityFunctionTable OPENSSPI_AW(PSecurityFunctionTable)

#define SECURITY_ENTRYPOINT_ANSIW "InitSecurityInterfaceW"
#define SECURITY_ENTRYPOINT_ANSIA "InitSecurityInterfaceA"
#define SECURITY_ENTRYPOINTW SEC_TEXT("InitSecurityInterfaceW")
#define SECURITY_ENTRYPOINTA SEC_TEXT("InitSecurityInterfaceA")
#define SECURITY_ENTRYPOINT16 "INITSECURITYINTERFACEA"
#define SECURITY_ENTRYPOINT OPENSSPI_AW(SECURITY_ENTRYPOINT)
#define SECURITY_ENTRYPOINT_ANSI OPENSSPI_AW(SECURITY_ENTRYPOINT_ANSI)

/* The table of all functions, version 5, every member filled. It is constant and never freed; does
 * not fail.
 * Microsoft: InitSecurityInterface. */
OPENSSPI_API PSecurityFunctionTableA SEC_ENTRY InitSecurityInterfaceA(void);
OPENSSPI_API PSecurityFunctionTableW SEC_ENTRY InitSecurityInterfaceW(void);
#define InitSecurityInterface OPENSSPI_AW(InitSecurityInterface)
typedef PSecurityFunctionTableA(SEC_ENTRY *INIT_SECURITY_INTERFACE_A)(void);
typedef PSecurityFunctionTableW(SEC_ENTRY *INIT_SECURITY_INTERFACE_W)(void);
#define INIT_SECURITY_INTERFACE OPENSSPI_U_AW(INIT_SECURITY_INTERFACE)

/* ---- Adding and removing packages ------------------------------------------------------------ */

typedef struct _SECURITY_PACKAGE_OPTIONS {
	ULONG Size;
	ULONG Type;
	ULONG Flags;
	ULONG SignatureSize;
	void *Signature;
} SECURITY_PACKAGE_OPTIONS, *PSECURITY_PACKAGE_OPTIONS;

#define SECPKG_OPTIONS_TYPE_UNKNOWN 0
#define SECPKG_OPTIONS_TYPE_LSA 1
#define SECPKG_OPTIONS_TYPE_SSPI 2
#define SECPKG_OPTIONS_PERMANENT 0x00000001

OPENSSPI_API SECURITY_STATUS SEC_ENTRY AddSecurityPackageA(LPSTR pszPackageName,
							   PSECURITY_PACKAGE_OPTIONS pOptions);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY AddSecurityPackageW(LPWSTR pszPackageName,
							   PSECURITY_PACKAGE_OPTIONS pOptions);
#define AddSecurityPackage OPENSSPI_AW(AddSecurityPackage)
OPENSSPI_API SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageA(LPSTR pszPackageName);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageW(LPWSTR pszPackageName);
#define DeleteSecurityPackage OPENSSPI_AW(DeleteSecurityPackage)

/* ---- SASL ------------------------------------------------------------------------------------ */

#define SASL_OPTION_SEND_SIZE 1
#define SASL_OPTION_RECV_SIZE 2
#define SASL_OPTION_AUTHZ_STRING 3
#define SASL_OPTION_AUTHZ_PROCESSING 4

typedef enum _SASL_AUTHZID_STATE {
	Sasl_AuthZIDForbidden = 0,
	Sasl_AuthZIDProcessed = 1
} SASL_AUTHZID_STATE;

OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslEnumerateProfilesA(LPSTR *ProfileList,
							      ULONG *ProfileCount);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslEnumerateProfilesW(LPWSTR *ProfileList,
							      ULONG *ProfileCount);
#define SaslEnumerateProfiles OPENSSPI_AW(SaslEnumerateProfiles)
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslGetProfilePackageA(LPSTR ProfileName,
							      PSecPkgInfoA *PackageInfo);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslGetProfilePackageW(LPWSTR ProfileName,
							      PSecPkgInfoW *PackageInfo);
#define SaslGetProfilePackage OPENSSPI_AW(SaslGetProfilePackage)
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslIdentifyPackageA(PSecBufferDesc pInput,
							    PSecPkgInfoA *PackageInfo);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslIdentifyPackageW(PSecBufferDesc pInput,
							    PSecPkgInfoW *PackageInfo);
#define SaslIdentifyPackage OPENSSPI_AW(SaslIdentifyPackage)
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslInitializeSecurityContextW(
	PCredHandle phCredential, PCtxtHandle phContext, LPWSTR pszTargetName, ULONG fContextReq,
	ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
	PCtxtHandle phNewContext, PSecBufferDesc pOutput, OPENSSPI_PULONG pfContextAttr,
	PTimeStamp ptsExpiry);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslInitializeSecurityContextA(
	PCredHandle phCredential, PCtxtHandle phContext, LPSTR pszTargetName, ULONG fContextReq,
	ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
	PCtxtHandle phNewContext, PSecBufferDesc pOutput, OPENSSPI_PULONG pfContextAttr,
	PTimeStamp ptsExpiry);
#define SaslInitializeSecurityContext OPENSSPI_AW(SaslInitializeSecurityContext)
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SaslAcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext, PSecBufferDesc pInput,
			  ULONG fContextReq, ULONG TargetDataRep, PCtxtHandle phNewContext,
			  PSecBufferDesc pOutput, OPENSSPI_PULONG pfContextAttr,
			  PTimeStamp ptsExpiry);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslSetContextOption(PCtxtHandle ContextHandle, ULONG Option,
							    PVOID Value, ULONG Size);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SaslGetContextOption(PCtxtHandle ContextHandle, ULONG Option,
							    PVOID Value, ULONG Size, PULONG Needed);

/* ---- Identities as opaque things ------------------------------------------------------------- */

#define SSPIPFC_CREDPROV_DO_NOT_SAVE 0x00000001
#define SSPIPFC_SAVE_CRED_BY_CALLER SSPIPFC_CREDPROV_DO_NOT_SAVE
#define SSPIPFC_NO_CHECKBOX 0x00000002
#define SSPIPFC_CREDPROV_DO_NOT_LOAD 0x00000004
#define SSPIPFC_USE_CREDUIBROKER 0x00000008
#define SSPIPFC_VALID_FLAGS 0x0000000F

/* An identity that these functions take may have any form that AcquireCredentialsHandle takes, or be
 * one of theirs. What they hand out as an identity is one block for SspiFreeAuthIdentity; strings and
 * bytes are for SspiLocalFree (SspiFreeAuthIdentity does too). Both wipe. Each may answer
 * SEC_E_INVALID_PARAMETER (a missing pointer), SEC_E_UNKNOWN_CREDENTIALS (not an identity, or sealed
 * where it cannot be opened) and SEC_E_INSUFFICIENT_MEMORY. */

/* Would ask the user for credentials. Answers a Win32 error number, not a SECURITY_STATUS:
 * ERROR_INVALID_PARAMETER without a target, ERROR_NO_SUCH_PACKAGE, else ERROR_NOT_SUPPORTED: there is
 * nobody to ask here. pUiInfo is a PCREDUI_INFO or NULL.
 * Microsoft: SspiPromptForCredentials. */
OPENSSPI_API ULONG SEC_ENTRY SspiPromptForCredentialsW(
	PCWSTR pszTargetName, PVOID pUiInfo, ULONG dwAuthError, PCWSTR pszPackage,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE pInputAuthIdentity,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity, int *pfSave, ULONG dwFlags);
OPENSSPI_API ULONG SEC_ENTRY SspiPromptForCredentialsA(
	PCSTR pszTargetName, PVOID pUiInfo, ULONG dwAuthError, PCSTR pszPackage,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE pInputAuthIdentity,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity, int *pfSave, ULONG dwFlags);
#define SspiPromptForCredentials OPENSSPI_AW(SspiPromptForCredentials)

/* What to pass to CredRead to find the identity's saved credential: type CRED_TYPE_DOMAIN_PASSWORD and
 * the target's name (SspiLocalFree).
 * Microsoft: SspiPrepareForCredRead. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiPrepareForCredRead(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, PCWSTR pszTargetName,
		       PULONG pCredmanCredentialType, PCWSTR *ppszCredmanTargetName);
/* What to pass to CredWrite to save it: type, target (NULL in: the user's name), user name
 * ("DOMAIN\\user") and the password's UTF-16 bytes, each for SspiLocalFree. An identity without a user
 * is SEC_E_UNKNOWN_CREDENTIALS.
 * Microsoft: SspiPrepareForCredWrite. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiPrepareForCredWrite(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, PCWSTR pszTargetName,
			PULONG pCredmanCredentialType, PCWSTR *ppszCredmanTargetName,
			PCWSTR *ppszCredmanUserName, PUCHAR *ppCredentialBlob,
			PULONG pCredentialBlobSize);
/* Makes the password unreadable where it lies, and readable again; the other functions and
 * AcquireCredentialsHandle take it either way. Options is SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS,
 * which the short forms imply; _SAME_LOGON and _FOR_SYSTEM are SEC_E_UNSUPPORTED_FUNCTION. Doing it
 * twice does nothing more. There is no integrity: an altered identity opens to another password.
 * Microsoft: SspiEncryptAuthIdentityEx, SspiDecryptAuthIdentityEx, SspiIsAuthIdentityEncrypted. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiEncryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiEncryptAuthIdentityEx(ULONG Options, PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiDecryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiDecryptAuthIdentityEx(ULONG Options, PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);
OPENSSPI_API BOOLEAN SEC_ENTRY
SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);
/* An identity as three strings (SspiLocalFree; NULL for what it has not; a string that is not wanted may
 * be NULL): user, domain, and the password. With a list of packages, or a password that begins with
 * "@@", the third string holds both in the form of a marshalled credential. STATUS_INVALID_PARAMETER
 * for one that is encrypted.
 * Microsoft: SspiEncodeAuthIdentityAsStrings. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiEncodeAuthIdentityAsStrings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE pAuthIdentity, PCWSTR *ppszUserName,
				PCWSTR *ppszDomainName, PCWSTR *ppszPackedCredentialsString);
/* The way back; a third string that is not such a form is the password itself. Any may be NULL, not all.
 * Microsoft: SspiEncodeStringsAsAuthIdentity. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiEncodeStringsAsAuthIdentity(PCWSTR pszUserName, PCWSTR pszDomainName,
				PCWSTR pszPackedCredentialsString,
				PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);
/* SEC_E_OK for an identity that can be read whole: lengths, offsets, text.
 * Microsoft: SspiValidateAuthIdentity. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
/* A copy in a block of its own; an encrypted one stays so.
 * Microsoft: SspiCopyAuthIdentity. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiCopyAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData,
		     PSEC_WINNT_AUTH_IDENTITY_OPAQUE *AuthDataCopy);
/* Release what was handed out; wipe an identity's password and keep the rest; NULL is fine. Only the
 * second takes identities that the caller made.
 * Microsoft: SspiFreeAuthIdentity, SspiZeroAuthIdentity, SspiLocalFree. */
OPENSSPI_API VOID SEC_ENTRY SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
OPENSSPI_API VOID SEC_ENTRY SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
OPENSSPI_API VOID SEC_ENTRY SspiLocalFree(PVOID DataBuffer);
/* Whether two name the same user (case ignored, "DOMAIN\\user" as well as in two parts), and whether
 * password and list of packages are the same as well. NULL is the caller's own identity. Either answer
 * may be NULL.
 * Microsoft: SspiCompareAuthIdentities. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiCompareAuthIdentities(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity1,
			  PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity2,
			  PBOOLEAN SameSuppliedUser, PBOOLEAN SameSuppliedIdentity);
/* An identity as bytes (SspiLocalFree), and back from bytes of any origin. An encrypted one makes sense
 * in this process alone.
 * Microsoft: SspiMarshalAuthIdentity, SspiUnmarshalAuthIdentity. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, ULONG *AuthIdentityLength,
			char **AuthIdentityByteArray);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiUnmarshalAuthIdentity(ULONG AuthIdentityLength, char *AuthIdentityByteArray,
			  PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);
/* TRUE for a status (SECURITY_STATUS, NTSTATUS or Win32 error) that other credentials may cure.
 * Microsoft: SspiIsPromptingNeeded. */
OPENSSPI_API BOOLEAN SEC_ENTRY SspiIsPromptingNeeded(ULONG ErrorOrNtStatus);
/* The host in "class/host:port/name" (SspiLocalFree); SEC_E_TARGET_UNKNOWN when there is none.
 * Microsoft: SspiGetTargetHostName. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SspiGetTargetHostName(PCWSTR pszTargetName,
							     PWSTR *pszHostName);
/* A copy of the identity (NULL: the caller's own) whose list of packages says "!name" too.
 * SEC_E_INVALID_PARAMETER for what cannot be a package's name.
 * Microsoft: SspiExcludePackage. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY
SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, PCWSTR pszPackageName,
		   PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppNewAuthIdentity);
/* Talk to credential providers, which there are none of: SEC_E_UNSUPPORTED_FUNCTION.
 * Microsoft: SspiGetCredUIContext, SspiUpdateCredentials, SspiUnmarshalCredUIContext. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SspiGetCredUIContext(
	HANDLE ContextHandle, GUID *CredType, LUID *LogonId,
	PSEC_WINNT_CREDUI_CONTEXT_VECTOR *CredUIContexts, HANDLE *TokenHandle);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SspiUpdateCredentials(HANDLE ContextHandle, GUID *CredType,
							     ULONG FlatCredUIContextLength,
							     PUCHAR FlatCredUIContext);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY SspiUnmarshalCredUIContext(
	PUCHAR MarshaledCredUIContext, ULONG MarshaledCredUIContextLength,
	PSEC_WINNT_CREDUI_CONTEXT *CredUIContext);

OPENSSPI_END_DECLS

#endif
