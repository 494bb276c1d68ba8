/* lsa/support_client.c - who is calling, and how.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <unistd.h>

#include "base/block.h"
#include "ipc/callbacks.h"
#include "lsa/call.h"
#include "lsa/servers.h"
#include "lsa/state.h"
#include "lsa/support.h"

/* mingw-w64's header, whose package table ends before ChangeAccountPassword, has shorter structures: a
 * package whose table goes no further gets no more of ours. */
static size_t room_of(const struct frame *frame, size_t whole, size_t old)
{
	const struct package *p = frame->package;

	return p && p->reach <= offsetof(SECPKG_FUNCTION_TABLE, ChangeAccountPassword) ? old
										       : whole;
}

/* Who calls is a process; which of its threads is not told. */
static NTSTATUS NTAPI get_client_info(PSECPKG_CLIENT_INFO info)
{
	const struct frame *frame = call_current();

	if (!info)
		return fail(STATUS_INVALID_PARAMETER, "asking who calls");
	if (!frame || !frame->client)
		return fail(STATUS_PROCESS_IS_TERMINATING, "asking who calls");
	const SECPKG_CLIENT_INFO told = {
		.LogonId = session_own(frame->client),
		.ProcessID = (ULONG)client_pid(frame->client),
		.HasTcbPrivilege = session_is_trusted(frame->client),
		.ImpersonationLevel = SecurityImpersonation,
	};
	memcpy(info, &told,
	       room_of(frame, sizeof(told), offsetof(SECPKG_CLIENT_INFO, ClientToken)));
	return STATUS_SUCCESS;
}

static BOOLEAN NTAPI get_call_info(PSECPKG_CALL_INFO info)
{
	const struct frame *frame = call_current();

	if (!frame || !info)
		return FALSE;
	SECPKG_CALL_INFO told = { .Attributes = frame->attributes };
	if (frame->client) {
		told.ProcessId = (ULONG)client_pid(frame->client);
		told.CallCount = atomic_load(&frame->client->calls);
		if (servers_has(frame->client))
			told.Attributes |= SECPKG_CALL_IS_TCB;
	}
	memcpy(info, &told, room_of(frame, sizeof(told), offsetof(SECPKG_CALL_INFO, MechOid)));
	return TRUE;
}

static NTSTATUS NTAPI get_extended_call_flags(PULONG flags)
{
	if (!flags)
		return fail(STATUS_INVALID_PARAMETER, "asking for a call's flags");
	*flags = 0;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI impersonate_client(VOID)
{
	return fail(STATUS_NOT_SUPPORTED, "ImpersonateClient");
}

static NTSTATUS NTAPI query_client_request(PLSA_CLIENT_REQUEST request, ULONG type, PVOID *reply)
{
	(void)request;
	(void)type;
	(void)reply;
	return fail(STATUS_NOT_SUPPORTED, "QueryClientRequest");
}

/* In a client's process: what it is given goes there, and what it answers comes back, as bytes. */
static NTSTATUS call_elsewhere(const struct lsa_client *client, const struct client_call *call,
			       PSecBuffer output)
{
	SecBuffer out = { .BufferType = SECBUFFER_DATA };

	if (!client->setup.memory || !client->setup.memory->call_back)
		return fail(STATUS_NOT_SUPPORTED, "ClientCallback");
	NTSTATUS status = client->setup.memory->call_back(client->setup.memory_arg, call, &out);
	if (output)
		*output = out;
	else
		block_free(out.pvBuffer);
	return status;
}

static NTSTATUS NTAPI client_callback(PCHAR callback, ULONG_PTR argument1, ULONG_PTR argument2,
				      PSecBuffer input, PSecBuffer output)
{
	const struct frame *frame = call_current();

	if (!frame || !frame->client)
		return fail(STATUS_NOT_SUPPORTED, "ClientCallback");
	if ((uintptr_t)callback > UINT32_MAX)
		return fail(STATUS_NOT_FOUND, "ClientCallback");
	if (!frame->client->setup.is_this_process) {
		const struct client_call call = {
			.function = (uint32_t)(uintptr_t)callback,
			.argument = { argument1, argument2 },
			.input = input ? rd_of(input->pvBuffer, input->cbBuffer) : rd_of(NULL, 0),
		};
		return call_elsewhere(frame->client, &call, output);
	}
	PLSA_CALLBACK_FUNCTION function = callback_find((ULONG)(uintptr_t)callback);
	return function ? function(argument1, argument2, input, output)
			: fail(STATUS_NOT_FOUND, "ClientCallback");
}

static NTSTATUS NTAPI get_app_mode_info(PULONG function, PULONG_PTR argument1, PULONG_PTR argument2,
					PSecBuffer data, PBOOLEAN return_to)
{
	(void)function;
	(void)argument1;
	(void)argument2;
	(void)data;
	(void)return_to;
	return fail(STATUS_NOT_SUPPORTED, "GetAppModeInfo");
}

static NTSTATUS NTAPI set_app_mode_info(ULONG function, ULONG_PTR argument1, ULONG_PTR argument2,
					PSecBuffer data, BOOLEAN return_to)
{
	(void)function;
	(void)argument1;
	(void)argument2;
	(void)data;
	(void)return_to;
	return fail(STATUS_NOT_SUPPORTED, "SetAppModeInfo");
}

void support_client_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->GetClientInfo = get_client_info;
	t->GetCallInfo = get_call_info;
	t->GetExtendedCallFlags = get_extended_call_flags;
	t->ImpersonateClient = impersonate_client;
	t->QueryClientRequest = query_client_request;
	t->ClientCallback = client_callback;
	t->GetAppModeInfo = get_app_mode_info;
	t->SetAppModeInfo = set_app_mode_info;
}
