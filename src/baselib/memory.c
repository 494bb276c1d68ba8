/* baselib/memory.c - LocalAlloc and LocalFree over the C heap, and CloseHandle.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * This library stands alone: a program may have its base functions from elsewhere and leave it out. */
#include <windows.h>

#include <stdlib.h>

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T n)
{
	HLOCAL block = NULL;

	if (flags & ~(UINT)LPTR) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	block = calloc(1, n ? n : 1);
	if (!block)
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
	return block;
}

HLOCAL WINAPI LocalFree(HLOCAL block)
{
	free(block);
	return NULL;
}

/* Nothing in this release hands out a handle that is closed here. */
BOOL WINAPI CloseHandle(HANDLE handle)
{
	(void)handle;
	SetLastError(ERROR_INVALID_HANDLE);
	return FALSE;
}
