/* base/loop.c - see base/loop.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "base/forks.h"
#include "base/loop.h"
#include "base/secret.h"

/* The place of a mark is its number's remainder. */
static struct {
	pthread_mutex_t lock;
	uint64_t count; /* of all that were ever left */
	uint8_t mark[LOOP_MARKS][LOOP_MARK_LEN];
} loop = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void hold(void *object)
{
	pthread_mutex_lock(&loop.lock);
}

static void release(void *object)
{
	pthread_mutex_unlock(&loop.lock);
}

bool loop_begin(uint64_t *since)
{
	static const struct fork_lock guard = { hold, release, release };

	if (!forks_guard(&guard, &loop))
		return false;
	pthread_mutex_lock(&loop.lock);
	*since = loop.count;
	pthread_mutex_unlock(&loop.lock);
	return true;
}

void loop_note(const uint8_t mark[LOOP_MARK_LEN])
{
	pthread_mutex_lock(&loop.lock);
	memcpy(loop.mark[loop.count++ % LOOP_MARKS], mark, LOOP_MARK_LEN);
	pthread_mutex_unlock(&loop.lock);
}

void loop_note_unknown(void)
{
	pthread_mutex_lock(&loop.lock);
	loop.count += LOOP_MARKS + 1;
	pthread_mutex_unlock(&loop.lock);
}

bool loop_has(const uint8_t mark[LOOP_MARK_LEN], uint64_t since)
{
	pthread_mutex_lock(&loop.lock);
	bool found = loop.count < since || loop.count - since > LOOP_MARKS;
	for (uint64_t i = since; !found && i < loop.count; i++)
		found = bytes_equal(loop.mark[i % LOOP_MARKS], mark, LOOP_MARK_LEN);
	pthread_mutex_unlock(&loop.lock);
	return found;
}
