/* tests/unit/test_certificate.c - PEM files, and certificate contexts' counting.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>
#include <opensspi.h>

#include "sspi/certificate.h"
#include "crypto/base64.h"
#include "sspi/pem.h"

/* DER of two tiny sequences and of a "key": enough for who only counts. */
#define CERTIFICATE_1 "-----BEGIN CERTIFICATE-----\r\nMAMC\r\nAQE=\r\n-----END CERTIFICATE-----\n"
#define CERTIFICATE_2 "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nMAMCAQc=\n-----END PRIVATE KEY-----\n"

static char path[64];

static const char *file_with(const char *text)
{
	snprintf(path, sizeof(path), "/tmp/opensspi-pem-%d", (int)getpid());
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	return path;
}

static void a_chain_and_its_key_are_read_from_one_file(void **state)
{
	PCCERT_CONTEXT context;
	struct rd chain, key;
	(void)state;
	assert_int_equal(OpensspiCertificateFromPem(
				 file_with("words\n" CERTIFICATE_1 KEY CERTIFICATE_2 "more words"),
				 NULL, &context),
			 SEC_E_OK);
	assert_int_equal(context->cbCertEncoded, 5);
	assert_memory_equal(context->pbCertEncoded, "\x30\x03\x02\x01\x01", 5);
	assert_true(certificate_parts(context, &chain, &key));
	assert_int_equal(chain.n, 7);
	assert_int_equal(key.n, 5);
	assert_memory_equal(key.p, "\x30\x03\x02\x01\x07", 5);
	PCCERT_CONTEXT again = CertDuplicateCertificateContext(context);
	assert_ptr_equal(again, context);
	assert_true(CertFreeCertificateContext(context));
	assert_int_equal(again->cbCertEncoded, 5);
	assert_true(CertFreeCertificateContext(again));
	assert_true(CertFreeCertificateContext(NULL));
	assert_null(CertDuplicateCertificateContext(NULL));
	unlink(path);
}

static void files_that_do_not_help_are_no_credentials(void **state)
{
	static const char *const bad[] = {
		"",
		KEY,
		CERTIFICATE_1,
		"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n" KEY,
		"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n" KEY,
		"-----BEGIN CERTIFICATE-----\nMAMC*QE=\n-----END CERTIFICATE-----\n" KEY,
		"-----BEGIN CERTIFICATE-----\nMAMCAQEA\n-----END CERTIFICATE-----\n" KEY,
		CERTIFICATE_1 "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
			      "-----END ENCRYPTED PRIVATE KEY-----\n",
		CERTIFICATE_1 "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nMAA=\n"
			      "-----END RSA PRIVATE KEY-----\n",
	};
	PCCERT_CONTEXT context;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(OpensspiCertificateFromPem(file_with(bad[i]), NULL, &context),
				 SEC_E_NO_CREDENTIALS);
	unlink(path);
	assert_int_equal(OpensspiCertificateFromPem(path, NULL, &context), SEC_E_NO_CREDENTIALS);
	assert_int_equal(OpensspiCertificateFromPem("/", NULL, &context), SEC_E_NO_CREDENTIALS);
	assert_int_equal(OpensspiCertificateFromPem(NULL, NULL, &context), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiCertificateFromPem(path, NULL, NULL), SEC_E_INVALID_PARAMETER);
}

static void base64_is_strict(void **state)
{
	static const char *const good[] = { "QQ==", "QUI=", "QUJD", " Q U\nJ\tD\r" };
	static const char *const bad[] = { "Q",	       "QQ",   "QQ=",	"Q===", "====",
					   "QQ==QQ==", "Q=QQ", "QQ==Q", "QUJD-" };
	uint8_t out[16];
	size_t n;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(base64_read(out, &n, good[i], strlen(good[i])));
		assert_int_equal(n, i < 3 ? i + 1 : 3);
		assert_memory_equal(out, "ABC", n);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(base64_read(out, &n, bad[i], strlen(bad[i])));
}

static void every_truncation_of_a_block_is_refused(void **state)
{
	struct pem_block block;
	(void)state;
	size_t whole = strlen(KEY) - 1; /* the last newline is not needed */
	for (size_t n = 0; n < whole; n++) {
		struct rd text = rd_of(KEY, n);
		assert_false(pem_next(&text, &block));
		assert_int_equal(text.n, n);
	}
	struct rd text = rd_of(KEY, whole);
	assert_true(pem_next(&text, &block));
	assert_int_equal(text.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_and_its_key_are_read_from_one_file),
		cmocka_unit_test(files_that_do_not_help_are_no_credentials),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(every_truncation_of_a_block_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
