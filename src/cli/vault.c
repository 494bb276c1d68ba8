/* cli/vault.c - sspi vault: the file in which the credentials are, its state, check and lock.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cred.h"
#include "cli/prompt.h"
#include "cli/win32.h"

#define UNLOCK_SECONDS 3600

void vault_status_p(POPENSSPI_VAULT_STATUS *status)
{
	FreeContextBuffer(*status);
}

static void lsa_status_p(POPENSSPI_LSA_STATUS *status)
{
	FreeContextBuffer(*status);
}

const char *vault_key_kind(ULONG kind)
{
	return kind == OPENSSPI_VAULT_KEY_FILE	   ? "key file"
	       : kind == OPENSSPI_VAULT_PASSPHRASE ? "passphrase"
	       : kind == OPENSSPI_VAULT_AWAY	   ? "moved to lsad"
						   : "another way";
}

void vault_say(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s\n", what);
}

/* ---- status ---- */

static void print_keys(const OPENSSPI_VAULT_STATUS *s)
{
	char when[32];

	for (ULONG i = 0; i < s->KeyCount; i++) {
		const OPENSSPI_VAULT_KEY *k = &s->Keys[i];
		cred_time(k->Created, when);
		printf("key %-8lld %s, since %s", (long long)k->Number, vault_key_kind(k->Kind),
		       when);
		if (k->Label[0] && strcmp(k->Label, vault_key_kind(k->Kind)) != 0) {
			printf(", ");
			text_print(stdout, k->Label);
		}
		putchar('\n');
	}
}

static bool has_key_file(const OPENSSPI_VAULT_STATUS *s)
{
	for (ULONG i = 0; i < s->KeyCount; i++)
		if (s->Keys[i].Kind == OPENSSPI_VAULT_KEY_FILE)
			return true;
	return false;
}

/* Whether lsad keeps it, in its own files. */
static bool is_lsads(void)
{
	CLEANUP(lsa_status_p) POPENSSPI_LSA_STATUS lsa = NULL;

	return OpensspiLsaStatus(&lsa) == SEC_E_OK && lsa->Flags & OPENSSPI_LSA_SOCKET;
}

static void print_plain_words(const OPENSSPI_VAULT_STATUS *s)
{
	if (s->Flags & OPENSSPI_VAULT_KEY_FILE_OPENS)
		printf("\nA key file opens this vault: whoever can read %s files, a backup of them "
		       "included,\nopens it too. 'sspi vault key add --passphrase' changes that.\n",
		       is_lsads() ? "lsad's" : "your");
	else if (s->KeyCount)
		printf("\n%sOnly a passphrase opens this vault.\n",
		       has_key_file(s) ? "Its key file is gone, or not its own. " : "");
	if (s->Flags & OPENSSPI_VAULT_ON_NETWORK)
		puts("The vault is on a network file system; it waits for other machines' writers.");
	if (s->Flags & OPENSSPI_VAULT_READ_ONLY)
		puts("It can be read but not written.");
}

/* When it was moved to lsad; "" for one that was not. */
static const char *moved_on(const OPENSSPI_VAULT_STATUS *s, char when[32])
{
	when[0] = '\0';
	for (ULONG i = 0; i < s->KeyCount; i++)
		if (s->Keys[i].Kind == OPENSSPI_VAULT_AWAY)
			cred_time(s->Keys[i].Created, when);
	return when;
}

static void moved_text(const OPENSSPI_VAULT_STATUS *s)
{
	char when[32];

	printf("vault        ");
	text_print(stdout, s->Path ? s->Path : "");
	printf("\nstate        moved to lsad on %s\n\n", moved_on(s, when));
	puts("Nothing is left in it. Programs find the credentials with OPENSSPI_LSA=socket:PATH, or "
	     "with [lsa]\nsocket in opensspi.conf.");
}

static void status_text(const OPENSSPI_VAULT_STATUS *s)
{
	const char *state = s->Flags & OPENSSPI_VAULT_LOCKED	   ? "locked"
			    : s->Flags & OPENSSPI_VAULT_IN_KEYRING ? "open for a time"
								   : "open";

	printf("vault        ");
	text_print(stdout, s->Path ? s->Path : "");
	printf("\nstate        %s\nformat       %u\n", state, (unsigned)s->Format);
	if (s->Journal && s->Journal[0])
		printf("journal      %s\n", s->Journal);
	printf("records      %lld\nchanges      %llu\n", (long long)s->Records,
	       (unsigned long long)s->Changes);
	if (!(s->Flags & OPENSSPI_VAULT_LOCKED))
		printf("writes       %llu under the present key\n",
		       (unsigned long long)s->WritesUnderKey);
	if (s->Flags & OPENSSPI_VAULT_KEY_FILE_OPENS && s->KeyFile) {
		printf("key file     ");
		text_print(stdout, s->KeyFile);
		putchar('\n');
	}
	printf("memory       %s\n",
	       s->Flags & OPENSSPI_VAULT_MEMORY_LOCKED
		       ? "secrets are kept out of the swap"
		       : "secrets may reach the swap: the limit of locked memory is "
			 "too low");
	print_keys(s);
	print_plain_words(s);
}

