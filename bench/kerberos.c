/* bench/kerberos.c - Kerberos messages sealed and opened: ours beside MIT's GSS-API and the ciphers alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * kerberos FOLDER ENCTYPE: FOLDER receives a krb5.conf. Prints what bench.c prints. */
#include "base/base.h"

#include <gssapi/gssapi_ext.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../tests/peer/mit_pair.h"
#include "base/block.h"
#include "crypto/kerberos.h"
#include "packages/kerberos/user.h"

#define ROUNDS 31
#define SLICE_NS 4000000.0
#define DATA_MAX (1u << 20)
#define ROOM (DATA_MAX + 256)
#define TOKEN_ROOM 128
#define FRONT 64 /* before the data: what a token takes */

static const struct etype *type;
static struct mit_pair mit;
static uint8_t *message; /* FRONT bytes, the data, and room */
static size_t n;

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void need(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "kerberos: %s failed\n", what);
	exit(1);
}

/* ---- the floor: the ciphers by OpenSSL, objects and keys kept ---- */

static EVP_CIPHER_CTX *encrypts, *decrypts;
static EVP_MAC_CTX *mac;

static EVP_CIPHER_CTX *floor_cipher(bool seals)
{
	static const uint8_t key[32] = { 1 };
	OSSL_PARAM cts[] = { OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE,
							      (char *)"CS3", 0),
			     OSSL_PARAM_END };
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(
		NULL, type->key_len == 16 ? "AES-128-CBC-CTS" : "AES-256-CBC-CTS", NULL);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	need(cipher && c && EVP_CipherInit_ex2(c, cipher, key, key, seals, cts), "EVP cipher");
	return c;
}

static void floor_open(void)
{
	static const uint8_t key[32] = { 2 };
	const char *hash = type->number == ETYPE_AES128_SHA256	 ? "SHA256"
			   : type->number == ETYPE_AES256_SHA384 ? "SHA384"
								 : "SHA1";
	OSSL_PARAM digest[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
								 (char *)(uintptr_t)hash, 0),
				OSSL_PARAM_END };

	encrypts = floor_cipher(true);
	decrypts = floor_cipher(false);
	mac = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "HMAC", NULL));
	need(mac && EVP_MAC_init(mac, key, type->mac_key_len, digest), "EVP HMAC");
}

static void floor_crypt(EVP_CIPHER_CTX *c, uint8_t *p, size_t size)
{
	static const uint8_t iv[16];
	int done;

	need(EVP_CipherInit_ex2(c, NULL, NULL, iv, -1, NULL) &&
		     EVP_CipherUpdate(c, p, &done, p, (int)size),
	     "EVP");
}

static void floor_mac(const uint8_t *p, size_t size, uint8_t out[EVP_MAX_MD_SIZE])
{
	size_t made;
	need(EVP_MAC_init(mac, NULL, 0, NULL) && EVP_MAC_update(mac, p, size) &&
		     EVP_MAC_final(mac, out, &made, EVP_MAX_MD_SIZE),
	     "EVP HMAC");
}

/* Confounder, data and header in one row, which is more than a peer may hope for. */
static void floor_both(void)
{
	uint8_t one[EVP_MAX_MD_SIZE], other[EVP_MAX_MD_SIZE], *p = message + FRONT - 16;

	if (!type->mac_of_cipher)
		floor_mac(p, n + 32, one);
	floor_crypt(encrypts, p, n + 32);
	if (type->mac_of_cipher) {
		floor_mac(p, n + 32, one);
		floor_mac(p, n + 32, other);
	}
	floor_crypt(decrypts, p, n + 32);
	if (!type->mac_of_cipher)
		floor_mac(p, n + 32, other);
	need(memcmp(one, other, type->mac_len) == 0, "the floor");
}

/* ---- ours ---- */

static void ours_map(LSA_SEC_HANDLE handle, struct kerberos_session *s)
{
	struct wr w = WR(KERBEROS_PACKED_MAX);

	kerberos_session_pack(&w, s);
	SecBuffer packed = { (ULONG)w.len, SECBUFFER_TOKEN, block_dup(w.buf, w.len) };
	need(kerberos_user_init_context(handle, &packed) == STATUS_SUCCESS, "our context");
	wr_done(&w);
	kerberos_session_done(s);
}

