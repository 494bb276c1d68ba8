/* lsa/call.c - see lsa/call.h and lsa_dispatch in lsa/lsa.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "lsa/call.h"
#include "lsa/contexts.h"
#include "lsa/credentials.h"
#include "lsa/state.h"

/* The house's only thread-local: helpers such as GetClientInfo are told nothing but where to write. */
static _Thread_local struct frame *current_call;

void call_enter(struct frame *frame, struct lsa *lsa, struct lsa_client *client,
		const struct package *package)
{
	struct frame *outer = current_call;

	*frame = (struct frame){ .lsa = lsa, .client = client, .package = package, .outer = outer };
	if (outer && !client) {
		frame->client = outer->client;
		frame->attributes = outer->attributes;
	}
	current_call = frame;
}

void call_leave(struct frame *frame)
{
	current_call = frame->outer;
}

const struct frame *call_current(void)
{
	return current_call;
}

static NTSTATUS dispatch_packages(struct lsa_client *client, const void *request, void *reply)
{
	(void)request;
	return host_describe(&client->lsa->host, reply);
}

static NTSTATUS dispatch_acquire(struct lsa_client *client, const void *request, void *reply)
{
	return lsa_credential_acquire(client, request, reply);
}

static NTSTATUS dispatch_free_credentials(struct lsa_client *client, const void *request,
					  void *reply)
{
	(void)reply;
	return lsa_credential_free(client, request);
}

static NTSTATUS dispatch_query_credentials(struct lsa_client *client, const void *request,
					   void *reply)
{
	return lsa_credential_query(client, request, reply);
}

static NTSTATUS dispatch_init(struct lsa_client *client, const void *request, void *reply)
{
	return lsa_context_call_leg(client, false, request, reply);
}

static NTSTATUS dispatch_accept(struct lsa_client *client, const void *request, void *reply)
{
	return lsa_context_call_leg(client, true, request, reply);
}

static NTSTATUS dispatch_delete(struct lsa_client *client, const void *request, void *reply)
{
	(void)reply;
	return lsa_context_delete(client, request);
}

static NTSTATUS dispatch_control(struct lsa_client *client, const void *request, void *reply)
{
	(void)reply;
	return lsa_context_control(client, request);
}

static NTSTATUS dispatch_query_context(struct lsa_client *client, const void *request, void *reply)
{
	return lsa_context_query(client, request, reply);
}

static NTSTATUS dispatch_session(struct lsa_client *client, const void *request, void *reply)
{
	return session_describe(client, request, reply);
}

static NTSTATUS dispatch_set_credentials(struct lsa_client *client, const void *request,
					 void *reply)
{
	(void)reply;
	return lsa_credential_set(client, request);
}

static NTSTATUS dispatch_set_context(struct lsa_client *client, const void *request, void *reply)
{
	(void)reply;
	return lsa_context_set(client, request);
}

static NTSTATUS dispatch_add_credentials(struct lsa_client *client, const void *request,
					 void *reply)
{
	return lsa_credential_add(client, request, reply);
}

static NTSTATUS (*const handlers[CALL_COUNT])(struct lsa_client *client, const void *request,
					      void *reply) = {
	[CALL_PACKAGES] = dispatch_packages,
	[CALL_ACQUIRE_CREDENTIALS] = dispatch_acquire,
	[CALL_FREE_CREDENTIALS] = dispatch_free_credentials,
	[CALL_QUERY_CREDENTIALS] = dispatch_query_credentials,
	[CALL_INIT_CONTEXT] = dispatch_init,
	[CALL_ACCEPT_CONTEXT] = dispatch_accept,
	[CALL_DELETE_CONTEXT] = dispatch_delete,
	[CALL_CONTROL_CONTEXT] = dispatch_control,
	[CALL_QUERY_CONTEXT] = dispatch_query_context,
	[CALL_SESSION_DATA] = dispatch_session,
	[CALL_SET_CREDENTIALS] = dispatch_set_credentials,
	[CALL_SET_CONTEXT] = dispatch_set_context,
	[CALL_ADD_CREDENTIALS] = dispatch_add_credentials,
};

NTSTATUS lsa_dispatch(struct lsa_client *client, enum call which, const void *request, void *reply)
{
	if ((unsigned)which >= CALL_COUNT)
		return fail(SEC_E_INTERNAL_ERROR, "a call that is none");
	atomic_fetch_add(&client->calls, 1);
	return handlers[which](client, request, reply);
}
