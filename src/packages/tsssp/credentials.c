/* packages/tsssp/credentials.c - see packages/tsssp/credentials.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>

#include "base/clock.h"
#include "base/utf.h"
#include "packages/tsssp/credentials.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"

/* An identity arrives as an EX2 block, or as the packed buffer that CredPackAuthenticationBuffer
 * makes; it is kept as an EX2 block either way. */
static NTSTATUS keep_identity(struct ts_credential *c, struct rd bytes)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);
	struct identity_view id = { 0 };
	struct authbuffer_view packed;

	if (!identity_read(bytes, &id)) {
		if (!authbuffer_read(bytes, &packed))
			return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading the identity to delegate");
		id = (struct identity_view){ .user = packed.user,
					     .domain = packed.domain,
					     .password = packed.password,
					     .has_user = true,
					     .has_domain = true,
					     .has_password = true };
	}
	identity_write(&block, &id);
	struct rd written = wr_view(&block);
	if (!wr_ok(&block))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing the identity to delegate");
	if (!identity_read(written, &id))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading the identity to delegate");
	c->identity = secret_copy(written.p, written.n);
	return c->identity ? STATUS_SUCCESS
			   : fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the identity to delegate");
}

static NTSTATUS read_auth(struct ts_credential *c, const void *auth)
{
	struct credssp_auth a;

	if (!auth)
		return STATUS_SUCCESS;
	if (!credssp_auth_read(authdata_block(auth), &a))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED");
	c->keeps_credentials = a.flags & CREDSSP_FLAG_REDIRECT;
	switch (a.submit_type) {
	case CredsspPasswordCreds:
	case CredsspSubmitBufferBoth:
	case CredsspSubmitBufferBothOld:
		return a.has_identity ? keep_identity(c, a.identity) : STATUS_SUCCESS;
	case CredsspSchannelCreds:
		return STATUS_SUCCESS; /* the identity is the default one */
	case CredsspCertificateCreds: /* the status for what is not recognised is the documented one */
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "delegating a certificate's credentials");
	default:
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED's submit type");
	}
}

/* What an identity's PackageList says of NTLM. */
enum ntlm_choice {
	NTLM_NOT_SAID,
	NTLM_ALONE, /* then without SPNEGO around it, which is all that some servers take */
	NTLM_AMONG_OTHERS,
};

static enum ntlm_choice ntlm_choice(const void *auth)
{
	struct identity_view id;
	WCHAR name[4];

	if (!auth || !identity_read(authdata_block(auth), &id) || id.packages.n == 0)
		return NTLM_NOT_SAID;
	if (id.packages.n != sizeof(name))
		return NTLM_AMONG_OTHERS;
	memcpy(name, id.packages.p, sizeof(name));
	return utf16_equal_ascii_nocase(name, ARRAY_LEN(name), "NTLM") ? NTLM_ALONE
								       : NTLM_AMONG_OTHERS;
}

/* Negotiate, which accepts bare NTLM too; NTLM when it is what was asked for, or all there is and not
 * what the caller wanted to avoid. */
static NTSTATUS acquire_inner(uint32_t use, const struct secret *identity,
			      OPENSSPI_REACH_HANDLE *out, int64_t *until)
{
	static const WCHAR nego_name[] = OPENSSPI_WIDE("Negotiate"),
			   ntlm_name[] = OPENSSPI_WIDE("NTLM");
	UNICODE_STRING nego = unicode_view(nego_name, ARRAY_LEN(nego_name) - 1),
		       ntlm = unicode_view(ntlm_name, ARRAY_LEN(ntlm_name) - 1);
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;
	TimeStamp expiry = { .QuadPart = CLOCK_NEVER };
	void *auth = identity ? identity->p : NULL;
	NTSTATUS status = SEC_E_SECPKG_NOT_FOUND;

	enum ntlm_choice choice = ntlm_choice(auth);
	if (choice != NTLM_ALONE)
		status = extension->ReachAcquireCredentials(&nego, use, auth, out, &expiry);
	if (status == SEC_E_SECPKG_NOT_FOUND && choice != NTLM_AMONG_OTHERS)
		status = extension->ReachAcquireCredentials(&ntlm, use, auth, out, &expiry);
	if (!failed(status) && expiry.QuadPart < *until)
		*until = expiry.QuadPart; /* they last as long as both roles' do */
	return status;
}

