/* wire/wr.c - see wire/wr.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/wr.h"

#define WR_FIRST_ROOM 256

static bool wr_grow(struct wr *w, size_t need)
{
	size_t room = w->room ? w->room : WR_FIRST_ROOM;
	while (room < need)
		room *= 2;
	if (room > w->cap)
		room = w->cap;
	uint8_t *buf = mem_alloc(room);
	if (!buf)
		return false;
	if (w->len)
		memcpy(buf, w->buf, w->len);
	mem_free_wiped(w->buf, w->len);
	w->buf = buf;
	w->room = room;
	return true;
}

static bool wr_reserve(struct wr *w, size_t n)
{
	if (w->failed)
		return false;
	if (n <= w->room - w->len)
		return true;
	if (n > w->cap - w->len || !wr_grow(w, w->len + n)) {
		w->failed = true;
		return false;
	}
	return true;
}

void wr_expect(struct wr *w, size_t n)
{
	if (!w->failed && n <= w->cap && n > w->room)
		(void)!wr_grow(w, n);
}

uint8_t *wr_take(struct wr *w, size_t n)
{
	if (!wr_reserve(w, n))
		return NULL;
	uint8_t *p = w->buf + w->len;
	w->len += n;
	return p;
}

void wr_bytes(struct wr *w, const void *p, size_t n)
{
	uint8_t *to = n ? wr_take(w, n) : NULL;
	if (to)
		memcpy(to, p, n);
}

void wr_rd(struct wr *w, struct rd r)
{
	wr_bytes(w, r.p, r.n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *to = n ? wr_take(w, n) : NULL;
	if (to)
		memset(to, 0, n);
}

void wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

void wr_u16le(struct wr *w, uint16_t v)
{
	wr_bytes(w, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8) }, 2);
}

void wr_u16be(struct wr *w, uint16_t v)
{
	wr_bytes(w, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

void wr_u32be(struct wr *w, uint32_t v)
{
	const uint8_t bytes[] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
				  (uint8_t)v };
	wr_bytes(w, bytes, sizeof(bytes));
}

static void put_u32le(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void wr_u32le(struct wr *w, uint32_t v)
{
	uint8_t *to = wr_take(w, 4);
	if (to)
		put_u32le(to, v);
}

void wr_u64le(struct wr *w, uint64_t v)
{
	wr_u32le(w, (uint32_t)v);
	wr_u32le(w, (uint32_t)(v >> 32));
}

void wr_counted(struct wr *w, const void *p, size_t n)
{
	if (n > UINT32_MAX)
		w->failed = true;
	wr_u32le(w, (uint32_t)n);
	wr_bytes(w, p, n);
}

size_t wr_hold(struct wr *w, size_t n)
{
	size_t place = w->len;
	wr_zero(w, n);
	return place;
}

static uint8_t *held(struct wr *w, size_t place, size_t n)
{
	return !w->failed && place <= w->len && n <= w->len - place ? w->buf + place : NULL;
}

void wr_fill_u16le(struct wr *w, size_t place, uint16_t v)
{
	uint8_t *to = held(w, place, 2);
	if (to) {
		to[0] = (uint8_t)v;
		to[1] = (uint8_t)(v >> 8);
	}
}

void wr_fill_u16be(struct wr *w, size_t place, uint16_t v)
{
	uint8_t *to = held(w, place, 2);
	if (to) {
		to[0] = (uint8_t)(v >> 8);
		to[1] = (uint8_t)v;
	}
}

void wr_fill_u32le(struct wr *w, size_t place, uint32_t v)
{
	uint8_t *to = held(w, place, 4);
	if (to)
		put_u32le(to, v);
}

void wr_insert(struct wr *w, size_t at, size_t n)
{
	size_t end = w->len;
	if (at > end || !wr_take(w, n))
		return;
	memmove(w->buf + at + n, w->buf + at, end - at);
	memset(w->buf + at, 0, n);
}

void wr_reset(struct wr *w)
{
	mem_wipe(w->buf, w->len);
	w->len = 0;
	w->failed = false;
}

void wr_done(struct wr *w)
{
	mem_free_wiped(w->buf, w->len);
	*w = (struct wr){ .failed = true };
}
