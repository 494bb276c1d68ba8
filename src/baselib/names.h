/* baselib/names.h - the names behind identifiers: users, groups, this machine.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASELIB_NAMES_H
#define OPENSSPI_BASELIB_NAMES_H

#include <windows.h>

#include "base/compiler.h"
#include "baselib/sid.h"

#define NAME_ROOM 1024 /* bytes of a name with its NUL */

/* DOMAIN\name in two parts, UTF-8. */
struct account_name {
	char domain[NAME_ROOM], name[NAME_ROOM];
	SID_NAME_USE use;
};

/* This machine's names: up to 15 bytes in upper case, and all of its host name. */
struct machine_name {
	char netbios[16];
	char host[NAME_ROOM];
};

void name_of_machine(struct machine_name *out);

/* Who the identifier stands for; false when nobody. */
MUST_CHECK bool name_of_sid(const struct sid_block *sid, struct account_name *out);

/* The identifier of "user", "MACHINE\user" or "user@machine", and of groups; false when nobody. */
MUST_CHECK bool sid_of_name(const char *text, struct sid_block *sid, struct account_name *out);

/* The calling process's user; false when the system knows no name for it. */
MUST_CHECK bool name_of_caller(struct account_name *out);

/* The full name a user has for people; "" when none is set. */
void name_for_people(const char *user, char out[NAME_ROOM]);

#endif
