/* tests/unit/test_keeper.c - user-mode contexts: who holds them, and what becomes of packed ones.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/block.h"
#include "base/keeper.h"

struct thing {
	struct counted counted;
	uint8_t word;
};

static atomic_uint living;

static void thing_end(void *object)
{
	atomic_fetch_sub(&living, 1);
	mem_free(object);
}

static struct thing *thing_new(uint8_t word)
{
	struct thing *t = MEM_NEW(struct thing);

	assert_non_null(t);
	counted_init(&t->counted, thing_end);
	t->word = word;
	atomic_fetch_add(&living, 1);
	return t;
}

/* One byte is a thing; anything else is none. */
static NTSTATUS unpack(const uint8_t *bytes, size_t n, void **out)
{
	if (n != 1)
		return SEC_E_INVALID_TOKEN;
	*out = thing_new(*bytes);
	return STATUS_SUCCESS;
}

static NTSTATUS map(struct keeper *k, LSA_SEC_HANDLE handle, const char *text)
{
	ULONG n = (ULONG)strlen(text);
	SecBuffer packed = { n, SECBUFFER_TOKEN, block_dup(text, n) };

	NTSTATUS status = keeper_map(k, handle, &packed, unpack);
	assert_null(packed.pvBuffer);
	assert_int_equal(packed.cbBuffer, 0);
	assert_int_equal(packed.BufferType, SECBUFFER_TOKEN);
	return status;
}

static uint8_t word_of(struct keeper *k, LSA_SEC_HANDLE handle)
{
	CLEANUP(counted_unref_p) struct thing *t = keeper_find(k, handle);
	return t ? t->word : 0;
}

static void a_packed_context_is_released_whether_it_is_one_or_not(void **state)
{
	static struct keeper k = KEEPER_INIT;

	assert_int_equal(keeper_open(&k), STATUS_SUCCESS);
	assert_int_equal(map(&k, 7, "a"), STATUS_SUCCESS);
	assert_int_equal(map(&k, 8, "two"), SEC_E_INVALID_TOKEN);
	assert_int_equal(word_of(&k, 7), 'a');
	assert_int_equal(word_of(&k, 8), 0);
	assert_int_equal(keeper_delete(&k, 7), STATUS_SUCCESS);
	assert_int_equal(keeper_delete(&k, 7), SEC_E_INVALID_HANDLE);
	assert_int_equal(atomic_load(&living), 0);
	keymap_done(&k.contexts);
}

static void one_that_is_mapped_anew_is_another_and_a_bad_one_leaves_the_first(void **state)
{
	static struct keeper k = KEEPER_INIT;

	assert_int_equal(map(&k, 7, "a"), STATUS_SUCCESS);
	assert_int_equal(map(&k, 7, ""), SEC_E_INVALID_TOKEN);
	assert_int_equal(word_of(&k, 7), 'a');
	assert_int_equal(map(&k, 7, "b"), STATUS_SUCCESS);
	assert_int_equal(word_of(&k, 7), 'b');
	assert_int_equal(atomic_load(&living), 1);
	keeper_drop(&k, 7);
	keeper_drop(&k, 7);
	assert_int_equal(atomic_load(&living), 0);
	keymap_done(&k.contexts);
}

static void whoever_found_a_context_holds_it_after_its_end(void **state)
{
	static struct keeper k = KEEPER_INIT;

	assert_int_equal(map(&k, 7, "a"), STATUS_SUCCESS);
	struct thing *held = keeper_find(&k, 7);
	assert_non_null(held);
	assert_int_equal(keeper_delete(&k, 7), STATUS_SUCCESS);
	assert_null(keeper_find(&k, 7));
	assert_int_equal(held->word, 'a');
	assert_int_equal(atomic_load(&living), 1);
	counted_unref(held);
	assert_int_equal(atomic_load(&living), 0);
	keymap_done(&k.contexts);
}

