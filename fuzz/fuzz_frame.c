/* fuzz/fuzz_frame.c - a stream of frames as either end of lsad's socket might receive it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is read as a head is written again and must be the same bytes; payloads are read as what their kind
 * says. */
#include "base/base.h"

#include <stdlib.h>

#include "ipc/calls.h"
#include "ipc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_memory(struct rd payload, uint32_t what)
{
	CLEANUP(wr_done) struct wr w = WR(FRAME_MEMORY_MAX + 16);
	struct frame_memory_call call;

	if (!frame_read_memory(payload, (enum frame_memory)what, &call))
		return;
	frame_write_memory(&w, &call);
	if (w.len != payload.n || memcmp(w.buf, payload.p, payload.n) != 0)
		abort();
}

static void read_call(struct rd payload, uint32_t what)
{
	const struct call_row *row = call_row((enum call)what);
	CLEANUP(mem_free_p) void *request = row ? mem_alloc(row->request_size) : NULL;

	if (request)
		(void)!row->read_request(payload, request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size), bytes, payload;
	uint8_t again[FRAME_HEAD_LEN];
	struct frame_head head;

	while (rd_bytes(&r, FRAME_HEAD_LEN, &bytes) && frame_read_head(bytes.p, &head)) {
		frame_write_head(again, &head);
		if (memcmp(again, bytes.p, sizeof(again)) != 0)
			abort();
		if (!rd_bytes(&r, head.size, &payload))
			break;
		/* As lsad has it: a buffer of its own, aligned for anything. */
		CLEANUP(mem_free_p) void *copy = mem_dup(payload.p, payload.n);
		payload = rd_of(copy, payload.n);
		if (head.kind == FRAME_HELLO)
			(void)!frame_is_hello(payload);
		if (head.kind == FRAME_MEMORY)
			read_memory(payload, head.what);
		if (head.kind == FRAME_CALL)
			read_call(payload, head.what);
	}
	return 0;
}
