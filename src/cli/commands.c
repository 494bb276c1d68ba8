/* cli/commands.c - tables of commands: finds one by its name and runs it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

const struct command *command_find(const struct command *table, const char *name)
{
	for (const struct command *c = table; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int commands_run(const char *group, const struct command *table, int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_find(table, argv[1]) : NULL;
	bool help = argc > 1 && strcmp(argv[1], "--help") == 0;

	if (c)
		return c->run(argc - 1, argv + 1);
	if (argc > 1 && !help)
		fprintf(stderr, "sspi %s: unknown %s %s\n", group,
			argv[1][0] == '-' ? "option" : "command", argv[1]);
	for (c = table; c->name; c++)
		fprintf(help ? stdout : stderr, "sspi %s %s%s%s\n      %s\n", group, c->name,
			c->operands[0] ? " " : "", c->operands, c->summary);
	return help ? EXIT_DONE : EXIT_USAGE;
}
