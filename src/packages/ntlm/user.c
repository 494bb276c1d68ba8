/* packages/ntlm/user.c - NTLM's user-mode half: protects messages in the caller's process.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Contexts are found by the LSA half's handle value. Nothing is allocated per message, and one
 * thread may seal while another unseals. */
#include "base/base.h"

#include "base/block.h"
#include "base/keymap.h"
#include "packages/ntlm/lsa.h"
#include "packages/ntlm/protect.h"

struct user_context {
	atomic_uint refs;
	struct ntlm_session session;
	struct secret *state; /* a struct ntlm_protection */
};

static struct keymap contexts = KEYMAP_INIT;

static struct ntlm_protection *protection_of(const struct user_context *u)
{
	return (struct ntlm_protection *)(void *)u->state->p;
}

static void user_unref(struct user_context *u)
{
	if (!u || atomic_fetch_sub(&u->refs, 1) != 1)
		return;
	if (u->state)
		ntlm_protection_done(protection_of(u));
	secret_free(u->state);
	ntlm_session_done(&u->session);
	mem_free(u);
}
DEFINE_CLEANUP(struct user_context *, user_unref)

static void user_visit(void *context)
{
	atomic_fetch_add(&((struct user_context *)context)->refs, 1);
}

static struct user_context *user_find(LSA_SEC_HANDLE handle)
{
	return keymap_find(&contexts, handle, user_visit);
}

NTSTATUS NTAPI ntlm_user_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
				       PVOID *user_functions)
{
	if (!keymap_guard_forks(&contexts))
		return fail(STATUS_INSUFFICIENT_RESOURCES, "guarding user-mode contexts");
	return STATUS_SUCCESS;
}

static NTSTATUS user_new(struct rd packed, struct user_context **out)
{
	CLEANUP(user_unref_p) struct user_context *u = MEM_NEW(struct user_context);
	if (!u)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "user-mode context");
	atomic_init(&u->refs, 1);
	NTSTATUS status = ntlm_session_unpack(packed, &u->session);
	if (failed(status))
		return status;
	u->state = secret_new(sizeof(struct ntlm_protection));
	if (!u->state)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "user-mode context");
	ntlm_protection_init(protection_of(u), &u->session);
	*out = TAKE(u);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ntlm_user_init_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	CLEANUP(user_unref_p) struct user_context *u = NULL;

	NTSTATUS status = user_new(rd_of(packed->pvBuffer, packed->cbBuffer), &u);
	block_free(packed->pvBuffer);
	*packed = (SecBuffer){ .BufferType = packed->BufferType };
	if (failed(status))
		return status;
	/* A context that is mapped anew starts anew. */
	user_unref(keymap_remove(&contexts, handle));
	if (!keymap_add(&contexts, handle, u))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "user-mode contexts");
	u = NULL;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ntlm_user_delete_context(LSA_SEC_HANDLE handle)
{
	struct user_context *u = keymap_remove(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "user-mode context");
	user_unref(u);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ntlm_user_make_signature(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
					ULONG sequence)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "MakeSignature");
	return ntlm_sign(protection_of(u), message);
}

NTSTATUS NTAPI ntlm_user_verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					  ULONG sequence, PULONG qop)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "VerifySignature");
	if (qop)
		*qop = 0;
	return ntlm_verify(protection_of(u), message);
}

NTSTATUS NTAPI ntlm_user_seal_message(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
				      ULONG sequence)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "EncryptMessage");
	if (qop != 0 && qop != SECQOP_WRAP_NO_ENCRYPT)
		return fail(SEC_E_QOP_NOT_SUPPORTED, "EncryptMessage: quality of protection");
	return ntlm_seal(protection_of(u), message, qop == 0);
}

NTSTATUS NTAPI ntlm_user_unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					ULONG sequence, PULONG qop)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "DecryptMessage");
	if (qop)
		*qop = 0;
	return ntlm_unseal(protection_of(u), message);
}

NTSTATUS NTAPI ntlm_user_get_context_token(LSA_SEC_HANDLE handle, PHANDLE token)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "context token");
	return fail(SEC_E_NO_IMPERSONATION, "there are no access tokens on this system");
}

NTSTATUS NTAPI ntlm_user_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	return ntlm_session_query(&u->session, attribute, buffer);
}
