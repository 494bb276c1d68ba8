/* packages/kerberos/user.c - Kerberos' user-mode half: protects messages in the caller's process.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Contexts are found by the LSA half's handle value. Nothing is allocated per message, and one
 * thread may seal while another unseals. */
#include "base/base.h"

#include <stdatomic.h>

#include "base/block.h"
#include "base/keymap.h"
#include "packages/compose.h"
#include "packages/kerberos/protect.h"
#include "packages/kerberos/user.h"

struct user_context {
	atomic_uint refs;
	struct kerberos_session session;
	struct kerberos_protection *protection;
};

static struct keymap contexts = KEYMAP_INIT;

static void user_unref(struct user_context *u)
{
	if (!u || atomic_fetch_sub(&u->refs, 1) != 1)
		return;
	kerberos_protection_free(u->protection);
	kerberos_session_done(&u->session);
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

NTSTATUS NTAPI kerberos_user_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
					   PVOID *user_functions)
{
	if (!keymap_guard_forks(&contexts))
		return fail(STATUS_INSUFFICIENT_RESOURCES, "guarding user-mode contexts");
	return STATUS_SUCCESS;
}

/* From a packed session, which is taken off; the protection has just begun. */
static NTSTATUS user_new(struct rd *packed, struct user_context **out)
{
	CLEANUP(user_unref_p) struct user_context *u = MEM_NEW(struct user_context);

	if (!u)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "user-mode context");
	atomic_init(&u->refs, 1);
	NTSTATUS status = kerberos_session_unpack(packed, &u->session);
	if (!failed(status))
		status = kerberos_protection_new(&u->session, &u->protection);
	if (failed(status))
		return status;
	*out = TAKE(u);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI kerberos_user_init_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	CLEANUP(user_unref_p) struct user_context *u = NULL;
	struct rd r = rd_of(packed->pvBuffer, packed->cbBuffer);

	NTSTATUS status = user_new(&r, &u);
	if (!failed(status) && !rd_empty(r))
		status = fail(SEC_E_INVALID_TOKEN, "packed Kerberos context: length");
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

/* ---- from one process to another ---- */

/* Behind this: the packed session, whether sequences follow, and those. */
#define EXPORT_MAGIC 0x5842524Bu
#define EXPORT_VERSION 1u

/* No LSA half gives out numbers with this bit. */
#define IMPORTED (UINT64_C(1) << 63)

NTSTATUS NTAPI kerberos_user_export_context(LSA_SEC_HANDLE handle, ULONG flags, PSecBuffer packed,
					    PHANDLE token)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
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
	void *block = wr_ok(&w) ? block_dup(w.buf, w.len) : NULL;
	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "exported Kerberos context");
	packed->pvBuffer = block;
	packed->cbBuffer = (ULONG)w.len;
	if (token)
		*token = NULL; /* there are no access tokens */
	return SEC_E_OK;
}

static NTSTATUS user_import(struct rd r, struct user_context **out)
{
	CLEANUP(user_unref_p) struct user_context *u = NULL;
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
	static atomic_ullong last;
	CLEANUP(user_unref_p) struct user_context *u = NULL;

	if (!packed || (packed->cbBuffer && !packed->pvBuffer))
		return fail(SEC_E_INVALID_TOKEN, "ImportSecurityContext");
	NTSTATUS status = user_import(rd_of(packed->pvBuffer, packed->cbBuffer), &u);
	if (failed(status))
		return status;
	uint64_t key = IMPORTED | (atomic_fetch_add(&last, 1) + 1);
	if (!keymap_add(&contexts, key, u))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "user-mode contexts");
	u = NULL;
	*handle = (LSA_SEC_HANDLE)key;
	return SEC_E_OK;
}

NTSTATUS NTAPI kerberos_user_delete_context(LSA_SEC_HANDLE handle)
{
	struct user_context *u = keymap_remove(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "user-mode context");
	user_unref(u);
	return STATUS_SUCCESS;
}

/* ---- messages: they carry their own numbers, so that the caller's say nothing ---- */

NTSTATUS NTAPI kerberos_user_make_signature(LSA_SEC_HANDLE handle, ULONG qop,
					    PSecBufferDesc message, ULONG sequence)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "MakeSignature");
	return kerberos_sign(u->protection, message, qop);
}

NTSTATUS NTAPI kerberos_user_verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					      ULONG sequence, PULONG qop)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "VerifySignature");
	return kerberos_verify(u->protection, message, qop);
}

NTSTATUS NTAPI kerberos_user_seal_message(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
					  ULONG sequence)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "EncryptMessage");
	if (qop != 0 && qop != SECQOP_WRAP_NO_ENCRYPT)
		return fail(SEC_E_QOP_NOT_SUPPORTED, "EncryptMessage: quality of protection");
	return kerberos_seal(u->protection, message, qop == 0);
}

NTSTATUS NTAPI kerberos_user_unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					    ULONG sequence, PULONG qop)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "DecryptMessage");
	return kerberos_unseal(u->protection, message, qop);
}

/* Negotiate tells what it signed and verified elsewhere: a MECHLIST_SIGNATURE buffer of two numbers. */
NTSTATUS NTAPI kerberos_user_complete_token(LSA_SEC_HANDLE handle, PSecBufferDesc told)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);
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
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "context token");
	return fail(SEC_E_NO_IMPERSONATION, "there are no access tokens on this system");
}

NTSTATUS NTAPI kerberos_user_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(user_unref_p) struct user_context *u = user_find(handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	return kerberos_session_query(&u->session, attribute, buffer);
}
