/* base/words.h - each status by name: what it means, what to try.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * In words for people; OpensspiDescribeStatus and FormatMessage both read this table. */
#ifndef OPENSSPI_BASE_WORDS_H
#define OPENSSPI_BASE_WORDS_H

#include <windef.h>

struct status_words {
	LONG status;			     /* a SECURITY_STATUS, NTSTATUS or Win32 error */
	const char *name, *meaning, *advice; /* advice may be "" */
};

/* The words for a status; NULL when there are none. */
const struct status_words *status_words(LONG status);

#endif
