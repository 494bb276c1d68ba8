/* sspi/query.c - QueryContextAttributes, in its four spellings.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A mapped context's user-mode half is asked first; what it does not know, the LSA's half may. */
#include "base/base.h"

#include <sspi.h>

#include "ipc/attributes.h"
#include "ipc/calls.h"
#include "ipc/reason.h"
#include "sspi/attribute.h"
#include "sspi/handles.h"
#include "sspi/packages.h"
#include "sspi/status.h"

static NTSTATUS query_lsa(const struct context *c, const struct attribute_query *query)
{
	struct query_context_call call = { .context = c->lsa, .attribute = query->attribute };
	struct attribute_reply reply = { 0 };

	if (!c->lsa)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "asking an imported context");
	NTSTATUS status = facade_call(CALL_QUERY_CONTEXT, &call, &reply);
	if (!failed(status))
		status = attribute_deliver(query, rd_of(reply.value.p, reply.value.n));
	call_reply_done(CALL_QUERY_CONTEXT, &reply);
	return status;
}

/* SEC_E_UNSUPPORTED_FUNCTION when there is no user-mode half or it does not know the attribute. */
static NTSTATUS query_user(const struct context *c, const struct attribute_query *query)
{
	_Alignas(max_align_t) uint8_t value[ATTRIBUTE_SIZE_MAX] = { 0 };
	CLEANUP(wr_done) struct wr marshalled = WR(IPC_BYTES_MAX);
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);

	if (!user || !user->QueryContextAttributes)
		return SEC_E_UNSUPPORTED_FUNCTION;
	NTSTATUS status = user->QueryContextAttributes(c->user_key, query->attribute, value);
	if (failed(status))
		return security_status(status);
	bool good = attribute_marshal(query->attribute, value, &marshalled) && wr_ok(&marshalled);
	attribute_release(query->attribute, value);
	mem_wipe(value, sizeof(value));
	return good ? attribute_deliver(query, wr_view(&marshalled)) : SEC_E_INSUFFICIENT_MEMORY;
}

NTSTATUS context_query(const struct context *c, const struct attribute_query *query)
{
	NTSTATUS status = query_user(c, query);
	return status == SEC_E_UNSUPPORTED_FUNCTION ? query_lsa(c, query) : status;
}

static SECURITY_STATUS query_context(PCtxtHandle handle, struct attribute_query query)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);

	call_reason_clear();
	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (query.attribute & ATTRIBUTE_OF_CREDENTIALS)
		return SEC_E_UNSUPPORTED_FUNCTION;
	SECURITY_STATUS status = attribute_query_check(&query);
	return status == SEC_E_OK ? security_status(context_query(c, &query)) : status;
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesW(PCtxtHandle handle, ULONG attribute,
						  void *buffer)
{
	return query_context(handle, ATTRIBUTE_QUERY(attribute, buffer, UINT32_MAX, false));
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesA(PCtxtHandle handle, ULONG attribute,
						  void *buffer)
{
	return query_context(handle, ATTRIBUTE_QUERY(attribute, buffer, UINT32_MAX, true));
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesExW(PCtxtHandle handle, ULONG attribute,
						    void *buffer, ULONG size)
{
	return query_context(handle, ATTRIBUTE_QUERY(attribute, buffer, size, false));
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesExA(PCtxtHandle handle, ULONG attribute,
						    void *buffer, ULONG size)
{
	return query_context(handle, ATTRIBUTE_QUERY(attribute, buffer, size, true));
}
