/* packages/kerberos/tickets.h - tickets as the answers of KerbQueryTicketCache and KerbRetrieveTicket.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_TICKETS_H
#define OPENSSPI_KERBEROS_TICKETS_H

#include "packages/kerberos/submit.h"

/* The tickets of a cache, in the element that goes with the message; NULL: an empty cache. */
MUST_CHECK NTSTATUS tickets_list(struct krb_credential *c, KERB_PROTOCOL_MESSAGE_TYPE type,
				 struct answer *out);

/* KERB_RETRIEVE_TKT_RESPONSE. The session key of a ticket-granting ticket is left out: who has it has all
 * that its owner may do. */
MUST_CHECK NTSTATUS tickets_tell(const struct krb_ticket *ticket, const char *asked,
				 struct answer *out);

/* Where the realm of "name@REALM" begins, after the '@'; the end when there is none. */
const char *principal_realm(const char *principal);

#endif
