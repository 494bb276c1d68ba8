/* crypto/permute.h - a keyed permutation of a whole buffer, for keeping secrets unreadable in memory.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Four Feistel rounds over the two halves with HMAC-SHA-256 as round function (Luby and Rackoff):
 * every byte of the result depends on every byte of the buffer, so two secrets never share a
 * keystream. Length-preserving, any length; there is no integrity. */
#ifndef OPENSSPI_CRYPTO_PERMUTE_H
#define OPENSSPI_CRYPTO_PERMUTE_H

#include "base/compiler.h"

#define PERMUTE_KEY_LEN 32

/* In place. A buffer of one byte has no second half to depend on. */
void permute(const uint8_t key[PERMUTE_KEY_LEN], void *buffer, size_t n);
void permute_back(const uint8_t key[PERMUTE_KEY_LEN], void *buffer, size_t n);

#endif
