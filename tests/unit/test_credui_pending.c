/* tests/unit/test_credui_pending.c - credentials that wait for their confirmation.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>

#include "advapi/credui.h"

#define MOST 5
#define THREADS 4
#define ROUNDS 500

static void queue_up(const WCHAR *target)
{
	struct credui_pending *p = MEM_NEW(struct credui_pending);

	assert_non_null(p);
	p->asked = mem_dup(target, (utf16_len(target) + 1) * sizeof(WCHAR));
	p->password = secret_copy("secret", 6);
	assert_non_null(p->asked);
	credui_pending_add_take(p);
}

static DWORD forget(const WCHAR *target)
{
	return CredUIConfirmCredentialsW(target, FALSE);
}

static void five_wait_and_the_oldest_gives_way_to_a_sixth(void **state)
{
	static const WCHAR *const target[MOST + 1] = { u"a", u"b", u"c", u"d", u"e", u"f" };
	(void)state;
	for (size_t i = 0; i <= MOST; i++)
		queue_up(target[i]);
	assert_int_equal(forget(target[0]), ERROR_NOT_FOUND);
	for (size_t i = 1; i <= MOST; i++) {
		assert_int_equal(forget(target[i]), ERROR_SUCCESS);
		assert_int_equal(forget(target[i]), ERROR_NOT_FOUND);
	}
}

static void a_second_one_of_a_target_replaces_the_first(void **state)
{
	static const WCHAR *const other[MOST - 1] = { u"b", u"c", u"d", u"e" };
	(void)state;
	queue_up(u"Target");
	for (size_t i = 0; i < MOST - 1; i++)
		queue_up(other[i]);
	queue_up(u"TARGET"); /* takes nobody else's place, and is the youngest now */
	queue_up(u"f");
	assert_int_equal(forget(u"b"), ERROR_NOT_FOUND);
	assert_int_equal(forget(u"target"), ERROR_SUCCESS);
	assert_int_equal(forget(u"target"), ERROR_NOT_FOUND);
	for (size_t i = 1; i < MOST - 1; i++)
		assert_int_equal(forget(other[i]), ERROR_SUCCESS);
	assert_int_equal(forget(u"f"), ERROR_SUCCESS);
}

static void *add_and_forget(void *name)
{
	const WCHAR target[] = { *(const WCHAR *)name, 0 };

	for (int i = 0; i < ROUNDS; i++) {
		queue_up(target);
		if (forget(target) != ERROR_SUCCESS)
			return name;
	}
	return NULL;
}

static void threads_find_what_they_queued(void **state)
{
	static WCHAR name[THREADS] = { 'w', 'x', 'y', 'z' };
	pthread_t thread[THREADS];
	void *bad;
	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, add_and_forget, &name[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &bad), 0);
		assert_null(bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_wait_and_the_oldest_gives_way_to_a_sixth),
		cmocka_unit_test(a_second_one_of_a_target_replaces_the_first),
		cmocka_unit_test(threads_find_what_they_queued),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
