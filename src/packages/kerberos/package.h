/* packages/kerberos/package.h - Kerberos as a security package: its module and its description.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_PACKAGE_H
#define OPENSSPI_KERBEROS_PACKAGE_H

#include "base/module.h"

extern const struct package_module kerberos_module;

/* What QuerySecurityPackageInfo says of it; static. */
const SecPkgInfoW *kerberos_package_info(void);

#endif
