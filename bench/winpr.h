/* bench/winpr.h - what differs between OpenSSPI and WinPR for sspi.c: WinPR's side.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The account's hash is handed to each server context, which spares WinPR reading its file. */
#ifndef BENCH_WINPR_H
#define BENCH_WINPR_H

#include <string.h>
#include <winpr/winpr.h>
#include <winpr/ntlm.h>
#include <winpr/sspi.h>

#include "peer.h"

#define PEER_NAME "WinPR"
#define HAS_CREDSSP false

/* Only OpenSSPI's CREDSSP uses these. */
#define CredsspSubmitBufferBothOld 51
typedef struct {
	int Type;
	void *pSchannelCred, *pSpnegoCred;
} CREDSSP_CRED;

static uint8_t account_hash[16];

static inline bool account_ready(void)
{
	return NTOWFv1A((LPSTR)(uintptr_t)BENCH_PASSWORD, sizeof(BENCH_PASSWORD) - 1, account_hash);
}

static inline bool server_ready(PSecurityFunctionTableW t, PCtxtHandle context)
{
	SecPkgContext_AuthNtlmHash hash = { .Version = 1 };
	memcpy(hash.NtlmHash, account_hash, sizeof(account_hash));
	return t->SetContextAttributesW(context, SECPKG_ATTR_AUTH_NTLM_HASH, &hash, sizeof(hash)) ==
	       SEC_E_OK;
}

#endif
