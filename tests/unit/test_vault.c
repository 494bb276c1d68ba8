/* tests/unit/test_vault.c - records: what is put is got, by nobody else, and by nothing in clear.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

#include <pthread.h>
#include <sys/wait.h>

#include "base/upcase.h"
#include "vault/record.h"

static void what_is_put_is_got(void **state)
{
	struct vault_home *h = *state;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	assert_int_equal(has_text(h->v, "SERVER", "value"), 1);
	assert_int_equal(has_text(h->v, "servers", "value"), VAULT_NOT_FOUND);
	assert_int_equal(put_text(h->v, "SERVER", "another"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "another"), 1);
	assert_int_equal(put_text(h->v, "empty", ""), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "empty", ""), 1);
}

static void it_is_there_after_opening_again(void **state)
{
	struct vault_home *h = *state;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
}

static void set_and_type_tell_names_apart(void **state)
{
	struct vault_home *h = *state;
	struct vault_name a = named("x"), b = a, c = a;
	struct secret *s;

	b.type = 2;
	c.set = 1;
	assert_int_equal(vault_put(h->v, &a, rd_of("a", 1)), STATUS_SUCCESS);
	assert_int_equal(vault_get(h->v, &b, &s), VAULT_NOT_FOUND);
	assert_int_equal(vault_get(h->v, &c, &s), VAULT_NOT_FOUND);
	assert_int_equal(vault_put(h->v, &b, rd_of("b", 1)), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "x", "a"), 1);
}

static void deleting_is_once(void **state)
{
	struct vault_home *h = *state;
	struct vault_name n = named("server");

	assert_int_equal(vault_delete(h->v, &n), VAULT_NOT_FOUND);
	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	assert_int_equal(vault_delete(h->v, &n), STATUS_SUCCESS);
	assert_int_equal(vault_delete(h->v, &n), VAULT_NOT_FOUND);
	assert_int_equal(has_text(h->v, "server", "value"), VAULT_NOT_FOUND);
}

struct seen {
	unsigned count, altered;
	size_t bytes;
	unsigned stop_at;
};

static bool count_it(void *to, const struct vault_record *r)
{
	struct seen *seen = to;

	seen->count++;
	seen->altered += r->status != STATUS_SUCCESS;
	seen->bytes += r->value.n;
	assert_int_equal((uintptr_t)r->value.p % 8, 0);
	return seen->count != seen->stop_at;
}

static void each_visits_its_set_alone(void **state)
{
	struct vault_home *h = *state;
	struct vault_name other = named("other");
	struct seen seen = { 0 }, some = { .stop_at = 3 };
	char name[24];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "target%d", i);
		assert_int_equal(put_text(h->v, name, "12345"), STATUS_SUCCESS);
	}
	other.set = 7;
	assert_int_equal(vault_put(h->v, &other, rd_of("x", 1)), STATUS_SUCCESS);
	assert_int_equal(vault_each(h->v, 0, count_it, &seen), STATUS_SUCCESS);
	assert_int_equal(seen.count, 40);
	assert_int_equal(seen.bytes, 200);
	assert_int_equal(vault_each(h->v, 0, count_it, &some), STATUS_SUCCESS);
	assert_int_equal(some.count, 3);
}

static void limits_are_kept(void **state)
{
	struct vault_home *h = *state;
	static uint8_t big[VAULT_VALUE_MAX + 1];
	static WCHAR text[VAULT_TARGET_MAX + 1];
	struct vault_name n = { .type = 1, .target = { text, VAULT_TARGET_MAX } };
	struct secret *s;
	WCHAR lone = 0xD800;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i] = 'a';
	assert_int_equal(vault_put(h->v, &n, rd_of(big, VAULT_VALUE_MAX)), STATUS_SUCCESS);
	assert_int_equal(vault_get(h->v, &n, &s), STATUS_SUCCESS);
	assert_int_equal(s->len, VAULT_VALUE_MAX);
	secret_free(s);
	assert_int_equal(vault_put(h->v, &n, rd_of(big, VAULT_VALUE_MAX + 1)),
			 STATUS_INVALID_PARAMETER);
	n.target.n++;
	assert_int_equal(vault_put(h->v, &n, rd_of(big, 1)), STATUS_INVALID_PARAMETER);
	n.target = (struct utf16){ &lone, 1 };
	assert_int_equal(vault_put(h->v, &n, rd_of(big, 1)), STATUS_INVALID_PARAMETER);
}

static NTSTATUS two_puts(struct vault *v, void *with)
{
	NTSTATUS *then = with;
	NTSTATUS status = put_text(v, "one", "1");
	if (!failed(status))
		status = put_text(v, "two", "2");
	assert_int_equal(has_text(v, "one", "1"), 1);
	return failed(status) ? status : *then;
}

static void a_transaction_is_whole_or_nothing(void **state)
{
	struct vault_home *h = *state;
	NTSTATUS then = STATUS_ACCESS_DENIED;

	assert_int_equal(vault_transact(h->v, two_puts, &then), STATUS_ACCESS_DENIED);
	assert_int_equal(has_text(h->v, "one", "1"), VAULT_NOT_FOUND);
	then = STATUS_SUCCESS;
	assert_int_equal(vault_transact(h->v, two_puts, &then), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "two", "2"), 1);
}

static NTSTATUS ignores_a_failure(struct vault *v, void *with)
{
	WCHAR lone = 0xD800;
	struct vault_name bad = { .type = 1, .target = { &lone, 1 } };

	(void)with;
	assert_int_equal(put_text(v, "one", "1"), STATUS_SUCCESS);
	assert_true(failed(vault_put(v, &bad, rd_of("x", 1))));
	return STATUS_SUCCESS;
}

static void a_failed_part_fails_the_transaction(void **state)
{
	struct vault_home *h = *state;

	assert_true(failed(vault_transact(h->v, ignores_a_failure, NULL)));
	assert_int_equal(has_text(h->v, "one", "1"), VAULT_NOT_FOUND);
}

static void changes_are_counted_for_every_process(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;
	uint64_t before, after;

	assert_int_equal(home_open(&other, 0), STATUS_SUCCESS);
	assert_int_equal(vault_changes(h->v, &before), STATUS_SUCCESS);
	assert_int_equal(put_text(other.v, "server", "value"), STATUS_SUCCESS);
	assert_int_equal(vault_changes(h->v, &after), STATUS_SUCCESS);
	assert_true(after > before);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	home_close(&other);
}

static void nothing_is_in_clear(void **state)
{
	struct vault_home *h = *state;
	struct vault_name n = named("TERMSRV/verysecret.example");

	assert_int_equal(vault_put(h->v, &n, rd_of("P4ssw0rd-P4ssw0rd", 17)), STATUS_SUCCESS);
	char log[112];
	snprintf(log, sizeof(log), "%s-wal", h->path);
	assert_true(times_in_file(log, "\x37\x7f\x06", 3) > 0); /* it is a log */
	assert_int_equal(times_in_file(log, "P4ssw0rd", 8), 0);
	assert_int_equal(times_in_file(log, n.target.p, 2 * n.target.n), 0);
	home_close(h);
	assert_int_equal(times_in_file(h->path, "P4ssw0rd", 8), 0);
	assert_int_equal(times_in_file(h->path, n.target.p, 2 * n.target.n), 0);
}

