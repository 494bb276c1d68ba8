/* tests/unit/hex.h - bytes written as hexadecimal digits, for known answers.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TEST_HEX_H
#define OPENSSPI_TEST_HEX_H

#include "base/base.h"
#include "wire/rd.h"

#define HEX_MAX 512

struct hex {
	uint8_t p[HEX_MAX];
	size_t n;
};

static inline UNUSED struct hex hex(const char *digits)
{
	struct hex h = { .n = strlen(digits) / 2 };
	assert(h.n <= HEX_MAX);
	for (size_t i = 0; i < h.n; i++) {
		unsigned byte = 0;
		if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
			abort();
		h.p[i] = (uint8_t)byte;
	}
	return h;
}

#define HEX_RD(h) rd_of((h).p, (h).n)

/* Asserts that bytes are what the digits say. */
#define assert_hex(bytes, digits)                                                                  \
	do {                                                                                       \
		struct hex want_ = hex(digits);                                                    \
		assert_memory_equal((bytes), want_.p, want_.n);                                    \
	} while (0)

#endif
