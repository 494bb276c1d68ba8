/* fuzz/fuzz_ccache.c - ticket caches and keytabs as another process shows them, read and written again.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/ccache.h"
#include "wire/keytab.h"

static bool same(struct rd a, struct rd b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool same_name(const struct ccache_name *a, const struct ccache_name *b)
{
	bool equal = a->type == b->type && a->count == b->count && same(a->realm, b->realm);

	for (uint32_t i = 0; equal && i < a->count; i++)
		equal = same(a->part[i], b->part[i]);
	return equal;
}

static void again_ticket(const struct ccache_name *owner, const struct ccache_ticket *t)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 22);
	struct ccache_ticket back;
	struct ccache c;

	ccache_write_owner(&w, owner);
	ccache_write_ticket(&w, t);
	if (wr_ok(&w) &&
	    (!ccache_open(wr_view(&w), &c) || !ccache_next(&c, &back) || !rd_empty(c.rest) ||
	     !same_name(&c.owner, owner) || !same_name(&back.client, &t->client) ||
	     !same_name(&back.server, &t->server) || !same(back.key, t->key) ||
	     !same(back.ticket, t->ticket) || !same(back.second, t->second) || back.end != t->end))
		abort();
}

static void again_key(const struct keytab_entry *e)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 22);
	struct keytab_entry back;
	bool is_entry;
	struct rd rest;

	keytab_write_head(&w);
	keytab_write_entry(&w, e);
	if (wr_ok(&w) &&
	    (!keytab_open(wr_view(&w), &rest) || !keytab_next(&rest, &back, &is_entry) ||
	     !is_entry || !rd_empty(rest) || !same_name(&back.name, &e->name) ||
	     !same(back.key, e->key) || back.version != e->version))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ccache_ticket t;
	struct keytab_entry e;
	struct ccache c;
	bool is_entry;
	struct rd rest;

	if (ccache_open(rd_of(data, size), &c))
		while (!rd_empty(c.rest) && ccache_next(&c, &t))
			again_ticket(&c.owner, &t);
	if (keytab_open(rd_of(data, size), &rest))
		while (!rd_empty(rest) && keytab_next(&rest, &e, &is_entry))
			if (is_entry)
				again_key(&e);
	return 0;
}
