/* winbind/winbind.h - a domain's controllers through Samba's winbindd: one table out of a loaded module.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The only room that includes libwbclient. */
#ifndef OPENSSPI_WINBIND_WINBIND_H
#define OPENSSPI_WINBIND_WINBIND_H

#include <opensspi.h>

#include "base/part.h"
#include "wire/rd.h"

#define WINBIND_MODULE_FILE "opensspi-winbind.so"
#define WINBIND_MODULE_ENTRY "opensspi_winbind_module"

/* Who it was, as the controller says: mem_free's by done(). */
struct winbind_answer {
	uint8_t user_session_key[16]; /* [MS-NLMP]'s SessionBaseKey; wiped by done() */
	char *domain, *user;	      /* UTF-8, as the domain spells them */
	char *user_sid;		      /* "S-1-5-21-..." */
	char **group_sids;	      /* the primary group first */
	size_t group_count;
};

struct winbind_ops {
	/* Is winbindd there and has it a domain? */
	bool (*is_reachable)(void);
	/* Statuses as OPENSSPI_LSA_EXTENSION.AuthenticateNtlm; SEC_E_NO_AUTHENTICATING_AUTHORITY when
	 * winbindd or every controller is out of reach. */
	NTSTATUS (*authenticate)(const OPENSSPI_NTLM_LOGON *logon, struct winbind_answer *out);
	void (*done)(struct winbind_answer *a);
};

part_entry opensspi_winbind_module;

#endif
