/* ipc/parts.c - see ipc/parts.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/parts.h"

#define TEXT_IS_NULL UINT32_MAX

void put_bool(struct wr *w, bool v)
{
	wr_u8(w, v ? 1 : 0);
}

bool take_bool(struct rd *r, bool *out)
{
	uint8_t v;
	if (!rd_u8(r, &v) || v > 1)
		return false;
	*out = v == 1;
	return true;
}

void put_luid(struct wr *w, LUID v)
{
	wr_u32le(w, v.LowPart);
	wr_u32le(w, (uint32_t)v.HighPart);
}

bool take_luid(struct rd *r, LUID *out)
{
	uint32_t low, high;
	if (!rd_u32le(r, &low) || !rd_u32le(r, &high))
		return false;
	*out = (LUID){ .LowPart = low, .HighPart = (LONG)high };
	return true;
}

void put_i64(struct wr *w, int64_t v)
{
	wr_u64le(w, (uint64_t)v);
}

bool take_i64(struct rd *r, int64_t *out)
{
	uint64_t v;
	if (!rd_u64le(r, &v))
		return false;
	*out = (int64_t)v;
	return true;
}

void put_text(struct wr *w, struct ipc_text t)
{
	wr_u32le(w, t.p ? t.n : TEXT_IS_NULL);
	if (t.p)
		wr_bytes(w, t.p, (size_t)t.n * sizeof(WCHAR));
}

bool take_text(struct rd *r, struct ipc_text *out)
{
	struct rd units;
	uint32_t n;

	*out = (struct ipc_text){ .p = NULL };
	if (!rd_u32le(r, &n))
		return false;
	if (n == TEXT_IS_NULL)
		return true;
	if (!rd_bytes(r, (size_t)n * sizeof(WCHAR), &units) || (uintptr_t)units.p % sizeof(WCHAR))
		return false;
	*out = (struct ipc_text){ .p = (const WCHAR *)(const void *)units.p, .n = n };
	return true;
}

void put_view(struct wr *w, struct ipc_bytes b)
{
	wr_counted(w, b.p, b.n);
}

bool take_view(struct rd *r, struct ipc_bytes *out)
{
	struct rd bytes;
	if (!rd_counted(r, &bytes))
		return false;
	*out = (struct ipc_bytes){ .p = bytes.n ? bytes.p : NULL, .n = (uint32_t)bytes.n };
	return true;
}

void put_aligned(struct wr *w, struct ipc_bytes b)
{
	wr_counted(w, b.p, b.n);
	wr_zero(w, (4 - b.n % 4) % 4);
}

bool take_aligned(struct rd *r, struct ipc_bytes *out)
{
	struct rd padding;

	if (!take_view(r, out) || (uintptr_t)out->p % 4 ||
	    !rd_bytes(r, (4 - out->n % 4) % 4, &padding))
		return false;
	for (size_t i = 0; i < padding.n; i++)
		if (padding.p[i])
			return false;
	return true;
}

void put_owned(struct wr *w, const struct ipc_owned *b)
{
	wr_counted(w, b->p, b->n);
}

bool take_owned(struct rd *r, size_t unit, struct ipc_owned *out)
{
	struct rd bytes;
	if (!rd_counted(r, &bytes) || bytes.n % unit)
		return false;
	if (bytes.n) {
		out->p = mem_dup(bytes.p, bytes.n);
		if (!out->p)
			return false;
	}
	out->n = (uint32_t)bytes.n;
	return true;
}

void owned_done(struct ipc_owned *b)
{
	mem_free_wiped(b->p, b->n);
	*b = (struct ipc_owned){ .p = NULL };
}

static bool take_count(struct rd *r, uint32_t *count)
{
	return rd_u32le(r, count) && *count <= IPC_BUFFERS_MAX;
}

void put_inputs(struct wr *w, const struct ipc_buffer *b, uint32_t count)
{
	wr_u32le(w, count);
	for (uint32_t i = 0; i < count; i++) {
		wr_u32le(w, b[i].type);
		wr_u32le(w, b[i].room);
		wr_counted(w, b[i].p, b[i].n);
	}
}

bool take_inputs(struct rd *r, struct ipc_buffer *b, uint32_t *count)
{
	if (!take_count(r, count))
		return false;
	for (uint32_t i = 0; i < *count; i++) {
		struct rd bytes;
		if (!rd_u32le(r, &b[i].type) || !rd_u32le(r, &b[i].room) || !rd_counted(r, &bytes))
			return false;
		/* All of a buffer travels, or (without a pointer) nothing. */
		if (bytes.n && bytes.n != b[i].room)
			return false;
		b[i].p = bytes.n ? bytes.p : NULL;
		b[i].n = (uint32_t)bytes.n;
	}
	return true;
}

void put_rooms(struct wr *w, const struct ipc_buffer *b, uint32_t count)
{
	wr_u32le(w, count);
	for (uint32_t i = 0; i < count; i++) {
		wr_u32le(w, b[i].type);
		wr_u32le(w, b[i].room);
	}
}

bool take_rooms(struct rd *r, struct ipc_buffer *b, uint32_t *count)
{
	if (!take_count(r, count))
		return false;
	for (uint32_t i = 0; i < *count; i++) {
		b[i] = (struct ipc_buffer){ .p = NULL };
		if (!rd_u32le(r, &b[i].type) || !rd_u32le(r, &b[i].room))
			return false;
	}
	return true;
}

void put_answers(struct wr *w, const struct ipc_answer *a, uint32_t count)
{
	wr_u32le(w, count);
	for (uint32_t i = 0; i < count; i++) {
		wr_u32le(w, a[i].type);
		wr_u32le(w, a[i].size);
		put_owned(w, &a[i].bytes);
	}
}

bool take_answers(struct rd *r, struct ipc_answer *a, uint32_t *count)
{
	uint32_t n;
	if (!take_count(r, &n))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!rd_u32le(r, &a[i].type) || !rd_u32le(r, &a[i].size) ||
		    !take_owned(r, 1, &a[i].bytes))
			return false;
		*count = i + 1;
	}
	*count = n;
	return true;
}

void answers_done(struct ipc_answer *a, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		owned_done(&a[i].bytes);
}