NTSTATUS ts_credential_make(uint32_t use, const void *auth, struct ts_credential **out)
{
	CLEANUP(ts_credential_unref_p) struct ts_credential *c = NULL;

	if (use == 0)
		use = SECPKG_CRED_OUTBOUND;
	if (use & ~(uint32_t)SECPKG_CRED_BOTH)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading what the credential is for");
	c = ts_credential_new(use);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a credential");
	NTSTATUS status = read_auth(c, auth);
	if (!failed(status) && (use & SECPKG_CRED_OUTBOUND) && c->identity)
		status = acquire_inner(SECPKG_CRED_OUTBOUND, c->identity, &c->outbound, &c->expiry);
	if (!failed(status) && (use & SECPKG_CRED_INBOUND))
		status = acquire_inner(SECPKG_CRED_INBOUND, NULL, &c->inbound, &c->expiry);
	if (failed(status))
		return status;
	*out = TAKE(c);
	return STATUS_SUCCESS;
}

/* ---- what the target calls for ---- */

static NTSTATUS read_identity(uint32_t class, const UNICODE_STRING *target, void **block)
{
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;

	*block = NULL;
	if (class == OPENSSPI_DELEGATE_DEFAULT)
		return extension->ReadDefaultIdentity(block);
	return target->Length ? extension->ReadSavedIdentity(target, block)
			      : (NTSTATUS)SEC_E_NO_CREDENTIALS;
}

/* How strongly the server will have shown who it is, nobody knows yet: what is refused now would be
 * refused then, and is not shown to the server at all. */
static NTSTATUS try_class(struct ts_context *c, uint32_t class)
{
	UNICODE_STRING target = unicode_view(c->target, c->target_n);
	void *block = NULL;

	NTSTATUS status = read_identity(class, &target, &block);
	if (failed(status))
		return status;
	status = ts_host()->extension->CheckDelegation(class, TRUE, &target);
	if (!failed(status)) {
		struct rd bytes = authdata_block(block);
		c->identity = secret_copy(bytes.p, bytes.n);
		if (!c->identity)
			status = fail(SEC_E_INSUFFICIENT_MEMORY, "keeping an identity");
	}
	ts_host()->lsa->FreeLsaHeap(block);
	if (!failed(status))
		c->class = class;
	return status;
}

/* An identity that may not leave gives way to the next; a vault in trouble does not. */
static NTSTATUS choose_identity(struct ts_context *c)
{
	NTSTATUS saved = try_class(c, OPENSSPI_DELEGATE_SAVED);

	if (saved != SEC_E_NO_CREDENTIALS && saved != SEC_E_DELEGATION_POLICY)
		return saved;
	NTSTATUS status = try_class(c, OPENSSPI_DELEGATE_DEFAULT);
	return status == SEC_E_NO_CREDENTIALS ? saved : status;
}

NTSTATUS ts_context_choose(struct ts_context *c)
{
	const struct ts_credential *credential = c->credential;
	bool delegates = (c->requirements & ISC_REQ_DELEGATE) && !credential->keeps_credentials;

	if (credential->identity) {
		c->class = OPENSSPI_DELEGATE_FRESH;
		return STATUS_SUCCESS;
	}
	NTSTATUS status = delegates ? choose_identity(c) : STATUS_SUCCESS;
	if (!failed(status))
		return acquire_inner(SECPKG_CRED_OUTBOUND, c->identity, &c->outbound, &c->expiry);
	if (status == SEC_E_DELEGATION_POLICY || status == SEC_E_INSUFFICIENT_MEMORY)
		return fail(status, "choosing the identity to delegate");
	return fail(SEC_E_NO_CREDENTIALS, "finding an identity to delegate");
}
