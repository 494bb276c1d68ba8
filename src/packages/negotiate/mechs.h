/* packages/negotiate/mechs.h - the mechanisms that Negotiate composes: one row each, the best first.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A row's package need not be installed: who asks for its credentials finds out. */
#ifndef OPENSSPI_NEGOTIATE_MECHS_H
#define OPENSSPI_NEGOTIATE_MECHS_H

#include <windef.h>

#include "packages/negotiate/message.h"

enum nego_row { NEGO_KERBEROS, NEGO_NTLM, NEGO_ROWS, NEGO_NONE = -1 };

#define NEGO_OIDS_MAX 3

struct nego_mech {
	const char *name; /* the package's, ASCII */
	const WCHAR *package;
	size_t package_n;
	enum spnego_mech oid[NEGO_OIDS_MAX]; /* as they are offered */
	size_t oid_count;
	enum spnego_mech user_to_user; /* the one for that; MECH_UNKNOWN: none */
	bool always_mic; /* a mechListMIC goes with it whenever it can sign, [MS-SPNG] 3.1.5.1 */
};

const struct nego_mech *nego_mech(enum nego_row row);

/* The row a mechanism's OID belongs to; NEGO_NONE for those nobody here speaks. User to user is spoken
 * when it is asked for (ISC_REQ_USE_SESSION_KEY, and the same in the other role). */
enum nego_row nego_row_of(enum spnego_mech oid, bool user_to_user);

/* What a client offers of a row; how many. */
size_t nego_row_oids(enum nego_row row, bool user_to_user, enum spnego_mech oid[NEGO_OIDS_MAX]);

/* The row of a package's name, whatever its case; NEGO_NONE for others. */
enum nego_row nego_row_named(const WCHAR *units, size_t n);

/* The row of a package's name as an exported context has it, ASCII. */
enum nego_row nego_row_called(struct rd name);

/* What an identity's PackageList (UTF-16LE, names after commas, "!" excludes) says. */
struct nego_list {
	bool allowed[NEGO_ROWS];
	bool names_others; /* it asks for a package besides NTLM */
};

void nego_list_read(struct rd packages, struct nego_list *out);

#endif
