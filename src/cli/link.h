/* cli/link.h - a TCP connection with a deadline; tokens travel bare (RDP) or behind a length (tcp).
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Framed means: before each token its length, four bytes, big-endian. The deadline covers the whole
 * connection, so that a peer that sends one byte a minute gains nothing. */
#ifndef OPENSSPI_CLI_LINK_H
#define OPENSSPI_CLI_LINK_H

#include "cli/bytes.h"

#define LINK_FRAME_MAX (256u << 10)
#define LINK_NAME_MAX 80

enum link_result {
	LINK_OK,
	LINK_CLOSED, /* the peer ended the connection */
	LINK_TIMEOUT,
	LINK_BROKEN, /* the network or this machine failed: errno says how */
	LINK_BAD_FRAME,
	LINK_BAD_RECORD, /* TLS around it cannot be opened, or nothing sealed */
};

struct link {
	int fd; /* -1: none */
	bool framed;
	long long deadline; /* link_now() at which every call gives up */
};

/* Milliseconds of the monotonic clock. */
long long link_now(void);

/* Connects to the first address of `host` that answers before the deadline; `where` receives the
 * numeric address and port. False after `why` was set to a static or strerror text. */
MUST_CHECK bool link_connect(struct link *l, const char *host, const char *port,
			     char where[LINK_NAME_MAX], const char **why);

/* Makes a listening socket at ADDRESS:PORT or [ADDRESS]:PORT (port 0: any free one) and writes the
 * real address; -1 after `why` was set. */
MUST_CHECK int link_listen(const char *address_port, char where[LINK_NAME_MAX], const char **why);

/* The peer's or this end's numeric "address:port". */
void link_name(int fd, bool peer, char where[LINK_NAME_MAX]);

/* Splits "host", "host:port", "[v6]:port" in place; false when there is no host. */
MUST_CHECK bool link_split(char *text, char **host, char **port);

/* Exactly `n` bytes, without frames. */
MUST_CHECK enum link_result link_read(struct link *l, void *p, size_t n);
MUST_CHECK enum link_result link_write(struct link *l, const void *p, size_t n);

/* One token out; what arrives next (a frame, or whatever is there) to the end of `in`. */
MUST_CHECK enum link_result link_send(struct link *l, const void *p, size_t n);
MUST_CHECK enum link_result link_receive(struct link *l, struct bytes *in);

/* Ends what we send and waits a second at most for the peer's end, reading what still comes:
 * closing with unread bytes would make the kernel throw away what the peer has not read yet. */
void link_finish(struct link *l);
void link_close(struct link *l);

/* A sentence for a result other than LINK_OK. */
const char *link_why(enum link_result result);

#endif
