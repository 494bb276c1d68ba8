/* advapi/authbuffer_open.c - CredUnPackAuthenticationBuffer: name, domain and password of a block.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <sspi.h>
#include <wincred.h>

#include "advapi/authbuffer.h"
#include "advapi/lasterror.h"
#include "advapi/protect.h"
#include "advapi/reach.h"
#include "wire/authdata.h"

#define IDENTITY_SEALED                                                                            \
	(SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED |                                         \
	 SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED |                                          \
	 SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED |                                            \
	 SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED)

/* ---- what a block holds ---- */

/* A buffer opened: its texts point into the buffer or into the secrets. */
struct opened {
	struct authbuffer_view view;
	struct secret *identity; /* a copy whose password was sealed */
	struct secret *password; /* that CredProtect had sealed */
};

static void opened_done(struct opened *o)
{
	secret_free(o->identity);
	secret_free(o->password);
}

/* Opens a sealed identity in a copy of its own. */
static uint32_t identity_open(DWORD flags, struct rd *block, struct opened *out)
{
	SEC_WINNT_AUTH_IDENTITY_EX2 head;
	ULONG how = SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON;

	if (block->n < sizeof(head))
		return ERROR_INVALID_PARAMETER;
	memcpy(&head, block->p, sizeof(head));
	if (!(head.Flags & IDENTITY_SEALED))
		return ERROR_SUCCESS;
	if (!(flags & CRED_PACK_PROTECTED_CREDENTIALS))
		return ERROR_NOT_CAPABLE;
	if (head.cbStructureLength > block->n)
		return ERROR_INVALID_PARAMETER;
	out->identity = secret_copy(block->p, block->n);
	if (!out->identity)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (head.Flags & SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED)
		how = SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS;
	if (SspiDecryptAuthIdentityEx(how, out->identity->p) != SEC_E_OK)
		return ERROR_NOT_CAPABLE;
	*block = rd_of(out->identity->p, out->identity->len);
	return ERROR_SUCCESS;
}

static uint32_t open_identity(DWORD flags, struct rd block, struct opened *out)
{
	struct identity_view id;

	uint32_t error = identity_open(flags, &block, out);
	if (error != ERROR_SUCCESS)
		return error;
	if (!identity_read(block, &id) || id.flags & IDENTITY_SEALED)
		return out->identity ? ERROR_NOT_CAPABLE : ERROR_INVALID_PARAMETER;
	out->view = (struct authbuffer_view){ .domain = id.domain,
					      .user = id.user,
					      .password = id.password };
	return ERROR_SUCCESS;
}

/* A certificate's logon that was packed here names it as a marshalled credential; what others put there
 * cannot be told as a user name. */
static uint32_t check_certificate(struct rd user)
{
	CLEANUP(secret_free_p) struct secret *name = secret_new(user.n + sizeof(WCHAR));

	if (!name)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (user.n)
		memcpy(name->p, user.p, user.n);
	return name_is_certificate(
		       (struct utf16){ (WCHAR *)(void *)name->p, user.n / sizeof(WCHAR) })
		       ? ERROR_SUCCESS
		       : ERROR_NOT_SUPPORTED;
}

/* The password as it was before CredProtect; what was not protected stays as it is. */
static uint32_t open_password(struct opened *o)
{
	CLEANUP(secret_free_p)
	struct secret *sealed = secret_copy(o->view.password.p, o->view.password.n);

	if (!sealed)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (text_protection(secret_text(sealed)) == CredUnprotected)
		return ERROR_SUCCESS;
	uint32_t error = text_unprotect(CRED_UNPROTECT_AS_SELF, secret_text(sealed), &o->password);
	if (error == ERROR_SUCCESS)
		o->view.password = rd_of(o->password->p, o->password->len);
	return error;
}

/* The three texts of a buffer, whichever form it has; 0 or a Win32 error. */
static uint32_t unpack(DWORD flags, struct rd buffer, struct opened *out)
{
	uint32_t error = ERROR_SUCCESS, first;
	enum authbuffer_form form;
	struct rd r = buffer;

	if (!rd_u32le(&r, &first))
		return ERROR_INVALID_PARAMETER;
	if (first == SEC_WINNT_AUTH_IDENTITY_VERSION_2)
		error = open_identity(flags, buffer, out);
	else if (!authbuffer_form(buffer, &form))
		error = ERROR_NOT_SUPPORTED;
	else if (!authbuffer_read_form(buffer, form, flags & CRED_PACK_WOW_BUFFER, &out->view))
		error = ERROR_INVALID_PARAMETER;
	else if (form == AUTHBUFFER_CERTIFICATE)
		error = check_certificate(out->view.user);
	if (error == ERROR_SUCCESS && flags & CRED_PACK_PROTECTED_CREDENTIALS)
		error = open_password(out);
	return error;
}

/* ---- where it goes ---- */

/* Where one text goes: the caller's room and its count, in units of the caller's characters. */
struct slot {
	struct secret *text; /* aligned UTF-16 */
	void *out;
	DWORD *count;
	DWORD room;
	size_t need; /* with the terminator */
};

