/* tests/unit/test_tsrequest.c - CredSSP's messages and the binding hash against known answers.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Values that are not from [MS-CSSP] section 4 were worked out with other implementations of SHA-256
 * and DER. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hex.h"
#include "packages/tsssp/binding.h"
#include "packages/tsssp/message.h"

#define NONCE "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FAKE_KEY "300b020400c0ffee0203010001"
#define PASSWORD_CREDENTIALS                                                                       \
	"304da003020101a14604443042a018041664006f006d00610069006e0020006e0061006d006500a11204"     \
	"1075007300650072006e0061006d006500a2120410700061007300730077006f0072006400"
#define SMART_CARD_CREDENTIALS                                                                     \
	"3082010fa003020102a1820106048201023081ffa01a041862006200620062006200620062006200620062"   \
	"0062006200a181e03081dda003020101a22e042c4f004d004e0049004b00450059002000430061007200"     \
	"64004d0061006e002000330078003200310020003000a350044e6c0065002d004d00530053006d006100"     \
	"7200740063006100720064005500730065007200"                                                 \
	"2d00380062006400610030003100390066002d0031003200360036002d002d00350033003200360038"       \
	"00a45404524d006900630072006f0073006f006600740020004200610073006500200053006d0061007200"   \
	"7400200043006100720064002000430072007900700074006f002000500072006f007600690064006500"     \
	"7200"

static bool parse(const char *digits, struct ts_request *out)
{
	static struct hex message;
	message = hex(digits);
	return ts_request_parse(HEX_RD(message), out);
}

static bool parse_credentials(const char *digits, struct ts_credentials *out)
{
	static struct hex message;
	message = hex(digits);
	return ts_credentials_parse(HEX_RD(message), out);
}

static void assert_written(const struct ts_request *request, const char *digits)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct hex want = hex(digits);

	ts_request_write(&w, request);
	assert_int_equal(w.len, want.n);
	assert_memory_equal(w.buf, want.p, want.n);
}

/* ---- TSRequest ---- */

static void a_request_with_a_token_is_written_as_known(void **state)
{
	struct ts_request r;

	assert_written(&(struct ts_request){ .version = 6,
					     .has_nego = true,
					     .nego_token = rd_of("\x60\x01\x00", 3) },
		       "3012a003020106a10b30093007a0050403600100");
	assert_true(parse("3012a003020106a10b30093007a0050403600100", &r));
	assert_int_equal(r.version, 6);
	assert_true(r.has_nego && !r.has_auth_info && !r.has_pub_key_auth && !r.has_error &&
		    !r.has_nonce);
	assert_int_equal(r.nego_token.n, 3);
}

static void token_binding_and_nonce_are_written_as_known(void **state)
{
	struct hex nonce = hex(NONCE);
	const char *digits = "303ba003020106a10a30083006a0040402aabba3040402ccdda5220420" NONCE;
	struct ts_request r;

	assert_written(&(struct ts_request){ .version = 6,
					     .has_nego = true,
					     .nego_token = rd_of("\xaa\xbb", 2),
					     .has_pub_key_auth = true,
					     .pub_key_auth = rd_of("\xcc\xdd", 2),
					     .has_nonce = true,
					     .nonce = HEX_RD(nonce) },
		       digits);
	assert_true(parse(digits, &r));
	assert_true(r.has_nego && r.has_pub_key_auth && r.has_nonce);
	assert_int_equal(r.nonce.n, TS_NONCE_LEN);
}

static void an_error_code_is_four_bytes_and_read_in_both_forms(void **state)
{
	struct ts_request r;

	assert_written(
		&(struct ts_request){ .version = 6, .has_error = true, .error_code = 0xC000006D },
		"300da003020106a4060204c000006d");
	assert_true(parse("300da003020106a4060204c000006d", &r));
	assert_int_equal(r.error_code, 0xC000006D);
	assert_true(parse("300ea003020106a407020500c000006d", &r));
	assert_int_equal(r.error_code, 0xC000006D);
	assert_true(parse("300da003020106a4060204c00700ea", &r));
	assert_int_equal(r.error_code, 0xC00700EA);
}

