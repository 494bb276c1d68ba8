/* wire/wr.h - a builder of bytes with a hard cap; failure is sticky, so only the end is checked.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What it held is wiped whenever it moves and when it is done, since tokens carry secrets. */
#ifndef OPENSSPI_WIRE_WR_H
#define OPENSSPI_WIRE_WR_H

#include "base/compiler.h"
#include "wire/rd.h"

struct wr {
	uint8_t *buf;
	size_t len, room, cap;
	bool failed;
};

/* A builder that refuses to grow beyond `max` bytes. */
#define WR(max) ((struct wr){ .cap = (max) })

void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_rd(struct wr *w, struct rd r);
void wr_zero(struct wr *w, size_t n);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16le(struct wr *w, uint16_t v);
void wr_u16be(struct wr *w, uint16_t v);
void wr_u32le(struct wr *w, uint32_t v);
void wr_u32be(struct wr *w, uint32_t v);
void wr_u64le(struct wr *w, uint64_t v);

/* A u32 byte count and the bytes: what rd_counted reads. */
void wr_counted(struct wr *w, const void *p, size_t n);

/* Grows now, so that about `n` bytes go in without growing often. Not a promise: it never fails. */
void wr_expect(struct wr *w, size_t n);

/* Room for `n` bytes that the caller fills at once; NULL once failed. */
uint8_t *wr_take(struct wr *w, size_t n);

/* Holds the place of a value that is known later, and fills it. Filling needs no check: a place
 * that could not be held is ignored. */
size_t wr_hold(struct wr *w, size_t n);
void wr_fill_u16le(struct wr *w, size_t place, uint16_t v);
void wr_fill_u16be(struct wr *w, size_t place, uint16_t v);
void wr_fill_u32le(struct wr *w, size_t place, uint32_t v);

/* Opens a gap of `n` bytes at `at`, moving what follows: how DER puts a length in front. */
void wr_insert(struct wr *w, size_t at, size_t n);

/* True when everything went in. */
static inline MUST_CHECK bool wr_ok(const struct wr *w)
{
	return !w->failed;
}

/* What has been built, as a cursor; empty once failed. */
static inline struct rd wr_view(const struct wr *w)
{
	return w->failed ? rd_of(NULL, 0) : rd_of(w->buf, w->len);
}

/* Wipes and releases; the builder is failed afterwards. Fits CLEANUP. */
void wr_done(struct wr *w);

/* Wipes and forgets what was built but keeps the room. */
void wr_reset(struct wr *w);

#endif
