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

/* Keeps a credential that was made of a session's password, for all who ask for that session's: `out`, the
 * caller's to release, is the one that was there first. STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS kerberos_logon_keep(const LUID *session, struct krb_credential *credential,
					struct krb_credential **out);

/* The session has another password: what was made of the one before is forgotten. */
void kerberos_logon_renew(const LUID *session);

/* accept.c: has the LSA a password for that session? */
MUST_CHECK bool kerberos_session_has_identity(const LUID *session);

/* The credential of such a session, the caller's to release; its tickets are in memory alone.
 * SEC_E_NO_CREDENTIALS when it has none, or has ended. */
MUST_CHECK NTSTATUS kerberos_session_credential(const LUID *session, struct krb_credential **out);

/* Ends one; credentials that were acquired of it go on. */
void kerberos_logon_end(const LUID *logon);

void kerberos_logons_clear(void);
MUST_CHECK bool kerberos_logons_guard_forks(void);

#endif
