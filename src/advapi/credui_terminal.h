/* advapi/credui_terminal.h - questions at the controlling terminal, and what is typed there.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_CREDUI_TERMINAL_H
#define OPENSSPI_ADVAPI_CREDUI_TERMINAL_H

#include "base/base.h"
#include "base/secret.h"

struct terminal {
	int fd;
};

/* The process's controlling terminal; false when it has none. terminal_close fits CLEANUP. */
MUST_CHECK bool terminal_open(struct terminal *t);
void terminal_close(struct terminal *t);

/* Asks and reads one line of UTF-8, which is handed over without its end. The terminal is as it was when
 * this returns, when the process is stopped, and when it dies of a signal: signals that interrupt reach
 * the program's own handlers afterwards. One question at a time.
 * `echo` false: what is typed is not shown.
 * ERROR_SUCCESS; ERROR_CANCELLED: end of file, an interruption that the program outlived, or the terminal is
 * gone; ERROR_NO_UNICODE_TRANSLATION: the line is no UTF-8 or too long; ERROR_NOT_ENOUGH_MEMORY. */
MUST_CHECK uint32_t terminal_ask(struct terminal *t, const char *question, bool echo,
				 struct secret **line);

/* Shows a line; that it cannot be shown is nothing to act on. */
void terminal_say(struct terminal *t, const char *line);

#endif
