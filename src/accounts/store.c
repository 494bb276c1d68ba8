/* accounts/store.c - see accounts/store.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <unistd.h>

#include "accounts/store.h"
#include "base/files.h"
#include "base/places.h"
#include "base/trace.h"

#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)

/* ---- places ---- */

static bool is_system_user(void)
{
	const char *moved = process_is_elevated() ? NULL : getenv("OPENSSPI_HOME");
	return geteuid() == 0 && !(moved && moved[0] == '/');
}

char *store_default_path(void)
{
	if (!place_home_is_usable()) {
		trace_line("accounts: OPENSSPI_HOME has to be an absolute path");
		return NULL;
	}
	return place_path(is_system_user() ? PLACE_SYSTEM_STATE : PLACE_USER_DATA, "accounts");
}

char *store_guard_path(void)
{
	return place_path(is_system_user() ? PLACE_SYSTEM_STATE : PLACE_USER_STATE, "lockout");
}

/* ---- files of ours ---- */

void store_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static NTSTATUS not_ours(const char *path, const char *what)
{
	trace_line("accounts: %s: %s", path, what);
	return fail(SEC_E_NOT_OWNER, "looking at who owns the accounts file");
}

static const char *file_fault(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != geteuid())
		return "not owned by this user";
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return "group or others may use it (chmod 600)";
	return NULL;
}

int store_open_own(const char *path, int flags)
{
	struct stat st;
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return -1;
	const char *fault = fstat(fd, &st) == 0 ? file_fault(&st) : "cannot be looked at";
	if (!fault)
		return fd;
	trace_line("accounts: %s: %s", path, fault);
	close(fd);
	errno = EPERM;
	return -1;
}

/* The directory of an absolute path, "" when the path is none. */
static void parent_of(const char *path, char out[PATH_MAX])
{
	const char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;
	size_t n = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;

	if (n >= PATH_MAX)
		n = 0;
	memcpy(out, path, n);
	out[n] = '\0';
}

