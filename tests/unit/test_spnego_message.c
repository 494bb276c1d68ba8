/* tests/unit/test_spnego_message.c - SPNEGO's codec: what is written is read, and nothing else is.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"

#include "hex.h"
#include "packages/negotiate/message.h"
#include "packages/negotiate/package.h"

static const enum spnego_mech both[] = { MECH_KERBEROS_MS, MECH_KERBEROS, MECH_NTLM };

static struct wr init_of(const char *token, const char *mic)
{
	CLEANUP(wr_done) struct wr list = WR(1000);
	struct wr w = WR(2000);
	struct spnego_init init = { .has_token = token != NULL,
				    .token = rd_of(token, token ? strlen(token) : 0),
				    .has_mic = mic != NULL,
				    .mic = rd_of(mic, mic ? strlen(mic) : 0) };

	spnego_write_mech_list(&list, both, ARRAY_LEN(both));
	spnego_write_init(&w, wr_view(&list), &init);
	return w;
}

static void an_init_is_read_as_it_was_written(void **state)
{
	CLEANUP(wr_done) struct wr w = init_of("a token", "a mic");
	CLEANUP(wr_done) struct wr list = WR(1000);
	struct spnego_init in;

	assert_true(spnego_parse_init(wr_view(&w), &in));
	assert_int_equal(in.mech_count, 3);
	assert_memory_equal(in.mechs, both, sizeof(both));
	assert_true(in.has_token && in.token.n == 7 && in.has_mic && in.mic.n == 5);
	spnego_write_mech_list(&list, both, ARRAY_LEN(both));
	assert_int_equal(in.mech_list.n, list.len);
	assert_memory_equal(in.mech_list.p, list.buf, list.len);
}

static void the_list_is_the_der_that_windows_writes(void **state)
{
	CLEANUP(wr_done) struct wr list = WR(1000);

	spnego_write_mech_list(&list, both, ARRAY_LEN(both));
	assert_hex(list.buf, "302206092a864882f71201020206092a864886f712010202"
			     "060a2b06010401823702020a");
}

static void a_response_is_read_as_it_was_written(void **state)
{
	for (int state_number = -1; state_number <= SPNEGO_REQUEST_MIC; state_number++) {
		CLEANUP(wr_done) struct wr w = WR(1000);
		struct spnego_response in, r = { .state = (enum spnego_state)state_number,
						 .has_mech = true,
						 .mech = MECH_NTLM,
						 .has_token = true,
						 .token = rd_of("token", 5),
						 .has_mic = true,
						 .mic = rd_of("mic", 3) };
		spnego_write_response(&w, &r);
		assert_true(spnego_parse_response(wr_view(&w), &in));
		assert_int_equal(in.state, state_number);
		assert_true(in.has_mech && in.mech == MECH_NTLM);
		assert_true(in.token.n == 5 && in.mic.n == 3);
	}
}

/* [MS-SPNG] 4: a server's NegTokenInit2 with NegoEx and its token (here shortened), NTLM and a hint. */
static void a_servers_hints_are_read_past(void **state)
{
	struct hex token = hex("606006062b0601050502a0563054a01a3018060a2b06010401823702021e060a"
			       "2b06010401823702020aa20a04084e45474f45585453a32a3028a0261b246e6f"
			       "745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f"
			       "7265");
	struct spnego_init in;

	assert_true(spnego_parse_init(HEX_RD(token), &in));
	assert_int_equal(in.mech_count, 2);
	assert_int_equal(in.mechs[0], MECH_NEGOEX);
	assert_int_equal(in.mechs[1], MECH_NTLM);
	assert_true(in.has_token && in.token.n == 8 && !in.has_mic);
}

