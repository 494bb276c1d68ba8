/* lsad/vaults.c - see lsad/vaults.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "base/places.h"
#include "lsad/vaults.h"

struct user {
	struct user *next;
	uid_t uid;
	struct credman *set;
};

static struct {
	pthread_mutex_t lock;
	struct user *first;
} users = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A file below STATE: "FOLDER/UID" or "UID/FILE". */
static char *path_of(const char *folder, uid_t uid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "%s%u%s", folder, (unsigned)uid, file);
	return place_path(PLACE_SYSTEM_STATE, path);
}

static struct user *user_new(uid_t uid)
{
	CLEANUP(mem_free_p) char *vault = path_of("", uid, "/vault.db");
	CLEANUP(mem_free_p) char *key = path_of("keys/", uid, "");
	CLEANUP(mem_free_p) char *session = path_of("", uid, "/session.db");
	CLEANUP(mem_free_p) char *session_key = path_of("keys/", uid, ".session");
	const struct credman_places places = { vault, key, session, session_key };
	struct user *u = vault && key && session && session_key ? MEM_NEW(struct user) : NULL;

	if (!u)
		return NULL;
	u->uid = uid;
	if (failed(credman_new(&places, &u->set))) {
		mem_free(u);
		return NULL;
	}
	return u;
}

/* Called with the lock held. */
static struct user *find(uid_t uid)
{
	struct user *u = users.first;

	while (u && u->uid != uid)
		u = u->next;
	if (u)
		return u;
	u = user_new(uid);
	if (u) {
		u->next = users.first;
		users.first = u;
	}
	return u;
}

struct credman *vaults_of(uid_t uid)
{
	pthread_mutex_lock(&users.lock);
	struct user *u = find(uid);
	pthread_mutex_unlock(&users.lock);
	return u ? u->set : NULL;
}

void vaults_free(void)
{
	while (users.first) {
		struct user *gone = users.first;
		users.first = gone->next;
		credman_free(gone->set);
		mem_free(gone);
	}
}
