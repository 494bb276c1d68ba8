/* packages/negotiate/credentials.c - one credential of each mechanism that may be used.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "packages/negotiate/lsa.h"
#include "wire/authdata.h"

/* DOMAIN\user, or what there is of it. */
static NTSTATUS keep_name(struct nego_credential *c, const struct identity_view *id)
{
	bool split = id->domain.n != 0;

	if (id->user.n == 0)
		return STATUS_SUCCESS;
	c->name = block_alloc(id->domain.n + id->user.n + 2 * sizeof(WCHAR));
	if (!c->name)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping a credential's name");
	if (split) {
		memcpy(c->name, id->domain.p, id->domain.n);
		c->name[id->domain.n / 2] = '\\';
	}
	memcpy(c->name + id->domain.n / 2 + split, id->user.p, id->user.n);
	return STATUS_SUCCESS;
}

static NTSTATUS read_identity(struct nego_credential *c, const void *auth, struct nego_list *list)
{
	struct identity_view id = { 0 };

	if (auth && !identity_read(authdata_block(auth), &id))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading an identity");
	nego_list_read(id.packages, list);
	c->is_given = auth != NULL;
	c->insists_on_spnego = list->names_others;
	return keep_name(c, &id);
}

/* Asks each mechanism in turn; one that is not installed or has nothing to use is passed over. */
static NTSTATUS acquire_role(struct nego_credential *c, enum nego_role role,
			     const struct nego_list *list, const void *auth)
{
	uint32_t use = role == NEGO_CLIENT ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND;
	NTSTATUS first = SEC_E_NO_CREDENTIALS;
	bool any = false, asked = false;

	for (int row = 0; row < NEGO_ROWS; row++) {
		UNICODE_STRING name =
			unicode_view(nego_mech(row)->package, nego_mech(row)->package_n);
		TimeStamp expiry = { .QuadPart = c->expiry };
		if (!list->allowed[row])
			continue;
		NTSTATUS status = nego_host()->extension->ReachAcquireCredentials(
			&name, use, (void *)(uintptr_t)auth, &c->of[role][row], &expiry);
		if (status == SEC_E_INSUFFICIENT_MEMORY || status == STATUS_NO_MEMORY)
			return status;
		if (failed(status)) {
			c->of[role][row] = 0;
			first = asked || status == SEC_E_SECPKG_NOT_FOUND ? first : status;
			asked = asked || status != SEC_E_SECPKG_NOT_FOUND;
			continue;
		}
		any = true;
		if (expiry.QuadPart < c->expiry)
			c->expiry = expiry.QuadPart;
	}
	return any ? STATUS_SUCCESS : fail(first, "acquiring a mechanism's credentials");
}

/* Windows' two ways of saying that nobody's own credentials are to be used. */
static bool is_withheld(uint32_t use, const void *auth)
{
	return (use & SECPKG_CRED_PROCESS_POLICY_ONLY) ||
	       ((use & SECPKG_CRED_AUTOLOGON_RESTRICTED) && !auth);
}

NTSTATUS nego_credential_make(uint32_t use, const void *auth, enum nego_row only,
			      struct nego_credential **out)
{
	struct nego_list list;

	if (!(use & SECPKG_CRED_BOTH))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading what the credential is for");
	CLEANUP(nego_credential_unref_p) struct nego_credential *c = nego_credential_new(use);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a credential");
	NTSTATUS status = read_identity(c, auth, &list);
	for (int row = 0; only != NEGO_NONE && row < NEGO_ROWS; row++)
		list.allowed[row] = list.allowed[row] && row == (int)only;
	if (!failed(status) && (use & SECPKG_CRED_OUTBOUND) && !is_withheld(use, auth))
		status = acquire_role(c, NEGO_CLIENT, &list, auth);
	if (!failed(status) && (use & SECPKG_CRED_INBOUND))
		status = acquire_role(c, NEGO_SERVER, &list, auth);
	if (failed(status))
		return status;
	*out = TAKE(c);
	return STATUS_SUCCESS;
}
