/* baselib/lasterror.c - GetLastError and SetLastError: one number per thread.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <windows.h>

static _Thread_local DWORD last;

DWORD WINAPI GetLastError(void)
{
	return last;
}

VOID WINAPI SetLastError(DWORD number)
{
	last = number;
}
