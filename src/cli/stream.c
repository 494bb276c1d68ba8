/* cli/stream.c - HTTP messages over a connection, in the clear or inside TLS.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/stream.h"

#define INTERIM_MAX 8

void http_message_done(struct http_message *m)
{
	bytes_done(&m->raw);
	bytes_done(&m->body);
	m->head = (struct http_head){ 0 };
}

void stream_done(struct stream *s)
{
	bytes_done(&s->in);
}

enum link_result stream_send(struct stream *s, const void *p, size_t n)
{
	const char *at = p;
	enum link_result result = LINK_OK;

	if (!s->tls)
		return link_write(s->link, p, n);
	while (n && result == LINK_OK) {
		size_t piece = n < MESSAGE_MAX ? n : MESSAGE_MAX;
		if (exchange_say(s->tls, at, piece, &result) != SEC_E_OK)
			return LINK_BAD_RECORD;
		at += piece;
		n -= piece;
	}
	return result;
}

/* Waits for more to take. */
static enum link_result receive(struct stream *s)
{
	enum link_result result;

	if (!s->tls)
		return link_receive(s->link, &s->in);
	SECURITY_STATUS status = exchange_hear(s->tls, &s->in, &result);
	if (status == SEC_E_OK)
		return LINK_OK;
	if (result != LINK_OK)
		return result;
	return status == SEC_I_CONTEXT_EXPIRED ? LINK_CLOSED : LINK_BAD_RECORD;
}

static enum http_result read_head(struct stream *s, struct http_message *m, bool response,
				  enum link_result *why)
{
	enum http_result result;
	size_t n;

	while ((result = http_head_length(s->in.p, s->in.len, &n)) == HTTP_MORE) {
		*why = receive(s);
		if (*why != LINK_OK)
			return HTTP_MORE;
	}
	if (result != HTTP_WHOLE)
		return result;
	if (!bytes_append(&m->raw, s->in.p, n))
		return HTTP_TOO_LARGE;
	bytes_drop(&s->in, n);
	return (response ? http_parse_response : http_parse_request)(m->raw.p, n, &m->head)
		       ? HTTP_WHOLE
		       : HTTP_BAD;
}

static enum http_result read_body(struct stream *s, struct http_message *m, enum link_result *why)
{
	enum http_result result;
	struct http_body body;
	size_t used;

	http_body_begin(&body, &m->head);
	for (;;) {
		struct http_text given = { (const char *)s->in.p, s->in.len };
		result = http_body_take(&body, given, &m->body, &used);
		bytes_drop(&s->in, used);
		if (result != HTTP_MORE)
			return result;
		*why = receive(s);
		if (*why == LINK_CLOSED && m->head.framing == HTTP_TO_THE_END)
			return HTTP_WHOLE;
		if (*why != LINK_OK)
			return HTTP_MORE;
	}
}

enum http_result stream_receive_request(struct stream *s, struct http_message *m,
					enum link_result *why)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http_text expected;

	*why = LINK_OK;
	enum http_result result = read_head(s, m, false, why);
	if (result != HTTP_WHOLE)
		return result;
	if (http_field(&m->head, "Expect", &expected) && m->head.minor > 0 && !s->in.len &&
	    http_text_is(expected, "100-continue")) {
		*why = stream_send(s, go_on, sizeof(go_on) - 1);
		if (*why != LINK_OK)
			return HTTP_MORE;
	}
	return read_body(s, m, why);
}

enum http_result stream_receive_response(struct stream *s, struct http_message *m,
					 enum link_result *why)
{
	*why = LINK_OK;
	for (int i = 0; i < INTERIM_MAX; i++) {
		enum http_result result = read_head(s, m, true, why);
		if (result != HTTP_WHOLE)
			return result;
		if (m->head.status >= 200)
			return read_body(s, m, why);
		if (m->head.status == 101)
			return HTTP_BAD; /* nobody asked for another protocol */
		http_message_done(m);
	}
	return HTTP_BAD;
}

const char *stream_why(enum http_result result, enum link_result why)
{
	if (result == HTTP_TOO_LARGE)
		return "the peer's message is larger than allowed";
	return result == HTTP_MORE ? link_why(why) : "the peer's message is not well-formed HTTP";
}
