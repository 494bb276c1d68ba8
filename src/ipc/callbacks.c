/* ipc/callbacks.c - see ipc/callbacks.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Places are taken for good, each for one number, and read without a lock. */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>

#include "ipc/callbacks.h"

#define CALLBACKS_MAX 64

static struct place {
	ULONG id;
	_Atomic(PLSA_CALLBACK_FUNCTION) function;
} places[CALLBACKS_MAX];

static atomic_uint taken;
static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void)
{
	pthread_mutex_lock(&registering);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&registering);
}

static void guard_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

static struct place *find(ULONG id)
{
	const unsigned n = atomic_load(&taken);

	for (unsigned i = 0; i < n; i++)
		if (places[i].id == id)
			return &places[i];
	return NULL;
}

NTSTATUS callback_register(ULONG id, PLSA_CALLBACK_FUNCTION function)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct place *place;

	pthread_once(&once, guard_forks);
	pthread_mutex_lock(&registering);
	place = find(id);
	if (!place && atomic_load(&taken) < CALLBACKS_MAX) {
		place = &places[atomic_load(&taken)];
		place->id = id;
		atomic_store(&place->function, function);
		atomic_fetch_add(&taken, 1);
	}
	if (place)
		atomic_store(&place->function, function);
	pthread_mutex_unlock(&registering);
	return place ? STATUS_SUCCESS
		     : fail(STATUS_INSUFFICIENT_RESOURCES, "registering a callback");
}

PLSA_CALLBACK_FUNCTION callback_find(ULONG id)
{
	struct place *place = find(id);

	return place ? atomic_load(&place->function) : NULL;
}
