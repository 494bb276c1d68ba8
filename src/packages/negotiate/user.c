/* packages/negotiate/user.c - Negotiate's user-mode half: hands messages to the mechanism's.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which package that is says the packed context, by its id here and by its name elsewhere; the
 * application's loader finds its table. */
#include "base/base.h"

#include "base/block.h"
#include "base/keeper.h"
#include "base/module.h"
#include "packages/negotiate/lsa.h"
#include "packages/negotiate/packed.h"

#define NO_PACKAGE UINT32_MAX

struct user_context {
	struct counted counted;
	const SECPKG_USER_FUNCTION_TABLE *table; /* the mechanism's */
	LSA_SEC_HANDLE key;			 /* its context there */
	uint8_t *words;				 /* the mechanism's name, then the reason */
	size_t name_n, reason_n;
	atomic_uint state;	    /* SECPKG_NEGOTIATION_ */
	atomic_uint sent, received; /* mechListMICs */
};

static struct keeper contexts = KEEPER_INIT;
static const struct module_services *services;

static void user_end(void *context)
{
	struct user_context *u = context;

	if (u->table->DeleteUserModeContext)
		(void)u->table->DeleteUserModeContext(u->key);
	mem_free(u->words);
	mem_free(u);
}

NTSTATUS NTAPI nego_user_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
				       PVOID *user_functions)
{
	services = module_services_of(functions);
	return keeper_open(&contexts);
}

/* ---- contexts come and go ---- */

static const SECPKG_USER_FUNCTION_TABLE *locate(uint32_t package)
{
	return services ? services->windows.LocatePackageById(package) : NULL;
}

/* An exported context's mechanism must be one of those that are negotiated. */
static const SECPKG_USER_FUNCTION_TABLE *locate_named(struct rd name)
{
	enum nego_row row = nego_row_called(name);

	return services && row != NEGO_NONE
		       ? services->locate(nego_mech(row)->package, nego_mech(row)->package_n)
		       : NULL;
}

static bool keep_words(struct user_context *u, const struct nego_packed *p)
{
	u->words = mem_alloc(p->mechanism.n + p->reason.n + 1);
	if (!u->words)
		return false;
	u->name_n = p->mechanism.n;
	u->reason_n = p->reason.n;
	if (u->name_n)
		memcpy(u->words, p->mechanism.p, u->name_n);
	if (u->reason_n)
		memcpy(u->words + u->name_n, p->reason.p, u->reason_n);
	return true;
}

/* A context of the mechanism's that exists already; it goes with `u`, or at once. */
static NTSTATUS user_new(const SECPKG_USER_FUNCTION_TABLE *table, LSA_SEC_HANDLE key,
			 const struct nego_packed *p, struct user_context **out)
{
	struct user_context *u = MEM_NEW(struct user_context);

	if (!u || !keep_words(u, p)) {
		mem_free(u);
		if (table->DeleteUserModeContext)
			(void)table->DeleteUserModeContext(key);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user-mode context");
	}
	counted_init(&u->counted, user_end);
	u->table = table;
	u->key = key;
	atomic_init(&u->sent, p->sent);
	atomic_init(&u->received, p->received);
	atomic_init(&u->state, p->state);
	*out = u;
	return STATUS_SUCCESS;
}

/* The mechanism's user half learns of what was signed and verified before it came to be. One that has no
 * numbers to count need not know of this. */
static void tell_mics(const SECPKG_USER_FUNCTION_TABLE *table, LSA_SEC_HANDLE key,
		      const struct nego_packed *p)
{
	uint8_t numbers[8] = { 0 };

	if (!table->CompleteAuthToken || (!p->sent && !p->received))
		return;
	numbers[0] = (uint8_t)p->sent; /* two ULONGs, little end first; there is one MIC at most */
	numbers[4] = (uint8_t)p->received;
	SecBuffer told = { sizeof(numbers), SECBUFFER_MECHLIST_SIGNATURE, numbers };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &told };
	(void)table->CompleteAuthToken(key, &list);
}

