/* base/secret.c - see base/secret.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The arena is a list of 64 KiB chunks. Each chunk serves one size class (a power of two) from a
 * free list, so that a secret costs no system call; a secret larger than the largest class has a
 * chunk of its own. The struct itself sits in front of its bytes. */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/forks.h"
#include "base/secret.h"

#define CHUNK_SIZE (64u * 1024)
#define CLASS_MIN_SHIFT 6
#define CLASS_COUNT 8 /* 64 bytes to 8 KiB */

struct cell {
	struct secret secret; /* first: a secret's address is its cell's */
	struct cell *next;    /* while on a free list */
	uint32_t class;	      /* CLASS_COUNT: a chunk of its own */
	uint32_t mapped;      /* bytes mapped when it has a chunk of its own */
};

static struct arena {
	pthread_mutex_t lock;
	struct cell *free[CLASS_COUNT];
	atomic_bool not_locked;
} arena = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void arena_hold(void *object)
{
	(void)object;
	pthread_mutex_lock(&arena.lock);
}

static void arena_release(void *object)
{
	(void)object;
	pthread_mutex_unlock(&arena.lock);
}

/* A fork while another thread holds the lock would leave the child without secrets. */
static void arena_guard_forks(void)
{
	static const struct fork_lock lock = { arena_hold, arena_release, arena_release };

	if (!forks_guard(&lock, &arena))
		abort(); /* the first of the few that are guarded */
}

static void *chunk_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (madvise(p, size, MADV_DONTDUMP) != 0) {
		munmap(p, size);
		return NULL;
	}
	if (mlock(p, size) != 0)
		arena.not_locked = true;
	return p;
}

static size_t class_size(uint32_t class)
{
	return (size_t)1 << (CLASS_MIN_SHIFT + class);
}

static uint32_t class_of(size_t total)
{
	uint32_t class = 0;
	while (class < CLASS_COUNT && class_size(class) < total)
		class ++;
	return class;
}

/* Called with the lock held. */
static bool class_refill(uint32_t class)
{
	uint8_t *chunk = chunk_map(CHUNK_SIZE);
	if (!chunk)
		return false;
	for (size_t at = 0; at + class_size(class) <= CHUNK_SIZE; at += class_size(class)) {
		struct cell *cell = (struct cell *)(void *)(chunk + at);
		cell->class = class;
		cell->next = arena.free[class];
		arena.free[class] = cell;
	}
	return true;
}

static struct cell *cell_from_class(uint32_t class)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, arena_guard_forks);
	pthread_mutex_lock(&arena.lock);
	if (!arena.free[class] && !class_refill(class)) {
		pthread_mutex_unlock(&arena.lock);
		return NULL;
	}
	struct cell *cell = arena.free[class];
	arena.free[class] = cell->next;
	pthread_mutex_unlock(&arena.lock);
	cell->next = NULL;
	return cell;
}

static struct cell *cell_of_its_own(size_t total)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t mapped = (total + page - 1) / page * page;
	struct cell *cell = chunk_map(mapped);
	if (!cell)
		return NULL;
	cell->class = CLASS_COUNT;
	cell->mapped = (uint32_t)mapped;
	return cell;
}

struct secret *secret_new(size_t len)
{
	if (len > SECRET_MAX)
		return NULL;
	size_t total = sizeof(struct cell) + len;
	uint32_t class = class_of(total);
	struct cell *cell = class < CLASS_COUNT ? cell_from_class(class) : cell_of_its_own(total);
	if (!cell)
		return NULL;
	cell->secret.len = len;
	cell->secret.p = (uint8_t *)(cell + 1);
	return &cell->secret;
}

struct secret *secret_copy(const void *from, size_t len)
{
	struct secret *s = secret_new(len);
	if (s && len)
		memcpy(s->p, from, len);
	return s;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	struct cell *cell = (struct cell *)(void *)s;
	mem_wipe(s->p, s->len);
	s->len = 0;
	if (cell->class == CLASS_COUNT) {
		munmap(cell, cell->mapped);
		return;
	}
	pthread_mutex_lock(&arena.lock);
	cell->next = arena.free[cell->class];
	arena.free[cell->class] = cell;
	pthread_mutex_unlock(&arena.lock);
}

bool bytes_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= (uint8_t)(x[i] ^ y[i]);
	return difference == 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	if (!a || !b)
		return a == b;
	return a->len == b->len && bytes_equal(a->p, b->p, a->len);
}

bool secret_memory_is_locked(void)
{
	return !arena.not_locked;
}
