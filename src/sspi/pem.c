/* sspi/pem.c - see sspi/pem.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "sspi/pem.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

static size_t text_find(struct rd text, const char *what)
{
	const uint8_t *at = text.n ? memmem(text.p, text.n, what, strlen(what)) : NULL;
	return at ? (size_t)(at - text.p) : SIZE_MAX;
}

/* Takes everything before `what`, and `what` itself. */
static bool take_until(struct rd *text, const char *what, struct rd *before)
{
	size_t at = text_find(*text, what);
	return at != SIZE_MAX && rd_bytes(text, at, before) && rd_skip(text, strlen(what));
}

bool pem_next(struct rd *text, struct pem_block *out)
{
	struct rd r = *text, skipped, label;

	if (!take_until(&r, BEGIN, &skipped) || !take_until(&r, DASHES, &out->label) ||
	    !take_until(&r, END, &out->body) || !take_until(&r, DASHES, &label) ||
	    label.n != out->label.n || memcmp(label.p, out->label.p, label.n) != 0)
		return false;
	*text = r;
	return true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

struct secret *pem_read_file(const char *path)
{
	struct stat about;
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
	    about.st_size > (off_t)SECRET_MAX)
		return NULL;
	CLEANUP(secret_free_p) struct secret *file = secret_new((size_t)about.st_size);
	if (!file || !file_read_all(fd, file->p, file->len))
		return NULL;
	return TAKE(file);
}
