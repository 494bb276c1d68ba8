/* sspi/authdata_submit.c - what pSpnegoCred of a CREDSSP_CRED points to, by its submit type.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>
#include <ntsecapi.h>
#include <wincred.h>

#include "base/secret.h"
#include "sspi/authdata.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"
#include "wire/kerblogon.h"

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

/* Bytes that a logon points to: at an offset from its start, or (where it may) at an address. The lowest
 * pages of a program are never mapped, so that the two cannot be mistaken. */
static bool logon_field(const KERB_CERTIFICATE_LOGON *logon, bool addresses, const void *place,
			size_t n, struct rd *out)
{
	uintptr_t at = (uintptr_t)place;

	*out = rd_of(NULL, 0);
	if (n == 0)
		return true;
	if (at >= sizeof(*logon) && at < AUTHDATA_MAX)
		*out = rd_of((const uint8_t *)logon + at, n);
	else if (addresses && at >= AUTHDATA_MAX)
		*out = rd_of(place, n);
	return out->n != 0;
}

static bool logon_text(const KERB_CERTIFICATE_LOGON *logon, bool addresses, const UNICODE_STRING *s,
		       struct rd *out)
{
	return logon_field(logon, addresses, s->Buffer, s->Length, out) &&
	       logon_text_is_sound(*out);
}

/* KERB_CERTIFICATE_LOGON as an identity whose names are the logon's hints. */
static NTSTATUS submit_certificate(const void *auth, bool addresses, struct wr *w)
{
	CLEANUP(wr_done) struct wr packed = WR(AUTHDATA_MAX);
	CLEANUP(secret_free_p) struct secret *open = NULL;
	const KERB_CERTIFICATE_LOGON *in = auth;
	struct certificate_logon logon = { .flags = in->Flags };

	if ((in->MessageType != KerbCertificateLogon &&
	     in->MessageType != KerbCertificateUnlockLogon) ||
	    !logon_text(in, addresses, &in->DomainName, &logon.domain) ||
	    !logon_text(in, addresses, &in->UserName, &logon.user) ||
	    !logon_text(in, addresses, &in->Pin, &logon.pin) ||
	    in->CspDataLength > CERTIFICATE_LOGON_MAX ||
	    !logon_field(in, addresses, in->CspData, in->CspDataLength, &logon.csp_data))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a logon by certificate");
	NTSTATUS status = password_open(logon.pin, &open);
	if (status != SEC_E_OK)
		return status;
	if (open)
		logon.pin = rd_of(open->p, open->len);
	certificate_logon_write(&packed, &logon);
	if (!wr_ok(&packed))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "packing a logon by certificate");
	identity_write(w, &(struct identity_view){
				  .user = logon.user,
				  .domain = logon.domain,
				  .flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
				  .has_user = logon.user.n > 0,
				  .has_domain = logon.domain.n > 0,
				  .certificate = wr_view(&packed),
			  });
	return wr_ok(w) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* What CredPackAuthenticationBuffer makes: an identity, or a packed logon with a password or a card. What
 * its other forms begin with is no pointer. */
static NTSTATUS submit_buffer(const void *auth, struct wr *w)
{
	CLEANUP(secret_free_p) struct secret *open = NULL;
	struct authbuffer_view view;
	enum authbuffer_form form;

	if (!authbuffer_form(rd_of(auth, sizeof(ULONG)), &form))
		return submit_identity(auth, w);
	if (form == AUTHBUFFER_CERTIFICATE)
		return submit_certificate(auth, false, w);
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

NTSTATUS authdata_submit(uint32_t type, const void *auth, struct wr *w)
{
	switch (type) {
	case CredsspPasswordCreds:
	case CredsspSubmitBufferBothOld:
		return authdata_identity(auth, w);
	case CredsspSubmitBufferBoth:
		return submit_buffer(auth, w);
	case CredsspCertificateCreds:
		return submit_certificate(auth, true, w);
	default:
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED's type");
	}
}
