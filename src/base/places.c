/* base/places.c - see base/places.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/places.h"
#include "base/text.h"

static const struct place_row {
	const char *moved;    /* below OPENSSPI_HOME */
	const char *variable; /* the XDG variable, NULL for the system's places */
	const char *below;    /* below the home directory, or the system's own path */
} rows[] = {
	[PLACE_USER_CONFIG] = { "etc", "XDG_CONFIG_HOME", ".config" },
	[PLACE_USER_DATA] = { "data", "XDG_DATA_HOME", ".local/share" },
	[PLACE_USER_STATE] = { "state", "XDG_STATE_HOME", ".local/state" },
	[PLACE_USER_RUNTIME] = { "run", "XDG_RUNTIME_DIR", ".local/state" },
	[PLACE_SYSTEM_CONFIG] = { "etc", NULL, "/etc" },
	[PLACE_SYSTEM_STATE] = { "state", NULL, "/var/lib" },
};

bool process_is_elevated(void)
{
	return getauxval(AT_SECURE) != 0;
}

/* An absolute path from the environment; relative ones do not count (XDG says so too). */
static const char *path_from_environment(const char *variable)
{
	const char *value = process_is_elevated() ? NULL : getenv(variable);
	return value && value[0] == '/' ? value : NULL;
}

bool place_home_is_usable(void)
{
	const char *value = process_is_elevated() ? NULL : getenv("OPENSSPI_HOME");
	return !value || !*value || value[0] == '/';
}

/* The user's home directory as a copy (mem_free); NULL when memory is short. Who has none is sent
 * where nothing is. */
static char *home_directory(void)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];
	const char *home = path_from_environment("HOME");

	if (home)
		return mem_dup_text(home);
	if (getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return mem_dup_text("/nonexistent");
	return mem_dup_text(found->pw_dir);
}

static bool is_own_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* The folder that ends with the user's last session (mem_free); NULL when there is none, and somebody
 * else's, as sudo may leave it in the environment, is none. */
static char *runtime_directory(void)
{
	const char *given = path_from_environment("XDG_RUNTIME_DIR");
	struct text t = { 0 };

	text_add(&t, "/run/user/%u", (unsigned)geteuid());
	char *usual = text_finish(&t);
	if (given && is_own_directory(given)) {
		mem_free(usual);
		return mem_dup_text(given);
	}
	if (usual && is_own_directory(usual))
		return usual;
	mem_free(usual);
	return NULL;
}

bool place_has_runtime(void)
{
	CLEANUP(mem_free_p) char *directory = runtime_directory();

	return directory || path_from_environment("OPENSSPI_HOME");
}

char *place_path(enum place place, const char *file)
{
	const struct place_row *row = &rows[place];
	const char *moved = path_from_environment("OPENSSPI_HOME");
	CLEANUP(mem_free_p)
	char *runtime = place == PLACE_USER_RUNTIME ? runtime_directory() : NULL;
	const char *xdg = row->variable ? path_from_environment(row->variable) : NULL;
	struct text t = { 0 };

	if (place == PLACE_USER_RUNTIME)
		xdg = runtime;

	if (moved) {
		text_add(&t, "%s/%s/%s", moved, row->moved, file);
	} else if (xdg) {
		text_add(&t, "%s/opensspi/%s", xdg, file);
	} else if (!row->variable) {
		text_add(&t, "%s/opensspi/%s", row->below, file);
	} else {
		CLEANUP(mem_free_p) char *home = home_directory();
		if (!home)
			return NULL;
		text_add(&t, "%s/%s/opensspi/%s", home, row->below, file);
	}
	return text_finish(&t);
}

bool place_make_parent(const char *path)
{
	CLEANUP(mem_free_p) char *copy = mem_dup_text(path);
	if (!copy || copy[0] != '/')
		return false;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}