/* In a directory that others may write to, they could put another file in the place of ours. */
static NTSTATUS check_parent(const char *path)
{
	char parent[PATH_MAX];
	struct stat st;

	parent_of(path, parent);
	if (!parent[0])
		return not_ours(path, "not an absolute path");
	if (stat(parent, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? fail(STATUS_OBJECT_NAME_NOT_FOUND, "looking for the accounts file")
			       : not_ours(parent, "cannot be looked at");
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return not_ours(parent, "not owned by this user or root");
	if ((st.st_mode & OTHERS_MAY_WRITE) && !(st.st_mode & S_ISVTX))
		return not_ours(parent, "group or others may write to it");
	return STATUS_SUCCESS;
}

/* ---- reading ---- */

static struct store_stamp stamp_of(const struct stat *st)
{
	return (struct store_stamp){ st->st_dev, st->st_ino, st->st_size, st->st_mtim,
				     st->st_ctim };
}

bool store_stamp(const char *path, struct store_stamp *out)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return false;
	*out = stamp_of(&st);
	return true;
}

static bool time_equal(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool store_stamp_equal(const struct store_stamp *a, const struct store_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       time_equal(a->modified, b->modified) && time_equal(a->changed, b->changed);
}

static NTSTATUS read_table(const char *path, int fd, size_t n, struct accounts **out)
{
	struct accounts_fault fault = { 0, NULL };
	char *text = mem_alloc(n);
	if (!text)
		return fail(STATUS_NO_MEMORY, "reading the accounts file");
	if (!file_read_all(fd, text, n)) {
		mem_free_wiped(text, n);
		return not_ours(path, "cannot be read");
	}
	NTSTATUS status = accounts_parse(text, n, out, &fault);
	mem_free_wiped(text, n);
	if (status == STATUS_NO_MEMORY)
		return fail(status, "reading the accounts file");
	if (failed(status)) {
		trace_line("accounts: %s:%u: %s", path, fault.line, fault.reason);
		return fail(status, "understanding the accounts file");
	}
	return STATUS_SUCCESS;
}

NTSTATUS store_read(const char *path, struct accounts **out, struct store_stamp *stamp)
{
	struct stat st;

	*out = NULL;
	NTSTATUS status = check_parent(path);
	if (failed(status))
		return status;
	CLEANUP(store_close) int fd = store_open_own(path, O_RDONLY);
	if (fd < 0 && errno == ENOENT)
		return fail(STATUS_OBJECT_NAME_NOT_FOUND, "looking for the accounts file");
	if (fd < 0 || fstat(fd, &st) != 0)
		return not_ours(path, "cannot be opened as this user's own file");
	if (st.st_size > (off_t)ACCOUNTS_FILE_MAX) {
		trace_line("accounts: %s: larger than 16 MiB", path);
		return fail(SEC_E_INTERNAL_ERROR, "understanding the accounts file");
	}
	if (stamp)
		*stamp = stamp_of(&st);
	return read_table(path, fd, (size_t)st.st_size, out);
}

/* ---- writing ---- */

static bool sync_parent(const char *path)
{
	char parent[PATH_MAX];

	parent_of(path, parent);
	CLEANUP(store_close) int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0;
}

/* Unlocked by name: a child forked meanwhile has the descriptor too. */
static void unlock_file(int *fd)
{
	if (*fd >= 0)
		flock(*fd, LOCK_UN);
	store_close(fd);
}

struct paths {
	char lock[PATH_MAX], fresh[PATH_MAX];
};

static bool paths_make(const char *path, struct paths *out)
{
	int a = snprintf(out->lock, sizeof(out->lock), "%s.lock", path);
	int b = snprintf(out->fresh, sizeof(out->fresh), "%s.new", path);
	return a > 0 && b > 0 && a < PATH_MAX && b < PATH_MAX;
}

/* Called with the lock held, so a FILE.new that is there is a dead writer's. */
static NTSTATUS replace(const char *path, const char *fresh, const struct accounts *t)
{
	size_t n = 0;

	if (unlink(fresh) != 0 && errno != ENOENT)
		return not_ours(fresh, "cannot be removed");
	CLEANUP(store_close) int fd = store_open_own(fresh, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return not_ours(fresh, "cannot be made");
	char *text = accounts_text(t, &n);
	if (!text) {
		unlink(fresh);
		return fail(STATUS_NO_MEMORY, "writing the accounts file");
	}
	bool written = n <= ACCOUNTS_FILE_MAX && file_write_all(fd, text, n) && fsync(fd) == 0 &&
		       rename(fresh, path) == 0;
	mem_free_wiped(text, n);
	if (!written) {
		unlink(fresh);
		return not_ours(path, "cannot be written");
	}
	return sync_parent(path) ? STATUS_SUCCESS
				 : not_ours(path, "its directory cannot be flushed");
}

static NTSTATUS lock_file(const char *path, int *out)
{
	int fd = store_open_own(path, O_RDWR | O_CREAT);
	if (fd < 0)
		return not_ours(path, "cannot be opened as this user's own file");
	while (flock(fd, LOCK_EX) != 0)
		if (errno != EINTR) {
			close(fd);
			return not_ours(path, "cannot be locked");
		}
	*out = fd;
	return STATUS_SUCCESS;
}

NTSTATUS store_update(const char *path, bool create, store_change change, void *argument)
{
	CLEANUP(accounts_free_p) struct accounts *t = NULL;
	CLEANUP(unlock_file) int lock = -1;
	struct paths paths;

	if (path[0] != '/' || !paths_make(path, &paths))
		return not_ours(path, "not an absolute path of fair length");
	if (create && !place_make_parent(path))
		return not_ours(path, "its directory cannot be made");
	NTSTATUS status = check_parent(path);
	if (!failed(status))
		status = lock_file(paths.lock, &lock);
	if (failed(status))
		return status;
	status = store_read(path, &t, NULL);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND && create) {
		t = accounts_new();
		status = t ? STATUS_SUCCESS : STATUS_NO_MEMORY;
	}
	if (!failed(status))
		status = change(t, argument);
	return failed(status) ? status : replace(path, paths.fresh, t);
}
