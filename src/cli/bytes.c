/* cli/bytes.c - a growing run of bytes that is wiped when it moves and when it ends.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/bytes.h"

#include <stdlib.h>
#include <string.h>

bool bytes_reserve(struct bytes *b, size_t n)
{
	if (n <= b->room - b->len)
		return true;
	if (n > SIZE_MAX / 2 - b->len)
		return false;

	size_t room = (b->len + n) * 2;
	unsigned char *larger = malloc(room);
	if (!larger)
		return false;
	if (b->p) {
		memcpy(larger, b->p, b->len);
		explicit_bzero(b->p, b->room);
		free(b->p);
	}
	b->p = larger;
	b->room = room;
	return true;
}

bool bytes_append(struct bytes *b, const void *p, size_t n)
{
	if (!bytes_reserve(b, n))
		return false;
	if (n)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	return true;
}

void bytes_drop(struct bytes *b, size_t n)
{
	if (!n)
		return;
	memmove(b->p, b->p + n, b->len - n);
	explicit_bzero(b->p + b->len - n, n);
	b->len -= n;
}

void bytes_done(struct bytes *b)
{
	if (b->p)
		explicit_bzero(b->p, b->room);
	free(b->p);
	*b = (struct bytes){ 0 };
}

void free_p(void *pointer)
{
	free(*(void **)pointer);
}
