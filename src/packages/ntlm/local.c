/* packages/ntlm/local.c - see packages/ntlm/local.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "base/keymap.h"
#include "crypto/hash.h"
#include "packages/ntlm/local.h"

enum progress { WAITING, CHALLENGED, ANSWERED };

struct ntlm_local {
	atomic_uint refs;
	uint64_t key;		       /* in `records`: half of the secret */
	uint8_t negotiate[SHA256_LEN]; /* never changes */
	pthread_mutex_t lock;	       /* guards what follows */
	enum progress progress;
	uint8_t challenge[SHA256_LEN], authenticate[SHA256_LEN];
	struct ntlm_text domain, user, target;
	bool has_bindings, unverified_target;
	uint8_t bindings[AV_BINDINGS_LEN];
	struct secret *session_key;
};

/* Of clients that no server has taken up yet; each is counted for being here. */
static struct keymap records = KEYMAP_INIT;

bool ntlm_local_guard_forks(void)
{
	return keymap_guard_forks(&records);
}

static bool key_of(struct rd negotiate, uint64_t *key)
{
	struct rd secret;
	return negotiate.n >= NTLM_LOCAL_SECRET_LEN &&
	       rd_at(negotiate, negotiate.n - NTLM_LOCAL_SECRET_LEN, sizeof(*key), &secret) &&
	       rd_u64le(&secret, key);
}

static void local_unref(struct ntlm_local *l)
{
	if (!l || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&l->lock);
	ntlm_text_done(&l->domain);
	ntlm_text_done(&l->user);
	ntlm_text_done(&l->target);
	secret_free(l->session_key);
	mem_free(l);
}

static void local_visit(void *record)
{
	atomic_fetch_add(&((struct ntlm_local *)record)->refs, 1);
}

struct ntlm_local *ntlm_local_new(struct rd negotiate)
{
	struct ntlm_local *l = MEM_NEW(struct ntlm_local);
	if (!l)
		return NULL;
	atomic_init(&l->refs, 2);
	pthread_mutex_init(&l->lock, NULL);
	sha256(negotiate.p, negotiate.n, l->negotiate);
	if (key_of(negotiate, &l->key) && keymap_add(&records, l->key, l))
		return l;
	local_unref(l);
	local_unref(l);
	return NULL;
}

void ntlm_local_release(struct ntlm_local *l, bool server)
{
	if (l && !server)
		local_unref(keymap_remove(&records, l->key));
	local_unref(l);
}

struct ntlm_local *ntlm_local_take(struct rd negotiate)
{
	uint8_t digest[SHA256_LEN];
	uint64_t key;

	if (!key_of(negotiate, &key))
		return NULL;
	struct ntlm_local *l = keymap_find(&records, key, local_visit);
	if (!l)
		return NULL;
	sha256(negotiate.p, negotiate.n, digest);
	if (bytes_equal(digest, l->negotiate, sizeof(digest))) {
		struct ntlm_local *taken = keymap_remove(&records, key);
		local_unref(taken);
		if (taken == l)
			return l;
	}
	local_unref(l);
	return NULL;
}

void ntlm_local_challenged(struct ntlm_local *l, struct rd challenge)
{
	pthread_mutex_lock(&l->lock);
	sha256(challenge.p, challenge.n, l->challenge);
	l->progress = CHALLENGED;
	pthread_mutex_unlock(&l->lock);
}

/* Called with the lock held. */
static bool is_challenge(const struct ntlm_local *l, struct rd challenge)
{
	uint8_t digest[SHA256_LEN];

	sha256(challenge.p, challenge.n, digest);
	return l->progress == CHALLENGED && bytes_equal(digest, l->challenge, sizeof(digest));
}

bool ntlm_local_sent(struct ntlm_local *l, struct rd challenge)
{
	if (!l)
		return false;
	pthread_mutex_lock(&l->lock);
	bool sent = is_challenge(l, challenge);
	pthread_mutex_unlock(&l->lock);
	return sent;
}

/* Called with the lock held. */
static bool claim_write(struct ntlm_local *l, const struct ntlm_local_claim *claim)
{
	secret_free(l->session_key); /* of a call that memory was too short for */
	l->session_key = secret_copy(claim->session_key, NTLM_KEY_LEN);
	l->has_bindings = claim->has_bindings;
	l->unverified_target = claim->unverified_target;
	memcpy(l->bindings, claim->bindings, sizeof(l->bindings));
	return l->session_key && ntlm_text_copy(&l->domain, claim->domain) &&
	       ntlm_text_copy(&l->user, claim->user) && ntlm_text_copy(&l->target, claim->target);
}

bool ntlm_local_answer(struct ntlm_local *l, struct rd challenge, struct rd authenticate,
		       const struct ntlm_local_claim *claim)
{
	pthread_mutex_lock(&l->lock);
	bool fine = is_challenge(l, challenge) && claim_write(l, claim);
	if (fine) {
		sha256(authenticate.p, authenticate.n, l->authenticate);
		l->progress = ANSWERED;
	}
	pthread_mutex_unlock(&l->lock);
	return fine;
}

bool ntlm_local_claim_of(struct ntlm_local *l, struct rd authenticate, struct ntlm_local_claim *out)
{
	uint8_t digest[SHA256_LEN];
	bool fine;

	sha256(authenticate.p, authenticate.n, digest);
	pthread_mutex_lock(&l->lock);
	fine = l->progress == ANSWERED && bytes_equal(digest, l->authenticate, sizeof(digest));
	pthread_mutex_unlock(&l->lock);
	if (!fine)
		return false;
	/* An answered record does not change any more. */
	*out = (struct ntlm_local_claim){ .domain = ntlm_text_bytes(&l->domain),
					  .user = ntlm_text_bytes(&l->user),
					  .target = ntlm_text_bytes(&l->target),
					  .has_bindings = l->has_bindings,
					  .unverified_target = l->unverified_target,
					  .bindings = l->bindings,
					  .session_key = l->session_key->p };
	return true;
}
