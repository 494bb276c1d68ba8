/* lib/modules.h - the process's packages, in the order in which the LSA loads them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LIB_MODULES_H
#define OPENSSPI_LIB_MODULES_H

#include "base/module.h"
#include "policy/policy.h"

/* Those that are built in; NULL at the end. */
extern const struct package_module *const library_modules[];

/* All: the built-in ones, then the files of [lsa] packages, then those of OPENSSPI_PACKAGES (not under
 * AT_SECURE). They are loaded by the first call and stay; userhalves_current knows them from then on.
 * Not from two threads at once. NULL when memory is short. */
MUST_CHECK const struct package_module *const *modules_current(const struct policy *policy);

#endif
