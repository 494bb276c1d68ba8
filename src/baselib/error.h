/* baselib/error.h - leaving the reason of a failure behind, in one line.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASELIB_ERROR_H
#define OPENSSPI_BASELIB_ERROR_H

#include <windows.h>

#include "base/compiler.h"

/* Sets the thread's last error; always 0, which is FALSE and "no characters" too. */
static inline UNUSED int error_set(DWORD number)
{
	SetLastError(number);
	return 0;
}

/* The same where a pointer is answered. */
static inline UNUSED void *error_null(DWORD number)
{
	SetLastError(number);
	return NULL;
}

#endif
