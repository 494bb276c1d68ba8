/* Marshalled credential strings and typed names, against answers recorded on Windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <opensspi.h>
#include <wincred.h>

#include "base/base.h"
#include "base/utf.h"

#define ZEROS21 "AAAAAAAAAAAAAAAAAAAAA"

struct user_vector {
	const char *name, *text;
};

static const struct user_vector users[] = {
	{ "t", "@@CCAAAAA0BA" },
	{ "te", "@@CEAAAAA0BQZAA" },
	{ "tes", "@@CGAAAAA0BQZAMHA" },
	{ "test", "@@CIAAAAA0BQZAMHA0BA" },
	{ "test1", "@@CKAAAAA0BQZAMHA0BQMAA" },
};

struct hash_vector {
	uint8_t hash[20];
	const char *text;
};

static const struct hash_vector hashes[] = {
	{ { 0 }, "@@B" ZEROS21 "AAAAAA" },
	{ { 2 }, "@@BC" ZEROS21 "AAAAA" },
	{ { 255 }, "@@B-D" ZEROS21 "AAAA" },
	{ { 1, 1 }, "@@BBE" ZEROS21 "AAAA" },
	{ { 1, 1, 1 }, "@@BBEQA" ZEROS21 "AA" },
	{ { 'W', 'i', 'n', 'e' }, "@@BXlmblB" ZEROS21 },
	{ { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	    255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
	  "@@B--------------------------P" },
};

static void user_names_marshal_as_windows_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		WCHAR *name = NULL;
		char *text = NULL;
		CRED_MARSHAL_TYPE type;
		USERNAME_TARGET_CREDENTIAL_INFO *back = NULL;

		assert_true(utf16_from_utf8(users[i].name, strlen(users[i].name), &name, NULL));
		USERNAME_TARGET_CREDENTIAL_INFO info = { name };
		assert_true(CredMarshalCredentialA(UsernameTargetCredential, &info, &text));
		assert_string_equal(text, users[i].text);
		assert_true(CredIsMarshaledCredentialA(text));
		assert_true(CredUnmarshalCredentialA(text, &type, (PVOID *)&back));
		assert_int_equal(type, UsernameTargetCredential);
		assert_memory_equal(back->UserName, name,
				    (strlen(users[i].name) + 1) * sizeof(WCHAR));
		CredFree(back);
		CredFree(text);
		mem_free(name);
	}
}

static void certificate_hashes_marshal_as_windows_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		CERT_CREDENTIAL_INFO info = { .cbSize = sizeof(info) }, *back = NULL;
		CRED_MARSHAL_TYPE type;
		char *text = NULL;

		memcpy(info.rgbHashOfCert, hashes[i].hash, 20);
		assert_true(CredMarshalCredentialA(CertCredential, &info, &text));
		assert_string_equal(text, hashes[i].text);
		assert_true(CredUnmarshalCredentialA(text, &type, (PVOID *)&back));
		assert_int_equal(type, CertCredential);
		assert_int_equal(back->cbSize, sizeof(*back));
		assert_memory_equal(back->rgbHashOfCert, hashes[i].hash, 20);
		CredFree(back);
		CredFree(text);
	}
}

static void blobs_go_there_and_back_at_every_length(void **state)
{
	uint8_t bytes[40];

	(void)state;
	for (uint32_t n = 1; n <= sizeof(bytes); n++) {
		BINARY_BLOB_CREDENTIAL_INFO info = { n, bytes }, *back = NULL;
		CRED_MARSHAL_TYPE type;
		WCHAR *text = NULL;

		for (uint32_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(i * 37 + n);
		assert_true(CredMarshalCredentialW(BinaryBlobCredential, &info, &text));
		assert_true(CredUnmarshalCredentialW(text, &type, (PVOID *)&back));
		assert_int_equal(type, BinaryBlobCredential);
		assert_int_equal(back->cbBlob, n);
		assert_memory_equal(back->pbBlob, bytes, n);
		CredFree(back);
		CredFree(text);
	}
}

static void what_cannot_be_marshalled_leaves_the_pointer_alone(void **state)
{
	WCHAR none = 0;
	char *text = (char *)&none;
	CERT_CREDENTIAL_INFO small = { .cbSize = sizeof(small) - 1 };
	USERNAME_TARGET_CREDENTIAL_INFO empty = { &none }, null = { NULL };

	(void)state;
	assert_false(CredMarshalCredentialA(CertCredential, &small, &text));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_false(CredMarshalCredentialA(UsernameTargetCredential, &empty, &text));
	assert_false(CredMarshalCredentialA(UsernameTargetCredential, &null, &text));
	assert_false(CredMarshalCredentialA(UsernameTargetCredential, NULL, &text));
	assert_false(CredMarshalCredentialA(UsernameForPackedCredentials, &null, &text));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_ptr_equal(text, &none);
}

static void damaged_strings_are_refused_and_their_type_still_told(void **state)
{
	static const char *const bad[] = {
		"@@C",
		"@@CA",
		"@@CCAAAAA0B",
		"@@CCAAAAA0BAA",
		"@@CCAAAAA0B!",
		"@@CBAAAAA0BA",
		"@@CAAAAAA",
		"@@CDAAAAA0BA",
		"@@B" ZEROS21 "AAAAA",
		"@@B" ZEROS21 "AAAAAAA",
		"@@CCAAAAA0BA\xC3\xA9",
	};
	static const char *const other[] = { "",   "@", "@@", "@A", "x@@CCAAAAA0BA", "@@ECAAAAA0BA",
					     "@@!" };
	CRED_MARSHAL_TYPE type;
	PVOID out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		type = 99;
		out = &type;
		assert_false(CredUnmarshalCredentialA(bad[i], &type, &out));
		assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
		assert_int_equal(type, bad[i][2] - 'A');
		assert_null(out);
		assert_false(CredIsMarshaledCredentialA(bad[i]));
		assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	}
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		assert_false(CredIsMarshaledCredentialA(other[i]));
	assert_false(CredIsMarshaledCredentialA(NULL));
	assert_false(CredIsMarshaledCredentialW(NULL));
}

static void unused_bits_of_the_last_character_do_not_matter(void **state)
{
	/* 0, then a letter with only upper bits: two bytes end in two bits that nothing uses. */
	static const char *const same[] = { "@@CCAAAAA0BA", "@@CCAAAAA0BQ", "@@CCAAAAA0Bg",
					    "@@CCAAAAA0Bw" };
	CRED_MARSHAL_TYPE type;
	USERNAME_TARGET_CREDENTIAL_INFO *back;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		assert_true(CredUnmarshalCredentialA(same[i], &type, (PVOID *)&back));
		assert_int_equal(back->UserName[0], 't');
		assert_int_equal(back->UserName[1], 0);
		CredFree(back);
	}
}

