/* cli/json.c - writes JSON: commas, quotes and escapes are its business.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/json.h"

#include <string.h>

/* The length of the UTF-8 character at `p`, and its number; 0 when there is none. */
static size_t utf8_length(const unsigned char *p, unsigned *number)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80	     ? 1
		   : p[0] >> 5 == 6  ? 2
		   : p[0] >> 4 == 14 ? 3
		   : p[0] >> 3 == 30 ? 4
				     : 0;
	if (n <= 1) {
		*number = p[0];
		return n;
	}

	unsigned c = p[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return 0;
	*number = c;
	return n;
}

static bool is_control(unsigned c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static void write_string(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned c;

	fputc('"', out);
	while (*p) {
		size_t n = utf8_length(p, &c);
		if (!n)
			fputs("\\ufffd", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (is_control(c))
			fprintf(out, "\\u%04x", c);
		else
			fwrite(p, 1, n, out);
		p += n ? n : 1;
	}
	fputc('"', out);
}

static void begin(struct json *j, const char *key)
{
	if (j->comma)
		fputc(',', j->out);
	j->comma = true;
	if (key) {
		write_string(j->out, key);
		fputc(':', j->out);
	}
}

void json_open(struct json *j, const char *key, char bracket)
{
	begin(j, key);
	fputc(bracket, j->out);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	fputc(bracket, j->out);
	j->comma = true;
}

void json_text(struct json *j, const char *key, const char *text)
{
	begin(j, key);
	if (text)
		write_string(j->out, text);
	else
		fputs("null", j->out);
}

void json_number(struct json *j, const char *key, long long number)
{
	begin(j, key);
	fprintf(j->out, "%lld", number);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin(j, key);
	fputs(value ? "true" : "false", j->out);
}

void text_print(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned c;

	while (*p) {
		size_t n = utf8_length(p, &c);
		if (!n || is_control(c))
			fputc('?', out);
		else
			fwrite(p, 1, n, out);
		p += n ? n : 1;
	}
}
