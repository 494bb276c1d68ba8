/* lsa/contexts.c - see lsa/contexts.h: the objects, and a package's part of each call.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "ipc/attributes.h"
#include "lsa/buffers.h"
#include "lsa/accepted.h"
#include "lsa/call.h"
#include "lsa/contexts.h"
#include "lsa/credentials.h"
#include "lsa/given.h"
#include "lsa/state.h"
#include "lsa/tokens.h"

/* ---- the objects ---- */

static struct context *lsa_context_new(struct lsa *lsa, const struct leg *leg)
{
	struct context *c = MEM_NEW(struct context);
	if (!c)
		return NULL;
	c->lsa = lsa;
	c->package = leg->credential->package;
	c->first = lsa_credential_ref(leg->credential);
	c->notes.kinds = leg->credential->notes.kinds;
	if (leg->target &&
	    leg->target->Length) { /* short of memory the line has what the last call says */
		c->notes.target = mem_dup(leg->target->Buffer, leg->target->Length);
		c->notes.target_n = c->notes.target ? leg->target->Length / sizeof(WCHAR) : 0;
	}
	c->inbound = leg->inbound;
	c->generation = lsa_generation();
	atomic_init(&c->refs, 1);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

struct context *lsa_context_ref(struct context *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

static void lsa_context_end(struct context *c)
{
	CLEANUP(call_leave) struct frame frame;
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);

	call_enter(&frame, c->lsa, NULL, c->package);
	call_is_cleanup(&frame);
	if (user && user->DeleteUserModeContext)
		(void)user->DeleteUserModeContext(c->handle);
	if (c->handle && c->package->functions.DeleteContext)
		(void)c->package->functions.DeleteContext(c->handle);
}

struct context *lsa_context_unref(struct context *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return NULL;
	/* The package's own locks may have been held by a thread that the child does not have. */
	if (c->generation == lsa_generation())
		lsa_context_end(c);
	lsa_credential_unref(c->first);
	lsa_credential_unref(c->latest);
	secret_free(c->packed);
	mem_free(c->notes.target);
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
	return NULL;
}

static void lsa_context_visit(void *object)
{
	(void)lsa_context_ref(object);
}

struct context *lsa_context_find(struct slots *table, uint64_t number)
{
	struct context *c = slots_find(table, number, lsa_context_visit);
	return c && c->generation != lsa_generation() ? lsa_context_unref(c) : c;
}

static void unlock_p(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

/* ---- a call of the handshake ---- */

static bool leg_fits(const struct leg *leg)
{
	if (!leg->context)
		return leg->credential != NULL;
	if (leg->context->inbound != leg->inbound)
		return false;
	return !leg->credential || leg->credential->package == leg->context->package;
}

/* A success, or a SEC_I_ status: what else is positive would look like a success to the application. */
static bool status_leads_on(NTSTATUS status)
{
	return status == SEC_E_OK || ((uint32_t)status & 0xFFFF0000u) == 0x00090000u;
}

/* Called with the context's lock held. */
static NTSTATUS leg_run(struct context *c, struct leg *leg)
{
	const SECPKG_FUNCTION_TABLE *f = &c->package->functions;
	LSA_SEC_HANDLE credential = leg->credential ? leg->credential->handle : 0;
	LSA_SEC_HANDLE handle = c->handle;
	TimeStamp until = { .QuadPart = CLOCK_NEVER };
	BOOLEAN mapped = FALSE;
	NTSTATUS status = SEC_E_UNSUPPORTED_FUNCTION;

	tokens_trace(&c->lsa->host, c->package, "takes", leg->in);
	if (leg->inbound && f->AcceptLsaModeContext)
		status = f->AcceptLsaModeContext(
			credential, c->handle, leg->in, leg->requirements, leg->data_representation,
			&handle, leg->out, &leg->attributes, &until, &mapped, &leg->user_data);
	else if (!leg->inbound && f->InitLsaModeContext)
		status = f->InitLsaModeContext(credential, c->handle, leg->target,
					       leg->requirements, leg->data_representation, leg->in,
					       &handle, leg->out, &leg->attributes, &until, &mapped,
					       &leg->user_data);
	leg->expiry = until.QuadPart;
	if (!failed(status) && call_current()->outer)
		audit_note_package(c->package, call_depth());
	audit_gather(&c->notes);
	if (!failed(status) ||
	    (leg->requirements & ISC_REQ_ALLOCATE_MEMORY)) /* else it may be room alone */
		tokens_trace(&c->lsa->host, c->package, "gives", leg->out);
	if (failed(status))
		return status;
	if (!status_leads_on(status))
		return fail(SEC_E_INTERNAL_ERROR, "a package's status that is none");
	/* Set once, so that whoever has the context may read it. */
	if (!c->handle)
		c->handle = handle;
	if (!c->handle || (handle && handle != c->handle))
		return fail(SEC_E_INTERNAL_ERROR, "a package's number of its context");
	leg->mapped = mapped;
	if (leg->inbound && (mapped || status == SEC_E_OK))
		accepted_note(c, leg);
	return status;
}

/* Called with the context's lock held. A package may remember the credentials of any call, so they
 * stay alive as long as the context does: those it began with and one more. */
static bool leg_keeps_credential(struct context *c, struct lsa_credential *credential)
{
	if (!credential || credential == c->first || credential == c->latest)
		return true;
	if (c->latest)
		return false;
	c->latest = lsa_credential_ref(credential);
	return true;
}

static NTSTATUS leg_later(struct leg *leg)
{
	struct context *c = leg->context;
	CLEANUP(unlock_p) pthread_mutex_t *lock = &c->lock;

	pthread_mutex_lock(lock);
	if (!leg_keeps_credential(c, leg->credential))
		return fail(SEC_E_WRONG_CREDENTIAL_HANDLE, "a context's third credentials");
	return leg_run(c, leg);
}

NTSTATUS lsa_context_leg(struct lsa *lsa, struct lsa_client *client, struct leg *leg)
{
	if (!leg_fits(leg))
		return fail(SEC_E_INVALID_HANDLE, "a credential and a context");

	CLEANUP(lsa_context_unref_p)
	struct context *fresh = leg->context ? NULL : lsa_context_new(lsa, leg);
	struct context *c = leg->context ? leg->context : fresh;
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a context");

	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, lsa, client, c->package);
	if (!client)
		call_is_inner(&frame);
	call_is_for(&frame, (leg->credential ? leg->credential : c->first)->logon);
	if (leg->context)
		return leg_later(leg);
	NTSTATUS status = leg_run(fresh, leg);
	/* A first call that failed left nothing that the package would want deleted. */
	if (failed(status))
		fresh->handle = 0;
	else
		leg->made = TAKE(fresh);
	return status;
}

/* ---- the calls of clients ---- */

static void answer_leg(struct leg *leg, struct context_reply *reply)
{
	const struct context *c = leg->made ? leg->made : leg->context;

	reply->attributes = leg->attributes;
	reply->expiry = leg->expiry;
	reply->mapped = leg->mapped;
	if (leg->mapped)
		reply->user_key = c->handle;
}

/* A context made by a first call gets its number; when there is none left it goes again. */
static NTSTATUS keep_context(struct lsa_client *client, struct leg *leg, NTSTATUS status,
			     struct context_reply *reply)
{
	if (!leg->made)
		return status;
	const struct lsa_credential *first = leg->made->first;
	leg->made->weight = first ? atomic_load(&first->weight) : 0;
	atomic_fetch_add(&client->weight, leg->made->weight);
	reply->context = slots_add(&client->contexts, leg->made);
	if (reply->context)
		return status;
	atomic_fetch_sub(&client->weight, leg->made->weight);
	reply->mapped = false;
	lsa_context_unref(leg->made);
	leg->made = NULL;
	return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping a context");
}

/* What was looked up for a call, released together. */
struct held {
	struct lsa_credential *credential;
	struct context *context;
};

static void held_done(struct held *h)
{
	lsa_credential_unref(h->credential);
	lsa_context_unref(h->context);
}

static NTSTATUS held_find(struct lsa_client *client, const struct context_call *call,
			  struct held *out)
{
	if (call->credential) {
		out->credential = lsa_credential_find(&client->credentials, call->credential);
		if (!out->credential)
			return fail(SEC_E_INVALID_HANDLE, "finding credentials");
	}
	if (call->context) {
		out->context = lsa_context_find(&client->contexts, call->context);
		if (!out->context)
			return fail(SEC_E_INVALID_HANDLE, "finding a context");
	}
	if (!out->credential && !out->context)
		return fail(SEC_E_INVALID_HANDLE, "a call without credentials and context");
	return STATUS_SUCCESS;
}

NTSTATUS lsa_context_call_leg(struct lsa_client *client, bool inbound,
			      const struct context_call *call, struct context_reply *reply)
{
	CLEANUP(held_done) struct held held = { NULL, NULL };
	CLEANUP(buffers_done) struct buffers in = { .count = 0 }, out = { .count = 0 };
	UNICODE_STRING target;

	NTSTATUS status = held_find(client, call, &held);
	if (failed(status))
		return status;
	bool allocate = call->requirements &
			(ULONG)(inbound ? ASC_REQ_ALLOCATE_MEMORY : ISC_REQ_ALLOCATE_MEMORY);
	if (!buffers_text(call->target, &target))
		return fail(SEC_E_TARGET_UNKNOWN, "a target name that is too long");
	status = buffers_input(&in, call->in, call->in_count);
	if (!failed(status))
		status = buffers_output(&out, call->out, call->out_count, allocate);
	if (failed(status))
		return status;

	struct leg leg = {
		.inbound = inbound,
		.credential = held.credential,
		.context = held.context,
		.target = call->target.p ? &target : NULL,
		.requirements = call->requirements,
		.data_representation = call->data_representation,
		.in = call->has_in ? &in.desc : NULL,
		.out = call->has_out ? &out.desc : NULL,
	};
	status = lsa_context_leg(client->lsa, client, &leg);
	reply->context = leg.made ? 0 : call->context;
	reply->package = (held.context ? held.context->package : held.credential->package)->id;
	answer_leg(&leg, reply);
	status = buffers_answer(&in, &out, status, reply);
	status = buffers_answer_user_data(&leg.user_data, status, reply);
	if (failed(status) && leg.made)
		leg.made = lsa_context_unref(leg.made);
	return keep_context(client, &leg, status, reply);
}

NTSTATUS lsa_context_delete(struct lsa_client *client, const struct delete_context_call *call)
{
	struct context *c = lsa_context_find(&client->contexts, call->context);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "deleting a context");
	/* Of two that delete it at once, one takes it out of the table. */
	struct context *taken = slots_remove(&client->contexts, call->context);
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	lsa_context_unref(c);
	if (!taken)
		return fail(SEC_E_INVALID_HANDLE, "deleting a context");
	atomic_fetch_sub(&client->weight, taken->weight);
	lsa_context_unref(taken);
	return STATUS_SUCCESS;
}

