/* vault/keyfile.c - the key that lies in a file of its own, so that a headless machine works at once.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/places.h"
#include "base/random.h"
#include "vault/inner.h"

static const char head[] = "OpenSSPI vault key 1\n";

#define HEAD_LEN (sizeof(head) - 1)
#define FILE_LEN (HEAD_LEN + 2 * SEAL_KEY_LEN + 1)

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct secret *parse(const struct secret *text)
{
	CLEANUP(secret_free_p) struct secret *key = secret_new(SEAL_KEY_LEN);

	if (!key || memcmp(text->p, head, HEAD_LEN) != 0 || text->p[FILE_LEN - 1] != '\n')
		return NULL;
	for (size_t i = 0; i < SEAL_KEY_LEN; i++) {
		int high = digit_of(text->p[HEAD_LEN + 2 * i]);
		int low = digit_of(text->p[HEAD_LEN + 2 * i + 1]);
		if (high < 0 || low < 0)
			return NULL;
		key->p[i] = (uint8_t)(high << 4 | low);
	}
	return TAKE(key);
}

static NTSTATUS read_open(struct vault *v, int fd, const char *path, struct secret **out)
{
	CLEANUP(secret_free_p) struct secret *text = secret_new(FILE_LEN + 1);
	struct stat st;
	size_t n = 0;

	if (!text)
		return fail(STATUS_NO_MEMORY, "reading the key file");
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & 077)
		return vault_fail(v, VAULT_NOT_OURS,
				  "%s: must be a plain file of the user %u with mode 0600", path,
				  (unsigned)geteuid());
	for (ssize_t got = 1; got > 0 && n < text->len; n += (size_t)(got > 0 ? got : 0))
		got = read(fd, text->p + n, text->len - n);
	*out = n == FILE_LEN ? parse(text) : NULL;
	return *out ? STATUS_SUCCESS
		    : vault_fail(v, VAULT_DAMAGED, "%s: this is not a vault's key", path);
}

NTSTATUS keyfile_read(struct vault *v, const char *path, struct secret **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? vault_fail(v, VAULT_ABSENT, "%s: no such file", path)
			       : vault_fail(v, VAULT_NOT_OURS, "%s: cannot be opened", path);
	NTSTATUS status = read_open(v, fd, path, out);
	close(fd);
	return status;
}

/* A name that nobody else uses, in another thread, container or machine either. */
static NTSTATUS name_beside(struct vault *v, const char *path, char *out, size_t room)
{
	uint8_t mark[8];
	char hex[2 * sizeof(mark) + 1];
	NTSTATUS status = random_bytes(mark, sizeof(mark));

	if (failed(status))
		return status;
	if (snprintf(out, room, "%s.%s", path, hex_of(mark, sizeof(mark), hex)) >= (int)room)
		return vault_fail(v, STATUS_INVALID_PARAMETER, "the key file's name is too long");
	return STATUS_SUCCESS;
}

/* Written beside and linked into place, so that the file is whole or absent. */
NTSTATUS keyfile_write(struct vault *v, const char *path, const struct secret *key)
{
	CLEANUP(secret_free_p) struct secret *text = secret_new(FILE_LEN + 1);
	char beside[4096];

	if (!text || !place_make_parent(path))
		return vault_fail(v, STATUS_IO_DEVICE_ERROR, "%s: its folder cannot be made", path);
	memcpy(text->p, head, HEAD_LEN);
	hex_of(key->p, SEAL_KEY_LEN, (char *)text->p + HEAD_LEN);
	text->p[FILE_LEN - 1] = '\n';
	text->len = FILE_LEN;
	NTSTATUS status = name_beside(v, path, beside, sizeof(beside));
	if (failed(status))
		return status;
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && file_write_all(fd, text->p, text->len) && fsync(fd) == 0;
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (ok && link(beside, path) != 0) {
		ok = false;
		error = errno;
	}
	unlink(beside);
	if (ok && place_sync_folder(path))
		return STATUS_SUCCESS;
	return vault_fail(v,
			  error == ENOSPC || error == EDQUOT  ? VAULT_FULL
			  : error == EEXIST		      ? STATUS_OBJECT_NAME_COLLISION
			  : error == EROFS || error == EACCES ? VAULT_READ_ONLY_PLACE
							      : STATUS_IO_DEVICE_ERROR,
			  "%s: the key file cannot be written", path);
}

NTSTATUS keyfile_need(struct vault *v, struct secret **out)
{
	CLEANUP(secret_free_p) struct secret *key = NULL;
	NTSTATUS status = keyfile_read(v, v->key_path, out);

	if (status != VAULT_ABSENT)
		return status;
	key = secret_new(SEAL_KEY_LEN);
	if (!key)
		return fail(STATUS_NO_MEMORY, "making a key");
	status = random_bytes(key->p, key->len);
	if (!failed(status))
		status = keyfile_write(v, v->key_path, key);
	if (status == STATUS_OBJECT_NAME_COLLISION) /* another process was first */
		return keyfile_read(v, v->key_path, out);
	if (!failed(status))
		*out = TAKE(key);
	return status;
}
