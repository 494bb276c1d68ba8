/* tests/unit/test_protected.c - the text form of sealed bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <opensspi.h>
#include <wincred.h>

#include "base/utf.h"
#include "wire/protected.h"

#define ROOM 256

static size_t written(const char *bytes, size_t n, WCHAR *out)
{
	protected_write(out, rd_of(bytes, n));
	out[protected_units(n)] = 0;
	return protected_units(n);
}

static void bytes_of_every_length_come_back(void **state)
{
	static const char bytes[] = "DFDFDFDF\0\1\2\3\4\5\6\7";
	for (size_t n = 1; n < sizeof(bytes); n++) {
		WCHAR text[ROOM];
		uint8_t back[ROOM];
		size_t units = written(bytes, n, text);
		assert_int_equal(protected_bytes(text, units), n);
		assert_true(protected_read(back, text, units));
		assert_memory_equal(back, bytes, n);
	}
}

static void it_is_a_marshalled_credential(void **state)
{
	WCHAR text[ROOM];
	CRED_MARSHAL_TYPE type;
	BINARY_BLOB_CREDENTIAL_INFO *blob = NULL;
	written("Dabc", 4, text);
	assert_true(CredUnmarshalCredentialW(text, &type, (void **)&blob));
	assert_int_equal(type, BinaryBlobCredential);
	assert_int_equal(blob->cbBlob, 4);
	assert_memory_equal(blob->pbBlob, "Dabc", 4);
	CredFree(blob);
}

static void another_letter_inside_is_refused(void **state)
{
	WCHAR text[ROOM];
	uint8_t back[ROOM];
	size_t units = written("Dabc", 4, text);
	text[2] = 'F';
	assert_int_equal(protected_bytes(text, units), 4);
	assert_false(protected_read(back, text, units));
	text[2] = 'B';
	assert_int_equal(protected_bytes(text, units), 0);
}

static void every_other_length_is_refused(void **state)
{
	WCHAR text[ROOM] = { 0 };
	size_t units = written("Dabcdef", 7, text);
	for (size_t n = 0; n < ROOM; n++)
		assert_int_equal(protected_bytes(text, n), n == units ? 7 : 0);
}

static void huge_counts_are_refused(void **state)
{
	static const WCHAR huge[] = u"@@D-----DAAAA", none[] = u"@@DAAAAAA";
	assert_int_equal(protected_bytes(huge, utf16_len(huge)), 0);
	assert_int_equal(protected_bytes(none, utf16_len(none)), 0);
	assert_int_equal(protected_bytes(NULL, 0), 0);
}

static bool no_memory;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	return __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return no_memory ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return __real_realloc(p, n);
}

static void a_look_agrees_with_reading(void **state)
{
	static const WCHAR wrong[] = { 'A', '!', 0, 0x141 };
	char bytes[200] = "D";
	WCHAR text[300];
	uint8_t back[200];
	for (size_t n = 1; n < sizeof(bytes); n++) {
		size_t units = written(bytes, n, text);
		assert_true(protected_is_whole(text, units));
		assert_false(protected_is_whole(text, units - 1));
		for (size_t i = 0; i < units * ARRAY_LEN(wrong); i++) {
			WCHAR *at = &text[i / ARRAY_LEN(wrong)], before = *at;
			*at = wrong[i % ARRAY_LEN(wrong)];
			size_t count = protected_bytes(text, units);
			assert_true(count <= sizeof(back));
			bool reads = count && protected_read(back, text, units);
			assert_int_equal(protected_is_whole(text, units), reads);
			*at = before;
		}
	}
}

/* A sealed text that were taken for a plain one would be sent as a password. */
static void short_memory_makes_no_text_plain(void **state)
{
	WCHAR text[ROOM], room[ROOM];
	CRED_PROTECTION_TYPE type = CredUnprotected;
	DWORD n = ROOM;
	size_t units = written("Dabcdefgh", 9, text);
	no_memory = true;
	BOOL known = CredIsProtectedW(text, &type);
	BOOL open = CredUnprotectEx(0, text, (DWORD)units + 1, room, &n);
	DWORD error = OpensspiGetLastError();
	no_memory = false;
	assert_true(known);
	assert_int_equal(type, CredUserProtection);
	assert_false(open);
	assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_of_every_length_come_back),
		cmocka_unit_test(it_is_a_marshalled_credential),
		cmocka_unit_test(another_letter_inside_is_refused),
		cmocka_unit_test(every_other_length_is_refused),
		cmocka_unit_test(huge_counts_are_refused),
		cmocka_unit_test(a_look_agrees_with_reading),
		cmocka_unit_test(short_memory_makes_no_text_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
