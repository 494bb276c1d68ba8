/* tests/unit/test_x509.c - the walk through a certificate to its public key.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The certificate and keys were made by openssl for this test and are used nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hex.h"
#include "wire/wr.h"
#include "wire/x509.h"

/* A self-signed certificate with a P-256 key, and the SubjectPublicKeyInfo in it. */
static const char ec_certificate[] =
	"3082016e30820113a0030201020214581c9057f361527a8b17850d0e7264962865d281300a06082a8648ce3d"
	"040302300c310a300806035504030c0174301e170d3236313132313035313734305a170d3336313131383035"
	"313734305a300c310a300806035504030c01743059301306072a8648ce3d020106082a8648ce3d0301070342"
	"0004c6f9749a43f706388f3d86d742fcd21ad4df648f477a3a8d19add1c0b069f04752499d99c9dea17ceadf"
	"f7bd68745a8588259561cd618f6043681503de98938da3533051301d0603551d0e04160414a1249a0c090a5a"
	"51003094cca25f00bdbb8ff31e301f0603551d23041830168014a1249a0c090a5a51003094cca25f00bdbb8f"
	"f31e300f0603551d130101ff040530030101ff300a06082a8648ce3d040302034900304602210086161e968c"
	"62c6aec38cd6953f72d2b5e0a33aeed41ff0483cbcfc0df126aad2022100f30c426ba58e98c4c3387cf105de"
	"e45659c17ce787b903c52411cb460a7d7426";
static const char ec_info[] =
	"3059301306072a8648ce3d020106082a8648ce3d03010703420004c6f9749a43f706388f3d86d742fcd21ad4"
	"df648f477a3a8d19add1c0b069f04752499d99c9dea17ceadff7bd68745a8588259561cd618f6043681503de"
	"98938d";

/* An RSA key of 1024 bits as SubjectPublicKeyInfo and as PKCS#1 RSAPublicKey. */
static const char rsa_info[] =
	"30819f300d06092a864886f70d010101050003818d0030818902818100c4038845525b86e5f3e41c5400f2f8"
	"fef4b453d380f5f0fde1a59116385b0463d0c98e8e1485e660931bbb9d6cb7e1a175181d22b8da3e679b38b1"
	"f0b6f348f26f35e51cb22d6645ab2b01f3d7cde8187e259ad1efbd197104e09ceb86975b57ea6c7cbf8f9ca7"
	"ae925390cc0af6d8a8b2e7214379664445edd52f2b36b209210203010001";
static const char rsa_key[] =
	"30818902818100c4038845525b86e5f3e41c5400f2f8fef4b453d380f5f0fde1a59116385b0463d0c98e8e14"
	"85e660931bbb9d6cb7e1a175181d22b8da3e679b38b1f0b6f348f26f35e51cb22d6645ab2b01f3d7cde8187e"
	"259ad1efbd197104e09ceb86975b57ea6c7cbf8f9ca7ae925390cc0af6d8a8b2e7214379664445edd52f2b36"
	"b209210203010001";

#define POINT_LEN 65 /* of P-256, uncompressed */

static void a_certificate_gives_its_point_without_the_unused_bits(void **state)
{
	struct hex certificate = hex(ec_certificate), info = hex(ec_info);
	struct rd key;

	assert_true(x509_subject_public_key(HEX_RD(certificate), &key));
	assert_int_equal(key.n, POINT_LEN);
	assert_int_equal(key.p[0], 4);
	assert_memory_equal(key.p, info.p + info.n - POINT_LEN, POINT_LEN);
}

static void a_bare_public_key_info_gives_the_same(void **state)
{
	struct hex certificate = hex(ec_certificate), info = hex(ec_info);
	struct rd a, b;

	assert_true(x509_subject_public_key(HEX_RD(certificate), &a));
	assert_true(x509_subject_public_key(HEX_RD(info), &b));
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
}

static void s05_of_an_rsa_key_the_pkcs1_form_is_bound_and_not_the_info(void **state)
{
	struct hex info = hex(rsa_info), want = hex(rsa_key);
	struct rd key;

	assert_true(x509_subject_public_key(HEX_RD(info), &key));
	assert_int_equal(key.n, want.n);
	assert_memory_equal(key.p, want.p, want.n);
	assert_false(x509_subject_public_key(HEX_RD(want), &key));
}

static void every_truncation_is_refused(void **state)
{
	struct hex forms[] = { hex(ec_certificate), hex(ec_info), hex(rsa_info) };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		for (size_t n = 0; n < forms[i].n; n++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(forms[i].p, n);
			struct rd key;
			assert_false(x509_subject_public_key(rd_of(exact, n), &key));
		}
}

static void every_flipped_bit_is_read_safely(void **state)
{
	struct hex certificate = hex(ec_certificate);

	for (size_t bit = 0; bit < certificate.n * 8; bit++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(certificate.p, certificate.n);
		struct rd key;
		exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (x509_subject_public_key(rd_of(exact, certificate.n), &key))
			assert_true(key.p >= exact && key.p + key.n <= exact + certificate.n);
	}
}

static void trailing_bytes_unused_bits_and_an_empty_key_are_refused(void **state)
{
	struct hex info = hex(ec_info);
	struct hex no_key = hex("300b300606042b65700303010000");
	struct hex empty = hex("300a300506032b6570030100");
	struct rd key;

	info.p[info.n] = 0;
	assert_false(x509_subject_public_key(rd_of(info.p, info.n + 1), &key));
	info.p[info.n - POINT_LEN - 1] = 1;
	assert_false(x509_subject_public_key(HEX_RD(info), &key));
	assert_false(x509_subject_public_key(HEX_RD(no_key), &key));
	assert_false(x509_subject_public_key(HEX_RD(empty), &key));
	assert_false(x509_subject_public_key(rd_of(NULL, 0), &key));
}

static void s33_indefinite_and_long_lengths_and_deep_nesting_are_refused(void **state)
{
	struct hex indefinite = hex("3080300506032b657003020001000000");
	struct hex padded = hex("30810b300506032b6570030200ff");
	uint8_t deep[512];
	struct rd key;

	assert_false(x509_subject_public_key(HEX_RD(indefinite), &key));
	assert_false(x509_subject_public_key(HEX_RD(padded), &key));
	for (size_t i = 0; i < sizeof(deep); i += 2) {
		deep[i] = 0x30;
		deep[i + 1] = 0x7F;
	}
	assert_false(x509_subject_public_key(rd_of(deep, sizeof(deep)), &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_gives_its_point_without_the_unused_bits),
		cmocka_unit_test(a_bare_public_key_info_gives_the_same),
		cmocka_unit_test(s05_of_an_rsa_key_the_pkcs1_form_is_bound_and_not_the_info),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_is_read_safely),
		cmocka_unit_test(trailing_bytes_unused_bits_and_an_empty_key_are_refused),
		cmocka_unit_test(s33_indefinite_and_long_lengths_and_deep_nesting_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
