/* ipc/unixuser.h - which user of this system an account is, if any.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The system's own name service answers (NSS: files, sssd, winbind), for names that an authority of the LSA
 * has vouched for. An account of this machine is looked up by its name alone, a domain's by its domain too,
 * so that nobody of a domain becomes a local user of the same name. A number is no name of this machine's.
 * Nobody is root. */
#ifndef OPENSSPI_IPC_UNIXUSER_H
#define OPENSSPI_IPC_UNIXUSER_H

#include "base/identity.h"

struct unix_user {
	char *name; /* as the name service spells it */
	struct identity ids;
};

void unix_user_done(struct unix_user *u);

/* What the LSA knows of an account; UTF-16 without a NUL. */
struct unix_question {
	uint32_t kind; /* OPENSSPI_ACCOUNT_OF_ */
	const WCHAR *domain, *user, *mapped;
	size_t domain_n, user_n, mapped_n;
};

/* Asks the user database: with no lock held. SEC_E_OK; SEC_E_NO_IMPERSONATION: there is no such user, or it is
 * root; SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS unix_user_find(const struct unix_question *q, struct unix_user *out);

#endif
