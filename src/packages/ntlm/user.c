/* packages/ntlm/user.c - NTLM's user-mode half: protects messages in the caller's process.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Contexts are found by the LSA half's handle value. Nothing is allocated per message, and one
 * thread may seal while another unseals. */
#include "base/base.h"

#include "base/keeper.h"
#include "packages/ntlm/buffers.h"
#include "packages/ntlm/lsa.h"
#include "packages/ntlm/protect.h"

struct user_context {
	struct counted counted;
	struct ntlm_session session;
	struct secret *state; /* a struct ntlm_protection */
};

static struct keeper contexts = KEEPER_INIT;

static struct ntlm_protection *protection_of(const struct user_context *u)
{
	return (struct ntlm_protection *)(void *)u->state->p;
}

static void user_end(void *context)
{
	struct user_context *u = context;

	if (u->state)
		ntlm_protection_done(protection_of(u));
	secret_free(u->state);
	ntlm_session_done(&u->session);
	mem_free(u);
}

NTSTATUS NTAPI ntlm_user_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
				       PVOID *user_functions)
{
	return keeper_open(&contexts);
}

/* From a packed session, which is taken off; the protection has just begun. */
static NTSTATUS user_new(struct rd *packed, struct user_context **out)
{
	CLEANUP(counted_unref_p) struct user_context *u = MEM_NEW(struct user_context);
	if (!u)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "user-mode context");
	counted_init(&u->counted, user_end);
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

static NTSTATUS user_map(const uint8_t *bytes, size_t n, void **out)
{
	CLEANUP(counted_unref_p) struct user_context *u = NULL;
	struct rd r = rd_of(bytes, n);

	NTSTATUS status = user_new(&r, &u);
	if (!failed(status) && !rd_empty(r))
		status = fail(SEC_E_INVALID_TOKEN, "packed NTLM context: length");
	if (!failed(status))
		*out = TAKE(u);
	return status;
}

NTSTATUS NTAPI ntlm_user_init_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	return keeper_map(&contexts, handle, packed, user_map);
}

/* ---- from one process to another ---- */

/* Behind this: the packed session, whether states follow, and those. */
#define EXPORT_MAGIC 0x5845544Eu
#define EXPORT_VERSION 1u

NTSTATUS NTAPI ntlm_user_export_context(LSA_SEC_HANDLE handle, ULONG flags, PSecBuffer packed,
					PHANDLE token)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	CLEANUP(wr_done) struct wr w = WR(NTLM_PACKED_MAX);
	bool anew = flags & SECPKG_CONTEXT_EXPORT_RESET_NEW;

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "ExportSecurityContext");
	if (flags & ~(ULONG)(SECPKG_CONTEXT_EXPORT_RESET_NEW | SECPKG_CONTEXT_EXPORT_DELETE_OLD))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "export to the kernel");
	wr_u32le(&w, EXPORT_MAGIC);
	wr_u32le(&w, EXPORT_VERSION);
	ntlm_session_pack(&w, &u->session);
	wr_u8(&w, !anew);
	if (!anew)
		ntlm_protection_pack(&w, protection_of(u));
	return keeper_export(packed, wr_ok(&w) ? w.buf : NULL, w.len, token);
}

static NTSTATUS user_import(const uint8_t *bytes, size_t n, void **out)
{
	CLEANUP(counted_unref_p) struct user_context *u = NULL;
	struct rd r = rd_of(bytes, n);
	uint32_t magic, version;
	uint8_t has_states;

	if (!rd_u32le(&r, &magic) || magic != EXPORT_MAGIC || !rd_u32le(&r, &version) ||
	    version != EXPORT_VERSION)
		return fail(SEC_E_INVALID_TOKEN, "exported NTLM context");
	NTSTATUS status = user_new(&r, &u);
	if (failed(status))
		return status;
	if (!rd_u8(&r, &has_states) || has_states > 1 ||
	    (has_states && !ntlm_protection_unpack(&r, protection_of(u))) || !rd_empty(r))
		return fail(SEC_E_INVALID_TOKEN, "exported NTLM context: states");
	*out = TAKE(u);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ntlm_user_import_context(PSecBuffer packed, HANDLE token, PLSA_SEC_HANDLE handle)
{
	return keeper_import(&contexts, packed, user_import, handle);
}

NTSTATUS NTAPI ntlm_user_delete_context(LSA_SEC_HANDLE handle)
{
	return keeper_delete(&contexts, handle);
}

NTSTATUS NTAPI ntlm_user_make_signature(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
					ULONG sequence)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "MakeSignature");
	if (qop != 0)
		return fail(SEC_E_QOP_NOT_SUPPORTED, "MakeSignature: quality of protection");
	return ntlm_sign(protection_of(u), message, sequence);
}

NTSTATUS NTAPI ntlm_user_verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					  ULONG sequence, PULONG qop)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "VerifySignature");
	if (qop)
		*qop = 0;
	return ntlm_verify(protection_of(u), message, sequence);
}

NTSTATUS NTAPI ntlm_user_seal_message(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
				      ULONG sequence)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "EncryptMessage");
	if (qop != 0 && qop != SECQOP_WRAP_NO_ENCRYPT)
		return fail(SEC_E_QOP_NOT_SUPPORTED, "EncryptMessage: quality of protection");
	return ntlm_seal(protection_of(u), message, sequence, qop == 0);
}

NTSTATUS NTAPI ntlm_user_unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					ULONG sequence, PULONG qop)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "DecryptMessage");
	return ntlm_unseal(protection_of(u), message, sequence, qop);
}

/* Negotiate tells what it signed and verified elsewhere: a MECHLIST_SIGNATURE buffer of two numbers. */
NTSTATUS NTAPI ntlm_user_complete_token(LSA_SEC_HANDLE handle, PSecBufferDesc told)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	struct rd r = buffer_bytes(told, SECBUFFER_MECHLIST_SIGNATURE);
	uint32_t sent, received;

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "CompleteAuthToken");
	if (!rd_u32le(&r, &sent) || !rd_u32le(&r, &received) || !rd_empty(r))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "CompleteAuthToken");
	ntlm_protection_skip(protection_of(u), sent, received);
	return SEC_E_OK;
}

NTSTATUS NTAPI ntlm_user_get_context_token(LSA_SEC_HANDLE handle, PHANDLE token)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "context token");
	return fail(SEC_E_NO_IMPERSONATION, "the facade makes tokens, of the client's account");
}

NTSTATUS NTAPI ntlm_user_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	return ntlm_session_query(&u->session, attribute, buffer);
}
