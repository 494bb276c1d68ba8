/* ipc/frame.c - see ipc/frame.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/calls.h"
#include "ipc/frame.h"

static const char hello[] = "OpenSSPI LSA";

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

void frame_write_head(uint8_t out[FRAME_HEAD_LEN], const struct frame_head *head)
{
	put_u32(out, head->size);
	put_u32(out + 4, head->kind);
	put_u32(out + 8, head->id);
	put_u32(out + 12, head->what);
}

static uint32_t most(uint32_t kind)
{
	switch (kind) {
	case FRAME_HELLO:
	case FRAME_WELCOME:
		return FRAME_HELLO_MAX;
	case FRAME_CALL:
	case FRAME_REPLY:
		return IPC_BYTES_MAX;
	default:
		return FRAME_MEMORY_MAX + FRAME_MEMORY_HEAD;
	}
}

bool frame_read_head(const uint8_t in[FRAME_HEAD_LEN], struct frame_head *out)
{
	*out = (struct frame_head){ u32le_at(in), u32le_at(in + 4), u32le_at(in + 8),
				    u32le_at(in + 12) };
	return out->kind >= FRAME_HELLO && out->kind < FRAME_KINDS && out->size <= most(out->kind);
}

void frame_write_hello(struct wr *w)
{
	wr_bytes(w, hello, sizeof(hello));
}

bool frame_is_hello(struct rd payload)
{
	return rd_tag(&payload, hello, sizeof(hello)) && rd_empty(payload);
}

void frame_write_memory(struct wr *w, const struct frame_memory_call *call)
{
	wr_u64le(w, call->address);
	wr_u32le(w, call->size);
	wr_rd(w, call->bytes);
}

bool frame_read_memory(struct rd payload, enum frame_memory what, struct frame_memory_call *out)
{
	if (!rd_u64le(&payload, &out->address) || !rd_u32le(&payload, &out->size))
		return false;
	out->bytes = payload;
	return what == FRAME_COPY_TO ? payload.n == out->size
				     : rd_empty(payload) && out->size <= FRAME_MEMORY_MAX;
}

void frame_write_call_back(struct wr *w, const struct frame_call_back *call)
{
	wr_u32le(w, call->call);
	wr_u32le(w, call->function);
	wr_u64le(w, call->argument[0]);
	wr_u64le(w, call->argument[1]);
	wr_rd(w, call->input);
}

bool frame_read_call_back(struct rd payload, struct frame_call_back *out)
{
	if (!rd_u32le(&payload, &out->call) || !rd_u32le(&payload, &out->function) ||
	    !rd_u64le(&payload, &out->argument[0]) || !rd_u64le(&payload, &out->argument[1]))
		return false;
	out->input = payload;
	return true;
}
