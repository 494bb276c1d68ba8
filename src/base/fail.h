/* base/fail.h - where a failure begins, and how a status is told good from bad.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_FAIL_H
#define OPENSSPI_BASE_FAIL_H

#include <windef.h>

#include "base/compiler.h"

/* True for error statuses: NTSTATUS errors and SEC_E_ alike are negative. */
static inline bool failed(NTSTATUS status)
{
	return status < 0;
}

/* Notes file, line and words of a failure's origin in the trace (if one is on) and returns the
 * status. The words name what was being done, never data. */
NTSTATUS fail_at(NTSTATUS status, const char *file, int line, const char *doing);

#undef fail /* a test framework's, in tests */
#define fail(status, doing) fail_at((NTSTATUS)(status), __FILE__, __LINE__, (doing))

#endif
