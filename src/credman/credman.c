/* credman/credman.c - see credman/credman.h: writing, reading, deleting, renaming.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A credential is in one of the two vaults. One that changes its persistence is written in the new place
 * before it leaves the old one, so a crash between leaves two alike, never none. */
#include "base/base.h"

#include "base/clock.h"
#include "credman/rules.h"
#include "credman/set.h"

#define THE_SET 0 /* one set a vault, today */

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

NTSTATUS credman_new(const struct credman_places *places, struct credman **out)
{
	struct credman *m = MEM_NEW(struct credman);

	if (!m)
		return fail(STATUS_NO_MEMORY, "opening the credential set");
	pthread_mutex_init(&m->lock, NULL);
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

void credman_free(struct credman *m)
{
	if (!m)
		return;
	for (int i = 0; i < SHELVES; i++) {
		vault_close(m->shelf[i].vault);
		mem_free(m->shelf[i].path);
		mem_free(m->shelf[i].key);
	}
	pthread_mutex_destroy(&m->lock);
	mem_free(m);
}

NTSTATUS set_vault(struct credman *m, enum shelf shelf, bool create, struct vault **out)
{
	struct set_shelf *p = &m->shelf[shelf];
	struct vault_options options = { .path = p->path,
					 .key_file = p->key,
					 .flags = create ? VAULT_CREATE : 0 };
	NTSTATUS status = STATUS_SUCCESS;

	pthread_mutex_lock(&m->lock);
	if (!p->vault && (shelf == SHELF_LASTING || p->path))
		status = vault_open(&options, &p->vault);
	else if (!p->vault)
		status = VAULT_ABSENT; /* no runtime folder: nothing ends with the session */
	*out = p->vault;
	pthread_mutex_unlock(&m->lock);
	return status;
}

/* ---- names ---- */

/* Extended credentials of one target differ by user: both are the key. */
static WCHAR *key_of(const struct credential_view *c, struct utf16 *key)
{
	*key = c->target;
	if (c->type != CRED_TYPE_DOMAIN_EXTENDED)
		return NULL;
	size_t n = c->target.n + 1 + c->user.n;
	WCHAR *text = mem_array(n + 1, sizeof(*text));
	if (!text)
		return NULL;
	memcpy(text, c->target.p, c->target.n * sizeof(WCHAR));
	text[c->target.n] = CRED_DOMAIN_EXTENDED_USERNAME_SEPARATOR_A;
	if (c->user.n)
		memcpy(text + c->target.n + 1, c->user.p, c->user.n * sizeof(WCHAR));
	*key = (struct utf16){ text, n };
	return text;
}

static struct vault_name vault_name_of(struct utf16 key, uint32_t type)
{
	return (struct vault_name){ .set = THE_SET, .type = type, .target = key };
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
	return failed(status) ? status : credential_own(bytes, out);
}

/* The session's credential stands before the lasting one of the same name. */
static NTSTATUS read_key(struct credman *m, struct utf16 key, uint32_t type, enum shelf *where,
			 struct credential **out)
{
	struct vault_name name = vault_name_of(key, type);

	*where = SHELF_SESSION;
	NTSTATUS status = read_from(m, SHELF_SESSION, &name, out);
	if (status != VAULT_NOT_FOUND)
		return status;
	*where = SHELF_LASTING;
	return read_from(m, SHELF_LASTING, &name, out);
}

static NTSTATUS check_lookup(struct utf16 target, uint32_t type)
{
	if (!credential_type_is_known(type) || !target.n ||
	    target.n > CRED_MAX_GENERIC_TARGET_NAME_LENGTH)
		return fail(STATUS_INVALID_PARAMETER, "looking for a credential");
	return STATUS_SUCCESS;
}

NTSTATUS credman_read(struct credman *m, struct utf16 target, uint32_t type,
		      struct credential **out)
{
	enum shelf where;

	*out = NULL;
	NTSTATUS status = check_lookup(target, type);
	if (failed(status))
		return status;
	/* A generic credential may really be called like a universal name. */
	status = read_key(m, target, type, &where, out);
	struct utf16 stored = name_stored(target, type);
	if (status == VAULT_NOT_FOUND && stored.p != target.p)
		status = read_key(m, stored, type, &where, out);
	return status;
}

/* ---- writing ---- */

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
	if (c->type == CRED_TYPE_DOMAIN_CERTIFICATE)
		c->blob = rd_of(NULL, 0);
	c->flags &= ~(uint32_t)CRED_FLAGS_PROMPT_NOW;
	c->last_written = (uint64_t)clock_now();
	return STATUS_SUCCESS;
}

