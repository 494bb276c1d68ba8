/* cli/known_hosts.c - remembers the certificate each server showed first, and notices a change.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/known_hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "known_certificates"

static void file_close_p(FILE **f)
{
	if (*f)
		fclose(*f);
}

char *known_hosts_path(void)
{
	const char *root = secure_getenv("OPENSSPI_HOME"), *below = "data";
	char *path;

	if (!root || root[0] != '/') {
		root = secure_getenv("XDG_DATA_HOME");
		below = "opensspi";
	}
	if (!root || root[0] != '/') {
		const struct passwd *user;
		root = secure_getenv("HOME");
		if (!root || root[0] != '/')
			root = (user = getpwuid(geteuid())) ? user->pw_dir : NULL;
		below = ".local/share/opensspi";
	}
	return root && asprintf(&path, "%s/%s/%s", root, below, FILE_NAME) >= 0 ? path : NULL;
}

static void make_parents(const char *path)
{
	CLEANUP(free_p) char *p = strndup(path, 4096);
	for (char *slash = p ? strchr(p + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(p, 0700);
		*slash = '/';
	}
}

/* Opens the file, making it where it is missing, with nobody else writing. */
static FILE *open_locked(const char *path)
{
	make_parents(path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return NULL;
	FILE *f = flock(fd, LOCK_EX) == 0 ? fdopen(fd, "r+") : NULL;
	if (!f)
		close(fd);
	return f;
}

/* True when the line is `host`'s; *fingerprint then points into it. */
static bool line_is_for(char *line, const char *host, char **fingerprint)
{
	size_t n = strlen(host);
	if (strncasecmp(line, host, n) != 0 || line[n] != ' ')
		return false;
	*fingerprint = line + n + 1;
	(*fingerprint)[strcspn(*fingerprint, " \r\n")] = '\0';
	return true;
}

static enum known_host look_up(FILE *f, const char *host, const char *fingerprint)
{
	CLEANUP(free_p) char *line = NULL;
	size_t room = 0;
	char *found;

	while (getline(&line, &room, f) > 0)
		if (line_is_for(line, host, &found))
			return strcmp(found, fingerprint) == 0 ? KNOWN_HOST_SAME
							       : KNOWN_HOST_CHANGED;
	return KNOWN_HOST_NEW;
}

static bool append(FILE *f, const char *host, const char *fingerprint)
{
	return fseek(f, 0, SEEK_END) == 0 && fprintf(f, "%s %s\n", host, fingerprint) > 0 &&
	       fflush(f) == 0;
}

/* Writes the file anew in place of the old one, `host` with its new fingerprint. */
static bool replace(FILE *old, const char *path, const char *host, const char *fingerprint)
{
	CLEANUP(free_p) char *fresh = NULL, *line = NULL;
	size_t room = 0;
	char *found;

	if (asprintf(&fresh, "%s.new", path) < 0)
		return false;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return false;

	rewind(old);
	while (getline(&line, &room, old) > 0)
		if (!line_is_for(line, host, &found))
			fputs(line, f);
	fprintf(f, "%s %s\n", host, fingerprint);
	bool written = fflush(f) == 0 && !ferror(f);
	return fclose(f) == 0 && written && rename(fresh, path) == 0;
}

enum known_host known_hosts_check(const char *host, const char *fingerprint, bool accept_change)
{
	CLEANUP(free_p) char *path = known_hosts_path();
	CLEANUP(file_close_p) FILE *f = path ? open_locked(path) : NULL;
	if (!f)
		return KNOWN_HOST_UNSAVED;

	enum known_host k = look_up(f, host, fingerprint);
	if (k == KNOWN_HOST_NEW)
		return append(f, host, fingerprint) ? KNOWN_HOST_NEW : KNOWN_HOST_UNSAVED;
	if (k == KNOWN_HOST_CHANGED && accept_change)
		return replace(f, path, host, fingerprint) ? KNOWN_HOST_REPLACED
							   : KNOWN_HOST_UNSAVED;
	return k;
}

const char *known_host_name(enum known_host k)
{
	static const char *const names[] = {
		[KNOWN_HOST_NEW] = "new",
		[KNOWN_HOST_SAME] = "known",
		[KNOWN_HOST_CHANGED] = "changed",
		[KNOWN_HOST_REPLACED] = "replaced",
		[KNOWN_HOST_UNSAVED] = "not remembered",
	};
	return names[k];
}
