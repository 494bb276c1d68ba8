/* cli/stream.h - a connection that HTTP messages travel over, in the clear or inside TLS.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_STREAM_H
#define OPENSSPI_CLI_STREAM_H

#include "cli/exchange.h"
#include "cli/http.h"

struct stream {
	struct link *link;
	struct exchange *tls; /* a finished one of package Schannel; NULL: in the clear */
	struct bytes in;      /* received, not yet taken */
};

/* One HTTP message; the head's texts point into `raw`. */
struct http_message {
	struct bytes raw;
	struct http_head head;
	struct bytes body;
};

void http_message_done(struct http_message *m);

MUST_CHECK enum link_result stream_send(struct stream *s, const void *p, size_t n);

/* Receives a whole message into an empty `m`. HTTP_MORE: the connection ended or failed first, as
 * *why says. */
MUST_CHECK enum http_result stream_receive_request(struct stream *s, struct http_message *m,
						   enum link_result *why);
MUST_CHECK enum http_result stream_receive_response(struct stream *s, struct http_message *m,
						    enum link_result *why);

/* Wipes what was received; link and TLS stay. */
void stream_done(struct stream *s);

/* A sentence for what stream_receive said. */
const char *stream_why(enum http_result result, enum link_result why);

#endif
