/* advapi/logon.c - LsaLogonUser, LsaEnumerateLogonSessions, and the end of such a session.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntsecapi.h>
#include <opensspi.h>

#include "advapi/logontoken.h"
#include "advapi/lsaclient.h"
#include "base/block.h"
#include "ipc/tokensession.h"

#define LUID_BYTES 8u

/* What every answer is before there is one. */
struct answers {
	PVOID *profile;
	PULONG profile_size;
	PLUID logon;
	PHANDLE token;
	PQUOTA_LIMITS quotas;
	PNTSTATUS sub_status;
};

static void answers_clear(const struct answers *a)
{
	*a->profile = NULL;
	*a->profile_size = 0;
	*a->logon = (LUID){ 0 };
	*a->token = NULL;
	*a->sub_status = STATUS_SUCCESS;
	if (a->quotas)
		*a->quotas = (QUOTA_LIMITS){ 0 };
}

/* As if it had not been: nobody could use, or end, what nobody was told of. */
static void undo(const struct logon_user_reply *reply)
{
	const struct session_end_call call = { .logon = reply->logon };
	struct empty_reply nothing = { 0 };

	block_free((void *)(uintptr_t)reply->profile);
	(void)!lsa_ask(CALL_SESSION_END, &call, &nothing);
}

static NTSTATUS logon(const struct logon_user_call *call, const struct answers *a)
{
	struct logon_user_reply reply = { 0 };

	NTSTATUS status = lsa_ask(CALL_LOGON_USER, call, &reply);
	*a->sub_status = reply.sub_status;
	bool made = !failed(status);
	if (made)
		status = logon_token(reply.logon, (SECURITY_LOGON_TYPE)call->type,
				     reply.account_kind, a->token);
	if (made && failed(status))
		undo(&reply);
	if (!failed(status)) {
		*a->profile = (PVOID)(uintptr_t)reply.profile;
		*a->profile_size = reply.profile_size;
		*a->logon = reply.logon;
	}
	call_reply_done(CALL_LOGON_USER, &reply);
	return status;
}

NTSTATUS NTAPI LsaLogonUser(HANDLE handle, PLSA_STRING origin, SECURITY_LOGON_TYPE type,
			    ULONG package, PVOID message, ULONG length, PTOKEN_GROUPS groups,
			    PTOKEN_SOURCE source, PVOID *profile, PULONG profile_size, PLUID id,
			    PHANDLE token, PQUOTA_LIMITS quotas, PNTSTATUS sub_status)
{
	const struct answers answers = { profile, profile_size, id, token, quotas, sub_status };
	struct logon_user_call call = { .package = package,
					.type = (uint32_t)type,
					.client_address = (uintptr_t)message,
					.message = { message, length } };

	(void)source;
	if (!profile || !profile_size || !id || !token || !sub_status)
		return fail(STATUS_INVALID_PARAMETER, "a logon without places for its answers");
	answers_clear(&answers);
	if (!lsa_connection_kind(handle, &call.trusted))
		return fail(STATUS_INVALID_HANDLE, "a logon");
	if (!message || !length || length > IPC_MESSAGE_MAX ||
	    (origin && !origin->Buffer && origin->Length))
		return fail(STATUS_INVALID_PARAMETER, "a logon");
	if (groups) /* they would go into the token */
		return fail(call.trusted ? STATUS_NOT_SUPPORTED : STATUS_ACCESS_DENIED,
			    "a logon with groups of the caller's");
	return logon(&call, &answers);
}

NTSTATUS NTAPI LsaEnumerateLogonSessions(PULONG count, PLUID *list)
{
	struct session_list_reply reply = { .luids = { NULL, 0 } };

	if (!count || !list)
		return STATUS_INVALID_PARAMETER;
	*count = 0;
	*list = NULL;
	NTSTATUS status = lsa_ask(CALL_SESSION_LIST, &(struct packages_call){ 0 }, &reply);
	uint32_t n = reply.luids.n / LUID_BYTES;
	PLUID luids = failed(status) ? NULL : block_alloc(n * sizeof(LUID));
	if (!failed(status) && !luids)
		status = STATUS_NO_MEMORY;
	for (uint32_t i = 0; luids && i < n; i++)
		luids[i] = (LUID){ u32le_at(reply.luids.p + i * LUID_BYTES),
				   (LONG)u32le_at(reply.luids.p + i * LUID_BYTES + 4) };
	if (luids) {
		*count = n;
		*list = luids;
	}
	call_reply_done(CALL_SESSION_LIST, &reply);
	return status;
}

NTSTATUS NTAPI OpensspiEndLogonSession(PLUID logon_id)
{
	struct session_end_call call = { .logon = { 0, 0 } };
	struct empty_reply reply = { 0 };

	if (logon_id)
		call.logon = *logon_id;
	NTSTATUS status = lsa_ask(CALL_SESSION_END, &call, &reply);
	if (!failed(status) && logon_id)
		token_session_is_over(*logon_id);
	return status;
}
