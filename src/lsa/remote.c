/* lsa/remote.c - see lsa/remote.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/attributes.h"
#include "ipc/buffers.h"
#include "ipc/reason.h"
#include "lsa/call.h"
#include "lsa/contexts.h"
#include "lsa/remote.h"
#include "lsa/state.h"
#include "wire/authdata.h"

static NTSTATUS call(struct lsa *lsa, enum call which, const void *request, void *reply)
{
	struct channel *remote = lsa->setup.remote;
	struct call_reason why = { .text = "" };

	NTSTATUS status = remote->ops->call(remote, which, request, reply, &why);
	if (failed(status) && why.text[0])
		call_note_reason(why.text);
	return status;
}

static uint64_t unmarked(OPENSSPI_REACH_HANDLE number)
{
	return (uint64_t)number & ~REMOTE_MARK;
}

static struct ipc_text text_of(const UNICODE_STRING *text)
{
	if (!text)
		return (struct ipc_text){ NULL, 0 };
	return (struct ipc_text){ text->Buffer, text->Length / sizeof(WCHAR) };
}

/* ---- credentials ---- */

NTSTATUS remote_acquire(struct lsa *lsa, const struct remote_asked *asked,
			OPENSSPI_REACH_HANDLE *credential, int64_t *expiry)
{
	struct rd block = authdata_block(asked->auth);
	struct acquire_call request = { .package = text_of(asked->package),
					.use = asked->use,
					.has_logon = asked->logon != NULL,
					.auth = { block.p, (uint32_t)block.n } };
	struct acquire_reply reply = { 0 };

	if (asked->logon)
		request.logon = *asked->logon;
	NTSTATUS status = call(lsa, CALL_ACQUIRE_CREDENTIALS, &request, &reply);
	if (failed(status))
		return status;
	*credential = (OPENSSPI_REACH_HANDLE)(reply.credential | REMOTE_MARK);
	*expiry = reply.expiry;
	return status;
}

void remote_free_credentials(struct lsa *lsa, OPENSSPI_REACH_HANDLE credential)
{
	struct credential_call request = { unmarked(credential) };
	struct empty_reply reply = { 0 };
	(void)!call(lsa, CALL_FREE_CREDENTIALS, &request, &reply);
}

/* ---- contexts ---- */

static NTSTATUS request_fill(const struct leg *leg, struct context_call *request)
{
	request->target = text_of(leg->target);
	request->requirements = leg->requirements;
	request->data_representation = leg->data_representation;
	request->has_in = leg->in != NULL;
	request->has_out = leg->out != NULL;
	NTSTATUS status = buffers_in(leg->in, request->in, &request->in_count);
	return failed(status) ? status : buffers_room(leg->out, request->out, &request->out_count);
}

NTSTATUS remote_leg(struct lsa *lsa, struct leg *leg, OPENSSPI_REACH_HANDLE credential,
		    OPENSSPI_REACH_HANDLE *context)
{
	enum call which = leg->inbound ? CALL_ACCEPT_CONTEXT : CALL_INIT_CONTEXT;
	bool allocate = leg->requirements &
			ISC_REQ_ALLOCATE_MEMORY; /* the same bit in both roles */
	CLEANUP(mem_free_p) struct context_call *request = MEM_NEW(struct context_call);
	CLEANUP(mem_free_p) struct context_reply *reply = MEM_NEW(struct context_reply);

	if (!request || !reply)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "reaching for a context elsewhere");
	NTSTATUS status = request_fill(leg, request);
	if (failed(status))
		return status;
	request->credential = credential ? unmarked(credential) : 0;
	request->context = *context ? unmarked(*context) : 0;
	status = call(lsa, which, request, reply);
	buffers_answer_in(leg->in, reply);
	NTSTATUS placed = buffers_answer_out(leg->out, reply, allocate, status);
	if (!failed(status) && failed(placed))
		status = placed;
	leg->attributes = reply->attributes;
	leg->expiry = reply->expiry;
	if (!failed(status))
		*context = (OPENSSPI_REACH_HANDLE)(reply->context | REMOTE_MARK);
	call_reply_done(which, reply);
	return status;
}

void remote_delete_context(struct lsa *lsa, OPENSSPI_REACH_HANDLE context)
{
	struct delete_context_call request = { unmarked(context) };
	struct empty_reply reply = { 0 };
	(void)!call(lsa, CALL_DELETE_CONTEXT, &request, &reply);
}

NTSTATUS remote_query(struct lsa *lsa, OPENSSPI_REACH_HANDLE context, ULONG attribute, void *buffer)
{
	struct query_context_call request = { unmarked(context), attribute };
	struct attribute_reply reply = { .value = { NULL, 0 } };

	NTSTATUS status = call(lsa, CALL_QUERY_CONTEXT, &request, &reply);
	if (!failed(status))
		status = attribute_unmarshal(attribute, rd_of(reply.value.p, reply.value.n), false,
					     buffer);
	call_reply_done(CALL_QUERY_CONTEXT, &reply);
	return status;
}
