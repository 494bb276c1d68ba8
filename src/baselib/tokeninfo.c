/* baselib/tokeninfo.c - GetTokenInformation: what a token tells of who it stands for.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <windows.h>

#include "base/alloc.h"
#include "baselib/error.h"
#include "baselib/token.h"

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

static void answer_sid(struct answer *a, SID_AND_ATTRIBUTES *entry, const struct sid_block *sid,
		       DWORD attributes)
{
	DWORD n = GetSidLengthRequired(sid->count);
	void *at = answer_take(a, n);

	if (!at || !entry)
		return;
	memcpy(at, sid, n);
	*entry = (SID_AND_ATTRIBUTES){ at, attributes };
}

static void answer_user(struct answer *a, const struct token *t)
{
	TOKEN_USER *user = answer_take(a, sizeof(*user));
	answer_sid(a, user ? &user->User : NULL, &t->sid[0], 0);
}

/* The first group; a user without any is its own. */
static void answer_primary_group(struct answer *a, const struct token *t)
{
	TOKEN_PRIMARY_GROUP *group = answer_take(a, sizeof(*group));
	const struct sid_block *sid = &t->sid[t->count > 1 ? 1 : 0];
	DWORD n = GetSidLengthRequired(sid->count);
	void *at = answer_take(a, n);

	if (!at || !group)
		return;
	memcpy(at, sid, n);
	group->PrimaryGroup = at;
}

static void answer_groups(struct answer *a, const struct token *t)
{
	DWORD attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
	size_t count = t->count - 1;
	size_t size = offsetof(TOKEN_GROUPS, Groups) + count * sizeof(SID_AND_ATTRIBUTES);
	TOKEN_GROUPS *groups = answer_take(a, size < sizeof(*groups) ? sizeof(*groups) : size);

	if (groups)
		groups->GroupCount = (DWORD)count;
	for (size_t i = 0; i < count; i++)
		answer_sid(a, groups ? &groups->Groups[i] : NULL, &t->sid[i + 1], attributes);
}

static void answer_statistics(struct answer *a, const struct token *t)
{
	TOKEN_STATISTICS *s = answer_take(a, sizeof(*s));

	if (!s)
		return;
	*s = (TOKEN_STATISTICS){ .TokenId = t->id,
				 .AuthenticationId = t->logon,
				 .ExpirationTime.QuadPart = MAXLONGLONG,
				 .TokenType = t->type,
				 .ImpersonationLevel = t->level,
				 .GroupCount = (DWORD)t->count - 1 };
}

/* Logons are nobody else's doing here. */
static void answer_origin(struct answer *a)
{
	TOKEN_ORIGIN *origin = answer_take(a, sizeof(*origin));
	if (origin)
		*origin = (TOKEN_ORIGIN){ { 0, 0 } };
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
	case TokenPrimaryGroup:
		answer_primary_group(a, t);
		return true;
	case TokenGroups:
		answer_groups(a, t);
		return true;
	case TokenStatistics:
		answer_statistics(a, t);
		return true;
	case TokenOrigin:
		answer_origin(a);
		return true;
	case TokenType:
		answer_number(a, t->type);
		return true;
	case TokenImpersonationLevel:
		answer_number(a, t->level);
		return t->type == TokenImpersonation;
	case TokenElevation:
		answer_number(a, t->is_root);
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
