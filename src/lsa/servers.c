/* lsa/servers.c - see lsa/servers.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <grp.h>
#include <pwd.h>

#include "lsa/servers.h"
#include "lsa/state.h"

#define DATABASE_ROOM 65536
#define GROUPS_MAX 4096

enum answer { NOT_ASKED, NO, YES };

static bool group_number(const char *name, char *room, gid_t *out)
{
	struct group entry, *found = NULL;

	if (getgrnam_r(name, &entry, room, DATABASE_ROOM, &found) != 0 || !found)
		return false;
	*out = entry.gr_gid;
	return true;
}

static bool user_is_in(uid_t user, gid_t group, char *room)
{
	struct passwd entry, *found = NULL;
	int count = GROUPS_MAX;

	if (getpwuid_r(user, &entry, room, DATABASE_ROOM, &found) != 0 || !found)
		return false;
	CLEANUP(mem_free_p) gid_t *groups = mem_array(GROUPS_MAX, sizeof(*groups));
	if (!groups || getgrouplist(entry.pw_name, entry.pw_gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

static bool is_member(const struct lsa_client *client, const char *setting)
{
	const struct policy *policy = client->lsa->setup.policy;
	const char *name = policy ? policy_setting(policy, "lsa", setting) : NULL;
	gid_t group;

	if (!name || !*name)
		return false;
	CLEANUP(mem_free_p) char *room = mem_alloc(DATABASE_ROOM);
	if (!room || !group_number(name, room, &group))
		return false;
	return client->setup.gid == group || user_is_in(client->setup.uid, group, room);
}

/* The answer is kept beside the client, whatever else may not be changed. */
static bool ask_once(const struct lsa_client *client, const atomic_int *kept, const char *setting)
{
	atomic_int *answer = (atomic_int *)(uintptr_t)kept;

	if (atomic_load(answer) == NOT_ASKED)
		atomic_store(answer, is_member(client, setting) ? YES : NO);
	return atomic_load(answer) == YES;
}

bool servers_is_trusted(const struct lsa_client *client)
{
	if (client->setup.is_this_process)
		return false;
	return client->setup.uid == 0 || ask_once(client, &client->trusted, "trusted");
}

bool servers_has(struct lsa_client *client)
{
	if (client->setup.is_this_process)
		return false;
	return servers_is_trusted(client) || ask_once(client, &client->serves, "servers");
}