static void json_keys(struct json *j, const OPENSSPI_VAULT_STATUS *s)
{
	char when[32];

	json_open(j, "keys", '[');
	for (ULONG i = 0; i < s->KeyCount; i++) {
		const OPENSSPI_VAULT_KEY *k = &s->Keys[i];
		cred_time(k->Created, when);
		json_open(j, NULL, '{');
		json_number(j, "number", k->Number);
		json_text(j, "kind", vault_key_kind(k->Kind));
		json_text(j, "label", k->Label);
		json_text(j, "created", when);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void status_json(const OPENSSPI_VAULT_STATUS *s)
{
	struct json j = { .out = stdout };
	char identity[2 * sizeof(s->Identity) + 1], when[32];

	for (size_t i = 0; i < sizeof(s->Identity); i++)
		snprintf(identity + 2 * i, 3, "%02x", s->Identity[i]);
	json_open(&j, NULL, '{');
	json_text(&j, "path", s->Path);
	json_text(&j, "key_file", s->KeyFile);
	json_text(&j, "identity", identity);
	json_number(&j, "format", s->Format);
	json_text(&j, "journal", s->Journal);
	json_bool(&j, "locked", s->Flags & OPENSSPI_VAULT_LOCKED);
	json_bool(&j, "read_only", s->Flags & OPENSSPI_VAULT_READ_ONLY);
	json_bool(&j, "on_network", s->Flags & OPENSSPI_VAULT_ON_NETWORK);
	json_bool(&j, "key_file_opens", s->Flags & OPENSSPI_VAULT_KEY_FILE_OPENS);
	json_bool(&j, "in_keyring", s->Flags & OPENSSPI_VAULT_IN_KEYRING);
	json_bool(&j, "memory_locked", s->Flags & OPENSSPI_VAULT_MEMORY_LOCKED);
	json_bool(&j, "moved", s->Flags & OPENSSPI_VAULT_MOVED);
	if (s->Flags & OPENSSPI_VAULT_MOVED)
		json_text(&j, "moved_on", moved_on(s, when));
	json_number(&j, "records", s->Records);
	json_number(&j, "changes", (long long)s->Changes);
	json_number(&j, "writes_under_key", (long long)s->WritesUnderKey);
	json_keys(&j, s);
	json_close(&j, '}');
	putchar('\n');
}

static int status_run(int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON object" },
		{ NULL },
	};
	struct command_line line = {
		.command = "vault status",
		.operands = "",
		.rows = rows,
		.summary = "Says where the vault is, what opens it and what is in "
			   "it."
	};
	CLEANUP(vault_status_p) POPENSSPI_VAULT_STATUS status = NULL;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	DWORD error = OpensspiVaultStatus(&status);
	if (error == ERROR_FILE_NOT_FOUND) {
		if (as_json)
			puts("null");
		fprintf(stderr,
			"sspi vault status: there is no vault yet: the first credential that "
			"is saved makes it\n");
		return EXIT_REFUSED;
	}
	if (error != ERROR_SUCCESS)
		return win32_finish(line.command, "looking at the vault", error);
	bool moved = status->Flags & OPENSSPI_VAULT_MOVED;
	(as_json ? status_json : moved ? moved_text : status_text)(status);
	return EXIT_DONE;
}

/* ---- unlock, lock ---- */

/* A passphrase that nothing asks for proves nothing. */
static bool has_passphrase(void)
{
	CLEANUP(vault_status_p) POPENSSPI_VAULT_STATUS status = NULL;

	if (OpensspiVaultStatus(&status) != ERROR_SUCCESS)
		return true; /* unlocking says why */
	for (ULONG i = 0; i < status->KeyCount; i++)
		if (status->Keys[i].Kind != OPENSSPI_VAULT_KEY_FILE)
			return true;
	return false;
}

static int unlock_run(int argc, char **argv)
{
	int seconds = UNLOCK_SECONDS, fd = -1;
	const struct option_row rows[] = {
		{ "--seconds", OPTION_NUMBER, &seconds, "N", "for so long; 3600 by default" },
		{ "--passphrase-fd", OPTION_NUMBER, &fd, "N",
		  "read the passphrase, one line, from descriptor N" },
		{ NULL },
	};
	struct command_line line = { .command = "vault unlock",
				     .operands = "",
				     .rows = rows,
				     .summary = "Opens the vault for your programs, for a time." };
	struct password CLEANUP(password_done) passphrase = { "" };

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (seconds == 0)
		return options_wrong(&line, "--seconds has to be 1 at least");
	if (!has_passphrase()) {
		fprintf(stderr,
			"sspi vault unlock: the vault has no passphrase: its key file opens it\n");
		return EXIT_REFUSED;
	}
	if (!password_read(&passphrase, fd, "Passphrase of the vault", false))
		return EXIT_USAGE;
	vault_say("Deriving the key ...");
	DWORD error = OpensspiVaultUnlock(passphrase.text, (ULONG)seconds);
	if (error == ERROR_NOT_SUPPORTED) {
		fprintf(stderr,
			"sspi vault unlock: the passphrase is right, but the kernel keeps no "
			"keys here, so each program\n  has to be given it\n");
		return EXIT_REFUSED;
	}
	return win32_finish(line.command, "opening the vault", error);
}

static int lock_run(int argc, char **argv)
{
	const struct option_row rows[] = { { NULL } };
	struct command_line line = {
		.command = "vault lock",
		.operands = "",
		.rows = rows,
		.summary = "Forgets the key that 'sspi vault unlock' left with the "
			   "kernel."
	};
	CLEANUP(vault_status_p) POPENSSPI_VAULT_STATUS status = NULL;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	DWORD error = OpensspiVaultLock();
	if (error == ERROR_NOT_SUPPORTED) {
		fprintf(stderr,
			"sspi vault lock: only its key file opens the vault, so no lock keeps it "
			"shut; 'sspi vault key\n  add --passphrase' changes that\n");
		return EXIT_REFUSED;
	}
	if (error == ERROR_SUCCESS && OpensspiVaultStatus(&status) == ERROR_SUCCESS &&
	    status->Flags & OPENSSPI_VAULT_KEY_FILE_OPENS)
		fprintf(stderr,
			"sspi vault lock: its key file still opens the vault, see 'sspi vault "
			"status'\n");
	return win32_finish(line.command, "locking the vault", error);
}

/* ---- check, accept ---- */

struct findings {
	struct json *j; /* NULL: text */
};

static VOID CALLBACK each_finding(void *argument, const char *sentence)
{
	const struct findings *f = argument;

	if (f->j) {
		json_text(f->j, NULL, sentence);
		return;
	}
	text_print(stdout, sentence);
	putchar('\n');
}

static void check_json(struct json *j, const OPENSSPI_VAULT_REPORT *r)
{
	json_number(j, "records", (long long)r->Records);
	json_number(j, "altered", (long long)r->Altered);
	json_number(j, "missing", (long long)r->Missing);
	json_bool(j, "file_damaged", r->FileDamaged);
	json_bool(j, "sum_differs", r->SumDiffers);
}

static int check_run(int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON object" },
		{ NULL },
	};
	struct command_line line = {
		.command = "vault check",
		.operands = "",
		.rows = rows,
		.summary = "Reads and checks all of the vault, and changes nothing."
	};
	struct json j = { .out = stdout };
	struct findings findings = { .j = NULL };
	OPENSSPI_VAULT_REPORT report = { 0 };
	DWORD error;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (as_json) {
		findings.j = &j;
		json_open(&j, NULL, '{');
		json_open(&j, "findings", '[');
	}
	vault_say("Reading the vault ...");
	do {
		error = OpensspiVaultCheck(each_finding, &findings, &report);
	} while (win32_unlocked(error));
	if (as_json) {
		json_close(&j, ']');
		check_json(&j, &report);
		json_bool(&j, "whole", error == ERROR_SUCCESS);
		json_close(&j, '}');
		putchar('\n');
	}
	if (error == ERROR_SUCCESS && !as_json)
		printf("%llu record%s, all as written\n", (unsigned long long)report.Records,
		       report.Records == 1 ? "" : "s");
	if (error == ERROR_CRC || error == ERROR_FILE_CORRUPT)
		fprintf(stderr, "  'sspi vault accept' goes on with the records that are whole\n");
	return win32_finish(line.command, "checking the vault", error);
}

