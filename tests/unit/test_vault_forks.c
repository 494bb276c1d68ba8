/* tests/unit/test_vault_forks.c - forks, threads and first users, each at the worst moment.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

#include <pthread.h>
#include <sys/wait.h>

static struct vault *again(struct vault_home *h, uint32_t flags)
{
	struct vault_options o = home_options(h, flags);
	struct vault *v = NULL;

	assert_int_equal(vault_open(&o, &v), STATUS_SUCCESS);
	return v;
}

static void say(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void hear(int fd)
{
	char c;
	assert_int_equal(read(fd, &c, 1), 1);
}

static void assert_child_was_right(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Locks of a process are not its child's: what the parent closes must still be open to the child. */
static void a_child_writes_on_when_its_parent_has_closed(void **state)
{
	struct vault_home *h = *state;
	int to_child[2], to_parent[2];

	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(pipe(to_parent), 0);
	assert_int_equal(put_text(h->v, "a", "parent's"), STATUS_SUCCESS);
	pid_t child = fork();
	if (child == 0) {
		alarm(20);
		bool good = put_text(h->v, "b", "child's") == STATUS_SUCCESS;
		say(to_parent[1]);
		hear(to_child[0]);
		good = good && put_text(h->v, "c", "child's") == STATUS_SUCCESS;
		_exit(good ? 0 : 1);
	}
	hear(to_parent[0]);
	vault_close(h->v);
	h->v = NULL;
	say(to_child[1]);
	assert_child_was_right(child);
	h->v = again(h, 0);
	assert_int_equal(has_text(h->v, "a", "parent's"), 1);
	assert_int_equal(has_text(h->v, "b", "child's"), 1);
	assert_int_equal(has_text(h->v, "c", "child's"), 1);
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(to_parent[i]);
	}
}

struct busy {
	struct vault_home *h;
	struct vault *first, *second;
	bool stop;
};

static NTSTATUS look_into_the_other(struct vault *v, void *with)
{
	struct busy *b = with;

	if (has_text(b->second, "a", "x") != VAULT_NOT_FOUND)
		return STATUS_DATA_ERROR;
	return put_text(v, "a", "x");
}

static void *write_looking_at_both(void *with)
{
	struct busy *b = with;

	while (!__atomic_load_n(&b->stop, __ATOMIC_RELAXED)) {
		if (failed(vault_transact(b->first, look_into_the_other, b)))
			return b;
		usleep(500); /* the child wants to write too */
	}
	return NULL;
}

static void *open_and_close(void *with)
{
	struct busy *b = with;

	while (!__atomic_load_n(&b->stop, __ATOMIC_RELAXED)) {
		struct vault_options o = home_options(b->h, 0);
		struct vault *v;
		if (failed(vault_open(&o, &v)))
			return b;
		vault_close(v);
	}
	return NULL;
}

static void fork_often(struct busy *b, void *(*work)(void *))
{
	pthread_t thread;
	void *bad;

	assert_int_equal(pthread_create(&thread, NULL, work, b), 0);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();
		if (child == 0) {
			alarm(20);
			struct vault_options o = home_options(b->h, 0);
			struct vault *v;
			if (failed(vault_open(&o, &v)))
				_exit(1);
			_exit(failed(put_text(v, "child", "was here")) ? 2 : 0);
		}
		assert_child_was_right(child);
	}
	__atomic_store_n(&b->stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, &bad);
	assert_null(bad);
}

static void a_fork_waits_for_work_in_two_vaults(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(vault_close_p) struct vault *second = NULL;
	struct vault_options o = { .flags = VAULT_IN_MEMORY };

	alarm(60);
	assert_int_equal(vault_open(&o, &second), STATUS_SUCCESS);
	fork_often(&(struct busy){ .h = h, .first = h->v, .second = second },
		   write_looking_at_both);
	alarm(0);
}

static void a_fork_waits_for_opening_and_closing(void **state)
{
	alarm(60);
	fork_often(&(struct busy){ .h = *state }, open_and_close);
	alarm(0);
}

static void *make_one(void *with)
{
	struct vault_home *h = with;
	struct vault_options o = home_options(h, VAULT_CREATE);
	struct vault *v = NULL;

	if (failed(vault_open(&o, &v)) || failed(put_text(v, "a", "x")))
		return h;
	vault_close(v);
	return NULL;
}

static void first_users_of_one_process_make_one_vault(void **state)
{
	struct vault_home *h = *state;

	for (int i = 0; i < 20; i++) {
		pthread_t thread[4];
		struct vault_home fresh = { 0 };
		snprintf(fresh.path, sizeof(fresh.path), "%s/%d/vault.db", h->folder, i);
		snprintf(fresh.key, sizeof(fresh.key), "%s/%d/vault.key", h->folder, i);
		for (size_t n = 0; n < ARRAY_LEN(thread); n++)
			assert_int_equal(pthread_create(&thread[n], NULL, make_one, &fresh), 0);
		for (size_t n = 0; n < ARRAY_LEN(thread); n++) {
			void *bad;
			pthread_join(thread[n], &bad);
			assert_null(bad);
		}
	}
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(a_child_writes_on_when_its_parent_has_closed),
		ONE(a_fork_waits_for_work_in_two_vaults),
		ONE(a_fork_waits_for_opening_and_closing),
		ONE(first_users_of_one_process_make_one_vault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
