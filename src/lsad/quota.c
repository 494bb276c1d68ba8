/* lsad/quota.c - see lsad/quota.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "lsad/quota.h"

struct quota {
	struct quota *next;
	struct quotas *all;
	uid_t uid;
	uint32_t connections;
	size_t bytes;
};

struct quotas {
	struct quota_limits limits;
	struct quota *first;
};

struct quotas *quotas_new(const struct quota_limits *limits)
{
	struct quotas *q = MEM_NEW(struct quotas);

	if (q)
		q->limits = *limits;
	return q;
}

void quotas_free(struct quotas *q)
{
	mem_free(q);
}

static struct quota *find(struct quotas *q, uid_t uid)
{
	struct quota *found = q->first;

	while (found && found->uid != uid)
		found = found->next;
	if (found)
		return found;
	found = MEM_NEW(struct quota);
	if (!found)
		return NULL;
	*found = (struct quota){ .next = q->first, .all = q, .uid = uid };
	q->first = found;
	return found;
}

struct quota *quota_connect(struct quotas *q, uid_t uid)
{
	struct quota *quota = find(q, uid);

	if (!quota || quota->connections >= q->limits.connections)
		return NULL;
	quota->connections++;
	return quota;
}

void quota_disconnect(struct quota *quota)
{
	struct quota **at = &quota->all->first;

	if (--quota->connections)
		return;
	while (*at != quota)
		at = &(*at)->next;
	*at = quota->next;
	mem_free(quota);
}

bool quota_take(struct quota *quota, size_t bytes)
{
	if (bytes > quota->all->limits.bytes - quota->bytes)
		return false;
	quota->bytes += bytes;
	return true;
}

void quota_give(struct quota *quota, size_t bytes)
{
	quota->bytes -= bytes;
}
