/* tests/unit/test_sids.c - wire/sids.c: lists of SIDs, their texts, the attribute's block.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "hex.h"
#include "wire/sids.h"

#define USER "S-1-5-21-1004336348-1177238915-682003330-1104"
#define GROUP "S-1-5-32-545"

static void a_list_is_read_as_it_was_written(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(SIDS_BYTES_MAX);
	char text[SID_TEXT_MAX];
	size_t count;

	sids_write(&w, USER);
	sids_write(&w, GROUP);
	struct rd list = wr_view(&w);
	assert_true(sids_are_sound(list, &count));
	assert_int_equal(count, 2);
	assert_true(sids_next(&list, text));
	assert_string_equal(text, USER);
	assert_true(sids_next(&list, text));
	assert_string_equal(text, GROUP);
	assert_false(sids_next(&list, text));
	assert_true(rd_empty(list));
}

static void every_truncation_of_a_list_is_damage(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(SIDS_BYTES_MAX);
	size_t count;

	sids_write(&w, USER);
	for (size_t n = 1; n < wr_view(&w).n; n++)
		assert_false(sids_are_sound(rd_of(wr_view(&w).p, n), &count));
}

static void what_is_no_sid_is_damage(void **state)
{
	static const char *const others[] = {
		"", "S-1-", "S-2-5-32", "alice", "S-1-5-32-\xC3\xA4", "S-1-5 32"
	};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		CLEANUP(wr_done) struct wr w = WR(1000);
		char text[SID_TEXT_MAX];
		sids_write(&w, others[i]);
		struct rd list = wr_view(&w);
		assert_false(sids_next(&list, text));
	}
	CLEANUP(wr_done) struct wr inner = WR(1000);
	wr_counted(&inner, "S-1-5-32\0-544", 13);
	size_t count;
	assert_false(sids_are_sound(wr_view(&inner), &count));
}

static void a_text_longer_than_any_sid_is_damage(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(1000);
	char text[SID_TEXT_MAX], longest[SID_TEXT_MAX + 1] = "S-1-";

	memset(longest + 4, '1', SID_TEXT_MAX - 4);
	sids_write(&w, longest);
	struct rd list = wr_view(&w);
	assert_false(sids_next(&list, text));
}

static void more_than_the_most_are_damage(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(2 * SIDS_BYTES_MAX);
	OPENSSPI_CLIENT_SIDS sids;
	size_t count;

	for (unsigned i = 0; i < SIDS_MAX; i++)
		sids_write(&w, GROUP);
	assert_true(sids_are_sound(wr_view(&w), &count));
	assert_int_equal(count, SIDS_MAX);
	sids_write(&w, GROUP);
	assert_false(sids_are_sound(wr_view(&w), &count));
	assert_int_equal(sids_to_block(wr_view(&w), &sids), SEC_E_INVALID_TOKEN);
}

static void the_attribute_is_one_block(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(SIDS_BYTES_MAX);
	OPENSSPI_CLIENT_SIDS sids = { 0 };

	assert_int_equal(sids_to_block(wr_view(&w), &sids), SEC_E_NO_CREDENTIALS);
	assert_null(sids.Sids);
	sids_write(&w, USER);
	sids_write(&w, "S-1-5-7");
	assert_int_equal(sids_to_block(wr_view(&w), &sids), SEC_E_OK);
	assert_int_equal(sids.Count, 2);
	assert_true(utf16_equal_ascii_nocase(sids.Sids[0], utf16_len(sids.Sids[0]), USER));
	assert_true(utf16_equal_ascii_nocase(sids.Sids[1], utf16_len(sids.Sids[1]), "S-1-5-7"));
	const uint8_t *end = (const uint8_t *)sids.Sids + block_size(sids.Sids);
	assert_true((const uint8_t *)(sids.Sids[1] + utf16_len(sids.Sids[1]) + 1) <= end);
	block_free(sids.Sids);
}

static void binary_sids_have_their_usual_texts(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "010100000000000512000000", "S-1-5-18" },
		{ "01020000000000052000000020020000", "S-1-5-32-544" },
		{ "0100000000000005", "S-1-5" },
		{ "01010000FFFFFFFF01000000", "S-1-4294967295-1" },
		{ "0101123456789ABC01000000", "S-1-0x123456789ABC-1" },
		{ "010F00000000000501000000020000000300000004000000050000000600000007000000"
		  "08000000090000000A0000000B0000000C0000000D0000000E000000FFFFFFFF",
		  "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-4294967295" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hex h = hex(rows[i].bytes);
		char text[SID_TEXT_MAX];
		assert_true(sid_text(HEX_RD(h), NULL, text));
		assert_string_equal(text, rows[i].text);
		uint8_t back[SID_BYTES_MAX];
		assert_int_equal(sid_bytes(text, back), h.n);
		assert_memory_equal(back, h.p, h.n);
		for (size_t n = 0; n < h.n; n++)
			assert_false(sid_text(rd_of(h.p, n), NULL, text));
	}
}

static void texts_that_are_no_sids_have_no_bytes(void **state)
{
	static const char *const others[] = {
		"",
		"S",
		"S-1-",
		"s-1-5",
		"S-1-5-",
		"S-1--5",
		"S-1-5--1",
		"S-1-5-+1",
		"S-1-5- 1",
		"S-1-5-1x",
		"S-1-5-4294967296",
		"S-1-281474976710656",
		"S-1-0x1000000000000",
		"S-1-5-99999999999999999999999",
		"S-2-5-32",
		"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
	};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		uint8_t bytes[SID_BYTES_MAX];
		assert_int_equal(sid_bytes(others[i], bytes), 0);
	}
}

static void a_relative_identifier_is_the_last_of_fifteen(void **state)
{
	struct hex full = hex("010E000000000005"
			      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
			      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
	char text[SID_TEXT_MAX];
	uint32_t rid = UINT32_MAX;

	full.p[2] = full.p[3] = 0xFF; /* the longest authority */
	assert_true(sid_text(HEX_RD(full), &rid, text));
	assert_true(strlen(text) < SID_TEXT_MAX);
	full.p[1] = 15;
	memset(full.p + full.n, 0xFF, 4);
	full.n += 4;
	assert_true(sid_text(HEX_RD(full), NULL, text));
	assert_false(sid_text(HEX_RD(full), &rid, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_as_it_was_written),
		cmocka_unit_test(every_truncation_of_a_list_is_damage),
		cmocka_unit_test(what_is_no_sid_is_damage),
		cmocka_unit_test(a_text_longer_than_any_sid_is_damage),
		cmocka_unit_test(more_than_the_most_are_damage),
		cmocka_unit_test(the_attribute_is_one_block),
		cmocka_unit_test(binary_sids_have_their_usual_texts),
		cmocka_unit_test(texts_that_are_no_sids_have_no_bytes),
		cmocka_unit_test(a_relative_identifier_is_the_last_of_fifteen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
