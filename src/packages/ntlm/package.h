/* packages/ntlm/package.h - NTLM as a security package: its module and its description.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_PACKAGE_H
#define OPENSSPI_NTLM_PACKAGE_H

#include "base/module.h"

extern const struct package_module ntlm_module;

/* What QuerySecurityPackageInfo says of it; static. */
const SecPkgInfoW *ntlm_package_info(void);

#endif
