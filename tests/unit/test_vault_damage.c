/* tests/unit/test_vault_damage.c - altered files: everything reads right or is named, nothing is lost.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "vault_home.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>

#define RECORDS 6

static const char *value_of(int i)
{
	static char text[8][64];
	snprintf(text[i], sizeof(text[i]), "value %d of a record that is sealed", i);
	return text[i];
}

static const char *name_of(int i)
{
	static char text[8][16];
	snprintf(text[i], sizeof(text[i]), "target%d", i);
	return text[i];
}

static void fill(struct vault_home *h)
{
	for (int i = 0; i < RECORDS; i++)
		assert_int_equal(put_text(h->v, name_of(i), value_of(i)), STATUS_SUCCESS);
}

static void sql(struct vault_home *h, const char *text)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

struct seen {
	int right, altered;
};

static bool see(void *to, const struct vault_record *r)
{
	struct seen *s = to;
	if (r->status == VAULT_ALTERED) {
		s->altered++;
		return true;
	}
	int i = r->name.target.p[r->name.target.n - 1] - '0';
	assert_in_range(i, 0, RECORDS - 1);
	assert_int_equal(r->value.n, strlen(value_of(i)));
	assert_memory_equal(r->value.p, value_of(i), r->value.n);
	s->right++;
	return true;
}

static void a_record_that_was_altered_is_named_and_the_rest_reads(void **state)
{
	struct vault_home *h = *state;
	struct vault_report report;
	struct seen seen = { 0 };
	struct vault_fault fault;

	fill(h);
	sql(h, "UPDATE record SET body = zeroblob(length(body)) WHERE row = 3");
	assert_int_equal(has_text(h->v, name_of(2), value_of(2)), VAULT_ALTERED);
	vault_last_fault(h->v, &fault);
	assert_non_null(strstr(fault.text, "record 3"));
	assert_int_equal(has_text(h->v, name_of(1), value_of(1)), 1);
	assert_int_equal(vault_each(h->v, 0, see, &seen), STATUS_SUCCESS);
	assert_int_equal(seen.right, RECORDS - 1);
	assert_int_equal(seen.altered, 1);
	assert_int_equal(vault_check(h->v, NULL, NULL, &report), VAULT_ALTERED);
	assert_int_equal(report.altered, 1);
	assert_int_equal(put_text(h->v, name_of(2), value_of(2)), STATUS_SUCCESS);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
}

static void records_cannot_change_places(void **state)
{
	struct vault_home *h = *state;
	struct seen seen = { 0 };

	fill(h);
	sql(h, "CREATE TEMP TABLE k AS SELECT * FROM record;"
	       "UPDATE record SET body = (SELECT body FROM k WHERE k.row = 7 - record.row),"
	       " version = (SELECT version FROM k WHERE k.row = 7 - record.row)");
	for (int i = 0; i < RECORDS; i++)
		assert_int_equal(has_text(h->v, name_of(i), value_of(i)), VAULT_ALTERED);
	assert_int_equal(vault_each(h->v, 0, see, &seen), STATUS_SUCCESS);
	assert_int_equal(seen.altered, RECORDS);
}

static void an_old_version_does_not_come_back(void **state)
{
	struct vault_home *h = *state;
	struct vault_report report;

	fill(h);
	sql(h, "CREATE TABLE kept AS SELECT * FROM record");
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, name_of(0), value_of(1)), STATUS_SUCCESS);
	sql(h, "UPDATE record SET body = (SELECT body FROM kept k WHERE k.row = record.row),"
	       " version = (SELECT version FROM kept k WHERE k.row = record.row); DROP TABLE kept");
	assert_int_equal(vault_check(h->v, NULL, NULL, &report), VAULT_DAMAGED);
	assert_true(report.sum_differs);
}

static void rows_that_vanish_are_missed(void **state)
{
	struct vault_home *h = *state;
	struct vault_report report;
	struct seen seen = { 0 };

	fill(h);
	sql(h, "DELETE FROM record WHERE row = 2");
	assert_int_equal(vault_each(h->v, 0, see, &seen), VAULT_DAMAGED);
	assert_int_equal(seen.right, RECORDS - 1);
	assert_int_equal(vault_check(h->v, NULL, NULL, &report), VAULT_DAMAGED);
	assert_int_equal(report.missing, 1);
	assert_int_equal(vault_accept(h->v, false), STATUS_SUCCESS);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, name_of(1), value_of(1)), STATUS_SUCCESS);
}

static void an_altered_head_stops_writers_not_readers(void **state)
{
	struct vault_home *h = *state;

	fill(h);
	sql(h, "UPDATE vault SET changes = 1");
	assert_int_equal(has_text(h->v, name_of(1), value_of(1)), 1);
	assert_int_equal(put_text(h->v, "x", "y"), VAULT_DAMAGED);
	assert_int_equal(vault_accept(h->v, false), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "x", "y"), STATUS_SUCCESS);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
}

static void accepting_deletes_altered_records_when_told(void **state)
{
	struct vault_home *h = *state;

	fill(h);
	sql(h, "UPDATE record SET body = zeroblob(100) WHERE row < 3");
	assert_int_equal(vault_accept(h->v, true), STATUS_SUCCESS);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, name_of(0), value_of(0)), VAULT_NOT_FOUND);
	assert_int_equal(has_text(h->v, name_of(4), value_of(4)), 1);
}

static void a_newer_format_is_left_alone(void **state)
{
	struct vault_home *h = *state;

	home_close(h);
	sql(h, "PRAGMA user_version = 2");
	assert_int_equal(home_open(h, VAULT_CREATE), VAULT_NEWER);
	assert_non_null(strstr(h->fault.text, "format 2"));
}

static void a_foreign_layout_is_refused(void **state)
{
	struct vault_home *h = *state;

	home_close(h);
	sql(h, "CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM slot; END");
	assert_int_equal(home_open(h, VAULT_CREATE), VAULT_DAMAGED);
}

static void other_files_are_never_replaced(void **state)
{
	struct vault_home *h = *state;
	static const char *const contents[] = { "", "x", "SQLite format 3",
						"something else entirely" };

	home_close(h);
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		struct stat st;
		FILE *f = fopen(h->path, "w");
		fputs(contents[i], f);
		fclose(f);
		assert_int_equal(home_open(h, VAULT_CREATE), VAULT_DAMAGED);
		assert_int_equal(stat(h->path, &st), 0);
		assert_int_equal(st.st_size, strlen(contents[i]));
	}
}

static uint8_t original[1 << 20];

static size_t load(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = fread(original, 1, sizeof(original), f);
	fclose(f);
	return n;
}

static void store(const char *path, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, original, n), n);
	close(fd);
}

/* Every record has to be read right, or be named as altered, or be missed as a whole. */
static void look_at(struct vault_home *h, size_t at)
{
	struct seen seen = { 0 };

	if (failed(home_open(h, VAULT_CREATE))) {
		assert_non_null(strstr(h->fault.text, h->path));
		return;
	}
	for (int i = 0; i < RECORDS; i++) {
		NTSTATUS got = has_text(h->v, name_of(i), value_of(i));
		if (got == 0)
			print_error("byte %zu: record %d reads wrong\n", at, i);
		assert_int_not_equal(got, 0);
	}
	NTSTATUS status = vault_each(h->v, 0, see, &seen);
	/* More than there were, all but ours altered, is what a page with a wrong count of rows gives. */
	if (!failed(status) && seen.right + seen.altered < RECORDS)
		print_error("byte %zu: %d right, %d altered\n", at, seen.right, seen.altered);
	if (!failed(status))
		assert_true(seen.right + seen.altered >= RECORDS);
	home_close(h);
}

