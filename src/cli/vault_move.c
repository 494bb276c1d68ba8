/* cli/vault_move.c - sspi vault move: the user's own vault goes to lsad.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/prompt.h"
#include "cli/vault.h"
#include "cli/win32.h"

static void write_reason(void)
{
	char *text = NULL;

	if (OpensspiLastReason(&text) != SEC_E_OK || !text)
		return;
	if (text[0]) {
		fputs("\n  ", stderr);
		text_print(stderr, text);
	}
	FreeContextBuffer(text);
}

/* The sentence of the vault that moves; win32_write would ask for the one of lsad's. */
static int refused(DWORD error)
{
	const char *name, *meaning, *advice;

	OpensspiDescribeStatus((LONG)error, &name, &meaning, &advice);
	fprintf(stderr,
		error < 0x10000 ? "sspi vault move: %s (%u): %s"
				: "sspi vault move: %s (0x%08X): %s",
		name, (unsigned)error, meaning);
	write_reason();
	if (error == ERROR_ALREADY_EXISTS)
		fputs("\n  lsad has credentials of yours already: --merge keeps the later one of two "
		      "of one name",
		      stderr);
	if (error == ERROR_CRC || error == ERROR_FILE_CORRUPT)
		fputs("\n  'sspi vault check' and 'accept' with OPENSSPI_LSA=embedded come first",
		      stderr);
	fputc('\n', stderr);
	return EXIT_REFUSED;
}

static int finish(DWORD error, ULONGLONG records)
{
	switch (error) {
	case ERROR_SUCCESS:
		fprintf(stderr, "%llu record%s moved to lsad\n", (unsigned long long)records,
			records == 1 ? "" : "s");
		return EXIT_DONE;
	case ERROR_FILE_OFFLINE:
		fprintf(stderr, "sspi vault move: it has been moved to lsad already\n");
		return EXIT_DONE;
	case ERROR_NOT_SUPPORTED:
		fprintf(stderr,
			"sspi vault move: this program does not ask lsad: OPENSSPI_LSA=socket:PATH or "
			"[lsa] socket in\n  opensspi.conf says where it is\n");
		return EXIT_REFUSED;
	case ERROR_FILE_NOT_FOUND:
		fprintf(stderr, "sspi vault move: there is no vault of your own to move\n");
		return EXIT_REFUSED;
	default:
		return refused(error);
	}
}

int vault_move_run(int argc, char **argv)
{
	bool merge = false;
	int fd = -1;
	const struct option_row rows[] = {
		{ "--merge", OPTION_FLAG, &merge, NULL,
		  "also where lsad has credentials: of two of one name the later one stays" },
		{ "--passphrase-fd", OPTION_NUMBER, &fd, "N",
		  "read the vault's passphrase, one line, from descriptor N" },
		{ NULL },
	};
	struct command_line line = { .command = "vault move",
				     .operands = "",
				     .rows = rows,
				     .summary =
					     "Takes the vault in your files to lsad, which keeps "
					     "its passwords from programs." };
	struct password CLEANUP(password_done) passphrase = { "" };
	ULONG flags;
	ULONGLONG records = 0;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	flags = merge ? OPENSSPI_VAULT_MERGE : 0;
	bool given = fd >= 0;
	if (given && !password_read(&passphrase, fd, "Passphrase of the vault", false))
		return EXIT_USAGE;
	vault_say("Moving the vault ...");
	DWORD error = OpensspiVaultMove(given ? passphrase.text : NULL, flags, &records);
	if (error == WIN32_VAULT_LOCKED && !given && prompt_possible()) {
		if (!password_read(&passphrase, -1, "Passphrase of the vault", false))
			return EXIT_USAGE;
		error = OpensspiVaultMove(passphrase.text, flags, &records);
	}
	return finish(error, records);
}
