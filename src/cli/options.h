/* cli/options.h - command lines from tables: one row per option, --help made of the same rows.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_OPTIONS_H
#define OPENSSPI_CLI_OPTIONS_H

#include "cli/cli.h"

enum option_kind {
	OPTION_FLAG,   /* target: bool, set to true */
	OPTION_TEXT,   /* target: const char * into argv */
	OPTION_NUMBER, /* target: int, 0 to 1000000 */
	OPTION_LIST,   /* target: struct option_list; may be given again and again */
};

#define OPTION_LIST_MAX 64

struct option_list {
	const char *item[OPTION_LIST_MAX]; /* into argv */
	int count;
};

struct option_row {
	const char *name; /* with its dashes */
	enum option_kind kind;
	void *target;
	const char *value; /* what the usage text calls the value; NULL for flags */
	const char *help;
};

#define OPERANDS_MAX 4

struct command_line {
	const char *command;  /* "logon", for messages */
	const char *operands; /* "rdp://HOST[:PORT]", for the usage line */
	const char *summary;
	const struct option_row *rows;	 /* end with a NULL name */
	int least, most;		 /* how many operands */
	bool takes_rest;		 /* what is behind "--" is somebody else's command line */
	const char *given[OPERANDS_MAX]; /* the operands found */
	int count;
	char **rest; /* into argv, NULL at its end; NULL without "--" */
};

#define OPTIONS_GO (-1)

/* Reads the arguments after argv[0]. OPTIONS_GO to go on; else the exit code to end with, after the
 * usage text was printed (--help) or the mistake was named on stderr. "--" ends the options; "-" is
 * an operand; --name=value and --name value are the same. */
MUST_CHECK int options_parse(struct command_line *line, int argc, char **argv);

/* Says what is wrong with the command line on stderr; EXIT_USAGE. */
int options_wrong(const struct command_line *line, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
