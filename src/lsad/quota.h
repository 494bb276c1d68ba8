/* lsad/quota.h - how much of lsad each user holds.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Used on the loop's thread alone. */
#ifndef OPENSSPI_LSAD_QUOTA_H
#define OPENSSPI_LSAD_QUOTA_H

#include <sys/types.h>

#include "base/base.h"

struct quota_limits {
	uint32_t connections; /* of one user */
	size_t bytes;	      /* of requests that are being received or served */
};

struct quota;
struct quotas;

MUST_CHECK struct quotas *quotas_new(const struct quota_limits *limits);
void quotas_free(struct quotas *q);

/* The user's, for one more connection; NULL when it has enough or memory is short. */
MUST_CHECK struct quota *quota_connect(struct quotas *q, uid_t uid);
void quota_disconnect(struct quota *quota);

/* Room for a request of that size; false when the user has too many in hand. */
MUST_CHECK bool quota_take(struct quota *quota, size_t bytes);
void quota_give(struct quota *quota, size_t bytes);

#endif
