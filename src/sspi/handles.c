/* sspi/handles.c - see sspi/handles.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "base/slots.h"
#include "ipc/token.h"
#include "sspi/handles.h"
#include "sspi/packages.h"

#define KIND_CREDENTIAL 0x4F53435245440000u /* two low bytes: the package */
#define KIND_CONTEXT 0x4F53435458540000u
#define KIND_MASK 0xFFFFFFFFFFFF0000u
#define PACKAGE_MASK 0xFFFFu

#define CONTEXTS_MAX (1u << 20)

static struct slots contexts;
static atomic_uint era;

/* ---- forks ---- */

static void contexts_before_fork(void)
{
	pthread_mutex_lock(&contexts.lock);
}

static void contexts_after_fork(void)
{
	pthread_mutex_unlock(&contexts.lock);
}

static void contexts_in_child(void)
{
	atomic_fetch_add(&era, 1);
	pthread_mutex_unlock(&contexts.lock);
}

static void contexts_begin(void)
{
	slots_init(&contexts, CONTEXTS_MAX);
	pthread_atfork(contexts_before_fork, contexts_after_fork, contexts_in_child);
}

static struct slots *contexts_table(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, contexts_begin);
	return &contexts;
}

/* ---- handles ---- */

static SecHandle handle_make(uint64_t kind, uint32_t package, uint64_t number)
{
	return (SecHandle){ .dwLower = number, .dwUpper = kind | (package & PACKAGE_MASK) };
}

static bool handle_is(const SecHandle *handle, uint64_t kind)
{
	return handle && (handle->dwUpper & KIND_MASK) == kind && handle->dwLower != 0;
}

CredHandle credential_handle(uint64_t number, uint32_t package)
{
	return handle_make(KIND_CREDENTIAL, package, number);
}

bool credential_number(PCredHandle handle, uint64_t *out)
{
	if (!handle_is(handle, KIND_CREDENTIAL))
		return false;
	*out = handle->dwLower;
	return true;
}

uint32_t handle_package(const SecHandle *handle)
{
	return (uint32_t)(handle->dwUpper & PACKAGE_MASK);
}

/* ---- contexts ---- */

struct context *context_new(uint32_t package)
{
	struct context *c = MEM_NEW(struct context);
	if (!c)
		return NULL;
	atomic_init(&c->references, 2);
	c->package = package;
	c->era = atomic_load(&era);
	c->number = slots_add(contexts_table(), c);
	if (c->number)
		return c;
	mem_free(c);
	return NULL;
}

CtxtHandle context_handle(const struct context *c)
{
	return handle_make(KIND_CONTEXT, c->package, c->number);
}

static void context_count(void *object)
{
	struct context *c = object;
	atomic_fetch_add(&c->references, 1);
}

struct context *context_ref(PCtxtHandle handle)
{
	if (!handle_is(handle, KIND_CONTEXT))
		return NULL;
	CLEANUP(context_unref_p)
	struct context *c = slots_find(contexts_table(), handle->dwLower, context_count);
	if (!c || c->era != atomic_load(&era) || (c->package & PACKAGE_MASK) != handle_package(handle))
		return NULL;
	return TAKE(c);
}

void context_unref(struct context *c)
{
	if (!c || atomic_fetch_sub(&c->references, 1) != 1)
		return;
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);
	if (user && user->DeleteUserModeContext)
		(void)user->DeleteUserModeContext(c->user_key);
	if (c->lsa)
		facade_delete_context(c->lsa);
	token_unref(atomic_load(&c->token));
	mem_free(c);
}

bool context_forget(const struct context *c)
{
	struct context *removed = slots_remove(contexts_table(), c->number);
	context_unref(removed);
	return removed != NULL;
}
