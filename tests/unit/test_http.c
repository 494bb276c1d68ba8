/* tests/unit/test_http.c - the tool's HTTP: heads, challenges, bodies, base64. RFC 9112, RFC 4559
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cli/base64.h"
#include "cli/http.h"

static bool request(const char *text, struct http_head *out)
{
	return http_parse_request((const unsigned char *)text, strlen(text), out);
}

static bool response(const char *text, struct http_head *out)
{
	return http_parse_response((const unsigned char *)text, strlen(text), out);
}

static void assert_text(struct http_text t, const char *wanted)
{
	assert_int_equal(t.n, strlen(wanted));
	assert_memory_equal(t.p, wanted, t.n);
}

static void a_request_is_taken_apart(void **state)
{
	static const char text[] =
		"POST /wsman?a HTTP/1.1\r\nHost: h:5985\r\nX-Odd:\t two words \r\n"
		"content-length: 12\r\nConnection: Keep-Alive\r\n\r\n";
	struct http_head h;
	struct http_text value;
	size_t n;

	assert_int_equal(http_head_length((const unsigned char *)text, sizeof(text) - 1, &n),
			 HTTP_WHOLE);
	assert_int_equal(n, sizeof(text) - 1);
	assert_true(request(text, &h));
	assert_text(h.method, "POST");
	assert_text(h.target, "/wsman?a");
	assert_int_equal(h.framing, HTTP_LENGTH);
	assert_int_equal(h.length, 12);
	assert_true(h.keep_alive);
	assert_int_equal(http_field(&h, "x-odd", &value), 1);
	assert_text(value, "two words");
	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		assert_int_equal(http_head_length((const unsigned char *)text, cut, &n), HTTP_MORE);
		assert_false(http_parse_request((const unsigned char *)text, cut, &h));
	}
}

static void a_response_is_taken_apart(void **state)
{
	struct http_head h;

	assert_true(response("HTTP/1.1 200 OK\r\n\r\n", &h));
	assert_int_equal(h.status, 200);
	assert_int_equal(h.framing, HTTP_TO_THE_END);
	assert_false(h.keep_alive);
	assert_true(response("HTTP/1.0 401\r\nContent-Length: 0\r\n\r\n", &h));
	assert_int_equal(h.status, 401);
	assert_false(h.keep_alive);
	assert_true(response(
		"HTTP/1.0 401 \r\nConnection: a, keep-alive\r\nContent-Length: 0\r\n\r\n", &h));
	assert_true(h.keep_alive);
	assert_true(response("HTTP/1.1 204 x\r\nContent-Length: 7\r\n\r\n", &h));
	assert_int_equal(h.framing, HTTP_NO_BODY);
	assert_true(response(
		"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", &h));
	assert_int_equal(h.framing, HTTP_CHUNKED);
	assert_false(h.keep_alive);
}

static void what_two_readers_could_take_differently_is_refused(void **state)
{
	static const char *const bad[] = {
		"Content-Length: 5\r\nContent-Length: 5\r\n",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: identity\r\n",
		"Content-Length: +5\r\n",
		"Content-Length: -5\r\n",
		"Content-Length: 0x5\r\n",
		"Content-Length: 5, 5\r\n",
		"Content-Length: \r\n",
		"Content-Length: 99999999999999999999\r\n",
		"Content-Length : 5\r\n",
		"X: a\r\n b\r\n",
		" X: a\r\n",
		"X: a\rb\r\n",
		"X: a\nY: b\r\n",
		"X: a\x01\r\n",
		"X\r\n",
		": a\r\n",
		"X Y: a\r\n",
		"Host: other\r\n",
	};
	char text[400];
	struct http_head h;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", bad[i]);
		assert_false(request(text, &h));
	}
}

static void odd_first_lines_are_refused(void **state)
{
	static const char *const bad[] = {
		"GET  / HTTP/1.1",
		"GET / HTTP/2.0",
		"GET / HTTP/1.10",
		"GET /",
		"G\tT / HTTP/1.1",
		" GET / HTTP/1.1",
		"GET /a b HTTP/1.1",
		"GET / http/1.1",
		"",
		"GET /\x80 HTTP/1.1",
	};
	static const char *const bad_status[] = {
		"HTTP/1.1 20 x",  "HTTP/1.1 2000 x", "HTTP/1.1 2x0 x", "HTTP/1.1 099 x",
		"HTTP/1.1 600 x", "HTTP/2 200 x",    "ICY 200 OK",
	};
	char text[100];
	struct http_head h;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s\r\nHost: h\r\n\r\n", bad[i]);
		assert_false(request(text, &h));
	}
	for (size_t i = 0; i < sizeof(bad_status) / sizeof(bad_status[0]); i++) {
		snprintf(text, sizeof(text), "%s\r\n\r\n", bad_status[i]);
		assert_false(response(text, &h));
	}
	assert_false(request("GET / HTTP/1.1\r\n\r\n", &h)); /* no Host */
	assert_true(request("GET / HTTP/1.0\r\n\r\n", &h));
}

