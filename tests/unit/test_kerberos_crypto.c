/* tests/unit/test_kerberos_crypto.c - Kerberos' enctypes against the RFCs' own answers, and in pieces.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <stdio.h>

#include "base/random.h"
#include "crypto/kerberos.h"
#include "crypto/sha512.h"
#include "hex.h"

/* RFC 3961 A.1 */
static void folding_gives_the_published_answers(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "012345", "be072631276b1955" },
		{ "password", "78a07b6caf85fa" },
		{ "Rough Consensus, and Running Code", "bb6ed30870b7f0e0" },
		{ "password", "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e" },
		{ "MASSACHVSETTS INSTITVTE OF TECHNOLOGY",
		  "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b" },
		{ "Q", "518a54a215a8452a518a54a215a8452a518a54a215" },
		{ "ba", "fb25d531ae8974499f52fd92ea9857c4ba24cf297e" },
		{ "kerberos", "6b65726265726f73" },
		{ "kerberos", "6b65726265726f737b9b5b2b93132b93" },
		{ "kerberos", "8372c236344e5f1550cd0747e15d62ca7a5a3bcea4" },
	};
	uint8_t out[32];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		etype_fold((const uint8_t *)rows[i].in, strlen(rows[i].in), out,
			   strlen(rows[i].out) / 2);
		assert_hex(out, rows[i].out);
	}
}

/* A cipher whose key is given, with a MAC key of zeroes. */
static void cipher_with(struct etype_cipher *c, int32_t number, const char *key, bool opens)
{
	static const uint8_t zero[ETYPE_KEY_MAX];
	const struct etype *e = etype_of(number);
	struct hex k = hex(key);

	*c = (struct etype_cipher){ .type = e };
	memcpy(c->key, k.p, k.n);
	if (opens && e->key_len == 16)
		aes128_set_decrypt_key(&c->schedule.aes128, k.p);
	else if (opens)
		aes256_set_decrypt_key(&c->schedule.aes256, k.p);
	else if (e->key_len == 16)
		aes128_set_encrypt_key(&c->schedule.aes128, k.p);
	else
		aes256_set_encrypt_key(&c->schedule.aes256, k.p);
	etype_mac_set(&c->mac, e, zero);
}

/* RFC 3962 B */
static void stealing_gives_the_published_answers(void **state)
{
	static const char text[] =
		"I would like the General Gau's Chicken, please, and wonton soup.";
	static const char *const answers[] = {
		"c6353568f2bf8cb4d8a580362da7ff7f97",
		"fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
		"39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584",
		"97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e"
		"39312523a78662d5be7fcbcc98ebf5",
		"97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd8"
		"39312523a78662d5be7fcbcc98ebf5a8",
		"97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a8"
		"4807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8",
	};
	struct etype_cipher seals, opens;

	cipher_with(&seals, ETYPE_AES128_SHA1, "636869636b656e207465726979616b69", false);
	cipher_with(&opens, ETYPE_AES128_SHA1, "636869636b656e207465726979616b69", true);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		uint8_t bytes[64], mac[ETYPE_MAC_MAX];
		size_t n = strlen(answers[i]) / 2;
		struct piece piece = { bytes, n, false };
		memcpy(bytes, text, n);
		etype_seal(&seals, &piece, 1, mac);
		assert_hex(bytes, answers[i]);
		assert_true(etype_open(&opens, &piece, 1, mac));
		assert_memory_equal(bytes, text, n);
	}
}

/* Of string-to-key results of RFC 3962 B, and RFC 8009 A; usage 2. */
static void keys_are_derived_as_published(void **state)
{
	static const struct {
		int32_t number;
		const char *base, *checksum, *encryption, *integrity;
	} rows[] = {
		{ ETYPE_AES128_SHA1, "42263c6e89f4fc28b8df68ee09799f15",
		  "34280a382bc92769b2da2f9ef066854b", "5b14fc4e250e14ddf9dccf1af6674f53",
		  "4ed31063621684f09ae8d89991af3e8f" },
		{ ETYPE_AES256_SHA1,
		  "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161",
		  "bfab388bdcb238e9f9c98d6a878304f04d30c82556375ac507a7a852790f4674",
		  "c7cfd9cd75fe793a586a542d87e0d1396f1134a104bb1a9190b8c90ada3ddf37",
		  "97151b4c76945063e2eb0529dc067d97d7bba90776d8126d91f34f3101aea8ba" },
		{ ETYPE_AES128_SHA256, "3705d96080c17728a0e800eab6e0d23c",
		  "b31a018a48f54776f403e9a396325dc3", "9b197dd1e8c5609d6e67c3e37c62c72e",
		  "9fda0e56ab2d85e1569a688696c26a6c" },
		{ ETYPE_AES256_SHA384,
		  "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
		  "ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d",
		  "56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49",
		  "69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f" },
	};
	uint8_t key[ETYPE_KEY_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct etype *e = etype_of(rows[i].number);
		struct hex base = hex(rows[i].base);
		etype_derive(e, base.p, 2, ETYPE_CHECKSUM, key);
		assert_hex(key, rows[i].checksum);
		etype_derive(e, base.p, 2, ETYPE_ENCRYPTION, key);
		assert_hex(key, rows[i].encryption);
		etype_derive(e, base.p, 2, ETYPE_INTEGRITY, key);
		assert_hex(key, rows[i].integrity);
	}
}

