/* lsa/call.c - see lsa/call.h and lsa_dispatch in lsa/lsa.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/reason.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/contexts.h"
#include "lsa/credentials.h"
#include "lsa/credset.h"
#include "lsa/logonuser.h"
#include "lsa/packagecalls.h"
#include "lsa/policycalls.h"
#include "lsa/protect.h"
#include "lsa/state.h"
#include "lsa/usermemory.h"
#include "lsa/vaultcalls.h"

/* What a thread is about: helpers such as GetClientInfo are told nothing but where to write. */
static _Thread_local struct frame *current_call;
static _Thread_local struct call_reason
	*current_reason; /* of the client's call; NULL outside any */

void call_enter(struct frame *frame, struct lsa *lsa, struct lsa_client *client,
		const struct package *package)
{
	struct frame *outer = current_call;

	*frame = (struct frame){ .lsa = lsa, .client = client, .package = package, .outer = outer };
	if (outer && !client) {
		frame->client = outer->client;
		frame->attributes = outer->attributes;
		frame->logon = outer->logon;
	}
	current_call = frame;
}

void call_leave(struct frame *frame)
{
	current_call = frame->outer;
}

unsigned call_depth(void)
{
	unsigned depth = 0;

	for (const struct frame *f = current_call; f; f = f->outer)
		depth++;
	return depth;
}

const struct frame *call_current(void)
{
	return current_call;
}

void call_vouch(uint32_t kind)
{
	if (current_call)
		current_call->vouched = kind;
}

void call_note_reason(const char *sentence)
{
	if (current_reason)
		call_reason_set(current_reason, sentence);
}

const char *call_reason(void)
{
	return current_reason ? current_reason->text : "";
}

static NTSTATUS lsa_packages(struct lsa_client *client, struct packages_reply *reply)
{
	return host_describe(&client->lsa->host, reply);
}

static NTSTATUS lsa_init(struct lsa_client *client, const struct context_call *call,
			 struct context_reply *reply)
{
	return lsa_context_call_leg(client, false, call, reply);
}

static NTSTATUS lsa_accept(struct lsa_client *client, const struct context_call *call,
			   struct context_reply *reply)
{
	return lsa_context_call_leg(client, true, call, reply);
}

static NTSTATUS lsa_session(struct lsa_client *client, const struct session_data_call *call,
			    struct session_data_reply *reply)
{
	return session_describe(client, call, reply);
}

static NTSTATUS lsa_session_list(struct lsa_client *client, struct session_list_reply *reply)
{
	return session_list(client, reply);
}

static NTSTATUS lsa_session_end(struct lsa_client *client, const struct session_end_call *call)
{
	return session_end(client, call->logon);
}

/* ---- the handlers, by what they take and give ---- */

