/* cli/tickets.h - the caller's Kerberos tickets, asked of the LSA.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Session keys come with some answers; they are wiped unread. */
#ifndef OPENSSPI_CLI_TICKETS_H
#define OPENSSPI_CLI_TICKETS_H

#include "cli/status.h"

struct ticket {
	char *client, *server;	     /* "name@REALM" */
	char *kdc;		     /* who gave it; NULL: not known */
	long long start, end, renew; /* as FILETIME counts; 0: not known, or not renewable */
	LONG enctype, key_enctype;   /* 0: not known */
	ULONG flags;		     /* KERB_TICKET_FLAGS_ */
	ULONG bytes;		     /* of the ticket itself; 0: not known */
};

void ticket_done(struct ticket *t);

struct ticket_list {
	struct ticket *items;
	size_t count;
};

void ticket_list_done(struct ticket_list *l);

/* The next three answer SEC_E_OK or why not, in which case `why` receives what there is to say beyond the
 * status. SEC_E_SECPKG_NOT_FOUND: there is no package Kerberos; SEC_E_NO_CREDENTIALS: there is no cache. */

/* What is in the cache. */
MUST_CHECK SECURITY_STATUS tickets_query(struct ticket_list *out, char why[REASON_MAX]);

/* A ticket for a service, from the cache or the KDC. */
MUST_CHECK SECURITY_STATUS tickets_get(const char *spn, struct ticket *out, char why[REASON_MAX]);

/* Takes tickets out of the cache: those for "service/host[@REALM]", or with NULL all. */
MUST_CHECK SECURITY_STATUS tickets_purge(const char *server, char why[REASON_MAX]);

bool ticket_has_ended(const struct ticket *t);

/* Whether it is one for that service: with a realm for just that one, else of any. */
bool ticket_is_for(const struct ticket *t, const char *server);

/* The TGT of the caller's own realm that is good for now; NULL when there is none. */
const struct ticket *ticket_granting(const struct ticket_list *l);

/* "2026-01-31 12:00:00" as the clock on the wall has it; "-" for 0. */
void ticket_time(long long t, char out[32]);

#endif
