/* tests/unit/test_vault_memory.c - a vault without a file: what a session has when there is no runtime folder.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

#include <pthread.h>
#include <sys/wait.h>

static int memory_setup(void **state)
{
	struct vault_home *h = mem_alloc(sizeof(*h));

	snprintf(h->folder, sizeof(h->folder), "/tmp/opensspi-test-XXXXXX");
	if (!mkdtemp(h->folder))
		return -1;
	*state = h;
	struct vault_options o = { .flags = VAULT_IN_MEMORY,
				   .path = h->folder,
				   .key_file = h->folder };
	return vault_open(&o, &h->v);
}

static void it_is_a_vault_like_any_other(void **state)
{
	struct vault_home *h = *state;
	struct vault_status s;
	uint64_t before, after;

	assert_int_equal(has_text(h->v, "a", ""), VAULT_NOT_FOUND);
	assert_int_equal(vault_changes(h->v, &before), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "A", "two"), STATUS_SUCCESS);
	assert_int_equal(vault_changes(h->v, &after), STATUS_SUCCESS);
	assert_int_equal(after, before + 2);
	assert_int_equal(has_text(h->v, "a", "two"), 1);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(vault_rekey(h->v, NULL, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "two"), 1);
	assert_int_equal(vault_describe(h->v, &s), STATUS_SUCCESS);
	assert_int_equal(s.records, 1);
	assert_int_equal(s.slots, 0);
	assert_false(s.locked);
	struct vault_name a = named("a");
	assert_int_equal(vault_delete(h->v, &a), STATUS_SUCCESS);
	assert_int_equal(vault_delete(h->v, &a), VAULT_NOT_FOUND);
}

static void no_file_is_made(void **state)
{
	struct vault_home *h = *state;

	for (int i = 0; i < 200; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(put_text(h->v, name, "value"), STATUS_SUCCESS);
	}
	assert_int_equal(rmdir(h->folder), 0); /* empty to the end */
	assert_int_equal(mkdir(h->folder, 0700), 0);
}

static void two_of_them_share_nothing(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;
	struct vault_options o = { .flags = VAULT_IN_MEMORY };

	assert_int_equal(vault_open(&o, &other.v), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_int_equal(has_text(other.v, "a", "one"), VAULT_NOT_FOUND);
	home_close(&other);
}

static void a_child_goes_on_with_a_copy(void **state)
{
	struct vault_home *h = *state;
	int status;

	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	pid_t child = fork();
	if (child == 0) {
		bool good = has_text(h->v, "a", "one") == 1 &&
			    put_text(h->v, "a", "child's") == STATUS_SUCCESS &&
			    put_text(h->v, "b", "child's") == STATUS_SUCCESS &&
			    has_text(h->v, "a", "child's") == 1 &&
			    vault_check(h->v, NULL, NULL, NULL) == STATUS_SUCCESS;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(put_text(h->v, "c", "parent's"), STATUS_SUCCESS);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(has_text(h->v, "a", "one"), 1);
	assert_int_equal(has_text(h->v, "b", ""), VAULT_NOT_FOUND);
}

struct busy {
	struct vault *v;
	bool stop;
};

static void *keep_busy(void *with)
{
	struct busy *b = with;

	for (unsigned n = 0; !__atomic_load_n(&b->stop, __ATOMIC_RELAXED); n++)
		if (failed(put_text(b->v, n % 2 ? "odd" : "even", "value")))
			return b;
	return NULL;
}

/* Whatever another thread is doing at that moment. */
static void a_child_of_a_busy_process_has_a_whole_copy(void **state)
{
	struct vault_home *h = *state;
	struct busy b = { .v = h->v };
	pthread_t thread;
	void *bad;
	int status;

	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_int_equal(pthread_create(&thread, NULL, keep_busy, &b), 0);
	for (int i = 0; i < 30; i++) {
		pid_t child = fork();
		if (child == 0) {
			alarm(20);
			_exit(has_text(h->v, "a", "one") == 1 &&
					      put_text(h->v, "a", "two") == STATUS_SUCCESS &&
					      vault_check(h->v, NULL, NULL, NULL) == STATUS_SUCCESS
				      ? 0
				      : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	__atomic_store_n(&b.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, &bad);
	assert_null(bad);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, memory_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(it_is_a_vault_like_any_other),
		ONE(no_file_is_made),
		ONE(two_of_them_share_nothing),
		ONE(a_child_goes_on_with_a_copy),
		ONE(a_child_of_a_busy_process_has_a_whole_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
