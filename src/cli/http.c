/* cli/http.c - HTTP/1.1 messages taken apart: heads, challenges, bodies.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CHUNK_LINE_MAX 256
#define TRAILER_MAX 8192

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9110 5.6.2 */
static bool is_token_char(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct http_text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!is_token_char((unsigned char)t.p[i]))
			return false;
	return t.n > 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct http_text trim(struct http_text t)
{
	while (t.n && is_blank(t.p[0])) {
		t.p++;
		t.n--;
	}
	while (t.n && is_blank(t.p[t.n - 1]))
		t.n--;
	return t;
}

bool http_text_is(struct http_text t, const char *word)
{
	return t.n == strlen(word) && strncasecmp(t.p, word, t.n) == 0;
}

enum http_result http_head_length(const unsigned char *p, size_t len, size_t *n)
{
	const unsigned char *end = len ? memmem(p, len, "\r\n\r\n", 4) : NULL;

	*n = end ? (size_t)(end + 4 - p) : len;
	if (*n > HTTP_HEAD_MAX)
		return HTTP_TOO_LARGE;
	return end ? HTTP_WHOLE : HTTP_MORE;
}

/* The next line without its end; false when none is left, or CR or LF stand alone in it. */
static bool next_line(struct http_text *rest, struct http_text *line)
{
	const char *end = memmem(rest->p, rest->n, "\r\n", 2);

	if (!end)
		return false;
	*line = (struct http_text){ rest->p, (size_t)(end - rest->p) };
	rest->n -= line->n + 2;
	rest->p = end + 2;
	return !memchr(line->p, '\r', line->n) && !memchr(line->p, '\n', line->n);
}

/* A word up to a blank, which is taken too. */
static struct http_text take_word(struct http_text *rest)
{
	const char *end = memchr(rest->p, ' ', rest->n);
	struct http_text word = { rest->p, end ? (size_t)(end - rest->p) : rest->n };
	size_t gone = word.n + (end ? 1 : 0);

	rest->p += gone;
	rest->n -= gone;
	return word;
}

static bool parse_version(struct http_text t, int *minor)
{
	if (t.n != 8 || memcmp(t.p, "HTTP/1.", 7) != 0 || !is_digit((unsigned char)t.p[7]))
		return false;
	*minor = t.p[7] - '0';
	return true;
}

static bool is_visible(struct http_text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] <= ' ' || (unsigned char)t.p[i] >= 0x7F)
			return false;
	return t.n > 0;
}

static bool parse_request_line(struct http_text line, struct http_head *out)
{
	out->method = take_word(&line);
	out->target = take_word(&line);
	return is_token(out->method) && is_visible(out->target) && parse_version(line, &out->minor);
}

static bool parse_status_line(struct http_text line, struct http_head *out)
{
	struct http_text version = take_word(&line), code = take_word(&line);

	if (!parse_version(version, &out->minor) || code.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!is_digit((unsigned char)code.p[i]))
			return false;
		out->status = out->status * 10 + (code.p[i] - '0');
	}
	return out->status >= 100 && out->status < 600;
}

static bool parse_field(struct http_text line, struct http_head *out)
{
	const char *colon = memchr(line.p, ':', line.n);

	if (!colon || out->count == HTTP_FIELDS_MAX)
		return false;
	struct http_field *f = &out->fields[out->count];
	f->name = (struct http_text){ line.p, (size_t)(colon - line.p) };
	f->value = trim((struct http_text){ colon + 1, line.n - f->name.n - 1 });
	for (size_t i = 0; i < f->value.n; i++) {
		unsigned char c = (unsigned char)f->value.p[i];
		if ((c < ' ' && c != '\t') || c == 0x7F)
			return false;
	}
	out->count++;
	return is_token(f->name); /* a folded line begins with a blank, which is no token */
}

int http_field(const struct http_head *h, const char *name, struct http_text *value)
{
	int found = 0;

	*value = (struct http_text){ "", 0 };
	for (int i = 0; i < h->count; i++)
		if (http_text_is(h->fields[i].name, name) && found++ == 0)
			*value = h->fields[i].value;
	return found;
}

static bool parse_length(struct http_text t, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < t.n; i++) {
		if (!is_digit((unsigned char)t.p[i]))
			return false;
		*out = *out * 10 + (uint64_t)(t.p[i] - '0');
	}
	return t.n > 0 && t.n < 19;
}

