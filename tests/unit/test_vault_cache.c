/* tests/unit/test_vault_cache.c - what was read before is never told once it is no longer so.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* Another connection, as another process would have. */
static struct vault *again(struct vault_home *h, uint32_t flags)
{
	struct vault_options o = home_options(h, flags);
	struct vault *v = NULL;

	assert_int_equal(vault_open(&o, &v), STATUS_SUCCESS);
	return v;
}

static void others_changes_are_seen_at_once(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(vault_close_p) struct vault *other = again(h, 0);
	struct vault_name a = named("a");
	char value[16];

	for (int i = 0; i < 100; i++) {
		assert_int_equal(has_text(h->v, "a", "x"), VAULT_NOT_FOUND);
		assert_int_equal(has_text(h->v, "a", "x"), VAULT_NOT_FOUND);
		snprintf(value, sizeof(value), "%d", i);
		assert_int_equal(put_text(other, "a", value), STATUS_SUCCESS);
		assert_int_equal(has_text(h->v, "a", value), 1);
		assert_int_equal(has_text(h->v, "a", value), 1);
		assert_int_equal(put_text(h->v, "a", "own"), STATUS_SUCCESS);
		assert_int_equal(has_text(h->v, "a", "own"), 1);
		assert_int_equal(has_text(other, "a", "own"), 1);
		assert_int_equal(vault_delete(other, &a), STATUS_SUCCESS);
	}
}

/* Within a transaction its own state is what counts, and after it, what became of it. */
static NTSTATUS change_and_look(struct vault *v, void *with)
{
	bool keep = with != NULL;

	if (has_text(v, "a", "before") != 1 || failed(put_text(v, "a", "inside")) ||
	    has_text(v, "a", "inside") != 1)
		return STATUS_DATA_ERROR;
	return keep ? STATUS_SUCCESS : STATUS_CANCELLED;
}

static void a_transaction_leaves_nothing_false_behind(void **state)
{
	struct vault_home *h = *state;

	assert_int_equal(put_text(h->v, "a", "before"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "before"), 1);
	assert_int_equal(vault_transact(h->v, change_and_look, NULL), STATUS_CANCELLED);
	assert_int_equal(has_text(h->v, "a", "before"), 1);
	assert_int_equal(vault_transact(h->v, change_and_look, h), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "inside"), 1);
}

static void a_locked_vault_tells_nothing_it_knew(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("open sesame");
	int64_t number;

	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_int_equal(vault_add_passphrase(h->v, p, "p", &number), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "one"), 1);
	assert_int_equal(has_text(h->v, "a", "one"), 1);
	assert_int_equal(vault_lock(h->v), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "one"), VAULT_LOCKED);
}

static void a_rekey_by_another_is_followed(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(vault_close_p) struct vault *other = again(h, 0);

	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(has_text(h->v, "a", "one"), 1);
		assert_int_equal(has_text(h->v, "none", ""), VAULT_NOT_FOUND);
		assert_int_equal(vault_rekey(other, NULL, 0), STATUS_SUCCESS);
		assert_int_equal(has_text(h->v, "none", ""), VAULT_NOT_FOUND);
		assert_int_equal(has_text(h->v, "a", "one"), 1);
	}
}

static NTSTATUS put_many(struct vault *v, void *with)
{
	int many = *(int *)with;
	char name[16];
	NTSTATUS status = STATUS_SUCCESS;

	for (int i = 0; i < many && !failed(status); i++) {
		snprintf(name, sizeof(name), "n%d", i);
		status = put_text(v, name, name);
	}
	return status;
}

/* More than its first room: it grows, and what finds no place is read as before. */
static void many_are_told_apart(void **state)
{
	struct vault_home *h = *state;
	int many = 9000;
	char name[16];

	assert_int_equal(vault_transact(h->v, put_many, &many), STATUS_SUCCESS);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < many; i++) {
			snprintf(name, sizeof(name), "n%d", i);
			assert_int_equal(has_text(h->v, name, name), 1);
			snprintf(name, sizeof(name), "m%d", i);
			assert_int_equal(has_text(h->v, name, name), VAULT_NOT_FOUND);
		}
}

/* A number that a writer in another process has told us it wrote is never younger than what is read. */
static void what_was_acknowledged_is_read(void **state)
{
	struct vault_home *h = *state;
	int *told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	struct vault_name a = named("a");
	int status;

	assert_true(told != MAP_FAILED);
	assert_int_equal(vault_put(h->v, &a, rd_of("\0\0\0\0", 4)), STATUS_SUCCESS);
	pid_t child = fork();
	if (child == 0) {
		bool good = true;
		for (int i = 1; i <= 400 && good; i++) {
			good = !failed(vault_put(h->v, &a, rd_of(&i, sizeof(i))));
			__atomic_store_n(told, i, __ATOMIC_SEQ_CST);
		}
		__atomic_store_n(told, 1000, __ATOMIC_SEQ_CST);
		_exit(good ? 0 : 1);
	}
	for (int least = 0; least != 1000;) {
		CLEANUP(secret_free_p) struct secret *s = NULL;
		int found;
		least = __atomic_load_n(told, __ATOMIC_SEQ_CST);
		assert_int_equal(vault_get(h->v, &a, &s), STATUS_SUCCESS);
		memcpy(&found, s->p, sizeof(found));
		assert_true(found >= least || least == 1000);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	munmap(told, sizeof(*told));
}

static void *read_on(void *with)
{
	struct vault_home *h = with;

	for (int i = 0; i < 3000; i++)
		if (has_text(h->v, "a", "one") != 1)
			return h;
	return NULL;
}

static void threads_may_share_it(void **state)
{
	struct vault_home *h = *state;
	pthread_t thread[4];
	void *bad;

	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_on, h), 0);
	for (int i = 0; i < 50; i++)
		assert_int_equal(put_text(h->v, "b", "two"), STATUS_SUCCESS);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		pthread_join(thread[i], &bad);
		assert_null(bad);
	}
}

static void with_a_journal_file_nothing_is_kept_and_all_is_right(void **state)
{
	struct vault_home *h = *state;

	home_close(h);
	assert_int_equal(home_open(h, VAULT_FILE_JOURNAL), STATUS_SUCCESS);
	CLEANUP(vault_close_p) struct vault *other = again(h, VAULT_FILE_JOURNAL);
	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_int_equal(has_text(other, "a", "one"), 1);
	assert_int_equal(put_text(h->v, "a", "two"), STATUS_SUCCESS);
	assert_int_equal(has_text(other, "a", "two"), 1);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(others_changes_are_seen_at_once),
		ONE(a_transaction_leaves_nothing_false_behind),
		ONE(a_locked_vault_tells_nothing_it_knew),
		ONE(a_rekey_by_another_is_followed),
		ONE(many_are_told_apart),
		ONE(what_was_acknowledged_is_read),
		ONE(threads_may_share_it),
		ONE(with_a_journal_file_nothing_is_kept_and_all_is_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
