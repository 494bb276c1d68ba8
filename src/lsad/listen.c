/* lsad/listen.c - see lsad/listen.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lsad/listen.h"

#define FIRST_INHERITED 3 /* sd_listen_fds(3) */
#define FOR_EVERYBODY 0666
#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)

static int refuse(int fd, const char *words, const char **why)
{
	*why = words;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- systemd's ---- */

static bool is_unix_listener(int fd)
{
	struct sockaddr_un address;
	socklen_t n = sizeof(address), m = sizeof(int);
	int listens = 0;

	return getsockname(fd, (struct sockaddr *)&address, &n) == 0 &&
	       address.sun_family == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &m) == 0 && listens;
}

int listen_inherited(const char **why)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	char own[16];

	snprintf(own, sizeof(own), "%ld", (long)getpid());
	if (!pid || !count || strcmp(pid, own) != 0)
		return -1;
	if (strcmp(count, "1") != 0)
		return refuse(-1, "systemd handed over more than one socket, or none", why);
	if (!is_unix_listener(FIRST_INHERITED))
		return refuse(-1, "what systemd handed over is no Unix socket that listens", why);
	(void)fcntl(FIRST_INHERITED, F_SETFD, FD_CLOEXEC);
	return FIRST_INHERITED;
}

/* ---- our own ---- */

static const char *folder_fault(const char *path, mode_t refused)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return "its folder is not there, or a folder on its way cannot be read";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "a folder on its way is another user's";
	if ((st.st_mode & OTHERS_MAY_WRITE) && (st.st_mode & refused))
		return "others may write a folder on its way";
	return NULL;
}

/* Its own folder belongs to us alone; above it, one with the sticky bit (as /tmp) keeps what is ours. */
static const char *way_fault(const char *path)
{
	CLEANUP(mem_free_p) char *folder = mem_dup_text(path);
	char way[PATH_MAX];

	if (!folder)
		return "memory is short";
	*strrchr(folder, '/') = '\0';
	if (!realpath(*folder ? folder : "/", way))
		return "its folder is not there";
	const char *fault = folder_fault(way, OTHERS_MAY_WRITE);
	for (char *slash = strrchr(way, '/'); !fault && slash != way; slash = strrchr(way, '/')) {
		struct stat st;
		*slash = '\0';
		bool sticky = stat(way, &st) == 0 && (st.st_mode & S_ISVTX);
		fault = folder_fault(way, sticky ? 0 : OTHERS_MAY_WRITE);
	}
	return fault;
}

/* Held as long as we live: of two that are started at once one goes on. */
static bool lock_place(const char *path)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];

	snprintf(name, sizeof(name), "%s.lock", path);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	close(fd);
	return false;
}

/* A socket that nobody listens on is taken away; whoever does goes on. */
static bool clear_place(const struct sockaddr_un *address)
{
	struct stat found;

	if (lstat(address->sun_path, &found) != 0)
		return errno == ENOENT;
	if (!S_ISSOCK(found.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	bool answers = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	bool gone = !answers && errno == ECONNREFUSED;
	close(fd);
	return gone && unlink(address->sun_path) == 0;
}

int listen_at(const char *path, const char **why)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (path[0] != '/' || n >= sizeof(address.sun_path))
		return refuse(-1, "it must be an absolute path of at most 107 bytes", why);
	memcpy(address.sun_path, path, n + 1);
	*why = way_fault(path);
	if (*why)
		return -1;
	if (!lock_place(path))
		return refuse(-1, "another lsad holds its lock, or that cannot be made", why);
	if (!clear_place(&address))
		return refuse(-1, "something is there already, or another lsad answers", why);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(fd, "no socket can be made", why);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return refuse(fd, "it cannot be made: may we write its folder?", why);
	/* Who may do what is asked of the kernel for each connection. */
	if (chmod(path, FOR_EVERYBODY) != 0)
		return refuse(fd, "its mode cannot be set", why);
	return fd;
}
