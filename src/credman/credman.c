/* credman/credman.c - see credman/credman.h: the set, its two vaults, and reading from them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A credential is in one of the two vaults. Where a change of persistence was cut off it is in both: the
 * one that was written last counts. */
#include "base/base.h"

#include <errno.h>
#include <unistd.h>

#include "base/forks.h"
#include "credman/rules.h"
#include "credman/set.h"

/* ---- credentials in memory ---- */

struct credential *credential_unref(struct credential *c)
{
	if (c)
		secret_free(c->bytes);
	mem_free(c);
	return NULL;
}

NTSTATUS credential_own(struct secret *bytes, struct credential **out)
{
	struct credential *c = MEM_NEW(struct credential);

	if (!c) {
		secret_free(bytes);
		return fail(STATUS_NO_MEMORY, "reading a credential");
	}
	c->bytes = bytes;
	if (!credential_read(rd_of(bytes->p, bytes->len), &c->view)) {
		credential_unref(c);
		return fail(VAULT_ALTERED, "reading a credential");
	}
	*out = c;
	return STATUS_SUCCESS;
}

void credential_list_done(struct credential_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		credential_unref(l->item[i]);
	mem_free(l->item);
	*l = (struct credential_list){ 0 };
}

NTSTATUS credential_list_add(struct credential_list *l, struct credential *c)
{
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		struct credential **item = mem_array(room, sizeof(*item));
		if (!item) {
			credential_unref(c);
			return fail(STATUS_NO_MEMORY, "listing credentials");
		}
		if (l->count)
			memcpy(item, l->item, l->count * sizeof(*item));
		mem_free(l->item);
		l->item = item;
		l->room = room;
	}
	l->item[l->count++] = c;
	return STATUS_SUCCESS;
}

void credman_hide(struct credential *c)
{
	if (!credential_is_write_only(c->view.type))
		return;
	mem_wipe((void *)(uintptr_t)c->view.blob.p, c->view.blob.n);
	c->view.blob = rd_of(NULL, 0);
}

/* ---- the set and its vaults ---- */

static void hold(void *object)
{
	pthread_mutex_lock(&((struct credman *)object)->lock);
}

static void release(void *object)
{
	pthread_mutex_unlock(&((struct credman *)object)->lock);
}

static void renew(void *object)
{
	struct credman *m = object;

	pthread_mutex_unlock(&m->lock);
	pthread_mutex_init(&m->writing, NULL);
}

static const struct fork_lock guarded = { hold, release, renew };

NTSTATUS credman_new(const struct credman_places *places, struct credman **out)
{
	struct credman *m = MEM_NEW(struct credman);

	if (!m)
		return fail(STATUS_NO_MEMORY, "opening the credential set");
	pthread_mutex_init(&m->lock, NULL);
	pthread_mutex_init(&m->writing, NULL);
	if (!forks_guard(&guarded, m)) {
		mem_free(m);
		return fail(STATUS_NO_MEMORY, "opening the credential set");
	}
	atomic_init(&m->refs, 1);
	m->lasting = true;
	targets_init(&m->targets);
	const char *paths[SHELVES][2] = { { places->vault, places->vault_key },
					  { places->session, places->session_key } };
	for (int i = 0; i < SHELVES; i++) {
		m->shelf[i].path = paths[i][0] ? mem_dup_text(paths[i][0]) : NULL;
		m->shelf[i].key = paths[i][1] ? mem_dup_text(paths[i][1]) : NULL;
		if ((paths[i][0] && !m->shelf[i].path) || (paths[i][1] && !m->shelf[i].key)) {
			credman_free(m);
			return fail(STATUS_NO_MEMORY, "opening the credential set");
		}
	}
	*out = m;
	return STATUS_SUCCESS;
}

NTSTATUS credman_new_session(struct credman *base, bool lasting, struct credman **out)
{
	NTSTATUS status = credman_new(&(struct credman_places){ .vault = NULL }, out);

	if (failed(status))
		return status;
	(*out)->base = base ? credman_ref(base) : NULL;
	(*out)->lasting = lasting;
	return STATUS_SUCCESS;
}

