/* baselib/token.c - OpenProcessToken, OpenThreadToken, CheckTokenMembership, CloseHandle.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A handle is a number of a table, never an address; a forged or closed one is not found. Tokens of clients
 * are libopensspi's, which a program need not have: what is not known here is asked for there. */
#include <opensspi.h>
#include <windows.h>

#include <unistd.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "base/utf.h"
#include "baselib/error.h"
#include "baselib/sid.h"
#include "baselib/token.h"

#define TOKENS_MAX 4096
#define GROUPS_MAX 65536
#define SID_TEXT_ROOM 200

extern SECURITY_STATUS SEC_ENTRY OpensspiTokenAccount(HANDLE token,
						      POPENSSPI_TOKEN_ACCOUNT *account)
	__attribute__((weak));
extern SECURITY_STATUS SEC_ENTRY OpensspiThreadToken(PHANDLE token) __attribute__((weak));
extern SECURITY_STATUS SEC_ENTRY OpensspiCloseToken(HANDLE token) __attribute__((weak));
extern SECURITY_STATUS SEC_ENTRY FreeContextBuffer(PVOID buffer) __attribute__((weak));

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

/* ---- the process's own ---- */

static struct token *token_alloc(size_t most)
{
	struct token *t = mem_alloc(sizeof(*t) + most * sizeof(t->sid[0]));

	if (t)
		*t = (struct token){ .type = TokenPrimary, .level = SecurityAnonymous };
	return t;
}

static void token_add(struct token *t, struct sid_block sid)
{
	t->sid[t->count++] = sid;
}

static struct token *token_from_groups(gid_t *group, int count)
{
	struct token *t = token_alloc((size_t)count + 2);

	if (!t)
		return NULL;
	uid_t uid = geteuid();
	t->logon = (LUID){ uid, 0 };
	t->is_root = uid == 0;
	token_add(t, sid_of_user(uid));
	token_add(t, sid_of_group(getegid()));
	count = getgroups(count, group);
	for (int i = 0; i < count; i++)
		token_add(t, sid_of_group(group[i]));
	return t;
}

static struct token *token_snapshot(void)
{
	int count = getgroups(0, NULL);

	if (count < 0 || count > GROUPS_MAX)
		return NULL;
	CLEANUP(mem_free_p) gid_t *group = mem_array((size_t)count + 1, sizeof(gid_t));
	return group ? token_from_groups(group, count) : NULL;
}

/* ---- a client's ---- */

static bool sid_of_text(const WCHAR *text, struct sid_block *out)
{
	CLEANUP(mem_free_p) char *narrow = NULL;

	return utf8_from_utf16(text, utf16_len(text), &narrow, NULL) && sid_parse(narrow, out);
}

/* What the authority named comes first, then who it is on this system; at least the user's. */
static struct token *token_of_account(const OPENSSPI_TOKEN_ACCOUNT *a)
{
	struct token *t = token_alloc((size_t)a->SidCount + a->GroupCount + 3);
	struct sid_block sid;

	if (!t)
		return NULL;
	t->id = a->TokenId;
	t->logon = a->LogonId;
	t->type = (TOKEN_TYPE)a->Type;
	t->level = (SECURITY_IMPERSONATION_LEVEL)a->Level;
	for (ULONG i = 0; i < a->SidCount; i++)
		if (sid_of_text(a->Sids[i], &sid))
			token_add(t, sid);
	if (a->UnixName) {
		token_add(t, sid_of_user(a->Uid));
		token_add(t, sid_of_group(a->Gid));
	}
	for (ULONG i = 0; i < a->GroupCount; i++)
		token_add(t, sid_of_group(a->Groups[i]));
	if (!t->count)
		token_add(t, sid_make(SID_AUTHORITY_NULL, 1, (DWORD[]){ 0 }));
	return t;
}

static struct token *client_copy(HANDLE handle)
{
	OPENSSPI_TOKEN_ACCOUNT *account = NULL;

	SECURITY_STATUS status = OpensspiTokenAccount && FreeContextBuffer
					 ? OpensspiTokenAccount(handle, &account)
					 : SEC_E_INVALID_HANDLE;
	if (status != SEC_E_OK)
		return error_null(status == SEC_E_INVALID_HANDLE ? ERROR_INVALID_HANDLE
								 : ERROR_NOT_ENOUGH_MEMORY);
	struct token *t = token_of_account(account);
	(void)FreeContextBuffer(account);
	return t ? t : error_null(ERROR_NOT_ENOUGH_MEMORY);
}

