/* lsa/servers.h - who may take delegated secrets from an LSA that is a process of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Root, and the members of the group that "servers" in section [lsa] of the configuration names. Packages are
 * told by SECPKG_CALL_IS_TCB of GetCallInfo. */
#ifndef OPENSSPI_LSA_SERVERS_H
#define OPENSSPI_LSA_SERVERS_H

#include "base/base.h"

struct lsa_client;

/* The group database is asked once in a client's life. Embedded nobody is one, and nobody has to be. */
MUST_CHECK bool servers_has(struct lsa_client *client);

#endif
