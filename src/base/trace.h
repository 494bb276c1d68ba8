/* base/trace.h - OPENSSPI_TRACE: one line per event to a file or descriptor, never a secret.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * OPENSSPI_TRACE=fd:N or a file's path (created 0600, appended). Off under AT_SECURE. */
#ifndef OPENSSPI_BASE_TRACE_H
#define OPENSSPI_BASE_TRACE_H

#include "base/compiler.h"

bool trace_is_on(void);

/* Writes one line with time, pid and thread. Nothing happens when the trace is off. */
void trace_line(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
