/* vault/record.c - see vault/record.h; docs/formats/vault.md has the bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/random.h"
#include "vault/record.h"

#define PADDING 64

void keys_clear(struct vault_keys *k)
{
	secret_free(TAKE(k->data));
	secret_free(TAKE(k->record));
	secret_free(TAKE(k->state));
	secret_free(TAKE(k->id));
	secret_free(TAKE(k->sum));
}

static struct secret *prepared(const struct vault_keys *k, const char *purpose, bool hash)
{
	uint8_t key[SHA256_LEN];

	derive_key(k->data, &(struct part){ k->identity, VAULT_IDENTITY_LEN }, purpose, key);
	struct secret *s = hash ? keyed_hash_new(key, sizeof(key)) : seal_key_new(key);
	mem_wipe(key, sizeof(key));
	return s;
}

bool keys_set(struct vault_keys *k, const struct secret *data, uint64_t epoch,
	      const uint8_t identity[VAULT_IDENTITY_LEN])
{
	struct vault_keys now = { .epoch = epoch };

	memcpy(now.identity, identity, VAULT_IDENTITY_LEN);
	now.data = secret_copy(data->p, data->len);
	if (now.data) {
		now.record = prepared(&now, "OpenSSPI vault records", false);
		now.state = prepared(&now, "OpenSSPI vault state", false);
		now.id = prepared(&now, "OpenSSPI vault ids", true);
		now.sum = prepared(&now, "OpenSSPI vault sum", true);
	}
	keys_clear(k);
	if (!now.data || !now.record || !now.state || !now.id || !now.sum) {
		keys_clear(&now);
		return false;
	}
	*k = now;
	return true;
}

bool record_id(const struct vault_keys *k, const struct vault_name *name, uint8_t out[VAULT_ID_LEN])
{
	uint8_t head[8], folded[512];
	struct wr long_one = WR(2 * VAULT_TARGET_MAX);
	uint8_t *text = folded;
	size_t n = 2 * name->target.n;

	if (name->target.n > VAULT_TARGET_MAX || !utf16_is_valid(name->target.p, name->target.n))
		return false;
	if (n > sizeof(folded))
		text = wr_take(&long_one, n);
	if (!text)
		return false;
	for (size_t i = 0; i < name->target.n; i++) {
		WCHAR c = utf16_upper(name->target.p[i]);
		text[2 * i] = (uint8_t)c;
		text[2 * i + 1] = (uint8_t)(c >> 8);
	}
	for (size_t i = 0; i < 4; i++) {
		head[i] = (uint8_t)(name->set >> 8 * i);
		head[4 + i] = (uint8_t)(name->type >> 8 * i);
	}
	struct part parts[] = { { head, sizeof(head) }, { text, n } };
	keyed_hash(k->id, parts, ARRAY_LEN(parts), out);
	mem_wipe(folded, sizeof(folded));
	wr_done(&long_one);
	return true;
}

/* ---- what a sealed text is bound to ---- */

struct bound {
	uint8_t p[4 + 4 + VAULT_IDENTITY_LEN + 8 + VAULT_ID_LEN + 8];
};

