/* lsa/threads.c - see lsa/threads.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "lsa/call.h"
#include "lsa/state.h"
#include "lsa/threads.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t running; /* those that are packages' */
} threads = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void before_fork(void)
{
	pthread_mutex_lock(&threads.lock);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&threads.lock);
}

static void make_condition(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&threads.changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void after_fork_in_child(void)
{
	threads.running = 0;
	make_condition();
	pthread_mutex_unlock(&threads.lock);
}

static void prepare_once(void)
{
	make_condition();
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void threads_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, prepare_once);
}

/* ---- one thread ---- */

struct beginning {
	struct thread_start start;
	pid_t id; /* 0: not yet running */
};

void thread_run(const struct thread_start *start)
{
	CLEANUP(call_leave) struct frame frame;

	call_enter(&frame, start->lsa, NULL, start->package);
	frame.attributes |= SECPKG_CALL_IN_PROC;
	(void)start->function(start->parameter);
}

static void *thread_main(void *argument)
{
	struct beginning *b = argument;
	const struct thread_start start = b->start;

	pthread_mutex_lock(&threads.lock);
	b->id = gettid(); /* its maker goes on, and `b` is gone */
	pthread_cond_broadcast(&threads.changed);
	pthread_mutex_unlock(&threads.lock);
	thread_run(&start);
	pthread_mutex_lock(&threads.lock);
	threads.running -= !start.is_ours;
	pthread_cond_broadcast(&threads.changed);
	pthread_mutex_unlock(&threads.lock);
	return NULL;
}

static bool attributes_init(pthread_attr_t *attributes, size_t stack)
{
	if (pthread_attr_init(attributes) != 0)
		return false;
	if (stack && stack < (size_t)PTHREAD_STACK_MIN)
		stack = (size_t)PTHREAD_STACK_MIN;
	if (pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED) == 0 &&
	    (!stack || pthread_attr_setstacksize(attributes, stack) == 0))
		return true;
	pthread_attr_destroy(attributes);
	return false;
}

bool thread_begin(const struct thread_start *start, ULONG *id)
{
	struct beginning b = { .start = *start };
	pthread_attr_t attributes;
	pthread_t thread;

	threads_prepare();
	if (!attributes_init(&attributes, start->stack))
		return false;
	pthread_mutex_lock(&threads.lock);
	bool begun = pthread_create(&thread, &attributes, thread_main, &b) == 0;
	if (begun)
		threads.running += !start->is_ours;
	while (begun && !b.id)
		pthread_cond_wait(&threads.changed, &threads.lock);
	pthread_mutex_unlock(&threads.lock);
	pthread_attr_destroy(&attributes);
	if (begun && id)
		*id = (ULONG)b.id;
	return begun;
}

bool threads_wait(unsigned ms)
{
	struct timespec until;
	int result = 0;

	threads_prepare();
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&threads.lock);
	while (threads.running && result != ETIMEDOUT)
		result = pthread_cond_timedwait(&threads.changed, &threads.lock, &until);
	bool all = threads.running == 0;
	pthread_mutex_unlock(&threads.lock);
	return all;
}

/* ---- the table's ---- */

HANDLE NTAPI thread_create(SEC_ATTRS attributes, ULONG stack, SEC_THREAD_START start,
			   PVOID parameter, ULONG flags, PULONG id)
{
	const struct frame *frame = call_current();
	struct lsa *lsa = lsa_current();
	ULONG number = 0;

	(void)attributes;
	if (!lsa || !start || flags)
		return NULL;
	const struct thread_start it = { .function = start,
					 .parameter = parameter,
					 .stack = stack,
					 .lsa = lsa,
					 .package = frame ? frame->package : NULL };
	if (!thread_begin(&it, &number))
		return NULL;
	if (id)
		*id = number;
	return (HANDLE)(uintptr_t)number;
}
