/* tests/unit/test_vault_place.c - on file systems that only seem to be there, by a statfs of our own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static long seeming; /* 0: what the kernel says */

int statfs(const char *path, struct statfs *out)
{
	if (syscall(SYS_statfs, path, out) != 0)
		return -1;
	if (seeming)
		out->f_type = seeming;
	return 0;
}

static void assert_journal(struct vault_home *h, const char *journal, bool network)
{
	struct vault_status s;

	assert_int_equal(vault_describe(h->v, &s), STATUS_SUCCESS);
	assert_string_equal(s.journal, journal);
	assert_int_equal(s.on_network, network);
}

static bool is_beside(struct vault_home *h, const char *suffix)
{
	char path[160];

	snprintf(path, sizeof(path), "%s%s", h->path, suffix);
	return access(path, F_OK) == 0;
}

static int seeming_teardown(void **state)
{
	seeming = 0;
	return home_teardown(state);
}

static void every_network_file_system_has_a_journal_file(void **state)
{
	struct vault_home *h = *state;
	const long kinds[] = { 0x6969, 0x517B, 0xFE534D42, 0x65735546, 0x01021997, 0x00C36400 };

	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_journal(h, "wal", false);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		home_close(h);
		seeming = kinds[i];
		assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
		assert_journal(h, "delete", true);
		assert_int_equal(has_text(h->v, "a", "one"), 1);
		assert_int_equal(put_text(h->v, "b", "two"), STATUS_SUCCESS);
		/* Nothing that has to be shared in memory. */
		assert_false(is_beside(h, "-shm"));
		assert_false(is_beside(h, "-wal"));
	}
	home_close(h);
	seeming = 0xEF53; /* ext4: a home that came back */
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_journal(h, "wal", false);
	assert_int_equal(has_text(h->v, "b", "two"), 1);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
}

static void a_vault_can_be_made_on_one(void **state)
{
	struct vault_home *h = *state;

	home_close(h);
	assert_int_equal(unlink(h->path), 0);
	seeming = 0x6969;
	assert_int_equal(home_open(h, VAULT_CREATE), STATUS_SUCCESS);
	assert_journal(h, "delete", true);
	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "one"), 1);
}

/* Left in the log by a program that died while the home was local. */
static void a_log_that_was_left_is_not_lost_on_the_way(void **state)
{
	struct vault_home *h = *state;
	int status;

	home_close(h);
	pid_t child = fork();
	if (child == 0) {
		bool good = !failed(home_open(h, 0)) && !failed(put_text(h->v, "a", "one"));
		_exit(good ? 0 : 1); /* without closing */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(is_beside(h, "-wal"));
	seeming = 0x6969;
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_journal(h, "delete", true);
	assert_int_equal(has_text(h->v, "a", "one"), 1);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
}

static int write_in_turns(struct vault_home *h, const char *name)
{
	struct vault_home own = *h;
	char text[32];

	if (failed(home_open(&own, 0)))
		return 1;
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "%s%d", name, i);
		if (failed(put_text(own.v, text, text)))
			return 2;
	}
	home_close(&own);
	return 0;
}

static void two_processes_write_in_turns_on_one(void **state)
{
	struct vault_home *h = *state;
	char text[32];
	pid_t child[2];
	int status;

	home_close(h);
	seeming = 0x6969;
	for (int i = 0; i < 2; i++) {
		child[i] = fork();
		if (child[i] == 0)
			_exit(write_in_turns(h, i ? "x" : "y"));
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	for (int i = 0; i < 80; i++) {
		snprintf(text, sizeof(text), "%s%d", i % 2 ? "x" : "y", i / 2);
		assert_int_equal(has_text(h->v, text, text), 1);
	}
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
}

/* As on a full disk, for those who cannot have one. */
static void where_nothing_more_fits_all_stays_that_was_there(void **state)
{
	struct vault_home *h = *state;
	static char value[3000];
	char name[16];
	int status;

	memset(value, 'x', sizeof(value) - 1);
	home_close(h);
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit small = { 200000, 200000 };
		signal(SIGXFSZ, SIG_IGN);
		int n = 0;
		bool good = setrlimit(RLIMIT_FSIZE, &small) == 0 && !failed(home_open(h, 0));
		for (; good && n < 200; n++) {
			snprintf(name, sizeof(name), "n%d", n);
			if (failed(put_text(h->v, name, value)))
				break;
		}
		/* What was acknowledged is there, what was refused is not. */
		good = good && n > 5 && n < 200 && has_text(h->v, name, value) == VAULT_NOT_FOUND;
		home_close(h);
		_exit(good ? n : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) > 0);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	for (int n = 0; n < WEXITSTATUS(status); n++) {
		snprintf(name, sizeof(name), "n%d", n);
		assert_int_equal(has_text(h->v, name, value), 1);
	}
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "more", value), STATUS_SUCCESS);
}

