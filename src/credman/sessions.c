/* credman/sessions.c - see credman/credman.h: what persistence a session can offer, and
 * its end.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/places.h"
#include "credman/rules.h"
#include "credman/set.h"

/* Could a file be made at that path? The first folder on the way up that is there decides. */
static bool may_be_made(const char *given)
{
	CLEANUP(mem_free_p)
	char *path = given ? mem_dup_text(given) : place_path(PLACE_USER_DATA, "vault.db");

	for (char *slash = path ? strrchr(path, '/') : NULL; slash; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (faccessat(AT_FDCWD, *path ? path : "/", W_OK | X_OK, AT_EACCESS) == 0)
			return true;
		if (errno != ENOENT)
			return false;
	}
	return false;
}

static bool can_last(struct credman *m)
{
	struct vault_status status;
	struct vault *vault;
	NTSTATUS opened = set_vault(m, SHELF_LASTING, false, &vault);

	if (!m->lasting)
		return false;
	if (opened == VAULT_ABSENT)
		return may_be_made(set_base(m)->shelf[SHELF_LASTING].path);
	return !failed(opened) && !failed(vault_describe(vault, &status)) && !status.read_only;
}

void credman_session_types(struct credman *m, uint32_t persist[CREDMAN_TYPES])
{
	uint32_t most = can_last(m) ? CRED_PERSIST_ENTERPRISE : CRED_PERSIST_SESSION;

	for (uint32_t type = 0; type < CREDMAN_TYPES; type++)
		persist[type] = credential_type_is_known(type) &&
						type != CRED_TYPE_DOMAIN_VISIBLE_PASSWORD
					? most
					: CRED_PERSIST_NONE;
}

/* ---- the end ---- */

/* What is in the session's vault, by name. */
struct names {
	struct vault_name *item;
	size_t count, room;
	bool stopped;
};

static void names_done(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		mem_free((void *)(uintptr_t)n->item[i].target.p);
	mem_free(n->item);
}

static bool names_grow(struct names *n)
{
	if (n->count < n->room)
		return true;
	size_t room = n->room ? 2 * n->room : 16;
	struct vault_name *item = mem_array(room, sizeof(*item));
	if (!item)
		return false;
	if (n->count)
		memcpy(item, n->item, n->count * sizeof(*item));
	mem_free(n->item);
	n->item = item;
	n->room = room;
	return true;
}

static bool name_visit(void *to, const struct vault_record *record)
{
	struct vault_name name = record->name;
	struct names *n = to;

	if (failed(record->status))
		return true;
	name.target.p = mem_dup(name.target.p, name.target.n * sizeof(WCHAR));
	n->stopped = !name.target.p || !names_grow(n);
	if (n->stopped)
		mem_free((void *)(uintptr_t)name.target.p);
	else
		n->item[n->count++] = name;
	return !n->stopped;
}

static NTSTATUS delete_all(struct vault *v, void *with)
{
	const struct names *n = with;
	NTSTATUS status = STATUS_SUCCESS;

	for (size_t i = 0; i < n->count && !failed(status); i++) {
		status = vault_delete(v, &n->item[i]);
		if (status == VAULT_NOT_FOUND)
			status = STATUS_SUCCESS;
	}
	return status;
}

NTSTATUS credman_forget_session(struct credman *m)
{
	CLEANUP(names_done) struct names names = { .count = 0 };
	struct vault *vault;

	NTSTATUS status = set_vault(m, SHELF_SESSION, false, &vault);
	if (!failed(status))
		status = vault_each(vault, SET_CREDENTIALS, name_visit, &names);
	if (!failed(status))
		status = vault_each(vault, SET_WRITTEN, name_visit, &names);
	if (!failed(status) && names.stopped)
		status = fail(STATUS_NO_MEMORY, "forgetting a session's credentials");
	if (!failed(status))
		status = vault_transact(vault, delete_all, &names);
	return status == VAULT_ABSENT ? STATUS_SUCCESS : status;
}
