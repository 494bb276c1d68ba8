/* cli/main.c - the sspi tool: finds the command and runs it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cli/cli.h"

static int help_run(int argc, char **argv);

static const struct command commands[] = {
	{ "packages", "[--json]", "list the security packages", packages_run },
	{ "account", "add|list|remove|set", "manage the accounts that may sign in here",
	  account_run },
	{ "logon", "rdp://HOST|http[s]://HOST/...", "sign in to a server and say what was agreed",
	  logon_run },
	{ "serve", "rdp|http|... --listen ADDR:PORT", "sign clients in against the accounts",
	  serve_run },
	{ "cred", "add|list|show|delete|...", "saved credentials", cred_run },
	{ "vault", "status|unlock|lock|key|...", "the file that they are in", vault_run },
	{ "klist", "[get SPN|purge]", "the caller's Kerberos tickets", klist_run },
	{ "passwd", "[NAME@REALM]", "change a password in its realm", passwd_run },
	{ "lsa", "status|sessions|packages", "who holds the keys, and whose", lsa_run },
	{ "policy", "show [TARGET]", "what is in force, and which rule decides", policy_run },
	{ "decode", "[TOKEN|-]", "print a token as a readable tree", decode_run },
	{ "help", "[COMMAND]", "print this text, or a command's", help_run },
	{ NULL },
};

static void print_commands(FILE *out)
{
	fprintf(out, "usage: sspi COMMAND [ARGUMENT]...\n\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-9s %-33s %s\n", c->name, c->operands, c->summary);
	fprintf(out, "\n'sspi COMMAND --help' says more; sspi(1) says it all.\n");
}

static int help_run(int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_find(commands, argv[1]) : NULL;
	if (argc > 1 && !c) {
		fprintf(stderr, "sspi help: no such command: %s\n", argv[1]);
		return EXIT_USAGE;
	}
	if (c && c->run != help_run) {
		char help[] = "--help";
		char *args[] = { argv[1], help, NULL };
		return c->run(2, args);
	}
	print_commands(stdout);
	return EXIT_DONE;
}

/* What was not written down was not told. */
static int finish(int code)
{
	bool told = fflush(stdout) == 0 && !ferror(stdout);

	if (told || code != EXIT_DONE)
		return code;
	fprintf(stderr, "sspi: standard output: %s\n", strerror(errno));
	return EXIT_REFUSED;
}

int main(int argc, char **argv)
{
	/* A crash must not leave a password on disk; the limit alone does not keep it from a program that
	 * collects crashes. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);

	if (argc < 2) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("sspi (OpenSSPI) %s\n", OPENSSPI_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_commands(stdout);
		return EXIT_DONE;
	}

	const struct command *c = command_find(commands, argv[1]);
	if (!c) {
		fprintf(stderr, "sspi: unknown %s %s\nTry 'sspi help'.\n",
			argv[1][0] == '-' ? "option" : "command", argv[1]);
		return EXIT_USAGE;
	}
	return finish(c->run(argc - 1, argv + 1));
}
