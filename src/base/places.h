/* base/places.h - where files are: XDG and FHS customs, moved as a whole by OPENSSPI_HOME.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * OPENSSPI_HOME=DIR turns every place into DIR/etc, DIR/data, DIR/state or DIR/run. Under AT_SECURE
 * no variable of the environment counts and the user's places come from the password database. */
#ifndef OPENSSPI_BASE_PLACES_H
#define OPENSSPI_BASE_PLACES_H

#include "base/compiler.h"

enum place {
	PLACE_USER_CONFIG,   /* $XDG_CONFIG_HOME/opensspi */
	PLACE_USER_DATA,     /* $XDG_DATA_HOME/opensspi */
	PLACE_USER_STATE,    /* $XDG_STATE_HOME/opensspi */
	PLACE_USER_RUNTIME,  /* $XDG_RUNTIME_DIR/opensspi, /run/user/UID/opensspi, else below the user's
				state */
	PLACE_SYSTEM_CONFIG, /* /etc/opensspi */
	PLACE_SYSTEM_STATE,  /* /var/lib/opensspi */
};

/* True when the process has more rights than its caller (AT_SECURE). */
bool process_is_elevated(void);

/* False for an OPENSSPI_HOME that is no absolute path: whoever set it does not mean the usual places. */
MUST_CHECK bool place_home_is_usable(void);

/* Is there a folder that ends with the user's session? Without one PLACE_USER_RUNTIME outlasts it. */
bool place_has_runtime(void);

/* The path of `file` in `place` (mem_free); NULL when memory is short. For a user without a home it is a
 * path where nothing is. */
MUST_CHECK char *place_path(enum place place, const char *file);

/* Makes the directory that `path` lies in, and its parents, 0700 where missing. */
MUST_CHECK bool place_make_parent(const char *path);

#endif
