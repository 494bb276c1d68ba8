/* baselib/account.c - LookupAccountSid, LookupAccountName, GetUserName, TranslateName and the
 * computer's names.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Counts differ by function on Windows, and so here: what a too small buffer is told counts the NUL;
 * what a filled one is told counts it for GetUserName and TranslateName alone. */
#include <sddl.h>
#include <security.h>
#include <windows.h>

#include <ctype.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/utf.h"
#include "baselib/error.h"
#include "baselib/names.h"

/* Where a text goes: CHARs or WCHARs, and the caller's count. */
struct place {
	void *buffer;
	DWORD *count;
	bool wide, counts_nul;
};

/* False when there is no room; the count then says what it takes. Text of the system that is not
 * UTF-8 is not given out. */
static bool place_fits(const struct place *p, const char *text)
{
	size_t units = p->wide ? utf16_need(text, strlen(text)) : strlen(text);

	if (units == SIZE_MAX)
		return false;
	if (p->buffer && *p->count > units)
		return true;
	*p->count = (DWORD)units + 1;
	return false;
}

static void place_put(const struct place *p, const char *text)
{
	size_t n = strlen(text), units = p->wide ? utf16_need(text, n) : n;

	if (p->wide) {
		utf16_put(p->buffer, text, n);
		((WCHAR *)p->buffer)[units] = 0;
	} else {
		memcpy(p->buffer, text, n + 1);
	}
	*p->count = (DWORD)units + p->counts_nul;
}

static BOOL place_one(struct place p, const char *text, DWORD too_small)
{
	if (!p.count)
		return error_set(ERROR_INVALID_PARAMETER);
	if (!place_fits(&p, text))
		return error_set(too_small);
	place_put(&p, text);
	return TRUE;
}

/* ---- identifiers ---- */

static BOOL lookup_sid(PSID sid, struct place name, struct place domain, PSID_NAME_USE use)
{
	struct sid_block block = { 0 };
	struct account_name found;

	if (!IsValidSid(sid) || !name.count || !domain.count || !use)
		return error_set(ERROR_INVALID_PARAMETER);
	memcpy(&block, sid, GetLengthSid(sid));
	if (!name_of_sid(&block, &found))
		return error_set(ERROR_NONE_MAPPED);
	bool fits = place_fits(&name, found.name);
	if (!place_fits(&domain, found.domain) || !fits)
		return error_set(ERROR_INSUFFICIENT_BUFFER);
	place_put(&name, found.name);
	place_put(&domain, found.domain);
	*use = found.use;
	return TRUE;
}

BOOL WINAPI LookupAccountSidA(LPCSTR system, PSID sid, LPSTR name, LPDWORD name_count, LPSTR domain,
			      LPDWORD domain_count, PSID_NAME_USE use)
{
	(void)system;
	return lookup_sid(sid, (struct place){ name, name_count, false, false },
			  (struct place){ domain, domain_count, false, false }, use);
}

BOOL WINAPI LookupAccountSidW(LPCWSTR system, PSID sid, LPWSTR name, LPDWORD name_count,
			      LPWSTR domain, LPDWORD domain_count, PSID_NAME_USE use)
{
	(void)system;
	return lookup_sid(sid, (struct place){ name, name_count, true, false },
			  (struct place){ domain, domain_count, true, false }, use);
}

static BOOL lookup_name(const char *name, PSID sid, LPDWORD sid_room, struct place domain,
			PSID_NAME_USE use)
{
	struct sid_block block;
	struct account_name found;

	if (!name || !sid_room || !domain.count || !use)
		return error_set(ERROR_INVALID_PARAMETER);
	if (!sid_of_name(name, &block, &found))
		return error_set(ERROR_NONE_MAPPED);
	DWORD n = GetSidLengthRequired(block.count);
	bool fits = sid && *sid_room >= n;
	*sid_room = n;
	if (!place_fits(&domain, found.domain) || !fits)
		return error_set(ERROR_INSUFFICIENT_BUFFER);
	memcpy(sid, &block, n);
	place_put(&domain, found.domain);
	*use = found.use;
	return TRUE;
}

BOOL WINAPI LookupAccountNameA(LPCSTR system, LPCSTR name, PSID sid, LPDWORD sid_room, LPSTR domain,
			       LPDWORD domain_count, PSID_NAME_USE use)
{
	(void)system;
	return lookup_name(name, sid, sid_room,
			   (struct place){ domain, domain_count, false, false }, use);
}

BOOL WINAPI LookupAccountNameW(LPCWSTR system, LPCWSTR name, PSID sid, LPDWORD sid_room,
			       LPWSTR domain, LPDWORD domain_count, PSID_NAME_USE use)
{
	CLEANUP(mem_free_p) char *narrow = NULL;

	(void)system;
	if (!name || !utf8_from_utf16(name, utf16_len(name), &narrow, NULL))
		return error_set(ERROR_INVALID_PARAMETER);
	return lookup_name(narrow, sid, sid_room,
			   (struct place){ domain, domain_count, true, false }, use);
}

/* ---- the caller ---- */

