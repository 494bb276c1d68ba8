/* baselib/token.c - OpenProcessToken, GetTokenInformation, CheckTokenMembership, CloseHandle.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A handle is a number of the table, never an address; a forged or closed one is not found. */
#include <windows.h>

#include <unistd.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "baselib/error.h"
#include "baselib/sid.h"
#include "baselib/token.h"

#define TOKENS_MAX 4096
#define GROUPS_MAX 65536

static struct slots tokens;
static pthread_once_t tokens_once = PTHREAD_ONCE_INIT;

static void tokens_begin(void)
{
	slots_init(&tokens, TOKENS_MAX);
	/* A child might find an unguarded table locked for ever: better no tokens at all. */
	if (!slots_guard_forks(&tokens))
		tokens.limit = 0;
}

HANDLE WINAPI GetCurrentProcess(void)
{
	return (HANDLE)(LONG_PTR)-1;
}

HANDLE WINAPI GetCurrentThread(void)
{
	return (HANDLE)(LONG_PTR)-2;
}

struct token *token_snapshot(void)
{
	int count = getgroups(0, NULL);

	if (count < 0 || count > GROUPS_MAX)
		return NULL;
	struct token *t = mem_alloc(sizeof(*t) + (size_t)count * sizeof(gid_t));
	if (!t)
		return NULL;
	t->uid = geteuid();
	t->gid = getegid();
	count = getgroups(count, t->group);
	t->count = count > 0 ? (size_t)count : 0;
	return t;
}

/* Under the table's lock: nobody closes the token while it is copied. */
struct copying {
	struct token *copy;
};

static _Thread_local struct copying copying;

static void copy_visit(void *object)
{
	const struct token *t = object;
	size_t n = sizeof(*t) + t->count * sizeof(gid_t);

	copying.copy = mem_alloc(n);
	if (copying.copy)
		memcpy(copying.copy, t, n);
}

