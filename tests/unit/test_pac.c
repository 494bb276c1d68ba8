/* tests/unit/test_pac.c - wire/pac.c: the SIDs of KERB_VALIDATION_INFOs that Samba's NDR wrote.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "wire/sids.h"

#define INFO_MAX 1024

/* Where things are in the two full ones. */
#define AT_OBJECT_LENGTH 8
#define AT_TOP_POINTER 16
#define AT_USER_ID 120
#define AT_GROUP_COUNT 128
#define AT_GROUPS_POINTER 132
#define AT_DOMAIN_POINTER 172
#define AT_EXTRA_COUNT 216
#define AT_RESOURCE_DOMAIN_POINTER 224
#define AT_RESOURCE_COUNT 228

/* User 1104 of S-1-5-21-1004336348-1177238915-682003330; groups 513, 1110, 1111 (only to deny), 1112 (not
 * enabled); two extra SIDs; two groups of a resource domain. */
static const char full_info[] =
	"01100800cccccccc280200000000000000000200000000000000000000000000000000000000000000000000"
	"0000000000000000000000000000000000000000000000000a000a00040002001a001a000800020000000000"
	"0c00020000000000100002000000000014000200000000001800020000000000500400000102000004000000"
	"1c00020020020000000000000000000000000000000000000600080020000200060008002400020028000200"
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000002000000"
	"2c00020030000200020000003400020005000000000000000500000061006c0069006300650000000d000000"
	"000000000d00000041006c0069006300650020004c0069006400640065006c006c0000000000000000000000"
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000004000000"
	"0102000007000000560400000700000057040000130000005804000003000000040000000000000003000000"
	"44004300310000000400000000000000030000004c0041004200000004000000010400000000000515000000"
	"dcf4dc3b833d2b46828ba6280200000038000200070000003c00020007000000010000000101000000000012"
	"0100000005000000010500000000000515000000010000000200000003000000070200000400000001040000"
	"000000051500000007000000080000000900000002000000d007000007000020d107000007000020";

/* The same without extra SIDs and resource groups. */
static const char plain_info[] =
	"01100800ccccccccb80100000000000000000200000000000000000000000000000000000000000000000000"
	"0000000000000000000000000000000000000000000000000a000a00040002001a001a000800020000000000"
	"0c00020000000000100002000000000014000200000000001800020000000000500400000102000004000000"
	"1c00020020020000000000000000000000000000000000000600080020000200060008002400020028000200"
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	"2c00020000000000000000000000000005000000000000000500000061006c0069006300650000000d000000"
	"000000000d00000041006c0069006300650020004c0069006400640065006c006c0000000000000000000000"
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000004000000"
	"0102000007000000560400000700000057040000130000005804000003000000040000000000000003000000"
	"44004300310000000400000000000000030000004c0041004200000004000000010400000000000515000000"
	"dcf4dc3b833d2b46828ba62800000000";

#define DOMAIN "S-1-5-21-1004336348-1177238915-682003330"

struct info {
	uint8_t p[INFO_MAX];
	size_t n;
};

static struct info info_of(const char *digits)
{
	struct info i = { .n = strlen(digits) / 2 };

	assert_true(i.n <= INFO_MAX);
	for (size_t k = 0; k < i.n; k++) {
		unsigned byte = 0;
		assert_int_equal(sscanf(digits + 2 * k, "%2x", &byte), 1);
		i.p[k] = (uint8_t)byte;
	}
	return i;
}

static void put_u32(struct info *i, size_t at, uint32_t v)
{
	for (size_t k = 0; k < 4; k++)
		i->p[at + k] = (uint8_t)(v >> 8 * k);
}

static uint32_t get_u32(const struct info *i, size_t at)
{
	return u32le_at(i->p + at);
}

static bool is_accepted(const struct info *i)
{
	CLEANUP(wr_done) struct wr w = WR(SIDS_BYTES_MAX);
	/* memory of just the size, so that a sanitizer sees what reads behind */
	uint8_t *exact = malloc(i->n ? i->n : 1);
	memcpy(exact, i->p, i->n);
	bool fine = sids_from_pac(&w, rd_of(exact, i->n));
	free(exact);
	return fine;
}

static void assert_sids(const struct info *i, const char *const *want)
{
	CLEANUP(wr_done) struct wr w = WR(SIDS_BYTES_MAX);
	char text[SID_TEXT_MAX];

	assert_true(sids_from_pac(&w, rd_of(i->p, i->n)));
	struct rd list = wr_view(&w);
	for (; *want; want++) {
		assert_true(sids_next(&list, text));
		assert_string_equal(text, *want);
	}
	assert_true(rd_empty(list));
}

/* ---- what is in there ---- */

static void the_user_comes_first_and_then_the_primary_group(void **state)
{
	struct info i = info_of(plain_info);
	assert_sids(&i,
		    (const char *const[]){ DOMAIN "-1104", DOMAIN "-513", DOMAIN "-1110", NULL });
}

static void extra_sids_and_resource_groups_follow(void **state)
{
	struct info i = info_of(full_info);
	assert_sids(&i,
		    (const char *const[]){ DOMAIN "-1104", DOMAIN "-513", DOMAIN "-1110",
					   "S-1-18-1", "S-1-5-21-1-2-3-519", "S-1-5-21-7-8-9-2000",
					   "S-1-5-21-7-8-9-2001", NULL });
}