static BOOL user_name(struct place p)
{
	struct account_name own;

	if (!name_of_caller(&own))
		return error_set(ERROR_NONE_MAPPED);
	return place_one(p, own.name, ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI GetUserNameA(LPSTR buffer, LPDWORD count)
{
	return user_name((struct place){ buffer, count, false, true });
}

BOOL WINAPI GetUserNameW(LPWSTR buffer, LPDWORD count)
{
	return user_name((struct place){ buffer, count, true, true });
}

/* One form of a name; false with the last error set. */
static bool name_in_form(const struct account_name *who, EXTENDED_NAME_FORMAT form, char *text,
			 size_t room)
{
	char people[NAME_ROOM];

	switch (form) {
	case NameSamCompatible:
		snprintf(text, room, "%s\\%s", who->domain, who->name);
		return true;
	case NameDisplay:
		name_for_people(who->name, people);
		snprintf(text, room, "%s", *people ? people : who->name);
		return true;
	case NameUnknown:
		return error_set(ERROR_INVALID_PARAMETER);
	default: /* the forms that a directory gives */
		return error_set(ERROR_NONE_MAPPED);
	}
}

static BOOL user_name_ex(EXTENDED_NAME_FORMAT form, struct place p)
{
	char text[2 * NAME_ROOM];
	struct account_name own;

	if (!name_of_caller(&own))
		return error_set(ERROR_NONE_MAPPED);
	return name_in_form(&own, form, text, sizeof(text)) && place_one(p, text, ERROR_MORE_DATA);
}

BOOLEAN SEC_ENTRY GetUserNameExA(EXTENDED_NAME_FORMAT form, LPSTR buffer, PULONG count)
{
	return user_name_ex(form, (struct place){ buffer, count, false, false }) != 0;
}

BOOLEAN SEC_ENTRY GetUserNameExW(EXTENDED_NAME_FORMAT form, LPWSTR buffer, PULONG count)
{
	return user_name_ex(form, (struct place){ buffer, count, true, false }) != 0;
}

/* ---- other forms of a name ---- */

static BOOL translate(const char *name, EXTENDED_NAME_FORMAT from, EXTENDED_NAME_FORMAT to,
		      struct place p)
{
	char text[2 * NAME_ROOM];
	struct account_name who;
	struct sid_block sid;

	if (!name || !p.count)
		return error_set(ERROR_INVALID_PARAMETER);
	if ((from != NameSamCompatible && from != NameUnknown && from != NameUserPrincipal) ||
	    !sid_of_name(name, &sid, &who))
		return error_set(ERROR_NONE_MAPPED);
	return name_in_form(&who, to, text, sizeof(text)) &&
	       place_one(p, text, ERROR_INSUFFICIENT_BUFFER);
}

BOOLEAN SEC_ENTRY TranslateNameA(LPCSTR name, EXTENDED_NAME_FORMAT from, EXTENDED_NAME_FORMAT to,
				 LPSTR buffer, PULONG count)
{
	return translate(name, from, to, (struct place){ buffer, count, false, true }) != 0;
}

BOOLEAN SEC_ENTRY TranslateNameW(LPCWSTR name, EXTENDED_NAME_FORMAT from, EXTENDED_NAME_FORMAT to,
				 LPWSTR buffer, PULONG count)
{
	CLEANUP(mem_free_p) char *narrow = NULL;

	if (!name || !utf8_from_utf16(name, utf16_len(name), &narrow, NULL))
		return (BOOLEAN)error_set(ERROR_INVALID_PARAMETER);
	return translate(narrow, from, to, (struct place){ buffer, count, true, true }) != 0;
}

/* ---- the computer ---- */

static BOOL computer_name(COMPUTER_NAME_FORMAT form, struct place p)
{
	struct machine_name own;
	char *netbios = own.netbios, *host = own.host;

	name_of_machine(&own);
	size_t label = strcspn(host, ".");
	switch (form) {
	case ComputerNameNetBIOS:
	case ComputerNamePhysicalNetBIOS:
		return place_one(p, netbios, ERROR_MORE_DATA);
	case ComputerNameDnsHostname:
	case ComputerNamePhysicalDnsHostname:
		host[label] = '\0';
		return place_one(p, host, ERROR_MORE_DATA);
	case ComputerNameDnsDomain:
	case ComputerNamePhysicalDnsDomain:
		return place_one(p, host[label] ? host + label + 1 : "", ERROR_MORE_DATA);
	case ComputerNameDnsFullyQualified:
	case ComputerNamePhysicalDnsFullyQualified:
		return place_one(p, host, ERROR_MORE_DATA);
	default:
		return error_set(ERROR_INVALID_PARAMETER);
	}
}

BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT form, LPSTR buffer, LPDWORD count)
{
	return computer_name(form, (struct place){ buffer, count, false, false });
}

BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT form, LPWSTR buffer, LPDWORD count)
{
	return computer_name(form, (struct place){ buffer, count, true, false });
}

BOOL WINAPI GetComputerNameA(LPSTR buffer, LPDWORD count)
{
	return GetComputerNameExA(ComputerNameNetBIOS, buffer, count);
}

BOOL WINAPI GetComputerNameW(LPWSTR buffer, LPDWORD count)
{
	return GetComputerNameExW(ComputerNameNetBIOS, buffer, count);
}