static void a_child_opens_for_itself(void **state)
{
	struct vault_home *h = *state;
	int status;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	pid_t child = fork();
	if (child == 0) {
		bool good = has_text(h->v, "server", "value") == 1 &&
			    put_text(h->v, "child", "its") == STATUS_SUCCESS;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(put_text(h->v, "parent", "own"), STATUS_SUCCESS);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(has_text(h->v, "child", "its"), 1);
	assert_int_equal(has_text(h->v, "parent", "own"), 1);
}

static void an_absent_vault_is_made_only_when_asked(void **state)
{
	struct vault_home *h = *state;

	home_close(h);
	assert_int_equal(unlink(h->path), 0);
	assert_int_equal(home_open(h, 0), VAULT_ABSENT);
	assert_non_null(strstr(h->fault.text, h->path));
	assert_int_equal(home_open(h, VAULT_CREATE), STATUS_SUCCESS);
}

static void the_files_are_the_users_alone(void **state)
{
	struct vault_home *h = *state;
	struct stat st;

	assert_int_equal(stat(h->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(h->key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	home_close(h);
	assert_int_equal(chmod(h->path, 0666), 0);
	assert_int_equal(home_open(h, 0), VAULT_NOT_OURS);
	assert_int_equal(chmod(h->path, 0600), 0);
	assert_int_equal(chmod(h->key, 0640), 0);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_true(vault_is_locked(h->v));
	assert_int_equal(has_text(h->v, "x", ""), VAULT_LOCKED);
}

static void the_folding_is_the_tables(void **state)
{
	(void)state;
	assert_string_equal(VAULT_FOLDING, "unicode " UPCASE_UNICODE_VERSION);
	assert_true(ARRAY_LEN(upcase_ranges) > 0);
}

struct busy {
	struct vault *v;
	int number, bad;
};

static void *work_on_it(void *with)
{
	struct busy *b = with;
	char text[24];

	for (int i = 0; i < 40; i++) {
		WCHAR target[2] = { (WCHAR)('a' + b->number), (WCHAR)('a' + i % 7) };
		struct vault_name n = { .type = 1, .target = { target, 2 } };
		struct secret *s = NULL;
		snprintf(text, sizeof(text), "%d of %d", i, b->number);
		b->bad += failed(vault_put(b->v, &n, rd_of(text, strlen(text))));
		b->bad += failed(vault_get(b->v, &n, &s)) || s->len != strlen(text) ||
			  memcmp(s->p, text, s->len) != 0;
		secret_free(s);
	}
	return NULL;
}

static void threads_share_a_vault(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;
	pthread_t thread[6];
	struct busy busy[6];

	assert_int_equal(home_open(&other, 0), STATUS_SUCCESS);
	for (int i = 0; i < 6; i++) {
		busy[i] = (struct busy){ i % 2 ? h->v : other.v, i, 0 };
		assert_int_equal(pthread_create(&thread[i], NULL, work_on_it, &busy[i]), 0);
	}
	/* Forks in between wait for a moment when no vault is in use. */
	for (int i = 0; i < 5; i++) {
		int status;
		pid_t child = fork();
		if (child == 0)
			_exit(failed(put_text(h->v, "child", "x")));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(busy[i].bad, 0);
	}
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
	home_close(&other);
}

#define HOME_TEST(f) cmocka_unit_test_setup_teardown(f, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(what_is_put_is_got),
		HOME_TEST(it_is_there_after_opening_again),
		HOME_TEST(set_and_type_tell_names_apart),
		HOME_TEST(deleting_is_once),
		HOME_TEST(each_visits_its_set_alone),
		HOME_TEST(limits_are_kept),
		HOME_TEST(a_transaction_is_whole_or_nothing),
		HOME_TEST(a_failed_part_fails_the_transaction),
		HOME_TEST(changes_are_counted_for_every_process),
		HOME_TEST(nothing_is_in_clear),
		HOME_TEST(a_child_opens_for_itself),
		HOME_TEST(an_absent_vault_is_made_only_when_asked),
		HOME_TEST(the_files_are_the_users_alone),
		HOME_TEST(threads_share_a_vault),
		cmocka_unit_test(the_folding_is_the_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
