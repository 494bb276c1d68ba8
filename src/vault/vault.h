/* vault/vault.h - one user's sealed credential file.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A record is bytes under a name; docs/formats/vault.md says how both are sealed. A vault is never
 * replaced, emptied or repaired by itself: what cannot be read is named, the rest stays readable.
 * Every function may be called from several threads, and in the child of a fork, which opens the
 * file again for itself. */
#ifndef OPENSSPI_VAULT_VAULT_H
#define OPENSSPI_VAULT_VAULT_H

#include "base/base.h"
#include "base/secret.h"
#include "base/utf.h"
#include "wire/rd.h"

/* ---- what goes wrong ---- */

#define VAULT_ABSENT STATUS_OBJECT_NAME_NOT_FOUND /* there is no vault */
#define VAULT_NOT_FOUND STATUS_NOT_FOUND	  /* no record of that name */
#define VAULT_BUSY STATUS_LOCK_NOT_GRANTED	  /* other writers for longer than wait_ms */
#define VAULT_LOCKED STATUS_FVE_LOCKED_VOLUME	  /* a passphrase has to be given first */
#define VAULT_WRONG_KEY STATUS_WRONG_PASSWORD	  /* the passphrase opens no slot */
#define VAULT_ALTERED STATUS_DATA_ERROR		  /* this record is not what was written */
#define VAULT_DAMAGED STATUS_FILE_CORRUPT_ERROR	  /* the file is not what was written */
#define VAULT_NEWER STATUS_UNKNOWN_REVISION	  /* of a format this program does not know */
#define VAULT_READ_ONLY_PLACE STATUS_MEDIA_WRITE_PROTECTED
#define VAULT_FULL STATUS_DISK_FULL
#define VAULT_MOVED STATUS_FILE_IS_OFFLINE /* what was in it is elsewhere: vault_move */
#define VAULT_NOT_OURS STATUS_ACCESS_DENIED /* owner or mode of a file or folder */
/* Besides: STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER, STATUS_IO_DEVICE_ERROR. */

/* In words for the user: the file or record by name, never its content. */
struct vault_fault {
	NTSTATUS status;
	char text[600];
};

/* ---- opening ---- */

enum {
	VAULT_CREATE = 1,	/* make the vault, with a key file, when there is none */
	VAULT_READ_ONLY = 2,	/* never write, whatever the place allows */
	VAULT_FILE_JOURNAL = 4, /* treat the place as a network file system */
	VAULT_IN_MEMORY = 8, /* no file and no key anywhere: gone with the process or vault_close; a
				   child of fork goes on with a copy of its own. VAULT_FULL beyond
				   VAULT_MEMORY_MAX */
};
#define VAULT_MEMORY_MAX (2u << 20)

struct vault_options {
	const char *path;     /* NULL: vault.db in the user's data */
	const char *key_file; /* NULL: vault.key in the user's configuration */
	uint32_t flags;
	uint32_t wait_ms;	   /* for other writers; 0: five seconds */
	struct vault_fault *fault; /* filled when opening fails; may be NULL */
};

struct vault;

/* Opens the vault. One whose key is neither in the key file nor in the kernel's keyring opens locked:
 * vault_unlock comes next. */
MUST_CHECK NTSTATUS vault_open(const struct vault_options *options, struct vault **out);

/* From now on a write makes a new vault when this one's file has gone, as VAULT_CREATE says. */
void vault_may_make(struct vault *v);

/* Forgets the key and closes; NULL is fine. No other call may be under way. */
void vault_close(struct vault *v);
DEFINE_CLEANUP(struct vault *, vault_close)

/* What the last failing call of any thread had to say. */
void vault_last_fault(struct vault *v, struct vault_fault *out);

/* ---- records ---- */

#define VAULT_VALUE_MAX (512u << 10)
#define VAULT_TARGET_MAX 32767u /* UTF-16 units */
#define VAULT_ID_LEN 32

/* Case of the target is kept but does not tell names apart. `set` is the caller's to divide a vault. */
struct vault_name {
	uint32_t set, type;
	struct utf16 target;
};

