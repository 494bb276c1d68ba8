/* credman/write.c - see credman/credman.h: writing, deleting and renaming.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is looked at and what is written are one transaction of the vault that it is written to. A
 * credential that changes its persistence is in the new vault before it leaves the old one, so what is
 * cut off between leaves two, of which the newer counts, never none. */
#include "base/base.h"

#include "base/clock.h"
#include "base/trace.h"
#include "credman/rules.h"
#include "credman/set.h"

static void unlock_writing(struct credman **m)
{
	pthread_mutex_unlock(&(*m)->writing);
}
#define WRITING(m)                                                                                 \
	CLEANUP(unlock_writing) UNUSED struct credman *writing_ = set_base(m);                     \
	pthread_mutex_lock(&writing_->writing)

static enum shelf shelf_of(uint32_t persist)
{
	return persist == CRED_PERSIST_SESSION ? SHELF_SESSION : SHELF_LASTING;
}

static enum shelf other_than(enum shelf shelf)
{
	return shelf == SHELF_SESSION ? SHELF_LASTING : SHELF_SESSION;
}

/* ---- one shelf ---- */

static NTSTATUS put(struct vault *v, const struct vault_name *name, const struct credential_view *c)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);

	credential_write(&w, c);
	if (!wr_ok(&w))
		return fail(STATUS_NO_MEMORY, "writing a credential");
	return vault_put(v, name, wr_view(&w));
}

static bool has(struct credman *m, enum shelf shelf, const struct vault_name *name)
{
	struct secret *bytes = NULL;
	struct vault *vault;

	if (failed(set_vault(m, shelf, false, &vault)))
		return false;
	NTSTATUS status = vault_get(vault, name, &bytes);
	secret_free(bytes);
	return status != VAULT_NOT_FOUND && status != VAULT_ABSENT;
}

static NTSTATUS drop(struct credman *m, enum shelf shelf, const struct vault_name *name)
{
	struct vault *vault;
	NTSTATUS status = set_vault(m, shelf, false, &vault);

	if (!failed(status))
		status = vault_delete(vault, name);
	return status == VAULT_ABSENT ? VAULT_NOT_FOUND : status;
}

/* Notes that a credential without a secret was written in this session. That it could not be noted
 * costs one question to the user. */
static void mark(struct credman *m, const struct vault_name *of, const struct credential_view *c)
{
	struct vault_name name = *of;
	struct vault *vault;

	name.set = SET_WRITTEN;
	if (c->persist == CRED_PERSIST_SESSION || !credential_is_domain(c->type) ||
	    set_is_marked(m, of))
		return;
	if (failed(set_vault(m, SHELF_SESSION, true, &vault)) ||
	    failed(vault_put(vault, &name, rd_of(NULL, 0))))
		trace_line("credentials: a mark of the session could not be written");
}

static void unmark(struct credman *m, const struct vault_name *of)
{
	struct vault_name name = *of;

	name.set = SET_WRITTEN;
	if (has(m, SHELF_SESSION, &name))
		(void)!drop(m, SHELF_SESSION, &name);
}

/* ---- writing ---- */

struct writing {
	struct credman *m;
	struct credential_view *c;
	const struct vault_name *name;
	bool preserve;
	bool bare; /* it keeps no secret */
};

/* What is kept of a credential: the time, and no PIN of a certificate. */
static NTSTATUS prepare(struct credential_view *c, const struct credential *old, bool preserve)
{
	NTSTATUS status = old ? credential_check_change(&old->view, c) : STATUS_SUCCESS;

	if (failed(status))
		return status;
	if (preserve && !old)
		return fail(STATUS_NOT_FOUND, "keeping the secret of a credential");
	if (preserve)
		c->blob = old->view.blob;
	if (c->type == CRED_TYPE_DOMAIN_CERTIFICATE || !c->blob.n)
		c->blob = rd_of(NULL, 0);
	c->flags &= ~(uint32_t)CRED_FLAGS_PROMPT_NOW;
	c->last_written = (uint64_t)clock_now();
	if (old && c->last_written <= old->view.last_written)
		c->last_written = old->view.last_written + 1; /* a clock that was set back */
	return STATUS_SUCCESS;
}

