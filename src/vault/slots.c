/* vault/slots.c - key slots: each wraps the data key for one way of opening the vault.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/places.h"
#include "base/random.h"
#include "base/text.h"
#include "vault/slots.h"

/* ---- wrapping ---- */

#define STRETCH_BYTES (3 * 4 + 16)

static void put_u32(uint8_t *p, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static bool stretch_of(const struct slot_content *slot, struct stretch *out)
{
	struct rd r = rd_of(slot->parameters, slot->parameters_n), salt;

	if (!rd_u32le(&r, &out->rounds) || !rd_u32le(&r, &out->kib) || !rd_u32le(&r, &out->lanes) ||
	    !rd_bytes(&r, sizeof(out->salt), &salt) || !rd_empty(r))
		return false;
	memcpy(out->salt, salt.p, salt.n);
	return true;
}

/* The prepared key that the secret gives for this slot. */
static struct secret *wrapping_key(const uint8_t *identity, const struct secret *by,
				   const struct slot_content *slot)
{
	struct part salt = { identity, VAULT_IDENTITY_LEN };
	uint8_t key[SHA256_LEN];
	struct stretch cost;

	if (slot->kind == VAULT_SLOT_PASSPHRASE) {
		CLEANUP(secret_free_p)
		struct secret *stretched = stretch_of(slot, &cost) ? stretch_passphrase(&cost, by)
								   : NULL;
		if (!stretched)
			return NULL;
		derive_key(stretched, &salt, "OpenSSPI vault passphrase", key);
	} else {
		derive_key(by, &salt, "OpenSSPI vault key file", key);
	}
	struct secret *prepared = seal_key_new(key);
	mem_wipe(key, sizeof(key));
	return prepared;
}

static struct wr bound_of(const uint8_t *identity, uint64_t epoch, const struct slot_content *slot)
{
	struct wr w = WR(256);

	wr_bytes(&w, "OSPS", 4);
	wr_u32le(&w, VAULT_FORMAT);
	wr_bytes(&w, identity, VAULT_IDENTITY_LEN);
	wr_u64le(&w, epoch);
	wr_u32le(&w, slot->kind);
	wr_counted(&w, slot->parameters, slot->parameters_n);
	return w;
}

NTSTATUS slot_wrap(const struct vault_keys *k, const struct secret *by, struct slot_content *slot)
{
	slot->parameters_n = 0;
	if (slot->kind == VAULT_SLOT_PASSPHRASE) {
		struct stretch cost = STRETCH_DEFAULT;
		put_u32(slot->parameters, cost.rounds);
		put_u32(slot->parameters + 4, cost.kib);
		put_u32(slot->parameters + 8, cost.lanes);
		slot->parameters_n = STRETCH_BYTES;
	}
	NTSTATUS status = random_bytes(slot->wrapped, SEAL_NONCE_LEN);
	if (!failed(status) && slot->parameters_n)
		status = random_bytes(slot->parameters + 12, 16);
	if (failed(status))
		return status;
	CLEANUP(secret_free_p) struct secret *key = wrapping_key(k->identity, by, slot);
	CLEANUP(wr_done) struct wr bound = bound_of(k->identity, k->epoch, slot);
	if (!key || !wr_ok(&bound))
		return fail(STATUS_NO_MEMORY, "wrapping the data key");
	seal_bytes(key,
		   &(struct seal_text){ .nonce = slot->wrapped,
					.bound = bound.buf,
					.bound_n = bound.len,
					.in = k->data->p,
					.n = SEAL_KEY_LEN },
		   slot->wrapped + SEAL_NONCE_LEN);
	return STATUS_SUCCESS;
}

struct secret *slot_unwrap(const struct vault *v, const struct secret *by,
			   const struct slot_content *slot)
{
	CLEANUP(secret_free_p) struct secret *key = wrapping_key(v->keys.identity, by, slot);
	CLEANUP(secret_free_p) struct secret *data = secret_new(SEAL_KEY_LEN);
	CLEANUP(wr_done) struct wr bound = bound_of(v->keys.identity, v->epoch, slot);

	if (!key || !data || !wr_ok(&bound) ||
	    !seal_open(key,
		       &(struct seal_text){ .nonce = slot->wrapped,
					    .bound = bound.buf,
					    .bound_n = bound.len,
					    .in = slot->wrapped + SEAL_NONCE_LEN,
					    .n = SLOT_WRAPPED_LEN - SEAL_NONCE_LEN },
		       data->p))
		return NULL;
	return TAKE(data);
}

/* ---- rows ---- */

static void row_read(sqlite3_stmt *s, struct slot_row *out)
{
	const char *label = (const char *)sqlite3_column_text(s, 3);
	struct rd parameters = store_blob(s, 4), wrapped = store_blob(s, 5);

	*out = (struct slot_row){ .is.number = sqlite3_column_int64(s, 0),
				  .is.kind = (uint32_t)sqlite3_column_int64(s, 1),
				  .is.created = sqlite3_column_int64(s, 2) };
	snprintf(out->is.label, sizeof(out->is.label), "%s", label ? label : "");
	out->content.kind = out->is.kind;
	out->whole = parameters.n <= SLOT_PARAMETERS_MAX && wrapped.n == SLOT_WRAPPED_LEN;
	if (!out->whole)
		return;
	if (parameters.n)
		memcpy(out->content.parameters, parameters.p, parameters.n);
	out->content.parameters_n = parameters.n;
	memcpy(out->content.wrapped, wrapped.p, wrapped.n);
}

NTSTATUS slots_read(struct vault *v, struct slot_row *row, size_t *count)
{
	sqlite3_stmt *s = store_ask(v, ASK_SLOTS);
	int code = SQLITE_ROW;

	*count = 0;
	while (s && *count < SLOTS_MAX && (code = sqlite3_step(s)) == SQLITE_ROW)
		row_read(s, &row[(*count)++]);
	if (!s)
		code = sqlite3_extended_errcode(v->db);
	else
		sqlite3_reset(s);
	return code == SQLITE_DONE || code == SQLITE_ROW
		       ? STATUS_SUCCESS
		       : vault_fail_sql(v, code, "reading its key slots");
}

NTSTATUS slot_insert(struct vault *v, const struct slot_content *slot, const char *label,
		     int64_t *number)
{
	sqlite3_stmt *s = store_ask(v, ASK_SLOT_ADD);

	sqlite3_bind_int64(s, 1, slot->kind);
	sqlite3_bind_int64(s, 2, clock_now());
	sqlite3_bind_text(s, 3, label ? label : "", -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 4, slot->parameters_n ? (const void *)slot->parameters : "",
			  (int)slot->parameters_n, SQLITE_STATIC);
	sqlite3_bind_blob(s, 5, slot->wrapped, SLOT_WRAPPED_LEN, SQLITE_STATIC);
	NTSTATUS status = store_run(v, ASK_SLOT_ADD, "adding a key slot");
	if (!failed(status) && number)
		*number = sqlite3_last_insert_rowid(v->db);
	return status;
}

/* ---- opening ---- */

/* The data key by whichever slot of that kind the secret opens; NULL when none. */
static struct secret *opened_by(struct vault *v, uint32_t kind, const struct secret *by)
{
	struct slot_row row[SLOTS_MAX];
	size_t count;

	if (failed(slots_read(v, row, &count)))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct secret *data = row[i].whole && row[i].is.kind == kind
					      ? slot_unwrap(v, by, &row[i].content)
					      : NULL;
		if (data)
			return data;
	}
	return NULL;
}

