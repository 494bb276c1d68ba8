/* sock/mute.c - see sock/mute.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A process has one LSA, so one path is remembered, by its hash; of two that are mute at once the later one
 * counts. No lock: a fork needs no care. */
#include "base/base.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "sock/mute.h"

#define PATIENCE_SECONDS 10
#define LITTLE_SECONDS 1
#define PEACE_NS (5 * INT64_C(1000000000))

static atomic_uint_fast64_t who; /* 0: nobody */
static atomic_int_fast64_t until;

/* FNV-1a. */
static uint64_t hash(const char *path)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);

	for (; *path; path++)
		h = (h ^ (uint8_t)*path) * UINT64_C(0x100000001B3);
	return h | 1;
}

unsigned mute_patience(const char *path)
{
	int_fast64_t end = atomic_load(&until);
	int64_t now = clock_monotonic_ns();

	if (atomic_load(&who) != hash(path))
		return PATIENCE_SECONDS;
	if (now < end || !atomic_compare_exchange_strong(&until, &end, now + PEACE_NS))
		return 0;
	return LITTLE_SECONDS;
}

void mute_remember(const char *path)
{
	atomic_store(&until, clock_monotonic_ns() + PEACE_NS);
	atomic_store(&who, hash(path));
}

void mute_forget(const char *path)
{
	if (atomic_load(&who) == hash(path))
		atomic_store(&who, 0);
}
