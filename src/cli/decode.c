/* cli/decode.c - sspi decode: a token in base64 or hex, printed as a readable tree.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/bytes.h"
#include "cli/options.h"
#include "cli/status.h"

#define TEXT_MAX (32u << 20)

static int hex_value(int c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower(c)) : NULL;
	return at ? (int)(at - digits) : -1;
}

static int base64_value(int c)
{
	const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	if (c == '-' || c == '_') /* the URL alphabet */
		return c == '-' ? 62 : 63;
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Digits in pairs; white space, colons and commas between bytes and "0x" before them are passed
 * over. */
static bool read_hex(const struct bytes *text, struct bytes *out)
{
	int high = -1;

	for (size_t i = 0; i < text->len; i++) {
		int c = text->p[i], digit = hex_value(c);
		if (digit == 0 && high < 0 && i + 1 < text->len && tolower(text->p[i + 1]) == 'x') {
			i++;
			continue;
		}
		if (digit < 0) {
			if (high >= 0 || !(isspace(c) || c == ':' || c == ','))
				return false;
			continue;
		}
		if (high < 0) {
			high = digit;
			continue;
		}
		unsigned char byte = (unsigned char)(high << 4 | digit);
		high = -1;
		if (!bytes_append(out, &byte, 1))
			return false;
	}
	return high < 0 && out->len;
}

static bool read_base64(const struct bytes *text, struct bytes *out)
{
	uint32_t bits = 0;
	unsigned held = 0;
	bool ended = false;

	for (size_t i = 0; i < text->len; i++) {
		int c = text->p[i], value = base64_value(c);
		if (isspace(c))
			continue;
		if (c == '=') {
			ended = true;
			continue;
		}
		if (value < 0 || ended)
			return false;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		unsigned char byte = bits >> held & 0xFF;
		if (!bytes_append(out, &byte, 1))
			return false;
	}
	return out->len != 0;
}

static bool read_input(struct bytes *text)
{
	for (;;) {
		if (text->len > TEXT_MAX || !bytes_reserve(text, 65536))
			return false;
		ssize_t got = read(STDIN_FILENO, text->p + text->len, 65536);
		if (got <= 0)
			return got == 0;
		text->len += (size_t)got;
	}
}

/* "Authorization: Negotiate TOKEN" and the like: the token is the last word of the line. */
static void drop_header_words(struct bytes *text)
{
	static const char *const schemes[] = { "negotiate ", "ntlm ", "credssp " };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i]);
		for (size_t at = 0; at < 64 && at + n < text->len; at++)
			if (strncasecmp((char *)text->p + at, schemes[i], n) == 0) {
				bytes_drop(text, at + n);
				return;
			}
	}
}

static int describe(const struct bytes *token)
{
	char *text;
	SECURITY_STATUS status = OpensspiDescribeToken(token->p, token->len, &text);

	if (status != SEC_E_OK) {
		status_print("decode", "reading the token", status);
		return EXIT_PROTOCOL;
	}
	size_t n = strlen(text);
	fputs(text, stdout);
	if (n == 0 || text[n - 1] != '\n')
		putchar('\n');
	FreeContextBuffer(text);
	return EXIT_DONE;
}

int decode_run(int argc, char **argv)
{
	bool hex = false, base64 = false;
	const struct option_row rows[] = {
		{ "--hex", OPTION_FLAG, &hex, NULL, "the token is hexadecimal" },
		{ "--base64", OPTION_FLAG, &base64, NULL, "the token is base64" },
		{ NULL },
	};
	struct command_line line = {
		.command = "decode",
		.operands = "[TOKEN|-]",
		.rows = rows,
		.most = 1,
		.summary = "Prints a token of NTLM, SPNEGO, CredSSP or TLS as a tree; "
			   "from standard input by default."
	};
	struct bytes CLEANUP(bytes_done) text = { 0 };
	struct bytes CLEANUP(bytes_done) token = { 0 };

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	bool from_input = line.count == 0 || strcmp(line.given[0], "-") == 0;
	if (from_input ? !read_input(&text)
		       : !bytes_append(&text, line.given[0], strlen(line.given[0])))
		return options_wrong(&line, "the token cannot be read");
	drop_header_words(&text);

	/* Hex first: every hex text could be base64 too, hardly any base64 text is hex. */
	if (!base64 && read_hex(&text, &token))
		return describe(&token);
	bytes_drop(&token, token.len);
	if (!hex && read_base64(&text, &token))
		return describe(&token);
	return options_wrong(&line, "that is no %s",
			     hex      ? "hex"
			     : base64 ? "base64"
				      : "hex or base64");
}
