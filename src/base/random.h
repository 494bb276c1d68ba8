/* base/random.h - bytes nobody can guess.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_RANDOM_H
#define OPENSSPI_BASE_RANDOM_H

#include <windef.h>

#include "base/compiler.h"

/* Fills `n` bytes from the kernel's generator. STATUS_SUCCESS, or STATUS_UNSUCCESSFUL when the
 * kernel gives none: there is no weaker source to fall back to, and no state to share by fork. */
MUST_CHECK NTSTATUS random_bytes(void *out, size_t n);

#endif
