/* vault/vault.c - opening, and records one by one.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Forks wait until no vault is in use: a child must not find SQLite's own locks taken by a thread it
 * does not have. */
#include "base/base.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/places.h"
#include "vault/inner.h"

#define WAIT_DEFAULT_MS 5000

/* ---- locks and forks ---- */

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vault *open_vaults;

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* of whoever forks */
static atomic_bool forking, inherited;
static _Thread_local unsigned held; /* vaults, by this thread */

/* In a child: gives up its parent's connections, all before the first of its own is opened, since SQLite
 * thinks that what they have locked is locked for whoever else opens the file. */
static void leave_parents(void)
{
	pthread_mutex_lock(&open_lock);
	if (atomic_load(&inherited))
		for (struct vault *v = open_vaults; v; v = v->next)
			store_leave(v);
	atomic_store(&inherited, false);
	pthread_mutex_unlock(&open_lock);
}

/* A thread that holds no vault waits for a fork that is under way; the fork waits for those that hold one,
 * which may want another. */
void vault_hold(struct vault *v)
{
	if (!held && atomic_load(&forking)) {
		pthread_mutex_lock(&gate);
		pthread_mutex_unlock(&gate);
	}
	if (atomic_load(&inherited))
		leave_parents();
	pthread_mutex_lock(&v->lock);
	held++;
}

void vault_release(struct vault *v)
{
	held--;
	pthread_mutex_unlock(&v->lock);
}

static void unlock_until(const struct vault *end)
{
	for (struct vault *v = open_vaults; v != end; v = v->next)
		pthread_mutex_unlock(&v->lock);
}

/* All of them, or none when one is in use. */
static bool lock_all(void)
{
	pthread_mutex_lock(&open_lock);
	for (struct vault *v = open_vaults; v; v = v->next) {
		if (pthread_mutex_trylock(&v->lock) == 0)
			continue;
		unlock_until(v);
		pthread_mutex_unlock(&open_lock);
		return false;
	}
	return true;
}

static void before_fork(void)
{
	static const struct timespec moment = { .tv_nsec = 100000 };

	pthread_mutex_lock(&gate);
	atomic_store(&forking, true);
	while (!lock_all())
		nanosleep(&moment, NULL);
}

static void forked(void)
{
	atomic_store(&forking, false);
	pthread_mutex_unlock(&open_lock);
	pthread_mutex_unlock(&gate);
}

static void after_fork(void)
{
	unlock_until(NULL);
	forked();
}

static void lock_set(pthread_mutex_t *lock)
{
	pthread_mutexattr_t kind;

	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(lock, &kind);
	pthread_mutexattr_destroy(&kind);
}

/* A recursive lock remembers its owner by thread number, which the child's thread has not: made anew. */
static void after_fork_in_child(void)
{
	for (struct vault *v = open_vaults; v; v = v->next)
		lock_set(&v->lock);
	atomic_store(&inherited, open_vaults != NULL);
	forked();
}

static void guard_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static void enlist(struct vault *v)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, guard_forks);
	pthread_mutex_lock(&open_lock);
	v->next = open_vaults;
	open_vaults = v;
	pthread_mutex_unlock(&open_lock);
}

static void delist(struct vault *v)
{
	pthread_mutex_lock(&open_lock);
	for (struct vault **at = &open_vaults; *at; at = &(*at)->next)
		if (*at == v) {
			*at = v->next;
			break;
		}
	pthread_mutex_unlock(&open_lock);
}

/* ---- opening ---- */

static void vault_free(struct vault *v)
{
	if (!v)
		return;
	keys_clear(&v->keys);
	secret_free(v->plain);
	pthread_mutex_destroy(&v->lock);
	mem_free(v->copy_dir);
	mem_free(v->path);
	mem_free(v->key_path);
	mem_free(v);
}
DEFINE_CLEANUP(struct vault *, vault_free)

static struct vault *vault_new(const struct vault_options *o)
{
	CLEANUP(vault_free_p) struct vault *v = MEM_NEW(struct vault);

	if (!v)
		return NULL;
	lock_set(&v->lock);
	v->pid = getpid();
	v->flags = o->flags;
	v->wait_ms = o->wait_ms ? o->wait_ms : WAIT_DEFAULT_MS;
	v->path = o->flags & VAULT_IN_MEMORY ? mem_dup_text("in memory")
		  : o->path		     ? mem_dup_text(o->path)
					     : place_path(PLACE_USER_DATA, "vault.db");
	v->key_path = o->key_file ? mem_dup_text(o->key_file)
				  : place_path(PLACE_USER_CONFIG, "vault.key");
	return v->path && v->key_path ? TAKE(v) : NULL;
}

