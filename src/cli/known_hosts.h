/* cli/known_hosts.h - remembers the certificate each server showed first, and notices a change.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One line a server, "HOST:PORT FINGERPRINT", in $OPENSSPI_HOME/data/known_certificates or
 * $XDG_DATA_HOME/opensspi/known_certificates. Lines that are neither are kept as they are. */
#ifndef OPENSSPI_CLI_KNOWN_HOSTS_H
#define OPENSSPI_CLI_KNOWN_HOSTS_H

#include "cli/cli.h"

enum known_host {
	KNOWN_HOST_NEW, /* never seen: remembered now */
	KNOWN_HOST_SAME,
	KNOWN_HOST_CHANGED, /* the remembered one differs; nothing was written */
	KNOWN_HOST_REPLACED,
	KNOWN_HOST_UNSAVED, /* the file cannot be read or written: errno says why */
};

/* Looks `host` up (its name with the port) and remembers `fingerprint` if it is new, or if it
 * changed and `accept_change` allows that. */
enum known_host known_hosts_check(const char *host, const char *fingerprint, bool accept_change);

/* The file's path (free it); NULL when there is no home or memory is short. */
char *known_hosts_path(void);

/* "new", "known", "changed", "replaced", "not remembered". */
const char *known_host_name(enum known_host k);

#endif
