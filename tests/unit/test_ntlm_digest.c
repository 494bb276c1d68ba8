/* tests/unit/test_ntlm_digest.c - MD5 and RC4 in one pass, against the library's own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <stdlib.h>

#include "crypto/digest.h"

#define ROOM 900
#define ROUNDS 2000

static unsigned seed = 1;

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)rand_r(&seed);
}

static size_t up_to(size_t most)
{
	return (size_t)rand_r(&seed) % (most + 1);
}

static void any_pieces_make_the_librarys_digest(void **state)
{
	uint8_t data[ROOM], got[MD5_LEN], want[MD5_LEN];

	for (int round = 0; round < ROUNDS; round++) {
		size_t n = up_to(ROOM);
		struct digest d;
		fill(data, n);
		digest_start(&d);
		for (size_t at = 0, piece; at < n; at += piece) {
			piece = up_to(n - at);
			digest_add(&d, data + at, piece);
		}
		digest_end(&d, got);
		md5(data, n, want);
		assert_memory_equal(got, want, MD5_LEN);
	}
}

typedef void treatment(struct digest *d, struct rc4 *rc4, uint8_t *p, size_t n);

/* Treats the bytes in pieces behind a head of their own; checks MAC, bytes and cipher state. */
static void compare(treatment *treat, bool hash_first)
{
	uint8_t data[ROOM], copy[ROOM], head[70], key[16], got[MD5_LEN], want[MD5_LEN];
	struct rc4 ours, theirs;
	struct mac_key mac;
	struct digest d;

	for (int round = 0; round < ROUNDS; round++) {
		size_t n = up_to(ROOM), head_n = up_to(sizeof(head));
		fill(data, n);
		fill(head, head_n);
		fill(key, sizeof(key));
		memcpy(copy, data, n);
		rc4_start(&ours, key, sizeof(key));
		rc4_start(&theirs, key, sizeof(key));
		mac_key_set(&mac, key, sizeof(key));
		mac_start(&mac, &d);
		digest_add(&d, head, head_n);
		for (size_t at = 0, piece; at < n; at += piece) {
			piece = up_to(n - at);
			treat(&d, &ours, data + at, piece);
		}
		mac_end(&mac, &d, got);
		if (!hash_first)
			rc4_apply(&theirs, copy, n);
		hmac_md5_parts(key, sizeof(key), (struct part[]){ { head, head_n }, { copy, n } },
			       2, want);
		if (hash_first)
			rc4_apply(&theirs, copy, n);
		assert_memory_equal(got, want, MD5_LEN);
		assert_memory_equal(data, copy, n);
		assert_memory_equal(&ours.state, &theirs.state, sizeof(ours.state));
	}
}

static void sealing_in_one_pass_is_the_librarys_in_two(void **state)
{
	compare(digest_then_crypt, true);
}

static void opening_in_one_pass_is_the_librarys_in_two(void **state)
{
	compare(crypt_then_digest, false);
}

static void keys_of_any_length_make_the_librarys_mac(void **state)
{
	uint8_t key[200], got[MD5_LEN], want[MD5_LEN];

	for (size_t n = 0; n <= sizeof(key); n++) {
		struct mac_key mac;
		struct digest d;
		fill(key, n);
		mac_key_set(&mac, key, n);
		mac_start(&mac, &d);
		digest_add(&d, "text", 4);
		mac_end(&mac, &d, got);
		hmac_md5_parts(key, n, &(struct part){ "text", 4 }, 1, want);
		assert_memory_equal(got, want, MD5_LEN);
	}
}

static void cipher_keys_of_any_length_begin_as_the_librarys(void **state)
{
	uint8_t key[ARCFOUR_MAX_KEY_SIZE];

	for (size_t n = 1; n <= sizeof(key); n++) {
		struct rc4 ours;
		struct arcfour_ctx theirs;
		fill(key, n);
		rc4_start(&ours, key, n);
		arcfour_set_key(&theirs, n, key);
		assert_memory_equal(&ours.state, &theirs, sizeof(theirs));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_pieces_make_the_librarys_digest),
		cmocka_unit_test(sealing_in_one_pass_is_the_librarys_in_two),
		cmocka_unit_test(opening_in_one_pass_is_the_librarys_in_two),
		cmocka_unit_test(keys_of_any_length_make_the_librarys_mac),
		cmocka_unit_test(cipher_keys_of_any_length_begin_as_the_librarys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
