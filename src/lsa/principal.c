/* lsa/principal.c - see lsa/principal.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pwd.h>
#include <stdio.h>

#include "base/utf.h"
#include "lsa/principal.h"
#include "lsa/state.h"

#define PASSWD_ROOM (64u * 1024)
#define PRINCIPAL_MAX 1024 /* units */

NTSTATUS principal_of(uid_t uid, WCHAR **out, size_t *out_n)
{
	CLEANUP(mem_free_p) char *room = mem_alloc(PASSWD_ROOM);
	struct passwd entry, *found = NULL;
	char number[16];

	if (!room)
		return fail(STATUS_NO_MEMORY, "finding the caller's name");
	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	if (getpwuid_r(uid, &entry, room, PASSWD_ROOM, &found) != 0)
		found = NULL;
	const char *name = found && found->pw_name ? found->pw_name : "";
	if (!*name || utf16_need(name, strlen(name)) == SIZE_MAX)
		name = number;
	if (!utf16_from_utf8(name, strlen(name), out, out_n))
		return fail(STATUS_NO_MEMORY, "finding the caller's name");
	return STATUS_SUCCESS;
}

NTSTATUS principal_own(const struct lsa_client *client, WCHAR **out, size_t *out_n)
{
	return principal_of(client_uid(client), out, out_n);
}

/* Is there a user of that name? */
static NTSTATUS somebody_has(struct ipc_text name)
{
	CLEANUP(mem_free_p) char *room = mem_alloc(PASSWD_ROOM);
	CLEANUP(mem_free_p) char *text = NULL;
	struct passwd entry, *found = NULL;

	if (!room || (!utf8_from_utf16(name.p, name.n, &text, NULL) &&
		      utf8_need(name.p, name.n) != SIZE_MAX))
		return fail(STATUS_NO_MEMORY, "finding a principal");
	if (text && getpwnam_r(text, &entry, room, PASSWD_ROOM, &found) == 0 && found)
		return fail(SEC_E_NOT_OWNER, "using another user's credentials");
	return fail(SEC_E_UNKNOWN_CREDENTIALS, "finding a principal");
}

/* Takes MACHINE\ or @machine off; false when the rest of the name speaks of another machine. */
static bool name_alone(const struct machine *machine, struct ipc_text *name)
{
	for (uint32_t i = 0; i < name->n; i++) {
		if (name->p[i] != '\\')
			continue;
		if (!machine_is_called(machine, name->p, i))
			return false;
		*name = (struct ipc_text){ name->p + i + 1, name->n - i - 1 };
		return true;
	}
	for (uint32_t i = name->n; i-- > 0;) {
		if (name->p[i] != '@')
			continue;
		if (!machine_is_called(machine, name->p + i + 1, name->n - i - 1))
			return false;
		name->n = i;
		return true;
	}
	return true;
}

NTSTATUS principal_check(const struct lsa_client *client, struct ipc_text principal)
{
	CLEANUP(mem_free_p) WCHAR *own = NULL;
	size_t own_n = 0;

	if (!principal.p || principal.n == 0)
		return STATUS_SUCCESS;
	if (principal.n > PRINCIPAL_MAX || !name_alone(client->lsa->machine, &principal))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "finding a principal");
	NTSTATUS status = principal_own(client, &own, &own_n);
	if (failed(status))
		return status;
	if (utf16_equal_nocase(own, own_n, principal.p, principal.n))
		return STATUS_SUCCESS;
	return somebody_has(principal);
}