static void s41_zero_and_positive_error_codes_are_read_as_what_they_are(void **state)
{
	struct ts_request r;

	assert_true(parse("300aa003020106a403020100", &r));
	assert_true(r.has_error);
	assert_int_equal(r.error_code, 0);
	assert_true(parse("300aa003020106a40302010a", &r));
	assert_int_equal(r.error_code, 10);
	assert_false(parse("300fa003020106a40802060100c000006d", &r));
}

static void a_message_with_every_field_is_read(void **state)
{
	struct ts_request r;

	assert_true(
		parse("3044a003020106a10b30093007a0050403313233a20b04096175746820696e666fa30e040c70"
		      "7562206b65792061757468a40302010aa50e040c636c69656e74206e6f6e6365",
		      &r));
	assert_int_equal(r.nego_token.n, 3);
	assert_int_equal(r.auth_info.n, 9);
	assert_int_equal(r.pub_key_auth.n, 12);
	assert_int_equal(r.error_code, 10);
	assert_int_equal(r.nonce.n, 12); /* the engine refuses it: 32 is right */
}

static void s03_versions_are_unsigned_and_fit_32_bits(void **state)
{
	static const struct {
		const char *digits;
		bool good;
		uint32_t version;
	} rows[] = {
		{ "3005a003020100", true, 0 },
		{ "3005a003020101", true, 1 },
		{ "3005a003020107", true, 7 },
		{ "3006a004020200ff", true, 255 },
		{ "3009a00702050080000000", true, 0x80000000 },
		{ "3005a0030201ff", false, 0 }, /* -1 */
		{ "3008a006020480000000", false, 0 },
		{ "3006a00402020006", false, 0 }, /* not the shortest form */
		{ "300aa0080206010000000000", false, 0 },
		{ "3004a0020200", false, 0 },
	};
	struct ts_request r;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(parse(rows[i].digits, &r), rows[i].good);
		if (rows[i].good)
			assert_int_equal(r.version, rows[i].version);
	}
}

static void s38_a_request_without_its_parts_in_order_is_refused(void **state)
{
	static const char *const bad[] = {
		"3000",					  /* empty */
		"300aa003020106a003020106",		  /* version twice */
		"300ca003020106a3020400a2020400",	  /* pubKeyAuth before authInfo */
		"3011a003020106a3040402ccdda3040402ccdd", /* pubKeyAuth twice */
		"300da3040402ccdda003020106",		  /* version last */
		"3006a3040402ccdd",			  /* no version */
		"3009a003020106a1023000",		  /* empty NegoData */
		"300ba003020106a10430023000",		  /* a token that is none */
		"301ca003020106a11530133008a0060404313233340407a0050403313233", /* wrong nesting */
		"3019a003020106a11230103007a00504033132333005a0030401aa",	/* two tokens */
		"3005a003020106"
		"00", /* trailing byte */
		"3006a003020106"
		"00",		      /* ... inside */
		"3005a203020106",     /* authInfo is no INTEGER */
		"3080a0030201060000", /* indefinite */
		"3105a003020106",     /* SET */
		"3007a0030201068000", /* primitive [0] */
	};
	struct ts_request r;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(parse(bad[i], &r));
}

static void s38_unknown_fields_behind_the_known_are_skipped(void **state)
{
	struct ts_request r;

	assert_true(parse("300ba003020106a6040402aabb", &r));
	assert_int_equal(r.version, 6);
	assert_true(parse("3011a003020107a6040402aabba7040402aabb", &r));
	assert_false(parse("3011a003020107a7040402aabba6040402aabb", &r));
}

static void s38_tokens_beyond_64_kib_come_back_whole(void **state)
{
	static uint8_t token[200000];
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct ts_request r;
	size_t len;

	memset(token, 'x', sizeof(token));
	ts_request_write(&w, &(struct ts_request){ .version = 6,
						   .has_nego = true,
						   .nego_token = rd_of(token, sizeof(token)) });
	assert_int_equal(ts_request_frame(wr_view(&w), &len), TS_FRAME_WHOLE);
	assert_int_equal(len, w.len);
	assert_true(ts_request_parse(wr_view(&w), &r));
	assert_int_equal(r.nego_token.n, sizeof(token));
	assert_memory_equal(r.nego_token.p, token, sizeof(token));
}

