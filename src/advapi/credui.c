/* advapi/credui.c - see advapi/credui.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>
#include <sspi.h>

#include "advapi/authbuffer.h"
#include "advapi/credui.h"

#define CERTIFICATE_FLAGS                                                                          \
	(CREDUI_FLAGS_REQUIRE_SMARTCARD | CREDUI_FLAGS_REQUIRE_CERTIFICATE |                       \
	 CREDUI_FLAGS_EXCLUDE_CERTIFICATES)

void credui_answer_done(struct credui_answer *a)
{
	secret_free(a->user);
	secret_free(a->password);
	*a = (struct credui_answer){ .user = NULL };
}

/* ---- rules ---- */

static bool more_than_one(DWORD flags)
{
	return flags & (flags - 1);
}

static bool has_both(DWORD flags, DWORD a, DWORD b)
{
	return flags & a && flags & b;
}

DWORD credui_check_flags(DWORD flags, bool command_line)
{
	bool good = !(flags & ~(DWORD)CREDUI_FLAGS_PROMPT_VALID) &&
		    !more_than_one(flags & CERTIFICATE_FLAGS) &&
		    !has_both(flags, CREDUI_FLAGS_USERNAME_TARGET_CREDENTIALS,
			      CREDUI_FLAGS_GENERIC_CREDENTIALS) &&
		    !has_both(flags, CREDUI_FLAGS_PERSIST, CREDUI_FLAGS_DO_NOT_PERSIST) &&
		    (!(flags & CREDUI_FLAGS_ALWAYS_SHOW_UI) ||
		     flags & CREDUI_FLAGS_GENERIC_CREDENTIALS);

	if (command_line &&
	    (flags & CREDUI_FLAGS_REQUIRE_CERTIFICATE ||
	     (flags & CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX && !(flags & CREDUI_FLAGS_DO_NOT_PERSIST))))
		good = false;
	return good ? ERROR_SUCCESS : ERROR_INVALID_FLAGS;
}

DWORD credui_check_request(const struct credui_request *r)
{
	size_t most = r->flags & CREDUI_FLAGS_GENERIC_CREDENTIALS ? CREDUI_MAX_GENERIC_TARGET_LENGTH
								  : CREDUI_MAX_DOMAIN_TARGET_LENGTH;

	if (r->flags & CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX && !r->save)
		return ERROR_INVALID_PARAMETER;
	return r->target.n && r->target.n <= most && utf16_is_valid(r->target.p, r->target.n) &&
			       r->user.n <= CREDUI_MAX_USERNAME_LENGTH &&
			       utf16_is_valid(r->user.p, r->user.n)
		       ? ERROR_SUCCESS
		       : ERROR_INVALID_PARAMETER;
}

/* ---- stored credentials ---- */

static bool wants_stored(const struct credui_request *r)
{
	return r->flags & CREDUI_FLAGS_GENERIC_CREDENTIALS &&
	       !(r->flags & (CREDUI_FLAGS_ALWAYS_SHOW_UI | CREDUI_FLAGS_INCORRECT_PASSWORD)) &&
	       r->auth_error == ERROR_SUCCESS;
}

/* A name and a blob that is the text of a password, and no other user's than the caller has in mind. */
static bool fits(const struct credui_request *r, const CREDENTIALW *c)
{
	struct utf16 user = utf16_of(c->UserName);
	size_t units = c->CredentialBlobSize / sizeof(WCHAR);

	if (!user.p || c->CredentialBlobSize % sizeof(WCHAR) ||
	    units > CREDUI_MAX_PASSWORD_LENGTH ||
	    (r->user.n && !utf16_equal_nocase(user.p, user.n, r->user.p, r->user.n)))
		return false;
	const WCHAR *password = (const WCHAR *)(const void *)c->CredentialBlob;
	for (size_t i = 0; i < units; i++)
		if (!password[i])
			return false;
	return utf16_is_valid(password, units);
}

bool credui_find(const struct credui_request *r, struct credui_answer *out)
{
	PCREDENTIALW found = NULL;

	if (!wants_stored(r) || !CredReadW(r->target.p, CRED_TYPE_GENERIC, 0, &found))
		return false;
	if (fits(r, found)) {
		out->user =
			secret_copy(found->UserName, utf16_len(found->UserName) * sizeof(WCHAR));
		out->password = secret_copy(found->CredentialBlob, found->CredentialBlobSize);
		out->from_store = out->user && out->password;
	}
	CredFree(found);
	if (!out->from_store)
		credui_answer_done(out);
	return out->from_store;
}

/* ---- names ---- */

static bool has_unit(struct utf16 text, WCHAR unit)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == unit)
			return true;
	return false;
}

static struct utf16 text_of(const struct secret *s)
{
	return (struct utf16){ (const WCHAR *)(const void *)s->p, s->len / sizeof(WCHAR) };
}

/* DOMAIN\user, user@suffix or a marshalled credential. */
static bool name_is_whole(struct utf16 name)
{
	WCHAR terminated[CREDUI_MAX_USERNAME_LENGTH + 1], user[CREDUI_MAX_USERNAME_LENGTH + 1],
		domain[CREDUI_MAX_USERNAME_LENGTH + 1];

	if (name.n > CREDUI_MAX_USERNAME_LENGTH)
		return false;
	if (name.n)
		memcpy(terminated, name.p, name.n * sizeof(WCHAR));
	terminated[name.n] = 0;
	return CredUIParseUserNameW(terminated, user, ARRAY_LEN(user), domain, ARRAY_LEN(domain)) ==
	       NO_ERROR;
}