/* ---- handles ---- */

/* Under the table's lock: nobody closes the token while it is copied. */
struct copying {
	struct token *copy;
};

static _Thread_local struct copying copying;

static void copy_visit(void *object)
{
	const struct token *t = object;

	copying.copy = mem_dup(t, sizeof(*t) + t->count * sizeof(t->sid[0]));
}

struct token *token_copy(HANDLE handle)
{
	pthread_once(&tokens_once, tokens_begin);
	copying.copy = NULL;
	if (!slots_find(&tokens, (uint64_t)(uintptr_t)handle, copy_visit))
		return client_copy(handle);
	return copying.copy ? copying.copy : error_null(ERROR_NOT_ENOUGH_MEMORY);
}

/* The token that the thread acts by; false when it acts as itself. */
static bool thread_token(HANDLE *out, SECURITY_STATUS *status)
{
	*status = OpensspiThreadToken ? OpensspiThreadToken(out) : SEC_E_NO_IMPERSONATION;
	return *status != SEC_E_NO_IMPERSONATION;
}

struct token *token_of_thread(void)
{
	SECURITY_STATUS status;
	HANDLE handle;

	if (!thread_token(&handle, &status)) {
		struct token *own = token_snapshot();
		return own ? own : error_null(ERROR_NOT_ENOUGH_MEMORY);
	}
	if (status != SEC_E_OK)
		return error_null(ERROR_NOT_ENOUGH_MEMORY);
	struct token *t = client_copy(handle);
	(void)CloseHandle(handle);
	return t;
}

BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE out)
{
	SECURITY_STATUS status;
	HANDLE acting;

	(void)access;
	if (process != GetCurrentProcess() || !out)
		return error_set(out ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
	/* The ids of such a thread are not the process's, and those a client has no right to. */
	if (thread_token(&acting, &status)) {
		if (status == SEC_E_OK)
			(void)CloseHandle(acting);
		return error_set(ERROR_ACCESS_DENIED);
	}
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

BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, PHANDLE out)
{
	SECURITY_STATUS status;

	(void)access;
	(void)as_self;
	if (thread != GetCurrentThread() || !out)
		return error_set(out ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
	if (!thread_token(out, &status))
		return error_set(ERROR_NO_TOKEN);
	return status == SEC_E_OK ? TRUE : error_set(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL WINAPI CloseHandle(HANDLE handle)
{
	pthread_once(&tokens_once, tokens_begin);
	struct token *t = slots_remove(&tokens, (uint64_t)(uintptr_t)handle);

	if (!t && OpensspiCloseToken && OpensspiCloseToken(handle) == SEC_E_OK)
		return TRUE;
	if (!t)
		return error_set(ERROR_INVALID_HANDLE);
	mem_free(t);
	return TRUE;
}

/* ---- membership ---- */

static bool token_is_in(const struct token *t, const struct sid_block *sid)
{
	static const DWORD everyone[] = { 0 }, users[] = { 11 }, administrators[] = { 32, 544 };
	struct sid_block world = sid_make(SID_AUTHORITY_WORLD, 1, everyone);
	struct sid_block signed_in = sid_make(SID_AUTHORITY_NT, 1, users);
	struct sid_block admins = sid_make(SID_AUTHORITY_NT, 2, administrators);
	const struct sid_block *own[] = { &world, &signed_in, t->is_root ? &admins : &world };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (memcmp(own[i], sid, sizeof(*sid)) == 0)
			return true;
	for (size_t i = 0; i < t->count; i++)
		if (memcmp(&t->sid[i], sid, sizeof(*sid)) == 0)
			return true;
	return false;
}

BOOL WINAPI CheckTokenMembership(HANDLE handle, PSID sid, PBOOL member)
{
	struct sid_block wanted = { 0 };

	if (!member || !IsValidSid(sid))
		return error_set(member ? ERROR_INVALID_SID : ERROR_INVALID_PARAMETER);
	CLEANUP(mem_free_p) struct token *t = handle ? token_copy(handle) : token_of_thread();
	if (!t)
		return FALSE;
	memcpy(&wanted, sid, GetLengthSid(sid));
	*member = token_is_in(t, &wanted);
	return TRUE;
}
