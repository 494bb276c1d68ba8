/* base/block.h - heap blocks that remember their size, so that whoever frees them wipes them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One heap stands behind FreeContextBuffer, AllocateLsaHeap and FreeLsaHeap, and the user-mode
 * halves' AllocateHeap and FreeHeap. */
#ifndef OPENSSPI_BASE_BLOCK_H
#define OPENSSPI_BASE_BLOCK_H

#include "base/compiler.h"

/* `n` zeroed bytes aligned for anything; NULL when memory is short. */
MUST_CHECK void *block_alloc(size_t n);

/* A block with a copy of `n` bytes. */
MUST_CHECK void *block_dup(const void *from, size_t n);

/* The size asked for. */
size_t block_size(const void *block);

/* Wipes and releases; NULL is fine. A pointer that is not a block's start ends the process: its
 * caller's heap is damaged already. */
void block_free(void *block);

/* What stands before a block, for an address that somebody else names: are these bytes, copied from before
 * it, a live block's? */
#define BLOCK_HEAD_LEN 16
MUST_CHECK bool block_is_head(const uint8_t before[BLOCK_HEAD_LEN], uint64_t address);

static inline UNUSED void block_free_p(void *p)
{
	void **slot = p;
	block_free(*slot);
}

#endif
