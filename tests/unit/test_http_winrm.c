/* tests/unit/test_http_winrm.c - the tool's sealed SOAP bodies and Identify. [MS-WSMV] 2.2.9.1
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/winrm.h"

static const char record[] = "\x17\x03\x03\x00\x08--Encryp";

static void build(struct bytes *body, const char *protocol, int count)
{
	struct winrm_part part = { 8, 5, { record, sizeof(record) - 1 } };
	bytes_done(body);
	for (int i = 0; i < count; i++)
		assert_true(winrm_add_part(body, protocol, &part));
	assert_true(winrm_end_parts(body));
}

static void parts_survive_the_wire(void **state)
{
	struct bytes CLEANUP(bytes_done) body = { 0 };
	struct winrm_part parts[WINRM_PARTS_MAX];
	static const char *const protocols[] = { WINRM_SPNEGO, WINRM_CREDSSP };
	int count;

	for (int p = 0; p < 2; p++)
		for (int want = 1; want < WINRM_PARTS_MAX; want++) {
			build(&body, protocols[p], want);
			assert_true(winrm_parse(body.p, body.len, protocols[p], parts, &count));
			assert_int_equal(count, want);
			for (int i = 0; i < count; i++) {
				assert_int_equal(parts[i].original, 8);
				assert_int_equal(parts[i].edge, 5);
				assert_int_equal(parts[i].sealed.n, sizeof(record) - 1);
				assert_memory_equal(parts[i].sealed.p, record, sizeof(record) - 1);
			}
			assert_false(winrm_parse(body.p, body.len, protocols[!p], parts, &count));
		}
	build(&body, WINRM_SPNEGO, WINRM_PARTS_MAX);
	assert_false(winrm_parse(body.p, body.len, WINRM_SPNEGO, parts, &count));
}

static void the_first_part_reads_as_the_text_has_it(void **state)
{
	static const char wanted[] =
		"--Encrypted Boundary\r\n"
		"\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
		"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=8\r\n"
		"--Encrypted Boundary\r\n"
		"\tContent-Type: application/octet-stream\r\n"
		"\x05\0\0\0";
	struct bytes CLEANUP(bytes_done) body = { 0 };

	build(&body, WINRM_SPNEGO, 1);
	assert_true(body.len > sizeof(wanted));
	assert_memory_equal(body.p, wanted, sizeof(wanted) - 1);
	assert_memory_equal(body.p + body.len - 24, "--Encrypted Boundary--\r\n", 24);
}

static void every_truncation_is_refused(void **state)
{
	struct bytes CLEANUP(bytes_done) body = { 0 };
	struct winrm_part parts[WINRM_PARTS_MAX];
	int count;

	build(&body, WINRM_CREDSSP, 2);
	for (size_t n = 0; n < body.len; n++)
		if (n != body.len - 2) /* the last line's end may be missing */
			assert_false(winrm_parse(body.p, n, WINRM_CREDSSP, parts, &count));
	assert_true(bytes_append(&body, "x", 1));
	assert_false(winrm_parse(body.p, body.len, WINRM_CREDSSP, parts, &count));
}

static void every_changed_byte_is_safe(void **state)
{
	struct bytes CLEANUP(bytes_done) body = { 0 };
	struct winrm_part parts[WINRM_PARTS_MAX];
	int count;

	build(&body, WINRM_SPNEGO, 2);
	for (size_t i = 0; i < body.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			body.p[i] ^= (unsigned char)(1 << bit);
			if (winrm_parse(body.p, body.len, WINRM_SPNEGO, parts, &count))
				for (int k = 0; k < count; k++)
					assert_true(parts[k].sealed.n < body.len);
			body.p[i] ^= (unsigned char)(1 << bit);
		}
}

static void lengths_that_lie_are_refused(void **state)
{
	static const uint32_t edges[] = { 6, 13, 1025, 0x7FFFFFFF, 0xFFFFFFFF };
	struct bytes CLEANUP(bytes_done) body = { 0 };
	struct winrm_part parts[WINRM_PARTS_MAX];
	int count;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		const struct winrm_part part = { 8, edges[i], { record, sizeof(record) - 1 } };
		bytes_done(&body);
		assert_true(winrm_add_part(&body, WINRM_SPNEGO, &part) && winrm_end_parts(&body));
		assert_false(winrm_parse(body.p, body.len, WINRM_SPNEGO, parts, &count));
	}
	const struct winrm_part whole = { 8, sizeof(record) - 1, { record, sizeof(record) - 1 } };
	bytes_done(&body);
	assert_true(winrm_add_part(&body, WINRM_CREDSSP, &whole) && winrm_end_parts(&body));
	assert_false(winrm_parse(body.p, body.len, WINRM_CREDSSP, parts, &count));
}

static struct http_text text_of(const char *text)
{
	return (struct http_text){ text, strlen(text) };
}

static void the_media_type_is_told(void **state)
{
	struct bytes CLEANUP(bytes_done) type = { 0 };

	for (int count = 1; count < 3; count++) {
		type.len = 0;
		assert_true(winrm_print_type(&type, WINRM_CREDSSP, count));
		struct http_text value = { (char *)type.p + 14, type.len - 16 };
		assert_true(winrm_is_sealed(value, WINRM_CREDSSP));
		assert_false(winrm_is_sealed(value, WINRM_SPNEGO));
	}
	assert_false(winrm_is_sealed(text_of("application/soap+xml"), WINRM_SPNEGO));
	assert_false(winrm_is_sealed(text_of("multipart/encrypted;protocol=\"" WINRM_SPNEGO),
				     WINRM_SPNEGO));
	assert_false(winrm_is_sealed(
		text_of("multipart/encrypted;protocol=\"" WINRM_SPNEGO "\";boundary=\"other\""),
		WINRM_SPNEGO));
	assert_true(winrm_is_sealed(text_of("multipart/encrypted;\t protocol=\"" WINRM_SPNEGO
					    "\"; boundary=\"Encrypted Boundary\""),
				    WINRM_SPNEGO));
}

static void identify_is_told_from_its_answer(void **state)
{
	struct bytes CLEANUP(bytes_done) ask = { 0 }, CLEANUP(bytes_done) answer = { 0 };
	char text[40];

	assert_true(bytes_append(&ask, winrm_identify, strlen(winrm_identify)));
	assert_true(winrm_print_identified(&answer, "1.2.3"));
	assert_true(winrm_is_identify(&ask) && !winrm_is_identified(&ask));
	assert_true(winrm_is_identified(&answer) && !winrm_is_identify(&answer));
	assert_true(winrm_element(&answer, "ProductVersion", text, sizeof(text)));
	assert_string_equal(text, "1.2.3");
	assert_true(winrm_element(&answer, "ProductVendor", text, sizeof(text)));
	assert_string_equal(text, "OpenSSPI");
	assert_false(winrm_element(&answer, "ProductVendor", text, 4));
	assert_false(winrm_element(&answer, "Vendor", text, sizeof(text)));
	for (size_t n = 0; n < answer.len; n++) {
		struct bytes cut = { answer.p, n, n };
		winrm_is_identified(&cut);
		winrm_element(&cut, "ProductVendor", text, sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_survive_the_wire),
		cmocka_unit_test(the_first_part_reads_as_the_text_has_it),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_changed_byte_is_safe),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(the_media_type_is_told),
		cmocka_unit_test(identify_is_told_from_its_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
