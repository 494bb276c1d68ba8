/* credman/targets.h - what packages have learnt of servers, for CredGetTargetInfo.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A cache of the last few dozen; nothing in it is secret, and nothing of it lasts. */
#ifndef OPENSSPI_CREDMAN_TARGETS_H
#define OPENSSPI_CREDMAN_TARGETS_H

#include <pthread.h>

#include "base/base.h"
#include "wire/target.h"

#define TARGETS_KEPT 64

struct target_entry {
	uint8_t *bytes; /* as target_write writes them; NULL: free */
	size_t n, name_n; /* name_n: units of its TargetName */
	uint64_t used; /* a clock of uses: the least goes first */
};

struct target_cache {
	pthread_mutex_t lock;
	uint64_t clock;
	struct target_entry entry[TARGETS_KEPT];
};

void targets_init(struct target_cache *t);
void targets_done(struct target_cache *t);

/* Is it one to look for credentials with? Fills in the other reading of a server's name whose form is
 * unknown. STATUS_INVALID_PARAMETER: no name at all, domains of a workgroup's member, types that are none,
 * extended ones mixed with others. */
MUST_CHECK NTSTATUS target_prepare(struct target_view *t);

/* Remembers a target under its TargetName; one without is not remembered. STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS targets_put(struct target_cache *t, const struct target_view *target);

/* The bytes of the one that is called so, by its TargetName or by one of its servers' names (mem_free).
 * STATUS_NOT_FOUND, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS targets_get(struct target_cache *t, struct utf16 name, uint8_t **bytes,
				size_t *n);

#endif
