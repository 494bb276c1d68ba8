/* cli/json.h - writes JSON: commas, quotes and escapes are its business.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A key of NULL is an element of an array or the outermost value. Bytes that are no UTF-8 become
 * U+FFFD, so that whatever a peer sends the output stays JSON. */
#ifndef OPENSSPI_CLI_JSON_H
#define OPENSSPI_CLI_JSON_H

#include <stdio.h>

#include "cli/cli.h"

struct json {
	FILE *out;
	bool comma; /* something stands before the next value */
};

void json_open(struct json *j, const char *key, char bracket);	   /* '{' or '[' */
void json_close(struct json *j, char bracket);			   /* '}' or ']' */
void json_text(struct json *j, const char *key, const char *text); /* NULL: null */
void json_number(struct json *j, const char *key, long long number);
void json_bool(struct json *j, const char *key, bool value);

/* Writes somebody else's text for a terminal: control characters and bytes that are no UTF-8 as
 * '?'. */
void text_print(FILE *out, const char *text);

#endif
