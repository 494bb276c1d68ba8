/* tests/unit/test_vault_keys.c - slots, locking, rekeying, export and import.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

#include <sqlite3.h>

#include <fcntl.h>

static int64_t slot_of_kind(struct vault *v, uint32_t kind)
{
	struct vault_status s;

	assert_int_equal(vault_describe(v, &s), STATUS_SUCCESS);
	for (size_t i = 0; i < s.slots; i++)
		if (s.slot[i].kind == kind)
			return s.slot[i].number;
	return 0;
}

static void with_passphrase_alone(struct vault_home *h, const char *passphrase)
{
	CLEANUP(secret_free_p) struct secret *p = secret_text(passphrase);
	int64_t number;

	assert_int_equal(vault_add_passphrase(h->v, p, "mine", &number), STATUS_SUCCESS);
	assert_int_equal(vault_remove_slot(h->v, slot_of_kind(h->v, VAULT_SLOT_KEY_FILE)),
			 STATUS_SUCCESS);
	assert_int_equal(access(h->key, F_OK), -1);
}

static void a_passphrase_opens_what_it_locked(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *right = secret_text("open sesame");
	CLEANUP(secret_free_p) struct secret *wrong = secret_text("open barley");

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	with_passphrase_alone(h, "open sesame");
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_true(vault_is_locked(h->v));
	assert_int_equal(has_text(h->v, "server", "value"), VAULT_LOCKED);
	assert_int_equal(put_text(h->v, "server", "other"), VAULT_LOCKED);
	assert_int_equal(vault_unlock(h->v, wrong, 0), VAULT_WRONG_KEY);
	assert_true(vault_is_locked(h->v));
	assert_int_equal(vault_unlock(h->v, right, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	assert_int_equal(vault_lock(h->v), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), VAULT_LOCKED);
}

static void locking_holds_though_the_key_file_is_there(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("open sesame");
	int64_t number;

	assert_int_equal(vault_add_passphrase(h->v, p, "p", &number), STATUS_SUCCESS);
	assert_int_equal(vault_lock(h->v), STATUS_SUCCESS);
	assert_true(vault_is_locked(h->v));
	assert_int_equal(put_text(h->v, "server", "other"), VAULT_LOCKED);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_false(vault_is_locked(h->v));
}

static void what_a_key_file_alone_opens_is_not_kept_shut(void **state)
{
	struct vault_home *h = *state;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	assert_int_equal(vault_lock(h->v), STATUS_NOT_SUPPORTED);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
}

static void a_lock_ends_with_the_passphrase_that_would_open_it(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("open sesame");
	CLEANUP(vault_close_p) struct vault *other = NULL;
	struct vault_options o = home_options(h, 0);
	int64_t number;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	assert_int_equal(vault_add_passphrase(h->v, p, "p", &number), STATUS_SUCCESS);
	assert_int_equal(vault_lock(h->v), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), VAULT_LOCKED);
	assert_int_equal(vault_open(&o, &other), STATUS_SUCCESS);
	assert_int_equal(vault_remove_slot(other, number), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
}

static void the_last_slot_stays(void **state)
{
	struct vault_home *h = *state;

	assert_int_equal(vault_remove_slot(h->v, slot_of_kind(h->v, VAULT_SLOT_KEY_FILE)),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(vault_remove_slot(h->v, 77), VAULT_NOT_FOUND);
	assert_int_equal(access(h->key, F_OK), 0);
}

static void a_key_file_can_come_back(void **state)
{
	struct vault_home *h = *state;
	int64_t number;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	with_passphrase_alone(h, "open sesame");
	assert_int_equal(vault_add_key_file(h->v, NULL, &number), STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
}

static void the_keyring_keeps_it_open_for_others(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("open sesame");
	struct vault_status s;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	with_passphrase_alone(h, "open sesame");
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	NTSTATUS status = vault_unlock(h->v, p, 60);
	if (status == STATUS_NOT_SUPPORTED)
		skip(); /* no keyrings here */
	assert_int_equal(status, STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	assert_int_equal(vault_describe(h->v, &s), STATUS_SUCCESS);
	assert_true(s.in_keyring);
	assert_int_equal(vault_lock(h->v), STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_true(vault_is_locked(h->v));
}

static void copy_of_key(struct vault_home *h)
{
	char command[256];
	snprintf(command, sizeof(command), "cp -p '%s' '%s'", h->key, h->copy);
	assert_int_equal(system(command), 0);
}

static void rekeying_revokes_a_copied_key(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("open sesame");
	const struct secret *passphrases[] = { p };
	int64_t number;
	char name[24];

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "target%d", i);
		assert_int_equal(put_text(h->v, name, name), STATUS_SUCCESS);
	}
	assert_int_equal(vault_add_passphrase(h->v, p, NULL, &number), STATUS_SUCCESS);
	copy_of_key(h);
	assert_int_equal(vault_rekey(h->v, NULL, 0), VAULT_WRONG_KEY);
	assert_int_equal(has_text(h->v, "target7", "target7"), 1);
	assert_int_equal(vault_rekey(h->v, passphrases, 1), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "target7", "target7"), 1);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
	home_close(h);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "target49", "target49"), 1);
	home_close(h);
	assert_int_equal(rename(h->copy, h->key), 0);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_true(vault_is_locked(h->v));
	assert_int_equal(vault_unlock(h->v, p, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "target49", "target49"), 1);
}

