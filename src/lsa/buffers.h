/* lsa/buffers.h - a caller's SecBuffers as LSA memory, and what a package made of them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Input bytes are copied, so a package may decrypt where they stand. What a package allocated itself
 * is LSA heap. Everything is wiped on release. */
#ifndef OPENSSPI_LSA_BUFFERS_H
#define OPENSSPI_LSA_BUFFERS_H

#include <sspi.h>

#include "base/base.h"
#include "ipc/calls.h"

struct buffers {
	uint32_t count;
	SecBufferDesc desc;
	SecBuffer buffer[IPC_BUFFERS_MAX]; /* what the package sees and changes */
	void *own[IPC_BUFFERS_MAX];	   /* what we allocated for it */
	uint32_t room[IPC_BUFFERS_MAX];
};

/* STATUS_INVALID_PARAMETER for too many buffers, SEC_E_INVALID_TOKEN for too many bytes,
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS buffers_input(struct buffers *b, const struct ipc_buffer *from, uint32_t count);

/* With `allocate` the package makes the buffers itself, else each has the caller's room. */
MUST_CHECK NTSTATUS buffers_output(struct buffers *b, const struct ipc_buffer *from, uint32_t count,
				   bool allocate);
void buffers_done(struct buffers *b);

/* A view of the text; false when it does not fit a UNICODE_STRING. */
MUST_CHECK bool buffers_text(struct ipc_text text, UNICODE_STRING *out);

/* Puts types, sizes and output bytes into the reply, also for a call that failed. Returns `status`, or
 * the reason why an answer could not be given. */
MUST_CHECK NTSTATUS buffers_answer(struct buffers *in, struct buffers *out, NTSTATUS status,
				   struct context_reply *reply);

/* Moves the packed context into the reply and releases the package's block. */
MUST_CHECK NTSTATUS buffers_answer_user_data(SecBuffer *data, NTSTATUS status,
					     struct context_reply *reply);

#endif
