/* crypto/seal.c - see crypto/seal.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <argon2.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>

#include "crypto/seal.h"

static_assert(SEAL_TAG_LEN == GCM_DIGEST_SIZE && SEAL_NONCE_LEN == GCM_IV_SIZE, "GCM");

static struct gcm_aes256_ctx *gcm_of(struct secret *key)
{
	return (struct gcm_aes256_ctx *)(void *)key->p;
}

struct secret *seal_key_new(const uint8_t key[SEAL_KEY_LEN])
{
	struct secret *s = secret_new(sizeof(struct gcm_aes256_ctx));
	if (s)
		gcm_aes256_set_key(gcm_of(s), key);
	return s;
}

static void begin(struct gcm_aes256_ctx *gcm, const struct seal_text *t)
{
	gcm_aes256_set_iv(gcm, SEAL_NONCE_LEN, t->nonce);
	if (t->bound_n)
		gcm_aes256_update(gcm, t->bound_n, t->bound);
}

void seal_bytes(struct secret *key, const struct seal_text *t, uint8_t *out)
{
	struct gcm_aes256_ctx *gcm = gcm_of(key);

	begin(gcm, t);
	if (t->n)
		gcm_aes256_encrypt(gcm, t->n, out, t->in);
	gcm_aes256_digest(gcm, SEAL_TAG_LEN, out + t->n);
}

bool seal_open(struct secret *key, const struct seal_text *t, uint8_t *out)
{
	struct gcm_aes256_ctx *gcm = gcm_of(key);
	uint8_t tag[SEAL_TAG_LEN];

	if (t->n < SEAL_TAG_LEN)
		return false;
	size_t n = t->n - SEAL_TAG_LEN;
	begin(gcm, t);
	if (n)
		gcm_aes256_decrypt(gcm, n, out, t->in);
	gcm_aes256_digest(gcm, SEAL_TAG_LEN, tag);
	if (bytes_equal(tag, t->in + n, SEAL_TAG_LEN))
		return true;
	mem_wipe(out, n);
	return false;
}

struct secret *keyed_hash_new(const uint8_t *key, size_t n)
{
	struct secret *s = secret_new(sizeof(struct hmac_sha256_ctx));
	if (s)
		hmac_sha256_set_key((struct hmac_sha256_ctx *)(void *)s->p, n, key);
	return s;
}

void keyed_hash(const struct secret *key, const struct part *parts, size_t count,
		uint8_t out[SHA256_LEN])
{
	struct hmac_sha256_ctx hmac;

	memcpy(&hmac, key->p, sizeof(hmac));
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			hmac_sha256_update(&hmac, parts[i].n, parts[i].p);
	hmac_sha256_digest(&hmac, SHA256_LEN, out);
	mem_wipe(&hmac, sizeof(hmac));
}

void derive_key(const struct secret *from, const struct part *salt, const char *purpose,
		uint8_t out[SHA256_LEN])
{
	struct hmac_sha256_ctx hmac;
	uint8_t prk[SHA256_LEN];

	hmac_sha256_set_key(&hmac, salt->n, salt->p);
	hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		     (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_LEN, from->len, from->p,
		     prk);
	hmac_sha256_set_key(&hmac, SHA256_LEN, prk);
	hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		    (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_LEN, strlen(purpose),
		    (const uint8_t *)purpose, SHA256_LEN, out);
	mem_wipe(prk, sizeof(prk));
	mem_wipe(&hmac, sizeof(hmac));
}

struct secret *stretch_passphrase(const struct stretch *s, const struct secret *passphrase)
{
	if (s->kib > 1u << 20 || s->rounds > 1000 || s->lanes > 64)
		return NULL;
	CLEANUP(secret_free_p) struct secret *key = secret_new(SHA256_LEN);
	if (!key)
		return NULL;
	struct stretch salted = *s;
	argon2_context c = { .out = key->p,
			     .outlen = SHA256_LEN,
			     .pwd = passphrase->p,
			     .pwdlen = (uint32_t)passphrase->len,
			     .salt = salted.salt,
			     .saltlen = sizeof(salted.salt),
			     .t_cost = s->rounds,
			     .m_cost = s->kib,
			     .lanes = s->lanes,
			     .threads = 1,
			     .version = ARGON2_VERSION_13,
			     .flags = ARGON2_DEFAULT_FLAGS };
	return argon2id_ctx(&c) == ARGON2_OK ? TAKE(key) : NULL;
}
