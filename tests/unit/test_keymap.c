/* tests/unit/test_keymap.c - objects by numbers that others chose.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/keymap.h"
#include "base/secret.h"
#include "base/slots.h"

static void objects_are_found_by_their_key_until_removed(void **state)
{
	struct keymap m;
	int object[1000];

	keymap_init(&m);
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(keymap_add(&m, i * 64, &object[i]));
	assert_int_equal(keymap_used(&m), 1000);
	for (uint64_t i = 0; i < 1000; i += 2)
		assert_ptr_equal(keymap_remove(&m, i * 64), &object[i]);
	for (uint64_t i = 0; i < 1000; i++)
		assert_ptr_equal(keymap_find(&m, i * 64, NULL), i % 2 ? &object[i] : NULL);
	assert_int_equal(keymap_used(&m), 500);
	keymap_done(&m);
}

static void a_key_is_taken_only_once(void **state)
{
	struct keymap m;
	int a, b;

	keymap_init(&m);
	assert_true(keymap_add(&m, 0, &a));
	assert_false(keymap_add(&m, 0, &b));
	assert_false(keymap_add(&m, 1, NULL));
	assert_ptr_equal(keymap_find(&m, 0, NULL), &a);
	assert_null(keymap_remove(&m, 1));
	assert_ptr_equal(keymap_remove_any(&m), &a);
	assert_null(keymap_remove_any(&m));
	keymap_done(&m);
}

static void filling_and_emptying_for_long_does_not_grow_it(void **state)
{
	struct keymap m;
	int object;

	keymap_init(&m);
	for (uint64_t i = 0; i < 100000; i++) {
		assert_true(keymap_add(&m, i, &object));
		assert_ptr_equal(keymap_remove(&m, i), &object);
	}
	for (size_t i = 0; i < KEYMAP_SHARDS; i++)
		assert_in_range(m.shard[i].room, 0, 16);
	keymap_done(&m);
}

/* ---- threads ---- */

static struct keymap shared = KEYMAP_INIT;
static atomic_int visits;

static void count_visit(void *object)
{
	atomic_fetch_add(&visits, 1);
}

static void *work(void *argument)
{
	uint64_t base = (uint64_t)(uintptr_t)argument << 32;
	for (uint64_t i = 1; i <= 2000; i++) {
		if (!keymap_add(&shared, base + i, argument) ||
		    keymap_find(&shared, base + i, count_visit) != argument ||
		    (i % 3 && keymap_remove(&shared, base + i) != argument))
			return argument;
	}
	return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
	pthread_t thread[8];

	for (uintptr_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work, (void *)(i + 1)), 0);
	for (int i = 0; i < 8; i++) {
		void *failure;
		pthread_join(thread[i], &failure);
		assert_null(failure);
	}
	assert_int_equal(visits, 8 * 2000);
	assert_int_equal(keymap_used(&shared), 8 * (2000 / 3));
	while (keymap_remove_any(&shared))
		;
	assert_int_equal(keymap_used(&shared), 0);
	keymap_done(&shared);
}

/* ---- forks ---- */

static struct keymap held_map = KEYMAP_INIT;
static struct slots held_slots;
static atomic_bool enough;

static bool work_on_all(uint64_t key)
{
	int object;
	bool good = keymap_add(&held_map, key, &object) && keymap_find(&held_map, key, NULL) &&
		    keymap_remove(&held_map, key);
	uint64_t number = slots_add(&held_slots, &object);
	CLEANUP(secret_free_p) struct secret *s = secret_new(16);
	return good && s && slots_remove(&held_slots, number);
}

static void *keep_busy(void *key)
{
	while (!atomic_load(&enough))
		if (!work_on_all((uintptr_t)key))
			return key;
	return NULL;
}

/* Holds a lock of its own while it makes a secret, as the accounts do. */
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;

static void outer_hold(void)
{
	pthread_mutex_lock(&outer);
}

static void outer_release(void)
{
	pthread_mutex_unlock(&outer);
}

static void *keep_outer_busy(void *unused)
{
	while (!atomic_load(&enough)) {
		pthread_mutex_lock(&outer);
		secret_free(secret_new(16));
		pthread_mutex_unlock(&outer);
	}
	return unused;
}

static void a_fork_finds_guarded_tables_unlocked(void **state)
{
	pthread_t thread[3];
	void *failure;

	slots_init(&held_slots, 100);
	assert_true(keymap_guard_forks(&held_map) && slots_guard_forks(&held_slots));
	assert_true(keymap_guard_forks(&held_map) && slots_guard_forks(&held_slots));
	pthread_atfork(outer_hold, outer_release, outer_release);
	alarm(100);
	for (uintptr_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, keep_busy, (void *)(i + 1)), 0);
	assert_int_equal(pthread_create(&thread[2], NULL, keep_outer_busy, NULL), 0);
	for (int i = 0; i < 200; i++) {
		int status;
		pid_t child = fork();
		if (child == 0) {
			alarm(20);
			_exit(work_on_all(3) && work_on_all(1000) ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	atomic_store(&enough, true);
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], &failure);
		assert_null(failure);
	}
	alarm(0);
	slots_done(&held_slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_found_by_their_key_until_removed),
		cmocka_unit_test(a_key_is_taken_only_once),
		cmocka_unit_test(filling_and_emptying_for_long_does_not_grow_it),
		cmocka_unit_test(threads_do_not_disturb_each_other),
		cmocka_unit_test(a_fork_finds_guarded_tables_unlocked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
