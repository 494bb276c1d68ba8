/* baselib/sid.c - security identifiers: their text, their bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The text form is [MS-DTYP] 2.4.2.1: S-1-authority-subauthorities. */
#include <sddl.h>
#include <windows.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/utf.h"
#include "baselib/error.h"
#include "baselib/sid.h"

/* "S-1-", 15 digits of authority, 15 times 11 characters. */
#define SID_TEXT_ROOM 200

BOOL WINAPI IsValidSid(PSID sid)
{
	const SID *s = sid;
	return s && s->Revision == SID_REVISION && s->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

DWORD WINAPI GetSidLengthRequired(UCHAR count)
{
	return (DWORD)(offsetof(SID, SubAuthority) + count * sizeof(DWORD));
}

DWORD WINAPI GetLengthSid(PSID sid)
{
	return sid ? GetSidLengthRequired(((const SID *)sid)->SubAuthorityCount) : 0;
}

BOOL WINAPI EqualSid(PSID a, PSID b)
{
	if (!IsValidSid(a) || !IsValidSid(b))
		return error_set(ERROR_INVALID_SID);
	return GetLengthSid(a) == GetLengthSid(b) && memcmp(a, b, GetLengthSid(a)) == 0;
}

BOOL WINAPI CopySid(DWORD room, PSID to, PSID from)
{
	if (!to || !IsValidSid(from))
		return error_set(ERROR_INVALID_SID);
	if (GetLengthSid(from) > room)
		return error_set(ERROR_INSUFFICIENT_BUFFER);
	memcpy(to, from, GetLengthSid(from));
	return TRUE;
}

BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE count, DWORD s0,
				     DWORD s1, DWORD s2, DWORD s3, DWORD s4, DWORD s5, DWORD s6,
				     DWORD s7, PSID *out)
{
	DWORD sub[8] = { s0, s1, s2, s3, s4, s5, s6, s7 };

	if (!authority || !out || count > ARRAY_LEN(sub))
		return error_set(ERROR_INVALID_PARAMETER);
	SID *sid = LocalAlloc(LPTR, GetSidLengthRequired(count));
	if (!sid)
		return FALSE;
	sid->Revision = SID_REVISION;
	sid->SubAuthorityCount = count;
	sid->IdentifierAuthority = *authority;
	memcpy((char *)sid + offsetof(SID, SubAuthority), sub, count * sizeof(DWORD));
	*out = sid;
	return TRUE;
}

PVOID WINAPI FreeSid(PSID sid)
{
	return LocalFree(sid);
}

struct sid_block sid_make(unsigned authority, size_t count, const DWORD *sub)
{
	struct sid_block b = { .revision = SID_REVISION, .count = (BYTE)count };

	b.authority[5] = (BYTE)authority;
	memcpy(b.sub, sub, count * sizeof(DWORD));
	return b;
}

static void sid_print(const SID *sid, char *text)
{
	uint64_t authority = 0;
	int n;

	for (int i = 0; i < 6; i++)
		authority = authority << 8 | sid->IdentifierAuthority.Value[i];
	n = snprintf(text, SID_TEXT_ROOM, authority >> 32 ? "S-1-0x%012" PRIX64 : "S-1-%" PRIu64,
		     authority);
	for (unsigned i = 0; i < sid->SubAuthorityCount; i++) {
		DWORD sub;
		memcpy(&sub, (const char *)sid + offsetof(SID, SubAuthority) + i * sizeof(sub),
		       sizeof(sub));
		n += snprintf(text + n, SID_TEXT_ROOM - (size_t)n, "-%u", (unsigned)sub);
	}
}

BOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *out)
{
	char text[SID_TEXT_ROOM];

	if (!IsValidSid(sid) || !out)
		return error_set(out ? ERROR_INVALID_SID : ERROR_INVALID_PARAMETER);
	sid_print(sid, text);
	*out = LocalAlloc(LPTR, strlen(text) + 1);
	if (!*out)
		return FALSE;
	memcpy(*out, text, strlen(text));
	return TRUE;
}

BOOL WINAPI ConvertSidToStringSidW(PSID sid, LPWSTR *out)
{
	char text[SID_TEXT_ROOM];

	if (!IsValidSid(sid) || !out)
		return error_set(out ? ERROR_INVALID_SID : ERROR_INVALID_PARAMETER);
	sid_print(sid, text);
	*out = LocalAlloc(LPTR, (strlen(text) + 1) * sizeof(WCHAR));
	if (!*out)
		return FALSE;
	utf16_put(*out, text, strlen(text));
	return TRUE;
}

/* A number of the text form, decimal or 0x; false when it is none or above the most. */
static bool number_take(const char **text, uint64_t most, uint64_t *value)
{
	bool hex = (*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X');
	const char *digits = *text + (hex ? 2 : 0);
	char *end;

	if (!((digits[0] >= '0' && digits[0] <= '9') || hex))
		return false;
	errno = 0;
	*value = strtoull(digits, &end, hex ? 16 : 10);
	if (errno || end == digits || *value > most)
		return false;
	*text = end;
	return true;
}

bool sid_parse(const char *text, struct sid_block *out)
{
	struct sid_block b = { .revision = SID_REVISION };
	uint64_t value;

	if (strncmp(text, "S-1-", 4) != 0 && strncmp(text, "s-1-", 4) != 0)
		return false;
	text += 4;
	if (!number_take(&text, 0xFFFFFFFFFFFF, &value))
		return false;
	for (int i = 5; i >= 0; i--, value >>= 8)
		b.authority[i] = (BYTE)value;
	while (*text == '-' && b.count < SID_MAX_SUB_AUTHORITIES) {
		text++;
		if (!number_take(&text, UINT32_MAX, &value))
			return false;
		b.sub[b.count++] = (DWORD)value;
	}
	*out = b;
	return *text == '\0' && b.count > 0;
}

BOOL WINAPI ConvertStringSidToSidA(LPCSTR text, PSID *out)
{
	struct sid_block b;

	if (!text || !out)
		return error_set(ERROR_INVALID_PARAMETER);
	if (!sid_parse(text, &b))
		return error_set(ERROR_INVALID_SID);
	*out = LocalAlloc(LPTR, GetSidLengthRequired(b.count));
	if (!*out)
		return FALSE;
	memcpy(*out, &b, GetSidLengthRequired(b.count));
	return TRUE;
}

BOOL WINAPI ConvertStringSidToSidW(LPCWSTR text, PSID *out)
{
	CLEANUP(mem_free_p) char *narrow = NULL;

	if (!text || !out || !utf8_from_utf16(text, utf16_len(text), &narrow, NULL))
		return error_set(ERROR_INVALID_PARAMETER);
	return ConvertStringSidToSidA(narrow, out);
}
