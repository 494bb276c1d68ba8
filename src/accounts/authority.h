/* accounts/authority.h - who may sign in here: one interface over the configured authorities.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Local accounts are a file of NT hashes: those with an empty domain, "." or this machine's name, and
 * those of any domain that the file has a line for. The other domains' are asked for by winbind, when
 * that is configured; so is "user@domain" without a domain that the file does not know. Nobody else
 * signs in: a controller that is out of reach opens nothing. Wrong user, wrong domain and wrong
 * password are one answer, for local accounts in one time. */
#ifndef OPENSSPI_ACCOUNTS_AUTHORITY_H
#define OPENSSPI_ACCOUNTS_AUTHORITY_H

#include <opensspi.h>

#include "accounts/pamcheck.h"
#include "base/base.h"
#include "base/secret.h"
#include "wire/wr.h"

struct authority;
struct winbind_ops;

struct authority_settings {
	const char *file;	      /* the accounts file; NULL: the default place */
	const char *machine;	      /* NetBIOS name of this machine, UTF-8 */
	const char *machine_domain;   /* and of its domain; what servers tell their clients */
	uint32_t lockout_threshold;   /* bad passwords before an account is locked out; 0: never */
	uint32_t lockout_seconds;     /* how long a lockout lasts */
	uint32_t observation_seconds; /* after this long without a failure the count begins anew */
	uint32_t delay_ms;	      /* added per failure in a row, up to eight times */
	bool winbind;		      /* ask winbind for other domains' accounts */
	const struct winbind_ops *winbind_ops; /* NULL: the module's, loaded when first asked */
	struct pam_settings
		pam; /* who is asked about delegated passwords; its texts outlive the authority */
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
	struct wr sids;	 /* a list of wire/sids.h; empty for local accounts */
	bool of_machine; /* the file has it without a domain */
};
void authority_answer_done(struct authority_answer *a);

/* Checks an NTLMv2 response (or NTLMv1 when `allow_v1`). Statuses as OPENSSPI_LSA_EXTENSION's
 * AuthenticateNtlm, for a domain's accounts also the further ones of winbind/winbind.h. A domain's accounts
 * are locked by their controller; here their failures only delay. Thread safe. */
MUST_CHECK NTSTATUS authority_check_ntlm(struct authority *a, const OPENSSPI_NTLM_LOGON *logon,
					 bool allow_v1, struct authority_answer *out);

/* Is anybody to be asked about delegated passwords? */
MUST_CHECK bool authority_checks_delegated(const struct authority *a);

/* Shows a delegated password to the PAM service of the settings. Statuses as OPENSSPI_LSA_EXTENSION's
 * CheckDelegated. Thread safe; nobody waits for another's answer. */
MUST_CHECK NTSTATUS authority_check_delegated(struct authority *a, const struct pam_question *q);

#endif