static NTSTATUS open_held(struct vault *v)
{
	HOLD(v);
	return store_open_or_make(v);
}

void vault_may_make(struct vault *v)
{
	HOLD(v);
	v->flags |= VAULT_CREATE;
}

NTSTATUS vault_open(const struct vault_options *options, struct vault **out)
{
	*out = NULL;
	CLEANUP(vault_close_p) struct vault *v = vault_new(options);
	if (!v)
		return fail(STATUS_NO_MEMORY, "opening a vault");
	enlist(v);
	NTSTATUS status = open_held(v);
	if (!failed(status)) {
		*out = TAKE(v);
		return STATUS_SUCCESS;
	}
	if (v->fault.status != status) /* its origin had no words for the user */
		v->fault = (struct vault_fault){ .status = status };
	if (options->fault)
		*options->fault = v->fault;
	return status;
}

void vault_close(struct vault *v)
{
	if (!v)
		return;
	vault_hold(v);
	store_shut(v);
	vault_release(v);
	delist(v);
	vault_free(v);
}

void vault_last_fault(struct vault *v, struct vault_fault *out)
{
	HOLD(v);
	*out = v->fault;
}

uint8_t *vault_plain(struct vault *v, size_t n)
{
	if (v->plain && v->plain->len >= n)
		return v->plain->p;
	secret_free(TAKE(v->plain));
	v->plain = secret_new(n < 8000 ? 8000 : n);
	return v->plain ? v->plain->p : NULL;
}

/* ---- reading ---- */

static NTSTATUS name_it(struct vault *v, const struct vault_name *name, struct vault_record *r)
{
	return record_id(&v->keys, name, r->id)
		       ? STATUS_SUCCESS
		       : vault_fail(v, STATUS_INVALID_PARAMETER, "a target that is no text");
}

/* The row under r->id: row 0 when there is none. The statement is left where body can be read. */
static NTSTATUS find(struct vault *v, struct vault_record *r, sqlite3_stmt **out)
{
	sqlite3_stmt *s = *out = store_ask(v, ASK_RECORD);
	sqlite3_bind_blob(s, 1, r->id, VAULT_ID_LEN, SQLITE_STATIC);
	int code = s ? sqlite3_step(s) : sqlite3_extended_errcode(v->db);
	if (code != SQLITE_ROW)
		return vault_fail_sql(v, code == SQLITE_DONE ? SQLITE_CORRUPT : code, "reading");
	r->row = sqlite3_column_int64(s, 0);
	r->version = (uint64_t)sqlite3_column_int64(s, 1);
	v->epoch = (uint64_t)sqlite3_column_int64(s, 3);
	return STATUS_SUCCESS;
}

static NTSTATUS altered(struct vault *v, const struct vault_record *r)
{
	char id[HEX_ID_LEN];
	return vault_fail(v, VAULT_ALTERED, "%s: record %lld (%s) is not what was written", v->path,
			  (long long)r->row, hex_of(r->id, VAULT_ID_LEN, id));
}

static NTSTATUS open_found(struct vault *v, struct rd body, struct vault_record *r,
			   struct secret **out)
{
	uint8_t *plain = vault_plain(v, body.n + 1);

	if (body.n > RECORD_BYTES_MAX)
		return altered(v, r);
	if (!plain)
		return fail(STATUS_NO_MEMORY, "reading a record");
	if (!record_open(&v->keys, body, plain, r))
		return altered(v, r);
	*out = secret_copy(r->value.p, r->value.n);
	mem_wipe(plain, body.n);
	return *out ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "reading a record");
}

static NTSTATUS ask(struct vault *v, struct vault_record *r, struct secret **out)
{
	uint8_t head[CACHE_HEAD];
	bool looked = !v->depth && cache_look(v, head);
	sqlite3_stmt *s = NULL;
	NTSTATUS status = find(v, r, &s);

	if (!failed(status) && v->epoch != v->keys.epoch)
		status = STATUS_RETRY;
	else if (!failed(status) && !r->row)
		status = VAULT_NOT_FOUND; /* an answer, not a fault */
	else if (!failed(status))
		status = open_found(v, store_blob(s, 2), r, out);
	if (looked && (status == STATUS_SUCCESS || status == VAULT_NOT_FOUND))
		cache_keep(v, head, r, r->row ? store_blob(s, 2) : rd_of(NULL, 0));
	if (s)
		sqlite3_reset(s);
	return status;
}

