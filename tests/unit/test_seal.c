/* tests/unit/test_seal.c - what vaults are sealed with, against published answers.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "crypto/seal.h"
#include "hex.h"
#include "vault/record.h"

/* GCM's own submission to NIST, test case 16. */
static void aes_256_gcm_is_as_published(void **state)
{
	struct hex key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
	struct hex nonce = hex("cafebabefacedbaddecaf888");
	struct hex bound = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
	struct hex text = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
			      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
	struct hex sealed = hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
				"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
				"76fc6ece0f4e1768cddf8853bb2d551b");
	CLEANUP(secret_free_p) struct secret *k = seal_key_new(key.p);
	uint8_t out[128];

	(void)state;
	struct seal_text t = { nonce.p, bound.p, bound.n, text.p, text.n };
	seal_bytes(k, &t, out);
	assert_memory_equal(out, sealed.p, sealed.n);
	t.in = sealed.p;
	t.n = sealed.n;
	assert_true(seal_open(k, &t, out));
	assert_memory_equal(out, text.p, text.n);
}

static void any_altered_bit_is_refused(void **state)
{
	static const uint8_t key[SEAL_KEY_LEN] = { 1 };
	uint8_t nonce[SEAL_NONCE_LEN] = { 2 }, text[5] = "text", bound[3] = "ad";
	uint8_t sealed[5 + SEAL_TAG_LEN], out[5];
	CLEANUP(secret_free_p) struct secret *k = seal_key_new(key);
	struct seal_text t = { nonce, bound, sizeof(bound), text, sizeof(text) };

	(void)state;
	seal_bytes(k, &t, sealed);
	t.in = sealed;
	t.n = sizeof(sealed);
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(seal_open(k, &t, out));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (t.n = 0; t.n < sizeof(sealed); t.n++)
		assert_false(seal_open(k, &t, out));
	bound[0] ^= 1;
	assert_false(seal_open(k, &t, out));
	bound[0] ^= 1;
	nonce[0] ^= 1;
	assert_false(seal_open(k, &t, out));
	nonce[0] ^= 1;
	assert_true(seal_open(k, &t, out));
}

/* RFC 5869, A.1, its first 32 bytes of OKM; the purpose is binary there. */
static void hkdf_is_as_published(void **state)
{
	struct hex ikm = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	struct hex salt = hex("000102030405060708090a0b0c");
	struct hex okm = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
	static const char info[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
	CLEANUP(secret_free_p) struct secret *s = secret_copy(ikm.p, ikm.n);
	uint8_t out[SHA256_LEN];

	(void)state;
	derive_key(s, &(struct part){ salt.p, salt.n }, info, out);
	assert_memory_equal(out, okm.p, sizeof(out));
}

/* RFC 4231, test case 2, in two parts. */
static void keyed_hashes_are_as_published(void **state)
{
	struct hex mac = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	CLEANUP(secret_free_p) struct secret *k = keyed_hash_new((const uint8_t *)"Jefe", 4);
	struct part parts[] = { { "what do ya want ", 16 }, { "for nothing?", 12 } };
	uint8_t out[SHA256_LEN];

	(void)state;
	for (int i = 0; i < 2; i++) {
		keyed_hash(k, parts, 2, out);
		assert_memory_equal(out, mac.p, sizeof(out));
	}
}

static void stretching_depends_on_everything(void **state)
{
	struct stretch a = { 1, 64, 1, { 1 } };
	CLEANUP(secret_free_p) struct secret *p = secret_copy("pass", 4);
	CLEANUP(secret_free_p) struct secret *first = stretch_passphrase(&a, p);
	CLEANUP(secret_free_p) struct secret *same = stretch_passphrase(&a, p);

	(void)state;
	assert_true(first && secret_equal(first, same));
	struct stretch other[] = {
		{ 2, 64, 1, { 1 } }, { 1, 65, 1, { 1 } }, { 1, 64, 2, { 1 } }, { 1, 64, 1, { 2 } }
	};
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		CLEANUP(secret_free_p) struct secret *s = stretch_passphrase(&other[i], p);
		assert_true(s && !secret_equal(s, first));
	}
	struct stretch absurd[] = { { 1, 2u << 20, 1, { 1 } },
				    { 5000, 64, 1, { 1 } },
				    { 0, 64, 1, { 1 } },
				    { 1, 64, 0, { 1 } } };
	for (size_t i = 0; i < ARRAY_LEN(absurd); i++)
		assert_null(stretch_passphrase(&absurd[i], p));
}

static void a_sum_is_the_same_in_any_order(void **state)
{
	static const uint8_t identity[VAULT_IDENTITY_LEN] = { 9 };
	CLEANUP(secret_free_p)
	struct secret *data = secret_copy("0123456789abcdef0123456789abcdef", 32);
	struct vault_keys k = { 0 };
	uint8_t a[SHA256_LEN] = { 0 }, b[SHA256_LEN] = { 0 }, zero[SHA256_LEN] = { 0 };
	uint8_t id[50][VAULT_ID_LEN] = { { 0 } };

	(void)state;
	assert_true(keys_set(&k, data, 1, identity));
	for (uint8_t i = 0; i < 50; i++) {
		id[i][0] = i;
		sum_add(&k, a, id[i], i);
	}
	for (uint8_t i = 50; i-- > 0;)
		sum_add(&k, b, id[i], i);
	assert_memory_equal(a, b, sizeof(a));
	for (uint8_t i = 0; i < 50; i++)
		sum_take(&k, a, id[(i * 7) % 50], (uint64_t)(i * 7) % 50);
	assert_memory_equal(a, zero, sizeof(a));
	keys_clear(&k);
}

static void every_truncation_of_a_record_is_refused(void **state)
{
	static const WCHAR target[] = { 'a', 'b' };
	struct vault_name name = { 1, 2, { target, 2 } };
	struct vault_record r;

	(void)state;
	for (size_t n = 0; n < 140; n++) {
		CLEANUP(wr_done) struct wr w = WR(4096);
		uint8_t value[140] = { 1 };
		record_write(&w, &name, rd_of(value, n));
		assert_int_equal(w.len % 64, 0);
		assert_true(record_parse(wr_view(&w), &r));
		assert_int_equal(r.value.n, n);
		for (size_t cut = 0; cut < 20 + n; cut++)
			assert_false(record_parse(rd_of(w.buf, cut), &r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aes_256_gcm_is_as_published),
		cmocka_unit_test(any_altered_bit_is_refused),
		cmocka_unit_test(hkdf_is_as_published),
		cmocka_unit_test(keyed_hashes_are_as_published),
		cmocka_unit_test(stretching_depends_on_everything),
		cmocka_unit_test(a_sum_is_the_same_in_any_order),
		cmocka_unit_test(every_truncation_of_a_record_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