static void s38_a_claim_of_16_mib_is_refused_at_its_head(void **state)
{
	struct hex head = hex("308401000000a003020106"), most = hex("30830fff00"),
		   beyond = hex("3083100000");
	size_t len;

	assert_int_equal(ts_request_frame(HEX_RD(head), &len), TS_FRAME_BAD);
	assert_int_equal(ts_request_frame(HEX_RD(most), &len), TS_FRAME_PARTIAL);
	assert_int_equal(ts_request_frame(HEX_RD(beyond), &len), TS_FRAME_BAD);
}

static void the_frame_of_each_prefix_asks_for_more_until_it_is_whole(void **state)
{
	struct hex message =
		hex("303ba003020106a10a30083006a0040402aabba3040402ccdda5220420" NONCE "3005");
	size_t whole = message.n - 2, len;

	for (size_t n = 0; n < whole; n++) {
		assert_int_equal(ts_request_frame(rd_of(message.p, n), &len), TS_FRAME_PARTIAL);
		assert_true(len > 0 && len <= whole - n);
		assert_true(n < 2 || len == whole - n);
	}
	for (size_t n = whole; n <= message.n; n++) {
		assert_int_equal(ts_request_frame(rd_of(message.p, n), &len), TS_FRAME_WHOLE);
		assert_int_equal(len, whole);
	}
}

static void s33_lengths_that_der_does_not_have_are_no_frame(void **state)
{
	static const char *const bad[] = { "3080", "3085", "30ff", "a003", "31", "00", "16" };
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct hex head = hex(bad[i]);
		assert_int_equal(ts_request_frame(HEX_RD(head), &len), TS_FRAME_BAD);
	}
}

static void lengths_need_not_be_in_their_shortest_form(void **state)
{
	/* as rdesktop writes them, and with four bytes */
	static const char *const same[] = {
		"3012a003020106a10b30093007a0050403600100",
		"30820012a003020106a10b30093007a0050403600100",
		"308400000016a003020106a1840000000b30093007a0050403600100",
	};
	struct ts_credentials c;
	struct ts_request r;
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct hex message = hex(same[i]);
		assert_int_equal(ts_request_frame(HEX_RD(message), &len), TS_FRAME_WHOLE);
		assert_int_equal(len, message.n);
		assert_true(ts_request_parse(HEX_RD(message), &r));
		assert_int_equal(r.nego_token.n, 3);
	}
	assert_true(parse_credentials(
		"3082001ba003020101a18200120482000e300ca0020400a1020400a2020400", &c));
	assert_int_equal(c.type, TS_CRED_PASSWORD);
	/* indefinite ones and those of five bytes are none */
	assert_false(parse_credentials("3080a003020101a110040e300ca0020400a10204000000", &c));
	assert_false(parse_credentials(
		"30850000000017a003020101a110040e300ca0020400a1020400a2020400", &c));
}

static void every_truncation_is_refused(void **state)
{
	struct hex message =
		hex("303ba003020106a10a30083006a0040402aabba3040402ccdda5220420" NONCE);
	struct ts_request r;

	for (size_t n = 0; n < message.n; n++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(message.p, n);
		assert_false(ts_request_parse(rd_of(exact, n), &r));
	}
}

static void every_flipped_bit_is_read_safely(void **state)
{
	struct hex message =
		hex("303ba003020106a10a30083006a0040402aabba3040402ccdda5220420" NONCE);

	for (size_t bit = 0; bit < message.n * 8; bit++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(message.p, message.n);
		struct ts_request r;
		size_t len;
		exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
		(void)ts_request_frame(rd_of(exact, message.n), &len);
		bool good = ts_request_parse(rd_of(exact, message.n), &r);
		assert_true(!good || r.nego_token.n <= message.n);
	}
}

