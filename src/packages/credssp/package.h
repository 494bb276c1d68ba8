/* packages/credssp/package.h - the front door of CREDSSP.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_CREDSSP_PACKAGE_H
#define OPENSSPI_PACKAGES_CREDSSP_PACKAGE_H

#include "base/module.h"

extern const struct package_module credssp_module;

/* What SpGetInfo says; static. */
const SecPkgInfoW *cs_package_info(void);

#endif
