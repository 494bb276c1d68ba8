/* tests/unit/test_ntlm_message.c - NTLM's messages as hostile bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "base/random.h"
#include "hex.h"
#include "packages/ntlm/avpairs.h"
#include "packages/ntlm/describe.h"
#include "packages/ntlm/message.h"

#undef TEXT
#define TEXT(s) rd_of(OPENSSPI_WIDE(s), sizeof(OPENSSPI_WIDE(s)) - 2)

/* The 32 bytes that curl sends: OEM, zero offsets. */
#define CURL "4e544c4d5353500001000000068208000000000000000000" "0000000000000000"

static struct ntlm_challenge sample_challenge(struct wr *info)
{
	av_write(info, AV_NB_DOMAIN, TEXT("LAB"));
	av_write(info, AV_NB_COMPUTER, TEXT("SRV"));
	av_write_u64(info, AV_TIMESTAMP, 0x01D000000000000);
	av_write_end(info);
	return (struct ntlm_challenge){ .flags = NTLM_UNICODE | NTLM_TARGET_INFO | NTLM_VERSION,
					.server_challenge = { 1, 2, 3, 4, 5, 6, 7, 8 },
					.target_name = TEXT("SRV"),
					.target_info = wr_view(info) };
}

static void sample_response(struct wr *nt)
{
	CLEANUP(wr_done) struct wr info = WR(512);

	(void)sample_challenge(&info);
	wr_zero(nt, 16);
	wr_bytes(nt, "\1\1\0\0\0\0\0\0", 8);
	wr_zero(nt, 8 + 8 + 4);
	wr_rd(nt, wr_view(&info));
	wr_zero(nt, 4);
}

static void sample_authenticate(struct wr *w)
{
	CLEANUP(wr_done) struct wr nt = WR(1024);
	static const uint8_t zero[24];

	sample_response(&nt);
	struct ntlm_authenticate m = { .flags = NTLM_UNICODE | NTLM_KEY_EXCHANGE,
				       .lm = rd_of(zero, 24),
				       .nt = wr_view(&nt),
				       .domain = TEXT("LAB"),
				       .user = TEXT("alice"),
				       .workstation = TEXT("PC"),
				       .session_key = rd_of(zero, 16) };
	ntlm_authenticate_write(w, &m);
}

static void messages_are_read_as_they_were_written(void **state)
{
	CLEANUP(wr_done) struct wr info = WR(512);
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct ntlm_challenge c = sample_challenge(&info), c2;
	struct ntlm_authenticate a;
	struct ntlm_negotiate n;

	ntlm_challenge_write(&w, &c);
	assert_true(ntlm_challenge_read(wr_view(&w), &c2));
	assert_int_equal(c2.flags, c.flags);
	assert_int_equal(c2.target_info.n, c.target_info.n);
	wr_reset(&w);
	sample_authenticate(&w);
	assert_true(ntlm_authenticate_read(wr_view(&w), &a));
	assert_true(ntlm_authenticate_has_mic_room(wr_view(&w), &a));
	assert_int_equal(a.payload, 88);
	assert_memory_equal(a.user.p, OPENSSPI_WIDE("alice"), 10);
	wr_reset(&w);
	ntlm_negotiate_write(&w, &(struct ntlm_negotiate){ .flags = NTLM_DOMAIN_SUPPLIED,
							   .domain = rd_of("LAB", 3) });
	assert_true(ntlm_negotiate_read(wr_view(&w), &n));
	assert_int_equal(n.domain.n, 3);
}

static void negotiate_may_be_bare_or_have_zero_offsets(void **state)
{
	struct hex curl = hex(CURL);
	struct ntlm_negotiate n;

	assert_true(ntlm_negotiate_read(HEX_RD(curl), &n));
	assert_int_equal(n.flags, 0x00088206);
	assert_true(ntlm_negotiate_read(rd_of(curl.p, 16), &n));
	curl.p[13] |= 0x10; /* a domain is said to be there, and has no field */
	assert_false(ntlm_negotiate_read(rd_of(curl.p, 16), &n));
}

static void s15_every_cut_negotiate_is_refused_or_bare(void **state)
{
	struct hex curl = hex(CURL);
	struct ntlm_negotiate n;

	for (size_t i = 0; i < curl.n; i++)
		assert_int_equal(ntlm_negotiate_read(rd_of(curl.p, i), &n), i == 16);
}

static void s16_every_cut_challenge_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr info = WR(512);
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct ntlm_challenge c = sample_challenge(&info);

	ntlm_challenge_write(&w, &c);
	for (size_t i = 0; i < w.len; i++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, i);
		assert_false(ntlm_challenge_read(rd_of(exact, i), &c));
	}
}

static void s15_every_cut_authenticate_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct ntlm_authenticate a;

	sample_authenticate(&w);
	for (size_t i = 0; i < w.len; i++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, i);
		assert_false(ntlm_authenticate_read(rd_of(exact, i), &a));
	}
}