struct vault_record {
	NTSTATUS status; /* VAULT_ALTERED: only `row` and, unless it is lost too, `id` count */
	int64_t row;
	uint8_t id[VAULT_ID_LEN]; /* a keyed hash of the name */
	uint64_t version;	  /* the change that wrote it */
	struct vault_name name;	  /* as written; borrowed during the visit */
	struct rd value;	  /* borrowed, aligned to eight; wiped after the visit */
};

/* Returns false to stop. May call nothing of this vault. */
typedef bool vault_visit(void *to, const struct vault_record *record);

/* Writes a record, whether or not there was one, durably: it survives a power failure. */
MUST_CHECK NTSTATUS vault_put(struct vault *v, const struct vault_name *name, struct rd value);

/* Reads one (secret_free). VAULT_NOT_FOUND; VAULT_ALTERED when there is one that is not as written. */
MUST_CHECK NTSTATUS vault_get(struct vault *v, const struct vault_name *name, struct secret **out);

/* Deletes one, whatever its state. VAULT_NOT_FOUND. */
MUST_CHECK NTSTATUS vault_delete(struct vault *v, const struct vault_name *name);

/* Visits every record of that set in one snapshot, in no order that means anything, and every altered
 * record of whatever set. VAULT_DAMAGED after the last visit when records are missing or could not be
 * reached. */
MUST_CHECK NTSTATUS vault_each(struct vault *v, uint32_t set, vault_visit *visit, void *to);

/* Runs `work` as one transaction: what it put and deleted is written together when it returns success
 * and not at all otherwise. Its status is returned. Writers of all processes wait meanwhile. */
typedef NTSTATUS vault_work(struct vault *v, void *with);
MUST_CHECK NTSTATUS vault_transact(struct vault *v, vault_work *work, void *with);

/* A number that grows with every change by any process; for caches. */
MUST_CHECK NTSTATUS vault_changes(struct vault *v, uint64_t *out);

/* ---- keys ---- */

enum vault_slot_kind {
	VAULT_SLOT_KEY_FILE = 1,
	VAULT_SLOT_PASSPHRASE = 2,
	VAULT_SLOT_MOVED = 256 /* opens nothing: says that the vault has moved */
};

struct vault_slot {
	int64_t number;
	uint32_t kind;	 /* others may come */
	int64_t created; /* 100 ns since 1601 */
	char label[64];
};

/* Opens a locked vault (an open one is open: the passphrase is checked all the same) and, for seconds > 0,
 * leaves its key in the kernel's keyring for that time, where vault_open finds it. STATUS_NOT_SUPPORTED when the kernel keeps none:
 * the vault is open all the same. VAULT_WRONG_KEY. */
MUST_CHECK NTSTATUS vault_unlock(struct vault *v, const struct secret *passphrase,
				 uint32_t seconds);

/* Forgets the key, here and in the keyring. A key file opens the vault at the next vault_open; this one
 * stays locked until a passphrase opens it. STATUS_NOT_SUPPORTED when none does: the next call has the key file
 * open it again. */
MUST_CHECK NTSTATUS vault_lock(struct vault *v);

MUST_CHECK bool vault_is_locked(struct vault *v);

/* A further way to open the vault. The vault must be open. */
MUST_CHECK NTSTATUS vault_add_passphrase(struct vault *v, const struct secret *passphrase,
					 const char *label, int64_t *number);
MUST_CHECK NTSTATUS vault_add_key_file(struct vault *v, const char *label, int64_t *number);

/* Removes one. The last is refused with STATUS_INVALID_PARAMETER; a number nobody has is
 * VAULT_NOT_FOUND. The key file goes with its slot. */
MUST_CHECK NTSTATUS vault_remove_slot(struct vault *v, int64_t number);

/* Seals everything under a new key in one transaction, with a new key file. Every passphrase slot has to
 * be opened by one of the passphrases, else VAULT_WRONG_KEY and nothing has changed. Refused with
 * VAULT_ALTERED while an altered record is left. */
