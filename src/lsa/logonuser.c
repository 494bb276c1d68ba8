/* lsa/logonuser.c - see lsa/logonuser.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Tokens are made in the application (ipc/token.h), of the session's names and of whether an authority of
 * this machine was asked for the account: what a package says of the token is released unread. */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "base/trace.h"
#include "base/utf.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/logonuser.h"
#include "lsa/packagecalls.h"
#include "lsa/state.h"
#include "lsa/supplemental.h"

/* What a package hands out, all of it LSA heap but the profile. */
struct logon {
	PVOID profile; /* in the client's memory */
	ULONG profile_size;
	LUID id;
	NTSTATUS sub_status;
	LSA_TOKEN_INFORMATION_TYPE token_type;
	PVOID token;
	PUNICODE_STRING account, authority, machine;
	SECPKG_PRIMARY_CRED primary;
	PSECPKG_SUPPLEMENTAL_CRED_ARRAY supplemental;
	uint32_t vouched; /* which kind of account an authority knew during the call */
};

static void name_free(PUNICODE_STRING name)
{
	if (name)
		block_free(name->Buffer);
	block_free(name);
}

static void supplemental_free(PSECPKG_SUPPLEMENTAL_CRED_ARRAY array)
{
	for (ULONG i = 0; array && i < array->CredentialCount; i++) {
		block_free(array->Credentials[i].PackageName.Buffer);
		block_free(array->Credentials[i].Credentials);
	}
	block_free(array);
}

static void primary_free(SECPKG_PRIMARY_CRED *p)
{
	UNICODE_STRING *const text[] = { &p->DownlevelName, &p->DomainName, &p->Password,
					 &p->OldPassword,   &p->DnsDomainName, &p->Upn,
					 &p->LogonServer };

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		block_free(text[i]->Buffer);
	block_free(p->UserSid);
}

static void logon_done(struct logon *l)
{
	block_free(l->token);
	name_free(l->account);
	name_free(l->authority);
	name_free(l->machine);
	primary_free(&l->primary);
	supplemental_free(l->supplemental);
}

static bool type_is_known(uint32_t type)
{
	return type >= Interactive && type <= CachedUnlock;
}

static void release_profile(struct lsa_client *client, struct logon *l)
{
	if (l->profile && client->setup.memory)
		(void)!client->setup.memory->release(client->setup.memory_arg,
						     (uintptr_t)l->profile);
	l->profile = NULL;
	l->profile_size = 0;
}

/* The best of its entries. */
static NTSTATUS call_entry(const SECPKG_FUNCTION_TABLE *f, struct lsa_client *client,
			   const struct logon_user_call *call, void *message, struct logon *l)
{
	PLSA_CLIENT_REQUEST request = (PLSA_CLIENT_REQUEST)(void *)client;
	SECURITY_LOGON_TYPE type = (SECURITY_LOGON_TYPE)call->type;
	PVOID base = (PVOID)(uintptr_t)call->client_address;
	ULONG n = call->message.n;

	if (f->LogonUserEx2)
		return f->LogonUserEx2(request, type, message, base, n, &l->profile,
				       &l->profile_size, &l->id, &l->sub_status, &l->token_type,
				       &l->token, &l->account, &l->authority, &l->machine,
				       &l->primary, &l->supplemental);
	if (f->LogonUserEx)
		return f->LogonUserEx(request, type, message, base, n, &l->profile,
				      &l->profile_size, &l->id, &l->sub_status, &l->token_type,
				      &l->token, &l->account, &l->authority, &l->machine);
	if (f->LogonUser)
		return f->LogonUser(request, type, message, base, n, &l->profile, &l->profile_size,
				    &l->id, &l->sub_status, &l->token_type, &l->token, &l->account,
				    &l->authority);
	return fail(STATUS_NOT_SUPPORTED, "a package that takes no logons");
}