struct credman *credman_ref(struct credman *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void credman_free(struct credman *m)
{
	if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	if (m->base && m->shelf[SHELF_SESSION].vault)
		atomic_fetch_sub(&m->base->shelves, 1);
	credman_free(m->base);
	for (int i = 0; i < SHELVES; i++) {
		vault_close(m->shelf[i].vault);
		mem_free(m->shelf[i].path);
		mem_free(m->shelf[i].key);
	}
	targets_done(&m->targets);
	forks_forget(m);
	pthread_mutex_destroy(&m->lock);
	pthread_mutex_destroy(&m->writing);
	mem_free(m);
}

/* Two threads may both open it: the second one's is closed again. */
static struct vault *keep_vault(struct credman *m, enum shelf shelf, struct vault *opened)
{
	pthread_mutex_lock(&m->lock);
	struct vault *kept = m->shelf[shelf].vault;
	if (!kept) {
		kept = opened;
		m->shelf[shelf].vault = opened;
	}
	pthread_mutex_unlock(&m->lock);
	if (kept != opened)
		vault_close(opened);
	return kept;
}

/* One more in memory of all the sessions of a base. */
static NTSTATUS take_shelf(struct credman *m, bool in_memory)
{
	if (!m->base || !in_memory)
		return STATUS_SUCCESS;
	if (atomic_fetch_add(&m->base->shelves, 1) < CREDMAN_SHELVES)
		return STATUS_SUCCESS;
	atomic_fetch_sub(&m->base->shelves, 1);
	return fail(STATUS_QUOTA_EXCEEDED, "a session's vault too many");
}

static void give_shelf(struct credman *m, bool in_memory)
{
	if (m->base && in_memory)
		atomic_fetch_sub(&m->base->shelves, 1);
}

/* What lasts is the base's, or is nowhere. */
static NTSTATUS lasting_vault(struct credman *m, bool create, struct vault **out)
{
	if (m->lasting)
		return set_vault(m->base, SHELF_LASTING, create, out);
	return create ? fail(STATUS_NO_SUCH_LOGON_SESSION, "a session in which nothing lasts")
		      : VAULT_ABSENT;
}

static NTSTATUS open_shelf(struct credman *m, enum shelf shelf, uint32_t flags, struct vault **out)
{
	bool in_memory = (flags & VAULT_IN_MEMORY) != 0;
	struct set_shelf *p = &m->shelf[shelf];
	struct vault_fault fault = { 0 };
	struct vault *opened = NULL;

	NTSTATUS status = take_shelf(m, in_memory);
	if (failed(status))
		return status;
	status = vault_open(
		&(struct vault_options){
			.path = p->path, .key_file = p->key, .flags = flags, .fault = &fault },
		&opened);
	pthread_mutex_lock(&m->lock);
	m->fault = fault;
	pthread_mutex_unlock(&m->lock);
	if (!failed(status))
		*out = keep_vault(m, shelf, opened);
	if (failed(status) || *out != opened)
		give_shelf(m, in_memory);
	return status;
}

NTSTATUS set_vault(struct credman *m, enum shelf shelf, bool create, struct vault **out)
{
	if (shelf == SHELF_LASTING && (m->base || !m->lasting))
		return lasting_vault(m, create, out);
	struct set_shelf *p = &m->shelf[shelf];
	bool in_memory = shelf == SHELF_SESSION && !p->path;

	*out = p->vault;
	if (*out && create)
		vault_may_make(*out);
	if (*out)
		return STATUS_SUCCESS;
	/* Most sessions have none: that must cost little. */
	if (!create && (in_memory || (p->path && access(p->path, F_OK) != 0 && errno == ENOENT)))
		return VAULT_ABSENT;
	return open_shelf(m, shelf,
			  (create ? VAULT_CREATE : 0u) | (in_memory ? VAULT_IN_MEMORY : 0u), out);
}

struct target_cache *credman_targets(struct credman *m)
{
	return &m->targets;
}

NTSTATUS credman_vault(struct credman *m, bool create, struct vault **out)
{
	return set_vault(m, SHELF_LASTING, create, out);
}

void credman_last_fault(struct credman *m, struct vault_fault *out)
{
	m = set_base(m);
	pthread_mutex_lock(&m->lock);
	*out = m->fault;
	pthread_mutex_unlock(&m->lock);
	for (int i = 0; i < SHELVES && !failed(out->status); i++) {
		struct vault *vault = m->shelf[i].vault;
		if (vault)
			vault_last_fault(vault, out);
	}
}

/* ---- names ---- */

NTSTATUS set_name_of(const struct credential_view *c, struct set_name *out)
{
	*out = (struct set_name){
		.is = { .set = SET_CREDENTIALS, .type = c->type, .target = c->target }
	};
	if (c->type != CRED_TYPE_DOMAIN_EXTENDED)
		return STATUS_SUCCESS;
	size_t n = c->target.n + 1 + c->user.n;
	WCHAR *text = mem_array(n + 1, sizeof(*text));
	if (!text)
		return fail(STATUS_NO_MEMORY, "naming a credential");
	memcpy(text, c->target.p, c->target.n * sizeof(WCHAR));
	text[c->target.n] = CRED_DOMAIN_EXTENDED_USERNAME_SEPARATOR_A;
	if (c->user.n)
		memcpy(text + c->target.n + 1, c->user.p, c->user.n * sizeof(WCHAR));
	out->text = text;
	out->is.target = (struct utf16){ text, n };
	return STATUS_SUCCESS;
}

void set_name_done(struct set_name *n)
{
	mem_free(TAKE(n->text));
}

/* ---- reading ---- */

static NTSTATUS read_from(struct credman *m, enum shelf shelf, const struct vault_name *name,
			  struct credential **out)
{
	struct secret *bytes = NULL;
	struct vault *vault;

	NTSTATUS status = set_vault(m, shelf, false, &vault);
	if (status == VAULT_ABSENT)
		return VAULT_NOT_FOUND;
	if (!failed(status))
		status = vault_get(vault, name, &bytes);
	if (status == VAULT_ABSENT) /* its file is gone, as with the session's folder */
		return VAULT_NOT_FOUND;
	return failed(status) ? status : credential_own(bytes, out);
}

bool set_is_marked(struct credman *m, const struct vault_name *of)
{
	struct vault_name name = *of;
	struct secret *bytes = NULL;
	struct vault *vault;

	name.set = SET_WRITTEN;
	if (failed(set_vault(m, SHELF_SESSION, false, &vault)) ||
	    failed(vault_get(vault, &name, &bytes)))
		return false;
	secret_free(bytes);
	return true;
}

void set_flags_on_reading(struct credman *m, enum shelf from, struct credential_view *c)
{
	bool lacks =
		(c->type == CRED_TYPE_DOMAIN_PASSWORD || c->type == CRED_TYPE_DOMAIN_CERTIFICATE) &&
		!c->blob.p;
	struct vault_name name = { .type = c->type, .target = c->target };

	c->flags &= ~(uint32_t)CRED_FLAGS_PROMPT_NOW;
	if (lacks && from == SHELF_LASTING && !set_is_marked(m, &name))
		c->flags |= CRED_FLAGS_PROMPT_NOW;
}

bool set_is_unreadable(NTSTATUS status)
{
	return status == VAULT_DAMAGED || status == VAULT_NEWER || status == VAULT_LOCKED ||
	       status == VAULT_NOT_OURS || status == VAULT_MOVED ||
	       status == STATUS_IO_DEVICE_ERROR;
}

/* What the session has; none of an unreadable vault, which is said if nothing else is found. */
static NTSTATUS read_session(struct credman *m, const struct vault_name *name,
			     struct credential **out, NTSTATUS *unreadable)
{
	NTSTATUS status = read_from(m, SHELF_SESSION, name, out);

	*unreadable = set_is_unreadable(status) ? status : STATUS_SUCCESS;
	return status == VAULT_NOT_FOUND || failed(*unreadable) ? STATUS_SUCCESS : status;
}

/* The lasting one counts only when the session has none, or an older one: of a change cut off. */
NTSTATUS set_read(struct credman *m, const struct vault_name *name, enum shelf *where,
		  struct credential **out)
{
	struct credential *lasting = NULL;
	NTSTATUS unreadable;

	*out = NULL;
	*where = SHELF_SESSION;
	NTSTATUS status = read_session(m, name, out, &unreadable);
	if (failed(status))
		return status;
	NTSTATUS there = read_from(m, SHELF_LASTING, name, &lasting);
	if (there == VAULT_NOT_FOUND && !*out) {
		/* Neither: it may have gone from there to here in between. */
		status = read_session(m, name, out, &unreadable);
		if (failed(status))
			return status;
	}
	if (there == VAULT_NOT_FOUND && failed(unreadable))
		there = unreadable;
	bool newer = !failed(there) &&
		     (!*out || lasting->view.last_written > (*out)->view.last_written);
	if (newer || !*out) {
		credential_unref(*out);
		*where = SHELF_LASTING;
		*out = lasting;
		status = there;
	} else {
		credential_unref(lasting);
	}
	if (!failed(status))
		set_flags_on_reading(m, *where, &(*out)->view);
	return status;
}

NTSTATUS set_check_lookup(struct utf16 target, uint32_t type)
{
	struct universal_name name;

	if (!credential_type_is_known(type) || !target.n ||
	    target.n > CRED_MAX_GENERIC_TARGET_NAME_LENGTH)
		return fail(STATUS_INVALID_PARAMETER, "looking for a credential");
	if (type == CRED_TYPE_DOMAIN_EXTENDED && !name_split(target, &name))
		return fail(STATUS_INVALID_PARAMETER, "looking for one of no namespace");
	return STATUS_SUCCESS;
}

NTSTATUS set_read_called(struct credman *m, struct utf16 target, uint32_t type, enum shelf *where,
			 struct credential **out)
{
	struct vault_name name = { .set = SET_CREDENTIALS, .type = type, .target = target };

	NTSTATUS status = set_read(m, &name, where, out);
	if (status != VAULT_NOT_FOUND)
		return status;
	if (type == CRED_TYPE_DOMAIN_EXTENDED)
		return set_first_extended(m, target, where, out);
	/* A generic credential may really be called like a universal name: that came first. */
	name.target = name_stored(target, type);
	if (name.target.p == target.p)
		return status;
	status = set_read(m, &name, where, out);
	if (failed(status) || name_is_universal_of(&(*out)->view, target))
		return status;
	credential_unref(TAKE(*out));
	return VAULT_NOT_FOUND;
}

NTSTATUS credman_read(struct credman *m, struct utf16 target, uint32_t type,
		      struct credential **out)
{
	enum shelf where;

	*out = NULL;
	NTSTATUS status = set_check_lookup(target, type);
	return failed(status) ? status : set_read_called(m, target, type, &where, out);
}
