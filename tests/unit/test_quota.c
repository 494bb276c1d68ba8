/* tests/unit/test_quota.c - what each user may hold of lsad, and whose turn it is.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "lsad/quota.h"

static const struct quota_limits limits = {
	.connections = 3, .running = 2, .staying = 1, .handles = 5, .bytes = 100
};

static void each_user_has_connections_of_his_own(void **state)
{
	struct quotas *all = quotas_new(&limits);
	struct quota *one[3];

	for (int i = 0; i < 3; i++) {
		one[i] = quota_connect(all, 1000);
		assert_non_null(one[i]);
		assert_ptr_equal(one[i], one[0]);
	}
	assert_null(quota_connect(all, 1000));
	struct quota *other = quota_connect(all, 1001);
	assert_non_null(other);
	assert_ptr_not_equal(other, one[0]);
	quota_disconnect(one[0]);
	assert_non_null(quota_connect(all, 1000));
	for (int i = 0; i < 3; i++)
		quota_disconnect(one[i]);
	quota_disconnect(other);
	quotas_free(all);
}

static void workers_stay_with_few_and_with_none_while_calls_wait(void **state)
{
	struct quotas *all = quotas_new(&limits);
	struct quota *one = quota_connect(all, 1), *two = quota_connect(all, 2);
	struct quota_turn turn[3];

	assert_true(quota_stay(one));
	assert_false(quota_stay(one));
	assert_true(quota_stay(two));
	quota_leave(one);
	assert_true(quota_stay(one));
	quota_leave(one);
	for (int i = 0; i < 3; i++)
		assert_int_equal(quota_begin(one, &turn[i]), i < 2);
	assert_false(quota_stay(one));
	assert_ptr_equal(quota_end(one), &turn[2]);
	assert_true(quota_stay(one));
	quota_leave(one);
	quota_leave(two);
	quota_disconnect(one);
	quota_disconnect(two);
	quotas_free(all);
}

static void bytes_are_counted_per_user(void **state)
{
	struct quotas *all = quotas_new(&limits);
	struct quota *one = quota_connect(all, 1), *two = quota_connect(all, 2);

	assert_true(quota_take(one, 60));
	assert_false(quota_take(one, 41));
	assert_false(quota_take(one, SIZE_MAX));
	assert_true(quota_take(one, 40));
	assert_true(quota_take(one, 0));
	assert_false(quota_take(one, 1));
	assert_true(quota_take(two, 100));
	quota_give(one, 100);
	assert_true(quota_take(one, 100));
	quota_give(one, 100);
	quota_give(two, 100);
	quota_disconnect(one);
	quota_disconnect(two);
	quotas_free(all);
}

static void calls_beyond_the_share_wait_in_order(void **state)
{
	struct quotas *all = quotas_new(&limits);
	struct quota *one = quota_connect(all, 1), *two = quota_connect(all, 2);
	struct quota_turn turn[6];

	assert_true(quota_begin(one, &turn[0]));
	assert_true(quota_begin(one, &turn[1]));
	for (int i = 2; i < 5; i++)
		assert_false(quota_begin(one, &turn[i]));
	assert_true(quota_begin(two, &turn[5])); /* another's do not wait for them */
	assert_null(quota_end(two));
	assert_ptr_equal(quota_end(one), &turn[2]);
	assert_ptr_equal(quota_end(one), &turn[3]);
	assert_false(quota_begin(one, &turn[2])); /* it goes behind */
	assert_ptr_equal(quota_end(one), &turn[4]);
	assert_ptr_equal(quota_end(one), &turn[2]);
	assert_null(quota_end(one));
	assert_null(quota_end(one));
	assert_true(quota_begin(one, &turn[0]));
	assert_null(quota_end(one));
	quota_disconnect(one);
	quota_disconnect(two);
	quotas_free(all);
}

static void handles_are_counted_over_all_connections(void **state)
{
	struct quotas *all = quotas_new(&limits);
	struct quota *quota = quota_connect(all, 1);

	assert_true(quota_has_handles(quota));
	quota_count_handles(quota, 0, 3);
	quota_count_handles(quota, 0, 2);
	assert_false(quota_has_handles(quota));
	quota_count_handles(quota, 3, 2);
	assert_true(quota_has_handles(quota));
	quota_count_handles(quota, 2, 0);
	quota_count_handles(quota, 2, 0);
	quota_disconnect(quota);
	quotas_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_user_has_connections_of_his_own),
		cmocka_unit_test(workers_stay_with_few_and_with_none_while_calls_wait),
		cmocka_unit_test(bytes_are_counted_per_user),
		cmocka_unit_test(calls_beyond_the_share_wait_in_order),
		cmocka_unit_test(handles_are_counted_over_all_connections),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
