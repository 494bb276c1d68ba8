/* Giving a vault away: all of it or nothing, a mark that is left, and who meets the mark.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

struct taking {
	struct vault_home *to;
	NTSTATUS status; /* what the taker answers after it took */
	uint64_t changes, records, calls;
};

static NTSTATUS take(void *to, const struct vault_parcel *parcel)
{
	struct taking *t = to;

	t->calls++;
	t->changes = parcel->changes;
	t->records = parcel->records;
	if (t->to) {
		NTSTATUS status =
			vault_import(t->to->v, parcel->passphrase, parcel->fd, false, NULL);
		if (failed(status))
			return status;
	}
	return t->status;
}

static void fill(struct vault_home *h)
{
	assert_int_equal(put_text(h->v, "a", "one"), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "b", "two"), STATUS_SUCCESS);
}

static void all_of_it_is_elsewhere_and_nothing_here(void **state)
{
	struct vault_home *h = *state;
	void *second = NULL;
	assert_int_equal(home_setup(&second), 0);
	struct taking t = { .to = second };
	struct vault_status s;
	uint64_t records;

	fill(h);
	assert_int_equal(vault_move(h->v, "lsad", take, &t, &records), STATUS_SUCCESS);
	assert_int_equal(records, 2);
	assert_int_equal(has_text(t.to->v, "a", "one"), 1);
	assert_int_equal(has_text(t.to->v, "b", "two"), 1);
	assert_int_equal(access(h->key, F_OK), -1);
	assert_int_equal(has_text(h->v, "a", "one"), VAULT_MOVED);
	assert_int_equal(put_text(h->v, "c", "three"), VAULT_MOVED);
	assert_int_equal(vault_describe(h->v, &s), STATUS_SUCCESS);
	assert_true(s.moved && s.locked && !s.records && s.slots == 1);
	assert_int_equal(s.slot[0].kind, VAULT_SLOT_MOVED);
	assert_string_equal(s.slot[0].label, "lsad");
	assert_int_equal(home_teardown(&second), 0);
}

static void whoever_comes_later_meets_the_mark(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("open sesame");
	struct taking t = { .to = NULL };
	struct vault_fault fault;
	int64_t number;

	fill(h);
	assert_int_equal(vault_add_passphrase(h->v, p, "p", &number), STATUS_SUCCESS);
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(home_open(h, VAULT_CREATE), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "a", "x"), VAULT_MOVED);
	vault_last_fault(h->v, &fault);
	assert_non_null(strstr(fault.text, "vault.db: its credentials were moved to lsad on 20"));
	assert_int_equal(vault_unlock(h->v, p, 0), VAULT_MOVED);
	assert_int_equal(vault_lock(h->v), VAULT_MOVED);
	assert_int_equal(vault_add_key_file(h->v, NULL, &number), VAULT_MOVED);
	assert_int_equal(vault_rekey(h->v, NULL, 0), VAULT_MOVED);
	assert_int_equal(vault_accept(h->v, true), VAULT_MOVED);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), VAULT_MOVED);
	assert_true(vault_is_locked(h->v));
}

/* A program that had it open, with all its keys, neither reads on nor writes behind the mark. */
static void an_open_vault_is_shut_by_another_s_move(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(vault_close_p) struct vault *other = NULL;
	struct vault_options o = home_options(h, VAULT_CREATE);
	struct taking t = { .to = NULL };

	fill(h);
	assert_int_equal(vault_open(&o, &other), STATUS_SUCCESS);
	assert_int_equal(has_text(other, "a", "one"), 1);
	assert_int_equal(has_text(other, "a", "one"), 1);
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), STATUS_SUCCESS);
	assert_int_equal(has_text(other, "a", "one"), VAULT_MOVED);
	assert_int_equal(put_text(other, "a", "two"), VAULT_MOVED);
	vault_may_make(other);
	assert_int_equal(put_text(other, "a", "two"), VAULT_MOVED);
}

static void what_is_not_taken_stays(void **state)
{
	struct vault_home *h = *state;
	struct taking t = { .status = STATUS_IO_DEVICE_ERROR };
	struct vault_report report;

	fill(h);
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), STATUS_IO_DEVICE_ERROR);
	assert_int_equal(has_text(h->v, "a", "one"), 1);
	assert_int_equal(put_text(h->v, "c", "three"), STATUS_SUCCESS);
	assert_int_equal(vault_check(h->v, NULL, NULL, &report), STATUS_SUCCESS);
	/* and the next attempt says whether anything has changed since */
	uint64_t before = t.changes;
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), STATUS_IO_DEVICE_ERROR);
	assert_int_equal(t.changes, before + 1);
	t.status = STATUS_SUCCESS;
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), STATUS_SUCCESS);
	assert_int_equal(t.records, 3);
}

static void a_second_move_takes_what_was_left_of_the_key(void **state)
{
	struct vault_home *h = *state;
	struct taking t = { .to = NULL };

	fill(h);
	assert_int_equal(link(h->key, h->copy), 0);
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), STATUS_SUCCESS);
	assert_int_equal(rename(h->copy, h->key), 0);
	assert_int_equal(has_text(h->v, "a", "one"), VAULT_MOVED); /* it opens nothing */
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), VAULT_MOVED);
	assert_int_equal(t.calls, 1);
	assert_int_equal(access(h->key, F_OK), -1);
}

static void nothing_sealed_is_left_in_the_files(void **state)
{
	struct vault_home *h = *state;
	struct taking t = { .to = NULL };
	size_t size = 0, zeros = 0;
	struct stat st;
	char log[112];

	for (int i = 0; i < 50; i++) {
		char name[16];
		snprintf(name, sizeof(name), "name%d", i);
		assert_int_equal(put_text(h->v, name, "value"), STATUS_SUCCESS);
	}
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), STATUS_SUCCESS);
	home_close(h);
	FILE *f = fopen(h->path, "rb");
	assert_non_null(f);
	for (int c; (c = fgetc(f)) != EOF; size++)
		zeros += c == 0;
	fclose(f);
	assert_true(size - zeros < 2500); /* the layout, one state, one mark */
	snprintf(log, sizeof(log), "%s-wal", h->path);
	assert_true(stat(log, &st) != 0 || st.st_size == 0);
}

static void a_locked_vault_does_not_move(void **state)
{
	struct vault_home *h = *state;
	struct taking t = { .to = NULL };

	fill(h);
	assert_int_equal(unlink(h->key), 0);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(vault_move(h->v, "lsad", take, &t, NULL), VAULT_LOCKED);
	assert_int_equal(t.calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_is_elsewhere_and_nothing_here),
		TEST(whoever_comes_later_meets_the_mark),
		TEST(an_open_vault_is_shut_by_another_s_move),
		TEST(what_is_not_taken_stays),
		TEST(a_second_move_takes_what_was_left_of_the_key),
		TEST(nothing_sealed_is_left_in_the_files),
		TEST(a_locked_vault_does_not_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
