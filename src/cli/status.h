/* cli/status.h - statuses, TLS alerts and context flags in words, and the exit code of a status.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_STATUS_H
#define OPENSSPI_CLI_STATUS_H

#include "cli/cli.h"

/* What a failing status means for the caller of the tool: refused, policy, usage or protocol. */
enum exit_code status_exit(SECURITY_STATUS status);

/* "handshake failure" for TLS alert 40; "unknown alert" for numbers nobody assigned. */
const char *alert_name(int alert);

/* The name of bit `index` (0, 1, ...) of what a client's or a server's context got; NULL when no
 * name is left. *bit receives the bit itself. */
const char *flag_name(bool accepting, size_t index, ULONG *bit);

#define REASON_MAX 512

/* What this thread's last failing call had to say beyond its status, in a sentence; "" when nothing. */
void status_reason(char out[REASON_MAX]);

/* Says on stderr "sspi COMMAND: DOING: NAME (0x...): meaning", what the call had to say beyond it, and what to
 * try. */
void status_print(const char *command, const char *doing, SECURITY_STATUS status);

/* The same with such a sentence, or "". */
void status_print_why(const char *command, const char *doing, SECURITY_STATUS status,
		      const char *why);

#endif
