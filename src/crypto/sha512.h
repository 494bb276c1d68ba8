/* crypto/sha512.h - SHA-512's blocks at once, faster than nettle's where the processor allows.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CRYPTO_SHA512_H
#define OPENSSPI_CRYPTO_SHA512_H

#include <nettle/sha2.h>

#include "base/compiler.h"

/* As sha512_update, which is also SHA-384's. */
void sha512_add(struct sha512_ctx *ctx, const void *p, size_t n);

#endif
