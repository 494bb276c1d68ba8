/* base/alloc.h - heap memory, zeroed, with overflow-checked sizes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_ALLOC_H
#define OPENSSPI_BASE_ALLOC_H

#include "base/compiler.h"

/* `n` zeroed bytes, NULL when there are none to be had; never NULL for n == 0 alone. The caller
 * releases them with mem_free. */
MUST_CHECK void *mem_alloc(size_t n);

/* `count` zeroed elements of `size` bytes; NULL too when the product overflows. */
MUST_CHECK void *mem_array(size_t count, size_t size);

/* A copy of `n` bytes; NULL when memory is short. */
MUST_CHECK void *mem_dup(const void *from, size_t n);

/* A copy of a NUL-terminated string; NULL when memory is short. */
MUST_CHECK char *mem_dup_text(const char *from);

/* Releases what the functions above gave; NULL is fine. */
void mem_free(void *p);

/* Wipes `n` bytes so that the compiler cannot leave it out, then releases them; NULL is fine. */
void mem_free_wiped(void *p, size_t n);

/* Wipes `n` bytes in place; the compiler cannot leave it out. */
void mem_wipe(void *p, size_t n);

static inline UNUSED void mem_free_p(void *p)
{
	void **slot = p;
	mem_free(*slot);
}

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))

#endif