static void s15_short_v2_responses_are_refused(void **state)
{
	CLEANUP(wr_done) struct wr nt = WR(1024);
	struct ntlm_v2_response v2;
	struct av_pairs av;

	sample_response(&nt);
	for (size_t i = 0; i < nt.len - 4; i++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(nt.buf, i);
		bool whole = ntlm_v2_response_read(rd_of(exact, i), &v2) &&
			     av_read(v2.av_pairs, &av);
		assert_false(whole);
	}
}

static void put_field(struct wr *w, size_t at, uint16_t len, uint32_t offset)
{
	wr_fill_u16le(w, at, len);
	wr_fill_u32le(w, at + 4, offset);
}

/* S14 and S23: each field of AUTHENTICATE in turn points where it must not. */
static void s14_s23_fields_beyond_the_end_or_wrapping_are_refused(void **state)
{
	static const struct place {
		uint16_t len;
		uint32_t offset;
	} places[] = { { 0x20, 0xFFFFFFF0 }, { 0xFFFF, 0xFFFFFFFF }, { 1, 0x7FFFFFFF },
		       { 0xFFFF, 88 },	     { 2, 0 },		     { 1, 63 } };
	struct ntlm_authenticate a;

	for (size_t at = 12; at < 60; at += 8)
		for (size_t i = 0; i < ARRAY_LEN(places); i++) {
			CLEANUP(wr_done) struct wr w = WR(4096);
			sample_authenticate(&w);
			put_field(&w, at, places[i].len, places[i].offset);
			assert_false(ntlm_authenticate_read(wr_view(&w), &a));
		}
}

static void s23_oem_fields_of_negotiate_beyond_the_end_are_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct ntlm_negotiate n;

	ntlm_negotiate_write(&w, &(struct ntlm_negotiate){
					 .flags = NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED,
					 .domain = rd_of("LAB", 3),
					 .workstation = rd_of("PC", 2) });
	for (size_t at = 16; at <= 24; at += 8) {
		put_field(&w, at, 8, 0xFFFFFFFC);
		assert_false(ntlm_negotiate_read(wr_view(&w), &n));
		put_field(&w, at, 3, 40);
	}
}

static void empty_fields_may_point_anywhere(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct ntlm_authenticate a;

	sample_authenticate(&w);
	put_field(&w, 44, 0, 0xFFFFFFFF);
	assert_true(ntlm_authenticate_read(wr_view(&w), &a));
	assert_int_equal(a.workstation.n, 0);
}

/* ---- AV pairs ---- */

static bool av_ok(const char *digits)
{
	struct hex h = hex(digits);
	CLEANUP(mem_free_p) uint8_t *exact = mem_dup(h.p, h.n);
	struct av_pairs av;
	return av_read(rd_of(exact, h.n), &av);
}

static void s17_lists_must_be_whole(void **state)
{
	assert_true(av_ok("00000000"));
	assert_true(av_ok("0000000001020304"));	       /* what follows the end is free */
	assert_false(av_ok(""));		       /* no end */
	assert_false(av_ok("0200020041000000"));       /* end cut short */
	assert_false(av_ok("02000200410000"));	       /* the same */
	assert_false(av_ok("020004004100"));	       /* value beyond the end */
	assert_false(av_ok("0000020041420000"));       /* an end with a length */
	assert_false(av_ok("0200010041" "00000000"));  /* odd length of UTF-16 */
	assert_false(av_ok("020002004100" "020002004100" "00000000")); /* twice */
}

static void s27_short_flags_and_times_are_refused(void **state)
{
	assert_false(av_ok("0600030000000000000000"));
	assert_false(av_ok("060000000000" "0000"));
	assert_false(av_ok("0600050000000000" "00" "00000000"));
	assert_false(av_ok("0700070000000000000000" "00000000"));
	assert_false(av_ok("070000000000" "0000"));
	assert_false(av_ok("0a000f00000000000000000000000000000000" "00000000"));
	assert_true(av_ok("0600040002000000" "00000000"));
}

/* An error after channel bindings and single host were seen releases nothing that is not ours. */
static void s25_an_error_after_single_host_is_clean(void **state)
{
	assert_false(av_ok("0a00100000000000000000000000000000000000"
			   "080008000800000000000000" "0200ff0041"));
	assert_false(av_ok("080004000800000000000000"));
}

static void s24_lone_surrogates_are_refused(void **state)
{
	CLEANUP(wr_done) struct wr out = WR(64);

	assert_false(av_ok("0200020000d8" "00000000"));
	assert_false(av_ok("0100040000d84100" "00000000"));
	assert_true(av_ok("010004003dd800de" "00000000"));
	assert_false(ntlm_text_read(rd_of("\x00\xDC", 2), true, &out));
	assert_false(ntlm_text_read(rd_of("\x00\xD8", 2), true, &out));
	assert_false(ntlm_text_read(rd_of("a", 1), true, &out));
	assert_int_equal(out.len, 0);
}