static void every_altered_byte_is_noticed_or_harmless(void **state)
{
	struct vault_home *h = *state;

	fill(h);
	home_close(h);
	size_t n = load(h->path);
	assert_in_range(n, 8192, sizeof(original));
	for (size_t i = 0; i < n; i++) {
		uint8_t was = original[i];
		/* Free space is mostly zeros: one byte in seven of it stands for the rest. */
		if (was == 0 && i > 200 && i % 7)
			continue;
		original[i] ^= (uint8_t)(1u << i % 8);
		store(h->path, n);
		look_at(h, i);
		original[i] = was;
	}
	store(h->path, n);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_int_equal(vault_check(h->v, NULL, NULL, NULL), STATUS_SUCCESS);
}

static void a_damaged_page_costs_its_own_records(void **state)
{
	struct vault_home *h = *state;
	struct seen seen = { 0 };
	struct vault_report report;
	char name[24];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "t%03d.%d", i, i % RECORDS);
		assert_int_equal(put_text(h->v, name, value_of(i % RECORDS)), STATUS_SUCCESS);
	}
	home_close(h);
	size_t n = load(h->path);
	for (size_t page = n / 4096 - 3; page < n / 4096 - 2; page++)
		memset(original + page * 4096, 0xFF, 100);
	store(h->path, n);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	NTSTATUS status = vault_each(h->v, 0, see, &seen);
	assert_true(status == VAULT_DAMAGED || seen.right == 300);
	assert_true(seen.right > 250);
	assert_int_equal(vault_check(h->v, NULL, NULL, &report), VAULT_DAMAGED);
	assert_true(report.file_damaged);
}

