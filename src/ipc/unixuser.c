/* ipc/unixuser.c - see ipc/unixuser.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <opensspi.h>
#include <pwd.h>

#include "base/utf.h"
#include "ipc/unixuser.h"

#define NAME_ROOM (2 * LOGIN_NAME_MAX) /* of "DOMAIN\user" */
#define ENTRY_FIRST 1024u
#define ENTRY_MOST (1u << 20)
#define GROUPS_FIRST 64
#define GROUPS_MOST 65536

void unix_user_done(struct unix_user *u)
{
	mem_free(u->name);
	mem_free((void *)(uintptr_t)u->ids.group);
	*u = (struct unix_user){ 0 };
}

/* ---- names ---- */

/* Separators of domains and folders: a name with one would not only mean what it says. */
#define SEPARATORS "/\\@:+"
/* Of what krb5.conf maps a principal to, and that may name a domain. */
#define SEPARATORS_MAPPED "/:"

static bool is_plain(const char *name, const char *separators)
{
	size_t n = strlen(name);

	if (n == 0 || n >= LOGIN_NAME_MAX || *name == '-')
		return false;
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (*p < ' ' || *p == 0x7F || strchr(separators, *p))
			return false;
	return true;
}

/* False for names that are none; then `out` is "". */
static bool name_take(const WCHAR *p, size_t n, const char *separators, char out[LOGIN_NAME_MAX])
{
	CLEANUP(mem_free_p) char *text = NULL;
	size_t text_n;

	out[0] = '\0';
	if (!p || n >= LOGIN_NAME_MAX || !utf8_from_utf16(p, n, &text, &text_n) ||
	    text_n >= LOGIN_NAME_MAX || strlen(text) != text_n || !is_plain(text, separators))
		return false;
	memcpy(out, text, text_n + 1);
	return true;
}

/* ---- the name service ---- */

/* `user` NULL: there is none. False when memory is short. */
static bool entry_find(const char *name, struct passwd *entry, char **buffer, struct passwd **user)
{
	for (size_t room = ENTRY_FIRST; room <= ENTRY_MOST; room *= 4) {
		mem_free(*buffer);
		*buffer = mem_alloc(room);
		if (!*buffer)
			return false;
		if (getpwnam_r(name, entry, *buffer, room, user) != ERANGE)
			return true;
	}
	*user = NULL;
	return true;
}

static NTSTATUS groups_find(const struct passwd *entry, struct identity *out)
{
	int room = GROUPS_FIRST;

	for (;;) {
		int count = room;
		CLEANUP(mem_free_p) gid_t *group = mem_array((size_t)room, sizeof(*group));
		if (!group)
			return fail(SEC_E_INSUFFICIENT_MEMORY, "a user's groups");
		if (getgrouplist(entry->pw_name, entry->pw_gid, group, &count) >= 0) {
			out->count = (size_t)count;
			out->group = TAKE(group);
			return STATUS_SUCCESS;
		}
		if (count <= room || count > GROUPS_MOST)
			return fail(SEC_E_NO_IMPERSONATION, "a user of too many groups");
		room = count;
	}
}

static bool is_number(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

/* A user whose own name leads to another one would have that one's groups, and a number that was understood
 * as one is not the name that an authority has vouched for. */
static NTSTATUS names_itself(const char *asked, const struct passwd *user)
{
	CLEANUP(mem_free_p) char *buffer = NULL;
	struct passwd entry, *again = NULL;

	if (strcmp(asked, user->pw_name) == 0)
		return SEC_E_OK;
	if (is_number(asked))
		return fail(SEC_E_NO_IMPERSONATION, "a number that is no user's name");
	if (!entry_find(user->pw_name, &entry, &buffer, &again))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user of this system");
	return again && again->pw_uid == user->pw_uid
		       ? SEC_E_OK
		       : fail(SEC_E_NO_IMPERSONATION, "a user whose name is another's too");
}

static NTSTATUS look_up(const char *name, struct unix_user *out)
{
	CLEANUP(mem_free_p) char *buffer = NULL;
	CLEANUP(unix_user_done) struct unix_user found = { 0 };
	struct passwd entry, *user = NULL;

	if (!entry_find(name, &entry, &buffer, &user))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user of this system");
	if (!user || !user->pw_name)
		return SEC_E_NO_IMPERSONATION;
	if (user->pw_uid == 0)
		return fail(SEC_E_NO_IMPERSONATION, "an account whose user is root");
	NTSTATUS status = names_itself(name, user);
	if (failed(status))
		return status;
	found.ids.uid = user->pw_uid;
	found.ids.gid = user->pw_gid;
	found.name = mem_dup_text(user->pw_name);
	status = found.name ? groups_find(user, &found.ids) : SEC_E_INSUFFICIENT_MEMORY;
	if (failed(status))
		return status;
	*out = found;
	found = (struct unix_user){ 0 };
	return STATUS_SUCCESS;
}

/* "DOMAIN\\user", as winbind names them, then "user@domain". */
static NTSTATUS look_up_in_domain(const char *domain, const char *user, struct unix_user *out)
{
	NTSTATUS status = SEC_E_NO_IMPERSONATION;
	char name[NAME_ROOM];

	for (size_t i = 0; i < 2 && status == SEC_E_NO_IMPERSONATION; i++) {
		const char *first = i ? user : domain, *second = i ? domain : user;
		size_t n = strlen(first);
		memcpy(name, first, n);
		name[n++] = i ? '@' : '\\';
		memcpy(name + n, second, strlen(second) + 1);
		status = look_up(name, out);
	}
	return status;
}

NTSTATUS unix_user_find(const struct unix_question *q, struct unix_user *out)
{
	char domain[LOGIN_NAME_MAX], user[LOGIN_NAME_MAX];
	bool by_mapping = q->kind == OPENSSPI_ACCOUNT_OF_MAPPING;
	NTSTATUS status = SEC_E_NO_IMPERSONATION;

	bool named = by_mapping ? name_take(q->mapped, q->mapped_n, SEPARATORS_MAPPED, user)
				: name_take(q->user, q->user_n, SEPARATORS, user);
	/* A process of a uid without a name is called by its number. */
	if (named && (by_mapping || (q->kind == OPENSSPI_ACCOUNT_OF_MACHINE && !is_number(user))))
		status = look_up(user, out);
	else if (named && q->kind == OPENSSPI_ACCOUNT_OF_DOMAIN &&
		 name_take(q->domain, q->domain_n, SEPARATORS, domain))
		status = look_up_in_domain(domain, user, out);
	return status == SEC_E_NO_IMPERSONATION
		       ? fail(status, "finding the user of this system that an account is")
		       : status;
}