static void put_le(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static struct bound bound_to(const struct vault_keys *k, const uint8_t *id, uint64_t version)
{
	struct bound b;

	memcpy(b.p, "OSPV", 4);
	put_le(b.p + 4, VAULT_FORMAT, 4);
	memcpy(b.p + 8, k->identity, VAULT_IDENTITY_LEN);
	put_le(b.p + 24, k->epoch, 8);
	memcpy(b.p + 32, id, VAULT_ID_LEN);
	put_le(b.p + 64, version, 8);
	return b;
}

/* ---- records ---- */

void record_write(struct wr *w, const struct vault_name *name, struct rd value)
{
	wr_u32le(w, name->set);
	wr_u32le(w, name->type);
	wr_u32le(w, (uint32_t)value.n);
	wr_u32le(w, (uint32_t)(2 * name->target.n));
	wr_rd(w, value);
	wr_zero(w, value.n % 2);
	for (size_t i = 0; i < name->target.n; i++)
		wr_u16le(w, name->target.p[i]);
	wr_zero(w, (PADDING - w->len % PADDING) % PADDING);
}

NTSTATUS record_seal(const struct vault_keys *k, const struct vault_record *r, struct wr *out)
{
	CLEANUP(wr_done) struct wr plain = WR(RECORD_BYTES_MAX);
	struct bound bound = bound_to(k, r->id, r->version);
	uint8_t nonce[SEAL_NONCE_LEN];

	record_write(&plain, &r->name, r->value);
	NTSTATUS status = random_bytes(nonce, sizeof(nonce));
	if (failed(status))
		return status;
	wr_bytes(out, nonce, sizeof(nonce));
	uint8_t *sealed = wr_ok(&plain) ? wr_take(out, plain.len + SEAL_TAG_LEN) : NULL;
	if (!sealed)
		return fail(STATUS_NO_MEMORY, "sealing a record");
	seal_bytes(k->record,
		   &(struct seal_text){ .nonce = nonce,
					.bound = bound.p,
					.bound_n = sizeof(bound.p),
					.in = plain.buf,
					.n = plain.len },
		   sealed);
	return STATUS_SUCCESS;
}

bool record_parse(struct rd plain, struct vault_record *r)
{
	uint32_t value_n, target_n;
	struct rd target;

	if (!rd_u32le(&plain, &r->name.set) || !rd_u32le(&plain, &r->name.type) ||
	    !rd_u32le(&plain, &value_n) || !rd_u32le(&plain, &target_n) ||
	    !rd_bytes(&plain, value_n, &r->value) || !rd_skip(&plain, value_n % 2) ||
	    !rd_bytes(&plain, target_n, &target) || target_n % 2 || plain.n >= PADDING)
		return false;
	for (size_t i = 0; i < plain.n; i++)
		if (plain.p[i])
			return false;
	r->name.target = (struct utf16){ (const WCHAR *)(const void *)target.p, target_n / 2 };
	return value_n <= VAULT_VALUE_MAX && target_n / 2 <= VAULT_TARGET_MAX &&
	       utf16_is_valid(r->name.target.p, r->name.target.n);
}

bool record_open(const struct vault_keys *k, struct rd body, uint8_t *plain, struct vault_record *r)
{
	struct bound bound = bound_to(k, r->id, r->version);
	struct rd nonce;

	if (!rd_bytes(&body, SEAL_NONCE_LEN, &nonce) ||
	    !seal_open(k->record,
		       &(struct seal_text){ .nonce = nonce.p,
					    .bound = bound.p,
					    .bound_n = sizeof(bound.p),
					    .in = body.p,
					    .n = body.n },
		       plain))
		return false;
	return record_parse(rd_of(plain, body.n - SEAL_TAG_LEN), r);
}

/* ---- the state ---- */

static const uint8_t no_id[VAULT_ID_LEN];

NTSTATUS state_seal(const struct vault_keys *k, const struct vault_state *s,
		    uint8_t out[STATE_BYTES])
{
	struct bound bound = bound_to(k, no_id, s->changes);
	uint8_t plain[24 + SHA256_LEN];

	put_le(plain, s->changes, 8);
	put_le(plain + 8, s->records, 8);
	put_le(plain + 16, s->writes, 8);
	memcpy(plain + 24, s->sum, SHA256_LEN);
	NTSTATUS status = random_bytes(out, SEAL_NONCE_LEN);
	if (failed(status))
		return status;
	seal_bytes(k->state,
		   &(struct seal_text){ .nonce = out,
					.bound = bound.p,
					.bound_n = sizeof(bound.p),
					.in = plain,
					.n = sizeof(plain) },
		   out + SEAL_NONCE_LEN);
	mem_wipe(plain, sizeof(plain));
	return STATUS_SUCCESS;
}

bool state_open(const struct vault_keys *k, uint64_t changes, struct rd body,
		struct vault_state *out)
{
	struct bound bound = bound_to(k, no_id, changes);
	uint8_t plain[24 + SHA256_LEN];

	if (body.n != STATE_BYTES ||
	    !seal_open(k->state,
		       &(struct seal_text){ .nonce = body.p,
					    .bound = bound.p,
					    .bound_n = sizeof(bound.p),
					    .in = body.p + SEAL_NONCE_LEN,
					    .n = STATE_BYTES - SEAL_NONCE_LEN },
		       plain))
		return false;
	struct rd r = rd_of(plain, sizeof(plain));
	bool ok = rd_u64le(&r, &out->changes) && rd_u64le(&r, &out->records) &&
		  rd_u64le(&r, &out->writes) && out->changes == changes;
	memcpy(out->sum, plain + 24, SHA256_LEN);
	mem_wipe(plain, sizeof(plain));
	return ok;
}

static void term_of(const struct vault_keys *k, const uint8_t *id, uint64_t version,
		    uint8_t out[SHA256_LEN])
{
	uint8_t number[8];

	put_le(number, version, 8);
	struct part parts[] = { { id, VAULT_ID_LEN }, { number, sizeof(number) } };
	keyed_hash(k->sum, parts, ARRAY_LEN(parts), out);
}

void sum_add(const struct vault_keys *k, uint8_t sum[SHA256_LEN], const uint8_t id[VAULT_ID_LEN],
	     uint64_t version)
{
	uint8_t term[SHA256_LEN];
	unsigned carry = 0;

	term_of(k, id, version, term);
	for (size_t i = 0; i < SHA256_LEN; i++) {
		carry += (unsigned)sum[i] + term[i];
		sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

void sum_take(const struct vault_keys *k, uint8_t sum[SHA256_LEN], const uint8_t id[VAULT_ID_LEN],
	      uint64_t version)
{
	uint8_t term[SHA256_LEN];
	unsigned borrow = 0;

	term_of(k, id, version, term);
	for (size_t i = 0; i < SHA256_LEN; i++) {
		unsigned less = (unsigned)term[i] + borrow;
		borrow = sum[i] < less;
		sum[i] = (uint8_t)(sum[i] - less);
	}
}
