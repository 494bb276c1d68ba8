/* ipc/buffers.h - SecBufferDesc to request and reply to SecBufferDesc: the buffer rules in one place.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_IPC_BUFFERS_H
#define OPENSSPI_IPC_BUFFERS_H

#include <sspi.h>

#include "base/base.h"
#include "ipc/calls.h"

/* A descriptor that can be worked with: SECBUFFER_VERSION, at most IPC_BUFFERS_MAX buffers, an array
 * where it says there is one. */
MUST_CHECK bool descriptor_is_good(const SecBufferDesc *desc);

/* The caller's input buffers for a request; NULL is none. SEC_E_OK, or SEC_E_INVALID_TOKEN for a bad
 * descriptor or more bytes than a call carries. */
MUST_CHECK SECURITY_STATUS buffers_in(const SecBufferDesc *desc, struct ipc_buffer *out,
				      uint32_t *count);

/* The room of the caller's output buffers; their contents do not travel. */
MUST_CHECK SECURITY_STATUS buffers_room(const SecBufferDesc *desc, struct ipc_buffer *out,
					uint32_t *count);

/* Writes EXTRA and MISSING into the caller's input descriptor. */
void buffers_answer_in(PSecBufferDesc desc, const struct context_reply *reply);

/* Puts what was produced into the caller's output buffers, or into new blocks when `allocate`; `status`
 * is the call's. A token buffer for which nothing was produced ends with cbBuffer 0. SEC_E_OK,
 * SEC_E_BUFFER_TOO_SMALL (cbBuffer says what is needed) or SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK SECURITY_STATUS buffers_answer_out(PSecBufferDesc desc,
					      const struct context_reply *reply, bool allocate,
					      NTSTATUS status);

#endif
