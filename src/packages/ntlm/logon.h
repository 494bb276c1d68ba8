/* packages/ntlm/logon.h - MSV1_0: logons that NTLM judges, and what sessions sign in with.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_LOGON_H
#define OPENSSPI_NTLM_LOGON_H

#include "packages/ntlm/lsa.h"
#include "wire/msv1.h"

/* This package's number. */
ULONG ntlm_id(void);

/* Who is judged, and what the authority says. */
struct ntlm_verdict {
	OPENSSPI_NTLM_LOGON_RESULT result;
	SecBuffer sids; /* a list of wire/sids.h */
};
void ntlm_verdict_done(struct ntlm_verdict *v);

/* Asks the authority whether the password is the account's: by an NTLMv2 response to a challenge of our own,
 * so that delays, lockouts and a domain's controllers judge as they do a sign-in. Statuses of
 * AuthenticateNtlm. */
MUST_CHECK NTSTATUS ntlm_logon_prove(const struct ntlm_credential *who, struct ntlm_verdict *out);

/* ---- what a session signs in with ---- */

/* The credential of that session, as it is now, for that use. SEC_E_NO_CREDENTIALS when the session has none,
 * or has ended. */
MUST_CHECK NTSTATUS ntlm_session_credential(const LUID *session, uint32_t use,
					    struct ntlm_credential **out);

extern LSA_AP_LOGON_USER_EX2 ntlm_ap_logon_user;
extern LSA_AP_CALL_PACKAGE ntlm_ap_call_package;
extern SpAcceptCredentialsFn ntlm_sp_accept_credentials;

#endif
