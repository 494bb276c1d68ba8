/* lsad/quota.h - how much of lsad each user holds.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Used on the loop's thread alone, but for quota_has_handles. No user may hold so much that another
 * goes without. */
#ifndef OPENSSPI_LSAD_QUOTA_H
#define OPENSSPI_LSAD_QUOTA_H

#include <sys/types.h>

#include "base/base.h"

/* Of one user. */
struct quota_limits {
	uint32_t connections;
	uint32_t running; /* calls on worker threads; more wait their turn */
	uint32_t staying; /* of them, workers that stay with a program */
	uint32_t handles; /* credentials and contexts */
	size_t bytes;	  /* of requests being received or served, and of replies not yet sent */
};

struct quota;
struct quotas;

/* A call that waits its turn; first in the call. */
struct quota_turn {
	struct quota_turn *next;
};

MUST_CHECK struct quotas *quotas_new(const struct quota_limits *limits);
void quotas_free(struct quotas *q);

/* The user's, for one more connection; NULL when it has enough or memory is short. */
MUST_CHECK struct quota *quota_connect(struct quotas *q, uid_t uid);

/* A connection ended; nothing of it may be waiting or running. */
void quota_disconnect(struct quota *quota);

/* Room for bytes; false when the user has too many in hand. */
MUST_CHECK bool quota_take(struct quota *quota, size_t bytes);
void quota_give(struct quota *quota, size_t bytes);

/* May the call run now? Else it waits, and quota_end will name it. */
MUST_CHECK bool quota_begin(struct quota *quota, struct quota_turn *turn);

/* A call ended: whose turn it is now; NULL when none waits. */
MUST_CHECK struct quota_turn *quota_end(struct quota *quota);

/* May a worker stay with a program? Not while calls wait. Every stay is ended with quota_leave. */
MUST_CHECK bool quota_stay(struct quota *quota);
void quota_leave(struct quota *quota);

/* A connection has so many handles now, and had so many before. */
void quota_count_handles(struct quota *quota, uint32_t before, uint32_t now);

/* May another be made? Any thread. */
MUST_CHECK bool quota_has_handles(struct quota *quota);

#endif
