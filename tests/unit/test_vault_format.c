/* tests/unit/test_vault_format.c - vaults of every format version that ever was written still open.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * tests/data/vault-v1 was made once, by "MAKE_VAULT_FIXTURE=FOLDER test_vault_format", and is not made
 * again: a later format gets a folder of its own. Its `content` is for readers in other languages. */
#include "vault_home.h"

#include <wincred.h>

#include "wire/credential.h"
#include "wire/wr.h"

#define PASSPHRASE "correct horse \xC3\xBC"
#define RECORDS 9
#define LONG_TARGET 3000
#define LARGE_VALUE 5001

static WCHAR long_target[LONG_TARGET];
static uint8_t large_value[LARGE_VALUE];

static const WCHAR outside_ascii[] = { 0x00FC, 0x00DF, 0x0131, 0x0416, 0x03C9, 0xD83D, 0xDD11 };

#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })

static void put_credential(struct wr *w)
{
	struct credential_view c = { .type = CRED_TYPE_DOMAIN_PASSWORD,
				     .persist = CRED_PERSIST_LOCAL_MACHINE,
				     .last_written = UINT64_C(133500000000000000),
				     .target = T("*.lab.test"),
				     .comment = T("of the fixture"),
				     .user = T("LAB\\alice"),
				     .blob = rd_of("S\0"
						   "3\0"
						   "c\0",
						   6),
				     .attribute_count = 1 };

	c.attribute[0] = (struct credential_attribute){ T("Key"), 0, rd_of("\1\2\3", 3) };
	credential_write(w, &c);
}

/* The record number i: its name and value; `w` holds a value that is made. */
static void record_at(size_t i, struct vault_name *name, struct rd *value, struct wr *w)
{
	static const struct vault_name names[RECORDS] = {
		{ 0, 1, T("LegacyName") },
		{ 0, 2, T("*.lab.test") },
		{ 0, 1, { outside_ascii, ARRAY_LEN(outside_ascii) } },
		{ 0, 1, { long_target, LONG_TARGET } },
		{ 0, 1, T("empty") },
		{ 0, 1, T("odd") },
		{ 0, 1, T("large") },
		{ 0, 3, T("LegacyName") },
		{ 7, 1, T("LegacyName") },
	};
	const struct rd values[RECORDS] = {
		rd_of("value", 5),
		rd_of(NULL, 0),
		rd_of("key", 3),
		rd_of("long", 4),
		rd_of("", 0),
		rd_of("odd", 3),
		rd_of(large_value, LARGE_VALUE),
		rd_of("third type", 10),
		rd_of("seventh set", 11),
	};

	for (size_t n = 0; n < LONG_TARGET; n++)
		long_target[n] = (WCHAR)('a' + n % 26);
	for (size_t n = 0; n < LARGE_VALUE; n++)
		large_value[n] = (uint8_t)(n * 31);
	*name = names[i];
	*value = values[i];
	if (i == 1) {
		put_credential(w);
		*value = wr_view(w);
	}
}

/* ---- making ---- */

static void print_hex(FILE *f, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x", ((const uint8_t *)p)[i]);
}

static int make(const char *folder)
{
	char path[3][256];
	const char *const names[] = { "vault.db", "vault.key", "content" };
	CLEANUP(secret_free_p) struct secret *passphrase = secret_text(PASSPHRASE);
	CLEANUP(vault_close_p) struct vault *v = NULL;

	for (size_t i = 0; i < 3; i++)
		snprintf(path[i], sizeof(path[i]), "%s/%s", folder, names[i]);
	if (failed(vault_open(&(struct vault_options){ .path = path[0],
						       .key_file = path[1],
						       .flags = VAULT_CREATE },
			      &v)))
		return 1;
	FILE *f = fopen(path[2], "w");
	if (!f || failed(vault_add_passphrase(v, passphrase, "fixture", NULL)) ||
	    failed(put_text(v, "gone", "deleted")))
		return 1;
	for (size_t i = 0; i < RECORDS; i++) {
		CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
		struct vault_name name;
		struct rd value;
		record_at(i, &name, &value, &w);
		if (failed(vault_put(v, &name, value)))
			return 1;
		fprintf(f, "%u %u ", name.set, name.type);
		print_hex(f, name.target.p, 2 * name.target.n);
		fprintf(f, " ");
		print_hex(f, value.p, value.n);
		fprintf(f, "\n");
	}
	struct vault_name gone = named("gone");
	return failed(vault_delete(v, &gone)) || fclose(f) != 0;
}

/* ---- reading ---- */

