/* packages/tsssp/package.h - the front door of TSSSP, CredSSP for programs that own their TLS.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_TSSSP_PACKAGE_H
#define OPENSSPI_PACKAGES_TSSSP_PACKAGE_H

#include "base/module.h"

extern const struct package_module tsssp_module;

/* What SpGetInfo says; static. */
const SecPkgInfoW *ts_package_info(void);

/* Describes a TSRequest or TSCredentials. */
bool ts_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out);

#endif