/* RFC 9112 6.3, without the forms that two readers could take differently. */
static bool find_framing(struct http_head *h, bool response)
{
	struct http_text length, coding;
	int lengths = http_field(h, "Content-Length", &length);
	int codings = http_field(h, "Transfer-Encoding", &coding);

	if (lengths + codings > 1 ||
	    (codings && (h->minor == 0 || !http_text_is(coding, "chunked"))))
		return false;
	if (lengths && !parse_length(length, &h->length))
		return false;
	if (codings)
		h->framing = HTTP_CHUNKED;
	else if (lengths)
		h->framing = HTTP_LENGTH;
	else
		h->framing = response ? HTTP_TO_THE_END : HTTP_NO_BODY;
	if (response && (h->status < 200 || h->status == 204 || h->status == 304))
		h->framing = HTTP_NO_BODY;
	return true;
}

/* The next of a list's items; quoted commas do not part them. */
static bool next_item(struct http_text *list, struct http_text *item)
{
	bool quoted = false;
	size_t i = 0;

	if (!list->n)
		return false;
	for (; i < list->n && (quoted || list->p[i] != ','); i++) {
		if (list->p[i] == '"')
			quoted = !quoted;
		else if (quoted && list->p[i] == '\\' && i + 1 < list->n)
			i++;
	}
	*item = trim((struct http_text){ list->p, i });
	size_t gone = i < list->n ? i + 1 : i;
	list->p += gone;
	list->n -= gone;
	return true;
}

static bool find_connection(struct http_head *h)
{
	bool close = false, keep = false;

	for (int i = 0; i < h->count; i++) {
		struct http_text list = h->fields[i].value, item;
		if (!http_text_is(h->fields[i].name, "Connection"))
			continue;
		while (next_item(&list, &item)) {
			close = close || http_text_is(item, "close");
			keep = keep || http_text_is(item, "keep-alive");
		}
	}
	h->keep_alive = !close && (h->minor > 0 || keep) && h->framing != HTTP_TO_THE_END;
	return true;
}

static bool parse_head(const unsigned char *p, size_t n, bool response, struct http_head *out)
{
	struct http_text rest = { (const char *)p, n }, line;

	*out = (struct http_head){ 0 };
	if (n > HTTP_HEAD_MAX || memchr(p, 0, n) || !next_line(&rest, &line))
		return false;
	if (!(response ? parse_status_line : parse_request_line)(line, out))
		return false;
	while (next_line(&rest, &line)) {
		if (!line.n)
			return !rest.n && find_framing(out, response) && find_connection(out);
		if (!parse_field(line, out))
			return false;
	}
	return false;
}

bool http_parse_request(const unsigned char *p, size_t n, struct http_head *out)
{
	struct http_text host;
	int hosts;

	if (!parse_head(p, n, false, out))
		return false;
	hosts = http_field(out, "Host", &host);
	return hosts == 1 || (hosts == 0 && out->minor == 0);
}

bool http_parse_response(const unsigned char *p, size_t n, struct http_head *out)
{
	return parse_head(p, n, true, out);
}

bool http_challenge(const struct http_head *h, const char *scheme, struct http_text *token)
{
	bool found = false;

	*token = (struct http_text){ "", 0 };
	for (int i = 0; i < h->count; i++) {
		struct http_text list = h->fields[i].value, item;
		if (!http_text_is(h->fields[i].name, "WWW-Authenticate"))
			continue;
		while (next_item(&list, &item)) {
			if (!http_text_is(take_word(&item), scheme))
				continue;
			found = true;
			if (!token->n)
				*token = trim(item);
		}
	}
	return found;
}

bool http_credentials(const struct http_head *h, struct http_text *scheme, struct http_text *token)
{
	struct http_text value;
	int count = http_field(h, "Authorization", &value);

	*scheme = take_word(&value);
	*token = trim(value);
	return count == 0 || (count == 1 && is_token(*scheme) && token->n);
}

/* ---- bodies */

enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, CHUNK_TRAILER };

void http_body_begin(struct http_body *b, const struct http_head *h)
{
	*b = (struct http_body){ .framing = h->framing, .part = CHUNK_SIZE, .left = h->length };
}

