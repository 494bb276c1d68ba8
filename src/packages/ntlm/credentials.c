/* packages/ntlm/credentials.c - what a client signs in with: given, saved for the target, or default.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "crypto/hash.h"
#include "crypto/ntlm.h"
#include "packages/ntlm/logon.h"
#include "packages/ntlm/lsa.h"
#include "packages/ntlm/respond.h"
#include "wire/authdata.h"

#define LM_PASSWORD_MAX 14

/* Splits DOMAIN\name when no domain was given; name@realm stays whole. */
static void identity_split(struct rd *domain, struct rd *user)
{
	if (domain->n)
		return;
	struct rd rest = *user;
	uint16_t unit;
	while (rd_u16le(&rest, &unit)) {
		if (unit != '\\')
			continue;
		*domain = rd_of(user->p, (size_t)(rest.p - user->p) - 2);
		*user = rest;
		return;
	}
}

/* The LM hash of a password that has one: of at most 14 characters, all of them ASCII here. */
static NTSTATUS lm_hash_make(struct ntlm_credential *c, struct rd password)
{
	char text[LM_PASSWORD_MAX];
	uint8_t hash[NTLM_HASH_LEN];
	bool is_ascii = true;
	uint16_t unit;
	size_t n = 0;

	if (password.n > 2 * sizeof(text) ||
	    ntlm_policy(OPENSSPI_POLICY_LM_COMPATIBILITY, NTLM_LEVEL_SAFEST) >=
		    NTLM_LEVEL_WITHOUT_LM)
		return STATUS_SUCCESS;
	while (is_ascii && rd_u16le(&password, &unit)) {
		is_ascii = unit < 0x80;
		text[n++] = (char)unit;
	}
	if (is_ascii) {
		ntlm_lmowf_v1(text, n, hash);
		c->lm_hash = secret_copy(hash, sizeof(hash));
	}
	mem_wipe(text, sizeof(text));
	mem_wipe(hash, sizeof(hash));
	return !is_ascii || c->lm_hash ? STATUS_SUCCESS
				       : fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM credentials");
}

NTSTATUS ntlm_credential_fill(struct ntlm_credential *c, struct rd block)
{
	struct identity_view id;
	uint8_t hash[NTLM_HASH_LEN];

	if (!identity_read(block, &id))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "identity of NTLM credentials");
	if (id.certificate.n) /* a card's PIN is no password, nor is none the empty one */
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "signing in to NTLM with a certificate");
	identity_split(&id.domain, &id.user);
	if (id.user.n > NTLM_USER_MAX * 2 || id.domain.n > NTLM_DOMAIN_MAX * 2)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "length of names in NTLM credentials");
	if (!ntlm_text_copy(&c->domain, id.domain) || !ntlm_text_copy(&c->user, id.user))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM credentials");
	c->is_nobody = rd_empty(id.user) && rd_empty(id.password);
	if (rd_empty(id.user))
		return STATUS_SUCCESS;
	ntlm_ntowf_v1(id.password.p, id.password.n, hash);
	c->nt_hash = secret_copy(hash, sizeof(hash));
	mem_wipe(hash, sizeof(hash));
	return c->nt_hash ? lm_hash_make(c, id.password)
			  : fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM credentials");
}

/* ---- what the target calls for ---- */

static NTSTATUS read_identity(const UNICODE_STRING *target, void **block)
{
	const OPENSSPI_LSA_EXTENSION *extension = ntlm_host()->extension;
	NTSTATUS status = SEC_E_NO_CREDENTIALS;

	*block = NULL;
	if (target && target->Length)
		status = extension->ReadSavedIdentity(target, block);
	return status == SEC_E_NO_CREDENTIALS ? extension->ReadDefaultIdentity(block) : status;
}

NTSTATUS ntlm_credential_for(const struct ntlm_credential *asked, const UNICODE_STRING *target,
			     struct ntlm_credential **out)
{
	void *block;

	*out = NULL;
	if (asked->is_session)
		return ntlm_session_credential(&asked->session, asked->use, out);
	if (!asked->is_default || asked->use & SECPKG_CRED_AUTOLOGON_RESTRICTED)
		return STATUS_SUCCESS;
	NTSTATUS status = read_identity(target, &block);
	if (status == SEC_E_NO_CREDENTIALS)
		return STATUS_SUCCESS;
	if (failed(status))
		return status;
	CLEANUP(ntlm_credential_unref_p)
	struct ntlm_credential *c = ntlm_credential_new(asked->use);
	status = c ? ntlm_credential_fill(c, authdata_block(block))
		   : fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM credentials");
	ntlm_host()->lsa->FreeLsaHeap(block);
	if (!failed(status))
		*out = TAKE(c);
	return status;
}
