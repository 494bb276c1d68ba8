/* baselib/names.c - see baselib/names.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "baselib/names.h"

#define ENTRY_ROOM (64u * 1024)

/* Identifiers that mean the same everywhere, [MS-DTYP] 2.4.2.4. */
struct well_known {
	const char *sid, *domain, *name;
	SID_NAME_USE use;
};

static const struct well_known well_known[] = {
	{ "S-1-1-0", "", "Everyone", SidTypeWellKnownGroup },
	{ "S-1-5-7", "NT AUTHORITY", "ANONYMOUS LOGON", SidTypeWellKnownGroup },
	{ "S-1-5-11", "NT AUTHORITY", "Authenticated Users", SidTypeWellKnownGroup },
	{ "S-1-5-18", "NT AUTHORITY", "SYSTEM", SidTypeWellKnownGroup },
	{ "S-1-5-32-544", "BUILTIN", "Administrators", SidTypeAlias },
	{ "S-1-5-32-545", "BUILTIN", "Users", SidTypeAlias },
};

static MUST_CHECK bool name_put(char *to, const char *from)
{
	size_t n = strlen(from);
	if (n >= NAME_ROOM)
		return false;
	memcpy(to, from, n + 1);
	return true;
}

void name_of_machine(struct machine_name *out)
{
	*out = (struct machine_name){ 0 };
	if (gethostname(out->host, sizeof(out->host) - 1) != 0 || !*out->host || *out->host == '.')
		memcpy(out->host, "localhost", sizeof("localhost"));
	for (size_t i = 0; i < sizeof(out->netbios) - 1 && out->host[i] && out->host[i] != '.'; i++)
		out->netbios[i] = (char)toupper((unsigned char)out->host[i]);
}

static bool user_by_number(uid_t uid, char *name)
{
	CLEANUP(mem_free_p) char *room = mem_alloc(ENTRY_ROOM);
	struct passwd entry, *found = NULL;

	return room && getpwuid_r(uid, &entry, room, ENTRY_ROOM, &found) == 0 && found &&
	       name_put(name, found->pw_name);
}

static bool group_by_number(gid_t gid, char *name)
{
	CLEANUP(mem_free_p) char *room = mem_alloc(ENTRY_ROOM);
	struct group entry, *found = NULL;

	return room && getgrgid_r(gid, &entry, room, ENTRY_ROOM, &found) == 0 && found &&
	       name_put(name, found->gr_name);
}

static bool well_known_name(const struct sid_block *sid, struct account_name *out)
{
	for (size_t i = 0; i < ARRAY_LEN(well_known); i++) {
		struct sid_block b;
		if (!sid_parse(well_known[i].sid, &b) || memcmp(&b, sid, sizeof(b)) != 0)
			continue;
		out->use = well_known[i].use;
		return name_put(out->domain, well_known[i].domain) &&
		       name_put(out->name, well_known[i].name);
	}
	return false;
}

bool name_of_sid(const struct sid_block *sid, struct account_name *out)
{
	struct machine_name machine;

	if (well_known_name(sid, out))
		return true;
	if (sid->count != 2 || sid->authority[5] != SID_AUTHORITY_UNIX)
		return false;
	name_of_machine(&machine);
	memcpy(out->domain, machine.netbios, sizeof(machine.netbios));
	out->use = sid->sub[0] == SID_UNIX_USER ? SidTypeUser : SidTypeGroup;
	if (sid->sub[0] == SID_UNIX_USER)
		return user_by_number(sid->sub[1], out->name);
	return sid->sub[0] == SID_UNIX_GROUP && group_by_number(sid->sub[1], out->name);
}

static bool is_this_machine(const char *name, size_t n)
{
	struct machine_name own;

	name_of_machine(&own);
	return (n == 1 && *name == '.') ||
	       (strlen(own.netbios) == n && !strncasecmp(name, own.netbios, n)) ||
	       (strlen(own.host) == n && !strncasecmp(name, own.host, n));
}

/* The name without MACHINE\ or @machine; false when it is of another machine. */
static bool local_part(const char *text, char *name)
{
	const char *slash = strchr(text, '\\'), *at = strrchr(text, '@');

	if (slash)
		return is_this_machine(text, (size_t)(slash - text)) && name_put(name, slash + 1);
	if (!name_put(name, text))
		return false;
	if (!at)
		return true;
	name[at - text] = '\0';
	return is_this_machine(at + 1, strlen(at + 1));
}

static bool well_known_sid(const char *text, struct sid_block *sid)
{
	for (size_t i = 0; i < ARRAY_LEN(well_known); i++) {
		size_t n = strlen(well_known[i].domain);
		bool in_domain = n && !strncasecmp(text, well_known[i].domain, n) &&
				 text[n] == '\\';
		if (strcasecmp(text + (in_domain ? n + 1 : 0), well_known[i].name) == 0)
			return sid_parse(well_known[i].sid, sid);
	}
	return false;
}

bool sid_of_name(const char *text, struct sid_block *sid, struct account_name *out)
{
	CLEANUP(mem_free_p) char *room = mem_alloc(ENTRY_ROOM);
	char name[NAME_ROOM];
	struct passwd user, *found_user = NULL;
	struct group group, *found_group = NULL;

	if (well_known_sid(text, sid))
		return name_of_sid(sid, out);
	if (!room || !local_part(text, name) || !*name)
		return false;
	if (getpwnam_r(name, &user, room, ENTRY_ROOM, &found_user) == 0 && found_user)
		*sid = sid_of_user(found_user->pw_uid);
	else if (getgrnam_r(name, &group, room, ENTRY_ROOM, &found_group) == 0 && found_group)
		*sid = sid_of_group(found_group->gr_gid);
	else
		return false;
	return name_of_sid(sid, out);
}

bool name_of_caller(struct account_name *out)
{
	struct sid_block sid = sid_of_user(geteuid());
	return name_of_sid(&sid, out);
}

void name_for_people(const char *user, char out[NAME_ROOM])
{
	CLEANUP(mem_free_p) char *room = mem_alloc(ENTRY_ROOM);
	struct passwd entry, *found = NULL;

	*out = '\0';
	if (!room || getpwnam_r(user, &entry, room, ENTRY_ROOM, &found) != 0 || !found ||
	    !found->pw_gecos || !name_put(out, found->pw_gecos))
		return;
	out[strcspn(out, ",")] = '\0';
}
