/* tests/unit/test_base.c - base: secrets, slots, blocks, places, text, clock.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/block.h"
#include "base/clock.h"
#include "base/places.h"
#include "base/secret.h"
#include "base/slots.h"
#include "base/text.h"

static void s45_a_released_secret_leaves_nothing_behind(void **state)
{
	struct secret *s = secret_copy("hunter2 hunter2", 15);
	assert_non_null(s);
	const uint8_t *where = s->p;
	assert_memory_equal(s->p, "hunter2 hunter2", 15);
	secret_free(s);
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(where[i], 0);
}

static void secrets_of_every_size_are_apart(void **state)
{
	struct secret *all[200];
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		all[i] = secret_new(i * 97);
		assert_non_null(all[i]);
		assert_int_equal(all[i]->len, i * 97);
		memset(all[i]->p, (int)i, i * 97);
	}
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (size_t k = 0; k < all[i]->len; k++)
			assert_int_equal(all[i]->p[k], (uint8_t)i);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		secret_free(all[i]);
	assert_null(secret_new(SECRET_MAX + 1));
	secret_free(NULL);
}

static void s42_a_number_of_one_table_names_nothing_in_another(void **state)
{
	struct slots a, b;
	int object;

	slots_init(&a, 8);
	slots_init(&b, 8);
	uint64_t one = slots_add(&a, &object), two = slots_add(&b, &object);
	assert_true(one && two && one != two);
	assert_true(one >> 63 == 0 && two >> 63 == 0); /* free for whoever marks them */
	assert_null(slots_find(&a, two, NULL));
	assert_null(slots_remove(&b, one));
	slots_done(&a);
	slots_init(&a, 8); /* as after a restart */
	assert_true(slots_add(&a, &object) != one);
	assert_ptr_equal(slots_remove_any(&a), &object);
	assert_null(slots_remove_any(&a));
	slots_done(&a);
	slots_done(&b);
}

static void every_object_of_a_table_comes_out_once(void **state)
{
	static int object[300];
	struct slots t;

	slots_init(&t, 300);
	for (int i = 0; i < 300; i++)
		assert_true(slots_add(&t, &object[i]) != 0);
	for (int i = 0; i < 100; i++)
		assert_non_null(slots_remove_any(&t));
	for (int i = 0; i < 50; i++) /* into the room that became free */
		assert_true(slots_add(&t, &object[i]) != 0);
	for (int i = 0; i < 250; i++)
		assert_non_null(slots_remove_any(&t));
	assert_null(slots_remove_any(&t));
	assert_int_equal(slots_used(&t), 0);
	slots_done(&t);
}

static void secrets_compare_by_contents(void **state)
{
	CLEANUP(secret_free_p) struct secret *a = secret_copy("abc", 3), *b = secret_copy("abc", 3),
					     *c = secret_copy("abd", 3), *d = secret_copy("ab", 2);
	assert_true(secret_equal(a, b));
	assert_false(secret_equal(a, c));
	assert_false(secret_equal(a, d));
	assert_false(secret_equal(a, NULL));
	assert_true(secret_equal(NULL, NULL));
}

