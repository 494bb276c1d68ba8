/* vault/rows.c - every row there is, whatever is broken around it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A scan that meets a damaged page ends there. The rows behind are then asked for one by one, so
 * that only those on damaged pages are out of reach. */
#include "base/base.h"

#include "vault/inner.h"

/* Rows tried one by one beyond the greatest number that any part of the file admits. */
#define PROBE_MAX 1000000

struct walk {
	struct vault *v;
	const struct rows_call *call;
	struct vault_report *report;
	int64_t last; /* rows come in the order of their numbers */
	bool stopped, short_of_memory;
};

/* One row's columns from `first`: id, version, body. */
static void visit_row(struct walk *w, sqlite3_stmt *s, int first, int64_t row)
{
	struct vault_record r = { .row = row,
				  .version = (uint64_t)sqlite3_column_int64(s, first + 1) };
	struct rd id = store_blob(s, first), body = store_blob(s, first + 2);
	uint8_t *plain = body.n <= RECORD_BYTES_MAX ? vault_plain(w->v, body.n + 1) : NULL;

	if (body.n <= RECORD_BYTES_MAX && !plain) {
		w->short_of_memory = w->stopped = true;
		return;
	}
	if (id.n == VAULT_ID_LEN)
		memcpy(r.id, id.p, VAULT_ID_LEN);
	w->report->records++;
	w->last = row > w->last ? row : w->last;
	if (id.n != VAULT_ID_LEN || !plain || !record_open(&w->v->keys, body, plain, &r)) {
		r.status = VAULT_ALTERED;
		w->report->altered++;
	}
	if (r.status == VAULT_ALTERED || w->call->every_set || r.name.set == w->call->set)
		w->stopped = !w->call->visit(w->call->to, &r);
	if (plain)
		mem_wipe(plain, body.n);
}

static int scan(struct walk *w)
{
	sqlite3_stmt *s = store_ask(w->v, ASK_ALL);
	int code = s ? SQLITE_ROW : sqlite3_extended_errcode(w->v->db);

	while (s && !w->stopped && (code = sqlite3_step(s)) == SQLITE_ROW)
		visit_row(w, s, 1, sqlite3_column_int64(s, 0));
	if (s)
		sqlite3_reset(s);
	return w->stopped ? SQLITE_DONE : code;
}

/* The greatest row number that the file may have, from what of it can still be read. */
static int64_t last_row(struct vault *v)
{
	static const char *const ways[] = { "SELECT max(row) FROM record",
					    "SELECT row FROM record NOT INDEXED ORDER BY row",
					    "SELECT row FROM record ORDER BY id",
					    "SELECT row FROM record ORDER BY id DESC" };
	int64_t last = 0;

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		sqlite3_stmt *s = NULL;
		if (sqlite3_prepare_v2(v->db, ways[i], -1, &s, NULL) == SQLITE_OK)
			while (sqlite3_step(s) == SQLITE_ROW)
				if (sqlite3_column_int64(s, 0) > last)
					last = sqlite3_column_int64(s, 0);
		sqlite3_finalize(s);
	}
	last = last > (int64_t)v->changes ? last : (int64_t)v->changes;
	return last < PROBE_MAX ? last : PROBE_MAX;
}

static void probe(struct walk *w)
{
	int64_t last = last_row(w->v);

	for (int64_t row = w->last + 1; row <= last && !w->stopped; row++) {
		sqlite3_stmt *s = store_ask(w->v, ASK_ROW);
		if (!s)
			return;
		sqlite3_bind_int64(s, 1, row);
		if (sqlite3_step(s) == SQLITE_ROW)
			visit_row(w, s, 0, row);
		sqlite3_reset(s);
	}
}

/* How many there ought to be; UINT64_MAX when the state does not say. */
static uint64_t expected(struct vault *v)
{
	struct vault_state state;
	sqlite3_stmt *s = store_ask(v, ASK_META);
	bool known = s && sqlite3_step(s) == SQLITE_ROW &&
		     state_open(&v->keys, (uint64_t)sqlite3_column_int64(s, 1), store_blob(s, 2),
				&state);
	if (s)
		sqlite3_reset(s);
	return v->writing ? v->state.records : known ? state.records : UINT64_MAX;
}

NTSTATUS rows_each(struct vault *v, const struct rows_call *call, struct vault_report *out)
{
	struct walk w = { .v = v, .call = call, .report = out };

	int code = scan(&w);
	if ((code & 0xFF) == SQLITE_CORRUPT) {
		out->file_damaged = true;
		probe(&w);
	} else if (code != SQLITE_DONE) {
		return vault_fail_sql(v, code, "reading all records");
	}
	if (w.short_of_memory)
		return fail(STATUS_NO_MEMORY, "reading all records");
	if (w.stopped)
		return STATUS_SUCCESS;
	uint64_t whole = expected(v);
	out->missing = whole != UINT64_MAX && whole > out->records ? whole - out->records : 0;
	if (out->file_damaged || out->missing)
		return vault_fail(v, VAULT_DAMAGED, "%s: %llu of its records could not be reached",
				  v->path, (unsigned long long)out->missing);
	return STATUS_SUCCESS;
}