static NTSTATUS user_map(const struct nego_packed *p, struct user_context **out)
{
	const SECPKG_USER_FUNCTION_TABLE *table = locate(p->package);

	if (!table || !table->InitUserModeContext)
		return fail(SEC_E_SECPKG_NOT_FOUND, "finding a mechanism's user-mode half");
	SecBuffer inner = { (ULONG)p->inner.n, SECBUFFER_TOKEN, block_dup(p->inner.p, p->inner.n) };
	if (!inner.pvBuffer)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user-mode context");
	NTSTATUS status = table->InitUserModeContext((LSA_SEC_HANDLE)p->key, &inner);
	if (failed(status))
		return status;
	tell_mics(table, (LSA_SEC_HANDLE)p->key, p);
	return user_new(table, (LSA_SEC_HANDLE)p->key, p, out);
}

static NTSTATUS map_first(LSA_SEC_HANDLE handle, const struct nego_packed *p)
{
	struct user_context *u = NULL;

	/* One that is mapped anew is another one: its mechanism's goes before the new one comes. */
	keeper_drop(&contexts, handle);
	NTSTATUS status = user_map(p, &u);
	return failed(status) ? status : keeper_put_take(&contexts, handle, u);
}

static NTSTATUS map_again(LSA_SEC_HANDLE handle, const struct nego_packed *p)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "a user-mode context");
	tell_mics(u->table, u->key, p);
	atomic_fetch_or(&u->sent, p->sent);
	atomic_fetch_or(&u->received, p->received);
	atomic_store(&u->state, p->state);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI nego_user_init_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	NTSTATUS status = SEC_E_INVALID_TOKEN;
	struct nego_packed p;

	if (nego_packed_read(rd_of(packed->pvBuffer, packed->cbBuffer), &p))
		status = p.inner.n ? map_first(handle, &p) : map_again(handle, &p);
	keeper_drop_packed(packed);
	return failed(status) ? fail(status, "mapping a negotiated context") : status;
}

NTSTATUS NTAPI nego_user_delete_context(LSA_SEC_HANDLE handle)
{
	return keeper_delete(&contexts, handle);
}

/* ---- messages ---- */

NTSTATUS NTAPI nego_user_make_signature(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
					ULONG sequence)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "MakeSignature");
	return u->table->MakeSignature ? u->table->MakeSignature(u->key, qop, message, sequence)
				       : SEC_E_UNSUPPORTED_FUNCTION;
}

NTSTATUS NTAPI nego_user_verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					  ULONG sequence, PULONG qop)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "VerifySignature");
	return u->table->VerifySignature ? u->table->VerifySignature(u->key, message, sequence, qop)
					 : SEC_E_UNSUPPORTED_FUNCTION;
}

NTSTATUS NTAPI nego_user_seal_message(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
				      ULONG sequence)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "EncryptMessage");
	return u->table->SealMessage ? u->table->SealMessage(u->key, qop, message, sequence)
				     : SEC_E_UNSUPPORTED_FUNCTION;
}

NTSTATUS NTAPI nego_user_unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					ULONG sequence, PULONG qop)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "DecryptMessage");
	return u->table->UnsealMessage ? u->table->UnsealMessage(u->key, message, sequence, qop)
				       : SEC_E_UNSUPPORTED_FUNCTION;
}

/* ---- questions ---- */

NTSTATUS NTAPI nego_user_get_context_token(LSA_SEC_HANDLE handle, PHANDLE token)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "a context's token");
	return u->table->GetContextToken ? u->table->GetContextToken(u->key, token)
					 : SEC_E_UNSUPPORTED_FUNCTION;
}

