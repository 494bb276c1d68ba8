/* ipc/userhalf.h - the user-mode halves of packages: loaded once, found by package name.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The facade uses them for contexts that were mapped into the application, the LSA for contexts it
 * holds itself on behalf of another package. Both see only packed contexts. */
#ifndef OPENSSPI_IPC_USERHALF_H
#define OPENSSPI_IPC_USERHALF_H

#include <ntsecpkg.h>

#include "base/base.h"
#include "base/module.h"

struct userhalves;

/* Notes the modules; nothing of them runs before userhalf_table asks. NULL-terminated. */
MUST_CHECK NTSTATUS userhalves_new(const struct package_module *const *modules,
				   struct userhalves **out);
void userhalves_free(struct userhalves *u);

/* The process's user halves, made on first use; NULL when memory is short, or when the channel has not
 * been opened yet. Implemented in lib/, which knows the modules. */
struct userhalves *userhalves_current(void);

/* The user table that belongs to the `table_index`th LSA table of module number `module_index`;
 * runs SpUserModeInitialize and InstanceInit on first use. NULL when it has none or refuses. */
const SECPKG_USER_FUNCTION_TABLE *userhalf_table(struct userhalves *u, uint32_t module_index,
						 uint32_t table_index);

/* Begins them all, for what their InstanceInit registers. NULL is nothing. */
void userhalves_begin(struct userhalves *u);

/* Says by which id LocatePackageById finds that table; a later word for the same id counts. NULL is
 * nothing. Ids from 256 on are not found. */
void userhalves_name(struct userhalves *u, uint32_t id, uint32_t module_index,
		     uint32_t table_index);

/* And what the package of that id is called, for module_services.locate. */
void userhalves_call(uint32_t id, const WCHAR *name, size_t n);

/* SECPKG_DLL_FUNCTIONS.LocatePackageById answers a user-mode half of this process, by the package's id
 * (SpInitialize tells a package its own, ReachTakePacked another's); not from within SpInstanceInit. */

/* SECPKG_DLL_FUNCTIONS.AllocateHeap and FreeHeap are base/block.h's. The packed context handed to
 * InitUserModeContext is such a block; the package releases it (FreeHeap or FreeContextBuffer). */

#endif
