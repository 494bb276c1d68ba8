/* base/block.c - see base/block.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdlib.h>

#include "base/block.h"

#define BLOCK_LIVE UINT64_C(0x4F53425F4C495645)

struct block {
	uint64_t mark; /* BLOCK_LIVE xor the block's own address */
	size_t size;
	max_align_t bytes[];
};

void *block_alloc(size_t n)
{
	if (n > SIZE_MAX / 2)
		return NULL;
	struct block *b = mem_alloc(sizeof(*b) + n);
	if (!b)
		return NULL;
	b->mark = BLOCK_LIVE ^ (uintptr_t)b;
	b->size = n;
	return b->bytes;
}

void *block_dup(const void *from, size_t n)
{
	void *block = block_alloc(n);
	if (block && n)
		memcpy(block, from, n);
	return block;
}

static struct block *block_of(const void *bytes)
{
	struct block *b = (struct block *)((uintptr_t)bytes - offsetof(struct block, bytes));
	if (b->mark != (BLOCK_LIVE ^ (uintptr_t)b))
		abort();
	return b;
}

size_t block_size(const void *block)
{
	return block ? block_of(block)->size : 0;
}

_Static_assert(offsetof(struct block, bytes) == BLOCK_HEAD_LEN, "nothing else before a block");

bool block_is_head(const uint8_t before[BLOCK_HEAD_LEN], uint64_t address)
{
	uint64_t mark;

	memcpy(&mark, before, sizeof(mark));
	return mark == (BLOCK_LIVE ^ (address - BLOCK_HEAD_LEN));
}

void block_free(void *block)
{
	if (!block)
		return;
	struct block *b = block_of(block);
	b->mark = 0;
	mem_free_wiped(b, sizeof(*b) + b->size);
}
