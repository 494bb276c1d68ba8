/* advapi/credui_pending.c - CredUIConfirmCredentials and the credentials that wait for it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>
#include <pthread.h>

#include "advapi/credui.h"
#include "advapi/reach.h"
#include "base/forks.h"

#define PENDING_MAX 5

/* The oldest first. */
static struct {
	pthread_mutex_t lock;
	pthread_once_t once;
	struct credui_pending *at[PENDING_MAX];
	size_t count;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

static void queue_hold(void *object)
{
	(void)object;
	pthread_mutex_lock(&queue.lock);
}

static void queue_release(void *object)
{
	(void)object;
	pthread_mutex_unlock(&queue.lock);
}

static void queue_begin(void)
{
	static const struct fork_lock lock = { queue_hold, queue_release, queue_release };

	/* Without a guard a child of a threaded program may find the queue taken: too many locks. */
	if (!forks_guard(&lock, &queue))
		(void)fail(STATUS_NO_MEMORY, "guarding the queue of credentials");
}

void credui_pending_free(struct credui_pending *p)
{
	if (!p)
		return;
	mem_free(p->asked);
	mem_free(p->target);
	secret_free(p->user);
	secret_free(p->password);
	mem_free(p);
}

/* Takes one out; called with the lock held. */
static struct credui_pending *queue_take(size_t i)
{
	struct credui_pending *p = queue.at[i];

	queue.count--;
	memmove(&queue.at[i], &queue.at[i + 1], (queue.count - i) * sizeof(*queue.at));
	return p;
}

/* The one of a target; NULL when there is none. Called with the lock held. */
static struct credui_pending *queue_take_target(struct utf16 target)
{
	for (size_t i = 0; i < queue.count; i++) {
		struct utf16 asked = utf16_of(queue.at[i]->asked);
		if (utf16_equal_nocase(asked.p, asked.n, target.p, target.n))
			return queue_take(i);
	}
	return NULL;
}

void credui_pending_add_take(struct credui_pending *p)
{
	pthread_once(&queue.once, queue_begin);
	pthread_mutex_lock(&queue.lock);
	struct credui_pending *gone = queue_take_target(utf16_of(p->asked));
	if (!gone && queue.count == PENDING_MAX)
		gone = queue_take(0);
	queue.at[queue.count++] = p;
	pthread_mutex_unlock(&queue.lock);
	credui_pending_free(gone);
}

DWORD credui_pending_save(const struct credui_pending *p)
{
	CREDENTIALW credential = {
		.Flags = p->flags,
		.Type = p->type,
		.TargetName = p->target,
		.CredentialBlobSize = (DWORD)p->password->len,
		.CredentialBlob = p->password->p,
		.Persist = p->persist,
		.UserName = (WCHAR *)(void *)p->user->p,
	};
	return CredWriteW(&credential, 0) ? ERROR_SUCCESS : OpensspiGetLastError();
}

DWORD WINAPI CredUIConfirmCredentialsW(PCWSTR target, BOOL confirm)
{
	if (!target)
		return ERROR_INVALID_PARAMETER;
	pthread_once(&queue.once, queue_begin);
	pthread_mutex_lock(&queue.lock);
	CLEANUP(credui_pending_free_p)
	struct credui_pending *p = queue_take_target(utf16_of(target));
	pthread_mutex_unlock(&queue.lock);
	if (!p)
		return ERROR_NOT_FOUND;
	return confirm ? credui_pending_save(p) : ERROR_SUCCESS;
}

DWORD WINAPI CredUIConfirmCredentialsA(PCSTR target, BOOL confirm)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;

	uint32_t error = widened(target, &wide);
	return error == ERROR_SUCCESS ? CredUIConfirmCredentialsW(wide, confirm) : error;
}
