/* lsa/packagecalls.c - see lsa/packagecalls.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "lsa/call.h"
#include "lsa/packagecalls.h"
#include "lsa/state.h"

#define NAME_MAX_BYTES 127

typedef LSA_AP_CALL_PACKAGE entry;

bool request_is_lsa(PLSA_CLIENT_REQUEST request)
{
	return request && (const void *)request == lsa_current();
}

unsigned calls_deep(void)
{
	unsigned n = 0;

	for (const struct frame *f = call_current(); f; f = f->outer)
		n++;
	return n;
}

/* ---- from clients ---- */

NTSTATUS lsa_connect(struct lsa_client *client, const struct connect_call *call)
{
	if (!call->trusted)
		return STATUS_SUCCESS;
	if (call->name.n > NAME_MAX_BYTES)
		return fail(STATUS_NAME_TOO_LONG, "registering a logon process");
	return session_is_trusted(client)
		       ? STATUS_SUCCESS
		       : fail(STATUS_PORT_CONNECTION_REFUSED, "registering a logon process");
}

/* One package's part. The message is a copy of its own, since packages rewrite the pointers in it. */
static NTSTATUS deliver(struct lsa_client *client, const struct package *p,
			const struct call_package_call *call, struct call_package_reply *reply)
{
	const SECPKG_FUNCTION_TABLE *f = &p->functions;
	entry *call_it = call->trusted ? f->CallPackage : f->CallPackageUntrusted;
	NTSTATUS protocol = STATUS_SUCCESS;
	PVOID answer = NULL;
	ULONG size = 0;

	if (!call_it)
		return fail(STATUS_NOT_SUPPORTED, "a package that takes no messages");
	CLEANUP(block_free_p) void *message = block_dup(call->message.p, call->message.n);
	if (!message)
		return fail(STATUS_NO_MEMORY, "copying a message to a package");
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, p);
	if (call->trusted)
		frame.attributes |= SECPKG_CALL_IS_TCB;
	NTSTATUS status = call_it(
		(PLSA_CLIENT_REQUEST)(void *)client, call->message.n ? message : NULL,
		(PVOID)(uintptr_t)call->client_address, call->message.n, &answer, &size, &protocol);
	if (failed(status))
		return status;
	reply->protocol_status = protocol;
	reply->address = (uintptr_t)answer;
	reply->size = answer ? size : 0;
	return status;
}

static void release_answer(struct lsa_client *client, struct call_package_reply *reply)
{
	if (reply->address && client->setup.memory)
		(void)!client->setup.memory->release(client->setup.memory_arg, reply->address);
	reply->address = 0;
	reply->size = 0;
}

/* To every package that takes messages; the first refusal is the verdict, and there is no answer. */
static NTSTATUS deliver_to_all(struct lsa_client *client, const struct call_package_call *call,
			       struct call_package_reply *reply)
{
	const struct host *host = &client->lsa->host;
	NTSTATUS status = fail(STATUS_NOT_SUPPORTED, "packages that take no messages");
	NTSTATUS verdict = STATUS_SUCCESS;

	for (uint32_t i = 0; i < host->count; i++) {
		if (failed(deliver(client, host->package[i], call, reply)))
			continue;
		status = STATUS_SUCCESS;
		if (!failed(verdict))
			verdict = reply->protocol_status;
		release_answer(client, reply);
	}
	reply->protocol_status = verdict;
	return status;
}

NTSTATUS lsa_call_package(struct lsa_client *client, const struct call_package_call *call,
			  struct call_package_reply *reply)
{
	const struct host *host = &client->lsa->host;

	if (call->message.n > IPC_MESSAGE_MAX)
		return fail(STATUS_INVALID_PARAMETER, "a message to a package");
	if (call->trusted && !session_is_trusted(client))
		return fail(STATUS_ACCESS_DENIED, "a message to a package");
	if (call->package == SECPKG_ALL_PACKAGES)
		return deliver_to_all(client, call, reply);
	if (call->package >= host->count)
		return fail(STATUS_NO_SUCH_PACKAGE, "a message to a package");
	return deliver(client, host->package[call->package], call, reply);
}

/* ---- from packages ---- */

static NTSTATUS deliver_inner(struct lsa *lsa, const struct package *p, entry *call_it,
			      struct package_message *m)
{
	CLEANUP(call_leave) struct frame frame;

	call_enter(&frame, lsa, NULL, p);
	call_is_inner(&frame);
	return call_it((PLSA_CLIENT_REQUEST)(void *)lsa, m->submit, m->client_base, m->length,
		       &m->answer, &m->answer_length, &m->protocol_status);
}

NTSTATUS package_call(const UNICODE_STRING *name, bool passthrough, struct package_message *message)
{
	struct lsa *lsa = lsa_current();

	if (!lsa || !name || !name->Buffer)
		return fail(STATUS_INVALID_PARAMETER, "a message to another package");
	const struct package *p =
		host_find(&lsa->host, (struct ipc_text){ name->Buffer,
							 name->Length / (uint32_t)sizeof(WCHAR) });
	if (!p)
		return fail(STATUS_NO_SUCH_PACKAGE, "a message to another package");
	entry *call_it = passthrough ? p->functions.CallPackagePassthrough
				     : p->functions.CallPackage;
	if (!call_it)
		return fail(STATUS_NOT_SUPPORTED, "a package that takes no messages");
	if (calls_deep() > CALLS_DEEP_MAX)
		return fail(STATUS_INSUFFICIENT_RESOURCES, "packages that call each other");
	NTSTATUS status = deliver_inner(lsa, p, call_it, message);
	if (failed(status) || !message->answer)
		message->answer_length = 0;
	if (failed(status))
		message->answer = NULL;
	return status;
}