static void the_arena_works_in_a_forked_child(void **state)
{
	pid_t child = fork();
	if (child == 0) {
		struct secret *s = secret_new(10);
		_exit(s ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void s42_numbers_of_slots_are_never_reused_soon(void **state)
{
	struct slots t;
	int a, b;
	slots_init(&t, 100);
	assert_null(slots_find(&t, 0, NULL));
	uint64_t first = slots_add(&t, &a);
	assert_true(first != 0);
	assert_ptr_equal(slots_find(&t, first, NULL), &a);
	assert_ptr_equal(slots_remove(&t, first), &a);
	assert_null(slots_remove(&t, first));
	uint64_t second = slots_add(&t, &b);
	assert_true(second != first);
	assert_null(slots_find(&t, first, NULL));
	assert_null(slots_find(&t, second + 1, NULL));
	assert_null(slots_find(&t, UINT64_MAX, NULL));
	assert_ptr_equal(slots_remove_any(&t), &b);
	assert_null(slots_remove_any(&t));
	slots_done(&t);
}

static void a_full_table_says_so(void **state)
{
	struct slots t;
	int object;
	slots_init(&t, 20);
	for (int i = 0; i < 20; i++)
		assert_true(slots_add(&t, &object) != 0);
	assert_true(slots_add(&t, &object) == 0);
	assert_int_equal(slots_used(&t), 20);
	slots_done(&t);
}

static void blocks_know_their_size(void **state)
{
	void *p = block_dup("12345", 5);
	assert_int_equal(block_size(p), 5);
	assert_memory_equal(p, "12345", 5);
	block_free(p);
	block_free(NULL);
	assert_null(block_alloc(SIZE_MAX));
}

static void opensspi_home_moves_every_place(void **state)
{
	setenv("OPENSSPI_HOME", "/somewhere", 1);
	const char *want[] = { "/somewhere/etc/f", "/somewhere/data/f", "/somewhere/state/f", "/somewhere/run/f",
			       "/somewhere/etc/f", "/somewhere/state/f" };
	for (int i = PLACE_USER_CONFIG; i <= PLACE_SYSTEM_STATE; i++) {
		CLEANUP(mem_free_p) char *path = place_path((enum place)i, "f");
		assert_string_equal(path, want[i]);
	}
	unsetenv("OPENSSPI_HOME");
	setenv("XDG_DATA_HOME", "relative", 1);
	setenv("HOME", "/home/x", 1);
	CLEANUP(mem_free_p) char *path = place_path(PLACE_USER_DATA, "accounts");
	assert_string_equal(path, "/home/x/.local/share/opensspi/accounts");
	setenv("XDG_DATA_HOME", "/data", 1);
	CLEANUP(mem_free_p) char *moved = place_path(PLACE_USER_DATA, "accounts");
	assert_string_equal(moved, "/data/opensspi/accounts");
}

static void text_escapes_what_would_disturb_a_terminal(void **state)
{
	struct text t = { 0 };
	const WCHAR nasty[] = { 'a', 0x1B, 0xD800, 0x9B, 0xE4, 0xD83D, 0xDD11 };
	text_add_utf16(&t, nasty, ARRAY_LEN(nasty));
	text_add(&t, "|%d|", 42);
	text_add_hex(&t, "\x01\xFF", 2);
	CLEANUP(mem_free_p) char *out = text_finish(&t);
	assert_string_equal(out, "a\\u001b\\ud800\\u009b\xC3\xA4\xF0\x9F\x94\x91|42|01ff");
}

static void windows_time_counts_from_1601(void **state)
{
	assert_true(clock_from_unix(0) == INT64_C(116444736000000000));
	assert_true(clock_to_local(CLOCK_NEVER) == CLOCK_NEVER);
	setenv("TZ", "XXX-2", 1);
	tzset();
	assert_true(clock_to_local(clock_from_unix(1000)) - clock_from_unix(1000) == INT64_C(72000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s45_a_released_secret_leaves_nothing_behind),
		cmocka_unit_test(secrets_of_every_size_are_apart),
		cmocka_unit_test(s42_a_number_of_one_table_names_nothing_in_another),
		cmocka_unit_test(every_object_of_a_table_comes_out_once),
		cmocka_unit_test(secrets_compare_by_contents),
		cmocka_unit_test(the_arena_works_in_a_forked_child),
		cmocka_unit_test(s42_numbers_of_slots_are_never_reused_soon),
		cmocka_unit_test(a_full_table_says_so),
		cmocka_unit_test(blocks_know_their_size),
		cmocka_unit_test(opensspi_home_moves_every_place),
		cmocka_unit_test(text_escapes_what_would_disturb_a_terminal),
		cmocka_unit_test(windows_time_counts_from_1601),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
