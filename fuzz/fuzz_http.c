/* fuzz/fuzz_http.c - the tool's reading of HTTP heads, bodies, challenges and WinRM's parts.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "cli/base64.h"
#include "cli/http.h"
#include "cli/winrm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		__builtin_trap();
}

/* Reads a body that comes in pieces of that size; *taken bytes of `all` were its. */
static enum http_result read_body(const struct http_head *h, struct http_text all, size_t piece,
				  struct bytes *out, size_t *taken)
{
	enum http_result result = HTTP_MORE;
	struct http_body body;
	size_t have = 0, used;

	http_body_begin(&body, h);
	*taken = 0;
	while (result == HTTP_MORE && have < all.n) {
		have = all.n - have < piece ? all.n : have + piece;
		struct http_text given = { all.p + *taken, have - *taken };
		result = http_body_take(&body, given, out, &used);
		require(used <= given.n);
		*taken += used;
	}
	return result;
}

/* A body means the same whether it comes at once or in small pieces. */
static void compare_bodies(const struct http_head *h, const uint8_t *p, size_t n)
{
	struct bytes CLEANUP(bytes_done) once = { 0 }, CLEANUP(bytes_done) small = { 0 };
	struct http_text all = { (const char *)p, n };
	size_t once_taken, small_taken;

	enum http_result a = read_body(h, all, n ? n : 1, &once, &once_taken);
	enum http_result b = read_body(h, all, 3, &small, &small_taken);
	require(once.len <= HTTP_BODY_MAX);
	if (a != HTTP_WHOLE)
		return;
	require(b == HTTP_WHOLE && once.len == small.len && once_taken == small_taken);
	require(!once.len || memcmp(once.p, small.p, once.len) == 0);
}

static void read_winrm(const uint8_t *p, size_t n, const char *protocol)
{
	struct bytes CLEANUP(bytes_done) copy = { 0 };
	struct winrm_part parts[WINRM_PARTS_MAX];
	char vendor[32];
	int count;

	if (winrm_parse(p, n, protocol, parts, &count))
		for (int i = 0; i < count; i++)
			require(parts[i].sealed.p >= (const char *)p &&
				parts[i].sealed.n <=
					n - (size_t)(parts[i].sealed.p - (const char *)p));
	if (!bytes_append(&copy, p, n))
		return;
	winrm_is_identify(&copy);
	winrm_is_identified(&copy);
	winrm_element(&copy, "ProductVendor", vendor, sizeof(vendor));
	winrm_is_sealed((struct http_text){ (const char *)p, n }, protocol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes CLEANUP(bytes_done) token = { 0 };
	struct http_text scheme, text;
	struct http_head head;
	size_t n;

	read_winrm(data, size, WINRM_SPNEGO);
	read_winrm(data, size, WINRM_CREDSSP);
	if (http_head_length(data, size, &n) != HTTP_WHOLE)
		return 0;
	bool request = http_parse_request(data, n, &head);
	if (!request && !http_parse_response(data, n, &head))
		return 0;
	if (http_credentials(&head, &scheme, &text) &&
	    bytes_append_decoded(&token, text.p, text.n)) {
		struct bytes CLEANUP(bytes_done) again = { 0 };
		require(bytes_append_base64(&again, token.p, token.len) && again.len == text.n);
		require(!text.n || memcmp(again.p, text.p, text.n) == 0);
	}
	http_challenge(&head, "Negotiate", &text);
	compare_bodies(&head, data + n, size - n);
	return 0;
}
