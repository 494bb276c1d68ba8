/* policy/file.c - see policy/file.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/file.h"

#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)

struct subject {
	const char *path;
	bool root_only;
	struct text *why;
};

static NTSTATUS refuse(const struct subject *s, NTSTATUS status, const char *what)
{
	if (s->why)
		text_add(s->why, "%s: %s", s->path, what);
	return fail(status, "reading a configuration file");
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool owner_is_right(const struct subject *s, const struct stat *st)
{
	return st->st_uid == 0 || (!s->root_only && st->st_uid == geteuid());
}

/* A directory with the sticky bit (as /tmp or a package store) does not let others replace. */
static bool directory_is_safe(const struct subject *s, const char *path)
{
	char parent[PATH_MAX];
	struct stat st;
	const char *slash = strrchr(path, '/');

	size_t n = slash ? (size_t)(slash - path) : 0;
	if (!slash || n >= sizeof(parent))
		return false;
	memcpy(parent, path, n);
	memcpy(parent + n, n ? "" : "/", n ? 1 : 2);
	if (stat(parent, &st) != 0 || !owner_is_right(s, &st))
		return false;
	return !(st.st_mode & OTHERS_MAY_WRITE) || (st.st_mode & S_ISVTX);
}

static NTSTATUS check(const struct subject *s, int fd, struct stat *st)
{
	char real[PATH_MAX];

	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
		return refuse(s, STATUS_ACCESS_DENIED, "not a regular file");
	if (!owner_is_right(s, st))
		return refuse(s, STATUS_ACCESS_DENIED,
			      s->root_only ? "not owned by root"
					   : "not owned by this user or root");
	if (st->st_mode & OTHERS_MAY_WRITE)
		return refuse(s, STATUS_ACCESS_DENIED, "group or others may write it");
	if (!directory_is_safe(s, s->path) || !realpath(s->path, real) ||
	    !directory_is_safe(s, real))
		return refuse(s, STATUS_ACCESS_DENIED, "others may write its directory");
	if (st->st_size > POLICY_FILE_MAX)
		return refuse(s, STATUS_INVALID_PARAMETER, "larger than 1 MiB");
	return STATUS_SUCCESS;
}

static NTSTATUS read_all(const struct subject *s, int fd, char *bytes, size_t room, size_t *n)
{
	for (*n = 0; *n < room;) {
		ssize_t got = read(fd, bytes + *n, room - *n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse(s, STATUS_ACCESS_DENIED, "cannot be read");
		if (got == 0)
			return STATUS_SUCCESS;
		*n += (size_t)got;
	}
	return refuse(s, STATUS_ACCESS_DENIED, "changed while it was read");
}

NTSTATUS policy_file_read(const char *path, bool root_only, char **bytes, size_t *n,
			  struct text *why)
{
	const struct subject s = { path, root_only, why };
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	*bytes = NULL;
	*n = 0;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return lstat(path, &st) != 0
			       ? STATUS_SUCCESS
			       : refuse(&s, STATUS_ACCESS_DENIED, "a link to nowhere");
	if (fd < 0)
		return refuse(&s, STATUS_ACCESS_DENIED, "cannot be opened");
	NTSTATUS status = check(&s, fd, &st);
	if (failed(status))
		return status;
	CLEANUP(mem_free_p) char *text = mem_alloc((size_t)st.st_size + 1);
	if (!text)
		return refuse(&s, STATUS_NO_MEMORY, "memory is short");
	status = read_all(&s, fd, text, (size_t)st.st_size + 1, n);
	if (failed(status))
		return status;
	*bytes = TAKE(text);
	return STATUS_SUCCESS;
}
