/* vault/inner.h - the open vault, as the files of this room share it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One lock per vault, recursive, held through every call. What needs the file goes through
 * store_begin, which sees to forks, other processes' rekeying and transactions. */
#ifndef OPENSSPI_VAULT_INNER_H
#define OPENSSPI_VAULT_INNER_H

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>
#include <time.h>

#include "vault/record.h"

enum statement {
	ASK_BEGIN_READ,
	ASK_BEGIN_WRITE,
	ASK_COMMIT,
	ASK_ROLLBACK,
	ASK_META,	 /* epoch, changes, state */
	ASK_META_SET,	 /* ?1 epoch, ?2 changes, ?3 state */
	ASK_RECORD,	 /* ?1 id: row, version, body, epoch; row is NULL when there is none */
	ASK_ROW,	 /* ?1 row: id, version, body */
	ASK_ALL,	 /* row, id, version, body */
	ASK_COUNT_ROWS,	 /* how many, the greatest row */
	ASK_PUT,	 /* ?1 id, ?2 version, ?3 body */
	ASK_CHANGE,	 /* ?1 row, ?2 id, ?3 version, ?4 body */
	ASK_DELETE,	 /* ?1 row */
	ASK_SLOTS,	 /* number, kind, created, label, parameters, wrapped */
	ASK_SLOT_ADD,	 /* ?1 kind, ?2 created, ?3 label, ?4 parameters, ?5 wrapped */
	ASK_SLOT_CHANGE, /* ?1 number, ?2 parameters, ?3 wrapped */
	ASK_SLOT_REMOVE, /* ?1 number */
	ASK_COUNT
};

/* Which file lies at the path; for one that others were not to change, its content too. */
struct place_mark {
	dev_t device;
	ino_t number;
	off_t size[2]; /* of the file and its log */
	struct timespec written[2];
};

struct vault {
	pthread_mutex_t lock;
	struct vault *next; /* of all open ones, for forks */
	char *path, *key_path;
	uint32_t flags, wait_ms;
	pid_t pid; /* whose connection it is */
	sqlite3 *db;
	sqlite3_stmt *ask[ASK_COUNT];
	char *copy_dir; /* a private copy's, when the place is read-only */
	bool on_network, wal;
	bool immutable, forget; /* forget: vault_lock was called */
	struct place_mark mark; /* of the file that is open */
	time_t looked;		/* when the place was looked at last */
	struct vault_keys keys; /* none while locked; the identity is always there */
	uint64_t epoch;		/* the file's, as the transaction under way sees it */
	uint64_t changes;
	struct vault_state state;		 /* in a transaction that writes */
	unsigned depth;				 /* of transactions */
	bool writing, changed, deleted, spoiled; /* of the outermost transaction */
	struct vault_cache *cache;		 /* of this connection; may be NULL */
	struct secret *plain;			 /* where records are opened, grown as needed */
	struct vault_fault fault;
};

/* ---- vault/fault.c: words ---- */

