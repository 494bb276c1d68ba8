/* cli/vault_key.c - sspi vault key and rekey: ways to open the vault, and a new key for all of it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/prompt.h"
#include "cli/vault.h"
#include "cli/win32.h"

#define PASSPHRASES_MAX 16

struct key_addition {
	bool passphrase, key_file, drop, keep;
	const char *label;
	int fd;
};

static DWORD remove_key(LONGLONG number)
{
	DWORD error;

	do {
		error = OpensspiVaultRemoveKey(number);
	} while (win32_unlocked(error));
	return error;
}

/* All of the key file's slots; the first error. */
static DWORD drop_key_file(void)
{
	CLEANUP(vault_status_p) POPENSSPI_VAULT_STATUS status = NULL;
	DWORD error = OpensspiVaultStatus(&status);

	for (ULONG i = 0; error == ERROR_SUCCESS && i < status->KeyCount; i++)
		if (status->Keys[i].Kind == OPENSSPI_VAULT_KEY_FILE)
			error = remove_key(status->Keys[i].Number);
	return error;
}

static bool key_file_opens(void)
{
	CLEANUP(vault_status_p) POPENSSPI_VAULT_STATUS status = NULL;

	return OpensspiVaultStatus(&status) == ERROR_SUCCESS &&
	       status->Flags & OPENSSPI_VAULT_KEY_FILE_OPENS;
}

/* A passphrase protects nothing while a file beside the vault opens it. */
static int settle_key_file(const struct command_line *line, const struct key_addition *a)
{
	bool drop = a->drop;

	if (!key_file_opens())
		return EXIT_DONE;
	if (!a->drop && !a->keep &&
	    !prompt_yes("The key file still opens the vault, for whoever reads your files.\n"
			"Drop it, so that the passphrase alone opens it?",
			&drop))
		drop = false;
	if (!drop) {
		fprintf(stderr,
			"sspi %s: the key file still opens the vault, for whoever reads your "
			"files;\n  'sspi vault key remove' takes it away\n",
			line->command);
		return EXIT_DONE;
	}
	int code = win32_finish(line->command, "dropping the key file", drop_key_file());
	if (code == EXIT_DONE)
		fprintf(stderr,
			"The passphrase alone opens the vault now. Who has a copy of the key "
			"file and of the\nvault still reads it: 'sspi vault rekey' changes "
			"the key.\n");
	return code;
}

static int add_passphrase(const struct command_line *line, const struct key_addition *a)
{
	struct password CLEANUP(password_done) passphrase = { "" };
	LONGLONG number = 0;
	DWORD error;

	if (!password_read(&passphrase, a->fd, "New passphrase of the vault", true))
		return EXIT_USAGE;
	if (!passphrase.text[0])
		return options_wrong(line, "an empty passphrase protects nothing");
	vault_say("Deriving a key from the passphrase ...");
	do {
		error = OpensspiVaultAddPassphrase(passphrase.text, a->label, &number);
	} while (win32_unlocked(error));
	if (error != ERROR_SUCCESS)
		return win32_finish(line->command, "adding the passphrase", error);
	printf("key %lld added: a passphrase\n", (long long)number);
	fflush(stdout);
	return settle_key_file(line, a);
}

static int add_key_file(const struct command_line *line, const struct key_addition *a)
{
	LONGLONG number = 0;
	DWORD error;

	do {
		error = OpensspiVaultAddKeyFile(a->label, &number);
	} while (win32_unlocked(error));
	if (error != ERROR_SUCCESS)
		return win32_finish(line->command, "adding a key file", error);
	printf("key %lld added: a key file, which opens the vault for whoever reads your files\n",
	       (long long)number);
	return EXIT_DONE;
}

static int add_run(int argc, char **argv)
{
	struct key_addition a = { .fd = -1 };
	const struct option_row rows[] = {
		{ "--passphrase", OPTION_FLAG, &a.passphrase, NULL, "a passphrase" },
		{ "--key-file", OPTION_FLAG, &a.key_file, NULL, "a key file in your home" },
		{ "--label", OPTION_TEXT, &a.label, "TEXT", "what to call it; at most 63 bytes" },
		{ "--passphrase-fd", OPTION_NUMBER, &a.fd, "N",
		  "read the new passphrase, one line, from descriptor N" },
		{ "--drop-key-file", OPTION_FLAG, &a.drop, NULL,
		  "the key file opens the vault no longer" },
		{ "--keep-key-file", OPTION_FLAG, &a.keep, NULL, "it goes on opening the vault" },
		{ NULL },
	};
	struct command_line line = { .command = "vault key add",
				     .operands = "",
				     .rows = rows,
				     .summary = "Adds a way to open the vault." };

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (a.passphrase == a.key_file)
		return options_wrong(&line, "either --passphrase or --key-file is needed");
	if (a.drop && a.keep)
		return options_wrong(&line,
				     "--drop-key-file and --keep-key-file exclude each other");
	if (a.key_file && (a.drop || a.keep || a.fd >= 0))
		return options_wrong(&line,
				     "--passphrase-fd, --drop-key-file and --keep-key-file go "
				     "with --passphrase");
	if (a.label && strlen(a.label) > 63)
		return options_wrong(&line, "a label has at most 63 bytes");
	return a.passphrase ? add_passphrase(&line, &a) : add_key_file(&line, &a);
}

