/* lsa/auditcalls.c - audit_call of lsa/audit.h: which calls have a line, and what it says of them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "lsa/audit.h"
#include "lsa/state.h"
#include "wire/credential.h"
#include "wire/target.h"

/* Which outcomes of a call are told. */
enum when {
	NEVER,
	ALWAYS,
	FAILED, /* refusals alone */
	SETTLED /* a handshake that is at its end */
};

typedef void describe(struct text *t, const struct lsa_client *client, const void *request,
		      const void *reply);

static struct utf16 text_of(struct ipc_text t)
{
	return (struct utf16){ t.p, t.n };
}

static void add_luid(struct text *t, LUID id)
{
	text_add(t, " session=%x:%x", (unsigned)id.HighPart, (unsigned)id.LowPart);
}

static void add_package(struct text *t, const struct lsa_client *client, uint32_t id)
{
	const struct host *host = &client->lsa->host;

	if (id < host->count)
		audit_add(t, "package",
			  (struct utf16){ host->package[id]->name, host->package[id]->name_n });
}

/* ---- credentials ---- */

static void of_write(struct text *t, const struct lsa_client *client, const void *request,
		     const void *reply)
{
	const struct cred_write_call *call = request;
	struct credential_view c;

	if (!credential_read(rd_of(call->credential.p, call->credential.n), &c))
		return;
	audit_add(t, "target", c.target);
	text_add(t, " type=%u persist=%u", (unsigned)c.type, (unsigned)c.persist);
	audit_add(t, "user", c.user);
}

static void of_name(struct text *t, const struct lsa_client *client, const void *request,
		    const void *reply)
{
	const struct cred_name_call *call = request;

	audit_add(t, "target", text_of(call->target));
	text_add(t, " type=%u", (unsigned)call->type);
}

static void of_list(struct text *t, const struct lsa_client *client, const void *request,
		    const void *reply)
{
	const struct cred_name_call *call = request;
	const struct cred_list_reply *list = reply;

	audit_add(t, "filter", text_of(call->target));
	text_add(t, " count=%u", (unsigned)list->count);
}

static void of_rename(struct text *t, const struct lsa_client *client, const void *request,
		      const void *reply)
{
	const struct cred_rename_call *call = request;

	audit_add(t, "target", text_of(call->from));
	audit_add(t, "to", text_of(call->to));
	text_add(t, " type=%u", (unsigned)call->type);
}

static void of_match(struct text *t, const struct lsa_client *client, const void *request,
		     const void *reply)
{
	const struct cred_match_call *call = request;
	const struct cred_list_reply *list = reply;
	struct target_view target;

	if (target_read(rd_of(call->target.p, call->target.n), &target)) {
		audit_add(t, "target", target.target);
		audit_add(t, "host", target.dns_server);
	}
	text_add(t, " count=%u", (unsigned)list->count);
}

/* ---- the vault ---- */

static void of_key(struct text *t, const struct lsa_client *client, const void *request,
		   const void *reply)
{
	const struct vault_remove_call *call = request;

	text_add(t, " key=%lld", (long long)call->number);
}

static void of_new_key(struct text *t, const struct lsa_client *client, const void *request,
		       const void *reply)
{
	const struct vault_add_call *call = request;
	const struct vault_add_reply *added = reply;

	text_add(t, " kind=%s key=%lld", call->key_file ? "file" : "passphrase",
		 (long long)added->number);
}

static void of_export(struct text *t, const struct lsa_client *client, const void *request,
		      const void *reply)
{
	const struct vault_export_reply *done = reply;

	text_add(t, " records=%llu", (unsigned long long)done->records);
}

static void of_import(struct text *t, const struct lsa_client *client, const void *request,
		      const void *reply)
{
	const struct vault_import_reply *done = reply;

	text_add(t, " records=%llu", (unsigned long long)done->records);
}

/* ---- sign-ins ---- */

static void of_acquire(struct text *t, const struct lsa_client *client, const void *request,
		       const void *reply)
{
	const struct acquire_call *call = request;

	audit_add(t, "package", text_of(call->package));
	audit_add(t, "principal", text_of(call->principal));
}

static void of_init(struct text *t, const struct lsa_client *client, const void *request,
		    const void *reply)
{
	const struct context_call *call = request;

	audit_add(t, "target", text_of(call->target));
}

static void of_accept(struct text *t, const struct lsa_client *client, const void *request,
		      const void *reply)
{
	const struct context_reply *answer = reply;

	if (answer->context)
		add_package(t, client, answer->package);
}

