/* packages/kerberos/describe.h - a Kerberos token as a tree for people.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_DESCRIBE_H
#define OPENSSPI_KERBEROS_DESCRIBE_H

#include "base/text.h"

/* struct package_module.describe: false when the bytes are no token of Kerberos' GSS mechanism. What is
 * enciphered is shown by its length alone. */
bool kerberos_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out);

#endif
