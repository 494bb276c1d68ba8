/* sspi/transfer.c - ExportSecurityContext and ImportSecurityContext: a finished context moves.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The package's user-mode half writes and reads the bytes; the LSA takes no part, so an imported
 * context has no other half there. No token goes along: what comes from another process
 * vouches for nobody. */
#include "base/base.h"

#include <sspi.h>

#include "base/block.h"
#include "ipc/reason.h"
#include "sspi/handles.h"
#include "sspi/packages.h"
#include "sspi/status.h"
#include "sspi/text.h"

#define PACKED_MAX IPC_BYTES_MAX /* bytes of an exported context */
#define FLAGS_KNOWN (SECPKG_CONTEXT_EXPORT_RESET_NEW | SECPKG_CONTEXT_EXPORT_DELETE_OLD)

static NTSTATUS export_pack(struct context *c, ULONG flags, PSecBuffer packed)
{
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);
	SecBuffer bytes = { .BufferType = packed->BufferType };
	HANDLE token = NULL;

	if (!atomic_load(&c->ready))
		return fail(SEC_E_INVALID_HANDLE, "exporting an unfinished context");
	if (!user || !user->ExportContext)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "exporting a context of this package");
	NTSTATUS status = user->ExportContext(c->user_key, flags, &bytes, &token);
	if (failed(status))
		return status;
	if (!bytes.pvBuffer || !bytes.cbBuffer || bytes.cbBuffer > PACKED_MAX) {
		block_free(bytes.pvBuffer);
		return fail(SEC_E_INTERNAL_ERROR, "what a package exported");
	}
	packed->cbBuffer = bytes.cbBuffer;
	packed->pvBuffer = bytes.pvBuffer;
	return STATUS_SUCCESS;
}

SECURITY_STATUS SEC_ENTRY ExportSecurityContext(PCtxtHandle handle, ULONG flags, PSecBuffer packed,
						void **token)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);

	call_reason_clear();
	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (!packed || flags & ~(ULONG)(FLAGS_KNOWN | SECPKG_CONTEXT_EXPORT_TO_KERNEL))
		return SEC_E_INVALID_PARAMETER;
	if (flags & SECPKG_CONTEXT_EXPORT_TO_KERNEL)
		return SEC_E_UNSUPPORTED_FUNCTION;
	NTSTATUS status = export_pack(c, flags, packed);
	if (failed(status))
		return security_status(status);
	if (token)
		*token = NULL;
	if (flags & SECPKG_CONTEXT_EXPORT_DELETE_OLD)
		context_forget(c);
	return SEC_E_OK;
}

static NTSTATUS import_unpack(struct context *c, const struct package_record *record,
			      const SecBuffer *packed)
{
	const SECPKG_USER_FUNCTION_TABLE *user = NULL;
	SecBuffer bytes = *packed;
	LSA_SEC_HANDLE key = 0;

	NTSTATUS status = package_user_half(record, &user);
	if (failed(status))
		return status;
	if (!user || !user->ImportContext)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "importing a context of this package");
	status = user->ImportContext(&bytes, NULL, &key);
	if (failed(status))
		return status;
	c->user_key = key;
	atomic_store(&c->user, user);
	atomic_store(&c->ready, true);
	return STATUS_SUCCESS;
}

static NTSTATUS import(const WCHAR *package, const SecBuffer *packed, PCtxtHandle handle)
{
	const struct package_record *record;
	struct ipc_text name;

	if (!text_of(package, &name))
		return fail(SEC_E_SECPKG_NOT_FOUND, "importing a context");
	NTSTATUS status = package_by_name(name, &record);
	if (failed(status))
		return status;
	if (!packed->pvBuffer || !packed->cbBuffer || packed->cbBuffer > PACKED_MAX)
		return fail(SEC_E_INVALID_TOKEN, "importing a context");
	CLEANUP(context_unref_p) struct context *c = context_new(record->id);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "importing a context");
	status = import_unpack(c, record, packed);
	if (failed(status))
		context_forget(c);
	else
		*handle = context_handle(c);
	return status;
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(SEC_WCHAR *package, PSecBuffer packed, void *token,
						 PCtxtHandle handle)
{
	(void)token;
	call_reason_clear();
	if (!handle)
		return SEC_E_INVALID_HANDLE;
	if (!package || !packed)
		return SEC_E_INVALID_PARAMETER;
	return security_status(import(package, packed, handle));
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(SEC_CHAR *package, PSecBuffer packed, void *token,
						 PCtxtHandle handle)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	call_reason_clear();
	SECURITY_STATUS status = wide_from_ansi(package, &wide);
	return status == SEC_E_OK ? ImportSecurityContextW(wide, packed, token, handle) : status;
}