static void of_logon(struct text *t, const struct lsa_client *client, const void *request,
		     const void *reply)
{
	const struct logon_user_call *call = request;
	const struct logon_user_reply *answer = reply;

	add_package(t, client, call->package);
	text_add(t, " type=%u substatus=0x%08x", (unsigned)call->type,
		 (unsigned)answer->sub_status);
	add_luid(t, answer->logon);
}

static void of_end(struct text *t, const struct lsa_client *client, const void *request,
		   const void *reply)
{
	add_luid(t, ((const struct session_end_call *)request)->logon);
}

static void of_package(struct text *t, const struct lsa_client *client, const void *request,
		       const void *reply)
{
	const struct call_package_call *call = request;

	add_package(t, client, call->package);
}

/* ---- the table ---- */

static const struct {
	enum when when;
	const char *name;
	describe *describe; /* NULL: nothing more to say */
} rows[CALL_COUNT] = {
	[CALL_ACQUIRE_CREDENTIALS] = { FAILED, "AcquireCredentialsHandle", of_acquire },
	[CALL_INIT_CONTEXT] = { FAILED, "InitializeSecurityContext", of_init },
	[CALL_ACCEPT_CONTEXT] = { SETTLED, "AcceptSecurityContext", of_accept },
	[CALL_CRED_WRITE] = { ALWAYS, "CredWrite", of_write },
	[CALL_CRED_READ] = { ALWAYS, "CredRead", of_name },
	[CALL_CRED_ENUMERATE] = { ALWAYS, "CredEnumerate", of_list },
	[CALL_CRED_DELETE] = { ALWAYS, "CredDelete", of_name },
	[CALL_CRED_RENAME] = { ALWAYS, "CredRename", of_rename },
	[CALL_CRED_MATCH] = { ALWAYS, "CredReadDomainCredentials", of_match },
	[CALL_CRED_BEST] = { ALWAYS, "CredFindBestCredential", of_name },
	[CALL_CRED_SET_DEFAULT] = { ALWAYS, "DefaultCredentialSet", of_name },
	[CALL_CRED_GET_DEFAULT] = { ALWAYS, "DefaultCredentialGet", NULL },
	[CALL_VAULT_UNLOCK] = { ALWAYS, "VaultUnlock", NULL },
	[CALL_VAULT_LOCK] = { ALWAYS, "VaultLock", NULL },
	[CALL_VAULT_ADD] = { ALWAYS, "VaultAddKey", of_new_key },
	[CALL_VAULT_REMOVE] = { ALWAYS, "VaultRemoveKey", of_key },
	[CALL_VAULT_REKEY] = { ALWAYS, "VaultRekey", NULL },
	[CALL_VAULT_CHECK] = { FAILED, "VaultCheck", NULL },
	[CALL_VAULT_ACCEPT] = { ALWAYS, "VaultAccept", NULL },
	[CALL_VAULT_EXPORT] = { ALWAYS, "VaultExport", of_export },
	[CALL_VAULT_IMPORT] = { ALWAYS, "VaultImport", of_import },
	[CALL_CONNECT] = { FAILED, "LsaRegisterLogonProcess", NULL },
	[CALL_CALL_PACKAGE] = { FAILED, "LsaCallAuthenticationPackage", of_package },
	[CALL_LOGON_USER] = { ALWAYS, "LsaLogonUser", of_logon },
	[CALL_SESSION_END] = { ALWAYS, "EndLogonSession", of_end },
};

/* A message that is not whole yet is no refusal. */
static bool is_told(enum when when, NTSTATUS status)
{
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return false;
	switch (when) {
	case ALWAYS:
		return true;
	case FAILED:
		return failed(status);
	case SETTLED:
		return status != SEC_I_CONTINUE_NEEDED && status != SEC_I_COMPLETE_AND_CONTINUE;
	default:
		return false;
	}
}

static NTSTATUS outcome(enum call which, NTSTATUS status, const void *reply)
{
	const struct call_package_reply *answer = reply;

	return which == CALL_CALL_PACKAGE && !failed(status) ? answer->protocol_status : status;
}

void audit_call(const struct lsa_client *client, enum call which, const void *request,
		const void *reply, NTSTATUS status)
{
	struct text about = { 0 };

	status = outcome(which, status, reply);
	if (!audit_is_on(client) || !is_told(rows[which].when, status))
		return;
	if (rows[which].describe)
		rows[which].describe(&about, client, request, reply);
	audit_line(client, rows[which].name, &about, status);
}
