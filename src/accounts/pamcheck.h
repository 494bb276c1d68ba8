/* accounts/pamcheck.h - asks opensspi-pam whether a delegated password is right.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ACCOUNTS_PAMCHECK_H
#define OPENSSPI_ACCOUNTS_PAMCHECK_H

#include "base/base.h"
#include "base/utf.h"

struct pam_settings {
	const char *service; /* NULL: nobody is asked */
	const char *folder;  /* where its file is; NULL: where the system's are */
	const char *program; /* NULL: ours */
	uint32_t seconds;    /* how long it may take */
};

struct pam_question {
	struct utf16 domain; /* empty: an account of this machine */
	struct utf16 user, password;
};

/* Is it a name of a service: small letters, digits, "-", "_" and "." that does not begin it; and not "other"? */
MUST_CHECK bool pam_service_is_fine(const char *service);

/* Asks and waits. The statuses of OPENSSPI_LSA_EXTENSION.CheckDelegated. A name that could be an option, a path or
 * two lines is nobody's, and an empty password is nobody's: STATUS_LOGON_FAILURE. */
MUST_CHECK NTSTATUS pam_check(const struct pam_settings *settings, const struct pam_question *q);

#endif