/* Notes what went wrong and returns the status. Never data. */
NTSTATUS vault_fail(struct vault *v, NTSTATUS status, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same for what SQLite answered. */
NTSTATUS vault_fail_sql(struct vault *v, int code, const char *doing);

#define HEX_ID_LEN (2 * VAULT_ID_LEN + 1)
const char *hex_of(const uint8_t *p, size_t n, char *out);

/* ---- vault/place.c: the file and its folder ---- */

MUST_CHECK bool place_is_network(const char *path);

/* The file exists, is a regular file of ours with a folder of ours: STATUS_SUCCESS; VAULT_ABSENT. */
MUST_CHECK NTSTATUS place_check(struct vault *v);

/* Takes down what lies at v->path now; of a file that is only read also when it was written last. */
struct place_mark place_mark_of(const struct vault *v, bool content);

/* Is what lies there no longer what was opened? */
MUST_CHECK bool place_has_changed(const struct vault *v);

/* Can nothing be written beside the file? */
MUST_CHECK bool place_is_read_only(const char *path);

/* A private copy of the file and its log for reading; v->copy_dir is set. */
MUST_CHECK NTSTATUS place_copy(struct vault *v, char **path);
void place_drop_copy(struct vault *v);

/* Makes what was renamed or linked in the folder of `path` last. */
MUST_CHECK bool place_sync_folder(const char *path);

/* ---- vault/store.c, vault/transaction.c: SQLite ---- */

/* Random nonces of 96 bits: far below 2^32 under one key. */
#define VAULT_WRITES_MAX (UINT64_C(1) << 31)

/* Opens v->path, checks schema and format, prepares. v->db is NULL afterwards when it fails. */
MUST_CHECK NTSTATUS store_open(struct vault *v);

/* The same, making one where there is none when v->flags say so. */
MUST_CHECK NTSTATUS store_open_or_make(struct vault *v);
void store_shut(struct vault *v);

/* In a child of fork: gives up the connection that is its parent's; nothing for one in memory. */
void store_leave(struct vault *v);

/* Makes a new file with one key-file slot and puts it at v->path unless one is there by then. */
MUST_CHECK NTSTATUS store_create(struct vault *v);

/* A reset statement with its parameters unbound. */
sqlite3_stmt *store_ask(struct vault *v, enum statement which);

/* Runs a statement that answers no row. */
MUST_CHECK NTSTATUS store_run(struct vault *v, enum statement which, const char *doing);

/* Begins a transaction or joins the one under way, with the keys of the file's present epoch; a vault
 * that is locked then is VAULT_LOCKED unless `keyless`. store_end ends it: a writer's changes are kept
 * when `status` is success. Returns the status, or that of the commit. */
enum store_access {
	STORE_READ,
	STORE_READ_KEYLESS,
	STORE_WRITE,
	STORE_MEND /* write, though the sealed state was altered: v->state is the caller's to fill */
};
MUST_CHECK NTSTATUS store_begin(struct vault *v, enum store_access access);
MUST_CHECK NTSTATUS store_end(struct vault *v, NTSTATUS status);

/* Row `row`'s blob column as a cursor, borrowed until the statement moves. */
struct rd store_blob(sqlite3_stmt *s, int column);

/* ---- vault/cache.c: sealed records read before ---- */

#define CACHE_HEAD 48

enum cache_answer { CACHE_UNKNOWN, CACHE_RECORD, CACHE_NO_RECORD };

/* Takes down what state the file is in; false when that cannot be told without a transaction. */
MUST_CHECK bool cache_look(struct vault *v, uint8_t head[CACHE_HEAD]);

/* What is known of r->id in that state: then r->row, r->version and the body, borrowed until the next
 * call. */
MUST_CHECK enum cache_answer cache_find(struct vault *v, const uint8_t head[CACHE_HEAD],
					struct vault_record *r, struct rd *body);

/* Keeps what was read since that look, unless the state has changed meanwhile. Row 0: no such record. */
void cache_keep(struct vault *v, const uint8_t head[CACHE_HEAD], const struct vault_record *r,
		struct rd body);

/* Forgets all, before the connection goes. */
void cache_drop(struct vault *v);

/* ---- vault/slots.c: ways to the data key ---- */

/* Tries the key file and the keyring for the file's epoch. STATUS_SUCCESS also when none opens it: the
 * keys then are none. */
MUST_CHECK NTSTATUS slots_open_quietly(struct vault *v);

/* Does a passphrase open it, inside a transaction? */
MUST_CHECK NTSTATUS slots_have_passphrase(struct vault *v, bool *out);

/* One slot's content: what its kind needs besides its secret, and the data key wrapped. */
#define SLOT_PARAMETERS_MAX 64
#define SLOT_WRAPPED_LEN (SEAL_NONCE_LEN + SEAL_KEY_LEN + SEAL_TAG_LEN)
struct slot_content {
	uint32_t kind;
	uint8_t parameters[SLOT_PARAMETERS_MAX];
	size_t parameters_n;
	uint8_t wrapped[SLOT_WRAPPED_LEN];
};

/* Wraps k's data key by a secret, with fresh parameters; and the way back, NULL when it does not open. */
MUST_CHECK NTSTATUS slot_wrap(const struct vault_keys *k, const struct secret *by,
			      struct slot_content *slot);
MUST_CHECK NTSTATUS slot_insert(struct vault *v, const struct slot_content *slot, const char *label,
				int64_t *number);
MUST_CHECK struct secret *slot_unwrap(const struct vault *v, const struct secret *by,
				      const struct slot_content *slot);

/* ---- vault/keyfile.c ---- */

/* Reads the key file: VAULT_ABSENT, VAULT_NOT_OURS, VAULT_DAMAGED. */
MUST_CHECK NTSTATUS keyfile_read(struct vault *v, const char *path, struct secret **out);

/* Writes a new one at `path`, which must not exist; durable when it returns. */
MUST_CHECK NTSTATUS keyfile_write(struct vault *v, const char *path, const struct secret *key);

/* The file's key, made when there is no file yet. */
MUST_CHECK NTSTATUS keyfile_need(struct vault *v, struct secret **out);

/* ---- vault/keyring.c ---- */

MUST_CHECK NTSTATUS keyring_keep(const struct vault_keys *k, uint32_t seconds);
MUST_CHECK struct secret *keyring_find(const uint8_t identity[VAULT_IDENTITY_LEN], uint64_t *epoch);
void keyring_forget(const uint8_t identity[VAULT_IDENTITY_LEN]);

/* ---- vault/vault.c ---- */

/* Room for `n` bytes of plain text; NULL when memory is short. */
uint8_t *vault_plain(struct vault *v, size_t n);

void vault_hold(struct vault *v);
void vault_release(struct vault *v);

static inline UNUSED void vault_release_p(struct vault **v)
{
	vault_release(*v);
}
#define HOLD(v)                                                                                    \
	CLEANUP(vault_release_p) UNUSED struct vault *held_ = (v);                                 \
	vault_hold(v)

/* For looking again once in a while. */
static inline UNUSED time_t seconds_now(void)
{
	struct timespec now = { 0 };
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

/* ---- vault/move.c ---- */

/* When the vault has moved away, inside a transaction; 0: it has not. */
MUST_CHECK NTSTATUS moved_since(struct vault *v, int64_t *since);

/* VAULT_MOVED, and what to do. */
NTSTATUS moved_fail(struct vault *v, int64_t since);

/* ---- vault/rows.c: reading every row, whatever is broken ---- */

struct rows_call {
	vault_visit *visit;
	void *to;
	uint32_t set;
	bool every_set; /* then `set` counts for nothing */
};

/* Visits each record inside a transaction; with damaged pages, those that can be reached. `out` counts;
 * VAULT_DAMAGED when some are missing. */
MUST_CHECK NTSTATUS rows_each(struct vault *v, const struct rows_call *call,
			      struct vault_report *out);

#endif
