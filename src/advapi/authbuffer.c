/* advapi/authbuffer.c - CredPackAuthenticationBuffer: a name and a password as one block.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <sspi.h>
#include <wincred.h>

#include "advapi/authbuffer.h"
#include "advapi/lasterror.h"
#include "advapi/protect.h"
#include "advapi/reach.h"
#include "wire/authdata.h"

static struct rd units_view(struct utf16 text)
{
	return rd_of(text.p, text.n * sizeof(WCHAR));
}

/* "DOMAIN\user" in two; other names have no domain. */
static void split(struct utf16 name, struct authbuffer_view *out)
{
	size_t domain_n = 0;
	while (domain_n < name.n && name.p[domain_n] != '\\')
		domain_n++;

	bool has_domain = domain_n < name.n;
	size_t user_at = has_domain ? domain_n + 1 : 0;
	out->domain = units_view((struct utf16){ name.p, has_domain ? domain_n : 0 });
	out->user = units_view((struct utf16){ name.p + user_at, name.n - user_at });
}

bool name_is_certificate(struct utf16 name)
{
	CRED_MARSHAL_TYPE type = 0;
	PVOID credential = NULL;

	/* The short ones never are, and are not worth an error left behind. */
	if (name.n < 3 || name.p[0] != '@' || name.p[1] != '@' || name.p[2] != 'B')
		return false;
	bool is = CredUnmarshalCredentialW(name.p, &type, &credential);
	CredFree(credential);
	return is;
}

static void pack_identity(const struct authbuffer_view *view, struct wr *w)
{
	identity_write(w, &(struct identity_view){
				  .domain = view->domain,
				  .user = view->user,
				  .password = view->password,
				  .flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
				  .has_domain = view->domain.n > 0,
				  .has_user = true,
				  .has_password = true,
			  });
}

static void pack(DWORD flags, struct utf16 name, struct utf16 password, struct wr *w)
{
	struct authbuffer_view view = { .user = units_view(name),
					.password = units_view(password) };
	enum authbuffer_form form = AUTHBUFFER_LOGON;

	if (flags & CRED_PACK_GENERIC_CREDENTIALS)
		form = AUTHBUFFER_GENERIC;
	else if (name_is_certificate(name))
		form = AUTHBUFFER_CERTIFICATE;
	else
		split(name, &view);
	if (flags & CRED_PACK_ID_PROVIDER_CREDENTIALS)
		pack_identity(&view, w);
	else
		authbuffer_write_form(w, form, flags & CRED_PACK_WOW_BUFFER, &view);
}

static bool is_text_of(struct utf16 text, size_t most)
{
	return text.n <= most && utf16_is_valid(text.p, text.n);
}

static uint32_t check(DWORD flags, struct utf16 name, struct utf16 password)
{
	size_t most = text_protection(password) == CredUnprotected
			      ? CREDUI_MAX_PASSWORD_LENGTH
			      : CREDUI_MAX_PACKED_CREDENTIALS_LENGTH;

	if (!name.p || !password.p || !is_text_of(name, CREDUI_MAX_USERNAME_LENGTH) ||
	    !is_text_of(password, most))
		return ERROR_INVALID_PARAMETER;
	if (flags & ~(DWORD)CRED_PACK_KNOWN)
		return ERROR_NOT_SUPPORTED;
	return flags & CRED_PACK_GENERIC_CREDENTIALS && flags & CRED_PACK_ID_PROVIDER_CREDENTIALS
		       ? ERROR_INVALID_PARAMETER
		       : ERROR_SUCCESS;
}

BOOL WINAPI CredPackAuthenticationBufferW(DWORD flags, LPWSTR user, LPWSTR password, PBYTE packed,
					  DWORD *packed_n)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	CLEANUP(secret_free_p) struct secret *sealed = NULL;
	struct utf16 name = utf16_of(user), secret = utf16_of(password);

	uint32_t error = packed_n ? check(flags, name, secret) : ERROR_INVALID_PARAMETER;
	if (error == ERROR_SUCCESS && flags & CRED_PACK_PROTECTED_CREDENTIALS &&
	    text_protection(secret) == CredUnprotected) {
		error = text_protect(CRED_PROTECT_AS_SELF, secret, &sealed);
		secret = error == ERROR_SUCCESS ? secret_text(sealed) : secret;
	}
	if (error != ERROR_SUCCESS)
		return last_error(error);
	pack(flags, name, secret, &w);
	struct rd bytes = wr_view(&w);
	if (!wr_ok(&w))
		return last_error(ERROR_NOT_ENOUGH_MEMORY);
	DWORD room = packed ? *packed_n : 0;
	*packed_n = (DWORD)bytes.n;
	if (room < bytes.n)
		return last_error(ERROR_INSUFFICIENT_BUFFER);
	memcpy(packed, bytes.p, bytes.n);
	return TRUE;
}

/* UTF-8 as terminated UTF-16 in a secret; 0 or a Win32 error. */
static uint32_t widen(const char *text, struct secret **out)
{
	return text ? secret_widen(text, strlen(text) + 1, out) : ERROR_SUCCESS;
}

static WCHAR *wide_of(const struct secret *s)
{
	return s ? (WCHAR *)(void *)s->p : NULL;
}

BOOL WINAPI CredPackAuthenticationBufferA(DWORD flags, LPSTR user, LPSTR password, PBYTE packed,
					  DWORD *packed_n)
{
	CLEANUP(secret_free_p) struct secret *wide_user = NULL, *wide_password = NULL;

	uint32_t error = widen(user, &wide_user);
	if (error == ERROR_SUCCESS)
		error = widen(password, &wide_password);
	if (error != ERROR_SUCCESS)
		return last_error(error);
	return CredPackAuthenticationBufferW(flags, wide_of(wide_user), wide_of(wide_password),
					     packed, packed_n);
}
