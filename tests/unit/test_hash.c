/* tests/unit/test_hash.c - digests and ciphers against the answers of their RFCs.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "crypto/hash.h"
#include "hex.h"

static void digests_of_nothing_and_of_abc(void **state)
{
	uint8_t out[SHA256_LEN];

	md4(NULL, 0, out);
	assert_hex(out, "31d6cfe0d16ae931b73c59d7e0c089c0");
	md4("abc", 3, out);
	assert_hex(out, "a448017aaf21d8525fc10ae87aa6729d");
	md5(NULL, 0, out);
	assert_hex(out, "d41d8cd98f00b204e9800998ecf8427e");
	md5("abc", 3, out);
	assert_hex(out, "900150983cd24fb0d6963f7d28e17f72");
	sha256("abc", 3, out);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void parts_are_hashed_as_one(void **state)
{
	const struct part parts[] = { { "a", 1 }, { NULL, 0 }, { "bc", 2 } };
	uint8_t out[SHA256_LEN];

	md5_parts(parts, 3, out);
	assert_hex(out, "900150983cd24fb0d6963f7d28e17f72");
	sha256_parts(parts, 3, out);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 2202, case 2 */
static void hmac_md5_gives_the_published_answer(void **state)
{
	uint8_t out[MD5_LEN];
	const struct part parts[] = { { "what do ya want ", 16 }, { "for nothing?", 12 } };

	hmac_md5_parts("Jefe", 4, parts, 2, out);
	assert_hex(out, "750c783e6ab0b503eaa86e310a5db738");
}

static void rc4_goes_on_from_message_to_message(void **state)
{
	struct rc4 s;
	uint8_t whole[9], text[] = "Plaintext";

	rc4_once("Key", 3, text, 9, whole);
	assert_hex(whole, "bbf316e8d940af0ad3");
	rc4_start(&s, "Key", 3);
	rc4_apply(&s, text, 4);
	rc4_apply(&s, text + 4, 0);
	rc4_apply(&s, text + 4, 5);
	assert_memory_equal(text, whole, 9);
}

static void des_takes_seven_byte_keys(void **state)
{
	uint8_t out[8];

	/* The well-known LM hash half of an empty password: DES of the magic under a zero key. */
	des_block_7((const uint8_t[7]){ 0 }, (const uint8_t *)"KGS!@#$%", out);
	assert_hex(out, "aad3b435b51404ee");
}

static void crc32_may_be_continued(void **state)
{
	assert_int_equal(crc32_more(0, "123456789", 9), 0xCBF43926);
	assert_int_equal(crc32_more(crc32_more(0, "1234", 4), "56789", 5), 0xCBF43926);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_of_nothing_and_of_abc),
		cmocka_unit_test(parts_are_hashed_as_one),
		cmocka_unit_test(hmac_md5_gives_the_published_answer),
		cmocka_unit_test(rc4_goes_on_from_message_to_message),
		cmocka_unit_test(des_takes_seven_byte_keys),
		cmocka_unit_test(crc32_may_be_continued),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
