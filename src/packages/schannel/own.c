/* packages/schannel/own.c - see packages/schannel/own.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A new file is complete before it has its name, and it gets the name only if nobody else took it:
 * of two servers that start at once, one reads what the other made. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/places.h"
#include "base/trace.h"
#include "packages/schannel/own.h"

#define PEM_MAX (256 * 1024)

static void fd_close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* The file's bytes; *absent when there is no file. */
static NTSTATUS read_file(const char *path, struct secret **out, bool *absent)
{
	struct stat st;

	*absent = false;
	CLEANUP(fd_close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		*absent = errno == ENOENT;
		return *absent ? SEC_E_NO_CREDENTIALS
			       : fail(SEC_E_NO_CREDENTIALS, "opening the kept certificate");
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) || st.st_size > PEM_MAX)
		return fail(SEC_E_NO_CREDENTIALS,
			    "a kept certificate that is not the user's alone");
	CLEANUP(secret_free_p) struct secret *s = secret_new((size_t)st.st_size);
	if (!s)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "reading the kept certificate");
	for (size_t at = 0; at < s->len;) {
		ssize_t n = read(fd, s->p + at, s->len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(SEC_E_NO_CREDENTIALS, "reading the kept certificate");
		at += (size_t)n;
	}
	*out = TAKE(s);
	return SEC_E_OK;
}

/* The directory of a file, open; -1 when that fails. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(mem_free_p) char *folder = slash ? mem_dup_text(path) : NULL;
	if (!folder)
		return -1;
	folder[slash - path] = '\0';
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Makes the directory's new entry last. */
static void sync_directory(const char *path)
{
	CLEANUP(fd_close_p) int fd = open_folder(path);
	if (fd >= 0 && fsync(fd) != 0)
		trace_line("schannel: the directory of the kept certificate was not synced");
}

/* On a file system that can neither link nor rename without replacing (FAT, some network ones): looks
 * and renames under a lock on the directory, which all who come here take. */
static bool publish_locked(const char *temporary, const char *path)
{
	struct stat st;
	CLEANUP(fd_close_p) int folder = open_folder(path);

	if (folder < 0 || flock(folder, LOCK_EX) != 0)
		return false;
	if (lstat(path, &st) != 0 && errno == ENOENT)
		return rename(temporary, path) == 0;
	unlink(temporary);
	return true;
}

/* Gives the finished file its name: instead of an old one, or only if there is none. */
static bool publish(const char *temporary, const char *path, bool replace)
{
	if (replace)
		return rename(temporary, path) == 0;
	if (link(temporary, path) == 0 || errno == EEXIST) {
		unlink(temporary);
		return true;
	}
	/* a file system without links */
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	if (errno == EEXIST) {
		unlink(temporary);
		return true;
	}
	return publish_locked(temporary, path);
}

static NTSTATUS write_file(const char *path, const struct secret *pem, bool replace)
{
	size_t room = strlen(path) + 8;
	CLEANUP(mem_free_p) char *temporary = mem_alloc(room);

	if (!temporary)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the certificate");
	snprintf(temporary, room, "%s.XXXXXX", path);
	if (!place_make_parent(path))
		return fail(SEC_E_NO_CREDENTIALS, "making the kept certificate's directory");
	CLEANUP(fd_close_p) int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail(SEC_E_NO_CREDENTIALS, "keeping the certificate");
	if (fchmod(fd, 0600) != 0 || !file_write_all(fd, pem->p, pem->len) || fsync(fd) != 0 ||
	    !publish(temporary, path, replace)) {
		unlink(temporary);
		return fail(SEC_E_NO_CREDENTIALS, "keeping the certificate");
	}
	sync_directory(path);
	return SEC_E_OK;
}

static NTSTATUS make(const struct tls_ops *tls, const char *host, const char *path, bool replace)
{
	struct tls_identity made;
	struct secret *pem = NULL;

	NTSTATUS status = tls->identity_new(host, &made);
	if (failed(status))
		return status;
	status = tls->identity_write(&made, &pem);
	if (!failed(status))
		status = write_file(path, pem, replace);
	secret_free(pem);
	tls->identity_done(&made);
	return status;
}

static NTSTATUS read_identity(const struct tls_ops *tls, const char *path, struct tls_identity *out,
			      bool *absent)
{
	CLEANUP(secret_free_p) struct secret *pem = NULL;
	NTSTATUS status = read_file(path, &pem, absent);
	if (failed(status))
		return status;
	return tls->identity_read(rd_of(pem->p, pem->len), out);
}

NTSTATUS own_identity(const struct tls_ops *tls, const char *host, struct tls_identity *out)
{
	CLEANUP(mem_free_p) char *path = place_path(PLACE_USER_STATE, "certificate.pem");
	bool absent, over = false;

	if (!path)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "the kept certificate's place");
	NTSTATUS status = read_identity(tls, path, out, &absent);
	if (!failed(status)) {
		over = out->not_after <= (int64_t)time(NULL);
		if (!over)
			return SEC_E_OK;
		trace_line("schannel: the kept certificate's time is over, a new one is made");
		tls->identity_done(out);
	}
	if (!absent && !over)
		return status;
	status = make(tls, host, path, over);
	return failed(status) ? status : read_identity(tls, path, out, &absent);
}
