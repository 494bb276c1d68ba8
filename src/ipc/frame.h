/* ipc/frame.h - what crosses the socket between an application and lsad: frames of a head and a payload.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A client says HELLO, the LSA WELCOME; then each CALL gets one REPLY, in any order. While a call runs the LSA
 * may ask for the client's memory (MEMORY, answered at once). Both ends check every head before they make
 * room for what it announces. */
#ifndef OPENSSPI_IPC_FRAME_H
#define OPENSSPI_IPC_FRAME_H

#include "base/base.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define FRAME_HEAD_LEN 16u
#define FRAME_HELLO_MAX 64u
#define FRAME_CALLS_MAX 32u	    /* of one connection: sent and not answered yet */
#define FRAME_MEMORY_MAX (1u << 20) /* of one piece of a client's memory */
#define FRAME_MEMORY_HEAD 32u	    /* at most, in front of such a piece */
#define FRAME_CALL_BACK_MAX                                                                        \
	FRAME_MEMORY_MAX /* of what a callback is given, and of what it answers */
#define IPC_VERSION 1u	 /* of the frames, the calls and the packed contexts together */

enum frame_kind {
	FRAME_HELLO = 1, /* what: IPC_VERSION */
	FRAME_WELCOME,	 /* what: IPC_VERSION; else the connection ends */
	FRAME_CALL,	 /* what: enum call; the payload is its request */
	FRAME_REPLY, /* what: the status; the payload is a reason (ipc/reason.h) and the reply, or nothing */
	FRAME_MEMORY,	    /* what: enum frame_memory; id: the question's own */
	FRAME_MEMORY_REPLY, /* what: the status */
	FRAME_KINDS
};

enum frame_memory {
	FRAME_COPY_FROM = 1,
	FRAME_COPY_TO,
	FRAME_ALLOCATE,
	FRAME_RELEASE,
	FRAME_CALL_BACK
};

struct frame_head {
	uint32_t size; /* of the payload */
	uint32_t kind, id, what;
};

void frame_write_head(uint8_t out[FRAME_HEAD_LEN], const struct frame_head *head);

/* False for kinds that are none and payloads larger than their kind may have. */
MUST_CHECK bool frame_read_head(const uint8_t in[FRAME_HEAD_LEN], struct frame_head *out);

/* HELLO's and WELCOME's payload: who speaks here. */
void frame_write_hello(struct wr *w);
MUST_CHECK bool frame_is_hello(struct rd payload);

/* MEMORY's: an address, how many bytes, and for COPY_TO the bytes. Its reply's is an address or bytes. */
struct frame_memory_call {
	uint64_t address;
	uint32_t size;
	struct rd bytes;
};
void frame_write_memory(struct wr *w, const struct frame_memory_call *call);
MUST_CHECK bool frame_read_memory(struct rd payload, enum frame_memory what,
				  struct frame_memory_call *out);

/* MEMORY's with CALL_BACK: a function that the client registered (RegisterCallback), to be called by the thread
 * whose CALL is meant. Its reply's status is the function's, its payload the output. */
struct frame_call_back {
	uint32_t call; /* the CALL's id */
	uint32_t function;
	uint64_t argument[2];
	struct rd input;
};
void frame_write_call_back(struct wr *w, const struct frame_call_back *call);
MUST_CHECK bool frame_read_call_back(struct rd payload, struct frame_call_back *out);

#endif
