/* base/module.h - what a built-in package's folder shows of itself: its tables, and what describes tokens.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * lib/ lists the modules. A third party's .so is one, too: it has SpLsaModeInitialize and
 * SpUserModeInitialize in the place of tables, and lsa/ drives both alike. */
#ifndef OPENSSPI_BASE_MODULE_H
#define OPENSSPI_BASE_MODULE_H

#include <ntsecpkg.h>

#include "base/text.h"

struct package_module {
	const char *name; /* of the module, for traces */

	/* Of one that has no tables below: they say where those are. */
	NTSTATUS(*lsa_initialize)
	(ULONG lsa_version, ULONG *package_version, PSECPKG_FUNCTION_TABLE *tables, ULONG *count);

	/* May be NULL. */
	NTSTATUS(*user_initialize)
	(ULONG lsa_version, ULONG *package_version, PSECPKG_USER_FUNCTION_TABLE *tables,
	 ULONG *count);

	/* Describes a token of this package's protocol, indented by `depth` levels of two spaces;
	 * false when it is not one. May be NULL. */
	bool (*describe)(const uint8_t *token, size_t len, unsigned depth, struct text *out);

	/* A built-in package's own. Without `user`: a package without message protection. One user table
	 * per LSA table. */
	SECPKG_FUNCTION_TABLE *lsa;
	SECPKG_USER_FUNCTION_TABLE *user;
	ULONG lsa_count, user_count;
};

/* Its LSA tables, as SpLsaModeInitialize gives them out. STATUS_NOT_SUPPORTED: it has none. */
static inline MUST_CHECK NTSTATUS module_lsa_tables(const struct package_module *m, ULONG *version,
						    PSECPKG_FUNCTION_TABLE *tables, ULONG *count)
{
	if (!m->lsa)
		return m->lsa_initialize
			       ? m->lsa_initialize(SECPKG_INTERFACE_VERSION, version, tables, count)
			       : STATUS_NOT_SUPPORTED;
	*version = SECPKG_INTERFACE_VERSION_10; /* the whole table: several may stand in a row */
	*tables = m->lsa;
	*count = m->lsa_count;
	return STATUS_SUCCESS;
}

static inline bool module_has_user_half(const struct package_module *m)
{
	return m->user || m->user_initialize;
}

/* Its user-mode tables, as SpUserModeInitialize gives them out, for a module that has that half. */
static inline MUST_CHECK NTSTATUS module_user_tables(const struct package_module *m, ULONG *version,
						     PSECPKG_USER_FUNCTION_TABLE *tables,
						     ULONG *count)
{
	if (!m->user)
		return m->user_initialize(SECPKG_INTERFACE_VERSION, version, tables, count);
	*version = SECPKG_INTERFACE_VERSION;
	*tables = m->user;
	*count = m->user_count;
	return STATUS_SUCCESS;
}

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
