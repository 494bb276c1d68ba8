/* lib/route.c - see lib/route.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntsecpkg.h>

#include "base/utf.h"
#include "ipc/reason.h"
#include "lib/route.h"

#define HERE (UINT64_C(1) << 63) /* in handles; numbers of base/slots.h leave it free */
#define HERE_PACKAGE 0x80u	  /* in package ids, which are few */

struct route {
	struct channel channel; /* first: a channel's address is its route's */
	struct channel *here, *daemon;
	struct packages_reply packages; /* those that are here */
};

static struct route *route_of(struct channel *channel)
{
	return (struct route *)(void *)channel;
}

static NTSTATUS call(struct channel *c, enum call which, const void *request, void *reply,
		     struct call_reason *why)
{
	return c->ops->call(c, which, request, reply, why);
}

static bool is_here(const struct route *r, struct ipc_text name)
{
	for (uint32_t i = 0; name.p && i < r->packages.count; i++) {
		const struct ipc_owned *own = &r->packages.package[i].name;
		if (utf16_equal_nocase((const WCHAR *)(const void *)own->p, own->n / 2, name.p,
				       name.n))
			return true;
	}
	return false;
}

/* ---- packages ---- */

static bool copy_bytes(struct ipc_owned *bytes)
{
	uint8_t *copy = mem_dup(bytes->p, bytes->n);

	bytes->p = copy;
	bytes->n = copy ? bytes->n : 0;
	return copy != NULL;
}

/* The daemon's, then those that are here, under ids of their own. */
static NTSTATUS list_packages(const struct route *r, struct packages_reply *out,
			      struct call_reason *why)
{
	struct packages_call request = { 0 };
	struct packages_reply theirs = { 0 };

	NTSTATUS status = call(r->daemon, CALL_PACKAGES, &request, &theirs, why);
	if (failed(status))
		return status;
	uint32_t count = theirs.count + r->packages.count;
	out->package = mem_array(count, sizeof(*out->package));
	if (!out->package) {
		call_reply_done(CALL_PACKAGES, &theirs);
		return fail(STATUS_NO_MEMORY, "listing packages");
	}
	for (uint32_t i = 0; i < theirs.count; i++)
		out->package[out->count++] = theirs.package[i];
	mem_free(theirs.package); /* its texts are ours now */
	for (uint32_t i = 0; i < r->packages.count; i++) {
		struct package_record *p = &out->package[out->count++];
		*p = r->packages.package[i];
		p->id |= HERE_PACKAGE;
		bool named = copy_bytes(&p->name);
		if (!copy_bytes(&p->comment) || !named)
			return fail(STATUS_NO_MEMORY, "listing packages");
	}
	return STATUS_SUCCESS;
}

/* ---- calls by package or handle ---- */

static NTSTATUS acquire(const struct route *r, const struct acquire_call *request,
			struct acquire_reply *reply, struct call_reason *why)
{
	if (!is_here(r, request->package))
		return call(r->daemon, CALL_ACQUIRE_CREDENTIALS, request, reply, why);
	NTSTATUS status = call(r->here, CALL_ACQUIRE_CREDENTIALS, request, reply, why);
	if (!failed(status)) {
		reply->credential |= HERE;
		reply->package |= HERE_PACKAGE;
	}
	return status;
}

static NTSTATUS context_leg(const struct route *r, enum call which,
			    const struct context_call *request, struct context_reply *reply,
			    struct call_reason *why)
{
	uint64_t mark = (request->context ? request->context : request->credential) & HERE;

	if (!mark)
		return request->credential & HERE ?
			       fail(SEC_E_INVALID_HANDLE, "a credential of another package") :
			       call(r->daemon, which, request, reply, why);
	if (request->credential && !(request->credential & HERE))
		return fail(SEC_E_INVALID_HANDLE, "a credential of another package");
	CLEANUP(mem_free_p) struct context_call *ours = mem_dup(request, sizeof(*request));
	if (!ours)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "passing a call on");
	ours->credential &= ~HERE;
	ours->context &= ~HERE;
	NTSTATUS status = call(r->here, which, ours, reply, why);
	reply->context |= reply->context ? HERE : 0;
	reply->package |= HERE_PACKAGE;
	return status;
}