static void a_nul_is_refused(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n";
	struct http_head h;
	assert_false(http_parse_request((const unsigned char *)text, sizeof(text) - 1, &h));
}

static void heads_have_limits(void **state)
{
	struct bytes CLEANUP(bytes_done) text = { 0 };
	struct http_head h;
	size_t n;

	assert_true(http_print(&text, "GET / HTTP/1.1\r\nHost: h\r\n"));
	for (int i = 1; i < HTTP_FIELDS_MAX; i++)
		assert_true(http_print(&text, "X: %d\r\n", i));
	size_t fields = text.len;
	assert_true(http_print(&text, "\r\n"));
	assert_true(http_parse_request(text.p, text.len, &h));
	text.len = fields;
	assert_true(http_print(&text, "X: y\r\n\r\n"));
	assert_false(http_parse_request(text.p, text.len, &h));
	text.len = fields;
	assert_true(http_print(&text, "X: %0*d\r\n\r\n", (int)HTTP_HEAD_MAX, 0));
	assert_int_equal(http_head_length(text.p, text.len, &n), HTTP_TOO_LARGE);
	assert_int_equal(http_head_length(text.p, HTTP_HEAD_MAX + 1, &n), HTTP_TOO_LARGE);
}

static void challenges_are_found(void **state)
{
	struct http_head h;
	struct http_text token;

	assert_true(response(
		"HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=\"a, NTLM Zm9v\", negotiate\r\n"
		"WWW-Authenticate: CredSSP YWJj\r\n\r\n",
		&h));
	assert_true(http_challenge(&h, "Negotiate", &token));
	assert_int_equal(token.n, 0);
	assert_false(http_challenge(&h, "NTLM", &token));
	assert_true(http_challenge(&h, "CredSSP", &token));
	assert_text(token, "YWJj");
	assert_true(http_challenge(&h, "Basic", &token));
	assert_false(http_challenge(&h, "realm", &token));
}

static void one_authorization_is_read(void **state)
{
	struct http_head h;
	struct http_text scheme, token;

	assert_true(request("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: NTLM  TlRM\r\n\r\n", &h));
	assert_true(http_credentials(&h, &scheme, &token));
	assert_text(scheme, "NTLM");
	assert_text(token, "TlRM");
	assert_true(request("GET / HTTP/1.1\r\nHost: h\r\n\r\n", &h));
	assert_true(http_credentials(&h, &scheme, &token));
	assert_int_equal(scheme.n + token.n, 0);
	assert_true(request("GET / HTTP/1.1\r\nHost: h\r\n"
			    "Authorization: Digest username=\"a b\", realm=\"r\"\r\n\r\n",
			    &h));
	assert_true(http_credentials(&h, &scheme, &token));
	assert_text(scheme, "Digest");
	static const char *const bad[] = { "NTLM", "NTLM ", "N@TLM a", "",
					   "NTLM a\r\nAuthorization: NTLM a" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[200];
		snprintf(text, sizeof(text),
			 "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: %s\r\n\r\n", bad[i]);
		assert_true(request(text, &h));
		assert_false(http_credentials(&h, &scheme, &token));
	}
}

/* Feeds a chunked body in pieces of a size; *left receives what was not taken. */
static enum http_result chunked(const char *text, size_t piece, struct bytes *out, size_t *left)
{
	struct http_head h = { .framing = HTTP_CHUNKED };
	enum http_result result = HTTP_MORE;
	size_t n = strlen(text), have = 0, taken = 0, used;
	struct http_body body;

	http_body_begin(&body, &h);
	while (result == HTTP_MORE && have < n) {
		have = n - have < piece ? n : have + piece;
		result = http_body_take(&body, (struct http_text){ text + taken, have - taken },
					out, &used);
		taken += used;
	}
	*left = n - taken;
	return result;
}

