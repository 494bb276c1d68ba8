/* packages/tsssp/credentials.c - see packages/tsssp/credentials.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>

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

static NTSTATUS acquire_inner(struct ts_credential *c, uint32_t use, OPENSSPI_REACH_HANDLE *out)
{
	static const WCHAR name[] = TS_INNER_PACKAGE;
	UNICODE_STRING package = unicode_view(name, ARRAY_LEN(name) - 1);
	TimeStamp expiry = { .QuadPart = 0 };
	void *auth = use == SECPKG_CRED_OUTBOUND && c->identity ? c->identity->p : NULL;

	NTSTATUS status = ts_host()->extension->ReachAcquireCredentials(&package, use, auth, out,
									&expiry);
	if (!failed(status))
		c->expiry = expiry.QuadPart;
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
	if (!failed(status) && (use & SECPKG_CRED_OUTBOUND))
		status = acquire_inner(c, SECPKG_CRED_OUTBOUND, &c->outbound);
	if (!failed(status) && (use & SECPKG_CRED_INBOUND))
		status = acquire_inner(c, SECPKG_CRED_INBOUND, &c->inbound);
	if (failed(status))
		return status;
	*out = TAKE(c);
	return STATUS_SUCCESS;
}
