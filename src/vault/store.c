/* vault/store.c - the file, by SQLite: schema, statements, transactions.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Nothing in a file is trusted: its schema must be ours to the letter, and triggers, views and
 * functions of a schema do not run. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/places.h"
#include "base/random.h"
#include "base/text.h"
#include "vault/inner.h"

/* ---- statements ---- */

static const char *const sql[ASK_COUNT] = {
	[ASK_BEGIN_READ] = "BEGIN",
	[ASK_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[ASK_COMMIT] = "COMMIT",
	[ASK_ROLLBACK] = "ROLLBACK",
	[ASK_META] = "SELECT epoch, changes, state FROM vault WHERE one = 1",
	[ASK_META_SET] = "UPDATE vault SET epoch = ?1, changes = ?2, state = ?3 WHERE one = 1",
	[ASK_RECORD] = "SELECT r.row, r.version, r.body, v.epoch"
		       " FROM vault v LEFT JOIN record r ON r.id = ?1 WHERE v.one = 1",
	[ASK_ROW] = "SELECT id, version, body FROM record WHERE row = ?1",
	[ASK_ALL] = "SELECT row, id, version, body FROM record NOT INDEXED",
	[ASK_COUNT_ROWS] = "SELECT count(*), coalesce(max(row), 0) FROM record NOT INDEXED",
	[ASK_PUT] = "INSERT INTO record(id, version, body) VALUES(?1, ?2, ?3)"
		    " ON CONFLICT(id) DO UPDATE SET version = ?2, body = ?3",
	[ASK_CHANGE] = "UPDATE record SET id = ?2, version = ?3, body = ?4 WHERE row = ?1",
	[ASK_DELETE] = "DELETE FROM record WHERE row = ?1",
	[ASK_SLOTS] = "SELECT number, kind, created, label, parameters, wrapped FROM slot"
		      " ORDER BY number",
	[ASK_SLOT_ADD] = "INSERT INTO slot(kind, created, label, parameters, wrapped)"
			 " VALUES(?1, ?2, ?3, ?4, ?5)",
	[ASK_SLOT_CHANGE] = "UPDATE slot SET parameters = ?2, wrapped = ?3 WHERE number = ?1",
	[ASK_SLOT_REMOVE] = "DELETE FROM slot WHERE number = ?1",
};

sqlite3_stmt *store_ask(struct vault *v, enum statement which)
{
	sqlite3_stmt **s = &v->ask[which];

	if (*s) {
		sqlite3_reset(*s);
		sqlite3_clear_bindings(*s);
	} else if (sqlite3_prepare_v3(v->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, s, NULL) !=
		   SQLITE_OK) {
		return NULL;
	}
	return *s;
}

NTSTATUS store_run(struct vault *v, enum statement which, const char *doing)
{
	sqlite3_stmt *s = v->ask[which];
	int code = s ? sqlite3_step(s) : sqlite3_extended_errcode(v->db);

	if (s)
		sqlite3_reset(s);
	return code == SQLITE_DONE ? STATUS_SUCCESS : vault_fail_sql(v, code, doing);
}

struct rd store_blob(sqlite3_stmt *s, int column)
{
	const void *p = sqlite3_column_blob(s, column);
	return rd_of(p, p ? (size_t)sqlite3_column_bytes(s, column) : 0);
}

/* ---- the schema ---- */

#define APPLICATION_ID "1330860118" /* "OSPV" */

static const char *const schema[] = {
	/* in the order of names */
	"CREATE TABLE record(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
	" version INTEGER NOT NULL, body BLOB NOT NULL)",
	"CREATE TABLE slot(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
	" created INTEGER NOT NULL, label TEXT NOT NULL, parameters BLOB NOT NULL,"
	" wrapped BLOB NOT NULL)",
	"CREATE TABLE vault(one INTEGER PRIMARY KEY, folding TEXT NOT NULL, identity BLOB NOT NULL,"
	" epoch INTEGER NOT NULL, changes INTEGER NOT NULL, state BLOB NOT NULL)",
};

/* The one number a pragma or query answers; -1 when it answers none. */
static int64_t number_of(struct vault *v, const char *text, int *code)
{
	sqlite3_stmt *s = NULL;
	int64_t n = -1;

	*code = sqlite3_prepare_v2(v->db, text, -1, &s, NULL);
	if (*code == SQLITE_OK)
		*code = sqlite3_step(s);
	if (*code == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static NTSTATUS check_schema(struct vault *v)
{
	sqlite3_stmt *s = NULL;
	size_t n = 0;
	bool same = true;
	int code = sqlite3_prepare_v2(v->db,
				      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
				      " ORDER BY name",
				      -1, &s, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		const char *found = (const char *)sqlite3_column_text(s, 0);
		same = same && n < ARRAY_LEN(schema) && found && strcmp(found, schema[n]) == 0;
		n++;
		code = SQLITE_OK;
	}
	sqlite3_finalize(s);
	if (code != SQLITE_DONE)
		return vault_fail_sql(v, code, "reading its layout");
	return same && n == ARRAY_LEN(schema)
		       ? STATUS_SUCCESS
		       : vault_fail(v, VAULT_DAMAGED, "%s: this is not a vault's layout", v->path);
}

static NTSTATUS check_format(struct vault *v)
{
	int code;
	int64_t application = number_of(v, "PRAGMA application_id", &code);

	if (code != SQLITE_ROW)
		return vault_fail_sql(v, code, "reading its head");
	int64_t format = number_of(v, "PRAGMA user_version", &code);
	if (code != SQLITE_ROW)
		return vault_fail_sql(v, code, "reading its head");
	if (application != strtol(APPLICATION_ID, NULL, 10) || format < 1)
		return vault_fail(v, VAULT_DAMAGED, "%s: this is not a vault", v->path);
	if (format > VAULT_FORMAT)
		return vault_fail(v, VAULT_NEWER,
				  "%s: a vault of format %lld, this program knows up to %u",
				  v->path, (long long)format, VAULT_FORMAT);
	return check_schema(v);
}

static NTSTATUS read_identity(struct vault *v)
{
	sqlite3_stmt *s = NULL;
	int code =
		sqlite3_prepare_v2(v->db, "SELECT identity FROM vault WHERE one = 1", -1, &s, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	struct rd identity = code == SQLITE_ROW ? store_blob(s, 0) : rd_of(NULL, 0);
	bool whole = identity.n == VAULT_IDENTITY_LEN;
	if (whole && memcmp(v->keys.identity, identity.p, VAULT_IDENTITY_LEN) != 0)
		keys_clear(&v->keys); /* another vault's, opened before */
	if (whole)
		memcpy(v->keys.identity, identity.p, VAULT_IDENTITY_LEN);
	sqlite3_finalize(s);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return vault_fail_sql(v, code, "reading its identity");
	return whole ? STATUS_SUCCESS
		     : vault_fail(v, VAULT_DAMAGED, "%s: its identity is damaged", v->path);
}

/* ---- opening ---- */

static int run_sql(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static const char guarded[] = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
			      "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
			      "PRAGMA mmap_size = 0; PRAGMA cache_size = -65536";

static NTSTATUS connect_to(struct vault *v, const char *name, int flags)
{
	int code = sqlite3_open_v2(name, &v->db,
				   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(v->db, (int)v->wait_ms);
		sqlite3_db_config(v->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(v->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		sqlite3_db_config(v->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
		code = run_sql(v->db, guarded);
	}
	return code == SQLITE_OK ? STATUS_SUCCESS : vault_fail_sql(v, code, "opening");
}

/* A name that immutable files need, with what a URI would misread escaped. */
static char *immutable_name(const char *path)
{
	struct text t = { 0 };

	text_add(&t, "file:");
	for (const char *p = path; *p; p++)
		text_add(&t, strchr("?#%", *p) ? "%%%02X" : "%c", *p);
	text_add(&t, "?immutable=1");
	return text_finish(&t);
}

static bool has_log(const char *path)
{
	struct text t = { 0 };

	text_add(&t, "%s-wal", path);
	CLEANUP(mem_free_p) char *log = text_finish(&t);
	int fd = log ? open(log, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	bool content = lseek(fd, 0, SEEK_END) > 0;
	close(fd);
	return content;
}

#define COPIES_MOST 10

static NTSTATUS connect_read_only(struct vault *v)
{
	CLEANUP(mem_free_p) char *name = NULL;

	v->flags |= VAULT_READ_ONLY;
	if (!has_log(v->path)) {
		name = immutable_name(v->path);
		v->immutable = true;
		return name ? connect_to(v, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
			    : fail(STATUS_NO_MEMORY, "a file's name");
	}
	NTSTATUS status = place_copy(v, &name);
	/* Somebody who may write did so meanwhile: of such a copy nobody knows what it is. */
	for (int tries = 0; !failed(status) && place_has_changed(v) && tries < COPIES_MOST;
	     tries++) {
		place_drop_copy(v);
		mem_free(TAKE(name));
		v->mark = place_mark_of(v, true);
		status = place_copy(v, &name);
	}
	return failed(status) ? status : connect_to(v, name, SQLITE_OPEN_READWRITE);
}

/* WAL where memory can be shared between processes, a journal file elsewhere. A file that others use
 * keeps the journal it has. */
static NTSTATUS choose_journal(struct vault *v)
{
	bool wal = !v->on_network;
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(
		v->db, wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE", -1, &s,
		NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	const char *mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	v->wal = mode && strcmp(mode, "wal") == 0;
	sqlite3_finalize(s);
	if (code != SQLITE_ROW && (code & 0xFF) != SQLITE_BUSY && (code & 0xFF) != SQLITE_LOCKED)
		return vault_fail_sql(v, code, "choosing its journal");
	code = run_sql(v->db, v->wal ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = EXTRA");
	if (code == SQLITE_OK && v->on_network)
		code = run_sql(v->db, "PRAGMA locking_mode = NORMAL; SELECT epoch FROM vault");
	return code == SQLITE_OK ? STATUS_SUCCESS : vault_fail_sql(v, code, "choosing its journal");
}

static NTSTATUS open_checked(struct vault *v)
{
	bool read_only = place_is_read_only(v->path);

	v->mark = place_mark_of(v, read_only);
	v->on_network = v->flags & VAULT_FILE_JOURNAL || place_is_network(v->path);
	v->immutable = false;
	NTSTATUS status = read_only ? connect_read_only(v)
				    : connect_to(v, v->path, SQLITE_OPEN_READWRITE);
	/* Without this, reading a file in WAL mode would share memory. */
	if (!failed(status) && v->on_network && !v->immutable &&
	    run_sql(v->db, "PRAGMA locking_mode = EXCLUSIVE") != SQLITE_OK)
		status = vault_fail(v, STATUS_IO_DEVICE_ERROR, "%s: cannot be locked", v->path);
	if (!failed(status))
		status = check_format(v);
	if (!failed(status))
		status = read_identity(v);
	if (failed(status) || read_only)
		return status;
	return choose_journal(v);
}

void store_shut(struct vault *v)
{
	cache_drop(v);
	/* SQLite would delete by its name a log that belongs to another file by now. */
	if (v->db && !(v->flags & VAULT_IN_MEMORY) && place_has_changed(v))
		sqlite3_db_config(v->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	for (size_t i = 0; i < ASK_COUNT; i++)
		sqlite3_finalize(TAKE(v->ask[i]));
	sqlite3_close_v2(TAKE(v->db));
	place_drop_copy(v);
}

/* Closing without a checkpoint takes no lock and changes no file. What is in the midst of a transaction
 * cannot be closed so: it is left as it is. */
void store_leave(struct vault *v)
{
	if (!v->db || v->flags & VAULT_IN_MEMORY)
		return;
	if (v->depth) {
		mem_wipe(v->ask, sizeof(v->ask));
		v->db = NULL;
	} else {
		sqlite3_db_config(v->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	mem_free(TAKE(v->copy_dir)); /* the parent's */
	v->depth = 0;
	store_shut(v);
}

/* ---- making ---- */

static NTSTATUS fill_slot(struct vault *v, const struct vault_keys *k, const struct secret *key)
{
	struct slot_content slot = { .kind = VAULT_SLOT_KEY_FILE };
	NTSTATUS status = slot_wrap(k, key, &slot);

	return failed(status) ? status : slot_insert(v, &slot, "key file", NULL);
}

/* Without a key there is no slot: what then opens the vault is in memory alone. */
static NTSTATUS fill(struct vault *v, const struct vault_keys *k, const struct secret *key)
{
	struct vault_state state = { 0 };
	uint8_t sealed[STATE_BYTES];
	sqlite3_stmt *s = NULL;
	int code = run_sql(v->db, "PRAGMA synchronous = EXTRA; BEGIN");

	for (size_t i = 0; i < ARRAY_LEN(schema) && code == SQLITE_OK; i++)
		code = run_sql(v->db, schema[i]);
	NTSTATUS status = state_seal(k, &state, sealed);
	if (failed(status))
		return status;
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(
			v->db, "INSERT INTO vault VALUES(1, '" VAULT_FOLDING "', ?1, 1, 0, ?2)", -1,
			&s, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_blob(s, 1, k->identity, VAULT_IDENTITY_LEN, SQLITE_STATIC);
		sqlite3_bind_blob(s, 2, sealed, sizeof(sealed), SQLITE_STATIC);
		code = sqlite3_step(s) == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(v->db);
	}
	sqlite3_finalize(s);
	if (code != SQLITE_OK)
		return vault_fail_sql(v, code, "making it");
	status = key ? fill_slot(v, k, key) : STATUS_SUCCESS;
	if (failed(status))
		return status;
	code = run_sql(v->db, "PRAGMA user_version = 1; PRAGMA application_id = " APPLICATION_ID
			      "; COMMIT");
	return code == SQLITE_OK ? STATUS_SUCCESS : vault_fail_sql(v, code, "making it");
}

static NTSTATUS make_at(struct vault *v, const char *path, const struct vault_keys *k,
			const struct secret *key)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return vault_fail(v,
				  errno == EROFS || errno == EACCES ? VAULT_READ_ONLY_PLACE
				  : errno == ENOSPC		    ? VAULT_FULL
								    : STATUS_IO_DEVICE_ERROR,
				  "%s: cannot be made", path);
	close(fd);
	NTSTATUS status = connect_to(v, path, SQLITE_OPEN_READWRITE);
	if (!failed(status))
		status = fill(v, k, key);
	store_shut(v);
	if (failed(status))
		return status;
	if (link(path, v->path) != 0 && errno != EEXIST)
		return vault_fail(v, STATUS_IO_DEVICE_ERROR, "%s: cannot be made", v->path);
	return place_sync_folder(v->path) ? STATUS_SUCCESS
					  : vault_fail(v, STATUS_IO_DEVICE_ERROR,
						       "%s: its folder cannot be written", v->path);
}

static NTSTATUS new_keys(struct vault_keys *out)
{
	CLEANUP(secret_free_p) struct secret *data = secret_new(SEAL_KEY_LEN);
	uint8_t identity[VAULT_IDENTITY_LEN];

	if (!data)
		return fail(STATUS_NO_MEMORY, "making a vault");
	NTSTATUS status = random_bytes(data->p, data->len);
	if (!failed(status))
		status = random_bytes(identity, sizeof(identity));
	if (failed(status))
		return status;
	return keys_set(out, data, 1, identity) ? STATUS_SUCCESS
						: fail(STATUS_NO_MEMORY, "making a vault");
}

NTSTATUS store_create(struct vault *v)
{
	CLEANUP(secret_free_p) struct secret *key = NULL;
	CLEANUP(keys_clear) struct vault_keys keys = { 0 };
	struct text name = { 0 };
	uint8_t mark[8];
	char hex[17];

	if (!place_make_parent(v->path))
		return vault_fail(v, VAULT_READ_ONLY_PLACE, "%s: its folder cannot be made",
				  v->path);
	/* SQLite would write it into the new file. Whoever else is making one makes the file first. */
	if (has_log(v->path) && access(v->path, F_OK) != 0)
		return vault_fail(v, VAULT_DAMAGED,
				  "%s: it is gone, but its log %s-wal is there; put it back, or "
				  "move the log away",
				  v->path, v->path);
	NTSTATUS status = keyfile_need(v, &key);
	if (!failed(status))
		status = new_keys(&keys);
	if (!failed(status))
		status = random_bytes(mark, sizeof(mark));
	if (failed(status))
		return status;
	/* Not by the process's number, which others have on another machine, or in another container. */
	text_add(&name, "%s.new.%s", v->path, hex_of(mark, sizeof(mark), hex));
	CLEANUP(mem_free_p) char *path = text_finish(&name);
	if (!path)
		return fail(STATUS_NO_MEMORY, "making a vault");
	status = make_at(v, path, &keys, key);
	unlink(path);
	return status;
}

static NTSTATUS open_in_memory(struct vault *v)
{
	static const char limit[] = "PRAGMA page_size = 4096; PRAGMA max_page_count = 512"; /* VAULT_MEMORY_MAX */
	NTSTATUS status = new_keys(&v->keys);

	if (!failed(status))
		status = connect_to(v, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (!failed(status) && run_sql(v->db, limit) != SQLITE_OK)
		status = fail(STATUS_NO_MEMORY, "limiting a vault in memory");
	if (!failed(status))
		status = fill(v, &v->keys, NULL);
	return status;
}

NTSTATUS store_open(struct vault *v)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (v->flags & VAULT_IN_MEMORY)
		status = open_in_memory(v);
	else if (!failed(status = place_check(v)))
		status = open_checked(v);
	if (failed(status))
		store_shut(v);
	v->pid = getpid();
	return status;
}

NTSTATUS store_open_or_make(struct vault *v)
{
	NTSTATUS status = store_open(v);

	if (status != VAULT_ABSENT || !(v->flags & VAULT_CREATE) || v->flags & VAULT_READ_ONLY)
		return status;
	status = store_create(v);
	return failed(status) ? status : store_open(v);
}
