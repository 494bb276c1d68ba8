/* base/random.c - see base/random.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <sys/random.h>

#include "base/random.h"

NTSTATUS random_bytes(void *out, size_t n)
{
	uint8_t *p = out;

	while (n) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail(STATUS_UNSUCCESSFUL, "reading the kernel's random bytes");
		p += got;
		n -= (size_t)got;
	}
	return STATUS_SUCCESS;
}
