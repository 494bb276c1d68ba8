/* base/fail.c - see base/fail.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/trace.h"

/* The part of a source path below src/, which is all a reader needs. */
static const char *short_path(const char *file)
{
	const char *below = strstr(file, "src/");
	return below ? below + 4 : file;
}

NTSTATUS fail_at(NTSTATUS status, const char *file, int line, const char *doing)
{
	if (trace_is_on())
		trace_line("fail 0x%08x %s:%d %s", (unsigned)status, short_path(file), line, doing);
	return status;
}
