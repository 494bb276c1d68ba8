/* packages/negotiate/package.h - Negotiate as a security package: its module and its description.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NEGOTIATE_PACKAGE_H
#define OPENSSPI_NEGOTIATE_PACKAGE_H

#include "base/module.h"

extern const struct package_module negotiate_module;

/* What QuerySecurityPackageInfo says of it; static. */
const SecPkgInfoW *negotiate_package_info(void);

/* struct package_module.describe: false when the bytes are no SPNEGO token. */
bool negotiate_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out);

#endif
