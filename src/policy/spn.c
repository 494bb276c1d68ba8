/* policy/spn.c - a target's name taken apart; see policy/state.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "policy/state.h"

static size_t find(const WCHAR *text, size_t from, size_t n, WCHAR c)
{
	while (from < n && text[from] != c)
		from++;
	return from;
}

/* Where the host ends that begins at `from`: before ":port" or "/name". A bare IPv6 address has
 * several colons and no port. */
static size_t host_end(const WCHAR *text, size_t from, size_t n)
{
	size_t slash = find(text, from, n, '/');

	if (from < slash && text[from] == '[') {
		size_t close = find(text, from, slash, ']');
		return close < slash ? close + 1 : slash;
	}
	size_t colon = find(text, from, slash, ':');
	if (colon < slash && find(text, colon + 1, slash, ':') < slash)
		return slash;
	return colon;
}

bool spn_read(const WCHAR *text, size_t n, struct spn *out)
{
	if (!text || n == 0 || n > SPN_MAX || !utf16_is_valid(text, n) || find(text, 0, n, 0) < n)
		return false;
	memcpy(out->text, text, n * sizeof(WCHAR));
	out->n = n;
	size_t slash = find(text, 0, n, '/');
	out->host = slash < n ? slash + 1 : 0;
	size_t end = host_end(text, out->host, n);
	if (end > out->host && text[end - 1] == '.')
		end--;
	memcpy(out->plain, text, end * sizeof(WCHAR));
	out->plain_n = end;
	return true;
}
