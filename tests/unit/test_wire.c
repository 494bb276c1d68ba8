/* tests/unit/test_wire.c - wire: the cursor, the builder, DER.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "wire/der.h"

static void a_short_read_changes_nothing(void **state)
{
	const uint8_t bytes[] = { 1, 2, 3 };
	struct rd r = rd_of(bytes, 3), out;
	uint32_t u32;
	uint16_t u16;

	assert_false(rd_u32le(&r, &u32));
	assert_false(rd_bytes(&r, 4, &out));
	assert_false(rd_tag(&r, "\1\2\3\4", 4));
	assert_int_equal(r.n, 3);
	assert_true(rd_u16be(&r, &u16));
	assert_int_equal(u16, 0x0102);
	assert_false(rd_u16le(&r, &u16));
	assert_int_equal(r.n, 1);
}

static void s14_offsets_that_wrap_are_refused(void **state)
{
	const uint8_t bytes[64] = { 0 };
	struct rd out;
	assert_false(rd_at(rd_of(bytes, 64), 0xFFFFFFF0, 0x20, &out));
	assert_false(rd_at(rd_of(bytes, 64), SIZE_MAX, 2, &out));
	assert_false(rd_at(rd_of(bytes, 64), 60, 5, &out));
	assert_true(rd_at(rd_of(bytes, 64), 60, 4, &out));
	assert_true(rd_at(rd_of(bytes, 64), 64, 0, &out));
}

static void a_builder_stops_at_its_cap(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(10);
	wr_bytes(&w, "12345678", 8);
	assert_true(wr_ok(&w));
	wr_u32le(&w, 1);
	assert_false(wr_ok(&w));
	wr_u8(&w, 1);
	assert_int_equal(wr_view(&w).n, 0);
}

static void places_are_filled_later(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(100);
	size_t a = wr_hold(&w, 2), b = wr_hold(&w, 4);
	wr_fill_u16le(&w, a, 0x1234);
	wr_fill_u32le(&w, b, 0x89ABCDEF);
	wr_fill_u32le(&w, 5, 1); /* past the end: ignored */
	assert_memory_equal(w.buf, "\x34\x12\xEF\xCD\xAB\x89", 6);
	assert_int_equal(w.len, 6);
}

static void der_lengths_come_out_shortest(void **state)
{
	const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 100000 };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		CLEANUP(wr_done) struct wr w = WR(200000);
		size_t outer = der_begin(&w, DER_SEQUENCE), inner = der_begin(&w, DER_OCTET_STRING);
		wr_zero(&w, sizes[i]);
		der_end(&w, inner);
		der_end(&w, outer);
		struct rd r = wr_view(&w), sequence, octets;
		assert_true(der_take(&r, DER_SEQUENCE, &sequence));
		assert_true(rd_empty(r));
		assert_true(der_octets(&sequence, &octets));
		assert_int_equal(octets.n, sizes[i]);
		assert_true(rd_empty(sequence));
	}
}

static void s33_lengths_that_are_not_der_are_refused(void **state)
{
	const char *bad[] = { "\x30\x80\x00\x00", "\x30\x81\x05xxxxx", "\x30\x82\x00\x85", "\x30\x85\x00\x00\x00\x00\x01x",
			      "\x1F\x81\x01x", "\x30\x84\xFF\xFF\xFF\xFF" };
	const size_t lengths[] = { 4, 8, 4, 8, 4, 6 };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct rd r = rd_of(bad[i], lengths[i]), contents;
		uint8_t tag;
		assert_false(der_any(&r, &tag, &contents));
		assert_int_equal(r.n, lengths[i]);
	}
}

static void an_errorcode_is_read_from_both_forms(void **state)
{
	struct rd four = rd_of("\x02\x04\xC0\x00\x00\x6D", 6), five = rd_of("\x02\x05\x00\xC0\x00\x00\x6D", 7);
	uint32_t v;
	assert_true(der_u32(&four, &v));
	assert_true(v == 0xC000006D);
	assert_true(der_u32(&five, &v));
	assert_true(v == 0xC000006D);

	CLEANUP(wr_done) struct wr w = WR(100);
	der_put_status(&w, 0xC000006D);
	assert_memory_equal(w.buf, "\x02\x04\xC0\x00\x00\x6D", 6);
}

static void integers_are_shortest_and_in_range(void **state)
{
	const uint32_t values[] = { 0, 1, 127, 128, 255, 256, 32767, 32768, 0x7FFFFF, 0x800000, 0x7FFFFFFF, 0x80000000,
				    UINT32_MAX };
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		CLEANUP(wr_done) struct wr w = WR(100);
		uint32_t v;
		der_put_uint(&w, values[i]);
		struct rd r = wr_view(&w);
		assert_true(der_small_uint(&r, &v));
		assert_true(v == values[i]);
	}
	const char *bad[] = { "\x02\x00", "\x02\x02\x00\x01", "\x02\x02\xFF\x80", "\x02\x06\x00\x01\x00\x00\x00\x00",
			      "\x02\x05\x01\x00\x00\x00\x00" };
	const size_t lengths[] = { 2, 4, 4, 8, 7 };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct rd r = rd_of(bad[i], lengths[i]);
		uint32_t v;
		assert_false(der_u32(&r, &v));
	}
	struct rd negative = rd_of("\x02\x01\xFF", 3);
	uint32_t v;
	assert_false(der_small_uint(&negative, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_read_changes_nothing),
		cmocka_unit_test(s14_offsets_that_wrap_are_refused),
		cmocka_unit_test(a_builder_stops_at_its_cap),
		cmocka_unit_test(places_are_filled_later),
		cmocka_unit_test(der_lengths_come_out_shortest),
		cmocka_unit_test(s33_lengths_that_are_not_der_are_refused),
		cmocka_unit_test(an_errorcode_is_read_from_both_forms),
		cmocka_unit_test(integers_are_shortest_and_in_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
