/* cli/trace.h - prints tokens as readable trees on stderr; what is sealed stays sealed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_TRACE_H
#define OPENSSPI_CLI_TRACE_H

#include "cli/cli.h"

/* Has the library write its own trace to stderr too: the tokens inside TLS and where failures
 * begin. Counts only before the library's first call. */
void trace_begin(void);

/* One token and the way it went. Safe from any thread. */
void trace_token(const char *direction, const void *p, size_t n);

#endif