/* ---- TSCredentials ---- */

static void password_credentials_are_read_and_written_as_known(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct ts_credentials c;
	struct hex want = hex("3029a003020101a1220420301ea008040644004f004d00a10a0408750073006500"
			      "7200a206040470007700");

	assert_true(parse_credentials(PASSWORD_CREDENTIALS, &c));
	assert_int_equal(c.type, TS_CRED_PASSWORD);
	assert_int_equal(c.domain.n, 22);
	assert_memory_equal(c.domain.p, u"domain name", 22);
	assert_memory_equal(c.user.p, u"username", 16);
	assert_memory_equal(c.password.p, u"password", 16);

	ts_credentials_write(&w, rd_of(u"DOM", 6), rd_of(u"user", 8), rd_of(u"pw", 4));
	assert_int_equal(w.len, want.n);
	assert_memory_equal(w.buf, want.p, want.n);
}

static void empty_credentials_are_empty_strings_and_not_absent(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct hex want = hex("3017a003020101a110040e300ca0020400a1020400a2020400");
	struct ts_credentials c;

	ts_credentials_write(&w, rd_of(NULL, 0), rd_of(NULL, 0), rd_of(NULL, 0));
	assert_int_equal(w.len, want.n);
	assert_memory_equal(w.buf, want.p, want.n);
	assert_true(ts_credentials_parse(HEX_RD(want), &c));
	assert_int_equal(c.domain.n + c.user.n + c.password.n, 0);
	assert_false(parse_credentials("3013a003020101a10c040a3008a0020400a1020400", &c));
}

static void the_smart_card_example_is_read(void **state)
{
	struct ts_credentials c;

	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct hex message = hex(SMART_CARD_CREDENTIALS);

	assert_true(ts_credentials_parse(HEX_RD(message), &c));
	assert_int_equal(c.type, TS_CRED_SMART_CARD);
	assert_int_equal(c.password.n, 24);
	assert_memory_equal(c.password.p, u"bbbbbbbbbbbb", 24);
	assert_int_equal(c.csp.key_spec, 1);
	assert_int_equal(c.csp.card.n, 0);
	assert_int_equal(c.csp.reader.n, 44);
	assert_memory_equal(c.csp.reader.p, u"OMNIKEY CardMan 3x21 0", 44);
	assert_int_equal(c.csp.container.n, 78);
	assert_memory_equal(c.csp.container.p, u"le-MSSmartcardUser-8bda019f-1266--53268", 78);
	assert_int_equal(c.csp.csp.n, 82);
	assert_memory_equal(c.csp.csp.p, u"Microsoft Base Smart Card Crypto Provider", 82);
	assert_int_equal(c.user.n + c.domain.n, 0);
	/* and written again byte for byte */
	ts_smart_card_write(&w, &c);
	assert_int_equal(w.len, message.n);
	assert_memory_equal(w.buf, message.p, message.n);
}

static void a_cards_hints_come_back(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	const struct ts_credentials in = { .domain = rd_of(u"LAB", 6),
					   .user = rd_of(u"alice\0", 12),
					   .password = rd_of(u"1234\0", 10),
					   .csp = { 2, rd_of(u"card", 8), rd_of(NULL, 0),
						    rd_of(NULL, 0), rd_of(u"csp\0", 8) } };
	struct ts_credentials out;

	ts_smart_card_write(&w, &in);
	assert_true(ts_credentials_parse(wr_view(&w), &out));
	assert_int_equal(out.user.n, 10); /* NULs at the end are cut off here too */
	assert_int_equal(out.domain.n, 6);
	assert_int_equal(out.password.n, 8);
	assert_int_equal(out.csp.key_spec, 2);
	assert_int_equal(out.csp.card.n, 8);
	assert_int_equal(out.csp.csp.n, 6);
}

