/* accounts/authority.h - who may sign in here: one interface over the configured authorities.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Local accounts today (a file of NT hashes); a domain's through winbind and a keytab later, behind
 * the same calls. Wrong user, wrong domain and wrong password are one answer in one time. */
#ifndef OPENSSPI_ACCOUNTS_AUTHORITY_H
#define OPENSSPI_ACCOUNTS_AUTHORITY_H

#include <opensspi.h>

#include "base/base.h"
#include "base/secret.h"

struct authority;

struct authority_settings {
	const char *file;	      /* the accounts file; NULL: the default place */
	const char *machine;	      /* NetBIOS name of this machine, UTF-8 */
	uint32_t lockout_threshold;   /* bad passwords before an account is locked out; 0: never */
	uint32_t lockout_seconds;     /* how long a lockout lasts */
	uint32_t observation_seconds; /* after this long without a failure the count begins anew */
	uint32_t delay_ms;	      /* added per failure in a row, up to eight times */
};

/* Opens the authorities. No accounts file is fine: authority_is_configured then says false. */
MUST_CHECK NTSTATUS authority_open(const struct authority_settings *settings,
				   struct authority **out);
void authority_free(struct authority *a);
DEFINE_CLEANUP(struct authority *, authority_free)

/* Looks whether there is anyone to ask right now; a changed accounts file is read again. */
MUST_CHECK bool authority_is_configured(struct authority *a);

struct authority_answer {
	uint8_t session_base_key[16]; /* wiped by authority_answer_done */
	WCHAR *domain, *user;	      /* as stored (mem_free by authority_answer_done) */
	size_t domain_n, user_n;
};
void authority_answer_done(struct authority_answer *a);

/* Checks an NTLMv2 response (or NTLMv1 when `allow_v1`). Statuses as OPENSSPI_LSA_EXTENSION's
 * AuthenticateNtlm. Thread safe. */
MUST_CHECK NTSTATUS authority_check_ntlm(struct authority *a, const OPENSSPI_NTLM_LOGON *logon,
					 bool allow_v1, struct authority_answer *out);

#endif
