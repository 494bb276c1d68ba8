/* baselib/memory.c - LocalAlloc, HeapAlloc and their kin over the C heap.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * This library stands alone: a program may have its base functions from elsewhere and leave it out. */
#include <windows.h>

#include <malloc.h>
#include <stdlib.h>

#include "baselib/error.h"

/* Any address that nothing else has: there is one heap. */
static char the_heap;

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T n)
{
	if (flags & ~(UINT)LPTR)
		return error_null(ERROR_INVALID_PARAMETER);
	HLOCAL block = calloc(1, n ? n : 1);
	return block ? block : error_null(ERROR_NOT_ENOUGH_MEMORY);
}

HLOCAL WINAPI LocalFree(HLOCAL block)
{
	free(block);
	return NULL;
}

HANDLE WINAPI GetProcessHeap(void)
{
	return &the_heap;
}

LPVOID WINAPI HeapAlloc(HANDLE heap, DWORD flags, SIZE_T n)
{
	(void)flags;
	if (heap != &the_heap)
		return error_null(ERROR_INVALID_HANDLE);
	LPVOID block = calloc(1, n ? n : 1);
	return block ? block : error_null(ERROR_NOT_ENOUGH_MEMORY);
}

LPVOID WINAPI HeapReAlloc(HANDLE heap, DWORD flags, LPVOID block, SIZE_T n)
{
	if (heap != &the_heap || !block)
		return error_null(heap != &the_heap ? ERROR_INVALID_HANDLE
						    : ERROR_INVALID_PARAMETER);
	size_t had = malloc_usable_size(block);
	LPVOID now = realloc(block, n ? n : 1);
	if (!now)
		return error_null(ERROR_NOT_ENOUGH_MEMORY);
	if (flags & HEAP_ZERO_MEMORY && n > had)
		memset((char *)now + had, 0, n - had);
	return now;
}

BOOL WINAPI HeapFree(HANDLE heap, DWORD flags, LPVOID block)
{
	(void)flags;
	if (heap != &the_heap)
		return error_set(ERROR_INVALID_HANDLE);
	free(block);
	return TRUE;
}

SIZE_T WINAPI HeapSize(HANDLE heap, DWORD flags, LPCVOID block)
{
	(void)flags;
	if (heap != &the_heap || !block) {
		error_set(heap != &the_heap ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
		return (SIZE_T)-1;
	}
	return malloc_usable_size((void *)(uintptr_t)block);
}