static int accept_run(int argc, char **argv)
{
	bool delete_altered = false;
	const struct option_row rows[] = {
		{ "--delete-altered", OPTION_FLAG, &delete_altered, NULL,
		  "delete the credentials that are not as they were written" },
		{ NULL },
	};
	struct command_line line = {
		.command = "vault accept",
		.operands = "",
		.rows = rows,
		.summary = "Takes what 'sspi vault check' finds for all there is, "
			   "after a restored backup."
	};
	DWORD error;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	do {
		error = OpensspiVaultAccept(delete_altered);
	} while (win32_unlocked(error));
	return win32_finish(line.command, "accepting the vault as it is", error);
}

static const struct command commands[] = {
	{ "status", "[--json]", "where the vault is and what opens it", status_run },
	{ "unlock", "[--seconds N]", "open it by its passphrase for a time", unlock_run },
	{ "lock", "", "forget the key", lock_run },
	{ "key", "add|remove ...", "ways to open it", vault_key_run },
	{ "rekey", "", "seal everything anew under a new key", vault_rekey_run },
	{ "check", "[--json]", "read and check all of it", check_run },
	{ "accept", "[--delete-altered]", "go on with what is whole", accept_run },
	{ "move", "[--merge]", "take it to lsad", vault_move_run },
	{ NULL },
};

int vault_run(int argc, char **argv)
{
	return commands_run("vault", commands, argc, argv);
}
