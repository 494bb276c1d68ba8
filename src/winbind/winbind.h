/* winbind/winbind.h - a domain's controllers through Samba's winbindd: one table out of a loaded module.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The only room that includes libwbclient. Each call has a connection of its own, so that threads and
 * forked children share none. A call ends: winbindd gives a controller up after its "winbind request
 * timeout" (60 seconds), and libwbclient a winbindd that says nothing after 300. */
#ifndef OPENSSPI_WINBIND_WINBIND_H
#define OPENSSPI_WINBIND_WINBIND_H

#include <opensspi.h>

#include "base/part.h"
#include "wire/rd.h"

#define WINBIND_MODULE_FILE "opensspi-winbind.so"
#define WINBIND_MODULE_ENTRY "opensspi_winbind_module"

/* An NT response and what it answers; names are UTF-8, never NULL. */
struct winbind_question {
	const char *domain, *user, *workstation;
	uint8_t challenge[8];
	struct rd response; /* NTLMv1's or v2's */
};

/* Who it was, as the controller says: mem_free's by done(). */
struct winbind_answer {
	uint8_t user_session_key[16]; /* [MS-NLMP]'s SessionBaseKey; wiped by done() */
	char *domain, *user;	      /* UTF-8, as the domain spells them */
	char **sids;	  /* "S-1-5-21-...": the user's, the primary group's, other groups' */
	size_t sid_count; /* at least 1 */
};

struct winbind_ops {
	/* Is winbindd there, and knows whose machine this is? */
	bool (*is_reachable)(void);
	/* Does it know this machine as DOMAIN\COMPUTER, whatever the case? A controller refuses responses
	 * that were made for another one. True too when it cannot be asked. */
	bool (*is_called)(const char *domain, const char *computer);
	/* Statuses as OPENSSPI_LSA_EXTENSION.AuthenticateNtlm, those of accounts also
	 * STATUS_ACCOUNT_RESTRICTION, _INVALID_LOGON_HOURS, _INVALID_WORKSTATION, _LOGON_TYPE_NOT_GRANTED;
	 * STATUS_TIME_DIFFERENCE_AT_DC; SEC_E_NO_AUTHENTICATING_AUTHORITY when winbindd or every controller
	 * is out of reach, or winbindd answers this user nothing. A guest is refused, and so is an answer
	 * without a session key. */
	NTSTATUS(*authenticate)
	(const struct winbind_question *question, struct winbind_answer *out);
	void (*done)(struct winbind_answer *a);
};

part_entry opensspi_winbind_module;

#endif