static size_t units(const struct slot *s)
{
	return s->text->len / sizeof(WCHAR);
}

static uint32_t slot_measure(struct slot *s, bool ansi)
{
	const WCHAR *wide = secret_text(s->text).p;
	if (!utf16_is_valid(wide, units(s)))
		return ERROR_INVALID_PARAMETER;
	s->need = (ansi ? utf8_need(wide, units(s)) : units(s)) + 1;
	s->room = s->out && s->count ? *s->count : 0;
	if (s->count)
		*s->count = (DWORD)s->need;
	return ERROR_SUCCESS;
}

static void slot_fill(const struct slot *s, bool ansi)
{
	if (!s->out)
		return;
	if (ansi) {
		utf8_put(s->out, secret_text(s->text).p, units(s));
		((char *)s->out)[s->need - 1] = 0;
		return;
	}
	if (s->text->len)
		memcpy(s->out, s->text->p, s->text->len);
	((WCHAR *)s->out)[s->need - 1] = 0;
}

static void slots_free(struct slot (*slots)[3])
{
	for (size_t i = 0; i < 3; i++)
		secret_free((*slots)[i].text);
}

/* The user name as asked for: alone, or with its domain when nobody wants that apart. */
static struct secret *user_text(const struct authbuffer_view *view, bool with_domain)
{
	static const WCHAR backslash = '\\';
	size_t domain_n = with_domain && view->domain.n ? view->domain.n + sizeof(backslash) : 0;
	struct secret *text = secret_new(domain_n + view->user.n);
	if (!text)
		return NULL;
	if (domain_n) {
		memcpy(text->p, view->domain.p, view->domain.n);
		memcpy(text->p + view->domain.n, &backslash, sizeof(backslash));
	}
	if (view->user.n)
		memcpy(text->p + domain_n, view->user.p, view->user.n);
	return text;
}

enum { USER, DOMAIN, PASSWORD };

static uint32_t deliver(const struct authbuffer_view *view, struct slot *slots, bool ansi)
{
	bool fits = true;

	slots[USER].text = user_text(view, !slots[DOMAIN].count);
	slots[DOMAIN].text = secret_copy(view->domain.p, view->domain.n);
	slots[PASSWORD].text = secret_copy(view->password.p, view->password.n);
	if (!slots[USER].text || !slots[DOMAIN].text || !slots[PASSWORD].text)
		return ERROR_NOT_ENOUGH_MEMORY;
	for (size_t i = 0; i < 3; i++) {
		uint32_t error = slot_measure(&slots[i], ansi);
		if (error != ERROR_SUCCESS)
			return error;
		bool wanted = i != DOMAIN || slots[i].count;
		fits = fits && (!wanted || slots[i].room >= slots[i].need);
	}
	if (!fits)
		return ERROR_INSUFFICIENT_BUFFER;
	for (size_t i = 0; i < 3; i++)
		slot_fill(&slots[i], ansi);
	return ERROR_SUCCESS;
}

static BOOL unpack_into(DWORD flags, struct rd buffer, struct slot (*slots)[3], bool ansi)
{
	CLEANUP(opened_done) struct opened opened = { .identity = NULL };

	if (!buffer.p || !(*slots)[USER].count || !(*slots)[PASSWORD].count ||
	    ((*slots)[DOMAIN].out && !(*slots)[DOMAIN].count))
		return last_error(ERROR_INVALID_PARAMETER);
	if (flags & ~(DWORD)CRED_PACK_KNOWN)
		return last_error(ERROR_NOT_SUPPORTED);
	uint32_t error = unpack(flags, buffer, &opened);
	if (error == ERROR_SUCCESS)
		error = deliver(&opened.view, *slots, ansi);
	return done(error);
}

BOOL WINAPI CredUnPackAuthenticationBufferW(DWORD flags, PVOID buffer, DWORD n, LPWSTR user,
					    DWORD *user_n, LPWSTR domain, DWORD *domain_n,
					    LPWSTR password, DWORD *password_n)
{
	CLEANUP(slots_free)
	struct slot slots[3] = {
		[USER] = { .out = user, .count = user_n },
		[DOMAIN] = { .out = domain, .count = domain_n },
		[PASSWORD] = { .out = password, .count = password_n },
	};
	return unpack_into(flags, rd_of(buffer, n), &slots, false);
}

BOOL WINAPI CredUnPackAuthenticationBufferA(DWORD flags, PVOID buffer, DWORD n, LPSTR user,
					    DWORD *user_n, LPSTR domain, DWORD *domain_n,
					    LPSTR password, DWORD *password_n)
{
	CLEANUP(slots_free)
	struct slot slots[3] = {
		[USER] = { .out = user, .count = user_n },
		[DOMAIN] = { .out = domain, .count = domain_n },
		[PASSWORD] = { .out = password, .count = password_n },
	};
	return unpack_into(flags, rd_of(buffer, n), &slots, true);
}
