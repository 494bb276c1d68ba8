/* lsa/threads.h - threads of packages: each knows whose it is, and the LSA waits for them at its end.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Such a thread is in a call of the LSA itself: there is no client. After a fork the child has none of
 * them. */
#ifndef OPENSSPI_LSA_THREADS_H
#define OPENSSPI_LSA_THREADS_H

#include <ntsecpkg.h>

#include "base/base.h"

struct lsa;
struct package;

struct thread_start {
	SEC_THREAD_START function;
	PVOID parameter;
	size_t stack; /* 0: as usual */
	struct lsa *lsa;
	const struct package *package; /* NULL: nobody's */
	bool is_ours;		       /* not a package's: nobody waits for it */
};

/* Has its lock held around forks. Who begins a thread while it holds such a lock of its own calls this
 * before it registers its handlers, so that the two are locked in one order. */
void threads_prepare(void);

/* Starts it; `id` (may be NULL) receives the kernel's number of the thread. False when none can be had. */
MUST_CHECK bool thread_begin(const struct thread_start *start, ULONG *id);

/* Runs the function on this thread as such a thread would. */
void thread_run(const struct thread_start *start);

/* Waits for all threads to end, for so many milliseconds at most. False when some go on. */
bool threads_wait(unsigned ms);

/* The table's member. The handle is a number that names nothing: there is nothing to wait for or to
 * close. NULL also for threads that are to begin suspended. */
HANDLE NTAPI thread_create(SEC_ATTRS attributes, ULONG stack, SEC_THREAD_START start,
			   PVOID parameter, ULONG flags, PULONG id);

#endif
