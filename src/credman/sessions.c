/* credman/sessions.c - see credman/credman.h: what persistence a session can offer.
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

	if (opened == VAULT_ABSENT)
		return may_be_made(m->shelf[SHELF_LASTING].path);
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
