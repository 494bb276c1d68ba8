/* base/forks.c - see base/forks.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Handlers that prepare a fork run newest first. Ours is registered when the library is loaded,
 * before any other of the house, and so runs last. */
#include "base/base.h"

#include <pthread.h>

#include "base/forks.h"

#define GUARDED_FIRST 64

struct guarded {
	const struct fork_lock *lock;
	void *object; /* NULL: free */
};

static struct {
	pthread_mutex_t lock;
	struct guarded first[GUARDED_FIRST], *at;
	size_t room;
} forks = { .lock = PTHREAD_MUTEX_INITIALIZER, .at = forks.first, .room = GUARDED_FIRST };

static void before_fork(void)
{
	pthread_mutex_lock(&forks.lock);
	for (size_t i = 0; i < forks.room; i++)
		if (forks.at[i].object)
			forks.at[i].lock->hold(forks.at[i].object);
}

static void after_fork_in_parent(void)
{
	for (size_t i = 0; i < forks.room; i++)
		if (forks.at[i].object)
			forks.at[i].lock->release(forks.at[i].object);
	pthread_mutex_unlock(&forks.lock);
}

static void after_fork_in_child(void)
{
	for (size_t i = 0; i < forks.room; i++)
		if (forks.at[i].object)
			forks.at[i].lock->renew(forks.at[i].object);
	pthread_mutex_unlock(&forks.lock);
}

__attribute__((constructor)) static void forks_begin(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* The place of an object (NULL: a free one); called with the lock held. */
static struct guarded *place_of(const void *object)
{
	for (size_t i = 0; i < forks.room; i++)
		if (forks.at[i].object == object)
			return &forks.at[i];
	return NULL;
}

/* A free place beyond those there are; NULL when memory is short. Called with the lock held. */
static struct guarded *place_more(void)
{
	struct guarded *more = mem_array(2 * forks.room, sizeof(*more));

	if (!more)
		return NULL;
	memcpy(more, forks.at, forks.room * sizeof(*more));
	if (forks.at != forks.first)
		mem_free(forks.at);
	forks.at = more;
	forks.room *= 2;
	return &more[forks.room / 2];
}

bool forks_guard(const struct fork_lock *lock, void *object)
{
	pthread_mutex_lock(&forks.lock);
	struct guarded *place = place_of(object);
	if (!place)
		place = place_of(NULL);
	if (!place)
		place = place_more();
	if (place)
		*place = (struct guarded){ lock, object };
	pthread_mutex_unlock(&forks.lock);
	return place != NULL;
}

void forks_forget(const void *object)
{
	pthread_mutex_lock(&forks.lock);
	struct guarded *place = place_of(object);
	if (place)
		*place = (struct guarded){ NULL, NULL };
	pthread_mutex_unlock(&forks.lock);
}
