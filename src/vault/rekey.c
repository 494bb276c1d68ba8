/* vault/rekey.c - a new data key, and everything sealed anew under it, in one transaction.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The new key file waits beside the old one until the transaction is kept; a rekey that was cut off
 * behind that point is finished by whoever opens the vault next. */
#include "base/base.h"

#include <unistd.h>

#include "base/places.h"
#include "base/random.h"
#include "vault/slots.h"

struct rekey {
	struct vault *v;
	const struct secret *const *passphrase;
	size_t passphrases;
	struct vault_keys to;
	struct vault_state state;
	char *next_path; /* of the key file that was written; NULL: none */
};

/* ---- slots ---- */

static const struct secret *passphrase_of(const struct rekey *r, const struct slot_row *row)
{
	for (size_t i = 0; i < r->passphrases; i++) {
		CLEANUP(secret_free_p)
		struct secret *data =
			row->whole ? slot_unwrap(r->v, r->passphrase[i], &row->content) : NULL;
		if (data)
			return r->passphrase[i];
	}
	return NULL;
}

static NTSTATUS new_key_file(struct rekey *r, struct secret **out)
{
	CLEANUP(secret_free_p) struct secret *key = secret_new(SEAL_KEY_LEN);
	CLEANUP(mem_free_p) char *path = keyfile_next(r->v);

	if (!key || !path)
		return fail(STATUS_NO_MEMORY, "a new key file");
	NTSTATUS status = random_bytes(key->p, key->len);
	if (failed(status))
		return status;
	unlink(path); /* of a rekey that was cut off before it counted */
	status = keyfile_write(r->v, path, key);
	if (failed(status))
		return status;
	r->next_path = TAKE(path);
	*out = TAKE(key);
	return STATUS_SUCCESS;
}

static NTSTATUS rewrap(struct rekey *r, struct slot_row *row, const struct secret *by)
{
	struct vault *v = r->v;
	NTSTATUS status = slot_wrap(&r->to, by, &row->content);

	if (failed(status))
		return status;
	sqlite3_stmt *s = store_ask(v, ASK_SLOT_CHANGE);
	sqlite3_bind_int64(s, 1, row->is.number);
	sqlite3_bind_blob(s, 2,
			  row->content.parameters_n ? (const void *)row->content.parameters : "",
			  (int)row->content.parameters_n, SQLITE_STATIC);
	sqlite3_bind_blob(s, 3, row->content.wrapped, SLOT_WRAPPED_LEN, SQLITE_STATIC);
	return store_run(v, ASK_SLOT_CHANGE, "changing a key slot");
}

static NTSTATUS rewrap_all(struct rekey *r)
{
	CLEANUP(secret_free_p) struct secret *file_key = NULL;
	struct slot_row row[SLOTS_MAX];
	size_t count;
	NTSTATUS status = slots_read(r->v, row, &count);

	for (size_t i = 0; i < count && !failed(status); i++) {
		const struct secret *by = NULL;
		if (row[i].is.kind == VAULT_SLOT_PASSPHRASE)
			by = passphrase_of(r, &row[i]);
		else if (row[i].is.kind == VAULT_SLOT_KEY_FILE && !file_key)
			status = new_key_file(r, &file_key);
		if (row[i].is.kind == VAULT_SLOT_KEY_FILE)
			by = file_key;
		if (!failed(status) && !by)
			status = vault_fail(r->v, VAULT_WRONG_KEY,
					    "%s: key slot %lld needs its passphrase, or remove it",
					    r->v->path, (long long)row[i].is.number);
		if (!failed(status))
			status = rewrap(r, &row[i], by);
	}
	return status;
}

/* ---- records ---- */

static NTSTATUS reseal(struct rekey *r, const struct vault_record *old)
{
	CLEANUP(wr_done) struct wr body = WR(RECORD_BYTES_MAX);
	struct vault_record now = *old;

	if (!record_id(&r->to, &old->name, now.id))
		return fail(STATUS_NO_MEMORY, "sealing a record anew");
	NTSTATUS status = record_seal(&r->to, &now, &body);
	if (failed(status))
		return status;
	sqlite3_stmt *s = store_ask(r->v, ASK_CHANGE);
	sqlite3_bind_int64(s, 1, now.row);
	sqlite3_bind_blob(s, 2, now.id, VAULT_ID_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, (int64_t)now.version);
	sqlite3_bind_blob(s, 4, body.buf, (int)body.len, SQLITE_STATIC);
	sum_add(&r->to, r->state.sum, now.id, now.version);
	r->state.records++;
	r->state.writes++;
	return store_run(r->v, ASK_CHANGE, "sealing a record anew");
}