static void s39_a_cards_unsound_text_is_refused(void **state)
{
	const struct rd bad[] = { rd_of(u"1\0"
					u"2",
					6),
				  rd_of(u"12", 3), rd_of("\x00\xD8", 2) };
	struct ts_credentials out;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct ts_credentials in[] = {
			{ .password = bad[i] },	  { .user = bad[i] },
			{ .domain = bad[i] },	  { .csp.card = bad[i] },
			{ .csp.reader = bad[i] }, { .csp.container = bad[i] },
			{ .csp.csp = bad[i] }
		};
		for (size_t j = 0; j < ARRAY_LEN(in); j++) {
			CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
			ts_smart_card_write(&w, &in[j]);
			assert_false(ts_credentials_parse(wr_view(&w), &out));
		}
	}
}

static void remote_guard_is_written_as_it_is_read(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct hex want =
		hex("3029a003020106a1220420301ea01c301aa01204104b00650072006200650072006f007300"
		    "a1040402aabb");
	struct ts_credentials c;

	ts_remote_guard_write(&w, rd_of(u"Kerberos", 16), rd_of("\xaa\xbb", 2));
	assert_int_equal(w.len, want.n);
	assert_memory_equal(w.buf, want.p, want.n);
	assert_true(ts_credentials_parse(wr_view(&w), &c));
	assert_int_equal(c.type, TS_CRED_REMOTE_GUARD);
	assert_int_equal(c.package.n, 16);
	assert_memory_equal(c.package.p, u"Kerberos", 16);
	assert_int_equal(c.buffer.n, 2);
	assert_int_equal(c.supplemental, 0);
}

static void s39_a_type_with_another_types_structure_is_refused(void **state)
{
	struct ts_credentials c;
	struct hex password = hex(PASSWORD_CREDENTIALS), card = hex(SMART_CARD_CREDENTIALS);

	for (unsigned type = 0; type < 256; type++) {
		password.p[6] = (uint8_t)type;
		assert_int_equal(ts_credentials_parse(HEX_RD(password), &c),
				 type == TS_CRED_PASSWORD);
		card.p[8] = (uint8_t)type;
		assert_int_equal(ts_credentials_parse(HEX_RD(card), &c),
				 type == TS_CRED_SMART_CARD);
	}
}

static void s40_remote_guard_with_no_supplemental_credentials_is_read(void **state)
{
	struct ts_credentials c;

	/* absent, empty, one, and not a SEQUENCE */
	assert_true(
		parse_credentials("301aa003020106a1130411300fa00d300ba0040402aabba1030401cc", &c));
	assert_int_equal(c.type, TS_CRED_REMOTE_GUARD);
	assert_true(parse_credentials(
		"301ea003020106a11704153013a00d300ba0040402aabba1030401cca1023000", &c));
	assert_true(parse_credentials("302ba003020106a12404223020a00d300ba0040402aabba1030401cc"
				      "a10f300d300ba0040402aabba1030401cc",
				      &c));
	assert_int_equal(c.supplemental, 1);
	assert_int_equal(c.buffer.n, 1);
	assert_false(parse_credentials(
		"301ea003020106a11704153013a00d300ba0040402aabba1030401cca102a000", &c));
}

static bool password_is_read(struct rd password, struct rd *out)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct ts_credentials c;

	ts_credentials_write(&w, rd_of(NULL, 0), rd_of(u"alice", 10), password);
	bool good = ts_credentials_parse(wr_view(&w), &c);
	*out = good ? rd_of(NULL, c.password.n) : rd_of(NULL, 0);
	return good;
}

static void s39_nul_inside_and_odd_lengths_are_refused_and_trailing_nuls_cut(void **state)
{
	struct rd got;

	assert_true(password_is_read(rd_of(u"pw\0", 6), &got));
	assert_int_equal(got.n, 4);
	assert_true(password_is_read(rd_of(u"pw\0\0", 8), &got));
	assert_int_equal(got.n, 4);
	assert_false(password_is_read(rd_of(u"p\0w", 6), &got));
	assert_false(password_is_read(rd_of(u"pw", 3), &got));
	assert_false(password_is_read(rd_of("\x00\xD8", 2), &got)); /* a lone surrogate */
	assert_true(password_is_read(rd_of("\x3D\xD8\x00\xDE", 4), &got));
	assert_true(
		password_is_read(rd_of(u"\u0100a", 4), &got)); /* a NUL byte that is no NUL unit */
	assert_int_equal(got.n, 4);
}

