/* credman/movein.c - see credman/credman.h: a whole vault that comes from elsewhere.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A record of the vault that came, under its identity, tells a second attempt from a second vault: the
 * first may have been cut off before it had its answer. It goes once the other side is done: what comes
 * later under that identity was put back from a copy, and is wanted. */
#include "base/base.h"

#include "credman/rules.h"
#include "credman/set.h"

#define IDENTITY_MAX 16

struct taking {
	const struct credman_moving *from;
	bool again, same;
};

struct moved_name {
	WCHAR hex[2 * IDENTITY_MAX];
	struct vault_name is;
};

static NTSTATUS name_moved(struct rd identity, struct moved_name *out)
{
	if (!identity.n || identity.n > IDENTITY_MAX)
		return fail(STATUS_INVALID_PARAMETER, "a vault without an identity");
	for (size_t i = 0; i < 2 * identity.n; i++)
		out->hex[i] = (WCHAR) "0123456789ABCDEF"[identity.p[i / 2] >> (i % 2 ? 0 : 4) & 15];
	out->is = (struct vault_name){ .set = SET_MOVED, .target = { out->hex, 2 * identity.n } };
	return STATUS_SUCCESS;
}

static bool any(void *to, const struct vault_record *record)
{
	*(bool *)to = true;
	return false;
}

static NTSTATUS check_vacant(struct vault *v, const struct taking *t)
{
	bool found = false;

	if (t->again || t->from->merge)
		return STATUS_SUCCESS;
	NTSTATUS status = vault_each(v, SET_CREDENTIALS, any, &found);
	if (failed(status))
		return status;
	return found ? fail(STATUS_OBJECT_NAME_COLLISION, "moving to where credentials are")
		     : STATUS_SUCCESS;
}

/* Who came, and in which state: what came in the same state has been here since, or was deleted here. */
static NTSTATUS begin(struct vault *v, void *with)
{
	CLEANUP(secret_free_p) struct secret *before = NULL;
	CLEANUP(wr_done) struct wr now = WR(8);
	struct taking *t = with;
	struct moved_name name;
	uint64_t changes;

	NTSTATUS status = name_moved(t->from->identity, &name);
	if (!failed(status))
		status = vault_get(v, &name.is, &before);
	if (failed(status) && status != VAULT_NOT_FOUND)
		return status;
	if (before) {
		struct rd r = rd_of(before->p, before->len);
		t->again = true;
		t->same = rd_u64le(&r, &changes) && changes == t->from->changes;
	}
	status = check_vacant(v, t);
	wr_u64le(&now, t->from->changes);
	if (failed(status) || t->same)
		return status;
	return wr_ok(&now) ? vault_put(v, &name.is, wr_view(&now))
			   : fail(STATUS_NO_MEMORY, "noting a vault that moves");
}

static bool is_later(void *with, const struct vault_name *name, struct rd old, struct rd now)
{
	struct credential_view a, b;

	return name->set == SET_CREDENTIALS && credential_read(old, &a) &&
	       credential_read(now, &b) && b.last_written > a.last_written;
}

static bool is_wanted(void *with, const struct vault_name *name, struct rd now)
{
	return !((const struct taking *)with)->same;
}

NTSTATUS credman_move_in(struct credman *m, const struct credman_moving *from, uint64_t *records)
{
	struct taking t = { .from = from };
	struct vault *vault;

	NTSTATUS status = set_vault(m, SHELF_LASTING, true, &vault);
	if (failed(status))
		return status;
	return vault_take_in(vault,
			     &(struct vault_intake){ .passphrase = from->passphrase,
						     .fd = from->fd,
						     .begin = begin,
						     .is_wanted = is_wanted,
						     .replaces = is_later,
						     .with = &t,
						     .strict = true },
			     records);
}

NTSTATUS credman_moved(struct credman *m, struct rd identity)
{
	struct moved_name name;
	struct vault *vault;

	NTSTATUS status = name_moved(identity, &name);
	if (!failed(status))
		status = set_vault(m, SHELF_LASTING, false, &vault);
	if (!failed(status))
		status = vault_delete(vault, &name.is);
	return status == VAULT_ABSENT || status == VAULT_NOT_FOUND ? STATUS_SUCCESS : status;
}