static void oem_text_is_iso_8859_1(void **state)
{
	CLEANUP(wr_done) struct wr out = WR(64);

	assert_true(ntlm_text_read(rd_of("J\xFCrg", 4), false, &out));
	assert_memory_equal(out.buf, OPENSSPI_WIDE("J\u00FCrg"), 8);
}

/* S08: a relay's flags pair does not become the client's. */
static void s08_the_clients_list_has_one_flags_pair_of_its_own(void **state)
{
	CLEANUP(wr_done) struct wr server = WR(512);
	CLEANUP(wr_done) struct wr client = WR(512);
	struct av_answer answer = { .has_mic = true, .target = TEXT("HTTP/srv") };
	struct av_pairs av;

	av_write(&server, AV_NB_DOMAIN, TEXT("LAB"));
	av_write_u32(&server, AV_FLAGS, 0);
	av_write(&server, AV_TARGET_NAME, TEXT("evil"));
	av_write_end(&server);
	assert_true(av_write_answer(&client, wr_view(&server), &answer));
	assert_true(av_read(wr_view(&client), &av));
	assert_int_equal(av.flags, AV_FLAG_MIC);
	assert_int_equal(av.value[AV_TARGET_NAME].n, 16);
	assert_int_equal(av.value[AV_CHANNEL_BINDINGS].n, 16);

	/* The other way round: the server's MIC bit is not echoed by a client without MIC. */
	wr_reset(&server);
	wr_reset(&client);
	av_write_u32(&server, AV_FLAGS, AV_FLAG_MIC | AV_FLAG_CONSTRAINED);
	av_write_end(&server);
	answer.has_mic = false;
	assert_true(av_write_answer(&client, wr_view(&server), &answer));
	assert_true(av_read(wr_view(&client), &av));
	assert_int_equal(av.flags, AV_FLAG_CONSTRAINED);
}

/* ---- description ---- */

static void a_description_names_flags_and_pairs_and_shows_no_response(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct text out = { 0 };

	sample_authenticate(&w);
	memset(w.buf + w.len - 16, 0xAB, 16);
	assert_true(ntlm_describe(w.buf, w.len, 1, &out));
	CLEANUP(mem_free_p) char *text = text_finish(&out);
	assert_non_null(strstr(text, "  NTLM AUTHENTICATE\n"));
	assert_non_null(strstr(text, "KEY_EXCH"));
	assert_non_null(strstr(text, "user: alice"));
	assert_non_null(strstr(text, "NetBIOS domain: LAB"));
	assert_non_null(strstr(text, "encrypted session key: 16 bytes"));
	assert_null(strstr(text, "abab"));
}

static void any_bytes_are_described_or_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	uint8_t noise[8];

	sample_authenticate(&w);
	for (int i = 0; i < 20000; i++) {
		struct text out = { 0 };
		CLEANUP(mem_free_p) uint8_t *copy = mem_dup(w.buf, w.len);
		assert_int_equal(random_bytes(noise, sizeof(noise)), STATUS_SUCCESS);
		copy[(noise[0] | noise[1] << 8) % w.len] = noise[2];
		copy[8] = (uint8_t)(1 + noise[3] % 3);
		copy[noise[4] % 72] ^= (uint8_t)(1 << noise[5] % 8);
		(void)ntlm_describe(copy, w.len - noise[6] % 3, 0, &out);
		text_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_read_as_they_were_written),
		cmocka_unit_test(negotiate_may_be_bare_or_have_zero_offsets),
		cmocka_unit_test(s15_every_cut_negotiate_is_refused_or_bare),
		cmocka_unit_test(s16_every_cut_challenge_is_refused),
		cmocka_unit_test(s15_every_cut_authenticate_is_refused),
		cmocka_unit_test(s15_short_v2_responses_are_refused),
		cmocka_unit_test(s14_s23_fields_beyond_the_end_or_wrapping_are_refused),
		cmocka_unit_test(s23_oem_fields_of_negotiate_beyond_the_end_are_refused),
		cmocka_unit_test(empty_fields_may_point_anywhere),
		cmocka_unit_test(s17_lists_must_be_whole),
		cmocka_unit_test(s27_short_flags_and_times_are_refused),
		cmocka_unit_test(s25_an_error_after_single_host_is_clean),
		cmocka_unit_test(s24_lone_surrogates_are_refused),
		cmocka_unit_test(oem_text_is_iso_8859_1),
		cmocka_unit_test(s08_the_clients_list_has_one_flags_pair_of_its_own),
		cmocka_unit_test(a_description_names_flags_and_pairs_and_shows_no_response),
		cmocka_unit_test(any_bytes_are_described_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
