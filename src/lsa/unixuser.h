/* lsa/unixuser.h - which user of this system an account is.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * As ipc/unixuser.h says it, for tokens and for vaults alike: an account of this machine is the user of that name;
 * a domain's, whatever the domain is called, is whoever the user database calls DOMAIN\user or user@DOMAIN; and
 * nobody is root. */
#ifndef OPENSSPI_LSA_UNIXUSER_H
#define OPENSSPI_LSA_UNIXUSER_H

#include <sys/types.h>

#include "base/base.h"
#include "base/utf.h"

struct machine;

/* An account, and who has vouched for it. */
struct unixuser_account {
	struct utf16 user, domain;
	uint32_t vouched; /* OPENSSPI_ACCOUNT_OF_; 0: nobody, its names have to tell */
};

/* Asks the user database: with no lock held. False when it is nobody. */
MUST_CHECK bool unixuser_find(const struct machine *machine, const struct unixuser_account *account,
			      uid_t *out);

/* Is it that user, who need not be in the database? For what is that user's anyway: domains that this machine is in
 * are as good as itself. */
MUST_CHECK bool unixuser_is(const struct machine *machine, const struct unixuser_account *account,
			    uid_t uid);

#endif