/* Rows whose request names one object by a number; where in the request it stands. */
static const size_t handle_at[CALL_COUNT] = {
#define AT(type, member) offsetof(struct type, member) + 1
	[CALL_FREE_CREDENTIALS] = AT(credential_call, credential),
	[CALL_QUERY_CREDENTIALS] = AT(query_credentials_call, credential),
	[CALL_DELETE_CONTEXT] = AT(delete_context_call, context),
	[CALL_CONTROL_CONTEXT] = AT(control_context_call, context),
	[CALL_QUERY_CONTEXT] = AT(query_context_call, context),
	[CALL_SET_CREDENTIALS] = AT(set_attribute_call, object),
	[CALL_SET_CONTEXT] = AT(set_attribute_call, object),
	[CALL_ADD_CREDENTIALS] = AT(add_credentials_call, credential),
#undef AT
};

static NTSTATUS by_handle(const struct route *r, enum call which, const void *request, void *reply,
			  struct call_reason *why)
{
	uint64_t handle;
	size_t at = handle_at[which] - 1;

	memcpy(&handle, (const uint8_t *)request + at, sizeof(handle));
	if (!(handle & HERE))
		return call(r->daemon, which, request, reply, why);
	CLEANUP(mem_free_p) uint8_t *ours = mem_dup(request, call_row(which)->request_size);
	if (!ours)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "passing a call on");
	handle &= ~HERE;
	memcpy(ours + at, &handle, sizeof(handle));
	return call(r->here, which, ours, reply, why);
}

static NTSTATUS by_package(const struct route *r, const struct call_package_call *request,
			   struct call_package_reply *reply, struct call_reason *why)
{
	struct call_package_call ours = *request;

	if (request->package == SECPKG_ALL_PACKAGES || !(request->package & HERE_PACKAGE))
		return call(r->daemon, CALL_CALL_PACKAGE, request, reply, why);
	ours.package &= ~HERE_PACKAGE;
	return call(r->here, CALL_CALL_PACKAGE, &ours, reply, why);
}

static NTSTATUS route_call(struct channel *channel, enum call which, const void *request,
			   void *reply, struct call_reason *why)
{
	const struct route *r = route_of(channel);

	switch (which) {
	case CALL_PACKAGES:
		return list_packages(r, reply, why);
	case CALL_ACQUIRE_CREDENTIALS:
		return acquire(r, request, reply, why);
	case CALL_INIT_CONTEXT:
	case CALL_ACCEPT_CONTEXT:
		return context_leg(r, which, request, reply, why);
	case CALL_CALL_PACKAGE:
		return by_package(r, request, reply, why);
	case CALL_VAULT_MOVE: /* out of this user's files, which the daemon does not read */
		return call(r->here, which, request, reply, why);
	default:
		return (unsigned)which < CALL_COUNT && handle_at[which] ?
			       by_handle(r, which, request, reply, why) :
			       call(r->daemon, which, request, reply, why);
	}
}

static void route_free(struct channel *channel)
{
	struct route *r = route_of(channel);

	call_reply_done(CALL_PACKAGES, &r->packages);
	r->here->ops->free(r->here);
	r->daemon->ops->free(r->daemon);
	mem_free(r);
}

NTSTATUS route_channel_new(struct channel *here, struct channel *daemon, struct channel **out)
{
	static const struct channel_ops ops = { "socket", route_call, route_free };
	struct packages_call request = { 0 };
	struct route *r = MEM_NEW(struct route);
	struct call_reason why;

	if (!r)
		return fail(STATUS_NO_MEMORY, "making a channel");
	*r = (struct route){ .channel.ops = &ops, .here = here, .daemon = daemon };
	NTSTATUS status = call(here, CALL_PACKAGES, &request, &r->packages, &why);
	if (failed(status)) {
		mem_free(r);
		return status;
	}
	*out = &r->channel;
	return STATUS_SUCCESS;
}
