/* tests/unit/test_utf.c - base/utf: conversion is strict, folding is Unicode's.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "base/utf.h"

static void text_survives_the_way_there_and_back(void **state)
{
	const char *samples[] = { "", "alice", "J\xC3\xBCrgen", "\xE2\x82\xAC", "\xF0\x9F\x94\x91 key" };
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		CLEANUP(mem_free_p) WCHAR *wide = NULL;
		CLEANUP(mem_free_p) char *back = NULL;
		size_t n;
		assert_true(utf16_from_utf8(samples[i], strlen(samples[i]), &wide, &n));
		assert_int_equal(n, utf16_len(wide));
		assert_true(utf8_from_utf16(wide, n, &back, NULL));
		assert_string_equal(back, samples[i]);
	}
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
	const char *bad[] = { "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
			      "\xF5\x80\x80\x80", "a\xC3", "\xE2\x82", "\xFF" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(utf16_need(bad[i], strlen(bad[i])) == SIZE_MAX);
}

static void s24_lone_surrogates_are_refused(void **state)
{
	const WCHAR bad[][2] = { { 0xD800, 'a' }, { 0xDC00, 0xD800 }, { 'a', 0xD800 }, { 0xDFFF, 0 } };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(utf16_is_valid(bad[i], 2));
	const WCHAR good[] = { 0xD83D, 0xDD11 };
	assert_true(utf16_is_valid(good, 2));
}

static void upper_case_is_the_simple_mapping(void **state)
{
	const WCHAR pairs[][2] = { { 'a', 'A' }, { 'z', 'Z' }, { '1', '1' }, { 0xE4, 0xC4 }, { 0xDF, 0xDF },
				   { 0xFF, 0x178 }, { 0x131, 'I' }, { 0x101, 0x100 }, { 0x100, 0x100 },
				   { 0x3B1, 0x391 }, { 0x44F, 0x42F }, { 0xFF41, 0xFF21 }, { 0x1C6, 0x1C4 } };
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		assert_int_equal(utf16_upper(pairs[i][0]), pairs[i][1]);
}

static void names_compare_without_case(void **state)
{
	assert_true(utf16_equal_nocase(u"NTLM", 4, u"ntlm", 4));
	assert_false(utf16_equal_nocase(u"NTLM", 4, u"ntln", 4));
	assert_true(utf16_equal_ascii_nocase(u"CredSSP", 7, "CREDSSP"));
	assert_false(utf16_equal_ascii_nocase(u"CredSSPx", 8, "CREDSSP"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_survives_the_way_there_and_back),
		cmocka_unit_test(bytes_that_are_not_utf8_are_refused),
		cmocka_unit_test(s24_lone_surrogates_are_refused),
		cmocka_unit_test(upper_case_is_the_simple_mapping),
		cmocka_unit_test(names_compare_without_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