static void copy_to(struct vault_home *h)
{
	char command[256];

	snprintf(command, sizeof(command), "cp -p '%s' '%s'", h->path, h->copy);
	assert_int_equal(system(command), 0);
}

static void put_back(struct vault_home *h)
{
	char log[160];

	snprintf(log, sizeof(log), "%s-wal", h->path);
	unlink(log);
	snprintf(log, sizeof(log), "%s-shm", h->path);
	unlink(log);
	assert_int_equal(rename(h->copy, h->path), 0);
}

/* What is written to a file that nobody can find any more is lost. */
static void a_file_that_was_put_back_is_the_one_that_counts(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;

	assert_int_equal(put_text(h->v, "a", "old"), STATUS_SUCCESS);
	home_close(h);
	copy_to(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "a", "new"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "new"), 1);
	put_back(h);
	assert_int_equal(home_open(&other, 0), STATUS_SUCCESS);
	assert_int_equal(put_text(other.v, "b", "other's"), STATUS_SUCCESS);
	usleep(1100000); /* a reader looks once a second, a writer always */
	assert_int_equal(has_text(h->v, "a", "old"), 1);
	assert_int_equal(has_text(h->v, "b", "other's"), 1);
	assert_int_equal(put_text(h->v, "c", "own"), STATUS_SUCCESS);
	assert_int_equal(has_text(other.v, "c", "own"), 1);
	home_close(&other);
}

static void a_writer_notices_at_once(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;

	assert_int_equal(put_text(h->v, "a", "old"), STATUS_SUCCESS);
	home_close(h);
	copy_to(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "a", "new"), STATUS_SUCCESS);
	put_back(h);
	assert_int_equal(put_text(h->v, "c", "own"), STATUS_SUCCESS);
	assert_int_equal(home_open(&other, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(other.v, "c", "own"), 1);
	home_close(&other);
}

/* Closing deletes no log of another file of that name. */
static void closing_one_that_was_moved_away_leaves_the_other_alone(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;

	assert_int_equal(put_text(h->v, "a", "old"), STATUS_SUCCESS);
	home_close(h);
	copy_to(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "a", "new"), STATUS_SUCCESS);
	put_back(h);
	assert_int_equal(home_open(&other, 0), STATUS_SUCCESS);
	assert_int_equal(put_text(other.v, "b", "other's"), STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(put_text(other.v, "c", "other's"), STATUS_SUCCESS);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "b", "other's"), 1);
	assert_int_equal(has_text(h->v, "c", "other's"), 1);
	home_close(&other);
}

static void a_file_that_is_gone_takes_no_writes(void **state)
{
	struct vault_home *h = *state;

	assert_int_equal(put_text(h->v, "a", "x"), STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(rename(h->path, h->copy), 0);
	assert_int_equal(put_text(h->v, "b", "x"), VAULT_ABSENT);
	put_back(h);
	assert_int_equal(put_text(h->v, "b", "x"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "a", "x"), 1);
}

/* A new vault beside an old one's log would be neither. */
static void no_vault_is_made_beside_the_log_of_another(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;

	assert_int_equal(put_text(h->v, "a", "in the log"), STATUS_SUCCESS);
	assert_true(is_beside(h, "-wal"));
	assert_int_equal(rename(h->path, h->copy), 0);
	assert_int_equal(home_open(&other, VAULT_CREATE), VAULT_DAMAGED);
	assert_non_null(strstr(other.fault.text, "-wal"));
	assert_int_equal(put_text(h->v, "b", "x"), VAULT_DAMAGED);
	assert_int_equal(rename(h->copy, h->path), 0);
	assert_int_equal(has_text(h->v, "a", "in the log"), 1);
	assert_int_equal(put_text(h->v, "b", "x"), STATUS_SUCCESS);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_setup, seeming_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(every_network_file_system_has_a_journal_file),
		ONE(a_vault_can_be_made_on_one),
		ONE(a_log_that_was_left_is_not_lost_on_the_way),
		ONE(two_processes_write_in_turns_on_one),
		ONE(where_nothing_more_fits_all_stays_that_was_there),
		ONE(a_file_that_was_put_back_is_the_one_that_counts),
		ONE(a_writer_notices_at_once),
		ONE(closing_one_that_was_moved_away_leaves_the_other_alone),
		ONE(a_file_that_is_gone_takes_no_writes),
		ONE(no_vault_is_made_beside_the_log_of_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
