/* tests/unit/test_accounts_table.c - the accounts file's text: read, refused, written again.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <opensspi.h>

#include "accounts/table.h"
#include "base/utf.h"

#define HEAD "opensspi-accounts 1\n"
#define HASH "a4f49c406510bdcab6824ee7c30fd852"

static NTSTATUS parse(const char *text, struct accounts **t, struct accounts_fault *fault)
{
	return accounts_parse(text, strlen(text), t, fault);
}

static const struct account *find(const struct accounts *t, const char *domain, const char *user)
{
	WCHAR *d, *u, key[ACCOUNT_KEY_MAX];
	size_t d_n, u_n;

	assert_true(utf16_from_utf8(domain, strlen(domain), &d, &d_n));
	assert_true(utf16_from_utf8(user, strlen(user), &u, &u_n));
	size_t n = account_key(d, d_n, u, u_n, key);
	mem_free(d);
	mem_free(u);
	return accounts_find(t, key, n);
}

static void every_field_is_read(void **state)
{
	struct accounts_fault fault;
	struct accounts *t;

	assert_int_equal(parse(HEAD ":alice:" HASH ":::\n"
				    "Dom:b%3Ao%25b:" HASH ":disabled,locked,expired,must-change,password-expired:17:99\n"
				    "d:\xC3\xA4:A4F49C406510BDCAB6824EE7C30FD852:locked:1:\n",
			       &t, &fault),
			 STATUS_SUCCESS);
	assert_int_equal(t->count, 3);
	const struct account *a = find(t, "", "ALICE");
	assert_non_null(a);
	assert_int_equal(a->flags, 0);
	assert_int_equal(a->password_set, 0);
	assert_int_equal(a->expires, 0);
	a = find(t, "dOM", "B:O%B");
	assert_non_null(a);
	assert_string_equal(a->user, "b:o%b");
	assert_int_equal(a->flags, 0x1f);
	assert_int_equal(a->password_set, 17);
	assert_int_equal(a->expires, 99);
	a = find(t, "D", "\xC3\x84");
	assert_non_null(a);
	assert_int_equal(a->hash->p[0], 0xa4);
	assert_null(find(t, "", "bob"));
	assert_null(find(t, "alice", ""));
	accounts_free(t);
}

static const struct {
	const char *text;
	unsigned line;
} damaged[] = {
	{ "", 1 },
	{ "opensspi-accounts 1", 1 },
	{ "opensspi-accounts 2\n", 1 },
	{ "opensspi-accounts 1\r\n", 1 },
	{ HEAD ":a:" HASH ":::", 2 },
	{ HEAD "\n", 2 },
	{ HEAD "# note\n", 2 },
	{ HEAD ":a:" HASH "::\n", 2 },
	{ HEAD ":a:" HASH "::::\n", 2 },
	{ HEAD "::" HASH ":::\n", 2 },
	{ HEAD ":a:" HASH ":::\n:b:" HASH ":::\n:A:" HASH ":::\n", 4 },
	{ HEAD ":a:a4f49c406510bdcab6824ee7c30fd85:::\n", 2 },
	{ HEAD ":a:a4f49c406510bdcab6824ee7c30fd8521:::\n", 2 },
	{ HEAD ":a:a4f49c406510bdcab6824ee7c30fd85g:::\n", 2 },
	{ HEAD ":a::::\n", 2 },
	{ HEAD ":a:" HASH ":Locked::\n", 2 },
	{ HEAD ":a:" HASH ":locked,::\n", 2 },
	{ HEAD ":a:" HASH ":,locked::\n", 2 },
	{ HEAD ":a:" HASH ":locked,locked::\n", 2 },
	{ HEAD ":a:" HASH "::-1:\n", 2 },
	{ HEAD ":a:" HASH ":::1234567890123456789\n", 2 },
	{ HEAD ":a%:" HASH ":::\n", 2 },
	{ HEAD ":a%4:" HASH ":::\n", 2 },
	{ HEAD ":a%zz:" HASH ":::\n", 2 },
	{ HEAD ":a%00b:" HASH ":::\n", 2 },
	{ HEAD ":a%0ab:" HASH ":::\n", 2 },
	{ HEAD ":a\\b\\c:" HASH ":::\n", 2 },
	{ HEAD ":\xff:" HASH ":::\n", 2 },
	{ HEAD ":\xED\xA0\x80:" HASH ":::\n", 2 },
};

static void a_damaged_text_is_refused_by_its_line(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
		struct accounts_fault fault;
		struct accounts *t;
		assert_int_equal(parse(damaged[i].text, &t, &fault), (NTSTATUS)SEC_E_INTERNAL_ERROR);
		assert_null(t);
		assert_int_equal(fault.line, damaged[i].line);
		assert_non_null(fault.reason);
	}
}

static void every_truncation_is_refused_or_has_fewer_accounts(void **state)
{
	static const char text[] = HEAD "Dom:a%3a:" HASH ":locked:17:99\n:b:" HASH ":::\n";
	const size_t first = strlen(HEAD), second = strlen(HEAD "Dom:a%3a:" HASH ":locked:17:99\n");

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct accounts_fault fault;
		struct accounts *t;
		NTSTATUS status = accounts_parse(text, n, &t, &fault);
		if (n == first || n == second) {
			assert_int_equal(status, STATUS_SUCCESS);
			assert_int_equal(t->count, n == first ? 0 : 1);
			accounts_free(t);
			continue;
		}
		assert_int_equal(status, (NTSTATUS)SEC_E_INTERNAL_ERROR);
	}
}

static void what_is_written_reads_the_same(void **state)
{
	static const char text[] = HEAD ":b:" HASH ":::\nDom:a%3a%25:" HASH ":locked,expired:17:99\n";
	struct accounts_fault fault;
	struct accounts *t;
	size_t n;

	assert_int_equal(parse(text, &t, &fault), STATUS_SUCCESS);
	char *again = accounts_text(t, &n);
	assert_int_equal(n, sizeof(text) - 1);
	assert_memory_equal(again, text, n);
	mem_free_wiped(again, n);
	accounts_free(t);
}

static void names_have_limits(void **state)
{
	char name[4 * ACCOUNT_NAME_MAX + 2];

	memset(name, 'x', 257);
	name[257] = '\0';
	assert_false(account_name_is_fine(name, false));
	name[256] = '\0';
	assert_true(account_name_is_fine(name, false));
	for (int i = 0; i < 128; i++) /* 128 characters outside the BMP are 256 units */
		memcpy(name + 4 * i, "\xF0\x9F\x98\x80", 5);
	assert_true(account_name_is_fine(name, false));
	memcpy(name + 512, "x", 2);
	assert_false(account_name_is_fine(name, false));
	assert_true(account_name_is_fine("", true));
	assert_false(account_name_is_fine("", false));
	assert_true(account_name_is_fine("user@realm", false));
	assert_false(account_name_is_fine("a\tb", false));
	assert_false(account_name_is_fine("a/b", false));
}

static void a_table_keeps_its_order_through_changes(void **state)
{
	struct accounts *t = accounts_new();
	char name[16];

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "u%d", i * 37 % 200);
		assert_non_null(accounts_add(t, i % 2 ? "D" : "", name));
	}
	assert_int_equal(t->count, 200);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "U%d", i * 37 % 200);
		struct account *a = (struct account *)(uintptr_t)find(t, i % 2 ? "d" : "", name);
		assert_non_null(a);
		if (i % 3 == 0)
			accounts_remove(t, a);
	}
	assert_int_equal(t->count, 133);
	accounts_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(a_damaged_text_is_refused_by_its_line),
		cmocka_unit_test(every_truncation_is_refused_or_has_fewer_accounts),
		cmocka_unit_test(what_is_written_reads_the_same),
		cmocka_unit_test(names_have_limits),
		cmocka_unit_test(a_table_keeps_its_order_through_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
