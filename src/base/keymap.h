/* base/keymap.h - objects found by a number that somebody else chose; for user-mode halves.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Sixteen shards, each with its own lock for many readers or one writer: finding does not wait for
 * other finders. What the objects point to is the owner's to count, in `visit`, atomically, since
 * several threads may find one object at once. */
#ifndef OPENSSPI_BASE_KEYMAP_H
#define OPENSSPI_BASE_KEYMAP_H

#include <pthread.h>

#include "base/compiler.h"

#define KEYMAP_SHARDS 16

struct keymap_entry {
	uint64_t key;
	void *object; /* NULL: free */
};

/* Open addressing; `room` is a power of two, at most three quarters of it used. */
struct keymap_shard {
	pthread_rwlock_t lock;
	struct keymap_entry *entry;
	uint32_t room, used;
};

struct keymap {
	struct keymap_shard shard[KEYMAP_SHARDS];
};

/* An empty static map: `static struct keymap m = KEYMAP_INIT;` needs no keymap_init. */
#define KEYMAP_SHARD_INIT                                                                          \
	{                                                                                          \
		.lock = PTHREAD_RWLOCK_INITIALIZER                                                 \
	}
#define KEYMAP_SHARDS_INIT_4                                                                       \
	KEYMAP_SHARD_INIT, KEYMAP_SHARD_INIT, KEYMAP_SHARD_INIT, KEYMAP_SHARD_INIT
#define KEYMAP_INIT                                                                                \
	{                                                                                          \
		.shard = {                                                                         \
			KEYMAP_SHARDS_INIT_4,                                                      \
			KEYMAP_SHARDS_INIT_4,                                                      \
			KEYMAP_SHARDS_INIT_4,                                                      \
			KEYMAP_SHARDS_INIT_4                                                       \
		}                                                                                  \
	}

/* Called under the shard's reading lock with the object found; takes the caller's reference, say. */
typedef void keymap_visit(void *object);

/* An empty map. */
void keymap_init(struct keymap *m);

/* Holds the map across forks, so that a child finds it unlocked. Again is nothing. False when too many
 * are guarded. */
MUST_CHECK bool keymap_guard_forks(struct keymap *m);

/* Releases the map; the objects are the owner's. */
void keymap_done(struct keymap *m);

/* Puts an object in under a key of any value; false when the key is there already, when `object` is
 * NULL or when memory is short. */
MUST_CHECK bool keymap_add(struct keymap *m, uint64_t key, void *object);

/* The object of that key, after `visit` (may be NULL) saw it under the lock; NULL when none is. */
MUST_CHECK void *keymap_find(struct keymap *m, uint64_t key, keymap_visit *visit);

/* Takes the object of that key out and returns it; NULL when there is none. No finder's `visit` is
 * running for it any more. */
MUST_CHECK void *keymap_remove(struct keymap *m, uint64_t key);

/* Takes any object out, for clearing a map; NULL when it is empty. */
MUST_CHECK void *keymap_remove_any(struct keymap *m);

/* How many objects are in the map. */
uint32_t keymap_used(struct keymap *m);

#endif
