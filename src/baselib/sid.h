/* baselib/sid.h - a security identifier with room for all it may hold, and who it stands for.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Local users are S-1-22-1-UID and groups S-1-22-2-GID, as Samba has them. */
#ifndef OPENSSPI_BASELIB_SID_H
#define OPENSSPI_BASELIB_SID_H

#include <windows.h>

#include "base/compiler.h"

#define SID_AUTHORITY_NULL 0
#define SID_AUTHORITY_WORLD 1
#define SID_AUTHORITY_NT 5
#define SID_AUTHORITY_UNIX 22
#define SID_UNIX_USER 1
#define SID_UNIX_GROUP 2

/* The layout of SID, with every subauthority. */
struct sid_block {
	BYTE revision, count;
	BYTE authority[6];
	DWORD sub[SID_MAX_SUB_AUTHORITIES];
};

/* The identifier of a small authority number and `count` subauthorities. */
struct sid_block sid_make(unsigned authority, size_t count, const DWORD *sub);

/* Reads S-1-...; false when the text is something else. */
MUST_CHECK bool sid_parse(const char *text, struct sid_block *out);

static inline UNUSED struct sid_block sid_of_user(uint32_t uid)
{
	return sid_make(SID_AUTHORITY_UNIX, 2, (DWORD[]){ SID_UNIX_USER, uid });
}

static inline UNUSED struct sid_block sid_of_group(uint32_t gid)
{
	return sid_make(SID_AUTHORITY_UNIX, 2, (DWORD[]){ SID_UNIX_GROUP, gid });
}

#endif