static void the_hint_we_give_is_windows_own(void **state)
{
	CLEANUP(wr_done) struct wr list = WR(1000);
	CLEANUP(wr_done) struct wr w = WR(1000);

	spnego_write_mech_list(&list, &both[2], 1);
	spnego_write_hint(&w, wr_view(&list));
	assert_hex(w.buf, "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a"
			  "3028a0261b246e6f745f646566696e65645f696e5f5246433431373840706c65"
			  "6173655f69676e6f7265");
}

static void every_truncation_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = init_of("a token", "a mic");
	CLEANUP(wr_done) struct wr r = WR(1000);
	struct spnego_init init;
	struct spnego_response in;

	spnego_write_response(&r, &(struct spnego_response){ .state = SPNEGO_ACCEPT_INCOMPLETE,
							     .has_mech = true,
							     .mech = MECH_NTLM,
							     .has_mic = true,
							     .mic = rd_of("mic", 3) });
	for (size_t n = 0; n < w.len; n++) {
		uint8_t *exact = mem_dup(w.buf, n);
		assert_false(spnego_parse_init(rd_of(exact, n), &init));
		mem_free(exact);
	}
	for (size_t n = 0; n < r.len; n++) {
		uint8_t *exact = mem_dup(r.buf, n);
		assert_false(spnego_parse_response(rd_of(exact, n), &in));
		mem_free(exact);
	}
}

static void bytes_after_the_end_are_refused_and_can_be_cut_off(void **state)
{
	CLEANUP(wr_done) struct wr w = init_of("a token", NULL);
	struct spnego_init in;
	size_t whole = w.len, rest;

	wr_bytes(&w, "more", 4);
	struct rd token = wr_view(&w);
	assert_false(spnego_parse_init(token, &in));
	assert_true(spnego_cut(&token, &rest));
	assert_int_equal(token.n, whole);
	assert_int_equal(rest, 4);
	assert_true(spnego_parse_init(token, &in));
}

static void every_single_wrong_byte_is_survived(void **state)
{
	CLEANUP(wr_done) struct wr w = init_of("a token", "a mic");
	struct spnego_init in;

	for (size_t i = 0; i < w.len; i++)
		for (unsigned v = 0; v < 256; v++) {
			uint8_t *copy = mem_dup(w.buf, w.len);
			copy[i] = (uint8_t)v;
			if (spnego_parse_init(rd_of(copy, w.len), &in))
				assert_true(in.mech_count <= SPNEGO_MECHS_MAX);
			mem_free(copy);
		}
}

static void s33_indefinite_and_nested_lengths_are_refused(void **state)
{
	static const char *const tokens[] = {
		"608006062b0601050502a080308000000000",
		"60820000",
		"6084ffffffff06062b0601050502",
		"608100",
		"a18030800000",
		"a1023080",
	};
	CLEANUP(wr_done) struct wr deep = WR(100000);
	struct spnego_init init;
	struct spnego_response in;

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct hex h = hex(tokens[i]);
		assert_false(spnego_parse_init(HEX_RD(h), &init));
		assert_false(spnego_parse_response(HEX_RD(h), &in));
	}
	for (int i = 0; i < 20000; i++)
		wr_bytes(&deep, "\xA1\x80", 2);
	assert_false(spnego_parse_response(wr_view(&deep), &in));
}

static void s32_an_init_without_mechanisms_is_refused(void **state)
{
	static const char *const tokens[] = {
		"600c06062b0601050502a0023000",		    /* an empty NegTokenInit */
		"601006062b0601050502a0063004a0023000",	    /* an empty list */
		"601206062b0601050502a0083006a20404024e31", /* a token alone */
	};
	struct spnego_init in;

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct hex h = hex(tokens[i]);
		assert_false(spnego_parse_init(HEX_RD(h), &in));
	}
}