struct answer {
	int32_t number;
	const char *base, *confounder, *cipher;
	size_t n; /* bytes 0, 1, 2 ... */
};

/* RFC 8009 A, usage 2. */
static const struct answer answers[] = {
	{ ETYPE_AES128_SHA256, "3705d96080c17728a0e800eab6e0d23c",
	  "7e5895eaf2672435bad817f545a37148",
	  "ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718", 0 },
	{ ETYPE_AES128_SHA256, "3705d96080c17728a0e800eab6e0d23c",
	  "7bca285e2fd4130fb55b1a5c83bc5b24",
	  "84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c", 6 },
	{ ETYPE_AES128_SHA256, "3705d96080c17728a0e800eab6e0d23c",
	  "56ab21713ff62c0a1457200f6fa9948f",
	  "3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc2"
	  "95fb4852e7d83e1e7c48c37eebe6b0d3",
	  16 },
	{ ETYPE_AES128_SHA256, "3705d96080c17728a0e800eab6e0d23c",
	  "a7a4e29a4728ce10664fb64e49ad3fac",
	  "720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bc"
	  "e1e6d072c186b39a413c2f92ca9b8334a287ffcbfc",
	  21 },
	{ ETYPE_AES256_SHA384, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
	  "f764e9fa15c276478b2c7d0c4e5f58e4",
	  "41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c", 0 },
	{ ETYPE_AES256_SHA384, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
	  "b80d3251c1f6471494256ffe712d0b9a",
	  "4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b60"
	  "92237526ea0d1f61cb20d69d10f2",
	  6 },
	{ ETYPE_AES256_SHA384, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
	  "53bf8a0d105265d4e276428624ce5e63",
	  "bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f6"
	  "8cf51f14d798c2273f35df574d1f932e40c4ff255b36a266",
	  16 },
	{ ETYPE_AES256_SHA384, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
	  "763e65367e864f02f55153c7e3b58af1",
	  "40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2"
	  "b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62",
	  21 },
};

static void sealing_gives_the_published_answers(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		const struct answer *a = &answers[i];
		const struct etype *e = etype_of(a->number);
		struct hex base = hex(a->base), confounder = hex(a->confounder);
		uint8_t text[32], mac[ETYPE_MAC_MAX], all[96];
		struct piece pieces[] = { { confounder.p, 16, false }, { text, a->n, false } };
		struct etype_cipher seals, opens;

		for (size_t j = 0; j < a->n; j++)
			text[j] = (uint8_t)j;
		etype_cipher_set(&seals, e, base.p, 2, false);
		etype_cipher_set(&opens, e, base.p, 2, true);
		etype_seal(&seals, pieces, 2, mac);
		memcpy(all, confounder.p, 16);
		memcpy(all + 16, text, a->n);
		memcpy(all + 16 + a->n, mac, e->mac_len);
		assert_hex(all, a->cipher);
		assert_true(etype_open(&opens, pieces, 2, mac));
		assert_hex(confounder.p, a->confounder);
		for (size_t j = 0; j < a->n; j++)
			assert_int_equal(text[j], j);
	}
}

static void checksums_are_as_published(void **state)
{
	static const struct {
		int32_t number;
		const char *base, *mac;
	} rows[] = {
		{ ETYPE_AES128_SHA256, "3705d96080c17728a0e800eab6e0d23c",
		  "d78367186643d67b411cba9139fc1dee" },
		{ ETYPE_AES256_SHA384,
		  "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
		  "45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a" },
	};
	uint8_t text[21], key[ETYPE_KEY_MAX], mac[ETYPE_MAC_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct etype *e = etype_of(rows[i].number);
		struct etype_mac m;
		struct etype_sum sum;
		etype_derive(e, hex(rows[i].base).p, 2, ETYPE_CHECKSUM, key);
		etype_mac_set(&m, e, key);
		etype_sum_begin(&sum, &m);
		etype_sum_add(&sum, text, 10);
		etype_sum_add(&sum, text + 10, 11);
		etype_sum_end(&sum, mac);
		assert_hex(mac, rows[i].mac);
	}
}

