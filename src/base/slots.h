/* base/slots.h - a table that names objects by number: slot and generation, never a pointer.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A number is never 0 and never all ones, and it is not given out again for a very long time: the
 * generation of a slot changes with every release, and begins anywhere, so that a number of another
 * table, or of the same one before a restart, names nothing. The table locks itself; what the objects
 * point to is the owner's to count. */
#ifndef OPENSSPI_BASE_SLOTS_H
#define OPENSSPI_BASE_SLOTS_H

#include <pthread.h>

#include "base/compiler.h"

struct slot {
	void *object;
	uint32_t generation;
	uint32_t next_free;
};

struct slots {
	pthread_mutex_t lock;
	struct slot *slot;
	uint32_t count, limit, first_free;
	uint32_t used;
	uint32_t clear; /* no object below it */
	uint32_t begin; /* the generation of slots that were never used */
};

/* Called under the table's lock with the object found; takes the caller's reference, say. */
typedef void slots_visit(void *object);

/* An empty table that will hold at most `limit` objects. */
void slots_init(struct slots *t, uint32_t limit);

/* Holds the table across forks, so that a child finds it unlocked; for tables whose owner has no fork
 * handler. Again is nothing. False when too many are guarded. */
MUST_CHECK bool slots_guard_forks(struct slots *t);

/* Releases the table; the objects are the owner's. */
void slots_done(struct slots *t);

/* Puts an object in and returns its number; 0 when the limit or memory is reached. */
MUST_CHECK uint64_t slots_add(struct slots *t, void *object);

/* The object of that number, after `visit` (may be NULL) saw it under the lock; NULL for a stale,
 * foreign or zero number. */
MUST_CHECK void *slots_find(struct slots *t, uint64_t number, slots_visit *visit);

/* Takes the object of that number out and returns it; NULL as slots_find. */
MUST_CHECK void *slots_remove(struct slots *t, uint64_t number);

/* Takes any object out, for clearing a table; NULL when it is empty. */
MUST_CHECK void *slots_remove_any(struct slots *t);

/* How many objects are in the table. */
uint32_t slots_used(struct slots *t);

#endif