struct token *token_copy(HANDLE handle)
{
	pthread_once(&tokens_once, tokens_begin);
	copying.copy = NULL;
	if (!slots_find(&tokens, (uint64_t)(uintptr_t)handle, copy_visit))
		return error_null(ERROR_INVALID_HANDLE);
	return copying.copy ? copying.copy : error_null(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE out)
{
	(void)access;
	if (process != GetCurrentProcess() || !out)
		return error_set(out ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
	pthread_once(&tokens_once, tokens_begin);
	struct token *t = token_snapshot();
	if (!t)
		return error_set(ERROR_NOT_ENOUGH_MEMORY);
	uint64_t number = slots_add(&tokens, t);
	if (!number) {
		mem_free(t);
		return error_set(ERROR_NOT_ENOUGH_MEMORY);
	}
	*out = (HANDLE)(uintptr_t)number;
	return TRUE;
}

/* No thread has an identity of its own here. */
BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, PHANDLE out)
{
	(void)access;
	(void)as_self;
	if (thread != GetCurrentThread() || !out)
		return error_set(out ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
	return error_set(ERROR_NO_TOKEN);
}

BOOL WINAPI CloseHandle(HANDLE handle)
{
	pthread_once(&tokens_once, tokens_begin);
	struct token *t = slots_remove(&tokens, (uint64_t)(uintptr_t)handle);

	if (!t)
		return error_set(ERROR_INVALID_HANDLE);
	mem_free(t);
	return TRUE;
}

/* ---- what a token tells ---- */

/* Writes into the caller's buffer from its front; counts on when there is no room. */
struct answer {
	BYTE *p;
	size_t room, n;
};

static void *answer_take(struct answer *a, size_t n)
{
	void *at = a->n + n <= a->room ? a->p + a->n : NULL;
	a->n += (n + 7) & ~(size_t)7;
	return at;
}

static void answer_sid(struct answer *a, SID_AND_ATTRIBUTES *entry, struct sid_block sid,
		       DWORD attributes)
{
	DWORD n = GetSidLengthRequired(sid.count);
	void *at = answer_take(a, n);

	if (!at || !entry)
		return;
	memcpy(at, &sid, n);
	*entry = (SID_AND_ATTRIBUTES){ at, attributes };
}

static void answer_user(struct answer *a, const struct token *t)
{
	TOKEN_USER *user = answer_take(a, sizeof(*user));
	answer_sid(a, user ? &user->User : NULL, sid_of_user(t->uid), 0);
}

static void answer_groups(struct answer *a, const struct token *t)
{
	DWORD attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
	size_t size = offsetof(TOKEN_GROUPS, Groups) + (t->count + 1) * sizeof(SID_AND_ATTRIBUTES);
	TOKEN_GROUPS *groups = answer_take(a, size);

	if (groups)
		groups->GroupCount = (DWORD)t->count + 1;
	answer_sid(a, groups ? &groups->Groups[0] : NULL, sid_of_group(t->gid), attributes);
	for (size_t i = 0; i < t->count; i++)
		answer_sid(a, groups ? &groups->Groups[i + 1] : NULL, sid_of_group(t->group[i]),
			   attributes);
}

static void answer_statistics(struct answer *a, const struct token *t)
{
	TOKEN_STATISTICS *s = answer_take(a, sizeof(*s));

	if (!s)
		return;
	*s = (TOKEN_STATISTICS){ .AuthenticationId = { t->uid, 0 },
				 .ExpirationTime.QuadPart = MAXLONGLONG,
				 .TokenType = TokenPrimary,
				 .GroupCount = (DWORD)t->count + 1 };
}

static void answer_number(struct answer *a, DWORD value)
{
	DWORD *at = answer_take(a, sizeof(*at));
	if (at)
		*at = value;
	a->n -= sizeof(*at); /* a lone number is not padded */
}

static bool answer_class(struct answer *a, TOKEN_INFORMATION_CLASS what, const struct token *t)
{
	switch (what) {
	case TokenUser:
	case TokenOwner: /* SID_AND_ATTRIBUTES begins with what TOKEN_OWNER is */
		answer_user(a, t);
		return true;
	case TokenGroups:
		answer_groups(a, t);
		return true;
	case TokenStatistics:
		answer_statistics(a, t);
		return true;
	case TokenType:
		answer_number(a, TokenPrimary);
		return true;
	case TokenElevation:
		answer_number(a, t->uid == 0);
		return true;
	case TokenSessionId:
		answer_number(a, 0);
		return true;
	default:
		return false;
	}
}

BOOL WINAPI GetTokenInformation(HANDLE handle, TOKEN_INFORMATION_CLASS what, LPVOID buffer,
				DWORD room, PDWORD needed)
{
	struct answer a = { buffer, buffer ? room : 0, 0 };
	CLEANUP(mem_free_p) struct token *t = token_copy(handle);

	if (!needed)
		return error_set(ERROR_NOACCESS);
	if (!t)
		return FALSE;
	if (!answer_class(&a, what, t))
		return error_set(ERROR_INVALID_PARAMETER);
	*needed = (DWORD)a.n;
	return a.n <= a.room ? TRUE : error_set(ERROR_INSUFFICIENT_BUFFER);
}

/* ---- membership ---- */

static bool token_is_in(const struct token *t, const struct sid_block *sid)
{
	static const DWORD everyone[] = { 0 }, users[] = { 11 }, administrators[] = { 32, 544 };
	struct sid_block world = sid_make(SID_AUTHORITY_WORLD, 1, everyone);
	struct sid_block signed_in = sid_make(SID_AUTHORITY_NT, 1, users);
	struct sid_block admins = sid_make(SID_AUTHORITY_NT, 2, administrators);
	struct sid_block user = sid_of_user(t->uid), group = sid_of_group(t->gid);
	const struct sid_block *own[] = { &world, &signed_in, &user, &group,
					  t->uid == 0 ? &admins : &user };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (memcmp(own[i], sid, sizeof(*sid)) == 0)
			return true;
	for (size_t i = 0; i < t->count; i++) {
		group = sid_of_group(t->group[i]);
		if (memcmp(&group, sid, sizeof(*sid)) == 0)
			return true;
	}
	return false;
}

BOOL WINAPI CheckTokenMembership(HANDLE handle, PSID sid, PBOOL member)
{
	CLEANUP(mem_free_p) struct token *t = handle ? token_copy(handle) : token_snapshot();
	struct sid_block wanted = { 0 };

	if (!member || !IsValidSid(sid))
		return error_set(member ? ERROR_INVALID_SID : ERROR_INVALID_PARAMETER);
	if (!t)
		return handle ? FALSE : error_set(ERROR_NOT_ENOUGH_MEMORY);
	memcpy(&wanted, sid, GetLengthSid(sid));
	*member = token_is_in(t, &wanted);
	return TRUE;
}
