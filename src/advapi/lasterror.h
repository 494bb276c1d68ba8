/* advapi/lasterror.h - the one place where an NTSTATUS becomes a Win32 error, and where it is left.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_LASTERROR_H
#define OPENSSPI_ADVAPI_LASTERROR_H

#include "base/base.h"

/* The Win32 number of a status: a row of the table, SEC_ and HRESULT-like codes as they are, 0 for
 * successes, ERROR_MR_MID_NOT_FOUND for what has none. */
MUST_CHECK uint32_t win32_error(NTSTATUS status);

/* Leaves the number for OpensspiGetLastError, and for the process's own GetLastError where there is
 * one; returns FALSE, which is what the caller returns. */
BOOL last_error(uint32_t number);

#endif
