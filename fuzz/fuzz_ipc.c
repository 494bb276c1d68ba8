/* fuzz/fuzz_ipc.c - requests, replies and attributes as the other end of a channel might send them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The first byte chooses a row (or the attributes), the second what is read; what was read is written
 * and must come out the same. */
#include "base/base.h"

#include <stdlib.h>

#include "ipc/attributes.h"
#include "ipc/calls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct wr *w, struct rd r)
{
	if (wr_ok(w) && (w->len != r.n || (r.n && memcmp(w->buf, r.p, r.n) != 0)))
		abort();
}

static void read_request(const struct call_row *row, struct rd r)
{
	CLEANUP(mem_free_p) void *request = mem_alloc(row->request_size);
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);

	if (!request || !row->read_request(r, request))
		return;
	row->write_request(&w, request);
	same(&w, r);
}

static void read_reply(enum call which, const struct call_row *row, struct rd r)
{
	CLEANUP(mem_free_p) void *reply = mem_alloc(row->reply_size);
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);

	if (!reply)
		return;
	if (row->read_reply(r, reply)) {
		row->write_reply(&w, reply);
		same(&w, r);
	}
	call_reply_done(which, reply);
}

static void read_attribute(uint32_t attribute, bool ansi, struct rd r)
{
	_Alignas(max_align_t) uint8_t value[ATTRIBUTE_SIZE_MAX];
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);

	if (attribute_unmarshal(attribute, r, ansi, value) != STATUS_SUCCESS)
		return;
	if (!ansi && !attribute_marshal(attribute, value, &w))
		abort();
	attribute_release(attribute, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size), bytes;
	uint8_t which, what;
	uint32_t attribute;

	if (!rd_u8(&r, &which) || !rd_u8(&r, &what))
		return 0;
	if (which >= CALL_COUNT) {
		if (rd_u32le(&r, &attribute))
			read_attribute(attribute, what & 1, r);
		return 0;
	}
	/* The channel's own buffers are aligned. */
	CLEANUP(mem_free_p) void *aligned = mem_dup(r.p, r.n);
	bytes = rd_of(aligned, aligned ? r.n : 0);
	if (what & 1)
		read_reply((enum call)which, call_row((enum call)which), bytes);
	else
		read_request(call_row((enum call)which), bytes);
	return 0;
}
