/* cli/prompt.h - passwords: from the terminal without echo, or from a descriptor; never an
 * argument. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_PROMPT_H
#define OPENSSPI_CLI_PROMPT_H

#include "cli/cli.h"

#define PASSWORD_MAX 3840 /* 1280 characters: as much as a credential holds */

/* Wiped by password_done; kept out of swap where the system allows it. */
struct password {
	char text[PASSWORD_MAX + 1];
};

/* Reads the first line of descriptor `fd` when it is 0 or more, else asks at the terminal with
 * `question`, twice when `again`. False after saying why on stderr. */
MUST_CHECK bool password_read(struct password *out, int fd, const char *question, bool again);
void password_done(struct password *p);

/* Asks at the terminal, y or n. False without a terminal. */
MUST_CHECK bool prompt_yes(const char *question, bool *yes);

/* Is there a terminal to ask at? */
bool prompt_possible(void);

#endif
