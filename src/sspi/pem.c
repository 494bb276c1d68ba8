/* sspi/pem.c - see sspi/pem.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool base64_decode(struct rd text, uint8_t *out, size_t *out_n)
{
	uint32_t group = 0;
	unsigned digits = 0, pads = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (is_space(text.p[i]))
			continue;
		int value = text.p[i] == '=' ? 0 : base64_value(text.p[i]);
		pads += text.p[i] == '=';
		if (value < 0 || (pads && text.p[i] != '='))
			return false;
		group = group << 6 | (uint32_t)value;
		if (++digits % 4)
			continue;
		for (unsigned b = 0; b < 3; b++)
			out[n++] = (uint8_t)(group >> (16 - 8 * b));
	}
	mem_wipe(&group, sizeof(group));
	if (digits % 4 || pads > 2 || n == 0)
		return false;
	*out_n = n - pads;
	return true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool read_all(int fd, uint8_t *out, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = read(fd, out + done, n - done);
		if (got <= 0 && !(got < 0 && errno == EINTR))
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

struct secret *pem_read_file(const char *path)
{
	struct stat about;
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
	    about.st_size > (off_t)SECRET_MAX)
		return NULL;
	CLEANUP(secret_free_p) struct secret *file = secret_new((size_t)about.st_size);
	if (!file || !read_all(fd, file->p, file->len))
		return NULL;
	return TAKE(file);
}
