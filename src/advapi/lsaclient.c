/* advapi/lsaclient.c - connections to the LSA and messages to packages: LsaCallAuthenticationPackage.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A connection is a number that says which kind it was asked for as; what its owner may do is the LSA's
 * to decide in every call. */
#include "base/base.h"

#include <ntsecapi.h>
#include <pthread.h>

#include "advapi/lsaclient.h"
#include "base/block.h"
#include "base/slots.h"
#include "base/utf.h"

#define CONNECTIONS_MAX 65536
#define NAME_MOST 127 /* bytes of a logon process's or a package's name */

static struct slots connections;
static bool trusted_kind = true, untrusted_kind = false;

static void connections_prepare_once(void)
{
	slots_init(&connections, CONNECTIONS_MAX);
	if (!slots_guard_forks(&connections))
		(void)fail(STATUS_INSUFFICIENT_RESOURCES, "guarding connections across forks");
}

static void connections_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, connections_prepare_once);
}

bool lsa_connection_kind(HANDLE handle, bool *trusted)
{
	connections_prepare();
	const bool *kind = slots_find(&connections, (uintptr_t)handle, NULL);
	if (kind)
		*trusted = *kind;
	return kind != NULL;
}

NTSTATUS lsa_ask(enum call which, const void *request, void *reply)
{
	NTSTATUS status;
	struct channel *channel = channel_current(&status);

	if (channel)
		status = channel_call(channel, which, request, reply);
	/* A channel speaks SSPI's language of its own failures. */
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return STATUS_NO_MEMORY;
	return status == SEC_E_INTERNAL_ERROR ? STATUS_INTERNAL_ERROR : status;
}

static NTSTATUS check_name(const LSA_STRING *name)
{
	if (!name || !name->Buffer)
		return fail(STATUS_INVALID_PARAMETER, "reading a name");
	return name->Length > NAME_MOST ? fail(STATUS_NAME_TOO_LONG, "reading a name")
					: STATUS_SUCCESS;
}

/* ---- connections ---- */

static NTSTATUS connect_as(bool trusted, const LSA_STRING *name, HANDLE *out)
{
	struct connect_call call = { .trusted = trusted };
	struct empty_reply reply = { 0 };

	if (name)
		call.name = (struct ipc_bytes){ (const uint8_t *)name->Buffer, name->Length };
	NTSTATUS status = lsa_ask(CALL_CONNECT, &call, &reply);
	if (failed(status))
		return status;
	connections_prepare();
	uint64_t number = slots_add(&connections, trusted ? &trusted_kind : &untrusted_kind);
	if (!number)
		return fail(STATUS_INSUFFICIENT_RESOURCES, "keeping a connection");
	*out = (HANDLE)(uintptr_t)number;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI LsaRegisterLogonProcess(PLSA_STRING name, PHANDLE handle, PLSA_OPERATIONAL_MODE mode)
{
	if (!handle)
		return STATUS_INVALID_PARAMETER;
	*handle = NULL;
	if (mode)
		*mode = 0;
	NTSTATUS status = check_name(name);
	return failed(status) ? status : connect_as(true, name, handle);
}

NTSTATUS NTAPI LsaConnectUntrusted(PHANDLE handle)
{
	if (!handle)
		return STATUS_INVALID_PARAMETER;
	*handle = NULL;
	return connect_as(false, NULL, handle);
}

NTSTATUS NTAPI LsaDeregisterLogonProcess(HANDLE handle)
{
	connections_prepare();
	return slots_remove(&connections, (uintptr_t)handle)
		       ? STATUS_SUCCESS
		       : fail(STATUS_INVALID_HANDLE, "closing a connection");
}

/* ---- packages ---- */

static NTSTATUS find_package(const WCHAR *name, size_t n, const struct packages_reply *list,
			     ULONG *id)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct package_record *p = &list->package[i];
		if (utf16_equal_nocase((const WCHAR *)(const void *)p->name.p,
				       p->name.n / sizeof(WCHAR), name, n)) {
			*id = p->id;
			return STATUS_SUCCESS;
		}
	}
	return fail(STATUS_NO_SUCH_PACKAGE, "finding a package");
}

NTSTATUS NTAPI LsaLookupAuthenticationPackage(HANDLE handle, PLSA_STRING name, PULONG id)
{
	static const WCHAR ntlm[] = OPENSSPI_WIDE("NTLM");
	struct packages_reply list = { 0 };
	WCHAR wide[NAME_MOST];
	bool trusted;

	if (!lsa_connection_kind(handle, &trusted))
		return fail(STATUS_INVALID_HANDLE, "finding a package");
	NTSTATUS status = id ? check_name(name) : STATUS_INVALID_PARAMETER;
	if (failed(status))
		return status;
	size_t n = utf16_need(name->Buffer, name->Length);
	if (n > NAME_MOST)
		return fail(STATUS_NO_SUCH_PACKAGE, "finding a package");
	utf16_put(wide, name->Buffer, name->Length);
	/* Windows' MSV1_0 is NTLM's logon interface, and a package by that name as well. */
	if (utf16_equal_ascii_nocase(wide, n, MSV1_0_PACKAGE_NAME)) {
		memcpy(wide, ntlm, sizeof(ntlm));
		n = ARRAY_LEN(ntlm) - 1;
	}
	status = lsa_ask(CALL_PACKAGES, &(struct packages_call){ 0 }, &list);
	if (!failed(status))
		status = find_package(wide, n, &list, id);
	call_reply_done(CALL_PACKAGES, &list);
	return status;
}

/* The answer lies in this process's memory already; who does not ask for it does not get it. */
static void give_answer(const struct call_package_reply *reply, PVOID *answer, PULONG size)
{
	void *at = (void *)(uintptr_t)reply->address;

	if (answer)
		*answer = at;
	else
		block_free(at);
	if (size)
		*size = answer ? reply->size : 0;
}

NTSTATUS NTAPI LsaCallAuthenticationPackage(HANDLE handle, ULONG package, PVOID message,
					    ULONG length, PVOID *answer, PULONG answer_length,
					    PNTSTATUS protocol_status)
{
	struct call_package_reply reply = { 0 };
	struct call_package_call call = {
		.package = package,
		.client_address = (uintptr_t)message,
		.message = { message, length },
	};

	if (answer)
		*answer = NULL;
	if (answer_length)
		*answer_length = 0;
	if (!lsa_connection_kind(handle, &call.trusted))
		return fail(STATUS_INVALID_HANDLE, "a message to a package");
	if ((length && !message) || length > IPC_MESSAGE_MAX)
		return fail(STATUS_INVALID_PARAMETER, "a message to a package");
	NTSTATUS status = lsa_ask(CALL_CALL_PACKAGE, &call, &reply);
	if (protocol_status)
		*protocol_status = failed(status) ? status : reply.protocol_status;
	if (!failed(status))
		give_answer(&reply, answer, answer_length);
	call_reply_done(CALL_CALL_PACKAGE, &reply);
	return status;
}