static void s39_text_that_no_unicode_string_holds_is_refused(void **state)
{
	static WCHAR text[0x8001];
	struct rd got;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i] = u'x';
	assert_true(password_is_read(rd_of(text, 0xFFFE), &got));
	assert_int_equal(got.n, 0xFFFE);
	assert_false(password_is_read(rd_of(text, 0x10000), &got));
}

static void every_truncation_and_flip_of_credentials_is_safe(void **state)
{
	const char *forms[] = {
		PASSWORD_CREDENTIALS, SMART_CARD_CREDENTIALS,
		"301ea003020106a11704153013a00d300ba0040402aabba1030401cca1023000"
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct hex message = hex(forms[i]);
		struct ts_credentials c;
		for (size_t n = 0; n < message.n; n++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(message.p, n);
			assert_false(ts_credentials_parse(rd_of(exact, n), &c));
		}
		for (size_t bit = 0; bit < message.n * 8; bit++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(message.p, message.n);
			exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
			bool good = ts_credentials_parse(rd_of(exact, message.n), &c);
			assert_true(!good || c.password.n <= message.n);
		}
	}
}

/* ---- the binding ---- */

static void assert_binding(uint32_t version, enum ts_direction direction, const char *digits)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct hex nonce = hex(NONCE), key = hex(FAKE_KEY), want = hex(digits);

	ts_binding_write(&w, version, direction, HEX_RD(key), nonce.p);
	assert_int_equal(w.len, want.n);
	assert_memory_equal(w.buf, want.p, want.n);
	assert_true(ts_binding_matches(HEX_RD(want), version, direction, HEX_RD(key), nonce.p));
}

static void the_binding_hashes_are_as_known(void **state)
{
	for (uint32_t version = 5; version <= 6; version++) {
		assert_binding(version, TS_CLIENT_TO_SERVER,
			       "2a70f2ce0f58ee165bc77aa7ead5a42f6cd7e7e143d55d5b42b9a44467335877");
		assert_binding(version, TS_SERVER_TO_CLIENT,
			       "43d50efbda7a0c25e93d79250f63f78fe9d454f042b09ec16cdcd7e7b3ac2d73");
	}
}

static void before_version_5_the_key_goes_and_comes_back_raised_by_one(void **state)
{
	for (uint32_t version = 2; version <= 4; version++) {
		assert_binding(version, TS_CLIENT_TO_SERVER, FAKE_KEY);
		assert_binding(version, TS_SERVER_TO_CLIENT, "310b020400c0ffee0203010001");
	}
}

static void s05_no_version_takes_its_own_message_back(void **state)
{
	struct hex nonce = hex(NONCE), key = hex(FAKE_KEY);

	for (uint32_t version = 2; version <= 6; version++) {
		CLEANUP(wr_done) struct wr sent = WR(TS_REQUEST_MAX);
		ts_binding_write(&sent, version, TS_CLIENT_TO_SERVER, HEX_RD(key), nonce.p);
		assert_false(ts_binding_matches(wr_view(&sent), version, TS_SERVER_TO_CLIENT,
						HEX_RD(key), nonce.p));
	}
}

