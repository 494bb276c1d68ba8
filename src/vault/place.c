/* vault/place.c - where the file lies: whose folder, what file system, may it be written.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The database itself is never opened here while a connection may be: closing any descriptor of a file
 * drops the process's locks on it. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/places.h"
#include "base/text.h"
#include "vault/inner.h"

/* File systems whose shared memory or locks cannot be trusted between machines. */
static const uint32_t network_kinds[] = {
	0x6969,	    /* NFS */
	0x517B,	    /* SMB */
	0xFF534D42, /* CIFS */
	0xFE534D42, /* SMB2 */
	0x5346414F, /* AFS, OpenAFS */
	0x6B414653, /* AFS, the kernel's */
	0x01021997, /* 9P */
	0x00C36400, /* Ceph */
	0x73757245, /* Coda */
	0x564C,	    /* NCP */
	0x7461636F, /* OCFS2 */
	0x01161970, /* GFS2 */
	0x0BD00BD0, /* Lustre */
	0x47504653, /* GPFS */
	0x65735546, /* FUSE: sshfs and its kind */
	0x786F4256, /* VirtualBox's shared folders */
	0xBACBACBC, /* VMware's */
};

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct text t = { 0 };

	if (!slash)
		return mem_dup_text(".");
	text_add(&t, "%.*s", (int)(slash == path ? 1 : slash - path), path);
	return text_finish(&t);
}

static char *joined(const char *a, const char *b, const char *c)
{
	struct text t = { 0 };
	text_add(&t, "%s%s%s", a, b, c);
	return text_finish(&t);
}

bool place_is_network(const char *path)
{
	CLEANUP(mem_free_p) char *folder = folder_of(path);
	struct statfs fs;

	if (!folder || statfs(folder, &fs) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(network_kinds); i++)
		if (network_kinds[i] == (uint32_t)fs.f_type)
			return true;
	return false;
}

NTSTATUS place_check(struct vault *v)
{
	CLEANUP(mem_free_p) char *folder = folder_of(v->path);
	struct stat st;

	if (!folder)
		return fail(STATUS_NO_MEMORY, "a folder's name");
	if (stat(folder, &st) != 0)
		return errno == ENOENT
			       ? vault_fail(v, VAULT_ABSENT, "%s: no such folder", folder)
			       : vault_fail(v, VAULT_NOT_OURS, "%s: cannot be searched", folder);
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return vault_fail(
			v, VAULT_NOT_OURS,
			"%s: the folder must belong to the user %u and be writable by no other",
			folder, (unsigned)geteuid());
	if (lstat(v->path, &st) != 0)
		return errno == ENOENT
			       ? vault_fail(v, VAULT_ABSENT, "%s: no such file", v->path)
			       : vault_fail(v, VAULT_NOT_OURS, "%s: cannot be looked at", v->path);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 022)
		return vault_fail(v, VAULT_NOT_OURS,
				  "%s: must be a plain file of the user %u that no other can write",
				  v->path, (unsigned)geteuid());
	if (st.st_size == 0)
		return vault_fail(v, VAULT_DAMAGED, "%s: the file is empty", v->path);
	return STATUS_SUCCESS;
}

struct place_mark place_mark_of(const struct vault *v, bool content)
{
	CLEANUP(mem_free_p) char *log = content ? joined(v->path, "-wal", "") : NULL;
	struct place_mark mark = { 0 };
	struct stat st[2] = { 0 };

	if (lstat(v->path, &st[0]) != 0)
		return mark;
	mark.device = st[0].st_dev;
	mark.number = st[0].st_ino;
	if (!log)
		return mark;
	if (lstat(log, &st[1]) != 0)
		st[1] = (struct stat){ 0 };
	for (size_t i = 0; i < 2; i++) {
		mark.size[i] = st[i].st_size;
		mark.written[i] = st[i].st_mtim;
	}
	return mark;
}

bool place_has_changed(const struct vault *v)
{
	bool content = v->immutable || v->copy_dir;
	struct place_mark now = place_mark_of(v, content);
	bool same = now.device == v->mark.device && now.number == v->mark.number;

	for (size_t i = 0; i < 2 && same && content; i++)
		same = now.size[i] == v->mark.size[i] &&
		       now.written[i].tv_sec == v->mark.written[i].tv_sec &&
		       now.written[i].tv_nsec == v->mark.written[i].tv_nsec;
	return !same;
}

bool place_is_read_only(const char *path)
{
	CLEANUP(mem_free_p) char *folder = folder_of(path);

	return folder && (faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) != 0 ||
			  faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0);
}

static bool copy_file(const char *from, const char *to)
{
	uint8_t buffer[16384];
	ssize_t got;
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = in >= 0 && out >= 0;

	while (ok && (got = read(in, buffer, sizeof(buffer))) != 0)
		ok = got > 0 && write(out, buffer, (size_t)got) == got;
	if (in >= 0)
		close(in);
	return out >= 0 && close(out) == 0 && ok;
}

static const char *const suffix[] = { "", "-wal", "-journal", "-shm" };

static bool copy_with_log(struct vault *v)
{
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(mem_free_p) char *from = joined(v->path, suffix[i], "");
		CLEANUP(mem_free_p) char *to = joined(v->copy_dir, "/vault.db", suffix[i]);
		struct stat st;
		if (!from || !to || (stat(from, &st) == 0 && !copy_file(from, to)))
			return false;
	}
	return true;
}

NTSTATUS place_copy(struct vault *v, char **path)
{
	CLEANUP(mem_free_p) char *beside = place_path(PLACE_USER_RUNTIME, "vault-XXXXXX");
	const char *made = beside && place_make_parent(beside) ? mkdtemp(beside) : NULL;

	if (!made) {
		mem_free(beside);
		beside = mem_dup_text("/tmp/opensspi-vault-XXXXXX");
		made = beside ? mkdtemp(beside) : NULL;
	}
	if (!made)
		return vault_fail(v, STATUS_IO_DEVICE_ERROR,
				  "%s: there is no room for a private copy to read from", v->path);
	v->copy_dir = TAKE(beside);
	*path = joined(v->copy_dir, "/vault.db", "");
	if (!*path || !copy_with_log(v)) {
		place_drop_copy(v);
		mem_free(TAKE(*path));
		return vault_fail(v, STATUS_IO_DEVICE_ERROR, "%s: copying it to read from failed",
				  v->path);
	}
	return STATUS_SUCCESS;
}

void place_drop_copy(struct vault *v)
{
	if (!v->copy_dir)
		return;
	for (size_t i = 0; i < ARRAY_LEN(suffix); i++) {
		CLEANUP(mem_free_p) char *file = joined(v->copy_dir, "/vault.db", suffix[i]);
		if (file)
			unlink(file);
	}
	rmdir(v->copy_dir);
	mem_free(TAKE(v->copy_dir));
}

bool place_sync_folder(const char *path)
{
	CLEANUP(mem_free_p) char *folder = folder_of(path);
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}