static void chunks_of_every_cut_are_the_same_body(void **state)
{
	static const char text[] =
		"5\r\nhello\r\n00A;x=\"y\"\r\n, wide\r\nwo\r\n3\r\nrld\r\n0\r\nT: x\r\n\r\nNEXT";
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct bytes CLEANUP(bytes_done) out = { 0 };
		size_t left;
		assert_int_equal(chunked(text, piece, &out, &left), HTTP_WHOLE);
		assert_int_equal(out.len, 18);
		assert_memory_equal(out.p, "hello, wide\r\nworld", 18);
		assert_true(left <= 4);
	}
}

static void broken_chunks_are_refused(void **state)
{
	static const char *const bad[] = {
		"g\r\n",
		"\r\n",
		" 5\r\nhello\r\n",
		"5 \r\nhello\r\n",
		"-5\r\n",
		"0x5\r\nhello\r\n",
		"5\nhello\r\n",
		"5\r\nhelloX\r\n",
		"5\r\nhello\n0\r\n",
		"1000000000000000\r\n",
		"5;\x01\r\n",
		"0\r\nX: a\nY: b\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bytes CLEANUP(bytes_done) out = { 0 };
		size_t left;
		assert_int_equal(chunked(bad[i], 1, &out, &left), HTTP_BAD);
	}
}

static void large_bodies_are_refused(void **state)
{
	struct bytes CLEANUP(bytes_done) out = { 0 };
	struct http_head h = { .framing = HTTP_LENGTH, .length = HTTP_BODY_MAX + 1 };
	struct http_body body;
	size_t used, left;

	http_body_begin(&body, &h);
	assert_int_equal(http_body_take(&body, (struct http_text){ "x", 1 }, &out, &used),
			 HTTP_TOO_LARGE);
	assert_int_equal(chunked("100001\r\nx", 100, &out, &left), HTTP_TOO_LARGE);
	assert_int_equal(chunked("fffffffffffffff\r\nx", 100, &out, &left), HTTP_TOO_LARGE);
}

static void a_body_of_a_length_leaves_the_rest(void **state)
{
	struct bytes CLEANUP(bytes_done) out = { 0 };
	struct http_head h = { .framing = HTTP_LENGTH, .length = 5 };
	struct http_body body;
	size_t used;

	http_body_begin(&body, &h);
	assert_int_equal(http_body_take(&body, (struct http_text){ "hel", 3 }, &out, &used),
			 HTTP_MORE);
	assert_int_equal(http_body_take(&body, (struct http_text){ "loGET /", 7 }, &out, &used),
			 HTTP_WHOLE);
	assert_int_equal(used, 2);
	assert_memory_equal(out.p, "hello", 5);
}

static void base64_is_strict(void **state)
{
	static const char *const bad[] = { "Zg",   "Zg=",    "Zh==", "Zm9=", "Zg==Zg==", "Z===",
					   "====", "Zm9v\n", "Zm 9", "Zm9-", "Zg=v" };
	struct bytes CLEANUP(bytes_done) text = { 0 }, CLEANUP(bytes_done) back = { 0 };

	for (size_t n = 0; n < 60; n++) {
		unsigned char bytes[60];
		for (size_t i = 0; i < n; i++)
			bytes[i] = (unsigned char)(i * 37 + n);
		text.len = back.len = 0;
		assert_true(bytes_append_base64(&text, bytes, n));
		assert_int_equal(text.len, (n + 2) / 3 * 4);
		assert_true(bytes_append_decoded(&back, (char *)text.p, text.len));
		assert_int_equal(back.len, n);
		if (n)
			assert_memory_equal(back.p, bytes, n);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(bytes_append_decoded(&back, bad[i], strlen(bad[i])));
	text.len = 0;
	assert_true(bytes_append_base64(&text, "foobar", 6)); /* RFC 4648 10 */
	assert_memory_equal(text.p, "Zm9vYmFy", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(a_response_is_taken_apart),
		cmocka_unit_test(what_two_readers_could_take_differently_is_refused),
		cmocka_unit_test(odd_first_lines_are_refused),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(heads_have_limits),
		cmocka_unit_test(challenges_are_found),
		cmocka_unit_test(one_authorization_is_read),
		cmocka_unit_test(chunks_of_every_cut_are_the_same_body),
		cmocka_unit_test(broken_chunks_are_refused),
		cmocka_unit_test(large_bodies_are_refused),
		cmocka_unit_test(a_body_of_a_length_leaves_the_rest),
		cmocka_unit_test(base64_is_strict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
