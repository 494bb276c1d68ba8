/* tests/unit/test_ntlm_vectors.c - the cryptographic values of [MS-NLMP] section 4.2.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "crypto/hash.h"
#include "hex.h"
#include "packages/ntlm/avpairs.h"
#include "packages/ntlm/keys.h"
#include "packages/ntlm/message.h"
#include "packages/ntlm/protect.h"
#include "packages/ntlm/respond.h"

#define FLAGS_V1 0xE2028233u
#define FLAGS_V1_EXTENDED 0x820A8233u
#define FLAGS_V2 0xE28A8233u
#define TARGET_INFO "02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000"
#define PLAIN "50006c00610069006e007400650078007400"

static const uint8_t server_challenge[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
static const uint8_t client_challenge[8] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };
static const uint8_t random_key[16] = { 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
					0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };
static const WCHAR password[] = OPENSSPI_WIDE("Password"), user[] = OPENSSPI_WIDE("User"),
		   domain[] = OPENSSPI_WIDE("Domain");

struct keys {
	struct ntlm_direction_keys client, server;
};

static void derive(struct keys *k, const uint8_t session[16], uint32_t flags)
{
	ntlm_direction_derive(session, flags, false, &k->client);
	ntlm_direction_derive(session, flags, true, &k->server);
}

static void nt_hash(uint8_t out[16])
{
	ntlm_ntowf_v1(password, sizeof(password) - 2, out);
}

/* A session whose exported key is the example's random key. */
static void session_begin(struct ntlm_session *s, uint32_t flags, bool server,
			  const uint8_t key[16])
{
	*s = (struct ntlm_session){ .flags = flags, .server = server };
	s->key = secret_copy(key, 16);
	assert_non_null(s->key);
}

/* Seals the example's plaintext as the client's first message, and has the server open it. */
static void wrap(uint32_t flags, const uint8_t key[16], const char *sealed, const char *signature)
{
	struct ntlm_session client, server;
	struct ntlm_protection at_client, at_server;
	struct hex data = hex(PLAIN);
	uint8_t token[16];
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token },
			  { (ULONG)data.n, SECBUFFER_DATA, data.p } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	session_begin(&client, flags, false, key);
	session_begin(&server, flags, true, key);
	ntlm_protection_init(&at_client, &client);
	ntlm_protection_init(&at_server, &server);
	assert_int_equal(ntlm_seal(&at_client, &m, 0, true), SEC_E_OK);
	assert_hex(data.p, sealed);
	assert_hex(token, signature);
	assert_int_equal(ntlm_unseal(&at_server, &m, 0, NULL), SEC_E_OK);
	assert_hex(data.p, PLAIN);
	ntlm_protection_done(&at_client);
	ntlm_protection_done(&at_server);
	ntlm_session_done(&client);
	ntlm_session_done(&server);
}

static void one_way_functions_v1(void **state)
{
	uint8_t out[16];

	ntlm_lmowf_v1("Password", 8, out);
	assert_hex(out, "e52cac67419a9a224a3b108f3fa6cb6d");
	nt_hash(out);
	assert_hex(out, "a4f49c406510bdcab6824ee7c30fd852");
	md4(out, 16, out);
	assert_hex(out, "d87262b0cde4b1cb7499becccdf10784");
}

