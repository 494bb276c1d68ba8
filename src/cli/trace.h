/* cli/trace.h - prints tokens as readable trees on stderr; what is sealed stays sealed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_TRACE_H
#define OPENSSPI_CLI_TRACE_H

#include "cli/cli.h"

/* One token and the way it went. Safe from any thread. */
void trace_token(const char *direction, const void *p, size_t n);

#endif