/* "target\user"; the target must be able to be a domain. */
static DWORD complete(const struct credui_request *r, struct secret **name)
{
	static const WCHAR backslash = '\\';
	PWSTR host = NULL;

	if (SspiGetTargetHostName(r->target.p, &host) != SEC_E_OK)
		return ERROR_BAD_USERNAME;
	struct utf16 domain = utf16_of(host);
	size_t domain_n = domain.n * sizeof(WCHAR);
	bool good = !has_unit(domain, '*') && !has_unit(domain, '\\') && !has_unit(domain, '@') &&
		    domain.n + 1 + text_of(*name).n <= CREDUI_MAX_USERNAME_LENGTH;
	struct secret *whole = good ? secret_new(domain_n + sizeof(backslash) + (*name)->len)
				    : NULL;
	if (whole) {
		memcpy(whole->p, domain.p, domain_n);
		memcpy(whole->p + domain_n, &backslash, sizeof(backslash));
		memcpy(whole->p + domain_n + sizeof(backslash), (*name)->p, (*name)->len);
		secret_free(*name);
		*name = whole;
	}
	SspiLocalFree(host);
	if (!good)
		return ERROR_BAD_USERNAME;
	return whole ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

DWORD credui_check_name(const struct credui_request *r, struct secret **name)
{
	struct utf16 text = text_of(*name);
	bool generic = r->flags & CREDUI_FLAGS_GENERIC_CREDENTIALS;
	bool completes = !generic || r->flags & CREDUI_FLAGS_COMPLETE_USERNAME;

	if (text.n > CREDUI_MAX_USERNAME_LENGTH)
		return ERROR_BAD_USERNAME;
	if (text.n == 0)
		return r->flags & CREDUI_FLAGS_PASSWORD_ONLY_OK ? ERROR_SUCCESS
								: ERROR_BAD_USERNAME;
	if ((!completes && !(r->flags & CREDUI_FLAGS_VALIDATE_USERNAME)) || name_is_whole(text))
		return ERROR_SUCCESS;
	if (has_unit(text, '\\') || has_unit(text, '@'))
		return ERROR_BAD_USERNAME;
	return completes ? complete(r, name) : ERROR_SUCCESS;
}

/* ---- saving ---- */

static DWORD type_of(const struct credui_request *r, const WCHAR *user)
{
	if (r->flags & CREDUI_FLAGS_GENERIC_CREDENTIALS)
		return CRED_TYPE_GENERIC;
	return name_is_certificate(utf16_of(user)) ? CRED_TYPE_DOMAIN_CERTIFICATE
						   : CRED_TYPE_DOMAIN_PASSWORD;
}

DWORD credui_persistence(const struct credui_request *r, DWORD *out)
{
	DWORD most[CRED_TYPE_MAXIMUM] = { CRED_PERSIST_NONE };
	DWORD type = r->flags & CREDUI_FLAGS_GENERIC_CREDENTIALS ? CRED_TYPE_GENERIC
								 : CRED_TYPE_DOMAIN_PASSWORD;

	if (!CredGetSessionTypes(CRED_TYPE_MAXIMUM, most))
		return OpensspiGetLastError();
	*out = most[type];
	return *out == CRED_PERSIST_NONE ? ERROR_NO_SUCH_LOGON_SESSION : ERROR_SUCCESS;
}

static WCHAR *text_dup(const WCHAR *text, size_t n)
{
	WCHAR *copy = mem_array(n + 1, sizeof(*copy));
	if (copy && n)
		memcpy(copy, text, n * sizeof(*copy));
	return copy;
}

/* What a server says of its domain is nobody's word: a credential for all of that would be shown to servers
 * that it is not meant for. It is kept for its target. */
static WCHAR *target_for(const struct credui_request *r, const WCHAR *user)
{
	return r->flags & CREDUI_FLAGS_USERNAME_TARGET_CREDENTIALS
		       ? text_dup(user, utf16_len(user))
		       : text_dup(r->target.p, r->target.n);
}

static struct credui_pending *pending_of(const struct credui_request *r,
					 const struct credui_answer *a)
{
	CLEANUP(credui_pending_free_p) struct credui_pending *p = MEM_NEW(struct credui_pending);

	if (!p)
		return NULL;
	p->user = secret_new(a->user->len + sizeof(WCHAR));
	p->password = secret_copy(a->password->p, a->password->len);
	p->asked = text_dup(r->target.p, r->target.n);
	if (!p->user || !p->password || !p->asked)
		return NULL;
	if (a->user->len)
		memcpy(p->user->p, a->user->p, a->user->len);
	const WCHAR *user = text_of(p->user).p;
	p->type = type_of(r, user);
	p->target = target_for(r, user);
	if (r->flags & CREDUI_FLAGS_USERNAME_TARGET_CREDENTIALS)
		p->flags = CRED_FLAGS_USERNAME_TARGET;
	return p->target ? TAKE(p) : NULL;
}

DWORD credui_keep(const struct credui_request *r, const struct credui_answer *a)
{
	CLEANUP(credui_pending_free_p) struct credui_pending *p = pending_of(r, a);
	DWORD error = p ? credui_persistence(r, &p->persist) : ERROR_NOT_ENOUGH_MEMORY;

	if (error != ERROR_SUCCESS)
		return error;
	if (!(r->flags & CREDUI_FLAGS_EXPECT_CONFIRMATION))
		return credui_pending_save(p);
	credui_pending_add_take(TAKE(p));
	return ERROR_SUCCESS;
}