static void a_read_only_place_is_read(void **state)
{
	struct vault_home *h = *state;
	struct vault_options o = home_options(h, VAULT_READ_ONLY);
	int status;

	fill(h);
	home_close(h);
	assert_int_equal(vault_open(&o, &h->v), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, name_of(1), value_of(1)), 1);
	assert_int_equal(put_text(h->v, "x", "y"), VAULT_READ_ONLY_PLACE);
	home_close(h);
	/* As another user, for root may write everywhere. */
	pid_t child = fork();
	if (child == 0) {
		char command[256];
		snprintf(command, sizeof(command), "chown -R 65534 '%s'", h->folder);
		bool good = geteuid() != 0 || (system(command) == 0 && setuid(65534) == 0);
		snprintf(command, sizeof(command), "chmod 0500 '%s/data'", h->folder);
		good = good && system(command) == 0 && !failed(home_open(h, 0)) &&
		       has_text(h->v, name_of(1), value_of(1)) == 1 &&
		       put_text(h->v, "x", "y") == VAULT_READ_ONLY_PLACE;
		home_close(h);
		snprintf(command, sizeof(command), "chmod 0700 '%s/data'", h->folder);
		_exit(good && system(command) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static bool set_mode(struct vault_home *h, const char *mode)
{
	char command[256];
	snprintf(command, sizeof(command), "chmod %s '%s/data'", mode, h->folder);
	return system(command) == 0;
}

/* A file system may be mounted for writing again, and another user may write at any time. */
static void what_others_write_in_a_read_only_place_is_seen(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;
	char command[256];
	int status;

	fill(h);
	home_close(h);
	pid_t child = fork();
	if (child == 0) {
		snprintf(command, sizeof(command), "chown -R 65534 '%s'", h->folder);
		bool good = geteuid() != 0 || (system(command) == 0 && setuid(65534) == 0);
		good = good && set_mode(h, "0500") && !failed(home_open(h, 0)) &&
		       has_text(h->v, name_of(1), value_of(1)) == 1;
		good = good && set_mode(h, "0700") && !failed(home_open(&other, 0)) &&
		       !failed(put_text(other.v, name_of(1), "new")) && set_mode(h, "0500");
		sleep(2); /* readers look once a second */
		good = good && has_text(h->v, name_of(1), "new") == 1;
		good = good && !failed(put_text(other.v, name_of(1), "newer"));
		sleep(2);
		good = good && has_text(h->v, name_of(1), "newer") == 1;
		home_close(h);
		home_close(&other);
		_exit(good && set_mode(h, "0700") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_log_in_a_read_only_place_is_read_too(void **state)
{
	struct vault_home *h = *state;
	char command[512];

	fill(h); /* open still: the log has it all */
	snprintf(command, sizeof(command), "cp -rp '%s/data' '%s/still' && chmod 0500 '%s/still'",
		 h->folder, h->folder, h->folder);
	assert_int_equal(system(command), 0);
	home_close(h);
	snprintf(h->path, sizeof(h->path), "%s/still/vault.db", h->folder);
	snprintf(command, sizeof(command), "chown -R 65534 '%s'", h->folder);
	pid_t child = fork();
	if (child == 0) {
		bool good = geteuid() != 0 || (system(command) == 0 && setuid(65534) == 0);
		good = good && !failed(home_open(h, 0)) &&
		       has_text(h->v, name_of(5), value_of(5)) == 1 &&
		       put_text(h->v, "x", "y") == VAULT_READ_ONLY_PLACE;
		home_close(h);
		_exit(good ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void on_a_network_there_is_a_journal_file(void **state)
{
	struct vault_home *h = *state;
	struct vault_status s;

	fill(h);
	assert_int_equal(vault_describe(h->v, &s), STATUS_SUCCESS);
	assert_string_equal(s.journal, "wal");
	home_close(h);
	assert_int_equal(home_open(h, VAULT_FILE_JOURNAL), STATUS_SUCCESS);
	assert_int_equal(vault_describe(h->v, &s), STATUS_SUCCESS);
	assert_string_equal(s.journal, "delete");
	assert_int_equal(has_text(h->v, name_of(1), value_of(1)), 1);
	struct vault_home other = *h;
	assert_int_equal(home_open(&other, VAULT_FILE_JOURNAL), STATUS_SUCCESS);
	assert_int_equal(put_text(other.v, "x", "y"), STATUS_SUCCESS);
	assert_int_equal(has_text(h->v, "x", "y"), 1);
	home_close(&other);
}

static void who_waits_too_long_hears_of_it(void **state)
{
	struct vault_home *h = *state;
	struct vault_home other = *h;
	struct vault_options o = home_options(&other, 0);
	sqlite3 *db;
	struct vault_fault fault;

	o.wait_ms = 100;
	assert_int_equal(vault_open(&o, &other.v), STATUS_SUCCESS);
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(put_text(other.v, "x", "y"), VAULT_BUSY);
	vault_last_fault(other.v, &fault);
	assert_non_null(strstr(fault.text, "other programs"));
	assert_int_equal(has_text(other.v, "x", "y"), VAULT_NOT_FOUND);
	sqlite3_close(db);
	assert_int_equal(put_text(other.v, "x", "y"), STATUS_SUCCESS);
	home_close(&other);
}

#define HOME_TEST(f) cmocka_unit_test_setup_teardown(f, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(a_record_that_was_altered_is_named_and_the_rest_reads),
		HOME_TEST(records_cannot_change_places),
		HOME_TEST(an_old_version_does_not_come_back),
		HOME_TEST(rows_that_vanish_are_missed),
		HOME_TEST(an_altered_head_stops_writers_not_readers),
		HOME_TEST(accepting_deletes_altered_records_when_told),
		HOME_TEST(a_newer_format_is_left_alone),
		HOME_TEST(a_foreign_layout_is_refused),
		HOME_TEST(other_files_are_never_replaced),
		HOME_TEST(every_altered_byte_is_noticed_or_harmless),
		HOME_TEST(a_damaged_page_costs_its_own_records),
		HOME_TEST(a_read_only_place_is_read),
		HOME_TEST(what_others_write_in_a_read_only_place_is_seen),
		HOME_TEST(a_log_in_a_read_only_place_is_read_too),
		HOME_TEST(on_a_network_there_is_a_journal_file),
		HOME_TEST(who_waits_too_long_hears_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