static int remove_run(int argc, char **argv)
{
	const struct option_row rows[] = { { NULL } };
	struct command_line line = {
		.command = "vault key remove",
		.operands = "NUMBER",
		.rows = rows,
		.least = 1,
		.most = 1,
		.summary = "Takes away a way to open the vault; 'sspi vault status' "
			   "numbers them."
	};
	char *end;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	long long number = strtoll(line.given[0], &end, 10);
	if (!line.given[0][0] || *end || number < 0)
		return options_wrong(&line, "a key's number is needed, not '%s'", line.given[0]);
	DWORD error = remove_key(number);
	if (error == ERROR_INVALID_PARAMETER) {
		fprintf(stderr,
			"sspi vault key remove: it is the last key; without it nothing would "
			"open the vault\n");
		return EXIT_REFUSED;
	}
	code = win32_finish(line.command, line.given[0], error);
	if (code == EXIT_DONE)
		fprintf(stderr,
			"Whoever copied that key and the vault still reads the copy, and what "
			"is saved from now on:\n'sspi vault rekey' changes the key.\n");
	return code;
}

static const struct command commands[] = {
	{ "add", "--passphrase|--key-file [--label TEXT]", "add a way to open the vault", add_run },
	{ "remove", "NUMBER", "take one away", remove_run },
	{ NULL },
};

int vault_key_run(int argc, char **argv)
{
	return commands_run("vault key", commands, argc, argv);
}

/* ---- rekey ---- */

struct passphrases {
	struct password item[PASSPHRASES_MAX];
	const char *text[PASSPHRASES_MAX];
	ULONG count;
};

static void passphrases_p(struct passphrases **p)
{
	for (ULONG i = 0; *p && i < PASSPHRASES_MAX; i++)
		password_done(&(*p)->item[i]);
	free(*p);
}

/* One for each passphrase that opens the vault, or the new vault would not know it. */
static bool ask_for_all(struct passphrases *p, const OPENSSPI_VAULT_STATUS *s, int fd)
{
	char question[128];

	for (ULONG i = 0; i < s->KeyCount; i++) {
		const OPENSSPI_VAULT_KEY *k = &s->Keys[i];
		if (k->Kind != OPENSSPI_VAULT_PASSPHRASE || p->count == PASSPHRASES_MAX)
			continue;
		snprintf(question, sizeof(question), "Passphrase of key %lld%s%s",
			 (long long)k->Number, k->Label[0] ? ", " : "", k->Label);
		if (!password_read(&p->item[p->count], fd, question, false))
			return false;
		p->text[p->count] = p->item[p->count].text;
		p->count++;
	}
	return true;
}

int vault_rekey_run(int argc, char **argv)
{
	int fd = -1;
	const struct option_row rows[] = {
		{ "--passphrase-fd", OPTION_NUMBER, &fd, "N",
		  "read the passphrases, a line each in the order of status, from descriptor N" },
		{ NULL },
	};
	struct command_line line = {
		.command = "vault rekey",
		.operands = "",
		.rows = rows,
		.summary = "Seals everything anew under a new key, so that copies of "
			   "the old keys open nothing new."
	};
	CLEANUP(vault_status_p) POPENSSPI_VAULT_STATUS status = NULL;
	CLEANUP(passphrases_p) struct passphrases *given = calloc(1, sizeof(*given));

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	DWORD error = given ? OpensspiVaultStatus(&status) : ERROR_NOT_ENOUGH_MEMORY;
	if (error != ERROR_SUCCESS)
		return win32_finish(line.command, "looking at the vault", error);
	if (!ask_for_all(given, status, fd))
		return EXIT_USAGE;
	if (status->Flags & OPENSSPI_VAULT_LOCKED && given->count)
		error = OpensspiVaultUnlock(given->text[0], 0);
	vault_say("Sealing everything anew ...");
	if (error == ERROR_SUCCESS)
		error = OpensspiVaultRekey(given->text, given->count);
	return win32_finish(line.command, "changing the key", error);
}