static void imported_contexts_have_numbers_of_their_own(void **state)
{
	static struct keeper k = KEEPER_INIT;
	uint8_t word = 'i';
	const SecBuffer packed = { 1, SECBUFFER_TOKEN, &word },
			hollow = { 1, SECBUFFER_TOKEN, NULL };
	LSA_SEC_HANDLE first = 0, second = 0;

	assert_int_equal(keeper_import(&k, NULL, unpack, &first), SEC_E_INVALID_TOKEN);
	assert_int_equal(keeper_import(&k, &hollow, unpack, &first), SEC_E_INVALID_TOKEN);
	assert_int_equal(first, 0);
	assert_int_equal(keeper_import(&k, &packed, unpack, &first), SEC_E_OK);
	assert_int_equal(keeper_import(&k, &packed, unpack, &second), SEC_E_OK);
	assert_true(first != second && first >> 63 && second >> 63);
	assert_int_equal(word_of(&k, first), 'i');
	keeper_drop(&k, first);
	keeper_drop(&k, second);
	assert_int_equal(atomic_load(&living), 0);
	keymap_done(&k.contexts);
}

static void an_export_is_a_block_of_the_callers(void **state)
{
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	HANDLE token = &out;

	assert_int_equal(keeper_export(&out, NULL, 0, &token), SEC_E_INSUFFICIENT_MEMORY);
	assert_ptr_equal(token, &out);
	assert_int_equal(keeper_export(&out, (const uint8_t *)"abc", 3, &token), SEC_E_OK);
	assert_null(token);
	assert_int_equal(out.cbBuffer, 3);
	assert_memory_equal(out.pvBuffer, "abc", 3);
	block_free(out.pvBuffer);
}

#define ROUNDS 20000

static void *finding(void *keeper)
{
	for (int i = 0; i < ROUNDS; i++) {
		CLEANUP(counted_unref_p) struct thing *t = keeper_find(keeper, 7);
		if (t && t->word != 'a')
			return keeper;
	}
	return NULL;
}

static void contexts_come_and_go_under_those_who_use_them(void **state)
{
	static struct keeper k = KEEPER_INIT;
	pthread_t thread[2];
	void *fault;

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, finding, &k), 0);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(keeper_put_take(&k, 7, thing_new('a')), STATUS_SUCCESS);
		assert_int_equal(keeper_delete(&k, 7), STATUS_SUCCESS);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(thread[i], &fault), 0);
		assert_null(fault);
	}
	assert_int_equal(atomic_load(&living), 0);
	keymap_done(&k.contexts);
}

static atomic_bool enough;

static void *churning(void *keeper)
{
	while (!atomic_load(&enough)) {
		if (failed(keeper_put_take(keeper, 9, thing_new('c'))))
			return keeper;
		keeper_drop(keeper, 9);
	}
	return NULL;
}

static void a_child_finds_no_lock_taken(void **state)
{
	static struct keeper k = KEEPER_INIT;
	pthread_t thread;
	void *fault;
	int end;

	assert_int_equal(keeper_open(&k), STATUS_SUCCESS);
	assert_int_equal(map(&k, 7, "a"), STATUS_SUCCESS);
	assert_int_equal(pthread_create(&thread, NULL, churning, &k), 0);
	for (int i = 0; i < 50; i++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			alarm(10);
			keeper_drop(&k, 9);
			_exit(word_of(&k, 7) == 'a' ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &end, 0), child);
		assert_int_equal(end, 0);
	}
	atomic_store(&enough, true);
	assert_int_equal(pthread_join(thread, &fault), 0);
	assert_null(fault);
	keeper_drop(&k, 7);
	keymap_done(&k.contexts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packed_context_is_released_whether_it_is_one_or_not),
		cmocka_unit_test(one_that_is_mapped_anew_is_another_and_a_bad_one_leaves_the_first),
		cmocka_unit_test(whoever_found_a_context_holds_it_after_its_end),
		cmocka_unit_test(imported_contexts_have_numbers_of_their_own),
		cmocka_unit_test(an_export_is_a_block_of_the_callers),
		cmocka_unit_test(contexts_come_and_go_under_those_who_use_them),
		cmocka_unit_test(a_child_finds_no_lock_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
