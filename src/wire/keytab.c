/* wire/keytab.c - see wire/keytab.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/keytab.h"

#define VERSION 0x0502

/* ---- reading ---- */

static bool take_counted(struct rd *r, struct rd *out)
{
	struct rd copy = *r;
	uint16_t n;

	if (!rd_u16be(&copy, &n) || !rd_bytes(&copy, n, out))
		return false;
	*r = copy;
	return true;
}

static bool take_name(struct rd *r, struct ccache_name *out)
{
	uint16_t count;

	if (!rd_u16be(r, &count) || count > CCACHE_PARTS_MAX || !take_counted(r, &out->realm))
		return false;
	out->count = count;
	for (uint32_t i = 0; i < count; i++)
		if (!take_counted(r, &out->part[i]))
			return false;
	return rd_u32be(r, &out->type);
}

/* The key's version is a byte, which a longer one at the end replaces. */
static bool take_entry(struct rd r, struct keytab_entry *out)
{
	uint8_t version;
	uint32_t longer;

	if (!take_name(&r, &out->name) || !rd_u32be(&r, &out->time) || !rd_u8(&r, &version) ||
	    !rd_u16be(&r, &out->enctype) || !take_counted(&r, &out->key))
		return false;
	out->version = version;
	if (rd_u32be(&r, &longer) && longer)
		out->version = longer;
	return true;
}

bool keytab_open(struct rd bytes, struct rd *rest)
{
	uint16_t version;

	if (!rd_u16be(&bytes, &version) || version != VERSION)
		return false;
	*rest = bytes;
	return true;
}

bool keytab_next(struct rd *rest, struct keytab_entry *out, bool *is_entry)
{
	struct rd r = *rest, entry;
	uint32_t size;

	*is_entry = false;
	if (!rd_u32be(&r, &size))
		return false;
	if (size == 0) { /* the end, whatever follows */
		*rest = rd_of(NULL, 0);
		return true;
	}
	*is_entry = size <= INT32_MAX;
	if (!rd_bytes(&r, *is_entry ? size : 0 - size, &entry) ||
	    (*is_entry && !take_entry(entry, out)))
		return false;
	*rest = r;
	return true;
}

/* ---- writing ---- */

static void put_counted(struct wr *w, struct rd bytes)
{
	if (bytes.n > UINT16_MAX)
		w->failed = true;
	wr_u16be(w, (uint16_t)bytes.n);
	wr_rd(w, bytes);
}

static size_t size_of(const struct keytab_entry *e)
{
	size_t n = 2 + 2 + e->name.realm.n + 4 + 4 + 1 + 2 + 2 + e->key.n + 4;

	for (uint32_t i = 0; i < e->name.count; i++)
		n += 2 + e->name.part[i].n;
	return n;
}

void keytab_write_head(struct wr *w)
{
	wr_u16be(w, VERSION);
}

void keytab_write_entry(struct wr *w, const struct keytab_entry *entry)
{
	const struct ccache_name *name = &entry->name;
	size_t size = name->count <= CCACHE_PARTS_MAX ? size_of(entry) : SIZE_MAX;

	if (size > INT32_MAX) {
		w->failed = true;
		return;
	}
	wr_u32be(w, (uint32_t)size);
	wr_u16be(w, (uint16_t)name->count);
	put_counted(w, name->realm);
	for (uint32_t i = 0; i < name->count; i++)
		put_counted(w, name->part[i]);
	wr_u32be(w, name->type);
	wr_u32be(w, entry->time);
	wr_u8(w, (uint8_t)entry->version);
	wr_u16be(w, entry->enctype);
	put_counted(w, entry->key);
	wr_u32be(w, entry->version);
}