static NTSTATUS ask(const struct package *p, struct lsa_client *client,
		    const struct logon_user_call *call, struct logon *l)
{
	CLEANUP(block_free_p) void *message = block_dup(call->message.p, call->message.n);
	if (!message)
		return fail(STATUS_NO_MEMORY, "copying a logon");
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, p);
	if (call->trusted)
		frame.attributes |= SECPKG_CALL_IS_TCB;
	NTSTATUS status =
		call_entry(&p->functions, client, call, call->message.n ? message : NULL, l);
	l->vouched = frame.vouched;
	return status;
}

static struct utf16 text_of(const UNICODE_STRING *name)
{
	if (!name || !name->Buffer || !utf16_is_valid(name->Buffer, name->Length / sizeof(WCHAR)))
		return (struct utf16){ NULL, 0 };
	return (struct utf16){ name->Buffer, name->Length / sizeof(WCHAR) };
}

/* Every package learns of an interactive logon's credentials, for single sign-on. */
static void tell(const struct package *p, struct lsa_client *client, struct logon *l)
{
	if (SecIsZeroLuid(&l->primary.LogonId) || !SecEqualLuid(&l->primary.LogonId, &l->id))
		return;
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, p);
	(void)!supplemental_update(&l->primary, l->supplemental);
}

static NTSTATUS keep(const struct package *p, struct lsa_client *client,
		     const struct logon_user_call *call, struct logon *l)
{
	const struct session_about about = {
		.word = { [SESSION_USER] = text_of(l->account),
			  [SESSION_DOMAIN] = text_of(l->authority),
			  [SESSION_PACKAGE] = { p->name, p->name_n } },
		/* whom no authority of this machine knows is no account of it, whatever he is called */
		.vouched = l->vouched ? l->vouched : OPENSSPI_ACCOUNT_OF_DOMAIN,
	};
	struct sessions *s = &client->lsa->sessions;
	struct session_facts facts;

	if (!session_look(s, l->id, &facts) || facts.client != client)
		return fail(STATUS_INTERNAL_ERROR, "a logon without a session of its own");
	NTSTATUS status = session_set_about(client->lsa, l->id, &about);
	session_set_type(s, l->id, (SECURITY_LOGON_TYPE)call->type);
	return status;
}

/* It was said yes to, and could not be kept: as if it had not been. */
static void undo(struct lsa_client *client, struct logon *l)
{
	struct session_facts facts;

	release_profile(client, l);
	if (session_look(&client->lsa->sessions, l->id, &facts) && facts.client == client)
		(void)!session_end(client, l->id);
}

NTSTATUS lsa_logon_user(struct lsa_client *client, const struct logon_user_call *call,
			struct logon_user_reply *reply)
{
	const struct host *host = &client->lsa->host;
	CLEANUP(logon_done) struct logon l = { .profile = NULL };

	if (call->message.n > IPC_MESSAGE_MAX || call->message.n == 0)
		return fail(STATUS_INVALID_PARAMETER, "a logon's message");
	if (call->trusted && !session_is_trusted(client))
		return fail(STATUS_ACCESS_DENIED, "a trusted logon");
	if (call->package >= host->count)
		return fail(STATUS_NO_SUCH_PACKAGE, "a logon's package");
	if (!type_is_known(call->type))
		return fail(STATUS_INVALID_LOGON_TYPE, "a logon's type");
	const struct package *p = host->package[call->package];
	NTSTATUS status = ask(p, client, call, &l);
	audit_note_account(client, text_of(l.account), text_of(l.authority));
	if (status == STATUS_ACCOUNT_RESTRICTION)
		reply->sub_status = l.sub_status;
	if (failed(status))
		return status;
	status = keep(p, client, call, &l);
	if (failed(status)) {
		undo(client, &l);
		return status;
	}
	tell(p, client, &l);
	reply->logon = l.id;
	reply->profile = (uintptr_t)l.profile;
	reply->profile_size = l.profile ? l.profile_size : 0;
	reply->account_kind = l.vouched;
	return STATUS_SUCCESS;
}
