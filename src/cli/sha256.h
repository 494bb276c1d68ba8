/* cli/sha256.h - SHA-256 of a certificate, for its fingerprint; nothing secret goes through here.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_SHA256_H
#define OPENSSPI_CLI_SHA256_H

#include "cli/cli.h"

#define FINGERPRINT_LEN 96 /* 32 times "xx:", the last one ending in NUL */

/* The fingerprint as people read it: "ab:cd:...". */
void sha256_fingerprint(const unsigned char *p, size_t n, char out[FINGERPRINT_LEN]);

#endif
