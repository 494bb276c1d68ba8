/* cli/utf.h - UTF-8 as texts have it, UTF-16 as saved secrets have it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_UTF_H
#define OPENSSPI_CLI_UTF_H

#include "cli/cli.h"

/* The length of the UTF-8 character at `p` (NUL-terminated), and its number; 0 when there is none. */
size_t utf8_length(const unsigned char *p, unsigned *number);

/* Characters that steer a terminal, or turn a line's direction. */
bool utf_is_control(unsigned c);

/* A counted string as UTF-8 for free(), with U+FFFD for what is none; NULL when memory is short. */
char *utf8_from_wide(const UNICODE_STRING *wide);

/* What a credential keeps as its secret; wiped by blob_done. */
struct blob {
	unsigned char bytes[CRED_MAX_CREDENTIAL_BLOB_SIZE];
	DWORD size;
};

void blob_done(struct blob *b);

/* The text as UTF-16LE without terminator; false when it is no UTF-8 or too long. */
MUST_CHECK bool blob_from_text(struct blob *out, const char *text);

/* A secret as text, UTF-8; wiped by blob_text_done. */
struct blob_text {
	char text[CRED_MAX_CREDENTIAL_BLOB_SIZE / 2 * 3 + 1];
};

void blob_text_done(struct blob_text *t);

/* Reads a blob that is UTF-8 text, as some programs keep secrets, or else UTF-16LE, as Windows' own do.
 * False when it is neither: some other bytes. Whoever writes UTF-16 that would not be taken for it (pairs
 * of letters as one ideograph, characters that steer a terminal) says so by the attribute below, and then
 * `wide` is to be true. */
MUST_CHECK bool blob_to_text(struct blob_text *out, const void *bytes, size_t n, bool wide);

/* Can it be shown at a terminal as it is? */
bool blob_text_is_plain(const struct blob_text *t);

/* The attribute of credentials whose secret is UTF-16 although it does not look so. */
#define WIDE_KEYWORD "OpenSSPI_Secret"
#define WIDE_VALUE "utf-16le"

#endif
