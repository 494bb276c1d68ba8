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

#endif
