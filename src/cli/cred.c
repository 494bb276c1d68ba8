/* cli/cred.c - sspi cred: its table of commands, delete and rename, and what all of them share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/cred.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/options.h"
#include "cli/win32.h"

#define TICKS_TO_1970 116444736000000000ULL /* from 1601, in 100 ns */
#define TICKS_PER_SECOND 10000000ULL

static const struct word {
	DWORD number;
	const char *name;
} types[] = {
	{ CRED_TYPE_GENERIC, "generic" },
	{ CRED_TYPE_DOMAIN_PASSWORD, "domain" },
	{ CRED_TYPE_DOMAIN_CERTIFICATE, "certificate" },
	{ CRED_TYPE_DOMAIN_VISIBLE_PASSWORD, "visible" },
	{ CRED_TYPE_GENERIC_CERTIFICATE, "generic-certificate" },
	{ CRED_TYPE_DOMAIN_EXTENDED, "extended" },
	{ 0 },
}, persists[] = {
	{ CRED_PERSIST_SESSION, "session" },
	{ CRED_PERSIST_LOCAL_MACHINE, "machine" },
	{ CRED_PERSIST_ENTERPRISE, "enterprise" },
	{ 0 },
};

static const char *word_name(const struct word *table, DWORD number)
{
	for (; table->name; table++)
		if (table->number == number)
			return table->name;
	return NULL;
}

static bool word_number(const struct word *table, const char *name, DWORD *number)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name) != 0)
			continue;
		*number = table->number;
		return true;
	}
	return false;
}

const char *cred_type_name(DWORD type)
{
	return word_name(types, type);
}

bool cred_type_of(const char *name, DWORD *type)
{
	return word_number(types, name, type);
}

const char *cred_persist_name(DWORD persist)
{
	return word_name(persists, persist);
}

bool cred_persist_of(const char *name, DWORD *persist)
{
	return word_number(persists, name, persist);
}

bool cred_is_readable(DWORD type)
{
	return type == CRED_TYPE_GENERIC || type == CRED_TYPE_GENERIC_CERTIFICATE ||
	       type == CRED_TYPE_DOMAIN_VISIBLE_PASSWORD;
}

void cred_free_p(PCREDENTIALA *c)
{
	CredFree(*c);
}

static DWORD read_one(const char *target, DWORD type, PCREDENTIALA *out)
{
	DWORD error;

	do {
		*out = NULL;
		error = CredReadA(target, type, 0, out) ? ERROR_SUCCESS : win32_last();
	} while (win32_unlocked(error));
	return error;
}

static DWORD read_any(const char *target, struct cred_found *out)
{
	size_t at = 0;
	int count = 0;

	for (const struct word *w = types; w->name; w++) {
		PCREDENTIALA c;
		DWORD error = read_one(target, w->number, &c);
		/* names that one type cannot have are an invalid parameter for it */
		if (error == ERROR_NOT_FOUND || error == ERROR_INVALID_PARAMETER)
			continue;
		if (error != ERROR_SUCCESS)
			return error;
		at += (size_t)snprintf(out->types + at, sizeof(out->types) - at, "%s%s",
				       count ? ", " : "", w->name);
		if (count++) {
			CredFree(c);
			continue;
		}
		out->credential = c;
		out->type = w->number;
	}
	return count == 0 ? ERROR_NOT_FOUND : count == 1 ? ERROR_SUCCESS : ERROR_ALREADY_EXISTS;
}

DWORD cred_read(const char *target, DWORD type, struct cred_found *out)
{
	*out = (struct cred_found){ .type = type };
	return type == CRED_TYPE_ANY ? read_any(target, out)
				     : read_one(target, type, &out->credential);
}

DWORD cred_write(PCREDENTIALA c)
{
	DWORD error;

	do {
		error = CredWriteA(c, 0) ? ERROR_SUCCESS : win32_last();
	} while (win32_unlocked(error));
	return error;
}

DWORD cred_enumerate(const char *filter, bool all, DWORD *count, PCREDENTIALA **out)
{
	DWORD error;

	do {
		*count = 0;
		*out = NULL;
		error = CredEnumerateA(filter, all ? CRED_ENUMERATE_ALL_CREDENTIALS : 0, count, out)
				? ERROR_SUCCESS
				: win32_last();
	} while (win32_unlocked(error));
	return error;
}

