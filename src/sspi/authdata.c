/* sspi/authdata.c - CREDSSP_CRED and SCHANNEL_CRED as self-contained blocks; see sspi/authdata.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>
#include <ntsecapi.h>
#include <opensspi.h>
#include <schannel.h>
#include <wincred.h>

#include "base/secret.h"
#include "sspi/authdata.h"
#include "sspi/certificate.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"

#define CREDENTIALS_MAX 100 /* certificates in one SCHANNEL_CRED */
#define PARAMETERS_MAX 16   /* TLS_PARAMETERS in one SCH_CREDENTIALS */

/* ---- Schannel ---- */

/* The certificate and key of a credential that brings one; the first is used. */
static NTSTATUS schannel_certificate(DWORD format, DWORD count, PCCERT_CONTEXT *contexts,
				     struct schannel_auth *out)
{
	if (count == 0)
		return SEC_E_OK;
	if (format != SCH_CRED_FORMAT_CERT_CONTEXT || count > CREDENTIALS_MAX || !contexts ||
	    !certificate_parts(contexts[0], &out->certificates, &out->key))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "taking a certificate context");
	out->has_certificate = true;
	return SEC_E_OK;
}

static NTSTATUS schannel_from_cred(const SCHANNEL_CRED *in, struct schannel_auth *out)
{
	*out = (struct schannel_auth){
		.flags = in->dwFlags,
		.protocols = in->grbitEnabledProtocols,
		.lifespan = in->dwSessionLifespan,
	};
	return schannel_certificate(in->dwCredFormat, in->cCreds, in->paCred, out);
}

static NTSTATUS schannel_from_credentials(const SCH_CREDENTIALS *in, struct schannel_auth *out)
{
	*out = (struct schannel_auth){
		.flags = in->dwFlags,
		.lifespan = in->dwSessionLifespan,
	};
	if (in->cTlsParameters > PARAMETERS_MAX || (in->cTlsParameters && !in->pTlsParameters))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading TLS parameters");
	for (DWORD i = 0; i < in->cTlsParameters; i++)
		out->disabled |= in->pTlsParameters[i].grbitDisabledProtocols;
	return schannel_certificate(in->dwCredFormat, in->cCreds, in->paCred, out);
}

NTSTATUS authdata_schannel(const void *auth, struct wr *w)
{
	struct schannel_auth out;
	NTSTATUS status;
	DWORD version;

	memcpy(&version, auth, sizeof(version));
	if (version == SCHANNEL_CRED_VERSION)
		status = schannel_from_cred(auth, &out);
	else if (version == SCH_CREDENTIALS_VERSION)
		status = schannel_from_credentials(auth, &out);
	else
		status = fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a Schannel credential's version");
	if (status != SEC_E_OK)
		return status;
	schannel_auth_write(w, &out);
	return wr_ok(w) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* ---- CredSSP ---- */

static bool submit_type_is_known(uint32_t type)
{
	return type == CredsspPasswordCreds || type == CredsspSchannelCreds ||
	       type == CredsspCertificateCreds || type == CredsspSubmitBufferBoth ||
	       type == CredsspSubmitBufferBothOld;
}

/* The bytes of a packed logon buffer, whose end is the end of its last string. */
static struct rd packed_logon(const void *auth)
{
	const KERB_INTERACTIVE_LOGON *logon = auth;
	const UNICODE_STRING *string[] = { &logon->LogonDomainName, &logon->UserName,
					   &logon->Password };
	size_t size = sizeof(*logon);

	for (size_t i = 0; i < ARRAY_LEN(string); i++) {
		size_t end = (uintptr_t)string[i]->Buffer;
		if (end > AUTHDATA_MAX)
			return rd_of(NULL, 0);
		end += string[i]->Length;
		size = end > size ? end : size;
	}
	return rd_of(auth, size);
}

/* A password that CredProtect sealed, as it was before; any other leaves *open NULL. */
static NTSTATUS password_open(struct rd password, struct secret **open)
{
	size_t room = password.n + sizeof(WCHAR); /* what is opened is shorter */
	CLEANUP(secret_free_p) struct secret *sealed = secret_new(room), *plain = secret_new(room);
	CRED_PROTECTION_TYPE type;
	DWORD units = (DWORD)(room / sizeof(WCHAR));

	if (!sealed || !plain)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "reading a packed password");
	if (password.n)
		memcpy(sealed->p, password.p, password.n);
	WCHAR *text = (WCHAR *)(void *)sealed->p;
	if (!CredIsProtectedW(text, &type) || type == CredUnprotected)
		return SEC_E_OK;
	if (!CredUnprotectEx(CRED_UNPROTECT_AS_SELF | CRED_UNPROTECT_ALLOW_TO_SYSTEM, text, units,
			     (WCHAR *)(void *)plain->p, &units))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "opening a protected password");
	*open = secret_copy(plain->p, (units - 1) * sizeof(WCHAR));
	return *open ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* An identity of any form, with a password that CredProtect may have sealed. */