static void responses_v1(void **state)
{
	uint8_t hash[16], out[24];

	ntlm_lmowf_v1("Password", 8, hash);
	ntlm_desl(hash, server_challenge, out);
	assert_hex(out, "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13");
	nt_hash(hash);
	ntlm_desl(hash, server_challenge, out);
	assert_hex(out, "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
}

static void key_exchange_keys_v1(void **state)
{
	uint8_t base[16], lmowf[16], lm[24], key[16], sent[16];
	static const struct row {
		uint32_t flag;
		const char *key, *sent;
	} rows[] = {
		{ 0, "d87262b0cde4b1cb7499becccdf10784", "518822b1b3f350c8958682ecbb3e3cb7" },
		{ NTLM_NON_NT_SESSION_KEY, "e52cac67419a9a220000000000000000",
		  "7452ca55c225a1ca04b48fae32cf56fc" },
		{ NTLM_LM_KEY, "b09e379f7fbecb1eaf0afdcb0383c8a0",
		  "4cd7bb57d697ef9b549f02b8f9b37864" },
	};

	nt_hash(base);
	md4(base, 16, base);
	ntlm_lmowf_v1("Password", 8, lmowf);
	ntlm_desl(lmowf, server_challenge, lm);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ntlm_v1_facts facts = { FLAGS_V1 | rows[i].flag, base, lmowf, lm,
					       server_challenge };
		ntlm_key_exchange_v1(&facts, key);
		assert_hex(key, rows[i].key);
		rc4_once(key, 16, random_key, 16, sent);
		assert_hex(sent, rows[i].sent);
	}
}

static void wrap_v1(void **state)
{
	wrap(FLAGS_V1, random_key, "56fe04d861f9319af0d7238a2e3b4d457fb8",
	     "010000000000000009dcd1df2e459d36");
}

static void seal_keys_without_extended_security(void **state)
{
	struct keys keys;
	static const uint32_t kind[] = { NTLM_LM_KEY, NTLM_DATAGRAM };

	for (size_t i = 0; i < ARRAY_LEN(kind); i++) {
		derive(&keys, random_key, kind[i] | NTLM_56);
		assert_int_equal(keys.client.seal_len, 8);
		assert_hex(keys.client.seal, "55555555555555a0");
		derive(&keys, random_key, kind[i]);
		assert_hex(keys.server.seal, "5555555555e538b0");
	}
}

static void extended_security_with_v1(void **state)
{
	uint8_t hash[16], base[16], both[16], key[16], out[24], lm[24] = { 0 };

	memcpy(lm, client_challenge, 8);
	memcpy(both, server_challenge, 8);
	memcpy(both + 8, client_challenge, 8);
	nt_hash(hash);
	md5(both, 16, key);
	ntlm_desl(hash, key, out);
	assert_hex(out, "7537f803ae367128ca458204bde7caf81e97ed2683267232");
	md4(hash, 16, base);
	struct ntlm_v1_facts facts = { FLAGS_V1_EXTENDED, base, NULL, lm, server_challenge };
	ntlm_key_exchange_v1(&facts, key);
	assert_hex(key, "eb93429a8bd952f8b89c55b87f475edc");

	struct keys keys;
	derive(&keys, key, FLAGS_V1_EXTENDED);
	assert_hex(keys.client.seal, "04dd7f014d8504d265a25cc86a3a7c06");
	assert_hex(keys.client.sign, "60e799be5c72fc92922ae8ebe961fb8d");
	wrap(FLAGS_V1_EXTENDED, key, "a02372f6530273f3aa1eb90190ce5200c99d",
	     "01000000ff2aeb52f681793a00000000");
}

static void ntowf_v2(uint8_t out[16])
{
	uint8_t hash[16];
	nt_hash(hash);
	assert_true(ntlm_ntowf_v2(hash, user, sizeof(user) - 2, domain, sizeof(domain) - 2, out));
}

static void responses_v2(void **state)
{
	struct hex temp = hex("01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000" TARGET_INFO
			      "00000000");
	uint8_t key[16], proof[16], base[16], sent[16];

	ntowf_v2(key);
	assert_hex(key, "0c868a403bfd7a93a3001ef22ef02e3f");
	ntlm_proof_v2(key, server_challenge, temp.p, temp.n, proof);
	assert_hex(proof, "68cd0ab851e51c96aabc927bebef6a1c");
	ntlm_session_base_v2(key, proof, base);
	assert_hex(base, "8de40ccadbc14a82f15cb0ad0de95ca3");
	rc4_once(base, 16, random_key, 16, sent);
	assert_hex(sent, "c5dad2544fc9799094ce1ce90bc9d03e");
	ntlm_proof_v2(key, server_challenge, client_challenge, 8, proof);
	assert_hex(proof, "86c35097ac9cec102554764a57cccc19");
}