static void others_follow_a_rekey(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	assert_int_equal(home_open(&other, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(other.v, "server", "value"), 1);
	assert_int_equal(vault_rekey(h->v, NULL, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(other.v, "server", "value"), 1);
	assert_int_equal(put_text(other.v, "server", "newer"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "newer"), 1);
	home_close(&other);
}

static void a_rekey_cut_off_is_finished(void **state)
{
	struct vault_home *h = *state;
	char next[112];

	snprintf(next, sizeof(next), "%s.next", h->key);
	copy_of_key(h);
	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	assert_int_equal(vault_rekey(h->v, NULL, 0), STATUS_SUCCESS);
	home_close(h);
	/* As if killed between the commit and the renaming. */
	assert_int_equal(rename(h->key, next), 0);
	assert_int_equal(rename(h->copy, h->key), 0);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	assert_int_equal(access(next, F_OK), -1);
}

static void what_is_exported_is_imported(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;
	CLEANUP(secret_free_p) struct secret *p = secret_text("for the journey");
	CLEANUP(secret_free_p) struct secret *wrong = secret_text("for the voyage");
	uint64_t count;

	assert_int_equal(put_text(h->v, "one", "1"), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "two", "22"), STATUS_SUCCESS);
	int fd = open(h->copy, O_RDWR | O_CREAT, 0600);
	assert_int_equal(vault_export(h->v, p, fd, &count), STATUS_SUCCESS);
	assert_int_equal(count, 2);
	snprintf(other.path, sizeof(other.path), "%s/two/vault.db", h->folder);
	snprintf(other.key, sizeof(other.key), "%s/two.etc/vault.key", h->folder);
	assert_int_equal(home_open(&other, VAULT_CREATE), STATUS_SUCCESS);
	assert_int_equal(put_text(other.v, "two", "its own"), STATUS_SUCCESS);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(vault_import(other.v, wrong, fd, false, &count), VAULT_WRONG_KEY);
	assert_int_equal(has_text(other.v, "one", "1"), VAULT_NOT_FOUND);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(vault_import(other.v, p, fd, false, &count), STATUS_SUCCESS);
	assert_int_equal(count, 1);
	assert_int_equal(has_text(other.v, "one", "1"), 1);
	assert_int_equal(has_text(other.v, "two", "its own"), 1);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(vault_import(other.v, p, fd, true, &count), STATUS_SUCCESS);
	assert_int_equal(has_text(other.v, "two", "22"), 1);
	close(fd);
	home_close(&other);
}

static void what_an_export_costs_is_known_before_it_is_opened(void **state)
{
	uint8_t head[48] = "OpenSSPI export\n\1\0\0\0\3\0\0\0\0\0\1\0\4";

	assert_false(vault_import_is_dear(rd_of(head, sizeof(head))));
	static const struct {
		size_t at;
		uint8_t is;
	} more[] = { { 20, 4 }, { 24, 1 }, { 27, 1 }, { 28, 5 } };
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		uint8_t was = head[more[i].at];
		head[more[i].at] = more[i].is;
		assert_true(vault_import_is_dear(rd_of(head, sizeof(head))));
		head[more[i].at] = was;
	}
	head[20] = 4;
	assert_false(vault_import_is_dear(rd_of(head, sizeof(head) - 1))); /* no export at all */
}

