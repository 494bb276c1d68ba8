/* tests/unit/test_targets.c - what is known of targets, and a fork in the middle of it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "credman/targets.h"

#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), sizeof(s) - 1 })

/* Another thread that is inside for a time. */
struct inside {
	struct target_cache *cache;
	int ready;
};

static void *stay_inside(void *with)
{
	const struct inside *in = with;

	pthread_mutex_lock(&in->cache->lock);
	(void)!write(in->ready, "!", 1);
	usleep(200000);
	pthread_mutex_unlock(&in->cache->lock);
	return NULL;
}

static void a_child_does_not_wait_for_a_thread_that_it_lacks(void **state)
{
	struct target_cache cache = { .clock = 0 };
	const struct target_view target = { .target = T("TERMSRV/host") };
	uint8_t *bytes;
	pthread_t thread;
	int ends[2], status;
	char there;
	size_t n;

	targets_init(&cache);
	assert_int_equal(targets_put(&cache, &target), STATUS_SUCCESS);
	assert_int_equal(pipe(ends), 0);
	struct inside in = { &cache, ends[1] };
	assert_int_equal(pthread_create(&thread, NULL, stay_inside, &in), 0);
	assert_int_equal(read(ends[0], &there, 1), 1);
	pid_t child = fork();
	if (child == 0) {
		alarm(5);
		_exit(targets_get(&cache, T("termsrv/HOST"), &bytes, &n) == STATUS_SUCCESS ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	pthread_join(thread, NULL);
	assert_int_equal(targets_get(&cache, T("TERMSRV/host"), &bytes, &n), STATUS_SUCCESS);
	mem_free(bytes);
	targets_done(&cache);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_does_not_wait_for_a_thread_that_it_lacks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
