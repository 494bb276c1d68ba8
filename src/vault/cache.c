/* vault/cache.c - sealed records as they were read last, good for as long as nobody has written.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * In WAL mode every commit of any process changes the head of the log's index, which lies in shared memory
 * that SQLite has mapped: while its 48 bytes (see SQLite's walformat page) are those of the last look, so
 * is the content, and no lock has to be taken to say so. A commit changes them before it returns. */
#include "base/base.h"

#include <stdatomic.h>

#include "vault/inner.h"

#define SLOTS_FIRST 1024u
#define SLOTS_MOST (1u << 18)
#define BYTES_MOST (64u << 20)
#define SHARED_REGION 32768 /* SQLite's WALINDEX_PGSZ */
#define INITIALISED_AT 12   /* a byte of the head: 1 once it counts */

struct kept {
	uint8_t id[VAULT_ID_LEN];
	int64_t row; /* 0: there is no such record */
	uint64_t version;
	uint8_t *body; /* mem_free; NULL also in a free slot, whose id is all zero */
	size_t n;
};

struct vault_cache {
	const volatile uint8_t *shared; /* SQLite's mapping */
	uint8_t head[CACHE_HEAD];	/* of which all that is kept was read */
	struct kept *slot;
	size_t slots, count, bytes;
};

static void empty(struct vault_cache *c)
{
	for (size_t i = 0; i < c->slots && c->count; i++) {
		mem_free(c->slot[i].body);
		c->slot[i] = (struct kept){ 0 };
	}
	c->count = c->bytes = 0;
}

void cache_drop(struct vault *v)
{
	struct vault_cache *c = TAKE(v->cache);

	if (!c)
		return;
	empty(c);
	mem_free(c->slot);
	mem_free(c);
}

/* Where SQLite has mapped the log's index; it stays there until the connection is closed. */
static const volatile uint8_t *shared_of(struct vault *v)
{
	sqlite3_file *file = NULL;
	volatile void *p = NULL;

	if (sqlite3_file_control(v->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    !file || !file->pMethods || file->pMethods->iVersion < 2 || !file->pMethods->xShmMap ||
	    file->pMethods->xShmMap(file, 0, SHARED_REGION, 0, &p) != SQLITE_OK)
		return NULL;
	return p;
}

static struct vault_cache *cache_of(struct vault *v)
{
	if (v->cache || !v->wal || v->flags & VAULT_READ_ONLY)
		return v->cache;
	CLEANUP(mem_free_p) struct vault_cache *c = MEM_NEW(struct vault_cache);
	if (!c)
		return NULL;
	c->shared = shared_of(v);
	c->slot = c->shared ? mem_array(SLOTS_FIRST, sizeof(*c->slot)) : NULL;
	if (!c->slot)
		return NULL;
	c->slots = SLOTS_FIRST;
	v->cache = TAKE(c);
	return v->cache;
}

bool cache_look(struct vault *v, uint8_t head[CACHE_HEAD])
{
	struct vault_cache *c = cache_of(v);

	if (!c)
		return false;
	for (size_t i = 0; i < CACHE_HEAD; i++)
		head[i] = c->shared[i];
	atomic_thread_fence(memory_order_acquire);
	return head[INITIALISED_AT] == 1;
}

static bool is_free(const struct kept *k)
{
	static const uint8_t none[VAULT_ID_LEN];
	return memcmp(k->id, none, sizeof(none)) == 0;
}

/* The slot of an id, which is one of eight, four at each of two places; else one of them that is free, else
 * the first. */
static struct kept *slot_of(const struct vault_cache *c, const uint8_t id[VAULT_ID_LEN])
{
	struct kept *first = NULL;

	for (size_t i = 0; i < 8; i++) {
		uint32_t at;
		memcpy(&at, id + 4 * (i / 4), sizeof(at));
		struct kept *k = &c->slot[(at + i % 4) & (c->slots - 1)];
		if (memcmp(k->id, id, VAULT_ID_LEN) == 0)
			return k;
		if (!first || (is_free(k) && !is_free(first)))
			first = k;
	}
	return first;
}

enum cache_answer cache_find(struct vault *v, const uint8_t head[CACHE_HEAD],
			     struct vault_record *r, struct rd *body)
{
	struct vault_cache *c = v->cache;

	if (!c || memcmp(c->head, head, CACHE_HEAD) != 0)
		return CACHE_UNKNOWN;
	const struct kept *k = slot_of(c, r->id);
	if (memcmp(k->id, r->id, VAULT_ID_LEN) != 0)
		return CACHE_UNKNOWN;
	r->row = k->row;
	r->version = k->version;
	*body = rd_of(k->body, k->n);
	return k->row ? CACHE_RECORD : CACHE_NO_RECORD;
}

static void put(struct vault_cache *c, const struct kept *what)
{
	struct kept *k = slot_of(c, what->id);

	c->count += is_free(k);
	c->bytes = c->bytes - k->n + what->n;
	mem_free(k->body);
	*k = *what;
}

/* Four times the slots once every second one is taken; what then finds no room is left out. */
static void grow(struct vault_cache *c)
{
	struct vault_cache wider = { .slots = 4 * c->slots };

	if (c->count < c->slots / 2 || c->slots >= SLOTS_MOST)
		return;
	wider.slot = mem_array(wider.slots, sizeof(*wider.slot));
	if (!wider.slot)
		return;
	for (size_t i = 0; i < c->slots; i++)
		if (!is_free(&c->slot[i]))
			put(&wider, &c->slot[i]);
	mem_free(c->slot);
	c->slot = wider.slot;
	c->slots = wider.slots;
	c->count = wider.count;
	c->bytes = wider.bytes;
}

void cache_keep(struct vault *v, const uint8_t head[CACHE_HEAD], const struct vault_record *r,
		struct rd body)
{
	struct vault_cache *c = v->cache;
	uint8_t now[CACHE_HEAD];

	/* Read while somebody wrote: of which state, nobody knows. */
	if (!c || !cache_look(v, now) || memcmp(now, head, CACHE_HEAD) != 0)
		return;
	if (memcmp(c->head, head, CACHE_HEAD) != 0 || c->bytes + body.n > BYTES_MOST)
		empty(c);
	memcpy(c->head, head, CACHE_HEAD);
	struct kept k = { .row = r->row, .version = r->version, .n = body.n };
	memcpy(k.id, r->id, VAULT_ID_LEN);
	k.body = body.n ? mem_alloc(body.n) : NULL;
	if (body.n && !k.body)
		return;
	if (body.n)
		memcpy(k.body, body.p, body.n);
	grow(c);
	put(c, &k);
}