static NTSTATUS write_inside(struct vault *v, void *with)
{
	struct writing *w = with;
	struct credential *old = NULL;
	enum shelf was;
	NTSTATUS status = set_read(w->m, w->name, &was, &old);

	/* An altered one may be replaced: that is how it is mended. */
	if (status == VAULT_NOT_FOUND || status == VAULT_ALTERED)
		status = STATUS_SUCCESS;
	if (!failed(status))
		status = prepare(w->c, old, w->preserve);
	if (!failed(status))
		status = put(v, w->name, w->c);
	w->bare = !w->c->blob.p;
	w->c->blob = rd_of(NULL, 0); /* may be the old one's */
	credential_unref(old);
	return status;
}

/* Takes it from where it no longer belongs. When it cannot leave what lasts, it would be back after the
 * session: then nothing has changed. */
static NTSTATUS leave(struct credman *m, enum shelf now, const struct vault_name *name)
{
	enum shelf was = other_than(now);

	if (!has(m, was, name))
		return STATUS_SUCCESS;
	NTSTATUS status = drop(m, was, name);
	if (!failed(status) || status == VAULT_NOT_FOUND || was == SHELF_SESSION)
		return STATUS_SUCCESS;
	(void)!drop(m, now, name);
	return status;
}

NTSTATUS credman_write(struct credman *m, const struct credential_view *given, bool preserve)
{
	struct credential_view c = *given;
	enum shelf now = shelf_of(c.persist);
	CLEANUP(set_name_done) struct set_name name = { 0 };
	struct vault *vault;

	if (preserve && c.blob.n)
		return fail(STATUS_INVALID_PARAMETER, "keeping a secret and bringing one");
	NTSTATUS status = credential_check(&c);
	if (!failed(status))
		status = set_name_of(&c, &name);
	if (failed(status))
		return status;
	WRITING(m);
	status = set_vault(m, now, true, &vault);
	if (failed(status))
		return status;
	struct writing w = { m, &c, &name.is, preserve, false };
	status = vault_transact(vault, write_inside, &w);
	if (failed(status))
		return status;
	status = leave(m, now, &name.is);
	if (!failed(status) && w.bare)
		mark(m, &name.is, &c);
	return status;
}

/* ---- deleting ---- */

static NTSTATUS delete_inside(struct vault *v, void *with)
{
	const struct vault_name *name = with;
	NTSTATUS status = vault_delete(v, name);

	return failed(status) ? status : default_follow(v, name, NULL);
}

static NTSTATUS delete_lasting(struct credman *m, const struct vault_name *name,
			       bool session_had_it)
{
	struct vault *vault;
	NTSTATUS status = set_vault(m, SHELF_LASTING, false, &vault);

	if (!failed(status))
		status = vault_transact(vault, delete_inside, (void *)(uintptr_t)name);
	if (status == VAULT_ABSENT)
		return VAULT_NOT_FOUND;
	if (status != VAULT_NOT_FOUND || !session_had_it)
		return status;
	NTSTATUS marked = default_follow(vault, name, NULL);
	return failed(marked) ? marked : VAULT_NOT_FOUND;
}

static NTSTATUS delete_named(struct credman *m, const struct vault_name *name)
{
	NTSTATUS session = drop(m, SHELF_SESSION, name);
	NTSTATUS lasting = delete_lasting(m, name, !failed(session));

	unmark(m, name);
	if (failed(session) && session != VAULT_NOT_FOUND)
		return session;
	return lasting == VAULT_NOT_FOUND ? session : lasting;
}

