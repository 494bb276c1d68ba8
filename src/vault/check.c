/* vault/check.c - what state the file is in, and making peace with a damaged one.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>

#include "vault/slots.h"

/* ---- describing ---- */

static int64_t number_of_rows(struct vault *v)
{
	sqlite3_stmt *s = store_ask(v, ASK_COUNT_ROWS);
	int64_t n = s && sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;

	if (s)
		sqlite3_reset(s);
	return n;
}

/* The state as the file has it; false when the key is missing or it was altered. */
static bool present_state(struct vault *v, struct vault_state *out)
{
	sqlite3_stmt *s = store_ask(v, ASK_META);
	bool known =
		v->keys.data && s && sqlite3_step(s) == SQLITE_ROW &&
		state_open(&v->keys, (uint64_t)sqlite3_column_int64(s, 1), store_blob(s, 2), out);

	if (s)
		sqlite3_reset(s);
	return known;
}

static bool key_file_opens(struct vault *v, const struct slot_row *row, size_t count)
{
	CLEANUP(secret_free_p) struct secret *key = NULL;

	if (failed(keyfile_read(v, v->key_path, &key)))
		return false;
	for (size_t i = 0; i < count; i++) {
		CLEANUP(secret_free_p)
		struct secret *data = row[i].whole && row[i].is.kind == VAULT_SLOT_KEY_FILE
					      ? slot_unwrap(v, key, &row[i].content)
					      : NULL;
		if (data)
			return true;
	}
	return false;
}

static NTSTATUS describe(struct vault *v, struct vault_status *out)
{
	struct slot_row row[SLOTS_MAX];
	struct vault_state state = { 0 };
	uint64_t epoch;
	NTSTATUS status = slots_read(v, row, &out->slots);

	if (failed(status))
		return status;
	for (size_t i = 0; i < out->slots; i++) {
		out->slot[i] = row[i].is;
		out->moved = out->moved || row[i].is.kind == VAULT_SLOT_MOVED;
	}
	out->key_file_opens_it = key_file_opens(v, row, out->slots);
	CLEANUP(secret_free_p) struct secret *kept = keyring_find(v->keys.identity, &epoch);
	out->in_keyring = kept && epoch == v->epoch;
	out->locked = !v->keys.data;
	out->records = number_of_rows(v);
	out->changes = v->changes;
	if (present_state(v, &state))
		out->writes_under_key = state.writes;
	return STATUS_SUCCESS;
}

NTSTATUS vault_describe(struct vault *v, struct vault_status *out)
{
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_READ_KEYLESS);

	*out = (struct vault_status){ .path = v->path,
				      .key_file = v->key_path,
				      .format = VAULT_FORMAT };
	if (failed(status))
		return status;
	static_assert(ARRAY_LEN(out->slot) == SLOTS_MAX, "room for every slot");
	memcpy(out->identity, v->keys.identity, VAULT_IDENTITY_LEN);
	out->journal = v->wal ? "wal" : "delete";
	out->read_only = v->flags & VAULT_READ_ONLY;
	out->on_network = v->on_network;
	out->memory_is_locked = secret_memory_is_locked();
	return store_end(v, describe(v, out));
}

/* ---- checking ---- */

struct checking {
	struct vault *v;
	vault_say *say;
	void *to;
	struct vault_report *report;
	uint8_t sum[SHA256_LEN];
};

static void PRINTF_LIKE(2, 3) say(struct checking *c, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (c->say)
		c->say(c->to, sentence);
}

static bool check_record(void *to, const struct vault_record *r)
{
	struct checking *c = to;
	char id[HEX_ID_LEN];

	sum_add(&c->v->keys, c->sum, r->id, r->version);
	if (r->status == VAULT_ALTERED)
		say(c, "record %lld (%s) is not what was written", (long long)r->row,
		    hex_of(r->id, VAULT_ID_LEN, id));
	return true;
}

