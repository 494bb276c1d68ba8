/* ipc/tokensession.c - see ipc/tokensession.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntsecpkg.h>
#include <pthread.h>
#include <unistd.h>

#include "base/forks.h"
#include "ipc/tokensession.h"

struct token_session {
	size_t refs;
	LUID logon;
	token_session_end *end;
	bool over;
	pid_t maker;
	struct token_session *next;
};

/* Credentials of a session. */
struct token_use {
	struct token_session *session;
	uint64_t credential;
	struct token_use *next;
};

static struct {
	pthread_mutex_t lock;
	struct token_session *first;
	struct token_use *uses;
} list = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void list_hold(void *lock)
{
	pthread_mutex_lock(lock);
}

static void list_release(void *lock)
{
	pthread_mutex_unlock(lock);
}

struct token_session *token_session_new(LUID logon, token_session_end *end)
{
	static const struct fork_lock guard = { list_hold, list_release, list_release };
	struct token_session *s = MEM_NEW(struct token_session);

	if (!s || !forks_guard(&guard, &list.lock)) {
		mem_free(s);
		return NULL;
	}
	*s = (struct token_session){ .refs = 1, .logon = logon, .end = end, .maker = getpid() };
	pthread_mutex_lock(&list.lock);
	s->next = list.first;
	list.first = s;
	pthread_mutex_unlock(&list.lock);
	return s;
}

struct token_session *token_session_ref(struct token_session *s)
{
	if (!s)
		return NULL;
	pthread_mutex_lock(&list.lock);
	s->refs++;
	pthread_mutex_unlock(&list.lock);
	return s;
}

/* Called with the lock held. */
static void take_out(const struct token_session *s)
{
	struct token_session **at = &list.first;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
}

void token_session_unref(struct token_session *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&list.lock);
	bool last = --s->refs == 0;
	if (last)
		take_out(s);
	pthread_mutex_unlock(&list.lock);
	if (!last)
		return;
	if (!s->over && s->maker == getpid())
		s->end(s->logon);
	mem_free(s);
}

/* ---- credentials ---- */

/* With a reference of the caller's. */
static struct token_session *session_of(const LUID *logon)
{
	pthread_mutex_lock(&list.lock);
	struct token_session *s = list.first;
	while (s && (s->over || !SecEqualLuid(&s->logon, logon)))
		s = s->next;
	if (s)
		s->refs++;
	pthread_mutex_unlock(&list.lock);
	return s;
}

NTSTATUS token_use_begin(const LUID *logon, struct token_use **out)
{
	struct token_session *s = session_of(logon);

	*out = NULL;
	if (!s)
		return STATUS_SUCCESS;
	struct token_use *u = MEM_NEW(struct token_use);
	if (!u) {
		token_session_unref(s);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "using a logon session");
	}
	u->session = s;
	*out = u;
	return STATUS_SUCCESS;
}

static void use_free(struct token_use *u)
{
	if (u)
		token_session_unref(u->session);
	mem_free(u);
}

void token_use_settle(struct token_use *u, uint64_t credential)
{
	if (!u)
		return;
	if (!credential) {
		use_free(u);
		return;
	}
	u->credential = credential;
	pthread_mutex_lock(&list.lock);
	u->next = list.uses;
	list.uses = u;
	pthread_mutex_unlock(&list.lock);
}

void token_use_end(uint64_t credential)
{
	pthread_mutex_lock(&list.lock);
	struct token_use **at = &list.uses;
	while (*at && (*at)->credential != credential)
		at = &(*at)->next;
	struct token_use *u = *at;
	if (u)
		*at = u->next;
	pthread_mutex_unlock(&list.lock);
	use_free(u);
}

/* ---- */

void token_session_is_over(LUID logon)
{
	pthread_mutex_lock(&list.lock);
	for (struct token_session *s = list.first; s; s = s->next)
		s->over = s->over || SecEqualLuid(&s->logon, &logon);
	pthread_mutex_unlock(&list.lock);
}