MUST_CHECK NTSTATUS vault_rekey(struct vault *v, const struct secret *const *passphrases,
				size_t count);

/* ---- looking after it ---- */

struct vault_status {
	const char *path, *key_file; /* borrowed from the vault */
	const char *journal;	     /* "wal" or "delete" */
	uint8_t identity[16];
	uint32_t format;
	bool locked, read_only, on_network, key_file_opens_it, in_keyring, memory_is_locked, moved;
	int64_t records;
	uint64_t changes, writes_under_key; /* rekey is due long before 2^32 */
	size_t slots;
	struct vault_slot slot[16];
};

MUST_CHECK NTSTATUS vault_describe(struct vault *v, struct vault_status *out);

struct vault_report {
	uint64_t records, altered, missing;
	bool file_damaged, sum_differs;
};

/* Called with one sentence for each thing that is wrong. */
typedef void vault_say(void *to, const char *sentence);

/* Checks the file, the sum over all records and every record. STATUS_SUCCESS when all is well, else
 * VAULT_ALTERED or VAULT_DAMAGED. */
MUST_CHECK NTSTATUS vault_check(struct vault *v, vault_say *say, void *to,
				struct vault_report *out);

/* Accepts the records that are there as all there are: deletes the altered ones when told to, and sums
 * anew. For a user who has seen what vault_check said. */
MUST_CHECK NTSTATUS vault_accept(struct vault *v, bool delete_altered);

/* Writes every record of every set to `fd`, sealed to the passphrase. VAULT_ALTERED after all others
 * when one could not be. */
MUST_CHECK NTSTATUS vault_export(struct vault *v, const struct secret *passphrase, int fd,
				 uint64_t *records);

/* Reads what vault_export wrote: all of it or, when it is not whole, nothing. Records that are there
 * already stay unless `replace`. VAULT_WRONG_KEY, VAULT_ALTERED, VAULT_NEWER. */
MUST_CHECK NTSTATUS vault_import(struct vault *v, const struct secret *passphrase, int fd,
				 bool replace, uint64_t *records);

/* Would opening this export cost more time or memory than one that vault_export writes? For whoever opens
 * what others send. */
MUST_CHECK bool vault_import_is_dear(struct rd sealed);

/* ---- moving ---- */

/* All that a vault had, sealed as vault_export does, for whoever takes it. */
struct vault_parcel {
	const struct secret *passphrase;
	int fd; /* at its beginning */
	uint8_t identity[16];
	uint64_t changes, records;
};

/* Takes it for good: success says that it will be there after a power failure. */
typedef NTSTATUS vault_taker(void *to, const struct vault_parcel *parcel);

/* Gives the vault away, while all its writers wait. When `take` has succeeded the vault is emptied and marked in
 * one transaction, its keys are deleted, and every later use of it is VAULT_MOVED; `to_whom` is kept for
 * people. Cut off at any moment, either nothing has changed here or all, but for a key file that opens nothing
 * any more; `take` may have had the same records before. VAULT_MOVED also when it has moved already: a key file
 * that was left is deleted. VAULT_ALTERED, VAULT_DAMAGED: nothing is given away of a vault that is not whole. */
MUST_CHECK NTSTATUS vault_move(struct vault *v, const char *to_whom, vault_taker *take, void *to,
			       uint64_t *records);

/* Taking in, by rules of one's own. */
struct vault_intake {
	const struct secret *passphrase;
	int fd;
	/* Inside the transaction, before the first record; its failure is all that happens. May be NULL. */
	vault_work *begin;
	/* Is it taken in at all? NULL: all are. */
	bool (*is_wanted)(void *with, const struct vault_name *name, struct rd now);
	/* Is the present value replaced by the new one? NULL: it never is. */
	bool (*replaces)(void *with, const struct vault_name *name, struct rd old, struct rd now);
	void *with;
	bool strict; /* an altered record in the way is VAULT_ALTERED instead of staying */
};
MUST_CHECK NTSTATUS vault_take_in(struct vault *v, const struct vault_intake *how,
				  uint64_t *records);

#endif
