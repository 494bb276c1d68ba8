/* advapi/authbuffer.c - CredPackAuthenticationBuffer and CredUnPackAuthenticationBuffer.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <sspi.h>
#include <wincred.h>

#include "advapi/lasterror.h"
#include "base/secret.h"
#include "base/utf.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"

#define MESSAGE_LOGON 2 /* KerbInteractiveLogon */
#define MESSAGE_UNLOCK 7

/* ---- packing ---- */

static struct rd units_view(const WCHAR *s, size_t n)
{
	return rd_of(s, n * sizeof(WCHAR));
}

/* "DOMAIN\user" in two; other names have no domain. */
static struct authbuffer_view split(const WCHAR *name, const WCHAR *password)
{
	size_t n = utf16_len(name), domain_n = 0;
	while (domain_n < n && name[domain_n] != '\\')
		domain_n++;

	bool has_domain = domain_n < n;
	size_t user_at = has_domain ? domain_n + 1 : 0;
	return (struct authbuffer_view){
		.domain = units_view(name, has_domain ? domain_n : 0),
		.user = units_view(name + user_at, n - user_at),
		.password = units_view(password, utf16_len(password)),
	};
}

static void pack(DWORD flags, const struct authbuffer_view *view, struct wr *w)
{
	if (!(flags & CRED_PACK_ID_PROVIDER_CREDENTIALS)) {
		authbuffer_write(w, view);
		return;
	}
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

static bool is_text_of(const WCHAR *s, size_t most)
{
	size_t n = utf16_len(s);
	return n <= most && utf16_is_valid(s, n);
}

BOOL WINAPI CredPackAuthenticationBufferW(DWORD flags, LPWSTR user, LPWSTR password, PBYTE packed,
					  DWORD *packed_n)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);

	if (!user || !password || !packed_n || !is_text_of(user, CREDUI_MAX_USERNAME_LENGTH) ||
	    !is_text_of(password, CREDUI_MAX_PASSWORD_LENGTH))
		return last_error(ERROR_INVALID_PARAMETER);
	if (flags & ~(DWORD)CRED_PACK_ID_PROVIDER_CREDENTIALS)
		return last_error(ERROR_NOT_SUPPORTED);
	struct authbuffer_view view = split(user, password);
	pack(flags, &view, &w);
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
	if (!text)
		return ERROR_SUCCESS;
	size_t n = strlen(text), need = utf16_need(text, n);
	if (need == SIZE_MAX)
		return ERROR_NO_UNICODE_TRANSLATION;
	*out = secret_new((need + 1) * sizeof(WCHAR));
	if (!*out)
		return ERROR_NOT_ENOUGH_MEMORY;
	utf16_put((WCHAR *)(void *)(*out)->p, text, n);
	return ERROR_SUCCESS;
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

/* ---- unpacking ---- */

/* The three texts of a buffer, whichever form it has; 0 or a Win32 error. */
static uint32_t unpack(struct rd buffer, struct authbuffer_view *out)
{
	struct identity_view id;
	struct rd r = buffer;
	uint32_t first;

	if (!rd_u32le(&r, &first))
		return ERROR_INVALID_PARAMETER;
	if (first == MESSAGE_LOGON || first == MESSAGE_UNLOCK)
		return authbuffer_read(buffer, out) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
	if (first != SEC_WINNT_AUTH_IDENTITY_VERSION_2)
		return ERROR_NOT_SUPPORTED;
	if (!identity_read(buffer, &id))
		return ERROR_INVALID_PARAMETER;
	*out = (struct authbuffer_view){
		.domain = id.domain, .user = id.user, .password = id.password
	};
	return ERROR_SUCCESS;
}

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
	const WCHAR *wide = wide_of(s->text);
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
		utf8_put(s->out, wide_of(s->text), units(s));
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
	struct authbuffer_view view;

	if (!buffer.p || !(*slots)[USER].count || !(*slots)[PASSWORD].count ||
	    ((*slots)[DOMAIN].out && !(*slots)[DOMAIN].count))
		return last_error(ERROR_INVALID_PARAMETER);
	if (flags != 0)
		return last_error(ERROR_NOT_SUPPORTED);
	uint32_t error = unpack(buffer, &view);
	if (error == ERROR_SUCCESS)
		error = deliver(&view, *slots, ansi);
	return error == ERROR_SUCCESS ? TRUE : last_error(error);
}

BOOL WINAPI CredUnPackAuthenticationBufferW(DWORD flags, PVOID buffer, DWORD n, LPWSTR user,
					    DWORD *user_n, LPWSTR domain, DWORD *domain_n,
					    LPWSTR password, DWORD *password_n)
{
	CLEANUP(slots_free) struct slot slots[3] = {
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
	CLEANUP(slots_free) struct slot slots[3] = {
		[USER] = { .out = user, .count = user_n },
		[DOMAIN] = { .out = domain, .count = domain_n },
		[PASSWORD] = { .out = password, .count = password_n },
	};
	return unpack_into(flags, rd_of(buffer, n), &slots, true);
}
