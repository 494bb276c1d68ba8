/* lsad/quota.c - see lsad/quota.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdatomic.h>

#include "lsad/quota.h"

struct quota {
	struct quota *next;
	struct quotas *all;
	uid_t uid;
	uint32_t connections, running, staying;
	atomic_uint handles;
	size_t bytes;
	struct quota_turn *first, **last; /* who waits */
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

/* ---- connections ---- */

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
	found->next = q->first;
	found->all = q;
	found->uid = uid;
	found->last = &found->first;
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

/* ---- bytes ---- */

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

/* ---- calls ---- */

bool quota_begin(struct quota *quota, struct quota_turn *turn)
{
	if (quota->running < quota->all->limits.running) {
		quota->running++;
		return true;
	}
	turn->next = NULL;
	*quota->last = turn;
	quota->last = &turn->next;
	return false;
}

struct quota_turn *quota_end(struct quota *quota)
{
	struct quota_turn *turn = quota->first;

	if (!turn) {
		quota->running--;
		return NULL;
	}
	quota->first = turn->next;
	if (!quota->first)
		quota->last = &quota->first;
	return turn;
}

bool quota_stay(struct quota *quota)
{
	if (quota->first || quota->staying >= quota->all->limits.staying)
		return false;
	quota->staying++;
	return true;
}

void quota_leave(struct quota *quota)
{
	quota->staying--;
}

/* ---- handles ---- */

void quota_count_handles(struct quota *quota, uint32_t before, uint32_t now)
{
	atomic_fetch_add(&quota->handles, now - before);
}

bool quota_has_handles(struct quota *quota)
{
	return atomic_load(&quota->handles) < quota->all->limits.handles;
}
