/* sspi/change.c - SetContextAttributes and SetCredentialsAttributes: a caller's structure to its package.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Structures with pointers are marshalled; others travel as the bytes they are, so that a package may
 * define settings of its own. */
#include "base/base.h"

#include <sspi.h>

#include "ipc/attributes.h"
#include "ipc/calls.h"
#include "ipc/reason.h"
#include "sspi/handles.h"
#include "sspi/packages.h"
#include "sspi/status.h"

/* What a caller gives; an attribute of credentials is marked as in ipc/attributes.h. */
struct change {
	uint32_t attribute;
	const void *buffer;
	uint32_t size;
	bool ansi;
};

static NTSTATUS change_value(const struct change *change, struct wr *marshalled,
			     struct ipc_bytes *out)
{
	if (!change->buffer)
		return SEC_E_INVALID_PARAMETER;
	if (change->size < attribute_size(change->attribute))
		return SEC_E_BUFFER_TOO_SMALL;
	if (change->size > IPC_BYTES_MAX / 2)
		return SEC_E_INVALID_PARAMETER;
	*out = (struct ipc_bytes){ .p = change->buffer, .n = change->size };
	if (!attribute_has_pointers(change->attribute))
		return STATUS_SUCCESS;
	if (!attribute_marshal_given(change->attribute, change->buffer, change->ansi, marshalled))
		return fail(SEC_E_INVALID_PARAMETER, "reading a changed attribute");
	if (!wr_ok(marshalled))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "reading a changed attribute");
	*out = (struct ipc_bytes){ .p = marshalled->buf, .n = (uint32_t)marshalled->len };
	return STATUS_SUCCESS;
}

static NTSTATUS change_send(enum call which, uint64_t object, const struct change *change)
{
	CLEANUP(wr_done) struct wr marshalled = WR(IPC_BYTES_MAX / 2);
	struct empty_reply reply = { 0 };
	struct set_attribute_call call = {
		.object = object,
		.attribute = change->attribute & ~ATTRIBUTE_OF_CREDENTIALS,
	};

	NTSTATUS status = change_value(change, &marshalled, &call.value);
	return failed(status) ? status : facade_call(which, &call, &reply);
}

static SECURITY_STATUS change_context(PCtxtHandle handle, const struct change *change)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);

	call_reason_clear();
	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (!c->lsa || change->attribute & ATTRIBUTE_OF_CREDENTIALS)
		return SEC_E_UNSUPPORTED_FUNCTION;
	return security_status(change_send(CALL_SET_CONTEXT, c->lsa, change));
}

static SECURITY_STATUS change_credentials(PCredHandle handle, struct change change)
{
	uint64_t number;

	call_reason_clear();
	if (!credential_number(handle, &number))
		return SEC_E_INVALID_HANDLE;
	if (change.attribute & ATTRIBUTE_OF_CREDENTIALS)
		return SEC_E_UNSUPPORTED_FUNCTION;
	change.attribute |= ATTRIBUTE_OF_CREDENTIALS;
	return security_status(change_send(CALL_SET_CREDENTIALS, number, &change));
}

SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle handle, ULONG attribute, void *buffer,
						ULONG size)
{
	return change_context(handle, &(struct change){ attribute, buffer, size, false });
}

SECURITY_STATUS SEC_ENTRY SetContextAttributesA(PCtxtHandle handle, ULONG attribute, void *buffer,
						ULONG size)
{
	return change_context(handle, &(struct change){ attribute, buffer, size, true });
}

SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(PCredHandle handle, ULONG attribute,
						    void *buffer, ULONG size)
{
	return change_credentials(handle, (struct change){ attribute, buffer, size, false });
}

SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(PCredHandle handle, ULONG attribute,
						    void *buffer, ULONG size)
{
	return change_credentials(handle, (struct change){ attribute, buffer, size, true });
}