PCREDENTIALA cred_default(void)
{
	PCREDENTIALA c = NULL;
	return OpensspiDefaultCredentialGet(&c) == ERROR_SUCCESS ? c : NULL;
}

bool cred_is(const CREDENTIALA *a, const CREDENTIALA *b)
{
	return a && b && a->Type == b->Type && strcmp(a->TargetName, b->TargetName) == 0;
}

void cred_time(FILETIME t, char out[32])
{
	unsigned long long ticks = (unsigned long long)t.dwHighDateTime << 32 | t.dwLowDateTime;
	time_t seconds = (time_t)((ticks - TICKS_TO_1970) / TICKS_PER_SECOND);
	struct tm parts;

	if (ticks < TICKS_TO_1970 || !gmtime_r(&seconds, &parts) ||
	    !strftime(out, 32, "%Y-%m-%d %H:%M:%S", &parts))
		snprintf(out, 32, "never");
}

/* --type and a name become one credential; EXIT_DONE, or the exit code after the reason. */
static int choose(const struct command_line *line, const char *type_word, DWORD *type)
{
	struct cred_found found;

	*type = CRED_TYPE_ANY;
	if (type_word)
		return cred_type_of(type_word, type)
			       ? EXIT_DONE
			       : options_wrong(line, "no such type: %s", type_word);
	DWORD error = cred_read(line->given[0], CRED_TYPE_ANY, &found);
	CredFree(found.credential);
	*type = found.type;
	if (error == ERROR_ALREADY_EXISTS)
		return options_wrong(line, "there are several of that name: say --type (%s)",
				     found.types);
	return win32_finish(line->command, line->given[0], error);
}

static int delete_run(int argc, char **argv)
{
	const char *type_word = NULL;
	const struct option_row rows[] = {
		{ "--type", OPTION_TEXT, &type_word, "T", "generic, domain, certificate, ..." },
		{ NULL },
	};
	struct command_line line = { .command = "cred delete",
				     .operands = "TARGET",
				     .rows = rows,
				     .least = 1,
				     .most = 1,
				     .summary = "Deletes a saved credential." };
	DWORD type, error;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	code = choose(&line, type_word, &type);
	if (code != EXIT_DONE)
		return code;
	do {
		error = CredDeleteA(line.given[0], type, 0) ? ERROR_SUCCESS : win32_last();
	} while (win32_unlocked(error));
	return win32_finish(line.command, line.given[0], error);
}

static int rename_run(int argc, char **argv)
{
	const char *type_word = NULL;
	const struct option_row rows[] = {
		{ "--type", OPTION_TEXT, &type_word, "T", "generic, domain, certificate, ..." },
		{ NULL },
	};
	struct command_line line = { .command = "cred rename",
				     .operands = "OLD NEW",
				     .rows = rows,
				     .least = 2,
				     .most = 2,
				     .summary = "Gives a saved credential another target name." };
	DWORD type, error;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	code = choose(&line, type_word, &type);
	if (code != EXIT_DONE)
		return code;
	do {
		error = CredRenameA(line.given[0], line.given[1], type, 0) ? ERROR_SUCCESS
									   : win32_last();
	} while (win32_unlocked(error));
	return win32_finish(line.command, line.given[1], error);
}

static const struct command commands[] = {
	{ "add", "TARGET --user NAME [OPTION]...", "save a credential, or replace it",
	  cred_add_run },
	{ "list", "[FILTER] [--all] [--json]", "list what is saved", cred_list_run },
	{ "show", "TARGET [--type T] [--json] [--reveal]", "show one of them", cred_show_run },
	{ "delete", "TARGET [--type T]", "delete one", delete_run },
	{ "rename", "OLD NEW [--type T]", "give one another target name", rename_run },
	{ "find", "SERVER [--json]", "which one would sign in to a server", cred_find_run },
	{ "default", "[TARGET|--user NAME|--clear]",
	  "the one for programs and servers that have none of their own", cred_default_run },
	{ "export", "FILE|- [--force]", "write all to a file sealed to a passphrase",
	  cred_export_run },
	{ "import", "FILE|- [--replace]", "take in what export wrote", cred_import_run },
	{ "run", "TARGET [--fd N] -- COMMAND [ARGUMENT]...",
	  "run a command that gets a secret through a descriptor", cred_run_run },
	{ NULL },
};

int cred_run(int argc, char **argv)
{
	return commands_run("cred", commands, argc, argv);
}
