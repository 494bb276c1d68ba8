/* cli/vault.h - what the commands of sspi vault share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_VAULT_H
#define OPENSSPI_CLI_VAULT_H

#include "cli/options.h"

/* CLEANUP form for a status. */
void vault_status_p(POPENSSPI_VAULT_STATUS *status);

/* "key file", "passphrase", "another way". */
const char *vault_key_kind(ULONG kind);

/* Work that takes a while says so, to whoever looks on. */
void vault_say(const char *what);

/* sspi vault move. */
int vault_move_run(int argc, char **argv);

/* sspi vault key ... and rekey. */
int vault_key_run(int argc, char **argv);
int vault_rekey_run(int argc, char **argv);

#endif
