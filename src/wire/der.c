/* wire/der.c - see wire/der.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/der.h"

static bool take_length(struct rd *r, size_t *out)
{
	uint8_t first, byte;
	size_t length = 0;

	if (!rd_u8(r, &first))
		return false;
	if (first < 0x80) {
		*out = first;
		return true;
	}
	size_t count = first & 0x7Fu;
	if (count == 0 || count > 4)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!rd_u8(r, &byte) || (i == 0 && byte == 0))
			return false;
		length = length << 8 | byte;
	}
	*out = length;
	return length >= 0x80;
}

bool der_any(struct rd *r, uint8_t *tag, struct rd *contents)
{
	struct rd copy = *r;
	size_t length;
	uint8_t t;

	if (!rd_u8(&copy, &t) || (t & 0x1F) == 0x1F || !take_length(&copy, &length) ||
	    !rd_bytes(&copy, length, contents))
		return false;
	*tag = t;
	*r = copy;
	return true;
}

bool der_next_is(struct rd r, uint8_t tag)
{
	return r.n && r.p[0] == tag;
}

bool der_take(struct rd *r, uint8_t tag, struct rd *contents)
{
	uint8_t t;
	return der_next_is(*r, tag) && der_any(r, &t, contents);
}

bool der_octets(struct rd *r, struct rd *out)
{
	return der_take(r, DER_OCTET_STRING, out);
}

/* Takes the contents of an INTEGER in its shortest form. */
static bool take_integer(struct rd *r, struct rd *out)
{
	struct rd copy = *r, v;

	if (!der_take(&copy, DER_INTEGER, &v) || v.n == 0)
		return false;
	if (v.n > 1 && ((v.p[0] == 0 && v.p[1] < 0x80) || (v.p[0] == 0xFF && v.p[1] >= 0x80)))
		return false;
	*r = copy;
	*out = v;
	return true;
}

bool der_u32(struct rd *r, uint32_t *out)
{
	struct rd copy = *r, v;

	if (!take_integer(&copy, &v) || v.n > 5 || (v.n == 5 && v.p[0] != 0))
		return false;
	uint32_t value = v.p[0] >= 0x80 ? UINT32_MAX : 0;
	for (size_t i = 0; i < v.n; i++)
		value = value << 8 | v.p[i];
	*r = copy;
	*out = value;
	return true;
}

bool der_small_uint(struct rd *r, uint32_t *out)
{
	struct rd copy = *r, v;

	if (!take_integer(&copy, &v) || v.p[0] >= 0x80)
		return false;
	return der_u32(r, out);
}

size_t der_begin(struct wr *w, uint8_t tag)
{
	wr_u8(w, tag);
	return wr_hold(w, 1);
}

void der_end(struct wr *w, size_t place)
{
	if (!wr_ok(w))
		return;
	size_t length = w->len - place - 1;
	if (length < 0x80) {
		w->buf[place] = (uint8_t)length;
		return;
	}
	size_t count = length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
	wr_insert(w, place + 1, count);
	if (!wr_ok(w))
		return;
	w->buf[place] = (uint8_t)(0x80 | count);
	for (size_t i = 0; i < count; i++)
		w->buf[place + count - i] = (uint8_t)(length >> (8 * i));
}

void der_put_octets(struct wr *w, struct rd bytes)
{
	size_t place = der_begin(w, DER_OCTET_STRING);
	wr_rd(w, bytes);
	der_end(w, place);
}

void der_put_uint(struct wr *w, uint32_t v)
{
	size_t place = der_begin(w, DER_INTEGER);
	int count = v < 0x80 ? 1 : v < 0x8000 ? 2 : v < 0x800000 ? 3 : v < 0x80000000 ? 4 : 5;
	for (int i = count - 1; i >= 0; i--)
		wr_u8(w, i == 4 ? 0 : (uint8_t)(v >> (8 * i)));
	der_end(w, place);
}

void der_put_status(struct wr *w, uint32_t v)
{
	size_t place = der_begin(w, DER_INTEGER);
	for (int i = 3; i >= 0; i--)
		wr_u8(w, (uint8_t)(v >> (8 * i)));
	der_end(w, place);
}
