/* lsad/vaults.c - see lsad/vaults.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

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
	const struct credman_places places = { .vault = vault, .vault_key = key };
	struct user *u = vault && key ? MEM_NEW(struct user) : NULL;

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

/* ---- what earlier versions left ---- */

static bool is_number(const char *name, size_t n)
{
	return n > 0 && strspn(name, "0123456789") >= n;
}

static void sweep_user(int state, const char *uid)
{
	static const char *const files[] = { "session.db", "session.db-wal", "session.db-shm",
					     "session.db-journal" };
	char path[64];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", uid, files[i]);
		if (n > 0 && (size_t)n < sizeof(path))
			(void)unlinkat(state, path, 0);
	}
}

static void sweep_entry(int folder, const char *name)
{
	const char *dot = strchr(name, '.');

	if (!dot && is_number(name, strlen(name)))
		sweep_user(folder, name);
	else if (dot && is_number(name, (size_t)(dot - name)) && strcmp(dot, ".session") == 0)
		(void)unlinkat(folder, name, 0);
}

static void sweep_folder(const char *file)
{
	CLEANUP(mem_free_p) char *path = place_path(PLACE_SYSTEM_STATE, file);
	DIR *folder = path ? opendir(path) : NULL;

	if (!folder)
		return;
	for (struct dirent *e = readdir(folder); e; e = readdir(folder))
		sweep_entry(dirfd(folder), e->d_name);
	closedir(folder);
}

void vaults_sweep(void)
{
	sweep_folder("");
	sweep_folder("keys/");
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
