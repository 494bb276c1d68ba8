/* tests/unit/test_credpack.c - CredPackAuthenticationBuffer and its opposite.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntsecapi.h>
#include <opensspi.h>
#include <sspi.h>
#include <stdio.h>
#include <stdlib.h>
#include <wincred.h>

#include "accounts_home.h"

#define LITERAL(s) ((char *)(uintptr_t)(s))

static _Alignas(16) uint8_t packed[4096];
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

static BOOL open_with(DWORD flags, char *user, char *domain, char *password)
{
	DWORD un = 600, dn = 600, pn = 600;
	return CredUnPackAuthenticationBufferA(flags, packed, packed_n, user, &un, domain, &dn, password, &pn);
}

static void expect_with(DWORD flags, const char *user, const char *domain, const char *password)
{
	char u[600], d[600], p[600];
	assert_true(open_with(flags, u, d, p));
	assert_string_equal(u, user);
	assert_string_equal(d, domain);
	assert_string_equal(p, password);
}

static void expect_refusal(DWORD flags, DWORD error)
{
	char u[600], d[600], p[600];
	assert_false(open_with(flags, u, d, p));
	assert_int_equal(OpensspiGetLastError(), error);
}

static void the_generic_form_keeps_the_name_whole(void **state)
{
	(void)state;
	pack(CRED_PACK_GENERIC_CREDENTIALS, "DOM\\\xC3\xA4lice", "pw");
	expect_with(0, "DOM\\\xC3\xA4lice", "", "pw");
	expect_with(CRED_PACK_GENERIC_CREDENTIALS, "DOM\\\xC3\xA4lice", "", "pw");
	pack(CRED_PACK_GENERIC_CREDENTIALS | CRED_PACK_WOW_BUFFER, "", "");
	expect_with(0, "", "", "");
}

static void the_layout_of_32_bits_is_written_and_read(void **state)
{
	(void)state;
	pack(CRED_PACK_WOW_BUFFER, "DOM\\bob", "secret");
	assert_int_equal(packed_n, 36 + 6 + 6 + 12);
	expect_with(CRED_PACK_WOW_BUFFER, "bob", "DOM", "secret");
	expect_refusal(0, ERROR_INVALID_PARAMETER);
	pack(0, "DOM\\bob", "secret");
	expect_refusal(CRED_PACK_WOW_BUFFER, ERROR_INVALID_PARAMETER);
}

/* The marshalled certificate of the reference: 01 01 and zeros. */
#define CERTIFICATE "@@BBEAAAAAAAAAAAAAAAAAAAAAAAAA"

static void a_certificates_name_makes_a_certificates_logon(void **state)
{
	static const DWORD forms[] = { 0, CRED_PACK_WOW_BUFFER };
	KERB_CERTIFICATE_UNLOCK_LOGON head;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		pack(forms[i], CERTIFICATE, "1234");
		assert_int_equal(packed[0], KerbCertificateLogon);
		expect_with(forms[i], CERTIFICATE, "", "1234");
		packed[0] = KerbCertificateUnlockLogon;
		expect_with(forms[i], CERTIFICATE, "", "1234");
	}
	pack(0, CERTIFICATE, "1234");
	memcpy(&head, packed, sizeof(head));
	assert_int_equal(sizeof(head), 80);
	assert_int_equal(packed_n, 80 + 60 + 8);
	assert_memory_equal(packed + (uintptr_t)head.Logon.Pin.Buffer, u"1234", 8);
	assert_int_equal(head.Logon.CspDataLength, 0);
	/* A card's own logon names no certificate that could be told as a user. */
	packed[80] = 'x';
	expect_refusal(0, ERROR_NOT_SUPPORTED);
	/* Damaged, it is a name like any other. */
	pack(0, "@@BBEAAA", "1234");
	assert_int_equal(packed[0], KerbInteractiveLogon);
	expect_with(0, "@@BBEAAA", "", "1234");
}

static void a_protected_password_is_opened_when_that_is_asked(void **state)
{
	static const DWORD forms[] = { 0, CRED_PACK_WOW_BUFFER, CRED_PACK_GENERIC_CREDENTIALS,
				       CRED_PACK_ID_PROVIDER_CREDENTIALS };
	char u[600], d[600], p[600];
	CRED_PROTECTION_TYPE type;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		DWORD wow = forms[i] & CRED_PACK_WOW_BUFFER;
		pack(forms[i] | CRED_PACK_PROTECTED_CREDENTIALS, "bob", "secret");
		expect_with(wow | CRED_PACK_PROTECTED_CREDENTIALS, "bob", "", "secret");
		assert_true(open_with(wow, u, d, p)); /* else it stays as it is */
		assert_true(CredIsProtectedA(p, &type));
		assert_int_equal(type, CredUserProtection);
		/* Protected once is enough. */
		pack(forms[i] | CRED_PACK_PROTECTED_CREDENTIALS, "bob", p);
		expect_with(wow | CRED_PACK_PROTECTED_CREDENTIALS, "bob", "", "secret");
		/* One that is in clear is taken as it is. */
		pack(forms[i], "bob", "secret");
		expect_with(wow | CRED_PACK_PROTECTED_CREDENTIALS, "bob", "", "secret");
	}
}

