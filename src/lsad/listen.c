/* lsad/listen.c - see lsad/listen.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lsad/listen.h"

#define FIRST_INHERITED 3 /* sd_listen_fds(3) */
#define FOR_EVERYBODY 0666

int listen_inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int kind = 0;
	socklen_t n = sizeof(kind);

	if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() || strcmp(count, "1") != 0)
		return -1;
	if (getsockopt(FIRST_INHERITED, SOL_SOCKET, SO_ACCEPTCONN, &kind, &n) != 0 || !kind)
		return -1;
	(void)fcntl(FIRST_INHERITED, F_SETFD, FD_CLOEXEC);
	return FIRST_INHERITED;
}

static int refuse(int fd, const char *words, const char **why)
{
	*why = words;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Whoever listens there is asked; a socket that nobody listens on is taken away. */
static bool clear_place(const struct sockaddr_un *address)
{
	struct stat found;

	if (lstat(address->sun_path, &found) != 0)
		return errno == ENOENT;
	if (!S_ISSOCK(found.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
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
	if (!clear_place(&address))
		return refuse(-1, "something is there already, or another lsad answers", why);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(fd, "no socket can be made", why);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return refuse(fd, "it cannot be made: is the folder there, and ours?", why);
	/* Who may do what is asked of the kernel for each connection. */
	if (chmod(path, FOR_EVERYBODY) != 0)
		return refuse(fd, "its mode cannot be set", why);
	return fd;
}