static void without_a_user_id_the_first_extra_sid_is_the_user(void **state)
{
	struct info i = info_of(full_info);

	put_u32(&i, AT_USER_ID, 0);
	assert_sids(&i, (const char *const[]){ "S-1-18-1", DOMAIN "-513", DOMAIN "-1110",
					       "S-1-5-21-1-2-3-519", "S-1-5-21-7-8-9-2000",
					       "S-1-5-21-7-8-9-2001", NULL });
	struct info plain = info_of(plain_info);
	put_u32(&plain, AT_USER_ID, 0);
	assert_false(is_accepted(&plain));
}

/* ---- what is refused ---- */

static void every_truncation_is_refused(void **state)
{
	const struct info whole = info_of(full_info);

	for (size_t n = 0; n < whole.n; n++) {
		struct info cut = whole;
		cut.n = n;
		assert_false(is_accepted(&cut));
		/* and with a header that says so */
		if (n >= AT_TOP_POINTER) {
			put_u32(&cut, AT_OBJECT_LENGTH, (uint32_t)(n - AT_TOP_POINTER));
			assert_false(is_accepted(&cut));
		}
	}
}

static void no_single_byte_makes_it_read_outside(void **state)
{
	const struct info whole = info_of(full_info);
	static const uint8_t values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };

	for (size_t at = 0; at < whole.n; at++)
		for (size_t v = 0; v < ARRAY_LEN(values); v++) {
			struct info changed = whole;
			changed.p[at] = values[v];
			(void)is_accepted(&changed);
		}
}

static void other_headers_are_refused(void **state)
{
	for (size_t at = 0; at < 4; at++) {
		struct info i = info_of(plain_info);
		i.p[at] ^= 1;
		assert_false(is_accepted(&i));
	}
	struct info big_endian = info_of(plain_info);
	big_endian.p[1] = 0;
	assert_false(is_accepted(&big_endian));
}

static void an_object_longer_than_what_is_there_is_refused(void **state)
{
	struct info i = info_of(plain_info);
	put_u32(&i, AT_OBJECT_LENGTH, 0xFFFFFFFF);
	assert_false(is_accepted(&i));
	put_u32(&i, AT_OBJECT_LENGTH, (uint32_t)(i.n - AT_TOP_POINTER + 1));
	assert_false(is_accepted(&i));
}

static void pointers_to_nothing_are_refused_where_something_is_counted(void **state)
{
	static const size_t places[] = {
		AT_TOP_POINTER,	    AT_GROUPS_POINTER,		AT_DOMAIN_POINTER,
		AT_EXTRA_COUNT + 4, AT_RESOURCE_DOMAIN_POINTER, AT_RESOURCE_COUNT + 4
	};
	for (size_t k = 0; k < ARRAY_LEN(places); k++) {
		struct info i = info_of(full_info);
		assert_int_not_equal(get_u32(&i, places[k]), 0);
		put_u32(&i, places[k], 0);
		assert_false(is_accepted(&i));
	}
}

static void counts_that_disagree_with_their_arrays_are_refused(void **state)
{
	static const size_t places[] = { AT_GROUP_COUNT, AT_EXTRA_COUNT, AT_RESOURCE_COUNT };
	static const uint32_t counts[] = { 0, 1, 5, 0x20000000, 0x7FFFFFFF, 0xFFFFFFFF };

	for (size_t k = 0; k < ARRAY_LEN(places); k++)
		for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
			struct info i = info_of(full_info);
			put_u32(&i, places[k], counts[c]);
			assert_false(is_accepted(&i));
		}
}

static size_t place_of(const struct info *i, const void *bytes, size_t n)
{
	const uint8_t *found = memmem(i->p, i->n, bytes, n);
	assert_non_null(found);
	return (size_t)(found - i->p);
}

static void sids_of_other_revisions_or_more_numbers_than_fit_are_refused(void **state)
{
	/* the domain's: its count in front, its revision and count */
	static const uint8_t domain[] = { 4, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 5 };
	const struct info whole = info_of(full_info);
	size_t at = place_of(&whole, domain, sizeof(domain));

	for (unsigned count = 0; count < 256; count++) {
		struct info i = whole;
		i.p[at + 5] = (uint8_t)count;
		assert_int_equal(is_accepted(&i), count == 4);
		i.p[at] = (uint8_t)count;
		assert_int_equal(is_accepted(&i), count == 4);
	}
	struct info revision = whole;
	revision.p[at + 4] = 2;
	assert_false(is_accepted(&revision));
}

static void a_text_longer_than_its_room_is_refused(void **state)
{
	static const uint8_t alice[] = { 5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 'a', 0, 'l', 0 };
	const struct info whole = info_of(full_info);
	size_t at = place_of(&whole, alice, sizeof(alice));

	for (size_t field = 0; field < 3; field++) {
		struct info i = whole;
		put_u32(&i, at + 4 * field, field == 0 ? 4 : 0xFFFFFFFE);
		assert_false(is_accepted(&i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_user_comes_first_and_then_the_primary_group),
		cmocka_unit_test(extra_sids_and_resource_groups_follow),
		cmocka_unit_test(without_a_user_id_the_first_extra_sid_is_the_user),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(no_single_byte_makes_it_read_outside),
		cmocka_unit_test(other_headers_are_refused),
		cmocka_unit_test(an_object_longer_than_what_is_there_is_refused),
		cmocka_unit_test(pointers_to_nothing_are_refused_where_something_is_counted),
		cmocka_unit_test(counts_that_disagree_with_their_arrays_are_refused),
		cmocka_unit_test(sids_of_other_revisions_or_more_numbers_than_fit_are_refused),
		cmocka_unit_test(a_text_longer_than_its_room_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
