/* base/alloc.c - see base/alloc.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdlib.h>

void *mem_alloc(size_t n)
{
	return calloc(1, n ? n : 1);
}

void *mem_array(size_t count, size_t size)
{
	return calloc(count ? count : 1, size ? size : 1);
}

void *mem_dup(const void *from, size_t n)
{
	void *copy = mem_alloc(n);
	if (copy && n)
		memcpy(copy, from, n);
	return copy;
}

char *mem_dup_text(const char *from)
{
	return mem_dup(from, strlen(from) + 1);
}

void mem_free(void *p)
{
	free(p);
}

void mem_wipe(void *p, size_t n)
{
	if (p && n)
		explicit_bzero(p, n);
}

void mem_free_wiped(void *p, size_t n)
{
	mem_wipe(p, n);
	free(p);
}
