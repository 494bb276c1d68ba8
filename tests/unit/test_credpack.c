/* tests/unit/test_credpack.c - CredPackAuthenticationBuffer and its opposite.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <opensspi.h>
#include <wincred.h>

#define LITERAL(s) ((char *)(uintptr_t)(s))

static uint8_t packed[4096];
static DWORD packed_n;

static void pack(DWORD flags, const char *user, const char *password)
{
	packed_n = sizeof(packed);
	assert_true(CredPackAuthenticationBufferA(flags, LITERAL(user), LITERAL(password), packed,
						  &packed_n));
}

static void expect(const char *user, const char *domain, const char *password)
{
	char u[64], d[64], p[64];
	DWORD un = sizeof(u), dn = sizeof(d), pn = sizeof(p);
	assert_true(CredUnPackAuthenticationBufferA(0, packed, packed_n, u, &un, d, &dn, p, &pn));
	assert_string_equal(u, user);
	assert_string_equal(d, domain);
	assert_string_equal(p, password);
	assert_int_equal(un, strlen(user) + 1);
	assert_int_equal(dn, strlen(domain) + 1);
	assert_int_equal(pn, strlen(password) + 1);
}

static void both_forms_come_back_the_same(void **state)
{
	static const DWORD forms[] = { 0, CRED_PACK_ID_PROVIDER_CREDENTIALS };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		pack(forms[i], "DOM\\\xC3\xA4lice", "p\xE2\x82\xACss");
		expect("\xC3\xA4lice", "DOM", "p\xE2\x82\xACss");
		pack(forms[i], "bob@realm", "");
		expect("bob@realm", "", "");
	}
}

static void without_room_for_a_domain_the_name_holds_it(void **state)
{
	char u[64], p[64];
	DWORD un = sizeof(u), pn = sizeof(p);
	(void)state;
	pack(0, "DOM\\bob", "secret");
	assert_true(CredUnPackAuthenticationBufferA(0, packed, packed_n, u, &un, NULL, NULL, p, &pn));
	assert_string_equal(u, "DOM\\bob");
}

static void sizes_are_told_when_room_is_short(void **state)
{
	WCHAR wide[3];
	DWORD un = 3, dn = 0, pn = 0;
	(void)state;
	packed_n = 0;
	assert_false(CredPackAuthenticationBufferA(0, LITERAL("D\\u"), LITERAL("pw"), NULL, &packed_n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(packed_n, 64 + 2 + 2 + 4);
	packed_n--;
	assert_false(CredPackAuthenticationBufferA(0, LITERAL("D\\u"), LITERAL("pw"), packed, &packed_n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INSUFFICIENT_BUFFER);
	pack(0, "DO\\u", "pw");
	assert_false(CredUnPackAuthenticationBufferW(0, packed, packed_n, wide, &un, NULL, &dn, NULL, &pn));
	assert_int_equal(OpensspiGetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(un, 2);
	assert_int_equal(dn, 3);
	assert_int_equal(pn, 3);
}

static void what_is_not_known_is_not_supported(void **state)
{
	static const DWORD flags[] = { CRED_PACK_PROTECTED_CREDENTIALS, CRED_PACK_WOW_BUFFER,
				       CRED_PACK_GENERIC_CREDENTIALS };
	char u[64], p[64];
	DWORD un = sizeof(u), pn = sizeof(p);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		packed_n = sizeof(packed);
		assert_false(CredPackAuthenticationBufferA(flags[i], LITERAL("u"), LITERAL("p"), packed,
							   &packed_n));
		assert_int_equal(OpensspiGetLastError(), ERROR_NOT_SUPPORTED);
	}
	pack(0, "u", "p");
	packed[0] = 6; /* a smart card's logon */
	assert_false(CredUnPackAuthenticationBufferA(0, packed, packed_n, u, &un, NULL, NULL, p, &pn));
	assert_int_equal(OpensspiGetLastError(), ERROR_NOT_SUPPORTED);
}

static void bad_arguments_are_refused(void **state)
{
	char u[64], p[64];
	DWORD un = sizeof(u), pn = sizeof(p);
	(void)state;
	packed_n = sizeof(packed);
	assert_false(CredPackAuthenticationBufferA(0, NULL, LITERAL("p"), packed, &packed_n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_false(CredPackAuthenticationBufferA(0, LITERAL("\xFF"), LITERAL("p"), packed, &packed_n));
	assert_int_equal(OpensspiGetLastError(), ERROR_NO_UNICODE_TRANSLATION);
	assert_false(CredUnPackAuthenticationBufferA(0, NULL, 0, u, &un, NULL, NULL, p, &pn));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
}

static void every_truncation_is_refused(void **state)
{
	char u[64], p[64];
	(void)state;
	pack(0, "D\\user", "password");
	for (DWORD n = 0; n < packed_n; n++) {
		DWORD un = sizeof(u), pn = sizeof(p);
		assert_false(CredUnPackAuthenticationBufferA(0, packed, n, u, &un, NULL, NULL, p, &pn));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_come_back_the_same),
		cmocka_unit_test(without_room_for_a_domain_the_name_holds_it),
		cmocka_unit_test(sizes_are_told_when_room_is_short),
		cmocka_unit_test(what_is_not_known_is_not_supported),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(every_truncation_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