NTSTATUS lsa_context_apply(struct context *c, PSecBufferDesc in)
{
	CLEANUP(unlock_p) pthread_mutex_t *lock = &c->lock;

	pthread_mutex_lock(lock);
	return c->package->functions.ApplyControlToken
		       ? c->package->functions.ApplyControlToken(c->handle, in)
		       : fail(SEC_E_UNSUPPORTED_FUNCTION, "a package without control tokens");
}

NTSTATUS lsa_context_control(struct lsa_client *client, const struct control_context_call *call)
{
	CLEANUP(lsa_context_unref_p)
	struct context *c = lsa_context_find(&client->contexts, call->context);
	CLEANUP(buffers_done) struct buffers in = { .count = 0 };

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "controlling a context");
	NTSTATUS status = buffers_input(&in, call->in, call->in_count);
	if (failed(status))
		return status;
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	call_is_for(&frame, c->first->logon);
	return lsa_context_apply(c, &in.desc);
}

NTSTATUS lsa_context_ask(struct context *c, ULONG attribute, void *value)
{
	CLEANUP(unlock_p) pthread_mutex_t *lock = &c->lock;

	pthread_mutex_lock(lock);
	return c->package->functions.QueryContextAttributes
		       ? c->package->functions.QueryContextAttributes(c->handle, attribute, value)
		       : fail(SEC_E_UNSUPPORTED_FUNCTION, "a package without attributes");
}

