/* policy/pattern.h - lists of service principal names with one wildcard, as delegation policies have.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * "TERMSRV/host", "TERMSRV/" and a star, "*.example.com" after a slash: one star per pattern stands
 * for any characters; case does not count. */
#ifndef OPENSSPI_POLICY_PATTERN_H
#define OPENSSPI_POLICY_PATTERN_H

#include <windef.h>

#include "base/base.h"

struct pattern {
	WCHAR *text; /* as it was written */
	size_t n;
	size_t star;   /* where the star is; n: there is none */
	unsigned line; /* of its file; 0: of none */
};

struct patterns {
	struct pattern *p;
	size_t count, room;
};

enum pattern_kind {
	PATTERN_SPN, /* needs "service/host", or is the star alone */
	PATTERN_HOST /* a host's name, without a slash */
};

/* Adds the patterns of a text, separated by spaces or commas. On STATUS_INVALID_PARAMETER `reason`
 * says what is wrong; else STATUS_SUCCESS or STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS patterns_add(struct patterns *list, const char *text, enum pattern_kind kind,
				 const char **reason);
void patterns_done(struct patterns *list);

/* Which text a star in the middle stands for: anything, or (when something is to be allowed) only
 * characters of one host's name. A star at the end stands for anything in both. */
enum pattern_care { PATTERN_LOOSE, PATTERN_STRICT };

/* The first of the patterns that matches the text of valid UTF-16; NULL when none does. */
const struct pattern *patterns_find(const struct patterns *list, const WCHAR *text, size_t n,
				    enum pattern_care care);

MUST_CHECK bool patterns_match(const struct patterns *list, const WCHAR *text, size_t n,
			       enum pattern_care care);

#endif
