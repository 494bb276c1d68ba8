/* sspi/authdata.c - CREDSSP_CRED and SCHANNEL_CRED as self-contained blocks; see sspi/authdata.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>
#include <opensspi.h>
#include <schannel.h>

#include "sspi/authdata.h"
#include "sspi/certificate.h"
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
		status = authdata_submit((uint32_t)in->Type, in->pSpnegoCred, &identity);
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
