/* tests/unit/frames.h - frames at the LSA's end of a socket, for tests that play the LSA.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TESTS_FRAMES_H
#define OPENSSPI_TESTS_FRAMES_H

#include <sys/socket.h>

#include "base/base.h"
#include "ipc/frame.h"

/* A whole frame; false when the other end is gone, or sends what is none or does not fit. */
static inline bool frames_get(int fd, struct frame_head *head, uint8_t *payload, size_t room)
{
	uint8_t bytes[FRAME_HEAD_LEN];

	if (recv(fd, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes) ||
	    !frame_read_head(bytes, head) || head->size > room)
		return false;
	return !head->size || recv(fd, payload, head->size, MSG_WAITALL) == (ssize_t)head->size;
}

static inline void frames_put(int fd, struct frame_head head, const void *payload)
{
	uint8_t bytes[FRAME_HEAD_LEN];

	frame_write_head(bytes, &head);
	(void)!send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	if (head.size)
		(void)!send(fd, payload, head.size, MSG_NOSIGNAL);
}

static inline void frames_answer(int fd, uint32_t id, NTSTATUS status)
{
	static const uint8_t no_reason[4];
	const struct frame_head head = { sizeof(no_reason), FRAME_REPLY, id, (uint32_t)status };

	frames_put(fd, head, no_reason);
}

static inline void frames_welcome(int fd, uint32_t version)
{
	CLEANUP(wr_done) struct wr hello = WR(FRAME_HELLO_MAX);

	frame_write_hello(&hello);
	frames_put(fd, (struct frame_head){ (uint32_t)hello.len, FRAME_WELCOME, 0, version }, hello.buf);
}

#endif