static NTSTATUS put(struct credman *m, enum shelf shelf, const struct vault_name *name,
		    const struct credential_view *c)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	struct vault *vault;

	credential_write(&w, c);
	if (!wr_ok(&w))
		return fail(STATUS_NO_MEMORY, "writing a credential");
	NTSTATUS status = set_vault(m, shelf, true, &vault);
	return failed(status) ? status : vault_put(vault, name, wr_view(&w));
}

static NTSTATUS drop(struct credman *m, enum shelf shelf, const struct vault_name *name)
{
	struct vault *vault;
	NTSTATUS status = set_vault(m, shelf, false, &vault);

	if (status == VAULT_ABSENT)
		return VAULT_NOT_FOUND;
	return failed(status) ? status : vault_delete(vault, name);
}

NTSTATUS credman_write(struct credman *m, const struct credential_view *given, bool preserve)
{
	struct credential_view c = *given;
	struct credential *old = NULL;
	enum shelf was, now = c.persist == CRED_PERSIST_SESSION ? SHELF_SESSION : SHELF_LASTING;
	struct utf16 key;

	if (preserve && c.blob.n)
		return fail(STATUS_INVALID_PARAMETER, "keeping a secret and bringing one");
	NTSTATUS status = credential_check(&c);
	if (failed(status))
		return status;
	CLEANUP(mem_free_p) WCHAR *text = key_of(&c, &key);
	if (c.type == CRED_TYPE_DOMAIN_EXTENDED && !text)
		return fail(STATUS_NO_MEMORY, "naming a credential");
	struct vault_name name = vault_name_of(key, c.type);
	status = read_key(m, key, c.type, &was, &old);
	/* An altered one may be replaced: that is how it is mended. */
	if (status == VAULT_NOT_FOUND || status == VAULT_ALTERED)
		status = STATUS_SUCCESS;
	if (!failed(status))
		status = prepare(&c, old, preserve);
	if (!failed(status))
		status = put(m, now, &name, &c);
	if (!failed(status) && old && was != now)
		status = drop(m, was, &name);
	credential_unref(old);
	return status;
}

/* ---- deleting and renaming ---- */

static NTSTATUS delete_key(struct credman *m, struct utf16 key, uint32_t type)
{
	struct vault_name name = vault_name_of(key, type);
	NTSTATUS session = drop(m, SHELF_SESSION, &name), lasting = drop(m, SHELF_LASTING, &name);

	if (failed(session) && session != VAULT_NOT_FOUND)
		return session;
	return lasting == VAULT_NOT_FOUND ? session : lasting;
}

NTSTATUS credman_delete(struct credman *m, struct utf16 target, uint32_t type)
{
	NTSTATUS status = check_lookup(target, type);

	if (!failed(status))
		status = delete_key(m, target, type);
	struct utf16 stored = name_stored(target, type);
	if (status == VAULT_NOT_FOUND && stored.p != target.p)
		status = delete_key(m, stored, type);
	return status;
}

NTSTATUS credman_rename(struct credman *m, struct utf16 from, struct utf16 to, uint32_t type)
{
	struct credential *old = NULL, *taken = NULL;
	enum shelf was, other;

	NTSTATUS status = check_lookup(to, type);
	if (failed(status))
		return status;
	status = credman_read(m, from, type, &old);
	if (failed(status))
		return status;
	struct credential_view c = old->view;
	struct vault_name before = vault_name_of(old->view.target, type);
	c.target = name_stored(to, type);
	struct vault_name after = vault_name_of(c.target, type);
	bool same = utf16_equal_nocase(before.target.p, before.target.n, c.target.p, c.target.n);
	was = c.persist == CRED_PERSIST_SESSION ? SHELF_SESSION : SHELF_LASTING;
	status = credential_check(&c);
	if (!failed(status) && !same)
		status = read_key(m, c.target, type, &other, &taken) == VAULT_NOT_FOUND
				 ? STATUS_SUCCESS
				 : fail(STATUS_OBJECT_NAME_COLLISION, "renaming a credential");
	if (!failed(status))
		status = put(m, was, &after, &c);
	if (!failed(status) && !same)
		status = drop(m, was, &before);
	credential_unref(taken);
	credential_unref(old);
	return status;
}
