/* wire/ccache.c - see wire/ccache.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/ccache.h"

#define VERSION 0x0504

/* ---- reading ---- */

static bool take_counted(struct rd *r, struct rd *out)
{
	struct rd copy = *r;
	uint32_t n;

	if (!rd_u32be(&copy, &n) || !rd_bytes(&copy, n, out))
		return false;
	*r = copy;
	return true;
}

static bool take_name(struct rd *r, struct ccache_name *out)
{
	if (!rd_u32be(r, &out->type) || !rd_u32be(r, &out->count) ||
	    out->count > CCACHE_PARTS_MAX || !take_counted(r, &out->realm))
		return false;
	for (uint32_t i = 0; i < out->count; i++)
		if (!take_counted(r, &out->part[i]))
			return false;
	return true;
}

/* Addresses, or authorization data: a count, and as many typed bytes. */
static bool skip_list(struct rd *r)
{
	struct rd bytes;
	uint32_t count;
	uint16_t type;

	if (!rd_u32be(r, &count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!rd_u16be(r, &type) || !take_counted(r, &bytes))
			return false;
	return true;
}

bool ccache_open(struct rd bytes, struct ccache *out)
{
	uint16_t version, header;

	if (!rd_u16be(&bytes, &version) || version != VERSION || !rd_u16be(&bytes, &header) ||
	    !rd_skip(&bytes, header) || !take_name(&bytes, &out->owner))
		return false;
	out->rest = bytes;
	return true;
}

bool ccache_next(struct ccache *c, struct ccache_ticket *out)
{
	struct rd r = c->rest;
	uint8_t is_skey;

	if (!take_name(&r, &out->client) || !take_name(&r, &out->server) ||
	    !rd_u16be(&r, &out->enctype) || !take_counted(&r, &out->key) ||
	    !rd_u32be(&r, &out->authtime) || !rd_u32be(&r, &out->start) ||
	    !rd_u32be(&r, &out->end) || !rd_u32be(&r, &out->renew) || !rd_u8(&r, &is_skey) ||
	    !rd_u32be(&r, &out->flags) || !skip_list(&r) || !skip_list(&r) ||
	    !take_counted(&r, &out->ticket) || !take_counted(&r, &out->second))
		return false;
	out->is_skey = is_skey != 0;
	c->rest = r;
	return true;
}

/* ---- writing ---- */

static void put_counted(struct wr *w, struct rd bytes)
{
	if (bytes.n > UINT32_MAX)
		w->failed = true;
	wr_u32be(w, (uint32_t)bytes.n);
	wr_rd(w, bytes);
}

static void put_name(struct wr *w, const struct ccache_name *name)
{
	if (name->count > CCACHE_PARTS_MAX) {
		w->failed = true;
		return;
	}
	wr_u32be(w, name->type);
	wr_u32be(w, name->count);
	put_counted(w, name->realm);
	for (uint32_t i = 0; i < name->count; i++)
		put_counted(w, name->part[i]);
}

void ccache_write_owner(struct wr *w, const struct ccache_name *owner)
{
	wr_u16be(w, VERSION);
	wr_u16be(w, 0);
	put_name(w, owner);
}

void ccache_write_ticket(struct wr *w, const struct ccache_ticket *ticket)
{
	put_name(w, &ticket->client);
	put_name(w, &ticket->server);
	wr_u16be(w, ticket->enctype);
	put_counted(w, ticket->key);
	wr_u32be(w, ticket->authtime);
	wr_u32be(w, ticket->start);
	wr_u32be(w, ticket->end);
	wr_u32be(w, ticket->renew);
	wr_u8(w, ticket->is_skey);
	wr_u32be(w, ticket->flags);
	wr_u32be(w, 0); /* addresses */
	wr_u32be(w, 0); /* authorization data */
	put_counted(w, ticket->ticket);
	put_counted(w, ticket->second);
}
