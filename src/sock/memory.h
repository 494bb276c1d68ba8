/* sock/memory.h - what the LSA asks of this process's memory while it serves a call.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Opaque AuthData and packages' answers. The LSA is trusted with it; a wild address is a status all the
 * same, never a crash. */
#ifndef OPENSSPI_SOCK_MEMORY_H
#define OPENSSPI_SOCK_MEMORY_H

#include "sock/connection.h"

/* Serves one FRAME_MEMORY and answers it; false when the connection broke or the frame is none. */
MUST_CHECK bool sock_memory_answer(struct connection *c, const struct frame_head *asked,
				   struct rd payload);

/* Runs the registered function that a FRAME_CALL_BACK names, on the thread whose call is meant, and answers. A
 * number that nobody registered: STATUS_NOT_FOUND, once every package of this process could have done so. */
MUST_CHECK bool sock_call_back_answer(struct connection *c, const struct frame_head *asked,
				      struct rd payload);

/* Which call's thread is meant; false for a frame that is none. */
MUST_CHECK bool sock_call_back_is_for(struct rd payload, uint32_t *call);

/* That thread has no time: STATUS_DEVICE_BUSY. */
MUST_CHECK bool sock_call_back_refuse(struct connection *c, const struct frame_head *asked);

/* Is this thread in such a function? The LSA serves it nothing meanwhile. */
MUST_CHECK bool sock_is_called_back(void);

#endif
