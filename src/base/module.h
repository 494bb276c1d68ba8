/* base/module.h - what a built-in package's folder shows of itself: three entry points.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * lib/ lists the modules; lsa/ loads them exactly as it loads a third party's .so, by their
 * SpLsaModeInitialize and SpUserModeInitialize. */
#ifndef OPENSSPI_BASE_MODULE_H
#define OPENSSPI_BASE_MODULE_H

#include <ntsecpkg.h>

#include "base/text.h"

struct package_module {
	const char *name; /* of the module, for traces */

	NTSTATUS (*lsa_initialize)
	(ULONG lsa_version, ULONG *package_version, PSECPKG_FUNCTION_TABLE *tables, ULONG *count);

	/* May be NULL: a package without message protection. One user table per LSA table. */
	NTSTATUS (*user_initialize)
	(ULONG lsa_version, ULONG *package_version, PSECPKG_USER_FUNCTION_TABLE *tables,
	 ULONG *count);

	/* Describes a token of this package's protocol, indented by `depth` levels of two spaces;
	 * false when it is not one. May be NULL. */
	bool (*describe)(const uint8_t *token, size_t len, unsigned depth, struct text *out);
};

/* What SpInstanceInit of a built-in package is given: Windows' table, and behind it what that lacks. */
struct module_services {
	SECPKG_DLL_FUNCTIONS windows;
	/* The user-mode half of the package of that name, in any case; NULL when there is none here. */
	const SECPKG_USER_FUNCTION_TABLE *(*locate)(const WCHAR *name, size_t n);
};

/* The services that begin with that table. */
static inline const struct module_services *
module_services_of(const SECPKG_DLL_FUNCTIONS *functions)
{
	return (const struct module_services *)(const void *)functions;
}

#endif
