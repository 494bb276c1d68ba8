/* vault/transaction.c - begin and end, and all that has to be looked at in between.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A transaction sees one state of the file: its epoch says which data key, its number of changes and
 * the sealed state say what ought to be there. */
#include "base/base.h"

#include <unistd.h>

#include "vault/inner.h"

/* The file may have been moved away, put back from a copy or, where nobody was to write, written: what is
 * open then is no longer what others see, and what is written there is lost. */
static bool is_current(struct vault *v)
{
	if (v->depth || v->flags & VAULT_IN_MEMORY)
		return true;
	v->looked = seconds_now();
	return !place_has_changed(v);
}

/* Also a child that was made without fork's handlers opens one of its own. */
static NTSTATUS connection_of_this_process(struct vault *v, bool writing)
{
	if (v->db && v->pid == getpid()) {
		if (is_current(v))
			return STATUS_SUCCESS;
		store_shut(v);
		return writing ? store_open_or_make(v) : store_open(v);
	}
	/* What is in memory is the child's own by now; its keys are nowhere else. */
	if (v->db && v->flags & VAULT_IN_MEMORY) {
		v->pid = getpid();
		v->depth = 0;
		return STATUS_SUCCESS;
	}
	store_leave(v);
	return writing ? store_open_or_make(v) : store_open(v);
}

/* The key file's fault, when it has one, is why. */
static NTSTATUS locked(struct vault *v)
{
	struct vault_fault why = v->fault;
	int64_t since;

	if (!failed(moved_since(v, &since)) && since)
		return moved_fail(v, since);
	if (!why.text[0] || why.status == VAULT_ABSENT)
		return vault_fail(v, VAULT_LOCKED, "%s: it is locked", v->path);
	return vault_fail(v, VAULT_LOCKED, "%.250s: it is locked; %.300s", v->path, why.text);
}

/* What a writer needs to know of the file's content: the sealed state, as it should be. */
static NTSTATUS may_write(struct vault *v, const struct vault_state *state)
{
	if (!state)
		return vault_fail(v, VAULT_DAMAGED,
				  "%s: its head was altered; it can be read but not written",
				  v->path);
	v->state = *state;
	return state->writes < VAULT_WRITES_MAX
		       ? STATUS_SUCCESS
		       : vault_fail(v, STATUS_QUOTA_EXCEEDED, "%s: its key is used up; rekey it",
				    v->path);
}

/* The keys of the epoch that the file is in. What was locked stays locked as long as there is a passphrase to
 * open it with. */
static NTSTATUS follow_epoch(struct vault *v)
{
	bool passphrase = true;

	if (v->forget && failed(slots_have_passphrase(v, &passphrase)))
		passphrase = true;
	v->forget = v->forget && passphrase;
	if (v->keys.data && v->keys.epoch != v->epoch)
		keys_clear(&v->keys);
	v->fault.text[0] = 0;
	return v->keys.data || v->forget ? STATUS_SUCCESS : slots_open_quietly(v);
}

static NTSTATUS read_state(struct vault *v, enum store_access access)
{
	sqlite3_stmt *s = store_ask(v, ASK_META);
	int code = s ? sqlite3_step(s) : sqlite3_extended_errcode(v->db);
	struct vault_state state;

	if (code != SQLITE_ROW)
		return vault_fail_sql(v, code == SQLITE_DONE ? SQLITE_CORRUPT : code,
				      "reading its head");
	v->epoch = (uint64_t)sqlite3_column_int64(s, 0);
	v->changes = (uint64_t)sqlite3_column_int64(s, 1);
	NTSTATUS status = follow_epoch(v);
	bool known = v->keys.data && access == STORE_WRITE &&
		     state_open(&v->keys, v->changes, store_blob(s, 2), &state);
	sqlite3_reset(s);
	if (failed(status) || access == STORE_READ_KEYLESS)
		return status;
	if (!v->keys.data)
		return locked(v);
	return access == STORE_WRITE ? may_write(v, known ? &state : NULL) : STATUS_SUCCESS;
}

static void roll_back(struct vault *v)
{
	if (sqlite3_get_autocommit(v->db))
		return;
	(void)store_ask(v, ASK_ROLLBACK);
	(void)!store_run(v, ASK_ROLLBACK, "undoing");
}

NTSTATUS store_begin(struct vault *v, enum store_access access)
{
	bool writing = access == STORE_WRITE || access == STORE_MEND;
	NTSTATUS status = connection_of_this_process(v, writing);

	if (failed(status))
		return status;
	if (v->depth) {
		if (writing && !v->writing)
			return fail(STATUS_INVALID_PARAMETER, "writing while reading");
		v->depth++;
		return STATUS_SUCCESS;
	}
	if (writing && v->flags & VAULT_READ_ONLY)
		return vault_fail(v, VAULT_READ_ONLY_PLACE, "%s: it can only be read", v->path);
	enum statement begin = writing ? ASK_BEGIN_WRITE : ASK_BEGIN_READ;
	(void)store_ask(v, begin);
	status = store_run(v, begin, "beginning");
	if (failed(status))
		return status;
	v->writing = writing;
	v->changed = v->deleted = v->spoiled = false;
	status = read_state(v, access);
	if (failed(status)) {
		struct vault_fault fault = v->fault;
		roll_back(v);
		v->fault = fault;
		return status;
	}
	v->depth = 1;
	return STATUS_SUCCESS;
}

static NTSTATUS write_state(struct vault *v)
{
	uint8_t sealed[STATE_BYTES];

	v->state.writes++;
	NTSTATUS status = state_seal(&v->keys, &v->state, sealed);
	if (failed(status))
		return status;
	sqlite3_stmt *s = store_ask(v, ASK_META_SET);
	sqlite3_bind_int64(s, 1, (int64_t)v->keys.epoch);
	sqlite3_bind_int64(s, 2, (int64_t)v->state.changes);
	sqlite3_bind_blob(s, 3, sealed, sizeof(sealed), SQLITE_STATIC);
	status = store_run(v, ASK_META_SET, "writing its head");
	if (failed(status))
		return status;
	(void)store_ask(v, ASK_COMMIT);
	return store_run(v, ASK_COMMIT, "writing");
}

NTSTATUS store_end(struct vault *v, NTSTATUS status)
{
	if (v->depth > 1) {
		v->depth--;
		v->spoiled = v->spoiled || failed(status);
		return status;
	}
	v->depth = 0;
	if (v->writing && v->changed && !failed(status) && !v->spoiled)
		status = write_state(v);
	else if (!failed(status) && v->spoiled && v->changed)
		status = fail(STATUS_TRANSACTION_ABORTED, "a part of the transaction failed");
	struct vault_fault fault = v->fault;
	roll_back(v);
	v->fault = fault;
	/* What was deleted leaves the log too, as soon as no reader is in the way. */
	if (!failed(status) && v->writing && v->deleted && v->wal) {
		sqlite3_busy_timeout(v->db, 0);
		sqlite3_wal_checkpoint_v2(v->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		sqlite3_busy_timeout(v->db, (int)v->wait_ms);
	}
	v->writing = false;
	return status;
}