static void an_export_cut_short_brings_nothing(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("for the journey");
	uint64_t count;
	struct vault_name one = named("one");

	assert_int_equal(put_text(h->v, "one", "1"), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "two", "22"), STATUS_SUCCESS);
	int fd = open(h->copy, O_RDWR | O_CREAT, 0600);
	assert_int_equal(vault_export(h->v, p, fd, &count), STATUS_SUCCESS);
	assert_int_equal(vault_delete(h->v, &one), STATUS_SUCCESS);
	for (off_t n = lseek(fd, 0, SEEK_END) - 1; n > 0; n -= 11) {
		assert_int_equal(ftruncate(fd, n), 0);
		lseek(fd, 0, SEEK_SET);
		assert_true(failed(vault_import(h->v, p, fd, true, &count)));
		assert_int_equal(count, 0);
		assert_int_equal(has_text(h->v, "one", "1"), VAULT_NOT_FOUND);
	}
	close(fd);
}

static void an_altered_export_brings_nothing(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *p = secret_text("for the journey");
	struct vault_name one = named("one");
	uint64_t count;
	uint8_t byte;

	assert_int_equal(put_text(h->v, "one", "1"), STATUS_SUCCESS);
	int fd = open(h->copy, O_RDWR | O_CREAT, 0600);
	assert_int_equal(vault_export(h->v, p, fd, &count), STATUS_SUCCESS);
	assert_int_equal(vault_delete(h->v, &one), STATUS_SUCCESS);
	off_t n = lseek(fd, 0, SEEK_END);
	/* Behind the costs, each of which would take its time. */
	for (off_t at = 16 + 4 + 3 * 4; at < n; at += 17) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		lseek(fd, 0, SEEK_SET);
		assert_true(failed(vault_import(h->v, p, fd, true, &count)));
		assert_int_equal(has_text(h->v, "one", "1"), VAULT_NOT_FOUND);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(vault_import(h->v, p, fd, true, &count), STATUS_SUCCESS);
	close(fd);
}

static void run_sql_on(struct vault_home *h, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* What a later program has added is no reason to refuse what opens it, nor to lose it. */
static void a_slot_of_an_unknown_kind_is_left_alone(void **state)
{
	struct vault_home *h = *state;
	struct vault_status s;

	assert_int_equal(put_text(h->v, "server", "value"), STATUS_SUCCESS);
	home_close(h);
	run_sql_on(h, "INSERT INTO slot(kind, created, label, parameters, wrapped)"
		      " VALUES(77, 1, 'later', x'010203', zeroblob(700))");
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	assert_int_equal(vault_describe(h->v, &s), STATUS_SUCCESS);
	assert_int_equal(s.slots, 2);
	assert_int_equal(vault_rekey(h->v, NULL, 0), VAULT_WRONG_KEY);
	assert_int_equal(has_text(h->v, "server", "value"), 1);
	assert_int_equal(vault_remove_slot(h->v, slot_of_kind(h->v, 77)), STATUS_SUCCESS);
	assert_int_equal(vault_rekey(h->v, NULL, 0), STATUS_SUCCESS);
}

#define HOME_TEST(f) cmocka_unit_test_setup_teardown(f, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(a_passphrase_opens_what_it_locked),
		HOME_TEST(locking_holds_though_the_key_file_is_there),
		HOME_TEST(what_a_key_file_alone_opens_is_not_kept_shut),
		HOME_TEST(a_lock_ends_with_the_passphrase_that_would_open_it),
		HOME_TEST(the_last_slot_stays),
		HOME_TEST(a_key_file_can_come_back),
		HOME_TEST(the_keyring_keeps_it_open_for_others),
		HOME_TEST(rekeying_revokes_a_copied_key),
		HOME_TEST(others_follow_a_rekey),
		HOME_TEST(a_rekey_cut_off_is_finished),
		HOME_TEST(what_is_exported_is_imported),
		HOME_TEST(what_an_export_costs_is_known_before_it_is_opened),
		HOME_TEST(an_export_cut_short_brings_nothing),
		HOME_TEST(an_altered_export_brings_nothing),
		HOME_TEST(a_slot_of_an_unknown_kind_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
