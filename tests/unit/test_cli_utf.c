/* tests/unit/test_cli_utf.c - secrets as text and as the bytes that credentials keep.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/utf.h"

static void round_trip(const char *text, const void *bytes, size_t n)
{
	struct blob blob;
	struct blob_text back;

	assert_true(blob_from_text(&blob, text));
	assert_int_equal(blob.size, n);
	assert_memory_equal(blob.bytes, bytes, n);
	assert_true(blob_to_text(&back, blob.bytes, blob.size, true));
	assert_string_equal(back.text, text);
}

static void text_becomes_utf16_and_comes_back(void **state)
{
	round_trip("", "", 0);
	round_trip("pw", "p\0w", 4);
	round_trip("\xC3\xBC", "\xFC\0", 2);
	round_trip("\xE2\x82\xAC", "\xAC\x20", 2);
	round_trip("\xF0\x9F\x94\x91", "\x3D\xD8\x11\xDD", 4);
	round_trip("\xF4\x8F\xBF\xBF", "\xFF\xDB\xFF\xDF", 4);
}

static void what_is_no_utf8_is_refused(void **state)
{
	static const char *const bad[] = { "\xFF",
					   "\xC3",
					   "\xC3(",
					   "\xC0\x80",
					   "\xED\xA0\x80",
					   "\xE2\x82",
					   "\xF4\x90\x80\x80",
					   "a\x80",
					   "\xF8\x88\x80\x80\x80" };
	struct blob blob;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(blob_from_text(&blob, bad[i]));
}

static void a_secret_has_as_many_units_as_a_credential_holds(void **state)
{
	char text[CRED_MAX_CREDENTIAL_BLOB_SIZE / 2 + 2];
	struct blob blob;

	memset(text, 'x', sizeof(text));
	text[CRED_MAX_CREDENTIAL_BLOB_SIZE / 2] = '\0';
	assert_true(blob_from_text(&blob, text));
	assert_int_equal(blob.size, CRED_MAX_CREDENTIAL_BLOB_SIZE);
	text[CRED_MAX_CREDENTIAL_BLOB_SIZE / 2] = 'x';
	text[CRED_MAX_CREDENTIAL_BLOB_SIZE / 2 + 1] = '\0';
	assert_false(blob_from_text(&blob, text));
}

static void the_longest_secret_comes_back(void **state)
{
	unsigned char bytes[CRED_MAX_CREDENTIAL_BLOB_SIZE];
	struct blob_text text;

	for (size_t i = 0; i < sizeof(bytes); i += 2)
		memcpy(bytes + i, "\xAC\x20", 2); /* three bytes of UTF-8 each */
	assert_true(blob_to_text(&text, bytes, sizeof(bytes), true));
	assert_int_equal(strlen(text.text), sizeof(bytes) / 2 * 3);
	memset(bytes, 'a', sizeof(bytes));
	assert_true(blob_to_text(&text, bytes, sizeof(bytes), false));
	assert_int_equal(strlen(text.text), sizeof(bytes));
}

static void utf8_goes_before_utf16_unless_told_otherwise(void **state)
{
	struct blob_text text;

	assert_true(blob_to_text(&text, "abab", 4, false));
	assert_string_equal(text.text, "abab");
	assert_true(blob_to_text(&text, "abab", 4, true));
	assert_string_equal(text.text, "\xE6\x89\xA1\xE6\x89\xA1");
	assert_true(blob_to_text(&text, "a\0b\0", 4, false));
	assert_string_equal(text.text, "ab");
	assert_true(blob_to_text(&text, "key\nlines\r\n\t", 12, false));
}

static void other_bytes_are_no_text(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "\xFF\xFE\xFD", 3 }, /* odd */
		{ "\0\0", 2 },	       /* NUL */
		{ "\x3D\xD8", 2 },     /* half a pair */
		{ "\x3D\xD8"
		  "a\0",
		  4 },			   /* a pair whose other half is none */
		{ "\x11\xDD\x3D\xD8", 4 }, /* the wrong way round */
	};
	struct blob_text text;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(blob_to_text(&text, bad[i].bytes, bad[i].n, true));
		assert_false(blob_to_text(&text, bad[i].bytes, bad[i].n, false));
	}
	/* in UTF-16 it turns a line's direction; in UTF-8 it is a full stop and a blank */
	assert_true(blob_to_text(&text, "\x2E\x20", 2, false));
}

static void what_steers_a_terminal_is_text_only_where_that_is_known(void **state)
{
	struct blob_text text;

	assert_false(blob_to_text(&text, "\x1B\0[\0", 4, false));
	assert_true(blob_to_text(&text, "\x1B\0[\0", 4, true));
	assert_string_equal(text.text, "\x1B[");
	assert_false(blob_text_is_plain(&text));
	assert_true(blob_to_text(&text, "a\0\n\0", 4, true));
	assert_true(blob_text_is_plain(&text));
	assert_false(blob_to_text(&text, "a\0\0\0", 4, true));
}

static void every_truncation_is_text_or_refused(void **state)
{
	struct blob blob;
	struct blob_text text;

	assert_true(blob_from_text(&blob, "a\xF0\x9F\x94\x91z\xC3\xBC"));
	for (size_t n = 0; n <= blob.size; n++) {
		bool good = blob_to_text(&text, blob.bytes, n, true);
		assert_int_equal(good, n % 2 == 0 && n != 4); /* 4: between the halves of a pair */
	}
}

static void a_counted_string_becomes_utf8_whatever_is_in_it(void **state)
{
	WCHAR units[] = { 'a', 0xD83D, 0xDD11, 0xFC, 0xDD11, 0, 'b', 0xD83D };
	UNICODE_STRING whole = { sizeof(units), sizeof(units), units }, none = { 0, 0, NULL };
	char *text = utf8_from_wide(&whole);

	assert_string_equal(text, "a\xF0\x9F\x94\x91\xC3\xBC\xEF\xBF\xBD\xEF\xBF\xBD"
				  "b\xEF\xBF\xBD");
	free(text);
	text = utf8_from_wide(&none);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_utf16_and_comes_back),
		cmocka_unit_test(what_is_no_utf8_is_refused),
		cmocka_unit_test(a_secret_has_as_many_units_as_a_credential_holds),
		cmocka_unit_test(the_longest_secret_comes_back),
		cmocka_unit_test(utf8_goes_before_utf16_unless_told_otherwise),
		cmocka_unit_test(other_bytes_are_no_text),
		cmocka_unit_test(what_steers_a_terminal_is_text_only_where_that_is_known),
		cmocka_unit_test(every_truncation_is_text_or_refused),
		cmocka_unit_test(a_counted_string_becomes_utf8_whatever_is_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
