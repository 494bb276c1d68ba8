/* packages/credssp/credentials.c - AcquireCredentialsHandle: a CREDSSP_CRED becomes two credentials.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>
#include <schannel.h>

#include "base/clock.h"
#include "base/utf.h"
#include "packages/credssp/engine.h"
#include "wire/authdata.h"

static const WCHAR tls_name[] = UNISP_NAME_W;
static const WCHAR ts_name[] = TS_SSP_NAME;

/* What the TLS layer is acquired with. A client never validates by itself; a server needs a certificate,
 * and without pSchannelCred has one made and kept. */
static NTSTATUS tls_auth(const struct credssp_auth *a, bool server, struct schannel_auth *out)
{
	*out = (struct schannel_auth){ 0 };
	if (a->has_schannel && !schannel_auth_read(a->schannel, out))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading pSchannelCred");
	if (!server) {
		out->flags |= SCH_CRED_MANUAL_CRED_VALIDATION;
		return STATUS_SUCCESS;
	}
	if (!a->has_schannel)
		out->flags = SCHANNEL_AUTH_OWN_CERTIFICATE;
	else if (!out->has_certificate)
		return fail(SEC_E_UNKNOWN_CREDENTIALS,
			    "finding a server's certificate in pSchannelCred");
	return STATUS_SUCCESS;
}

static NTSTATUS acquire_tls(const struct credssp_auth *a, uint32_t use, OPENSSPI_REACH_HANDLE *out,
			    TimeStamp *expiry)
{
	UNICODE_STRING package = unicode_view(tls_name, ARRAY_LEN(tls_name) - 1);
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);
	struct schannel_auth auth;

	NTSTATUS status = tls_auth(a, use == SECPKG_CRED_INBOUND, &auth);
	if (failed(status))
		return status;
	schannel_auth_write(&block, &auth);
	if (!wr_ok(&block))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing the TLS layer's credentials");
	return cs_host()->extension->ReachAcquireCredentials(&package, use, block.buf, out, expiry);
}

/* The credentials last as long as all of their parts: the certificate too. */
static void keep_earlier(struct cs_credential *c, int64_t expiry)
{
	if (expiry < c->expiry)
		c->expiry = expiry;
}

/* A session's identity is TSSSP's to find; the TLS layer has none. */
static NTSTATUS acquire_ts(uint32_t use, PLUID logon, void *auth, OPENSSPI_REACH_HANDLE *out,
			   TimeStamp *expiry)
{
	UNICODE_STRING package = unicode_view(ts_name, ARRAY_LEN(ts_name) - 1);
	const OPENSSPI_LSA_EXTENSION *extension = cs_host()->extension;

	if (!logon || use != SECPKG_CRED_OUTBOUND)
		return extension->ReachAcquireCredentials(&package, use, auth, out, expiry);
	return extension->ReachAcquireSession(&package, use, logon, auth, out, expiry);
}

static NTSTATUS acquire_pair(const struct credssp_auth *a, PLUID logon, void *auth, uint32_t use,
			     struct cs_credential *c)
{
	struct cs_pair *pair = use == SECPKG_CRED_INBOUND ? &c->inbound : &c->outbound;
	TimeStamp expiry = { .QuadPart = CLOCK_NEVER };

	NTSTATUS status = acquire_ts(use, logon, auth, &pair->ts, &expiry);
	if (failed(status))
		return status;
	keep_earlier(c, expiry.QuadPart);
	expiry.QuadPart = CLOCK_NEVER;
	status = acquire_tls(a, use, &pair->tls, &expiry);
	if (!failed(status))
		keep_earlier(c, expiry.QuadPart);
	return status;
}

NTSTATUS cs_credential_make(uint32_t use, PLUID logon, void *auth, struct cs_credential **out)
{
	CLEANUP(cs_credential_unref_p) struct cs_credential *c = NULL;
	struct credssp_auth a = { 0 };
	NTSTATUS status = STATUS_SUCCESS;

	if (use == 0) /* the page prints SECPKG_CRED_OUTBOUND as 0 */
		use = SECPKG_CRED_OUTBOUND;
	if (use & ~(uint32_t)SECPKG_CRED_BOTH)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading what the credential is for");
	if (auth && !credssp_auth_read(authdata_block(auth), &a))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED");
	c = cs_credential_new(use);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a credential");
	c->expiry = CLOCK_NEVER;
	if (use & SECPKG_CRED_OUTBOUND)
		status = acquire_pair(&a, logon, auth, SECPKG_CRED_OUTBOUND, c);
	if (!failed(status) && (use & SECPKG_CRED_INBOUND))
		status = acquire_pair(&a, logon, auth, SECPKG_CRED_INBOUND, c);
	if (failed(status))
		return status;
	*out = TAKE(c);
	return STATUS_SUCCESS;
}
