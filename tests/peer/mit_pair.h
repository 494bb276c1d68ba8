/* tests/peer/mit_pair.h - two ends of a Kerberos context in MIT krb5, and the same context as ours, without a KDC:
 * the service's key makes the ticket.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PEER_MIT_PAIR_H
#define OPENSSPI_PEER_MIT_PAIR_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stdint.h>

#include "packages/kerberos/session.h"

struct mit_pair {
	gss_ctx_id_t end[2]; /* initiator, acceptor */
};

/* A world of one enctype: its configuration in `folder`, ticket and keytab in memory. Once a process. */
bool mit_world_open(const char *folder, int32_t enctype);

/* Signs in with GSS_C_ flags; `session` receives both ends as ours, for the caller to release. */
bool mit_pair_new(uint32_t flags, struct mit_pair *out, struct kerberos_session session[2]);
void mit_pair_free(struct mit_pair *p);

#endif
