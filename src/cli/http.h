/* cli/http.h - HTTP/1.1 messages taken apart: heads, challenges, bodies.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Strict, since a proxy that reads a message otherwise than we do would let one user speak for
 * another: no bare CR or LF, no NUL, no folded lines, no blank before a colon, one length and one
 * meaning of it. Everything points into the caller's bytes. RFC 9110, RFC 9112 */
#ifndef OPENSSPI_CLI_HTTP_H
#define OPENSSPI_CLI_HTTP_H

#include "cli/bytes.h"

#define HTTP_HEAD_MAX (64u << 10)
#define HTTP_FIELDS_MAX 100
#define HTTP_BODY_MAX (1u << 20)

struct http_text {
	const char *p;
	size_t n;
};

struct http_field {
	struct http_text name, value;
};

enum http_framing {
	HTTP_NO_BODY,
	HTTP_LENGTH,
	HTTP_CHUNKED,
	HTTP_TO_THE_END, /* a response's body that ends with the connection */
};

struct http_head {
	struct http_text method, target; /* a request's */
	int status;			 /* a response's */
	int minor;			 /* HTTP/1.minor */
	bool keep_alive;
	enum http_framing framing;
	uint64_t length;
	struct http_field fields[HTTP_FIELDS_MAX];
	int count;
};

enum http_result {
	HTTP_WHOLE,
	HTTP_MORE, /* what is there is good, and not all */
	HTTP_BAD,
	HTTP_TOO_LARGE,
};

/* Looks for the blank line that ends a head; *n receives the head's length with it. */
enum http_result http_head_length(const unsigned char *p, size_t len, size_t *n);

/* Takes a whole head of `n` bytes apart; false when it is not one. */
MUST_CHECK bool http_parse_request(const unsigned char *p, size_t n, struct http_head *out);
MUST_CHECK bool http_parse_response(const unsigned char *p, size_t n, struct http_head *out);

/* Whether a text is that word, letters of either case. */
bool http_text_is(struct http_text t, const char *word);

/* How many fields have that name; *value receives the first one's. */
int http_field(const struct http_head *h, const char *name, struct http_text *value);

/* Whether a response (WWW-Authenticate) offers the scheme; *token receives what stands behind it,
 * empty for a bare offer. Names of other schemes inside quotes are none. */
bool http_challenge(const struct http_head *h, const char *scheme, struct http_text *token);

/* A request's Authorization: its scheme and what stands behind it, a token or (of Digest, say)
 * parameters. False when it is there and malformed or twice; both are empty when it is not there. */
MUST_CHECK bool http_credentials(const struct http_head *h, struct http_text *scheme,
				 struct http_text *token);

/* A body as it comes, piece by piece. */
struct http_body {
	enum http_framing framing;
	int part; /* of a chunked one */
	uint64_t left;
	size_t trailer;
};

void http_body_begin(struct http_body *b, const struct http_head *h);

/* Takes from `p` what belongs to the body and appends its content to `out`; *used bytes are done
 * with. HTTP_MORE: call again with what was not used and what came behind it. */
enum http_result http_body_take(struct http_body *b, struct http_text p, struct bytes *out,
				size_t *used);

/* Appends text to a message under construction; false when memory is short or `out` is NULL. */
MUST_CHECK bool http_print(struct bytes *out, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
