/* base/keymap.c - see base/keymap.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Linear probing; removal moves later entries back, so there are no tombstones and a shard that is
 * filled and emptied for ever never grows. */
#include "base/base.h"

#include "base/forks.h"
#include "base/keymap.h"

#define FIRST_ROOM 16

/* Keys are pointers or counters: spreads their few changing bits over all 64. */
static uint64_t mixed(uint64_t key)
{
	key ^= key >> 33;
	key *= UINT64_C(0xFF51AFD7ED558CCD);
	key ^= key >> 33;
	return key;
}

static struct keymap_shard *shard_of(struct keymap *m, uint64_t key)
{
	return &m->shard[mixed(key) >> 60];
}

static uint32_t home_of(const struct keymap_shard *s, uint64_t key)
{
	return (uint32_t)mixed(key) & (s->room - 1);
}

void keymap_init(struct keymap *m)
{
	*m = (struct keymap){ 0 };
	for (size_t i = 0; i < KEYMAP_SHARDS; i++)
		pthread_rwlock_init(&m->shard[i].lock, NULL);
}

/* Readers do no harm: what counts is that nobody is writing. */
static void keymap_hold(void *map)
{
	struct keymap *m = map;
	for (size_t i = 0; i < KEYMAP_SHARDS; i++)
		pthread_rwlock_rdlock(&m->shard[i].lock);
}

static void keymap_release(void *map)
{
	struct keymap *m = map;
	for (size_t i = 0; i < KEYMAP_SHARDS; i++)
		pthread_rwlock_unlock(&m->shard[i].lock);
}

/* The locks count readers that the child does not have. */
static void keymap_renew(void *map)
{
	struct keymap *m = map;
	for (size_t i = 0; i < KEYMAP_SHARDS; i++)
		pthread_rwlock_init(&m->shard[i].lock, NULL);
}

bool keymap_guard_forks(struct keymap *m)
{
	static const struct fork_lock lock = { keymap_hold, keymap_release, keymap_renew };
	return forks_guard(&lock, m);
}

void keymap_done(struct keymap *m)
{
	forks_forget(m);
	for (size_t i = 0; i < KEYMAP_SHARDS; i++) {
		mem_free(m->shard[i].entry);
		pthread_rwlock_destroy(&m->shard[i].lock);
	}
	*m = (struct keymap){ 0 };
}

/* The entry of that key, or the free one where it would go. */
static struct keymap_entry *entry_at(const struct keymap_shard *s, uint64_t key)
{
	uint32_t at = home_of(s, key);
	while (s->entry[at].object && s->entry[at].key != key)
		at = (at + 1) & (s->room - 1);
	return &s->entry[at];
}

static bool shard_has_room(struct keymap_shard *s)
{
	if (s->used < s->room / 4 * 3)
		return true;
	struct keymap_shard grown = { .room = s->room ? s->room * 2 : FIRST_ROOM };
	grown.entry = mem_array(grown.room, sizeof(*grown.entry));
	if (!grown.entry)
		return false;
	for (uint32_t i = 0; i < s->room; i++)
		if (s->entry[i].object)
			*entry_at(&grown, s->entry[i].key) = s->entry[i];
	mem_free(s->entry);
	s->entry = grown.entry;
	s->room = grown.room;
	return true;
}

bool keymap_add(struct keymap *m, uint64_t key, void *object)
{
	struct keymap_shard *s = shard_of(m, key);
	bool added = false;

	pthread_rwlock_wrlock(&s->lock);
	if (object && shard_has_room(s)) {
		struct keymap_entry *e = entry_at(s, key);
		added = !e->object;
		if (added) {
			*e = (struct keymap_entry){ .key = key, .object = object };
			s->used++;
		}
	}
	pthread_rwlock_unlock(&s->lock);
	return added;
}

void *keymap_find(struct keymap *m, uint64_t key, keymap_visit *visit)
{
	struct keymap_shard *s = shard_of(m, key);

	pthread_rwlock_rdlock(&s->lock);
	void *object = s->room ? entry_at(s, key)->object : NULL;
	if (object && visit)
		visit(object);
	pthread_rwlock_unlock(&s->lock);
	return object;
}

/* Empties an entry and moves those behind it that were only there because it was taken. */
static void *entry_clear(struct keymap_shard *s, struct keymap_entry *e)
{
	void *object = e->object;
	uint32_t mask = s->room - 1, gap = (uint32_t)(e - s->entry);

	for (uint32_t at = (gap + 1) & mask; s->entry[at].object; at = (at + 1) & mask) {
		uint32_t home = home_of(s, s->entry[at].key);
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		s->entry[gap] = s->entry[at];
		gap = at;
	}
	s->entry[gap] = (struct keymap_entry){ 0 };
	s->used--;
	return object;
}

void *keymap_remove(struct keymap *m, uint64_t key)
{
	struct keymap_shard *s = shard_of(m, key);
	void *object = NULL;

	pthread_rwlock_wrlock(&s->lock);
	struct keymap_entry *e = s->room ? entry_at(s, key) : NULL;
	if (e && e->object)
		object = entry_clear(s, e);
	pthread_rwlock_unlock(&s->lock);
	return object;
}

static void *shard_remove_any(struct keymap_shard *s)
{
	void *object = NULL;

	pthread_rwlock_wrlock(&s->lock);
	for (uint32_t i = 0; i < s->room && !object; i++)
		if (s->entry[i].object)
			object = entry_clear(s, &s->entry[i]);
	pthread_rwlock_unlock(&s->lock);
	return object;
}

void *keymap_remove_any(struct keymap *m)
{
	void *object = NULL;
	for (size_t i = 0; i < KEYMAP_SHARDS && !object; i++)
		object = shard_remove_any(&m->shard[i]);
	return object;
}

uint32_t keymap_used(struct keymap *m)
{
	uint32_t used = 0;
	for (size_t i = 0; i < KEYMAP_SHARDS; i++) {
		pthread_rwlock_rdlock(&m->shard[i].lock);
		used += m->shard[i].used;
		pthread_rwlock_unlock(&m->shard[i].lock);
	}
	return used;
}
