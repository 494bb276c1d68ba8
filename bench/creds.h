/* bench/creds.h - the credentials that the rows about the vault read and write, by their numbers.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef BENCH_CREDS_H
#define BENCH_CREDS_H

#include <stdio.h>
#include <wincred.h>

#define CREDS_TARGET 64

static const uint8_t creds_secret[32] = "a secret of some thirty-two byte";

/* Its length, without the NUL. */
static inline size_t creds_target(WCHAR out[CREDS_TARGET], uint32_t number)
{
	char text[CREDS_TARGET];
	int n = snprintf(text, sizeof(text), "https://host%06u.lab.test", number);

	for (int i = 0; i <= n; i++)
		out[i] = (WCHAR)text[i];
	return (size_t)n;
}

#endif