static NTSTATUS get(struct vault *v, const struct vault_name *name, struct secret **out)
{
	struct vault_record r = { 0 };
	uint8_t head[CACHE_HEAD];
	struct rd body;
	NTSTATUS status = name_it(v, name, &r);

	if (failed(status))
		return status;
	if (!v->depth && v->cache && cache_look(v, head)) {
		enum cache_answer known = cache_find(v, head, &r, &body);
		if (known == CACHE_NO_RECORD)
			return VAULT_NOT_FOUND;
		if (known == CACHE_RECORD)
			return open_found(v, body, &r, out);
	}
	return ask(v, &r, out);
}

NTSTATUS vault_get(struct vault *v, const struct vault_name *name, struct secret **out)
{
	HOLD(v);
	*out = NULL;
	/* One statement is its own snapshot; it says when another process has changed the key. That the file
	 * is another is seen a second later. */
	if (v->db && v->pid == getpid() && v->keys.data &&
	    (v->depth || v->looked == seconds_now())) {
		NTSTATUS status = get(v, name, out);
		if (status != STATUS_RETRY || v->depth)
			return status;
	}
	NTSTATUS status = store_begin(v, STORE_READ);
	return failed(status) ? status : store_end(v, get(v, name, out));
}

NTSTATUS vault_changes(struct vault *v, uint64_t *out)
{
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_READ_KEYLESS);
	if (failed(status))
		return status;
	*out = v->writing ? v->state.changes : v->changes;
	return store_end(v, STATUS_SUCCESS);
}

NTSTATUS vault_each(struct vault *v, uint32_t set, vault_visit *visit, void *to)
{
	struct vault_report report = { 0 };
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_READ);
	if (failed(status))
		return status;
	return store_end(v, rows_each(v, &(struct rows_call){ visit, to, set, false }, &report));
}

/* ---- writing ---- */

static void row_gone(struct vault *v, const struct vault_record *old)
{
	sum_take(&v->keys, v->state.sum, old->id, old->version);
	v->state.records--;
}

static NTSTATUS put(struct vault *v, const struct vault_name *name, struct rd value)
{
	CLEANUP(wr_done) struct wr body = WR(RECORD_BYTES_MAX);
	struct vault_record now = { .name = *name, .value = value };
	sqlite3_stmt *s = NULL;
	NTSTATUS status = name_it(v, name, &now);

	if (!failed(status))
		status = find(v, &now, &s);

	if (s)
		sqlite3_reset(s);
	if (failed(status))
		return status;
	if (now.row)
		row_gone(v, &now);
	now.version = ++v->state.changes;
	v->state.records++;
	v->state.writes++;
	v->changed = true;
	status = record_seal(&v->keys, &now, &body);
	if (failed(status))
		return status;
	s = store_ask(v, ASK_PUT);
	sqlite3_bind_blob(s, 1, now.id, VAULT_ID_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, (int64_t)now.version);
	sqlite3_bind_blob(s, 3, body.buf, (int)body.len, SQLITE_STATIC);
	sum_add(&v->keys, v->state.sum, now.id, now.version);
	return store_run(v, ASK_PUT, "writing a record");
}

NTSTATUS vault_put(struct vault *v, const struct vault_name *name, struct rd value)
{
	if (value.n > VAULT_VALUE_MAX)
		return fail(STATUS_INVALID_PARAMETER, "a value too large for the vault");
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_WRITE);
	return failed(status) ? status : store_end(v, put(v, name, value));
}

static NTSTATUS delete (struct vault *v, const struct vault_name *name)
{
	struct vault_record old = { 0 };
	sqlite3_stmt *s = NULL;
	NTSTATUS status = name_it(v, name, &old);

	if (!failed(status))
		status = find(v, &old, &s);

	if (s)
		sqlite3_reset(s);
	if (failed(status) || !old.row)
		return failed(status) ? status : VAULT_NOT_FOUND;
	row_gone(v, &old);
	v->state.changes++;
	v->changed = v->deleted = true;
	sqlite3_bind_int64(store_ask(v, ASK_DELETE), 1, old.row);
	return store_run(v, ASK_DELETE, "deleting a record");
}

/* Nothing to delete spoils no transaction. */
NTSTATUS vault_delete(struct vault *v, const struct vault_name *name)
{
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_WRITE);
	if (failed(status))
		return status;
	status = delete (v, name);
	NTSTATUS end = store_end(v, status == VAULT_NOT_FOUND ? STATUS_SUCCESS : status);
	return failed(end) ? end : status;
}

NTSTATUS vault_transact(struct vault *v, vault_work *work, void *with)
{
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_WRITE);
	return failed(status) ? status : store_end(v, work(v, with));
}
