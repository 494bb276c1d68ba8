/* packages/credssp/user.c - messages of a finished CREDSSP context: TLS records of the layer below.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/keymap.h"
#include "packages/credssp/engine.h"
#include "packages/credssp/lsa.h"

static struct keymap mapped = KEYMAP_INIT;

NTSTATUS NTAPI cs_user_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
				     PVOID *user_functions)
{
	if (!keymap_guard_forks(&mapped))
		return fail(STATUS_INSUFFICIENT_RESOURCES, "guarding user-mode contexts");
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI cs_user_init_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	struct cs_context *c = NULL;
	uint64_t number;

	if (packed->pvBuffer && packed->cbBuffer == sizeof(number)) {
		memcpy(&number, packed->pvBuffer, sizeof(number));
		c = cs_context_find(number);
	}
	block_free(packed->pvBuffer);
	packed->pvBuffer = NULL;
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "mapping a CREDSSP context");
	if (keymap_add(&mapped, handle, c))
		return STATUS_SUCCESS;
	cs_context_unref(c);
	return fail(SEC_E_INSUFFICIENT_MEMORY, "mapping a CREDSSP context");
}

NTSTATUS NTAPI cs_user_delete_context(LSA_SEC_HANDLE handle)
{
	struct cs_context *c = keymap_remove(&mapped, handle);
	if (!c)
		return SEC_E_INVALID_HANDLE;
	cs_context_unref(c);
	return STATUS_SUCCESS;
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
	CLEANUP(cs_context_unref_p)
	struct cs_context *c = keymap_find(&mapped, handle, cs_context_ref);
	if (!c)
		return SEC_E_INVALID_HANDLE;
	return cs_host()->extension->ReachSeal(c->tls, message, sequence);
}

NTSTATUS NTAPI cs_user_unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message, ULONG sequence,
				      PULONG qop)
{
	CLEANUP(cs_context_unref_p)
	struct cs_context *c = keymap_find(&mapped, handle, cs_context_ref);
	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (qop)
		*qop = 0;
	return cs_host()->extension->ReachUnseal(c->tls, message, sequence);
}