struct name_vector {
	const char *name;
	DWORD answer;
	const char *user, *domain;
};

static const struct name_vector names[] = {
	{ "LAB\\alice", NO_ERROR, "alice", "LAB" },
	{ "alice@lab.test", NO_ERROR, "alice@lab.test", "" },
	{ "a@b@lab.test", NO_ERROR, "a@b@lab.test", "" },
	{ "LAB\\alice@home", NO_ERROR, "alice@home", "LAB" },
	{ "@@CCAAAAA0BA", NO_ERROR, "@@CCAAAAA0BA", "" },
	{ "alice", ERROR_INVALID_ACCOUNT_NAME, NULL, NULL },
	{ "", ERROR_INVALID_ACCOUNT_NAME, NULL, NULL },
	{ "LAB\\", ERROR_INVALID_ACCOUNT_NAME, NULL, NULL },
	{ "\\alice", ERROR_INVALID_ACCOUNT_NAME, NULL, NULL },
	{ "alice@", ERROR_INVALID_ACCOUNT_NAME, NULL, NULL },
	{ "a\xFF@lab", ERROR_INVALID_ACCOUNT_NAME, NULL, NULL },
};

static void typed_names_part_into_user_and_domain(void **state)
{
	char user[CREDUI_MAX_USERNAME_LENGTH + 1], domain[CREDUI_MAX_USERNAME_LENGTH + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(CredUIParseUserNameA(names[i].name, user, sizeof(user), domain,
						      sizeof(domain)),
				 names[i].answer);
		if (names[i].answer != NO_ERROR)
			continue;
		assert_string_equal(user, names[i].user);
		assert_string_equal(domain, names[i].domain);
	}
	assert_int_equal(CredUIParseUserNameA("LAB\\alice", user, 5, domain, 4),
			 ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(CredUIParseUserNameA("LAB\\alice", user, 6, domain, 3),
			 ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(CredUIParseUserNameA("LAB\\alice", user, 6, domain, 4), NO_ERROR);
	assert_int_equal(CredUIParseUserNameA(NULL, user, 6, domain, 4), ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIParseUserNameA("a\\b", user, 0, domain, 4), ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIParseUserNameW(OPENSSPI_WIDE("a\\b"), NULL, 6, NULL, 4),
			 ERROR_INVALID_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_names_marshal_as_windows_does),
		cmocka_unit_test(certificate_hashes_marshal_as_windows_does),
		cmocka_unit_test(blobs_go_there_and_back_at_every_length),
		cmocka_unit_test(what_cannot_be_marshalled_leaves_the_pointer_alone),
		cmocka_unit_test(damaged_strings_are_refused_and_their_type_still_told),
		cmocka_unit_test(unused_bits_of_the_last_character_do_not_matter),
		cmocka_unit_test(typed_names_part_into_user_and_domain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
