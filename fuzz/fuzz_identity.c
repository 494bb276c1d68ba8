/* fuzz/fuzz_identity.c - identities from anywhere, through the Sspi functions that work on them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The input is a marshalled identity, and once more a string of packed credentials. What is taken must
 * survive a copy, strings and back, sealing and opening, and stay the same. */
#include "base/base.h"

#include <sspi.h>
#include <stdlib.h>

#define UNITS_MAX 4096

static void same(PSEC_WINNT_AUTH_IDENTITY_OPAQUE a, PSEC_WINNT_AUTH_IDENTITY_OPAQUE b)
{
	BOOLEAN user, identity;
	if (SspiCompareAuthIdentities(a, b, &user, &identity) != SEC_E_OK || !user || !identity)
		abort();
}

static void by_strings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE again = NULL;
	PCWSTR text[3];

	if (SspiEncodeAuthIdentityAsStrings(id, &text[0], &text[1], &text[2]) != SEC_E_OK)
		return;
	if (SspiEncodeStringsAsAuthIdentity(text[0], text[1], text[2], &again) == SEC_E_OK)
		same(id, again);
	for (size_t i = 0; i < 3; i++)
		SspiLocalFree((PVOID)(uintptr_t)text[i]);
	SspiFreeAuthIdentity(again);
}

static void take(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy = NULL;

	by_strings(id);
	if (SspiCopyAuthIdentity(id, &copy) == SEC_E_OK) {
		same(id, copy);
		if (SspiIsAuthIdentityEncrypted(copy) != SspiIsAuthIdentityEncrypted(id) ||
		    SspiEncryptAuthIdentity(copy) != SEC_E_OK)
			abort();
		same(id, copy);
		if (SspiDecryptAuthIdentity(copy) != SEC_E_OK)
			abort();
		SspiZeroAuthIdentity(copy);
		SspiFreeAuthIdentity(copy);
	}
	if (SspiExcludePackage(id, u"NTLM", &copy) == SEC_E_OK)
		SspiFreeAuthIdentity(copy);
	SspiFreeAuthIdentity(id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id;
	WCHAR text[UNITS_MAX + 1] = { 0 };
	PWSTR host;

	if (SspiUnmarshalAuthIdentity((ULONG)size, (char *)(uintptr_t)data, &id) == SEC_E_OK)
		take(id);
	memcpy(text, data, size < sizeof(text) - 2 ? size : sizeof(text) - 2);
	if (SspiEncodeStringsAsAuthIdentity(u"user", NULL, text, &id) == SEC_E_OK)
		take(id);
	if (SspiGetTargetHostName(text, &host) == SEC_E_OK)
		SspiLocalFree(host);
	return 0;
}
