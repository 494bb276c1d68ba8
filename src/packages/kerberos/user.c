/* packages/kerberos/user.c - Kerberos' user-mode half: protects messages in the caller's process.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Contexts are found by the LSA half's handle value. Nothing is allocated per message, and one
 * thread may seal while another unseals. */
#include "base/base.h"

#include "base/keeper.h"
#include "packages/compose.h"
#include "packages/kerberos/caller.h"
#include "packages/kerberos/protect.h"
#include "packages/kerberos/user.h"

struct user_context {
	struct counted counted;
	struct kerberos_session session;
	struct kerberos_protection *protection;
};

static struct keeper contexts = KEEPER_INIT;

static void user_end(void *context)
{
	struct user_context *u = context;

	kerberos_protection_free(u->protection);
	kerberos_session_done(&u->session);
	mem_free(u);
}

NTSTATUS NTAPI kerberos_user_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
					   PVOID *user_functions)
{
	NTSTATUS status = kerberos_answer_register(functions);
	return failed(status) ? status : keeper_open(&contexts);
}

/* From a packed session, which is taken off; the protection has just begun. */
static NTSTATUS user_new(struct rd *packed, struct user_context **out)
{
	CLEANUP(counted_unref_p) struct user_context *u = MEM_NEW(struct user_context);

	if (!u)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "user-mode context");
	counted_init(&u->counted, user_end);
	NTSTATUS status = kerberos_session_unpack(packed, &u->session);
	if (!failed(status))
		status = kerberos_protection_new(&u->session, &u->protection);
	if (failed(status))
		return status;
	*out = TAKE(u);
	return STATUS_SUCCESS;
}

static NTSTATUS user_map(const uint8_t *bytes, size_t n, void **out)
{
	CLEANUP(counted_unref_p) struct user_context *u = NULL;
	struct rd r = rd_of(bytes, n);

	NTSTATUS status = user_new(&r, &u);
	if (!failed(status) && !rd_empty(r))
		status = fail(SEC_E_INVALID_TOKEN, "packed Kerberos context: length");
	if (!failed(status))
		*out = TAKE(u);
	return status;
}

NTSTATUS NTAPI kerberos_user_init_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	return keeper_map(&contexts, handle, packed, user_map);
}

/* ---- from one process to another ---- */

/* Behind this: the packed session, whether sequences follow, and those. */
#define EXPORT_MAGIC 0x5842524Bu
#define EXPORT_VERSION 1u

NTSTATUS NTAPI kerberos_user_export_context(LSA_SEC_HANDLE handle, ULONG flags, PSecBuffer packed,
					    PHANDLE token)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);
	bool anew = flags & SECPKG_CONTEXT_EXPORT_RESET_NEW;

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "ExportSecurityContext");
	if (flags & ~(ULONG)(SECPKG_CONTEXT_EXPORT_RESET_NEW | SECPKG_CONTEXT_EXPORT_DELETE_OLD))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "export to the kernel");
	wr_u32le(&w, EXPORT_MAGIC);
	wr_u32le(&w, EXPORT_VERSION);
	kerberos_session_pack(&w, &u->session);
	wr_u8(&w, !anew);
	if (!anew)
		kerberos_protection_pack(&w, u->protection);
	return keeper_export(packed, wr_ok(&w) ? w.buf : NULL, w.len, token);
}

static NTSTATUS user_import(const uint8_t *bytes, size_t n, void **out)
{
	CLEANUP(counted_unref_p) struct user_context *u = NULL;
	struct rd r = rd_of(bytes, n);
	uint32_t magic, version;
	uint8_t goes_on;

	if (!rd_u32le(&r, &magic) || magic != EXPORT_MAGIC || !rd_u32le(&r, &version) ||
	    version != EXPORT_VERSION)
		return fail(SEC_E_INVALID_TOKEN, "exported Kerberos context");
	NTSTATUS status = user_new(&r, &u);
	if (failed(status))
		return status;
	if (!rd_u8(&r, &goes_on) || goes_on > 1 ||
	    (goes_on && !kerberos_protection_unpack(&r, u->protection)) || !rd_empty(r))
		return fail(SEC_E_INVALID_TOKEN, "exported Kerberos context: sequences");
	*out = TAKE(u);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI kerberos_user_import_context(PSecBuffer packed, HANDLE token, PLSA_SEC_HANDLE handle)
{
	return keeper_import(&contexts, packed, user_import, handle);
}

NTSTATUS NTAPI kerberos_user_delete_context(LSA_SEC_HANDLE handle)
{
	return keeper_delete(&contexts, handle);
}

/* ---- messages: they carry their own numbers, so that the caller's say nothing ---- */

NTSTATUS NTAPI kerberos_user_make_signature(LSA_SEC_HANDLE handle, ULONG qop,
					    PSecBufferDesc message, ULONG sequence)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "MakeSignature");
	return kerberos_sign(u->protection, message, qop);
}

NTSTATUS NTAPI kerberos_user_verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					      ULONG sequence, PULONG qop)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "VerifySignature");
	return kerberos_verify(u->protection, message, qop);
}

NTSTATUS NTAPI kerberos_user_seal_message(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
					  ULONG sequence)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "EncryptMessage");
	if (qop != 0 && qop != SECQOP_WRAP_NO_ENCRYPT)
		return fail(SEC_E_QOP_NOT_SUPPORTED, "EncryptMessage: quality of protection");
	return kerberos_seal(u->protection, message, qop == 0);
}

NTSTATUS NTAPI kerberos_user_unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					    ULONG sequence, PULONG qop)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "DecryptMessage");
	return kerberos_unseal(u->protection, message, qop);
}

/* Negotiate tells what it signed and verified elsewhere: a MECHLIST_SIGNATURE buffer of two numbers. */
NTSTATUS NTAPI kerberos_user_complete_token(LSA_SEC_HANDLE handle, PSecBufferDesc told)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	struct rd r = compose_bytes(
		compose_is_sound(told) ? compose_find(told, SECBUFFER_MECHLIST_SIGNATURE) : NULL);
	uint32_t sent, received;

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "CompleteAuthToken");
	if (!rd_u32le(&r, &sent) || !rd_u32le(&r, &received) || !rd_empty(r))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "CompleteAuthToken");
	kerberos_protection_skip(u->protection, sent, received);
	return SEC_E_OK;
}

NTSTATUS NTAPI kerberos_user_get_context_token(LSA_SEC_HANDLE handle, PHANDLE token)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "context token");
	return fail(SEC_E_NO_IMPERSONATION, "the facade makes tokens, of the client's account");
}

NTSTATUS NTAPI kerberos_user_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	return kerberos_session_query(&u->session, attribute, buffer);
}