#define DISPATCH(function, ...)                                                                    \
	static NTSTATUS dispatch_##function(struct lsa_client *client, const void *request,        \
					    void *reply)                                           \
	{                                                                                          \
		(void)request;                                                                     \
		(void)reply;                                                                       \
		return function(client, ##__VA_ARGS__);                                            \
	}

DISPATCH(lsa_packages, reply)
DISPATCH(lsa_credential_acquire, request, reply)
DISPATCH(lsa_credential_free, request)
DISPATCH(lsa_credential_query, request, reply)
DISPATCH(lsa_credential_set, request)
DISPATCH(lsa_credential_add, request, reply)
DISPATCH(lsa_init, request, reply)
DISPATCH(lsa_accept, request, reply)
DISPATCH(lsa_context_delete, request)
DISPATCH(lsa_context_control, request)
DISPATCH(lsa_context_query, request, reply)
DISPATCH(lsa_context_set, request)
DISPATCH(lsa_session, request, reply)
DISPATCH(lsa_cred_write, request)
DISPATCH(lsa_cred_read, request, reply)
DISPATCH(lsa_cred_enumerate, request, reply)
DISPATCH(lsa_cred_delete, request)
DISPATCH(lsa_cred_rename, request)
DISPATCH(lsa_cred_match, request, reply)
DISPATCH(lsa_cred_target, request, reply)
DISPATCH(lsa_cred_best, request, reply)
DISPATCH(lsa_cred_session, reply)
DISPATCH(lsa_cred_set_default, request)
DISPATCH(lsa_cred_get_default, reply)
DISPATCH(lsa_protect, request, reply)
DISPATCH(lsa_unprotect, request, reply)
DISPATCH(lsa_vault_status, reply)
DISPATCH(lsa_vault_unlock, request)
DISPATCH(lsa_vault_lock)
DISPATCH(lsa_vault_add, request, reply)
DISPATCH(lsa_vault_remove, request)
DISPATCH(lsa_vault_rekey, request)
DISPATCH(lsa_vault_check, reply)
DISPATCH(lsa_vault_accept, request)
DISPATCH(lsa_vault_export, request, reply)
DISPATCH(lsa_vault_import, request, reply)
DISPATCH(lsa_vault_fault, reply)
DISPATCH(lsa_vault_move, request, reply)
DISPATCH(lsa_policy_list, reply)
DISPATCH(lsa_policy_explain, request, reply)
DISPATCH(lsa_encrypt_memory, request, reply)
DISPATCH(lsa_connect, request)
DISPATCH(lsa_call_package, request, reply)
DISPATCH(lsa_logon_user, request, reply)
DISPATCH(lsa_session_list, reply)
DISPATCH(lsa_session_end, request)

static NTSTATUS (*const handlers[CALL_COUNT])(struct lsa_client *client, const void *request,
					      void *reply) = {
	[CALL_PACKAGES] = dispatch_lsa_packages,
	[CALL_ACQUIRE_CREDENTIALS] = dispatch_lsa_credential_acquire,
	[CALL_FREE_CREDENTIALS] = dispatch_lsa_credential_free,
	[CALL_QUERY_CREDENTIALS] = dispatch_lsa_credential_query,
	[CALL_INIT_CONTEXT] = dispatch_lsa_init,
	[CALL_ACCEPT_CONTEXT] = dispatch_lsa_accept,
	[CALL_DELETE_CONTEXT] = dispatch_lsa_context_delete,
	[CALL_CONTROL_CONTEXT] = dispatch_lsa_context_control,
	[CALL_QUERY_CONTEXT] = dispatch_lsa_context_query,
	[CALL_SESSION_DATA] = dispatch_lsa_session,
	[CALL_SET_CREDENTIALS] = dispatch_lsa_credential_set,
	[CALL_SET_CONTEXT] = dispatch_lsa_context_set,
	[CALL_ADD_CREDENTIALS] = dispatch_lsa_credential_add,
	[CALL_CRED_WRITE] = dispatch_lsa_cred_write,
	[CALL_CRED_READ] = dispatch_lsa_cred_read,
	[CALL_CRED_ENUMERATE] = dispatch_lsa_cred_enumerate,
	[CALL_CRED_DELETE] = dispatch_lsa_cred_delete,
	[CALL_CRED_RENAME] = dispatch_lsa_cred_rename,
	[CALL_CRED_MATCH] = dispatch_lsa_cred_match,
	[CALL_CRED_TARGET] = dispatch_lsa_cred_target,
	[CALL_CRED_BEST] = dispatch_lsa_cred_best,
	[CALL_CRED_SESSION] = dispatch_lsa_cred_session,
	[CALL_CRED_SET_DEFAULT] = dispatch_lsa_cred_set_default,
	[CALL_CRED_GET_DEFAULT] = dispatch_lsa_cred_get_default,
	[CALL_CRED_PROTECT] = dispatch_lsa_protect,
	[CALL_CRED_UNPROTECT] = dispatch_lsa_unprotect,
	[CALL_VAULT_STATUS] = dispatch_lsa_vault_status,
	[CALL_VAULT_UNLOCK] = dispatch_lsa_vault_unlock,
	[CALL_VAULT_LOCK] = dispatch_lsa_vault_lock,
	[CALL_VAULT_ADD] = dispatch_lsa_vault_add,
	[CALL_VAULT_REMOVE] = dispatch_lsa_vault_remove,
	[CALL_VAULT_REKEY] = dispatch_lsa_vault_rekey,
	[CALL_VAULT_CHECK] = dispatch_lsa_vault_check,
	[CALL_VAULT_ACCEPT] = dispatch_lsa_vault_accept,
	[CALL_VAULT_EXPORT] = dispatch_lsa_vault_export,
	[CALL_VAULT_IMPORT] = dispatch_lsa_vault_import,
	[CALL_VAULT_FAULT] = dispatch_lsa_vault_fault,
	[CALL_VAULT_MOVE] = dispatch_lsa_vault_move,
	[CALL_POLICY_LIST] = dispatch_lsa_policy_list,
	[CALL_POLICY_EXPLAIN] = dispatch_lsa_policy_explain,
	[CALL_ENCRYPT_MEMORY] = dispatch_lsa_encrypt_memory,
	[CALL_CONNECT] = dispatch_lsa_connect,
	[CALL_CALL_PACKAGE] = dispatch_lsa_call_package,
	[CALL_LOGON_USER] = dispatch_lsa_logon_user,
	[CALL_SESSION_LIST] = dispatch_lsa_session_list,
	[CALL_SESSION_END] = dispatch_lsa_session_end,
};

/* A message to a package may have arrived and been refused. */
static bool is_refused(enum call which, NTSTATUS status, const void *reply)
{
	const struct call_package_reply *answer = reply;

	return failed(status) || (which == CALL_CALL_PACKAGE && failed(answer->protocol_status));
}

NTSTATUS lsa_dispatch(struct lsa_client *client, enum call which, const void *request, void *reply,
		      struct call_reason *why)
{
	struct call_reason *outer = current_reason;
	struct call_reason noted;
	struct audit_scope scope;

	noted.text[0] = '\0';
	if (why)
		why->text[0] = '\0';
	if ((unsigned)which >= CALL_COUNT)
		return fail(SEC_E_INTERNAL_ERROR, "a call that is none");
	atomic_fetch_add(&client->calls, 1);
	if (!atomic_exchange(&client->kept, true))
		(void)!session_keep_own(client);
	current_reason = &noted;
	audit_enter(&scope);
	NTSTATUS status = handlers[which](client, request, reply);
	current_reason = outer;
	audit_call(client, which, request, reply, status);
	audit_leave(client);
	if (why && is_refused(which, status, reply))
		memcpy(why->text, noted.text, strlen(noted.text) + 1);
	return status;
}