/* ---- the same by a client's own hand ---- */

static struct ntlm_credential *example_user(void)
{
	struct ntlm_credential *c = ntlm_credential_new(SECPKG_CRED_OUTBOUND);
	uint8_t hash[16];

	nt_hash(hash);
	c->nt_hash = secret_copy(hash, sizeof(hash));
	ntlm_lmowf_v1("Password", 8, hash);
	c->lm_hash = secret_copy(hash, sizeof(hash));
	assert_true(ntlm_text_copy(&c->user, rd_of(user, sizeof(user) - 2)));
	assert_true(ntlm_text_copy(&c->domain, rd_of(domain, sizeof(domain) - 2)));
	return c;
}

static void clients_of_each_level_answer_as_the_text_does(void **state)
{
	static const struct row {
		uint32_t flags, level;
		const char *lm, *nt, *key;
	} rows[] = {
		{ FLAGS_V1, 0, "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13",
		  "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
		  "d87262b0cde4b1cb7499becccdf10784" },
		{ FLAGS_V1 | NTLM_NON_NT_SESSION_KEY, 0,
		  "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13",
		  "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
		  "e52cac67419a9a220000000000000000" },
		{ FLAGS_V1 | NTLM_LM_KEY, 0, "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13",
		  "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
		  "b09e379f7fbecb1eaf0afdcb0383c8a0" },
		{ FLAGS_V1, 2, "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
		  "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
		  "d87262b0cde4b1cb7499becccdf10784" },
		{ FLAGS_V1_EXTENDED, 1, "aaaaaaaaaaaaaaaa00000000000000000000000000000000",
		  "7537f803ae367128ca458204bde7caf81e97ed2683267232",
		  "eb93429a8bd952f8b89c55b87f475edc" },
	};
	struct ntlm_credential *who = example_user();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct av_pairs none = { 0 };
		struct ntlm_responses r = { .nt = WR(4096) };
		const struct ntlm_question q = { .who = who,
						 .flags = rows[i].flags,
						 .level = rows[i].level,
						 .server_challenge = server_challenge,
						 .client_challenge = client_challenge,
						 .server = &none };
		assert_int_equal(ntlm_respond(&q, &r), STATUS_SUCCESS);
		assert_hex(r.lm, rows[i].lm);
		assert_int_equal(r.nt.len, 24);
		assert_hex(r.nt.buf, rows[i].nt);
		assert_hex(r.key_exchange, rows[i].key);
		ntlm_responses_done(&r);
	}
	ntlm_credential_unref(who);
}

static void keys_v2(void **state)
{
	struct keys keys;

	derive(&keys, random_key, FLAGS_V2);
	assert_hex(keys.client.seal, "59f600973cc4960a25480a7c196e4c58");
	assert_hex(keys.server.seal, "9355f3a957c1583d25c4c2f11e40390e");
	assert_hex(keys.client.sign, "4788dc861b4782f35d43fd98fe1a2d39");
	assert_hex(keys.server.sign, "d04d6f10741041d1d246d64188d7a8ad");
	derive(&keys, random_key, NTLM_EXTENDED_SECURITY | NTLM_56);
	assert_hex(keys.client.seal, "a5f7253c1065e8d3d68642040e71cfe0");
	assert_hex(keys.server.seal, "583e2f98959b385cd158f3734b5f5d3f");
	derive(&keys, random_key, NTLM_EXTENDED_SECURITY);
	assert_hex(keys.client.seal, "42f964a471091a02ff4a77455366e4e5");
	assert_hex(keys.server.seal, "c5d3853b406b7c1241c595f0ce0750e2");
}

