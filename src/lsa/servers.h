/* lsa/servers.h - who is more than others to an LSA that is a process of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Trusted are root and the members of the group that "trusted" in section [lsa] of the configuration names.
 * Delegated secrets are for them and for the members of the group "servers"; packages are told by
 * SECPKG_CALL_IS_TCB of GetCallInfo. */
#ifndef OPENSSPI_LSA_SERVERS_H
#define OPENSSPI_LSA_SERVERS_H

#include "base/base.h"

struct lsa_client;

/* The group database is asked once in a client's life, with no lock held. Embedded nobody is one, and nobody
 * has to be. */
MUST_CHECK bool servers_has(struct lsa_client *client);
MUST_CHECK bool servers_is_trusted(const struct lsa_client *client);

#endif
