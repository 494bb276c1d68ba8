/* lsa/auditcalls.c - audit_call of lsa/audit.h: which calls have a line, and what it says of them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "lsa/audit.h"
#include "lsa/contexts.h"
#include "lsa/credentials.h"
#include "lsa/state.h"
#include "wire/credential.h"
#include "wire/target.h"

/* ---- what happens within a call ---- */

static _Thread_local struct audit_scope *current;

void audit_enter(struct audit_scope *scope)
{
	*scope = (struct audit_scope){ .outer = current };
	current = scope;
}

static void logon_write(const struct lsa_client *client, struct audit_scope *s)
{
	if (!s->has_logon)
		return;
	s->has_logon = false;
	audit_line(client, "Logon", &s->logon, s->logon_status);
	s->logon = (struct text){ 0 };
}

void audit_leave(const struct lsa_client *client)
{
	struct audit_scope *s = current;

	logon_write(client, s);
	text_done(&s->account);
	current = s->outer;
}

void audit_note_kind(enum audit_kind kind)
{
	if (current)
		current->notes.kinds |= kind;
}

static void note_package(struct audit_notes *to, const struct package *package, unsigned depth)
{
	if (!package || depth < to->depth)
		return;
	to->through = package;
	to->depth = depth;
}

void audit_note_package(const struct package *package, unsigned depth)
{
	if (current)
		note_package(&current->notes, package, depth);
}

void audit_gather(struct audit_notes *to)
{
	if (!current)
		return;
	to->kinds |= current->notes.kinds;
	note_package(to, current->notes.through, current->notes.depth);
}

void audit_sign_in(const struct lsa_client *client, struct text *about, NTSTATUS status,
		   const LUID *session)
{
	bool has_session = session && !failed(status) && (session->HighPart || session->LowPart);

	if (has_session)
		audit_add_session(about, session);
	if (!current) {
		audit_line(client, "Logon", about, status);
		return;
	}
	logon_write(client, current);
	current->has_logon = true;
	current->has_session = has_session;
	current->logon = *about;
	current->logon_status = status;
	*about = (struct text){ 0 };
}

void audit_note_account(const struct lsa_client *client, struct utf16 user, struct utf16 domain)
{
	static const char word[] = " user=\"";
	struct audit_scope *s = current;

	if (!s || !audit_is_on(client))
		return;
	if (s->has_logon && s->logon.p && memmem(s->logon.p, s->logon.len, word, sizeof(word) - 1))
		return;
	struct text *t = s->has_logon ? &s->logon : &s->account;
	audit_add(t, "user", user);
	audit_add(t, "domain", domain);
}

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

static void add_name(struct text *t, const char *word, const struct package *package)
{
	audit_add(t, word, (struct utf16){ package->name, package->name_n });
}

static void add_package(struct text *t, const struct lsa_client *client, uint32_t id)
{
	const struct host *host = &client->lsa->host;

	if (id < host->count)
		add_name(t, "package", host->package[id]);
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
	const struct vault_import_call *call = request;
	const struct vault_import_reply *done = reply;

	text_add(t, " records=%llu%s", (unsigned long long)done->records,
		 !call->moved.n	  ? ""
		 : call->sealed.n ? " moved=yes"
				  : " moved=done");
}

/* ---- sign-ins ---- */

static void of_acquire(struct text *t, const struct lsa_client *client, const void *request,
		       const void *reply)
{
	const struct acquire_call *call = request;

	audit_add(t, "package", text_of(call->package));
	audit_add(t, "principal", text_of(call->principal));
	if (call->has_logon)
		audit_add_other(t, client, &call->logon);
}

/* What a call on a context is about, as far as handles name anything. */
struct part_of {
	struct context *context;
	struct lsa_credential *credential;
	struct audit_notes notes; /* the target is borrowed */
	LUID logon;		  /* whose session's credentials; zero: the caller's own */
};

static void part_done(struct part_of *p)
{
	lsa_context_unref(p->context);
	lsa_credential_unref(p->credential);
}

static void part_find(const struct lsa_client *client, const struct context_call *call,
		      const struct context_reply *answer, struct part_of *p)
{
	struct lsa_client *c = (struct lsa_client *)(uintptr_t)client; /* looking changes nothing */
	uint64_t context = answer->context ? answer->context : call->context;

	*p = (struct part_of){ .context = NULL };
	if (context)
		p->context = lsa_context_find(&c->contexts, context);
	if (!p->context && call->credential)
		p->credential = lsa_credential_find(&c->credentials, call->credential);
	if (p->context) {
		pthread_mutex_lock(&p->context->lock);
		p->notes = p->context->notes;
		if (p->context->latest)
			p->logon = p->context->latest->logon;
		pthread_mutex_unlock(&p->context->lock);
	} else if (p->credential) {
		p->notes = p->credential->notes;
		p->logon = p->credential->logon;
	}
	audit_gather(&p->notes);
}