static int hex_value(char c)
{
	if (is_digit((unsigned char)c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A chunk's size; extensions behind it are passed over. */
static bool parse_chunk_size(struct http_text line, uint64_t *out)
{
	size_t digits = 0;

	*out = 0;
	for (; digits < line.n && hex_value(line.p[digits]) >= 0; digits++) {
		if (digits == 15)
			return false;
		*out = *out << 4 | (uint64_t)hex_value(line.p[digits]);
	}
	for (size_t i = digits; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
			return false;
	return digits > 0 && (digits == line.n || line.p[digits] == ';');
}

/* Takes up to `left` bytes of content. */
static enum http_result take_content(struct http_body *b, struct http_text *p, struct bytes *out)
{
	size_t n = p->n < b->left ? p->n : (size_t)b->left;

	if (b->left > HTTP_BODY_MAX || out->len + n > HTTP_BODY_MAX)
		return HTTP_TOO_LARGE;
	if (!bytes_append(out, p->p, n))
		return HTTP_TOO_LARGE;
	p->p += n;
	p->n -= n;
	b->left -= n;
	return b->left ? HTTP_MORE : HTTP_WHOLE;
}

/* A line of the chunked framing; HTTP_MORE when it is not whole yet. */
static enum http_result take_line(struct http_text *p, size_t most, struct http_text *line)
{
	struct http_text rest = *p;
	const char *end = p->n ? memmem(p->p, p->n, "\r\n", 2) : NULL;

	if ((end ? (size_t)(end - p->p) : p->n) > most)
		return HTTP_BAD;
	if (!end)
		return p->n && memchr(p->p, '\n', p->n) ? HTTP_BAD : HTTP_MORE;
	if (!next_line(&rest, line))
		return HTTP_BAD;
	*p = rest;
	return HTTP_WHOLE;
}

static enum http_result take_chunk_line(struct http_body *b, struct http_text *p)
{
	struct http_text line;
	size_t most = b->part == CHUNK_TRAILER ? TRAILER_MAX - b->trailer : CHUNK_LINE_MAX;

	enum http_result result = take_line(p, most, &line);
	if (result != HTTP_WHOLE)
		return result;
	if (b->part == CHUNK_TRAILER) {
		b->trailer += line.n;
		return line.n ? HTTP_MORE : HTTP_WHOLE;
	}
	if (b->part == CHUNK_END) {
		b->part = CHUNK_SIZE;
		return line.n ? HTTP_BAD : HTTP_MORE;
	}
	if (!parse_chunk_size(line, &b->left))
		return HTTP_BAD;
	b->part = b->left ? CHUNK_DATA : CHUNK_TRAILER;
	return HTTP_MORE;
}

static enum http_result take_chunks(struct http_body *b, struct http_text *p, struct bytes *out)
{
	enum http_result result = HTTP_MORE;
	size_t before;

	do {
		before = p->n;
		if (b->part != CHUNK_DATA) {
			result = take_chunk_line(b, p);
			continue;
		}
		result = take_content(b, p, out);
		if (result == HTTP_WHOLE) {
			b->part = CHUNK_END;
			result = HTTP_MORE;
		}
	} while (result == HTTP_MORE && p->n && p->n != before);
	return result;
}

enum http_result http_body_take(struct http_body *b, struct http_text p, struct bytes *out,
				size_t *used)
{
	enum http_result result = HTTP_WHOLE;
	size_t all = p.n;

	switch (b->framing) {
	case HTTP_NO_BODY:
		break;
	case HTTP_LENGTH:
		result = take_content(b, &p, out);
		break;
	case HTTP_CHUNKED:
		result = take_chunks(b, &p, out);
		break;
	case HTTP_TO_THE_END:
		b->left = HTTP_BODY_MAX;
		result = take_content(b, &p, out);
		result = result == HTTP_TOO_LARGE ? result : HTTP_MORE;
		break;
	}
	*used = all - p.n;
	return result;
}

bool http_print(struct bytes *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !bytes_reserve(out, (size_t)n + 1))
		return false;
	va_start(args, format);
	vsnprintf((char *)out->p + out->len, (size_t)n + 1, format, args);
	va_end(args);
	out->len += (size_t)n;
	return true;
}
