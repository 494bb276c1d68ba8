/* base/keeper.c - see base/keeper.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/keeper.h"

/* No LSA half gives out numbers with this bit. */
#define IMPORTED (UINT64_C(1) << 63)

NTSTATUS keeper_open(struct keeper *k)
{
	return keymap_guard_forks(&k->contexts)
		       ? STATUS_SUCCESS
		       : fail(STATUS_INSUFFICIENT_RESOURCES, "guarding user-mode contexts");
}

static NTSTATUS add_take(struct keeper *k, uint64_t key, void *context)
{
	if (keymap_add(&k->contexts, key, context))
		return STATUS_SUCCESS;
	counted_unref(context);
	return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping a user-mode context");
}

NTSTATUS keeper_put_take(struct keeper *k, LSA_SEC_HANDLE handle, void *context)
{
	keeper_drop(k, handle);
	return add_take(k, handle, context);
}

NTSTATUS keeper_import_take(struct keeper *k, void *context, LSA_SEC_HANDLE *out)
{
	uint64_t key = IMPORTED | (atomic_fetch_add(&k->imported, 1) + 1);

	NTSTATUS status = add_take(k, key, context);
	if (!failed(status))
		*out = (LSA_SEC_HANDLE)key;
	return status;
}

NTSTATUS keeper_delete(struct keeper *k, LSA_SEC_HANDLE handle)
{
	void *context = keymap_remove(&k->contexts, handle);

	if (!context)
		return fail(SEC_E_INVALID_HANDLE, "deleting a user-mode context");
	counted_unref(context);
	return STATUS_SUCCESS;
}

void keeper_drop(struct keeper *k, LSA_SEC_HANDLE handle)
{
	counted_unref(keymap_remove(&k->contexts, handle));
}

void keeper_drop_packed(PSecBuffer packed)
{
	block_free(packed->pvBuffer);
	*packed = (SecBuffer){ .BufferType = packed->BufferType };
}

NTSTATUS keeper_map(struct keeper *k, LSA_SEC_HANDLE handle, PSecBuffer packed,
		    keeper_unpack *unpack)
{
	void *context = NULL;

	NTSTATUS status = unpack(packed->pvBuffer, packed->cbBuffer, &context);
	keeper_drop_packed(packed);
	return failed(status) ? status : keeper_put_take(k, handle, context);
}

NTSTATUS keeper_export(PSecBuffer out, const uint8_t *bytes, size_t n, PHANDLE token)
{
	void *block = bytes ? block_dup(bytes, n) : NULL;

	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "exporting a context");
	*out = (SecBuffer){ (ULONG)n, out->BufferType, block };
	if (token)
		*token = NULL; /* none goes along */
	return SEC_E_OK;
}

NTSTATUS keeper_import(struct keeper *k, const SecBuffer *packed, keeper_unpack *unpack,
		       LSA_SEC_HANDLE *out)
{
	void *context = NULL;

	if (!packed || (packed->cbBuffer && !packed->pvBuffer))
		return fail(SEC_E_INVALID_TOKEN, "ImportSecurityContext");
	NTSTATUS status = unpack(packed->pvBuffer, packed->cbBuffer, &context);
	return failed(status) ? status : keeper_import_take(k, context, out);
}