static void s05_another_key_nonce_magic_or_length_does_not_match(void **state)
{
	struct hex nonce = hex(NONCE), key = hex(FAKE_KEY), other = key, fresh = nonce;

	other.p[5] ^= 1;
	fresh.p[31] ^= 1;
	for (uint32_t version = 2; version <= 6; version++) {
		CLEANUP(wr_done) struct wr right = WR(TS_REQUEST_MAX);
		ts_binding_write(&right, version, TS_SERVER_TO_CLIENT, HEX_RD(key), nonce.p);
		struct rd sent = wr_view(&right);
		assert_true(ts_binding_matches(sent, version, TS_SERVER_TO_CLIENT, HEX_RD(key),
					       nonce.p));
		assert_false(ts_binding_matches(sent, version, TS_SERVER_TO_CLIENT, HEX_RD(other),
						nonce.p));
		assert_false(ts_binding_matches(sent, version, TS_CLIENT_TO_SERVER, HEX_RD(key),
						nonce.p));
		assert_int_equal(ts_binding_matches(sent, version, TS_SERVER_TO_CLIENT, HEX_RD(key),
						    fresh.p),
				 version < 5);
		for (size_t n = 0; n < sent.n; n++)
			assert_false(ts_binding_matches(rd_of(sent.p, n), version,
							TS_SERVER_TO_CLIENT, HEX_RD(key), nonce.p));
		right.buf[0] ^= 0x80;
		assert_false(ts_binding_matches(sent, version, TS_SERVER_TO_CLIENT, HEX_RD(key),
						nonce.p));
	}
}

static void an_empty_key_matches_nothing(void **state)
{
	uint8_t nonce[TS_NONCE_LEN] = { 0 };
	assert_false(
		ts_binding_matches(rd_of(NULL, 0), 2, TS_CLIENT_TO_SERVER, rd_of(NULL, 0), nonce));
	assert_false(
		ts_binding_matches(rd_of(NULL, 0), 2, TS_SERVER_TO_CLIENT, rd_of(NULL, 0), nonce));
}

static void error_codes_go_to_versions_3_4_and_6_on(void **state)
{
	for (uint32_t version = 2; version < 10; version++)
		assert_int_equal(ts_version_has_error_code(version),
				 version == 3 || version == 4 || version >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_with_a_token_is_written_as_known),
		cmocka_unit_test(token_binding_and_nonce_are_written_as_known),
		cmocka_unit_test(an_error_code_is_four_bytes_and_read_in_both_forms),
		cmocka_unit_test(s41_zero_and_positive_error_codes_are_read_as_what_they_are),
		cmocka_unit_test(a_message_with_every_field_is_read),
		cmocka_unit_test(s03_versions_are_unsigned_and_fit_32_bits),
		cmocka_unit_test(s38_a_request_without_its_parts_in_order_is_refused),
		cmocka_unit_test(s38_unknown_fields_behind_the_known_are_skipped),
		cmocka_unit_test(s38_tokens_beyond_64_kib_come_back_whole),
		cmocka_unit_test(s38_a_claim_of_16_mib_is_refused_at_its_head),
		cmocka_unit_test(the_frame_of_each_prefix_asks_for_more_until_it_is_whole),
		cmocka_unit_test(s33_lengths_that_der_does_not_have_are_no_frame),
		cmocka_unit_test(lengths_need_not_be_in_their_shortest_form),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_is_read_safely),
		cmocka_unit_test(password_credentials_are_read_and_written_as_known),
		cmocka_unit_test(empty_credentials_are_empty_strings_and_not_absent),
		cmocka_unit_test(the_smart_card_example_is_read),
		cmocka_unit_test(a_cards_hints_come_back),
		cmocka_unit_test(s39_a_cards_unsound_text_is_refused),
		cmocka_unit_test(remote_guard_is_written_as_it_is_read),
		cmocka_unit_test(s39_a_type_with_another_types_structure_is_refused),
		cmocka_unit_test(s40_remote_guard_with_no_supplemental_credentials_is_read),
		cmocka_unit_test(s39_text_that_no_unicode_string_holds_is_refused),
		cmocka_unit_test(s39_nul_inside_and_odd_lengths_are_refused_and_trailing_nuls_cut),
		cmocka_unit_test(every_truncation_and_flip_of_credentials_is_safe),
		cmocka_unit_test(the_binding_hashes_are_as_known),
		cmocka_unit_test(before_version_5_the_key_goes_and_comes_back_raised_by_one),
		cmocka_unit_test(s05_no_version_takes_its_own_message_back),
		cmocka_unit_test(s05_another_key_nonce_magic_or_length_does_not_match),
		cmocka_unit_test(an_empty_key_matches_nothing),
		cmocka_unit_test(error_codes_go_to_versions_3_4_and_6_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
