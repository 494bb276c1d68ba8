/* lib/modules.h - the packages that are built in, in the order in which the LSA loads them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LIB_MODULES_H
#define OPENSSPI_LIB_MODULES_H

#include "base/module.h"

/* NULL at the end. */
extern const struct package_module *const library_modules[];

#endif
