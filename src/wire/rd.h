/* wire/rd.h - a bounds-checked cursor over bytes somebody else owns.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every getter returns false and leaves the cursor where it was when fewer bytes remain than it
 * needs. There is no way to read past the end and no state to reset. */
#ifndef OPENSSPI_WIRE_RD_H
#define OPENSSPI_WIRE_RD_H

#include <string.h>

#include "base/compiler.h"

struct rd {
	const uint8_t *p;
	size_t n;
};

static inline struct rd rd_of(const void *p, size_t n)
{
	return (struct rd){ .p = p, .n = n };
}

/* True when nothing is left. */
static inline MUST_CHECK bool rd_empty(struct rd r)
{
	return r.n == 0;
}

/* Takes `n` bytes off as a cursor of their own. */
static inline MUST_CHECK bool rd_bytes(struct rd *r, size_t n, struct rd *out)
{
	if (n > r->n)
		return false;
	*out = rd_of(r->p, n);
	r->p = n ? r->p + n : r->p;
	r->n -= n;
	return true;
}

static inline MUST_CHECK bool rd_skip(struct rd *r, size_t n)
{
	struct rd skipped;
	return rd_bytes(r, n, &skipped);
}

/* The cursor over `len` bytes at `off` of a whole message: how NTLM messages and credential blobs
 * point at their payloads. */
static inline MUST_CHECK bool rd_at(struct rd whole, size_t off, size_t len, struct rd *out)
{
	return rd_skip(&whole, off) && rd_bytes(&whole, len, out);
}

/* Takes `n` bytes off only when they equal `tag`. */
static inline MUST_CHECK bool rd_tag(struct rd *r, const void *tag, size_t n)
{
	if (n > r->n || memcmp(r->p, tag, n) != 0)
		return false;
	r->p += n;
	r->n -= n;
	return true;
}

static inline MUST_CHECK bool rd_u8(struct rd *r, uint8_t *out)
{
	struct rd b;
	if (!rd_bytes(r, 1, &b))
		return false;
	*out = b.p[0];
	return true;
}

static inline MUST_CHECK bool rd_u16le(struct rd *r, uint16_t *out)
{
	struct rd b;
	if (!rd_bytes(r, 2, &b))
		return false;
	*out = (uint16_t)(b.p[0] | b.p[1] << 8);
	return true;
}

static inline MUST_CHECK bool rd_u16be(struct rd *r, uint16_t *out)
{
	struct rd b;
	if (!rd_bytes(r, 2, &b))
		return false;
	*out = (uint16_t)(b.p[0] << 8 | b.p[1]);
	return true;
}

static inline uint32_t u32le_at(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline MUST_CHECK bool rd_u32le(struct rd *r, uint32_t *out)
{
	struct rd b;
	if (!rd_bytes(r, 4, &b))
		return false;
	*out = u32le_at(b.p);
	return true;
}

static inline MUST_CHECK bool rd_u32be(struct rd *r, uint32_t *out)
{
	struct rd b;
	if (!rd_bytes(r, 4, &b))
		return false;
	*out = (uint32_t)b.p[0] << 24 | (uint32_t)b.p[1] << 16 | (uint32_t)b.p[2] << 8 |
	       (uint32_t)b.p[3];
	return true;
}

static inline MUST_CHECK bool rd_u64le(struct rd *r, uint64_t *out)
{
	struct rd b;
	if (!rd_bytes(r, 8, &b))
		return false;
	*out = (uint64_t)u32le_at(b.p) | (uint64_t)u32le_at(b.p + 4) << 32;
	return true;
}

/* Takes a u32 byte count and that many bytes: the form in which ipc and packed blocks carry them. */
static inline MUST_CHECK bool rd_counted(struct rd *r, struct rd *out)
{
	struct rd copy = *r;
	uint32_t n;
	if (!rd_u32le(&copy, &n) || !rd_bytes(&copy, n, out))
		return false;
	*r = copy;
	return true;
}

#endif