static void a_long_list_of_mechanisms_is_read(void **state)
{
	enum spnego_mech many[100];
	CLEANUP(wr_done) struct wr list = WR(4000);
	CLEANUP(wr_done) struct wr w = WR(4000);
	struct spnego_init in;

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = i == 3 ? MECH_NTLM : MECH_NEGOEX;
	spnego_write_mech_list(&list, many, ARRAY_LEN(many));
	spnego_write_init(&w, wr_view(&list), &(struct spnego_init){ .has_token = false });
	assert_true(spnego_parse_init(wr_view(&w), &in));
	assert_int_equal(in.mech_count, SPNEGO_MECHS_MAX);
	assert_int_equal(in.mech_list.n, list.len);
	assert_int_equal(in.mechs[3], MECH_NTLM);
}

static enum spnego_frame frame_of(const char *digits)
{
	struct hex h = hex(digits);
	return spnego_frame(HEX_RD(h));
}

static void first_tokens_are_told_apart(void **state)
{
	CLEANUP(wr_done) struct wr w = init_of(NULL, NULL);

	assert_int_equal(spnego_frame(wr_view(&w)), FRAME_SPNEGO);
	assert_int_equal(frame_of("4e544c4d53535000"), FRAME_NTLM);
	assert_int_equal(frame_of("4e544c4d535350"), FRAME_NONE);
	assert_int_equal(frame_of("600d06092a864886f7120102020100"), FRAME_KERBEROS);
	assert_int_equal(frame_of("600d06092a864882f7120102020100"), FRAME_KERBEROS);
	assert_int_equal(frame_of("6e023000"), FRAME_KERBEROS);
	assert_int_equal(frame_of("a1023000"), FRAME_RESPONSE);
	assert_int_equal(frame_of("600806062b0601050503"), FRAME_NONE);
	assert_int_equal(frame_of(""), FRAME_NONE);
}

static void tokens_are_described(void **state)
{
	CLEANUP(wr_done) struct wr w = init_of("NTLMSSP", NULL);
	CLEANUP(wr_done) struct wr r = WR(1000);
	struct text out = { 0 };

	assert_true(negotiate_describe(w.buf, w.len, 1, &out));
	spnego_write_response(&r,
			      &(struct spnego_response){ .state = SPNEGO_REQUEST_MIC,
							 .has_mech = true,
							 .mech = MECH_NTLM,
							 .has_token = true,
							 .token = rd_of("NTLMSSP\0\2\0\0\0", 12),
							 .has_mic = true,
							 .mic = rd_of("\1\2", 2) });
	assert_true(negotiate_describe(r.buf, r.len, 0, &out));
	assert_false(negotiate_describe(r.buf, r.len - 1, 0, &out));
	assert_false(negotiate_describe((const uint8_t *)"NTLMSSP", 8, 0, &out));
	char *text = text_finish(&out);
	assert_string_equal(text, "  SPNEGO NegTokenInit\n"
				  "    mechTypes\n"
				  "      Kerberos (Microsoft's OID)\n"
				  "      Kerberos\n"
				  "      NTLM\n"
				  "    mechToken: 7 bytes\n"
				  "SPNEGO NegTokenResp\n"
				  "  negState: request-mic\n"
				  "  supportedMech: NTLM\n"
				  "  responseToken: 12 bytes, NTLM message 2\n"
				  "  mechListMIC: 0102\n");
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_init_is_read_as_it_was_written),
		cmocka_unit_test(the_list_is_the_der_that_windows_writes),
		cmocka_unit_test(a_response_is_read_as_it_was_written),
		cmocka_unit_test(a_servers_hints_are_read_past),
		cmocka_unit_test(the_hint_we_give_is_windows_own),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(bytes_after_the_end_are_refused_and_can_be_cut_off),
		cmocka_unit_test(every_single_wrong_byte_is_survived),
		cmocka_unit_test(s33_indefinite_and_nested_lengths_are_refused),
		cmocka_unit_test(s32_an_init_without_mechanisms_is_refused),
		cmocka_unit_test(a_long_list_of_mechanisms_is_read),
		cmocka_unit_test(first_tokens_are_told_apart),
		cmocka_unit_test(tokens_are_described),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
