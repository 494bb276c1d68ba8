/* packages/credssp/user.c - messages of a finished CREDSSP context: TLS records of the layer below.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/keeper.h"
#include "packages/credssp/engine.h"
#include "packages/credssp/lsa.h"

static struct keeper mapped = KEEPER_INIT;

NTSTATUS NTAPI cs_user_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
				     PVOID *user_functions)
{
	return keeper_open(&mapped);
}

static NTSTATUS map_number(const uint8_t *bytes, size_t n, void **out)
{
	uint64_t number;

	if (bytes && n == sizeof(number)) {
		memcpy(&number, bytes, sizeof(number));
		*out = cs_context_find(number);
	}
	return *out ? STATUS_SUCCESS : fail(SEC_E_INVALID_HANDLE, "mapping a CREDSSP context");
}

NTSTATUS NTAPI cs_user_init_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	return keeper_map(&mapped, handle, packed, map_number);
}

NTSTATUS NTAPI cs_user_delete_context(LSA_SEC_HANDLE handle)
{
	return keeper_delete(&mapped, handle);
}

NTSTATUS NTAPI cs_user_make_signature(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
				      ULONG sequence)
{
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "MakeSignature with CREDSSP");
}

NTSTATUS NTAPI cs_user_verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					ULONG sequence, PULONG qop)
{
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "VerifySignature with CREDSSP");
}

NTSTATUS NTAPI cs_user_seal_message(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
				    ULONG sequence)
{
	CLEANUP(cs_context_unref_p) struct cs_context *c = keeper_find(&mapped, handle);
	if (!c)
		return SEC_E_INVALID_HANDLE;
	return cs_host()->extension->ReachSeal(c->tls, message, sequence);
}

NTSTATUS NTAPI cs_user_unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message, ULONG sequence,
				      PULONG qop)
{
	CLEANUP(cs_context_unref_p) struct cs_context *c = keeper_find(&mapped, handle);
	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (qop)
		*qop = 0;
	return cs_host()->extension->ReachUnseal(c->tls, message, sequence);
}
