/* vault/move.c - giving the whole vault away, and leaving a mark that nobody mistakes for a vault.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Everything happens in one transaction of the vault: whoever takes the records has them before the commit
 * empties it, so that each is at one of the two places at any moment, and for a moment at both. */
#include "base/base.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "vault/slots.h"

#define PASSPHRASE_LEN 32

struct moving {
	struct vault *v;
	const char *to_whom;
	vault_taker *take;
	void *to;
	uint64_t records;
};

static void close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Nothing opens what is sealed under a key that nobody keeps. */
static NTSTATUS lose_keys(struct vault *v)
{
	CLEANUP(secret_free_p) struct secret *data = secret_new(SEAL_KEY_LEN);
	CLEANUP(keys_clear) struct vault_keys lost = { 0 };

	if (!data)
		return fail(STATUS_NO_MEMORY, "a key to lose");
	NTSTATUS status = random_bytes(data->p, data->len);
	if (failed(status))
		return status;
	if (!keys_set(&lost, data, v->epoch + 1, v->keys.identity))
		return fail(STATUS_NO_MEMORY, "a key to lose");
	struct vault_keys old = v->keys;
	v->keys = lost;
	lost = old;
	return STATUS_SUCCESS;
}

static NTSTATUS empty(struct vault *v, const char *to_whom)
{
	const struct slot_content mark = { .kind = VAULT_SLOT_MOVED };

	if (sqlite3_exec(v->db, "DELETE FROM record; DELETE FROM slot", NULL, NULL, NULL) !=
	    SQLITE_OK)
		return vault_fail_sql(v, sqlite3_extended_errcode(v->db), "emptying it");
	NTSTATUS status = slot_insert(v, &mark, to_whom, NULL);
	if (failed(status))
		return status;
	v->state = (struct vault_state){ .changes = v->state.changes + 1 };
	v->changed = v->deleted = true;
	return lose_keys(v);
}

static NTSTATUS give_away(struct moving *m)
{
	CLEANUP(secret_free_p) struct secret *passphrase = secret_new(PASSPHRASE_LEN);
	CLEANUP(close_p) int fd = memfd_create("opensspi-move", MFD_CLOEXEC);
	struct vault_parcel parcel = { .fd = fd, .passphrase = passphrase };
	struct vault *v = m->v;

	if (!passphrase || fd < 0)
		return fail(STATUS_NO_MEMORY, "moving a vault");
	NTSTATUS status = random_bytes(passphrase->p, passphrase->len);
	if (!failed(status))
		status = vault_export(v, passphrase, fd, &parcel.records);
	if (failed(status))
		return status;
	memcpy(parcel.identity, v->keys.identity, VAULT_IDENTITY_LEN);
	parcel.changes = v->state.changes;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return fail(STATUS_IO_DEVICE_ERROR, "moving a vault");
	m->records = parcel.records;
	return m->take(m->to, &parcel);
}

static NTSTATUS move(struct vault *v, void *with)
{
	struct moving *m = with;
	NTSTATUS status = give_away(m);

	return failed(status) ? status : empty(v, m->to_whom);
}

/* The key that opened it, in files and in the kernel. */
static void drop_keys(struct vault *v)
{
	CLEANUP(mem_free_p) char *next = keyfile_next(v);

	keyring_forget(v->keys.identity);
	if (next)
		unlink(next);
	if (unlink(v->key_path) == 0)
		(void)!place_sync_folder(v->key_path);
}

NTSTATUS vault_move(struct vault *v, const char *to_whom, vault_taker *take, void *to,
		    uint64_t *records)
{
	struct moving m = { v, to_whom, take, to, 0 };

	if (records)
		*records = 0;
	HOLD(v);
	if (v->depth)
		return fail(STATUS_INVALID_PARAMETER, "moving inside a transaction");
	NTSTATUS status = vault_transact(v, move, &m);
	/* Of the key that is lost now, or of one for a vault that was not moved: it is found again. */
	keys_clear(&v->keys);
	if (!failed(status) && records)
		*records = m.records;
	if (!failed(status) || status == VAULT_MOVED)
		drop_keys(v);
	return status;
}

NTSTATUS moved_since(struct vault *v, int64_t *since)
{
	struct slot_row row[SLOTS_MAX];
	size_t count;

	*since = 0;
	NTSTATUS status = slots_read(v, row, &count);
	for (size_t i = 0; i < count && !failed(status); i++)
		if (row[i].is.kind == VAULT_SLOT_MOVED)
			*since = row[i].is.created;
	return status;
}

NTSTATUS moved_fail(struct vault *v, int64_t since)
{
	time_t seconds = (time_t)((since - clock_from_unix(0)) / 10000000);
	char day[16] = "";
	struct tm when;

	if (gmtime_r(&seconds, &when))
		strftime(day, sizeof(day), "%Y-%m-%d", &when);
	return vault_fail(v, VAULT_MOVED, "%s: its credentials were moved to lsad on %s", v->path,
			  day);
}