static void what_was_protected_for_others_is_not_opened(void **state)
{
	WCHAR sealed[600];
	DWORD n = 600;
	char text[600];
	(void)state;
	assert_true(CredProtectEx(CRED_PROTECT_TO_SYSTEM, (WCHAR *)(uintptr_t)u"secret", 7, sealed, &n, NULL));
	for (DWORD i = 0; i < n; i++)
		text[i] = (char)sealed[i];
	pack(0, "bob", text);
	expect_refusal(CRED_PACK_PROTECTED_CREDENTIALS, ERROR_NOT_CAPABLE);
	pack(CRED_PACK_PROTECTED_CREDENTIALS, "bob", "secret");
	uint8_t *unit = &packed[packed_n - 8]; /* of the sealed text */
	*unit = *unit == 'A' ? 'B' : 'A';
	expect_refusal(CRED_PACK_PROTECTED_CREDENTIALS, ERROR_NOT_CAPABLE);
}

static void a_sealed_identity_is_opened_when_that_is_asked(void **state)
{
	static const ULONG ways[] = { SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON,
				      SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		pack(CRED_PACK_ID_PROVIDER_CREDENTIALS, "DOM\\bob", "secret");
		assert_int_equal(SspiEncryptAuthIdentityEx(ways[i], packed), SEC_E_OK);
		expect_refusal(0, ERROR_NOT_CAPABLE);
		expect_with(CRED_PACK_PROTECTED_CREDENTIALS, "bob", "DOM", "secret");
		for (DWORD n = 0; n < packed_n; n++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(packed, n);
			char u[64], p[64];
			DWORD un = sizeof(u), pn = sizeof(p);
			assert_false(CredUnPackAuthenticationBufferA(CRED_PACK_PROTECTED_CREDENTIALS, exact, n, u,
								     &un, NULL, NULL, p, &pn));
		}
	}
	/* The system's is not this caller's. */
	pack(CRED_PACK_ID_PROVIDER_CREDENTIALS, "DOM\\bob", "secret");
	assert_int_equal(SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM, packed), SEC_E_OK);
	expect_refusal(CRED_PACK_PROTECTED_CREDENTIALS, ERROR_NOT_CAPABLE);
}

static void what_is_not_known_is_not_supported(void **state)
{
	(void)state;
	packed_n = sizeof(packed);
	assert_false(CredPackAuthenticationBufferA(0x10, LITERAL("u"), LITERAL("p"), packed, &packed_n));
	assert_int_equal(OpensspiGetLastError(), ERROR_NOT_SUPPORTED);
	assert_false(CredPackAuthenticationBufferA(CRED_PACK_GENERIC_CREDENTIALS | CRED_PACK_ID_PROVIDER_CREDENTIALS,
						   LITERAL("u"), LITERAL("p"), packed, &packed_n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	pack(0, "u", "p");
	expect_refusal(0x10, ERROR_NOT_SUPPORTED);
	packed[0] = 6; /* a smart card's logon */
	expect_refusal(0, ERROR_NOT_SUPPORTED);
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

static void every_truncation_of_every_form_is_refused(void **state)
{
	static const struct {
		DWORD flags;
		const char *user;
	} forms[] = {
		{ 0, "D\\user" },
		{ CRED_PACK_WOW_BUFFER, "D\\user" },
		{ CRED_PACK_GENERIC_CREDENTIALS, "D\\user" },
		{ CRED_PACK_ID_PROVIDER_CREDENTIALS, "D\\user" },
		{ 0, CERTIFICATE },
		{ CRED_PACK_WOW_BUFFER, CERTIFICATE },
	};
	char u[64], p[64];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		pack(forms[i].flags, forms[i].user, "password");
		for (DWORD n = 0; n < packed_n; n++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(packed, n);
			DWORD un = sizeof(u), pn = sizeof(p);
			assert_false(CredUnPackAuthenticationBufferA(forms[i].flags & CRED_PACK_WOW_BUFFER, exact,
								     n, u, &un, NULL, NULL, p, &pn));
		}
	}
}

static void every_flipped_bit_of_every_form_is_read_safely(void **state)
{
	static const DWORD forms[] = { 0, CRED_PACK_WOW_BUFFER, CRED_PACK_GENERIC_CREDENTIALS,
				       CRED_PACK_ID_PROVIDER_CREDENTIALS };
	char u[600], d[600], p[600];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms) * 2; i++) {
		pack(forms[i / 2], i % 2 ? CERTIFICATE : "D\\user", "password");
		for (DWORD bit = 0; bit < packed_n * 8; bit++) {
			packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
			(void)open_with(forms[i / 2] & CRED_PACK_WOW_BUFFER, u, d, p);
			(void)open_with(CRED_PACK_PROTECTED_CREDENTIALS, u, d, p);
			packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_come_back_the_same),
		cmocka_unit_test(without_room_for_a_domain_the_name_holds_it),
		cmocka_unit_test(sizes_are_told_when_room_is_short),
		cmocka_unit_test(the_generic_form_keeps_the_name_whole),
		cmocka_unit_test(the_layout_of_32_bits_is_written_and_read),
		cmocka_unit_test(a_certificates_name_makes_a_certificates_logon),
		cmocka_unit_test(a_protected_password_is_opened_when_that_is_asked),
		cmocka_unit_test(what_was_protected_for_others_is_not_opened),
		cmocka_unit_test(a_sealed_identity_is_opened_when_that_is_asked),
		cmocka_unit_test(what_is_not_known_is_not_supported),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(every_truncation_of_every_form_is_refused),
		cmocka_unit_test(every_flipped_bit_of_every_form_is_read_safely),
	};
	return cmocka_run_group_tests(tests, home_begin, home_end);
}
