/* tests/unit/test_loop.c - base/loop.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "base/loop.h"

static const uint8_t one[LOOP_MARK_LEN] = { 1 }, two[LOOP_MARK_LEN] = { 2 },
		     none[LOOP_MARK_LEN] = { 3 };

static void a_mark_is_found_by_who_began_before_it(void **state)
{
	uint64_t before, after;

	assert_true(loop_begin(&before));
	loop_note(one);
	assert_true(loop_begin(&after));
	loop_note(two);
	assert_true(loop_has(one, before));
	assert_true(loop_has(two, before));
	assert_false(loop_has(one, after));
	assert_true(loop_has(two, after));
	assert_false(loop_has(none, before));
}

static void what_was_forgotten_counts_as_found(void **state)
{
	uint64_t since;

	assert_true(loop_begin(&since));
	loop_note(one);
	for (unsigned i = 1; i < LOOP_MARKS; i++)
		loop_note(two);
	assert_true(loop_has(one, since));
	assert_false(loop_has(none, since));
	loop_note(two);
	assert_true(loop_has(none, since));
	assert_true(loop_begin(&since));
	assert_false(loop_has(two, since));
	loop_note_unknown();
	assert_true(loop_has(none, since));
	assert_true(loop_begin(&since));
	assert_false(loop_has(none, since));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_found_by_who_began_before_it),
		cmocka_unit_test(what_was_forgotten_counts_as_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