/* A copy of the fixture in a folder of its own, as nobody else may write to it. */
static void copy_in(struct vault_home *h, const char *fixture, bool with_key)
{
	char command[512];

	home_close(h);
	snprintf(command, sizeof(command),
		 "cd '%s' && rm -f data/* etc/* && cp " TEST_DATA "/%s/vault.db data && "
		 "cp " TEST_DATA "/%s/vault.key etc && chmod 0600 data/* etc/* && "
		 "cp data/vault.db before",
		 h->folder, fixture, fixture);
	assert_int_equal(system(command), 0);
	if (!with_key)
		assert_int_equal(unlink(h->key), 0);
}

static void assert_whole(struct vault *v)
{
	struct vault_report report;

	for (size_t i = 0; i < RECORDS; i++) {
		CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
		CLEANUP(secret_free_p) struct secret *s = NULL;
		struct vault_name name;
		struct rd value;
		record_at(i, &name, &value, &w);
		assert_int_equal(vault_get(v, &name, &s), STATUS_SUCCESS);
		assert_int_equal(s->len, value.n);
		assert_memory_equal(s->p, value.n ? value.p : s->p, value.n);
	}
	assert_int_equal(vault_check(v, NULL, NULL, &report), STATUS_SUCCESS);
	assert_int_equal(report.records, RECORDS);
	assert_int_equal(has_text(v, "gone", ""), VAULT_NOT_FOUND);
}

static void a_vault_of_format_1_opens_by_its_key_file(void **state)
{
	struct vault_home *h = *state;

	copy_in(h, "vault-v1", true);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_whole(h->v);
	/* Names are found in any case, by the folding of that time. */
	struct vault_name name = {
		0, 1, { (const WCHAR[]){ 0x00DC, 0x00DF, 'I', 0x0436, 0x03A9, 0xD83D, 0xDD11 }, 7 }
	};
	CLEANUP(secret_free_p) struct secret *s = NULL;
	assert_int_equal(vault_get(h->v, &name, &s), STATUS_SUCCESS);
	assert_int_equal(put_text(h->v, "new", "text"), STATUS_SUCCESS);
	assert_int_equal(vault_rekey(h->v, NULL, 0), VAULT_WRONG_KEY);
}

static void a_vault_of_format_1_opens_by_its_passphrase(void **state)
{
	struct vault_home *h = *state;
	CLEANUP(secret_free_p) struct secret *wrong = secret_text("correct horse");
	CLEANUP(secret_free_p) struct secret *right = secret_text(PASSPHRASE);
	const struct secret *given = right;

	copy_in(h, "vault-v1", false);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_true(vault_is_locked(h->v));
	assert_int_equal(vault_unlock(h->v, wrong, 0), VAULT_WRONG_KEY);
	assert_int_equal(vault_unlock(h->v, right, 0), STATUS_SUCCESS);
	assert_whole(h->v);
	assert_int_equal(vault_rekey(h->v, &given, 1), STATUS_SUCCESS);
	assert_whole(h->v);
}

static void looking_at_it_changes_no_byte(void **state)
{
	struct vault_home *h = *state;
	char command[256];

	copy_in(h, "vault-v1", true);
	assert_int_equal(home_open(h, 0), STATUS_SUCCESS);
	assert_whole(h->v);
	home_close(h);
	snprintf(command, sizeof(command), "cmp -s '%s/before' '%s'", h->folder, h->path);
	assert_int_equal(system(command), 0);
}

/* With a key that is not its own it is locked, and stays as it is. */
static void another_vaults_key_opens_nothing(void **state)
{
	struct vault_home *h = *state;
	char command[512];

	home_close(h);
	snprintf(command, sizeof(command), "cp -p '%s' '%s/other.key'", h->key, h->folder);
	assert_int_equal(system(command), 0);
	copy_in(h, "vault-v1", false);
	snprintf(command, sizeof(command), "mv '%s/other.key' '%s'", h->folder, h->key);
	assert_int_equal(system(command), 0);
	assert_int_equal(home_open(h, VAULT_CREATE), STATUS_SUCCESS);
	assert_true(vault_is_locked(h->v));
	assert_int_equal(has_text(h->v, "LegacyName", "value"), VAULT_LOCKED);
	assert_int_equal(put_text(h->v, "LegacyName", "value"), VAULT_LOCKED);
	home_close(h);
	snprintf(command, sizeof(command), "cmp -s '%s/before' '%s'", h->folder, h->path);
	assert_int_equal(system(command), 0);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(a_vault_of_format_1_opens_by_its_key_file),
		ONE(a_vault_of_format_1_opens_by_its_passphrase),
		ONE(looking_at_it_changes_no_byte),
		ONE(another_vaults_key_opens_nothing),
	};
	const char *folder = getenv("MAKE_VAULT_FIXTURE");

	return folder ? make(folder) : cmocka_run_group_tests(tests, NULL, NULL);
}
