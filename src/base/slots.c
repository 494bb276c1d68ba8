/* base/slots.c - see base/slots.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * number = generation << 32 | slot + 1. Generations lie between 1 and 2^31 - 1. */
#include "base/base.h"

#include "base/forks.h"
#include "base/random.h"
#include "base/slots.h"

#define NO_SLOT UINT32_MAX
#define GENERATION_MAX 0x7FFFFFFFu

void slots_init(struct slots *t, uint32_t limit)
{
	uint32_t begin;

	*t = (struct slots){ .limit = limit, .first_free = NO_SLOT, .begin = 1 };
	if (!failed(random_bytes(&begin, sizeof(begin))))
		t->begin = begin % GENERATION_MAX + 1;
	pthread_mutex_init(&t->lock, NULL);
}

static void slots_hold(void *table)
{
	pthread_mutex_lock(&((struct slots *)table)->lock);
}

static void slots_release(void *table)
{
	pthread_mutex_unlock(&((struct slots *)table)->lock);
}

bool slots_guard_forks(struct slots *t)
{
	static const struct fork_lock lock = { slots_hold, slots_release, slots_release };
	return forks_guard(&lock, t);
}

void slots_done(struct slots *t)
{
	forks_forget(t);
	mem_free(t->slot);
	pthread_mutex_destroy(&t->lock);
	*t = (struct slots){ .first_free = NO_SLOT };
}

static bool slots_grow(struct slots *t)
{
	uint32_t count = t->count ? t->count * 2 : 16;
	if (count > t->limit)
		count = t->limit;
	if (count <= t->count)
		return false;
	struct slot *slot = mem_array(count, sizeof(*slot));
	if (!slot)
		return false;
	if (t->count)
		memcpy(slot, t->slot, t->count * sizeof(*slot));
	for (uint32_t i = count; i-- > t->count;) {
		slot[i] = (struct slot){ .generation = t->begin, .next_free = t->first_free };
		t->first_free = i;
	}
	mem_free(t->slot);
	t->slot = slot;
	t->count = count;
	return true;
}

uint64_t slots_add(struct slots *t, void *object)
{
	uint64_t number = 0;

	pthread_mutex_lock(&t->lock);
	if (object && (t->first_free != NO_SLOT || slots_grow(t))) {
		uint32_t i = t->first_free;
		t->first_free = t->slot[i].next_free;
		t->slot[i].object = object;
		if (i < t->clear)
			t->clear = i;
		t->used++;
		number = (uint64_t)t->slot[i].generation << 32 | (i + 1);
	}
	pthread_mutex_unlock(&t->lock);
	return number;
}

/* Called with the lock held. */
static struct slot *slot_of(struct slots *t, uint64_t number)
{
	uint32_t at = (uint32_t)number;
	if (at == 0 || at > t->count)
		return NULL;
	struct slot *slot = &t->slot[at - 1];
	return slot->object && slot->generation == number >> 32 ? slot : NULL;
}

static void *slot_clear(struct slots *t, struct slot *slot)
{
	void *object = slot->object;
	slot->object = NULL;
	slot->generation = slot->generation == GENERATION_MAX ? 1 : slot->generation + 1;
	slot->next_free = t->first_free;
	t->first_free = (uint32_t)(slot - t->slot);
	t->used--;
	return object;
}

void *slots_find(struct slots *t, uint64_t number, slots_visit *visit)
{
	pthread_mutex_lock(&t->lock);
	struct slot *slot = slot_of(t, number);
	void *object = slot ? slot->object : NULL;
	if (object && visit)
		visit(object);
	pthread_mutex_unlock(&t->lock);
	return object;
}

void *slots_remove(struct slots *t, uint64_t number)
{
	pthread_mutex_lock(&t->lock);
	struct slot *slot = slot_of(t, number);
	void *object = slot ? slot_clear(t, slot) : NULL;
	pthread_mutex_unlock(&t->lock);
	return object;
}

void *slots_remove_any(struct slots *t)
{
	void *object = NULL;

	pthread_mutex_lock(&t->lock);
	for (; t->clear < t->count && !object; t->clear++)
		if (t->slot[t->clear].object)
			object = slot_clear(t, &t->slot[t->clear]);
	pthread_mutex_unlock(&t->lock);
	return object;
}

uint32_t slots_used(struct slots *t)
{
	pthread_mutex_lock(&t->lock);
	uint32_t used = t->used;
	pthread_mutex_unlock(&t->lock);
	return used;
}
