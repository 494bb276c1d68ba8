/* advapi/username.c - CredUIParseUserName: the user and the domain in what somebody typed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <wincred.h>

#include "base/utf.h"

/* The two parts; a name without a backslash is all user. */
struct parts {
	const WCHAR *user, *domain;
	size_t user_n, domain_n;
};

static DWORD split(const WCHAR *name, struct parts *p)
{
	size_t n = utf16_len(name), at = 0, last = 0;

	while (at < n && name[at] != '\\')
		at++;
	if (n == 0 || n > CREDUI_MAX_USERNAME_LENGTH || !utf16_is_valid(name, n))
		return ERROR_INVALID_ACCOUNT_NAME;
	if (at < n) {
		*p = (struct parts){ name + at + 1, name, n - at - 1, at };
		return p->user_n && p->domain_n ? NO_ERROR : ERROR_INVALID_ACCOUNT_NAME;
	}
	*p = (struct parts){ .user = name, .user_n = n };
	if (CredIsMarshaledCredentialW(name))
		return NO_ERROR;
	for (size_t i = 0; i < n; i++)
		if (name[i] == '@')
			last = i;
	/* Neither DOMAIN\user nor user@suffix: there is no domain to be told apart. */
	return last > 0 && last + 1 < n ? NO_ERROR : ERROR_INVALID_ACCOUNT_NAME;
}

DWORD WINAPI CredUIParseUserNameW(PCWSTR name, PWSTR user, ULONG user_room, PWSTR domain,
				  ULONG domain_room)
{
	struct parts p;

	if (!name || !user || !user_room || !domain || !domain_room)
		return ERROR_INVALID_PARAMETER;
	DWORD error = split(name, &p);
	if (error != NO_ERROR)
		return error;
	if (p.user_n >= user_room || p.domain_n >= domain_room)
		return ERROR_INSUFFICIENT_BUFFER;
	memcpy(user, p.user, p.user_n * sizeof(WCHAR));
	user[p.user_n] = 0;
	if (p.domain_n)
		memcpy(domain, p.domain, p.domain_n * sizeof(WCHAR));
	domain[p.domain_n] = 0;
	return NO_ERROR;
}

DWORD WINAPI CredUIParseUserNameA(PCSTR name, PSTR user, ULONG user_room, PSTR domain,
				  ULONG domain_room)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	struct parts p;

	if (!name || !user || !user_room || !domain || !domain_room)
		return ERROR_INVALID_PARAMETER;
	if (!utf16_from_utf8(name, strlen(name), &wide, NULL))
		return utf16_need(name, strlen(name)) == SIZE_MAX ? ERROR_INVALID_ACCOUNT_NAME
								  : ERROR_NOT_ENOUGH_MEMORY;
	DWORD error = split(wide, &p);
	if (error != NO_ERROR)
		return error;
	size_t user_n = utf8_need(p.user, p.user_n);
	size_t domain_n = p.domain_n ? utf8_need(p.domain, p.domain_n) : 0;
	if (user_n >= user_room || domain_n >= domain_room)
		return ERROR_INSUFFICIENT_BUFFER;
	utf8_put(user, p.user, p.user_n);
	user[user_n] = '\0';
	if (p.domain_n)
		utf8_put(domain, p.domain, p.domain_n);
	domain[domain_n] = '\0';
	return NO_ERROR;
}