NTSTATUS lsa_context_query(struct lsa_client *client, const struct query_context_call *call,
			   struct attribute_reply *reply)
{
	_Alignas(max_align_t) uint8_t value[ATTRIBUTE_SIZE_MAX] = { 0 };
	CLEANUP(lsa_context_unref_p)
	struct context *c = lsa_context_find(&client->contexts, call->context);

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "asking for an attribute");
	if (call->attribute & ATTRIBUTE_OF_CREDENTIALS || attribute_size(call->attribute) == 0)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "asking for an attribute");
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	call_is_for(&frame, c->first->logon);
	NTSTATUS status = lsa_context_ask(c, call->attribute, value);
	return failed(status) ? status : attribute_answer(call->attribute, value, reply);
}

static NTSTATUS lsa_context_change(struct context *c, struct given *given)
{
	CLEANUP(unlock_p) pthread_mutex_t *lock = &c->lock;
	SpSetContextAttributesFn *set = c->package->functions.SetContextAttributes;

	pthread_mutex_lock(lock);
	return set(c->handle, given->attribute, given->value, given->size);
}

NTSTATUS lsa_context_set(struct lsa_client *client, const struct set_attribute_call *call)
{
	CLEANUP(given_done) struct given given = { .value = NULL };
	CLEANUP(lsa_context_unref_p)
	struct context *c = lsa_context_find(&client->contexts, call->object);

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "changing an attribute");
	if (!c->package->functions.SetContextAttributes ||
	    call->attribute & ATTRIBUTE_OF_CREDENTIALS)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "changing an attribute");
	NTSTATUS status = given_read(call->attribute, call->value, &given);
	if (failed(status))
		return status;
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	call_is_for(&frame, c->first->logon);
	return lsa_context_change(c, &given);
}
