/* tests/unit/test_describe.c - tokens and statuses in words.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <opensspi.h>

static void statuses_have_a_name_a_meaning_and_advice(void **state)
{
	const char *name, *meaning, *advice;
	(void)state;
	OpensspiDescribeStatus(SEC_E_LOGON_DENIED, &name, &meaning, &advice);
	assert_string_equal(name, "SEC_E_LOGON_DENIED");
	assert_true(strlen(meaning) > 0 && strlen(advice) > 0);
	OpensspiDescribeStatus(STATUS_ACCOUNT_LOCKED_OUT, &name, &meaning, &advice);
	assert_string_equal(name, "STATUS_ACCOUNT_LOCKED_OUT");
	OpensspiDescribeStatus(SEC_E_OK, &name, NULL, NULL);
	assert_string_equal(name, "SEC_E_OK");
	OpensspiDescribeStatus(0x12345678, &name, &meaning, &advice);
	assert_string_equal(name, "unknown status");
	assert_string_equal(advice, "");
}

static void tls_records_are_told_by_their_headers(void **state)
{
	static const uint8_t records[] = { 22, 3, 1, 0, 6,    1, 0, 0, 2, 3, 3, 20, 3, 3,
					   0,  1, 1, 23, 3, 3, 0, 9, 1, 2 };
	char *text;
	(void)state;
	assert_int_equal(OpensspiDescribeToken(records, sizeof(records), &text), SEC_E_OK);
	assert_string_equal(text, "TLS\n"
				  "  record: handshake, TLS 1.0, 6 bytes\n"
				  "    client hello: 2 bytes\n"
				  "  record: change cipher spec, TLS 1.2 or later, 1 bytes\n"
				  "  record: application data, TLS 1.2 or later, 9 bytes\n"
				  "    incomplete: 2 bytes are here\n");
	FreeContextBuffer(text);
}

static void bytes_nobody_knows_are_an_invalid_token(void **state)
{
	char *text;
	(void)state;
	assert_int_equal(OpensspiDescribeToken("what is this", 12, &text), SEC_E_INVALID_TOKEN);
	assert_int_equal(OpensspiDescribeToken(NULL, 12, &text), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiDescribeToken("x", 0, &text), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiDescribeToken("x", 1, NULL), SEC_E_INVALID_PARAMETER);
}

static void an_ntlm_message_is_described_by_its_package(void **state)
{
	static const uint8_t negotiate[40] = "NTLMSSP\0\1\0\0\0\1\2\0\0";
	char *text;
	(void)state;
	assert_int_equal(OpensspiDescribeToken(negotiate, 32, &text), SEC_E_OK);
	assert_non_null(strstr(text, "NTLM"));
	FreeContextBuffer(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_have_a_name_a_meaning_and_advice),
		cmocka_unit_test(tls_records_are_told_by_their_headers),
		cmocka_unit_test(bytes_nobody_knows_are_an_invalid_token),
		cmocka_unit_test(an_ntlm_message_is_described_by_its_package),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
