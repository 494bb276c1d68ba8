/* packages/ntlm/describe.h - an NTLM message as a tree for people.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_DESCRIBE_H
#define OPENSSPI_NTLM_DESCRIBE_H

#include "base/text.h"

/* struct package_module.describe: false when the bytes are no NTLM message. Responses and keys are
 * shown by their lengths alone. */
bool ntlm_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out);

#endif