static NTSTATUS reseal_row(struct rekey *r, int64_t row)
{
	struct vault *v = r->v;
	struct vault_record old = { .row = row };
	sqlite3_stmt *s = store_ask(v, ASK_ROW);

	sqlite3_bind_int64(s, 1, row);
	int code = s ? sqlite3_step(s) : sqlite3_extended_errcode(v->db);
	if (code != SQLITE_ROW)
		return vault_fail_sql(v, code, "sealing anew");
	struct rd id = store_blob(s, 0), body = store_blob(s, 2);
	uint8_t *plain = body.n <= RECORD_BYTES_MAX ? vault_plain(v, body.n + 1) : NULL;
	old.version = (uint64_t)sqlite3_column_int64(s, 1);
	if (id.n == VAULT_ID_LEN)
		memcpy(old.id, id.p, VAULT_ID_LEN);
	NTSTATUS status =
		plain && record_open(&v->keys, body, plain, &old)
			? reseal(r, &old)
			: vault_fail(v, VAULT_ALTERED,
				     "%s: record %lld is not what was written; delete it first",
				     v->path, (long long)row);
	if (plain)
		mem_wipe(plain, body.n);
	sqlite3_reset(s);
	return status;
}

struct numbers {
	int64_t *p;
	size_t n, room;
};

static bool number_add(struct numbers *a, int64_t row)
{
	if (a->n == a->room) {
		size_t room = a->room ? 2 * a->room : 256;
		int64_t *more = mem_array(room, sizeof(*more));
		if (!more)
			return false;
		if (a->n)
			memcpy(more, a->p, a->n * sizeof(*more));
		mem_free(a->p);
		a->p = more;
		a->room = room;
	}
	a->p[a->n++] = row;
	return true;
}

static NTSTATUS all_rows(struct vault *v, struct numbers *out)
{
	sqlite3_stmt *s = store_ask(v, ASK_ALL);
	int code = s ? SQLITE_ROW : sqlite3_extended_errcode(v->db);
	bool room = true;

	while (s && room && (code = sqlite3_step(s)) == SQLITE_ROW)
		room = number_add(out, sqlite3_column_int64(s, 0));
	if (s)
		sqlite3_reset(s);
	if (!room)
		return fail(STATUS_NO_MEMORY, "counting records");
	return code == SQLITE_DONE ? STATUS_SUCCESS : vault_fail_sql(v, code, "counting records");
}

/* Rows are changed one by one from a list: a scan would meet what it has moved. */
static NTSTATUS reseal_all(struct rekey *r)
{
	struct numbers rows = { 0 };
	NTSTATUS status = all_rows(r->v, &rows);

	if (!failed(status) && rows.n != r->v->state.records)
		status = vault_fail(r->v, VAULT_DAMAGED, "%s: records are missing; check it first",
				    r->v->path);
	for (size_t i = 0; i < rows.n && !failed(status); i++)
		status = reseal_row(r, rows.p[i]);
	mem_free(rows.p);
	return status;
}

/* ---- the whole ---- */

static NTSTATUS new_keys(struct rekey *r)
{
	CLEANUP(secret_free_p) struct secret *data = secret_new(SEAL_KEY_LEN);

	if (!data)
		return fail(STATUS_NO_MEMORY, "a new key");
	NTSTATUS status = random_bytes(data->p, data->len);
	if (failed(status))
		return status;
	return keys_set(&r->to, data, r->v->epoch + 1, r->v->keys.identity)
		       ? STATUS_SUCCESS
		       : fail(STATUS_NO_MEMORY, "a new key");
}

static NTSTATUS rekey_inside(struct rekey *r)
{
	NTSTATUS status = new_keys(r);

	if (!failed(status) &&
	    sqlite3_exec(r->v->db, "UPDATE vault SET folding = '" VAULT_FOLDING "'", NULL, NULL,
			 NULL) != SQLITE_OK)
		status = vault_fail_sql(r->v, sqlite3_extended_errcode(r->v->db), "rekeying");
	if (!failed(status))
		status = rewrap_all(r);
	if (!failed(status))
		status = reseal_all(r);
	return status;
}

static NTSTATUS rekey(struct rekey *r)
{
	struct vault *v = r->v;
	NTSTATUS status = store_begin(v, STORE_WRITE);

	if (failed(status))
		return status;
	status = rekey_inside(r);
	struct vault_keys old = v->keys;
	if (!failed(status)) {
		r->state.changes = v->state.changes + 1;
		v->state = r->state;
		v->keys = r->to;
		v->changed = v->deleted = true;
	}
	NTSTATUS end = store_end(v, status);
	if (!failed(status)) {
		if (failed(end))
			v->keys = old;
		else
			r->to = old; /* to be forgotten */
	}
	return end;
}

NTSTATUS vault_rekey(struct vault *v, const struct secret *const *passphrases, size_t count)
{
	struct rekey r = { .v = v, .passphrase = passphrases, .passphrases = count };
	HOLD(v);
	if (v->depth)
		return fail(STATUS_INVALID_PARAMETER, "rekeying inside a transaction");
	NTSTATUS status = rekey(&r);

	keys_clear(&r.to);
	if (!failed(status))
		keyring_forget(v->keys.identity);
	if (r.next_path && !failed(status) && rename(r.next_path, v->key_path) == 0)
		(void)!place_sync_folder(v->key_path);
	else if (r.next_path && failed(status) && status != STATUS_IO_DEVICE_ERROR)
		unlink(r.next_path); /* after a disk error nobody knows whether the commit holds */
	mem_free(r.next_path);
	return status;
}
