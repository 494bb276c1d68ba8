/* credssp.h - the packages CREDSSP and TSSSP: their auth data, attributes and names.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CREDSSP_H
#define OPENSSPI_CREDSSP_H

#include "windef.h"
#include "sspi.h"
#include "schannel.h"

#define CREDSSP_NAME OPENSSPI_WIDE("CREDSSP")
#define TS_SSP_NAME_A "TSSSP"
#define TS_SSP_NAME OPENSSPI_WIDE("TSSSP")
#define szOID_TS_KP_TS_SERVER_AUTH "1.3.6.1.4.1.311.54.1.2"

/* What pSpnegoCred points to. The spelling of the type's name is Windows'. */
typedef enum _CREDSSP_SUBMIT_TYPE {
	CredsspPasswordCreds = 2, /* SEC_WINNT_AUTH_IDENTITY */
	CredsspSchannelCreds = 4, /* nothing: only pSchannelCred is given */
	CredsspCertificateCreds = 13, /* KERB_CERTIFICATE_LOGON */
	CredsspSubmitBufferBoth = 50, /* SEC_WINNT_AUTH_IDENTITY_EX2 */
	CredsspSubmitBufferBothOld = 51, /* SEC_WINNT_AUTH_IDENTITY, plain or EX */
	CredsspCredEx = 100 /* the structure is a CREDSSP_CRED_EX */
} CREDSPP_SUBMIT_TYPE;

typedef struct _CREDSSP_CRED {
	CREDSPP_SUBMIT_TYPE Type;
	PVOID pSchannelCred; /* SCHANNEL_CRED or SCH_CREDENTIALS, or NULL for the default */
	PVOID pSpnegoCred; /* as Type says, or NULL for the default credentials */
} CREDSSP_CRED, *PCREDSSP_CRED;

#define CREDSSP_CRED_EX_VERSION 0
#define CREDSSP_FLAG_REDIRECT 0x1

typedef struct _CREDSSP_CRED_EX {
	CREDSPP_SUBMIT_TYPE Type; /* CredsspCredEx */
	ULONG Version; /* CREDSSP_CRED_EX_VERSION */
	ULONG Flags; /* CREDSSP_FLAG_ bits */
	ULONG Reserved; /* 0 */
	CREDSSP_CRED Cred;
} CREDSSP_CRED_EX, *PCREDSSP_CRED_EX;

/* The delegated credentials, AuthBufferLen bytes, for CredUnPackAuthenticationBuffer;
 * FreeContextBuffer frees and wipes AuthBuffer. */
typedef struct _SecPkgContext_ClientCreds {
	ULONG AuthBufferLen;
	PUCHAR AuthBuffer;
} SecPkgContext_ClientCreds, *PSecPkgContext_ClientCreds;

#define SECPKG_ALT_ATTR 0x80000000
#define SECPKG_ATTR_C_ACCESS_TOKEN (SECPKG_ALT_ATTR | SECPKG_ATTR_ACCESS_TOKEN)
#define SECPKG_ATTR_CREDS (SECPKG_ALT_ATTR | 128)
#define SECPKG_ATTR_NEGOTIATION_PACKAGE (SECPKG_ALT_ATTR | 129)
#define SECPKG_ATTR_C_FULL_ACCESS_TOKEN (SECPKG_ALT_ATTR | 130)
#define SECPKG_ATTR_SERVER_AUTH_FLAGS (SECPKG_ALT_ATTR | 131)
#define SECPKG_ATTR_CERT_TRUST_STATUS (SECPKG_ALT_ATTR | 132)
#define SECPKG_ATTR_C_FULL_IDENT_TOKEN (SECPKG_ALT_ATTR | 133)
#define SECPKG_ATTR_CREDS_2 (SECPKG_ALT_ATTR | 134)

/* SECPKG_ATTR_SERVER_AUTH_FLAGS: how the server was authenticated; none of them is NTLM. */
#define CREDSSP_SERVER_AUTH_NEGOTIATE 0x1
#define CREDSSP_SERVER_AUTH_CERTIFICATE 0x2
#define CREDSSP_SERVER_AUTH_LOOPBACK 0x4

#endif
