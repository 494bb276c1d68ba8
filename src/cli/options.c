/* cli/options.c - command lines from tables: one row per option, --help made of the same rows.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 1000000

static int print_usage(const struct command_line *line)
{
	printf("usage: sspi %s%s%s%s\n\n%s\n\n", line->command, line->operands[0] ? " " : "",
	       line->operands, line->rows->name ? " [OPTION]..." : "", line->summary);
	for (const struct option_row *row = line->rows; row->name; row++) {
		char left[40];
		snprintf(left, sizeof(left), "%s%s%s", row->name, row->value ? " " : "",
			 row->value ? row->value : "");
		printf("  %-24s %s\n", left, row->help);
	}
	printf("  %-24s %s\n", "--help", "print this text");
	return EXIT_DONE;
}

int options_wrong(const struct command_line *line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "sspi %s: ", line->command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nTry 'sspi %s --help'.\n", line->command);
	return EXIT_USAGE;
}

static const struct option_row *find_row(const struct option_row *rows, const char *name,
					 size_t len)
{
	for (const struct option_row *row = rows; row->name; row++)
		if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
			return row;
	return NULL;
}

static bool parse_number(const char *text, int *out)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || value > NUMBER_MAX)
		return false;
	*out = (int)value;
	return true;
}

static int take_item(const struct command_line *line, const struct option_row *row,
		     const char *value)
{
	struct option_list *list = row->target;

	if (list->count == OPTION_LIST_MAX)
		return options_wrong(line, "%s is given more than %d times", row->name,
				     OPTION_LIST_MAX);
	list->item[list->count++] = value;
	return OPTIONS_GO;
}

/* Takes the option at argv[*at]; *at ends on the last argument it used. */
static int take_option(struct command_line *line, int argc, char **argv, int *at)
{
	const char *word = argv[*at];
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_row *row = find_row(line->rows, word, len);

	if (!row)
		return options_wrong(line, "unknown option %.*s", (int)len, word);
	if (row->kind == OPTION_FLAG) {
		if (equals)
			return options_wrong(line, "%s takes no value", row->name);
		*(bool *)row->target = true;
		return OPTIONS_GO;
	}

	const char *value = equals ? equals + 1 : NULL;
	if (!value && *at + 1 < argc)
		value = argv[++*at];
	if (!value)
		return options_wrong(line, "%s needs a value: %s", row->name, row->value);
	if (row->kind == OPTION_LIST)
		return take_item(line, row, value);
	if (row->kind == OPTION_TEXT)
		*(const char **)row->target = value;
	else if (!parse_number(value, row->target))
		return options_wrong(line, "%s needs a number from 0 to %d, not '%s'", row->name,
				     NUMBER_MAX, value);
	return OPTIONS_GO;
}

int options_parse(struct command_line *line, int argc, char **argv)
{
	bool only_operands = false;

	for (int at = 1; at < argc; at++) {
		const char *word = argv[at];
		if (!only_operands && strcmp(word, "--help") == 0)
			return print_usage(line);
		if (!only_operands && strcmp(word, "--") == 0) {
			only_operands = true;
			if (line->takes_rest) {
				line->rest = argv + at + 1;
				break;
			}
			continue;
		}
		if (!only_operands && word[0] == '-' && word[1]) {
			int code = take_option(line, argc, argv, &at);
			if (code != OPTIONS_GO)
				return code;
			continue;
		}
		if (line->count == line->most)
			return options_wrong(line, "one argument too many: %s", word);
		line->given[line->count++] = word;
	}
	if (line->count < line->least)
		return options_wrong(line, "missing: %s", line->operands);
	return OPTIONS_GO;
}
