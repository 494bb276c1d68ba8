/* packages/kerberos/logon.h - logon sessions that this package made, and whose tickets they have.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_LOGON_H
#define OPENSSPI_KERBEROS_LOGON_H

#include "packages/kerberos/lsa.h"

/* Is it the session of whoever calls? {0, 0} is. */
MUST_CHECK bool kerberos_logon_is_own(const LUID *logon);

/* Does this very process call? Of another's caches and files nothing is known here, and those that are
 * here are none of its business. */
MUST_CHECK bool kerberos_caller_is_here(void);

/* May whoever calls use the keytab that is here? This process, and another that is trusted. */
MUST_CHECK bool kerberos_caller_has_keys(void);

/* The credential of such a session, the caller's to release; NULL: it is none of ours. */
struct krb_credential *kerberos_logon_find(const LUID *logon);

/* The same, but only of a session that was made for whoever calls. */
struct krb_credential *kerberos_logon_of_caller(const LUID *logon);

/* A new session of whoever calls, for that credential, which it refers to. STATUS_NO_MEMORY,
 * STATUS_QUOTA_EXCEEDED. */
MUST_CHECK NTSTATUS kerberos_logon_new(struct krb_credential *credential, SECURITY_LOGON_TYPE type,
				       LUID *out);

/* Ends one; credentials that were acquired of it go on. */
void kerberos_logon_end(const LUID *logon);

void kerberos_logons_clear(void);
MUST_CHECK bool kerberos_logons_guard_forks(void);

#endif