static void ours_both(void)
{
	uint8_t token[TOKEN_ROOM];
	ULONG qop;
	SecBuffer b[] = { { sizeof(token), SECBUFFER_TOKEN, token },
			  { (ULONG)n, SECBUFFER_DATA, message + FRONT } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	need(kerberos_user_seal_message(1, 0, &m, 0) == SEC_E_OK &&
		     kerberos_user_unseal_message(2, &m, 0, &qop) == SEC_E_OK,
	     "ours");
}

/* ---- MIT krb5 ---- */

static void wrap_both(void)
{
	gss_buffer_desc in = { n, message + FRONT }, sealed, out;
	OM_uint32 minor;
	int conf;

	need(!gss_wrap(&minor, mit.end[0], 1, GSS_C_QOP_DEFAULT, &in, &conf, &sealed) &&
		     !gss_unwrap(&minor, mit.end[1], &sealed, &out, &conf, NULL),
	     "gss_wrap");
	(void)gss_release_buffer(&minor, &sealed);
	(void)gss_release_buffer(&minor, &out);
}

static void iov_both(void)
{
	uint8_t token[TOKEN_ROOM];
	gss_iov_buffer_desc iov[] = {
		{ GSS_IOV_BUFFER_TYPE_HEADER, { 0, token } },
		{ GSS_IOV_BUFFER_TYPE_DATA, { n, message + FRONT } },
		{ GSS_IOV_BUFFER_TYPE_PADDING, { 0, NULL } },
	};
	OM_uint32 minor;
	int conf;

	iov[0].buffer.length = 16 + 16 + 16 + type->mac_len;
	need(!gss_wrap_iov(&minor, mit.end[0], 1, GSS_C_QOP_DEFAULT, &conf, iov, 3) &&
		     !gss_unwrap_iov(&minor, mit.end[1], &conf, NULL, iov, 3),
	     "gss_wrap_iov");
}

/* ---- the contest ---- */

static const struct contender {
	const char *name;
	void (*both)(void);
} contenders[] = {
	{ "floor", floor_both },
	{ "ours", ours_both },
	{ "MIT gss_wrap_iov", iov_both },
	{ "MIT gss_wrap", wrap_both },
};

static double measure(const struct contender *c, size_t times)
{
	double start = now_ns();

	for (size_t i = 0; i < times; i++)
		c->both();
	return (now_ns() - start) / (double)times;
}

static void contest(const char *name, const char *size)
{
	size_t times[ARRAY_LEN(contenders)];

	for (size_t i = 0; i < ARRAY_LEN(contenders); i++) {
		double took = (measure(&contenders[i], 2), measure(&contenders[i], 4));
		times[i] = (size_t)(SLICE_NS / took) + 1;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < ARRAY_LEN(contenders); i++)
			printf("{\"round\": %d, \"work\": \"Kerberos %s %s\", \"name\": \"%s\", "
			       "\"ns\": %.1f}\n",
			       round, name, size, contenders[i].name,
			       measure(&contenders[i], times[i]));
}

int main(int argc, char **argv)
{
	static const struct {
		int32_t number;
		const char *name;
	} names[] = {
		{ ETYPE_AES128_SHA1, "AES128-SHA1" },
		{ ETYPE_AES256_SHA1, "AES256-SHA1" },
		{ ETYPE_AES128_SHA256, "AES128-SHA256" },
		{ ETYPE_AES256_SHA384, "AES256-SHA384" },
	};
	static const struct {
		size_t n;
		const char *name;
	} sizes[] = {
		{ 64, "64 B" }, { 1024, "1 KiB" }, { 16384, "16 KiB" }, { DATA_MAX, "1 MiB" }
	};
	struct kerberos_session session[2];
	const char *name = "";

	type = argc == 3 ? etype_of(atoi(argv[2])) : NULL;
	need(type && mit_world_open(argv[1], type->number), "kerberos FOLDER ENCTYPE");
	need(mit_pair_new(GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG, &mit, session),
	     "an MIT context");
	ours_map(1, &session[0]);
	ours_map(2, &session[1]);
	floor_open();
	message = calloc(1, ROOM);
	need(message != NULL, "memory");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].number == type->number)
			name = names[i].name;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		n = sizes[i].n;
		contest(name, sizes[i].name);
	}
	return 0;
}
