/* cli/win32.h - Win32 errors of the Credential Manager and the vault, in words and as exit codes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_WIN32_H
#define OPENSSPI_CLI_WIN32_H

#include <stdio.h>

#include "cli/cli.h"

#define WIN32_VAULT_LOCKED 0x80310000u /* FVE_E_LOCKED_VOLUME */

/* Writes "NAME (NUMBER): meaning", of the vault's errors the sentence that names file or record, and what
 * to try; ends the line. */
void win32_write(FILE *out, DWORD error);

/* Says on stderr "sspi COMMAND: DOING: " and the above; EXIT_USAGE for what the caller gave wrongly,
 * EXIT_UNREACHABLE when lsad is not reached, else EXIT_REFUSED. EXIT_DONE for ERROR_SUCCESS, silently. */
int win32_finish(const char *command, const char *doing, DWORD error);

/* Why the last Cred function failed. */
DWORD win32_last(void);

/* From now on nobody is asked for a passphrase. */
void win32_ask_nobody(void);

/* Asks for the passphrase when `error` says that the vault is locked and there is a terminal, and opens it
 * for this process. True: what failed is worth another try. */
MUST_CHECK bool win32_unlocked(DWORD error);

#endif