static NTSTATUS submit_identity(const void *auth, struct wr *w)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);
	CLEANUP(secret_free_p) struct secret *open = NULL;
	struct identity_view id;

	NTSTATUS status = authdata_identity(auth, &block);
	if (status != SEC_E_OK)
		return status;
	if (!identity_read(wr_view(&block), &id))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a packed identity");
	status = password_open(id.password, &open);
	if (status != SEC_E_OK)
		return status;
	if (open)
		id.password = rd_of(open->p, open->len);
	identity_write(w, &id);
	return wr_ok(w) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* What CredPackAuthenticationBuffer makes: an identity or a packed interactive logon. What its other forms
 * begin with is no pointer. */
static NTSTATUS submit_buffer(const void *auth, struct wr *w)
{
	CLEANUP(secret_free_p) struct secret *open = NULL;
	struct authbuffer_view view;
	enum authbuffer_form form;

	if (!authbuffer_form(rd_of(auth, sizeof(ULONG)), &form))
		return submit_identity(auth, w);
	if (form != AUTHBUFFER_LOGON || !authbuffer_read(packed_logon(auth), &view))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a packed logon");
	NTSTATUS status = password_open(view.password, &open);
	if (status != SEC_E_OK)
		return status;
	if (open)
		view.password = rd_of(open->p, open->len);
	identity_write(w, &(struct identity_view){
				  .user = view.user,
				  .domain = view.domain,
				  .password = view.password,
				  .flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
				  .has_user = true,
				  .has_domain = view.domain.n > 0,
				  .has_password = true,
			  });
	return wr_ok(w) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

static NTSTATUS credssp_identity(uint32_t type, const void *auth, struct wr *w)
{
	switch (type) {
	case CredsspPasswordCreds:
	case CredsspSubmitBufferBothOld:
		return authdata_identity(auth, w);
	case CredsspSubmitBufferBoth:
		return submit_buffer(auth, w);
	default:
		return SEC_E_OK; /* a form that the package refuses by its submit type */
	}
}

static NTSTATUS credssp_write(const CREDSSP_CRED *in, uint32_t flags, struct wr *w)
{
	CLEANUP(wr_done) struct wr schannel = WR(AUTHDATA_MAX), identity = WR(AUTHDATA_MAX);
	NTSTATUS status = SEC_E_OK;

	if (!submit_type_is_known((uint32_t)in->Type))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED's type");
	if (in->pSchannelCred)
		status = authdata_schannel(in->pSchannelCred, &schannel);
	bool has_identity = in->pSpnegoCred && in->Type != CredsspSchannelCreds;
	if (status == SEC_E_OK && has_identity)
		status = credssp_identity((uint32_t)in->Type, in->pSpnegoCred, &identity);
	if (status != SEC_E_OK)
		return status;
	credssp_auth_write(w, &(struct credssp_auth){
				      .submit_type = (uint32_t)in->Type,
				      .flags = flags,
				      .has_schannel = in->pSchannelCred != NULL,
				      .has_identity = has_identity,
				      .schannel = wr_view(&schannel),
				      .identity = wr_view(&identity),
			      });
	return wr_ok(w) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

NTSTATUS authdata_credssp(const void *auth, struct wr *w)
{
	const CREDSSP_CRED *plain = auth;
	const CREDSSP_CRED_EX *ex = auth;

	if (plain->Type != CredsspCredEx)
		return credssp_write(plain, 0, w);
	if (ex->Version != CREDSSP_CRED_EX_VERSION || ex->Reserved != 0)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED_EX's version");
	return credssp_write(&ex->Cred, ex->Flags, w);
}

NTSTATUS authdata_pack(uint32_t format, const void *auth, struct wr *w)
{
	switch (format) {
	case OPENSSPI_AUTH_DATA_IDENTITY:
		return authdata_identity(auth, w);
	case OPENSSPI_AUTH_DATA_CREDSSP:
		return authdata_credssp(auth, w);
	case OPENSSPI_AUTH_DATA_SCHANNEL:
		return authdata_schannel(auth, w);
	default:
		return fail(SEC_E_INTERNAL_ERROR, "packing auth data of an unknown format");
	}
}