/* However a message is cut, it becomes the same bytes, and opens again. */
static void pieces_make_no_difference(void **state)
{
	static const int32_t numbers[] = { ETYPE_AES128_SHA1, ETYPE_AES256_SHA1,
					   ETYPE_AES128_SHA256, ETYPE_AES256_SHA384 };
	uint8_t base[ETYPE_KEY_MAX], text[160], whole[160], cut[160], mac[2][ETYPE_MAC_MAX];

	assert_int_equal(random_bytes(base, sizeof(base)), 0);
	assert_int_equal(random_bytes(text, sizeof(text)), 0);
	for (size_t i = 0; i < 4 * 2000; i++) {
		const struct etype *e = etype_of(numbers[i % 4]);
		size_t n = 16 + i / 4 % 145, count = 0, at = 0;
		struct etype_cipher seals, opens;
		struct piece pieces[160];

		etype_cipher_set(&seals, e, base, 22, false);
		etype_cipher_set(&opens, e, base, 22, true);
		memcpy(whole, text, n);
		memcpy(cut, text, n);
		etype_seal(&seals, &(struct piece){ whole, n, false }, 1, mac[0]);
		while (at < n) {
			size_t size = (size_t)rand() % 40;
			size = size > n - at ? n - at : size;
			pieces[count++] = (struct piece){ cut + at, size, false };
			at += size;
		}
		etype_seal(&seals, pieces, count, mac[1]);
		assert_memory_equal(whole, cut, n);
		assert_memory_equal(mac[0], mac[1], e->mac_len);
		mac[1][0] ^= 1;
		assert_false(etype_open(&opens, pieces, count, mac[1]));
		assert_memory_equal(whole, cut, n);
		assert_true(etype_open(&opens, pieces, count, mac[0]));
		assert_memory_equal(text, cut, n);
		etype_unopen(&opens, pieces, count);
		assert_memory_equal(whole, cut, n);
	}
}

static void what_is_in_clear_is_covered_but_not_enciphered(void **state)
{
	uint8_t base[ETYPE_KEY_MAX] = { 1 }, body[48] = { 2 }, head[7] = { 3 }, mac[ETYPE_MAC_MAX];
	struct piece pieces[] = { { body, 16, false },
				  { head, 7, true },
				  { body + 16, 32, false } };

	for (int32_t number = ETYPE_AES128_SHA1; number <= ETYPE_AES256_SHA384; number++) {
		struct etype_cipher seals, opens;
		etype_cipher_set(&seals, etype_of(number), base, 24, false);
		etype_cipher_set(&opens, etype_of(number), base, 24, true);
		etype_seal(&seals, pieces, 3, mac);
		assert_int_equal(head[0], 3);
		assert_int_not_equal(body[0], 2);
		head[1] ^= 1;
		assert_false(etype_open(&opens, pieces, 3, mac));
		head[1] ^= 1;
		assert_true(etype_open(&opens, pieces, 3, mac));
		assert_int_equal(body[0], 2);
	}
}

/* The kernel of our own against the library, in pieces of any length. */
static void sha512_is_the_librarys(void **state)
{
	uint8_t text[2000], ours[64], theirs[64];

	assert_int_equal(random_bytes(text, sizeof(text)), 0);
	for (size_t i = 0; i < 3000; i++) {
		struct sha512_ctx a, b;
		size_t n = i < 1000 ? i : (size_t)rand() % sizeof(text);
		sha384_init(&a);
		sha384_init(&b);
		for (size_t at = 0, size; at < n; at += size) {
			size = (size_t)rand() % 700;
			size = size > n - at ? n - at : size;
			sha512_add(&a, text + at, size);
		}
		sha384_update(&b, n, text);
		sha384_digest(&a, 48, ours);
		sha384_digest(&b, 48, theirs);
		assert_memory_equal(ours, theirs, 48);
	}
}

static void other_enctypes_are_unknown(void **state)
{
	static const int32_t numbers[] = { 0, 1, 3, 16, 21, 23, 24, 25, -1 };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		assert_null(etype_of(numbers[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_gives_the_published_answers),
		cmocka_unit_test(stealing_gives_the_published_answers),
		cmocka_unit_test(keys_are_derived_as_published),
		cmocka_unit_test(sealing_gives_the_published_answers),
		cmocka_unit_test(checksums_are_as_published),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(what_is_in_clear_is_covered_but_not_enciphered),
		cmocka_unit_test(sha512_is_the_librarys),
		cmocka_unit_test(other_enctypes_are_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