/* SSPI's flags of both roles are one bit. */
static void add_delegated(struct text *t, const struct context_reply *answer, bool complete)
{
	if (complete && answer->attributes & ISC_RET_DELEGATE)
		text_add(t, " delegated=yes");
}

static void add_part(struct text *t, const struct part_of *p)
{
	const struct package *package = p->context	? p->context->package
					: p->credential ? p->credential->package
							: NULL;

	if (package)
		add_name(t, "package", package);
	if (p->notes.through && p->notes.through != package)
		add_name(t, "through", p->notes.through);
}

/* A program that gave a credential may still be signed in with a saved one: CREDSSP_CRED holds more than that. */
static const char *kind_of(unsigned kinds)
{
	return kinds & AUDIT_DEFAULT ? "default"
	       : kinds & AUDIT_SAVED ? "saved"
	       : kinds & AUDIT_GIVEN ? "given"
				     : "session";
}

static void of_init(struct text *t, const struct lsa_client *client, const void *request,
		    const void *reply)
{
	const struct context_call *call = request;
	const struct context_reply *answer = reply;
	CLEANUP(part_done) struct part_of p;

	part_find(client, call, answer, &p);
	add_part(t, &p);
	struct utf16 first = { p.notes.target, p.notes.target_n };
	audit_add(t, "target", first.p ? first : text_of(call->target));
	text_add(t, " credential=%s", kind_of(p.notes.kinds));
	audit_add_other(t, client, &p.logon);
	add_delegated(t, answer, true);
}

static void of_accept(struct text *t, const struct lsa_client *client, const void *request,
		      const void *reply)
{
	CLEANUP(part_done) struct part_of p;

	part_find(client, request, reply, &p);
	add_part(t, &p);
	add_delegated(t, reply, true);
}

static void of_logon(struct text *t, const struct lsa_client *client, const void *request,
		     const void *reply)
{
	const struct logon_user_call *call = request;
	const struct logon_user_reply *answer = reply;

	add_package(t, client, call->package);
	text_add(t, " type=%u", (unsigned)call->type);
	if (current && current->account.p)
		text_add(t, "%.*s", (int)current->account.len, current->account.p);
	text_add(t, " substatus=0x%08x", (unsigned)answer->sub_status);
	audit_add_session(t, &answer->logon);
}

static void of_added(struct text *t, const struct lsa_client *client, const void *request,
		     const void *reply)
{
	const struct add_credentials_call *call = request;

	audit_add(t, "package", text_of(call->package));
	audit_add(t, "principal", text_of(call->principal));
}

static void of_session(struct text *t, const struct lsa_client *client, const void *request,
		       const void *reply)
{
	const struct session_data_call *call = request;

	if (call->has_logon)
		audit_add_session(t, &call->logon);
}

static void of_end(struct text *t, const struct lsa_client *client, const void *request,
		   const void *reply)
{
	audit_add_session(t, &((const struct session_end_call *)request)->logon);
}

static void of_package(struct text *t, const struct lsa_client *client, const void *request,
		       const void *reply)
{
	const struct call_package_call *call = request;
	struct rd message = rd_of(call->message.p, call->message.n);
	uint32_t number;

	add_package(t, client, call->package);
	if (rd_u32le(&message, &number)) /* every package's messages begin with what they ask */
		text_add(t, " message=%u", (unsigned)number);
}

/* ---- the table ---- */

