/* examples/frames.h - tokens and sealed messages on a socket, for the two CredSSP examples.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_EXAMPLES_FRAMES_H
#define OPENSSPI_EXAMPLES_FRAMES_H

#include <stddef.h>

#include <sspi.h>

/* What was received and not yet used, and the last message opened. */
struct frames {
	unsigned char bytes[128 * 1024];
	size_t len;
	char message[4096]; /* NUL-terminated */
};

/* Appends the next frame to `f`; 0 when the peer closed, sent too much or an error happened. */
int frames_receive(struct frames *f, int fd);

/* Sends one frame; 0 on an error. */
int frames_send(int fd, const void *p, size_t n);

/* Forgets all but the last `extra` bytes: what a handshake call did not use. */
void frames_keep(struct frames *f, size_t extra);

/* Encrypts and sends at most 4095 bytes of text; receives and decrypts into f->message. */
SECURITY_STATUS frames_seal(CtxtHandle *context, int fd, const char *text, size_t n);
SECURITY_STATUS frames_open(CtxtHandle *context, int fd, struct frames *f);

#endif
