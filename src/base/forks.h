/* base/forks.h - short locks that no child may find taken by a thread it does not have.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * For leaves only: whoever holds such a lock takes no other. They are taken after every lock that
 * has a fork handler of its own, whenever that was registered. */
#ifndef OPENSSPI_BASE_FORKS_H
#define OPENSSPI_BASE_FORKS_H

#include "base/compiler.h"

/* What is done to a lock around a fork; all three run in the thread that forks. */
struct fork_lock {
	void (*hold)(void *object);
	void (*release)(void *object); /* in the parent */
	void (*renew)(void *object);   /* in the child */
};

/* From now on `object` is held across forks; again for the same object is nothing. Its owner calls
 * forks_forget before it goes. False when memory is short. */
MUST_CHECK bool forks_guard(const struct fork_lock *lock, void *object);

/* Ends that; nothing for an object that is not guarded. */
void forks_forget(const void *object);

#endif
