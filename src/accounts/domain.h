/* accounts/domain.h - accounts that a domain controller knows, asked through the winbind module.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ACCOUNTS_DOMAIN_H
#define OPENSSPI_ACCOUNTS_DOMAIN_H

#include "accounts/authority.h"
#include "wire/rd.h"

struct winbind_ops;

struct domain_question {
	const OPENSSPI_NTLM_LOGON *logon;
	const uint8_t *challenge;	       /* eight bytes: what the NT response answers */
	const char *our_domain, *our_computer; /* what the response was made for; for the trace */
};

/* The table that is asked: `ops`, or the loaded module's when NULL. SEC_E_NO_AUTHENTICATING_AUTHORITY when
 * that cannot be loaded; the next sign-in tries again. */
MUST_CHECK NTSTATUS domain_ops(const struct winbind_ops *ops, const struct winbind_ops **out);

/* Is there a domain to ask right now? */
MUST_CHECK bool domain_is_reachable(const struct winbind_ops *ops);

/* Asks. STATUS_LOGON_FAILURE also for names that no domain has. */
MUST_CHECK NTSTATUS domain_check_ntlm(const struct winbind_ops *ops,
				      const struct domain_question *question,
				      struct authority_answer *out);

#endif