static void check_file(struct checking *c)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(c->v->db, "PRAGMA integrity_check(20)", -1, &s, NULL);

	while (code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		const char *found = (const char *)sqlite3_column_text(s, 0);
		if (found && strcmp(found, "ok") == 0)
			break;
		c->report->file_damaged = true;
		say(c, "the file: %s", found ? found : "damaged");
	}
	if (code != SQLITE_OK) {
		c->report->file_damaged = true;
		say(c, "the file cannot be checked (SQLite %d)", code);
	}
	sqlite3_finalize(s);
}

static NTSTATUS check(struct checking *c)
{
	struct vault_state state;
	struct vault_report *r = c->report;

	check_file(c);
	bool damaged = r->file_damaged;
	NTSTATUS status = rows_each(
		c->v, &(struct rows_call){ .visit = check_record, .to = c, .every_set = true }, r);
	r->file_damaged = r->file_damaged || damaged;
	if (failed(status) && status != VAULT_DAMAGED)
		return status;
	if (!present_state(c->v, &state)) {
		r->sum_differs = true;
		say(c, "the vault's head was altered");
	} else if (r->missing) {
		say(c, "%llu records are missing", (unsigned long long)r->missing);
	}
	if (!r->sum_differs && !bytes_equal(state.sum, c->sum, sizeof(c->sum))) {
		r->sum_differs = true;
		say(c,
		    "the records are not those that were written last: some were removed, added or "
		    "brought back");
	}
	if (r->file_damaged || r->missing || r->sum_differs)
		return vault_fail(c->v, VAULT_DAMAGED, "%s: it is damaged", c->v->path);
	return r->altered ? vault_fail(c->v, VAULT_ALTERED, "%s: %llu of its records were altered",
				       c->v->path, (unsigned long long)r->altered)
			  : STATUS_SUCCESS;
}

NTSTATUS vault_check(struct vault *v, vault_say *to_say, void *to, struct vault_report *out)
{
	struct vault_report unwanted;
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_READ);

	if (!out)
		out = &unwanted;
	*out = (struct vault_report){ 0 };
	if (failed(status))
		return status;
	struct checking c = { .v = v, .say = to_say, .to = to, .report = out };
	return store_end(v, check(&c));
}

/* ---- making peace ---- */

struct accepting {
	struct vault *v;
	bool delete_altered;
	int64_t altered[1024]; /* the rest at the next call */
	size_t count;
};

static bool accept_record(void *to, const struct vault_record *r)
{
	struct accepting *a = to;

	if (r->status == VAULT_ALTERED && a->delete_altered && a->count < ARRAY_LEN(a->altered)) {
		a->altered[a->count++] = r->row;
		return true;
	}
	sum_add(&a->v->keys, a->v->state.sum, r->id, r->version);
	a->v->state.records++;
	if (r->version > a->v->state.changes && r->status == STATUS_SUCCESS)
		a->v->state.changes = r->version;
	return true;
}

static NTSTATUS accept_all(struct accepting *a)
{
	struct vault *v = a->v;
	struct vault_report report = { 0 };
	struct vault_state state;
	uint64_t writes = present_state(v, &state) ? state.writes : VAULT_WRITES_MAX / 2;

	v->state = (struct vault_state){ .changes = v->changes, .writes = writes };
	NTSTATUS status = rows_each(
		v, &(struct rows_call){ .visit = accept_record, .to = a, .every_set = true },
		&report);
	if (status == VAULT_DAMAGED && !report.file_damaged)
		status = STATUS_SUCCESS;
	for (size_t i = 0; i < a->count && !failed(status); i++) {
		sqlite3_bind_int64(store_ask(v, ASK_DELETE), 1, a->altered[i]);
		status = store_run(v, ASK_DELETE, "deleting an altered record");
		v->deleted = true;
	}
	v->state.changes++;
	v->changed = true;
	return status;
}

NTSTATUS vault_accept(struct vault *v, bool delete_altered)
{
	CLEANUP(mem_free_p) struct accepting *a = MEM_NEW(struct accepting);
	HOLD(v);

	if (!a)
		return fail(STATUS_NO_MEMORY, "accepting a vault");
	a->v = v;
	a->delete_altered = delete_altered;
	NTSTATUS status = store_begin(v, STORE_MEND);
	return failed(status) ? status : store_end(v, accept_all(a));
}
