/* cli/account.c - sspi account: who may sign in here.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/status.h"

static const struct {
	const char *name;
	ULONG flags;
} states[] = {
	{ "ok", 0 },
	{ "disabled", OPENSSPI_ACCOUNT_DISABLED },
	{ "locked", OPENSSPI_ACCOUNT_LOCKED },
	{ "expired", OPENSSPI_ACCOUNT_EXPIRED },
	{ "must-change", OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE },
	{ "password-expired", OPENSSPI_ACCOUNT_PASSWORD_EXPIRED },
};

/* A name as given, "NAME" or "DOMAIN\NAME", in its two parts. */
struct account_name {
	char *copy;
	const char *domain, *user;
};

static void account_name_done(struct account_name *n)
{
	free(n->copy);
}

static int account_name_read(struct account_name *out, const struct command_line *line,
			     const char *domain)
{
	out->copy = strndup(line->given[0], 1024);
	char *backslash = out->copy ? strchr(out->copy, '\\') : NULL;
	out->user = out->copy;
	out->domain = domain;
	if (backslash && domain)
		return options_wrong(line, "the domain is given twice");
	if (backslash) {
		*backslash = '\0';
		out->domain = out->copy;
		out->user = backslash + 1;
	}
	return out->user && out->user[0] ? OPTIONS_GO : options_wrong(line, "a name is needed");
}

/* The exit code of an accounts call. */
static int finish(const char *command, const char *doing, SECURITY_STATUS status)
{
	if (status == SEC_E_OK)
		return EXIT_DONE;
	if (status == SEC_E_NO_CREDENTIALS)
		fprintf(stderr, "sspi %s: there is no such account\n", command);
	else
		status_print(command, doing, status);
	return status == SEC_E_INVALID_PARAMETER ? EXIT_USAGE : EXIT_REFUSED;
}

static int add_run(int argc, char **argv)
{
	const char *domain = NULL;
	int fd = -1;
	const struct option_row rows[] = {
		{ "--domain", OPTION_TEXT, &domain, "D",
		  "the account's domain; this machine's by default" },
		{ "--password-fd", OPTION_NUMBER, &fd, "N", "read the password from descriptor N" },
		{ NULL },
	};
	struct command_line line = { .command = "account add",
				     .operands = "NAME",
				     .rows = rows,
				     .least = 1,
				     .most = 1,
				     .summary = "Adds an account, or gives it a new password." };
	struct account_name CLEANUP(account_name_done) name = { NULL };
	struct password CLEANUP(password_done) password = { "" };

	int code = options_parse(&line, argc, argv);
	if (code == OPTIONS_GO)
		code = account_name_read(&name, &line, domain);
	if (code != OPTIONS_GO)
		return code;
	if (!password_read(&password, fd, "Password", true))
		return EXIT_USAGE;
	return finish(line.command, "adding the account",
		      OpensspiAccountSet(name.domain, name.user, password.text));
}

static int remove_run(int argc, char **argv)
{
	const char *domain = NULL;
	const struct option_row rows[] = {
		{ "--domain", OPTION_TEXT, &domain, "D", "the account's domain" },
		{ NULL },
	};
	struct command_line line = { .command = "account remove",
				     .operands = "NAME",
				     .rows = rows,
				     .least = 1,
				     .most = 1,
				     .summary = "Removes an account." };
	struct account_name CLEANUP(account_name_done) name = { NULL };

	int code = options_parse(&line, argc, argv);
	if (code == OPTIONS_GO)
		code = account_name_read(&name, &line, domain);
	if (code != OPTIONS_GO)
		return code;
	return finish(line.command, "removing the account",
		      OpensspiAccountRemove(name.domain, name.user));
}

static int set_run(int argc, char **argv)
{
	const char *domain = NULL;
	const struct option_row rows[] = {
		{ "--domain", OPTION_TEXT, &domain, "D", "the account's domain" },
		{ NULL },
	};
	struct command_line line = { .command = "account set",
				     .operands = "NAME disabled|locked|expired|must-change|"
						 "password-expired|ok",
				     .rows = rows,
				     .least = 2,
				     .most = 2,
				     .summary = "Says in what state an account is." };
	struct account_name CLEANUP(account_name_done) name = { NULL };

	int code = options_parse(&line, argc, argv);
	if (code == OPTIONS_GO)
		code = account_name_read(&name, &line, domain);
	if (code != OPTIONS_GO)
		return code;
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(states[i].name, line.given[1]) == 0)
			return finish(
				line.command, "changing the account",
				OpensspiAccountSetFlags(name.domain, name.user, states[i].flags));
	return options_wrong(&line, "no such state: %s", line.given[1]);
}

static BOOL CALLBACK print_text(void *argument, const char *domain, const char *user, ULONG flags)
{
	bool any = false;

	if (domain && domain[0]) {
		text_print(stdout, domain);
		putchar('\\');
	}
	text_print(stdout, user);
	for (size_t i = 1; i < ARRAY_LEN(states); i++)
		if (flags & states[i].flags) {
			printf("%s%s", any ? "," : "\t", states[i].name);
			any = true;
		}
	printf("%s\n", any ? "" : "\tok");
	return TRUE;
}

static BOOL CALLBACK print_json(void *argument, const char *domain, const char *user, ULONG flags)
{
	struct json *j = argument;

	json_open(j, NULL, '{');
	json_text(j, "domain", domain ? domain : "");
	json_text(j, "user", user);
	json_open(j, "flags", '[');
	for (size_t i = 1; i < ARRAY_LEN(states); i++)
		if (flags & states[i].flags)
			json_text(j, NULL, states[i].name);
	json_close(j, ']');
	json_close(j, '}');
	return TRUE;
}

static int list_run(int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON array" },
		{ NULL },
	};
	struct command_line line = { .command = "account list",
				     .operands = "",
				     .rows = rows,
				     .summary = "Lists the accounts and their states." };
	struct json j = { .out = stdout };

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (!as_json)
		return finish(line.command, "reading the accounts",
			      OpensspiAccountEnumerate(print_text, NULL));

	json_open(&j, NULL, '[');
	code = finish(line.command, "reading the accounts",
		      OpensspiAccountEnumerate(print_json, &j));
	json_close(&j, ']');
	putchar('\n');
	return code;
}

static const struct command commands[] = {
	{ "add", "NAME [--domain D] [--password-fd N]", "add an account or change its password",
	  add_run },
	{ "list", "[--json]", "list the accounts", list_run },
	{ "remove", "NAME [--domain D]", "remove an account", remove_run },
	{ "set", "NAME STATE [--domain D]",
	  "disabled, locked, expired, must-change, password-expired or ok", set_run },
	{ NULL },
};

int account_run(int argc, char **argv)
{
	return commands_run("account", commands, argc, argv);
}