char *keyfile_next(const struct vault *v)
{
	struct text t = { 0 };
	text_add(&t, "%s.next", v->key_path);
	return text_finish(&t);
}

/* A rekey that was cut off after its commit leaves the new key file beside the old one. */
static struct secret *by_key_file(struct vault *v)
{
	CLEANUP(secret_free_p) struct secret *key = NULL;
	CLEANUP(secret_free_p) struct secret *next_key = NULL;
	struct secret *data = NULL;

	if (!failed(keyfile_read(v, v->key_path, &key)))
		data = opened_by(v, VAULT_SLOT_KEY_FILE, key);
	if (data)
		return data;
	struct vault_fault fault = v->fault;
	CLEANUP(mem_free_p) char *next = keyfile_next(v);
	if (next && !failed(keyfile_read(v, next, &next_key)))
		data = opened_by(v, VAULT_SLOT_KEY_FILE, next_key);
	if (data && !(v->flags & VAULT_READ_ONLY) && rename(next, v->key_path) == 0)
		(void)!place_sync_folder(v->key_path);
	v->fault = fault;
	return data;
}

static struct secret *by_keyring(struct vault *v)
{
	uint64_t epoch;
	CLEANUP(secret_free_p) struct secret *data = keyring_find(v->keys.identity, &epoch);

	return data && epoch == v->epoch ? TAKE(data) : NULL;
}

NTSTATUS slots_open_quietly(struct vault *v)
{
	CLEANUP(secret_free_p) struct secret *data = by_key_file(v);

	if (!data)
		data = by_keyring(v);
	if (!data || keys_set(&v->keys, data, v->epoch, v->keys.identity))
		return STATUS_SUCCESS;
	return fail(STATUS_NO_MEMORY, "opening the vault");
}

static NTSTATUS unlock(struct vault *v, const struct secret *passphrase)
{
	CLEANUP(secret_free_p)
	struct secret *data = opened_by(v, VAULT_SLOT_PASSPHRASE, passphrase);
	if (!data)
		return vault_fail(v, VAULT_WRONG_KEY, "%s: the passphrase does not open it",
				  v->path);
	if (v->keys.data)
		return STATUS_SUCCESS;
	return keys_set(&v->keys, data, v->epoch, v->keys.identity)
		       ? STATUS_SUCCESS
		       : fail(STATUS_NO_MEMORY, "opening the vault");
}

