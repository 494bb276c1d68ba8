/* lsa/given.c - see lsa/given.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "ipc/attributes.h"
#include "lsa/given.h"

static NTSTATUS given_pointers(struct ipc_bytes bytes, struct given *out)
{
	size_t size = attribute_size(out->attribute);
	CLEANUP(block_free_p) void *value = block_alloc(size);

	if (!value)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "taking a changed attribute");
	NTSTATUS status =
		attribute_unmarshal(out->attribute, rd_of(bytes.p, bytes.n), false, value);
	if (status == STATUS_NO_MEMORY)
		return SEC_E_INSUFFICIENT_MEMORY;
	if (failed(status))
		return fail(SEC_E_INVALID_PARAMETER, "reading a changed attribute");
	out->has_pointers = true;
	out->size = (ULONG)size;
	out->value = TAKE(value);
	return STATUS_SUCCESS;
}

NTSTATUS given_read(uint32_t attribute, struct ipc_bytes bytes, struct given *out)
{
	*out = (struct given){ .attribute = attribute };
	if (attribute_has_pointers(attribute))
		return given_pointers(bytes, out);
	/* The facade has looked at this; not every caller need have come through it. */
	if (bytes.n < attribute_size(attribute))
		return fail(SEC_E_BUFFER_TOO_SMALL, "taking a changed attribute");
	out->value = block_dup(bytes.p, bytes.n);
	out->size = bytes.n;
	return out->value ? STATUS_SUCCESS
			  : fail(SEC_E_INSUFFICIENT_MEMORY, "taking a changed attribute");
}

void given_done(struct given *g)
{
	if (g->has_pointers)
		attribute_release(g->attribute, g->value);
	block_free(g->value);
	*g = (struct given){ .value = NULL };
}