static const struct {
	enum when when;
	const char *name;
	describe *describe; /* NULL: nothing more to say */
} rows[CALL_COUNT] = {
	[CALL_ACQUIRE_CREDENTIALS] = { FAILED, "AcquireCredentialsHandle", of_acquire },
	[CALL_INIT_CONTEXT] = { SETTLED, "InitializeSecurityContext", of_init },
	[CALL_ACCEPT_CONTEXT] = { SETTLED, "AcceptSecurityContext", of_accept },
	[CALL_CRED_WRITE] = { ALWAYS, "CredWrite", of_write },
	[CALL_CRED_READ] = { ALWAYS, "CredRead", of_name },
	[CALL_CRED_ENUMERATE] = { ALWAYS, "CredEnumerate", of_list },
	[CALL_CRED_DELETE] = { ALWAYS, "CredDelete", of_name },
	[CALL_CRED_RENAME] = { ALWAYS, "CredRename", of_rename },
	[CALL_CRED_MATCH] = { ALWAYS, "CredReadDomainCredentials", of_match },
	[CALL_CRED_BEST] = { ALWAYS, "CredFindBestCredential", of_name },
	[CALL_SET_CREDENTIALS] = { FAILED, "SetCredentialsAttributes", NULL },
	[CALL_ADD_CREDENTIALS] = { FAILED, "AddCredentials", of_added },
	[CALL_SESSION_DATA] = { FAILED, "LsaGetLogonSessionData", of_session },
	[CALL_CRED_UNPROTECT] = { FAILED, "CredUnprotect", NULL },
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
	[CALL_VAULT_MOVE] = { ALWAYS, "VaultMove", NULL },
	[CALL_CONNECT] = { FAILED, "LsaRegisterLogonProcess", NULL },
	[CALL_CALL_PACKAGE] = { ALWAYS, "LsaCallAuthenticationPackage", of_package },
	[CALL_LOGON_USER] = { ALWAYS, "LsaLogonUser", of_logon },
	[CALL_SESSION_END] = { FAILED, /* else LogonSessionEnd says it */
			       "EndLogonSession", of_end },
};

/* A message that is not whole yet is no refusal. */
static bool is_told(enum when when, NTSTATUS status)
{
	if (status == SEC_E_INCOMPLETE_MESSAGE || status == SEC_E_BUFFER_TOO_SMALL)
		return false;
	switch (when) {
	case ALWAYS:
		return true;
	case FAILED:
		return failed(status);
	case SETTLED:
		return failed(status) || status == SEC_E_OK || status == SEC_I_COMPLETE_NEEDED;
	default:
		return false;
	}
}

static NTSTATUS outcome(enum call which, NTSTATUS status, const void *reply)
{
	const struct call_package_reply *answer = reply;

	return which == CALL_CALL_PACKAGE && !failed(status) ? answer->protocol_status : status;
}

/* A sign-in that a package judged within this call is what the call came to: one line for both. */
static bool merge(const struct lsa_client *client, enum call which, const void *reply,
		  NTSTATUS status)
{
	struct audit_scope *s = current;

	if (!s || !s->has_logon || failed(s->logon_status) != failed(status) ||
	    (which != CALL_ACCEPT_CONTEXT && which != CALL_LOGON_USER))
		return false;
	if (which == CALL_ACCEPT_CONTEXT)
		add_delegated(&s->logon, reply, !failed(status));
	else if (!failed(status) && !s->has_session)
		audit_add_session(&s->logon, &((const struct logon_user_reply *)reply)->logon);
	logon_write(client, s);
	return true;
}

/* A context that goes on after its end, to say goodbye for example, signs nobody in again. */
static bool is_told_again(const struct lsa_client *client, enum call which, const void *request,
			  const void *reply, NTSTATUS status)
{
	const struct context_call *call = request;
	const struct context_reply *answer = reply;
	struct lsa_client *c = (struct lsa_client *)(uintptr_t)client; /* looking changes nothing */

	if (which != CALL_INIT_CONTEXT && which != CALL_ACCEPT_CONTEXT)
		return false;
	uint64_t number = answer->context ? answer->context : call->context;
	CLEANUP(lsa_context_unref_p)
	struct context *context = number ? lsa_context_find(&c->contexts, number) : NULL;
	if (!context)
		return false;
	pthread_mutex_lock(&context->lock);
	bool *told = failed(status) ? &context->notes.told_failure : &context->notes.told;
	bool again = *told;
	*told = true;
	pthread_mutex_unlock(&context->lock);
	return again;
}

void audit_call(const struct lsa_client *client, enum call which, const void *request,
		const void *reply, NTSTATUS status)
{
	struct text about = { 0 };

	status = outcome(which, status, reply);
	if (!audit_is_on(client) || !is_told(rows[which].when, status) ||
	    is_told_again(client, which, request, reply, status) ||
	    merge(client, which, reply, status))
		return;
	if (current)
		logon_write(client, current); /* it came first */
	if (rows[which].describe)
		rows[which].describe(&about, client, request, reply);
	audit_line(client, rows[which].name, &about, status);
}
