/* cli/json.c - writes JSON: commas, quotes and escapes are its business.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/json.h"

#include "cli/utf.h"

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
		else if (utf_is_control(c))
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
		if (!n || utf_is_control(c))
			fputc('?', out);
		else
			fwrite(p, 1, n, out);
		p += n ? n : 1;
	}
}