/* One that cannot be opened is deleted all the same, by the name it is asked for. */
NTSTATUS credman_delete(struct credman *m, struct utf16 target, uint32_t type)
{
	struct vault_name name = { .set = SET_CREDENTIALS, .type = type, .target = target };
	CLEANUP(set_name_done) struct set_name found = { 0 };
	struct credential *c = NULL;
	enum shelf where;
	NTSTATUS status = set_check_lookup(target, type);

	if (failed(status))
		return status;
	WRITING(m);
	status = delete_named(m, &name);
	if (status != VAULT_NOT_FOUND || type == CRED_TYPE_DOMAIN_EXTENDED)
		return status;
	status = set_read_called(m, target, type, &where, &c);
	if (!failed(status))
		status = set_name_of(&c->view, &found);
	if (!failed(status))
		status = delete_named(m, &found.is);
	credential_unref(c);
	return status;
}

/* ---- renaming ---- */

struct renaming {
	struct credman *m;
	struct credential_view *c; /* under its new name */
	const struct vault_name *before, *after;
	bool same; /* but for case */
	bool is_lasting;
};

static NTSTATUS rename_inside(struct vault *v, void *with)
{
	struct renaming *r = with;
	struct credential *other = NULL;
	enum shelf where;
	NTSTATUS status = STATUS_SUCCESS;

	if (!r->same) {
		status = set_read(r->m, r->after, &where, &other);
		credential_unref(other);
		if (status == VAULT_NOT_FOUND)
			status = STATUS_SUCCESS;
		else if (!failed(status) || status == VAULT_ALTERED)
			status = fail(STATUS_OBJECT_NAME_COLLISION, "renaming a credential");
	}
	/* Gone since it was read: somebody else was faster. */
	if (!failed(status) && !r->same)
		status = vault_delete(v, r->before);
	if (!failed(status))
		status = put(v, r->after, r->c);
	if (!failed(status) && r->is_lasting)
		status = default_follow(v, r->before, r->after);
	return status;
}

static NTSTATUS rename_read(struct credman *m, const struct credential *old, struct utf16 to,
			    enum shelf where)
{
	struct credential_view c = old->view;
	CLEANUP(set_name_done) struct set_name before = { 0 };
	CLEANUP(set_name_done) struct set_name after = { 0 };
	struct vault *vault;

	c.target = name_stored(to, c.type);
	c.flags &= ~(uint32_t)CRED_FLAGS_PROMPT_NOW;
	NTSTATUS status = credential_check(&c);
	if (!failed(status))
		status = set_name_of(&old->view, &before);
	if (!failed(status))
		status = set_name_of(&c, &after);
	if (!failed(status))
		status = set_vault(m, where, false, &vault);
	if (failed(status))
		return status;
	struct renaming r = { m,
			      &c,
			      &before.is,
			      &after.is,
			      utf16_equal_nocase(before.is.target.p, before.is.target.n,
						 after.is.target.p, after.is.target.n),
			      where == SHELF_LASTING };
	bool marked = set_is_marked(m, r.before);
	status = vault_transact(vault, rename_inside, &r);
	/* What a change of persistence that was cut off has left would be back under the old name. */
	if (!failed(status) && !r.same && has(m, other_than(where), r.before))
		(void)!drop(m, other_than(where), r.before);
	if (!failed(status) && where == SHELF_SESSION &&
	    !failed(set_vault(m, SHELF_LASTING, false, &vault)))
		status = default_follow(vault, r.before, r.after);
	if (!failed(status) && marked && !r.same) {
		mark(m, r.after, &c);
		unmark(m, r.before);
	}
	return status;
}

NTSTATUS credman_rename(struct credman *m, struct utf16 from, struct utf16 to, uint32_t type)
{
	struct credential *old = NULL;
	enum shelf where;

	NTSTATUS status = set_check_lookup(from, type);
	if (!failed(status))
		status = set_check_lookup(to, type);
	if (failed(status))
		return status;
	WRITING(m);
	status = set_read_called(m, from, type, &where, &old);
	if (!failed(status))
		status = rename_read(m, old, to, where);
	credential_unref(old);
	return status;
}