static NTSTATUS query_negotiation(const struct user_context *u, SecPkgContext_NegotiationInfoW *out)
{
	SecPkgContext_PackageInfoW package = { NULL };

	NTSTATUS status =
		u->table->QueryContextAttributes(u->key, SECPKG_ATTR_PACKAGE_INFO, &package);
	if (failed(status))
		return status;
	out->PackageInfo = package.PackageInfo;
	out->NegotiationState = atomic_load(&u->state);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI nego_user_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	if (!buffer)
		return fail(SEC_E_INVALID_PARAMETER, "asking for an attribute without a buffer");
	if (attribute == OPENSSPI_ATTR_NEGOTIATION_REASON)
		return nego_reason_give(rd_of(u->words + u->name_n, u->reason_n), buffer);
	if (!u->table->QueryContextAttributes)
		return SEC_E_UNSUPPORTED_FUNCTION;
	return attribute == SECPKG_ATTR_NEGOTIATION_INFO
		       ? query_negotiation(u, buffer)
		       : u->table->QueryContextAttributes(u->key, attribute, buffer);
}

/* ---- from one process to another ---- */

NTSTATUS NTAPI nego_user_export_context(LSA_SEC_HANDLE handle, ULONG flags, PSecBuffer out,
					PHANDLE token)
{
	CLEANUP(counted_unref_p) struct user_context *u = keeper_find(&contexts, handle);
	CLEANUP(wr_done) struct wr w = WR(NEGO_PACKED_MAX);
	SecBuffer inner = { 0 };

	if (!u)
		return fail(SEC_E_INVALID_HANDLE, "ExportSecurityContext");
	if (!u->table->ExportContext)
		return SEC_E_UNSUPPORTED_FUNCTION;
	NTSTATUS status = u->table->ExportContext(u->key, flags, &inner, token);
	if (failed(status))
		return status;
	struct nego_packed p = { .package = NO_PACKAGE,
				 .mechanism = rd_of(u->words, u->name_n),
				 .reason = rd_of(u->words + u->name_n, u->reason_n),
				 .state = atomic_load(&u->state),
				 .key = (flags & SECPKG_CONTEXT_EXPORT_RESET_NEW) != 0,
				 .sent = atomic_load(&u->sent),
				 .received = atomic_load(&u->received),
				 .inner = rd_of(inner.pvBuffer, inner.cbBuffer) };
	nego_packed_write(&w, &p);
	block_free(inner.pvBuffer);
	void *copy = wr_ok(&w) ? block_dup(w.buf, w.len) : NULL;
	if (!copy)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "exporting a context");
	*out = (SecBuffer){ (ULONG)w.len, out->BufferType, copy };
	return STATUS_SUCCESS;
}

static NTSTATUS user_import(struct rd packed, HANDLE token, struct user_context **out)
{
	struct nego_packed p;
	LSA_SEC_HANDLE key = 0;

	if (!nego_packed_read(packed, &p) || p.key > 1 || p.sent > 1 || p.received > 1)
		return fail(SEC_E_INVALID_TOKEN, "reading an exported context");
	const SECPKG_USER_FUNCTION_TABLE *table = locate_named(p.mechanism);
	/* Negotiate inside Negotiate, and so on, would go as deep as the bytes are long. */
	if (!table || !table->ImportContext || table->ImportContext == nego_user_import_context)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "importing a mechanism's context");
	SecBuffer inner = { (ULONG)p.inner.n, SECBUFFER_TOKEN, (void *)(uintptr_t)p.inner.p };
	NTSTATUS status = table->ImportContext(&inner, token, &key);
	if (failed(status))
		return status;
	/* Numbers that begin anew begin behind the MICs, as they do at the peer. */
	if (p.key)
		tell_mics(table, key, &p);
	return user_new(table, key, &p, out);
}

NTSTATUS NTAPI nego_user_import_context(PSecBuffer packed, HANDLE token, PLSA_SEC_HANDLE handle)
{
	struct user_context *u = NULL;

	NTSTATUS status = user_import(rd_of(packed->pvBuffer, packed->cbBuffer), token, &u);
	return failed(status) ? status : keeper_import_take(&contexts, u, handle);
}