static void wrap_v2(void **state)
{
	wrap(FLAGS_V2, random_key, "54e50165bf1936dc996020c1811b0f06fb5f",
	     "010000007fb38ec5c55d497600000000");
	wrap(FLAGS_V2 & ~NTLM_KEY_EXCHANGE, random_key, "54e50165bf1936dc996020c1811b0f06fb5f",
	     "0100000070352851f256430900000000");
}

/* ---- whole messages ---- */

#define CHALLENGE_V1                                                                               \
	"4e544c4d53535000020000000c000c0038000000338202e20123456789abcdef000000000000000000000000" \
	"00000000060070170000000f530065007200760065007200"
#define CHALLENGE_V2                                                                               \
	"4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef000000000000000024002400" \
	"44000000060070170000000f530065007200760065007200" TARGET_INFO
#define AUTHENTICATE_V2                                                                                        \
	"4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000"             \
	"100010005c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e0055007300"             \
	"6500720043004f004d0050005500540045005200"                                                             \
	"86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"                                                     \
	"68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000" TARGET_INFO \
	"00000000c5dad2544fc9799094ce1ce90bc9d03e"

static void challenges_of_the_text_are_read(void **state)
{
	struct hex v1 = hex(CHALLENGE_V1), v2 = hex(CHALLENGE_V2);
	struct ntlm_challenge c;

	assert_true(ntlm_challenge_read(HEX_RD(v1), &c));
	assert_int_equal(c.flags, FLAGS_V1);
	assert_memory_equal(c.server_challenge, server_challenge, 8);
	assert_int_equal(c.target_name.n, 12);
	assert_int_equal(c.target_info.n, 0);
	assert_true(ntlm_challenge_read(HEX_RD(v2), &c));
	assert_int_equal(c.flags, FLAGS_V2);
	assert_int_equal(c.target_info.n, 36);
	assert_hex(c.target_info.p, TARGET_INFO);
}

static void an_authenticate_without_mic_is_read_by_its_offsets(void **state)
{
	struct hex message = hex(AUTHENTICATE_V2);
	struct ntlm_authenticate a;
	struct ntlm_v2_response v2;
	struct av_pairs av;

	assert_true(ntlm_authenticate_read(HEX_RD(message), &a));
	assert_int_equal(a.payload, 72);
	assert_false(ntlm_authenticate_has_mic_room(HEX_RD(message), &a));
	assert_memory_equal(a.user.p, user, 8);
	assert_memory_equal(a.domain.p, domain, 12);
	assert_int_equal(a.lm.n, 24);
	assert_int_equal(a.session_key.n, 16);
	assert_true(ntlm_v2_response_read(a.nt, &v2));
	assert_hex(v2.proof.p, "68cd0ab851e51c96aabc927bebef6a1c");
	assert_true(av_read(v2.av_pairs, &av));
	assert_int_equal(av.value[AV_NB_DOMAIN].n, 12);
	assert_false(av.has[AV_FLAGS]);
}

/* RFC 4121 4.1.1.2 with application data alone */
static void channel_bindings_hash(void **state)
{
	static const uint8_t zero[16];
	uint8_t out[16];
	const struct part parts[] = { { zero, 16 }, { "\5\0\0\0", 4 }, { "hello", 5 } };

	md5_parts(parts, 3, out);
	assert_hex(out, "50f40d34cd26c144fc662ed1ec783a94");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_way_functions_v1),
		cmocka_unit_test(responses_v1),
		cmocka_unit_test(key_exchange_keys_v1),
		cmocka_unit_test(wrap_v1),
		cmocka_unit_test(seal_keys_without_extended_security),
		cmocka_unit_test(extended_security_with_v1),
		cmocka_unit_test(responses_v2),
		cmocka_unit_test(clients_of_each_level_answer_as_the_text_does),
		cmocka_unit_test(keys_v2),
		cmocka_unit_test(wrap_v2),
		cmocka_unit_test(challenges_of_the_text_are_read),
		cmocka_unit_test(an_authenticate_without_mic_is_read_by_its_offsets),
		cmocka_unit_test(channel_bindings_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
