/* tests/unit/test_rdp.c - the tool's RDP negotiation codec. [MS-RDPBCGR] 2.2.1.1, 2.2.1.2
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/rdp.h"

static void a_request_survives_the_wire(void **state)
{
	unsigned char m[RDP_MESSAGE_MAX];
	const struct rdp_request in = { true, RDP_REQUEST_RESTRICTED_ADMIN, RDP_SSL | RDP_HYBRID };
	struct rdp_request out;
	size_t n = rdp_build_request(m, &in);
	assert_int_equal(n, 19);
	assert_memory_equal(m, "\x03\x00\x00\x13\x0e\xe0", 6);
	assert_true(rdp_parse_request(m, n, &out));
	assert_true(out.negotiates);
	assert_int_equal(out.flags, in.flags);
	assert_int_equal(out.protocols, in.protocols);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(rdp_parse_request(m, cut, &out));
	m[n] = 0;
	assert_false(rdp_parse_request(m, n + 1, &out));
}

static void a_cookie_before_the_request_is_skipped(void **state)
{
	static const char cookie[] = "Cookie: mstshash=alice\r\n";
	unsigned char m[RDP_MESSAGE_MAX] = { 3, 0, 0, 0, 0, 0xE0, 0, 0, 0, 0, 0 };
	size_t n = 11;
	struct rdp_request out;
	memcpy(m + n, cookie, sizeof(cookie) - 1);
	n += sizeof(cookie) - 1;
	memcpy(m + n, "\x01\x00\x08\x00\x0b\x00\x00\x00", 8);
	n += 8;
	m[3] = (unsigned char)n;
	m[4] = (unsigned char)(n - 5);
	assert_true(rdp_parse_request(m, n, &out));
	assert_int_equal(out.protocols, 0x0B);
}

static void every_answer_survives_the_wire(void **state)
{
	const struct rdp_confirm answers[] = { { RDP_ANSWER_SELECTED, RDP_HYBRID_EX },
					       { RDP_ANSWER_FAILURE, RDP_FAILURE_HYBRID_REQUIRED } };
	for (size_t i = 0; i < 2; i++) {
		unsigned char m[RDP_MESSAGE_MAX];
		struct rdp_confirm out;
		size_t n = rdp_build_confirm(m, &answers[i]);
		assert_true(rdp_parse_confirm(m, n, &out));
		assert_int_equal(out.answer, answers[i].answer);
		assert_int_equal(out.value, answers[i].value);
		for (size_t cut = 0; cut < n; cut++)
			assert_false(rdp_parse_confirm(m, cut, &out));
	}
}

static void an_old_server_says_nothing_of_security(void **state)
{
	static const unsigned char bare[] = { 3, 0, 0, 11, 6, 0xD0, 0, 0, 0x12, 0x34, 0 };
	struct rdp_confirm out;
	assert_true(rdp_parse_confirm(bare, sizeof(bare), &out));
	assert_int_equal(out.answer, RDP_ANSWER_OLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_survives_the_wire),
		cmocka_unit_test(a_cookie_before_the_request_is_skipped),
		cmocka_unit_test(every_answer_survives_the_wire),
		cmocka_unit_test(an_old_server_says_nothing_of_security),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
