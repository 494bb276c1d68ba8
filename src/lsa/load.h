/* lsa/load.h - other people's security packages: shared objects as modules like the built-in ones.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A file is loaded by its absolute path, and only when nobody but root and this user can have put it
 * there. What was loaded stays until modules_free: a refused package may have left a thread behind. */
#ifndef OPENSSPI_LSA_LOAD_H
#define OPENSSPI_LSA_LOAD_H

#include "base/base.h"
#include "base/module.h"

#define MODULES_MAX 64 /* files that are loaded; a built-in module is none */

struct modules;

/* The built-in modules (NULL-terminated), which come first. NULL when memory is short. */
MUST_CHECK struct modules *modules_new(const struct package_module *const *builtin);

/* Adds the files named in `list` (may be NULL), one after the other between `separator`s; blanks around a
 * name do not count. One that is not loaded costs a line of the trace that names it and says why. */
void modules_add(struct modules *m, const char *list, char separator);

/* All of them, NULL at the end; good until the next modules_add. */
const struct package_module *const *modules_list(const struct modules *m);

/* Unloads the files. Neither an LSA nor user-mode halves may be left that were made of the list. */
void modules_free(struct modules *m);
DEFINE_CLEANUP(struct modules *, modules_free)

#endif
