/* advapi/impersonate.c - threads that act by a token: ImpersonateLoggedOnUser, RevertToSelf and kin.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <windows.h>

#include "advapi/lasterror.h"
#include "ipc/token.h"

static BOOL act(HANDLE handle)
{
	CLEANUP(token_unref_p) struct token *t = token_of(handle);

	if (!t)
		return last_error(ERROR_INVALID_HANDLE);
	if (!t->has_user)
		return last_error(ERROR_NONE_MAPPED);
	if (t->level < SecurityImpersonation)
		return last_error(ERROR_BAD_IMPERSONATION_LEVEL);
	NTSTATUS status = token_act(t);
	if (!failed(status))
		return TRUE;
	return last_error(status == SEC_E_INSUFFICIENT_MEMORY ? ERROR_NOT_ENOUGH_MEMORY
							      : ERROR_PRIVILEGE_NOT_HELD);
}

BOOL WINAPI ImpersonateLoggedOnUser(HANDLE token)
{
	return act(token);
}

BOOL WINAPI RevertToSelf(VOID)
{
	token_act_no_more();
	return TRUE;
}

BOOL WINAPI SetThreadToken(PHANDLE thread, HANDLE token)
{
	if (thread && *thread != (HANDLE)(LONG_PTR)-2) /* GetCurrentThread's */
		return last_error(ERROR_INVALID_HANDLE);
	return token ? act(token) : RevertToSelf();
}

static bool type_is_known(TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level)
{
	return (type == TokenPrimary || type == TokenImpersonation) && level >= SecurityAnonymous &&
	       level <= SecurityDelegation;
}

BOOL WINAPI DuplicateTokenEx(HANDLE handle, DWORD access, LPSECURITY_ATTRIBUTES attributes,
			     SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type, PHANDLE out)
{
	CLEANUP(token_unref_p) struct token *t = token_of(handle);
	CLEANUP(token_unref_p) struct token *copy = NULL;

	(void)access;
	(void)attributes;
	if (!out || !type_is_known(type, level))
		return last_error(ERROR_INVALID_PARAMETER);
	*out = NULL;
	if (!t)
		return last_error(ERROR_INVALID_HANDLE);
	/* A primary token is as good as the client allowed at most, whatever level is asked for. */
	if (t->type == TokenImpersonation && type == TokenPrimary)
		level = t->level;
	if (level > t->level || (type == TokenPrimary && level < SecurityImpersonation))
		return last_error(ERROR_BAD_IMPERSONATION_LEVEL);
	NTSTATUS status = token_copy_as(t, type, level, &copy);
	if (!failed(status))
		status = token_open(copy, out);
	return failed(status) ? last_error(ERROR_NOT_ENOUGH_MEMORY) : TRUE;
}

BOOL WINAPI DuplicateToken(HANDLE handle, SECURITY_IMPERSONATION_LEVEL level, PHANDLE out)
{
	return DuplicateTokenEx(handle, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, level,
				TokenImpersonation, out);
}