NTSTATUS vault_unlock(struct vault *v, const struct secret *passphrase, uint32_t seconds)
{
	if (!passphrase)
		return fail(STATUS_INVALID_PARAMETER, "unlocking without a passphrase");
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_READ_KEYLESS);
	if (failed(status))
		return status;
	int64_t since = 0;
	status = moved_since(v, &since);
	if (!failed(status))
		status = since ? moved_fail(v, since) : unlock(v, passphrase);
	status = store_end(v, status);
	if (failed(status))
		return status;
	v->forget = false;
	return seconds ? keyring_keep(&v->keys, seconds) : STATUS_SUCCESS;
}

NTSTATUS slots_have_passphrase(struct vault *v, bool *out)
{
	struct slot_row row[SLOTS_MAX];
	size_t count;
	NTSTATUS status = slots_read(v, row, &count);

	*out = false;
	for (size_t i = 0; i < count && !failed(status); i++)
		*out = *out || row[i].is.kind == VAULT_SLOT_PASSPHRASE;
	return status;
}

static NTSTATUS lock(struct vault *v)
{
	bool passphrase;
	int64_t since;
	NTSTATUS status = moved_since(v, &since);

	if (!failed(status))
		status = since ? moved_fail(v, since) : slots_have_passphrase(v, &passphrase);
	if (failed(status))
		return status;
	keys_clear(&v->keys);
	v->forget = passphrase;
	return passphrase
		       ? STATUS_SUCCESS
		       : vault_fail(v, STATUS_NOT_SUPPORTED,
				    "%s: only its key file opens it, so no lock keeps it shut; a "
				    "passphrase would",
				    v->path);
}

/* The key goes in any case. */
NTSTATUS vault_lock(struct vault *v)
{
	HOLD(v);
	keyring_forget(v->keys.identity);
	keys_clear(&v->keys);
	NTSTATUS status = store_begin(v, STORE_READ_KEYLESS);
	return failed(status) ? status : store_end(v, lock(v));
}

bool vault_is_locked(struct vault *v)
{
	HOLD(v);
	if (!failed(store_begin(v, STORE_READ_KEYLESS)))
		(void)!store_end(v, STATUS_SUCCESS);
	return !v->keys.data;
}

/* ---- adding and removing ---- */

static NTSTATUS add(struct vault *v, uint32_t kind, const struct secret *by, const char *label,
		    int64_t *number)
{
	struct slot_content slot = { .kind = kind };
	struct slot_row row[SLOTS_MAX];
	size_t count;
	NTSTATUS status = store_begin(v, STORE_WRITE);

	if (failed(status))
		return status;
	status = slots_read(v, row, &count);
	if (!failed(status) && count == SLOTS_MAX)
		status = vault_fail(v, STATUS_QUOTA_EXCEEDED, "%s: has %d key slots already",
				    v->path, SLOTS_MAX);
	if (!failed(status))
		status = slot_wrap(&v->keys, by, &slot);
	if (!failed(status))
		status = slot_insert(v, &slot, label, number);
	v->changed = true;
	return store_end(v, status);
}

NTSTATUS vault_add_passphrase(struct vault *v, const struct secret *passphrase, const char *label,
			      int64_t *number)
{
	if (!passphrase || !passphrase->len)
		return fail(STATUS_INVALID_PARAMETER, "an empty passphrase");
	HOLD(v);
	return add(v, VAULT_SLOT_PASSPHRASE, passphrase, label ? label : "passphrase", number);
}

NTSTATUS vault_add_key_file(struct vault *v, const char *label, int64_t *number)
{
	CLEANUP(secret_free_p) struct secret *key = NULL;
	HOLD(v);
	NTSTATUS status = keyfile_need(v, &key);

	if (failed(status))
		return status;
	return add(v, VAULT_SLOT_KEY_FILE, key, label ? label : "key file", number);
}

static const struct slot_row *row_of(const struct slot_row *row, size_t count, int64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (row[i].is.number == number)
			return &row[i];
	return NULL;
}

static NTSTATUS remove_row(struct vault *v, int64_t number, bool *key_file)
{
	struct slot_row row[SLOTS_MAX];
	size_t count, files = 0;
	NTSTATUS status = slots_read(v, row, &count);

	if (failed(status))
		return status;
	const struct slot_row *old = row_of(row, count, number);
	if (!old)
		return vault_fail(v, VAULT_NOT_FOUND, "%s: has no key slot %lld", v->path,
				  (long long)number);
	if (count < 2)
		return vault_fail(v, STATUS_INVALID_PARAMETER,
				  "%s: the last key slot cannot be removed", v->path);
	for (size_t i = 0; i < count; i++)
		files += row[i].is.kind == VAULT_SLOT_KEY_FILE;
	*key_file = old->is.kind == VAULT_SLOT_KEY_FILE && files == 1;
	sqlite3_bind_int64(store_ask(v, ASK_SLOT_REMOVE), 1, number);
	v->changed = v->deleted = true;
	return store_run(v, ASK_SLOT_REMOVE, "removing a key slot");
}

NTSTATUS vault_remove_slot(struct vault *v, int64_t number)
{
	bool key_file = false;
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_WRITE);

	if (failed(status))
		return status;
	status = store_end(v, remove_row(v, number, &key_file));
	if (!failed(status) && key_file && unlink(v->key_path) == 0)
		(void)!place_sync_folder(v->key_path);
	return status;
}
