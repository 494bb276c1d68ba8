/* lsa/support_session.c - logon sessions, their store of credentials, tokens, audit.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/text.h"
#include "base/trace.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/primary.h"
#include "lsa/state.h"
#include "lsa/supplemental.h"
#include "lsa/support.h"
#include "wire/sids.h"

static NTSTATUS NTAPI create_logon_session(PLUID logon)
{
	struct lsa *lsa = lsa_current();
	const struct frame *frame = call_current();

	if (!lsa || !logon)
		return fail(STATUS_INVALID_PARAMETER, "creating a logon session");
	/* Nor one that some other client is signed in with, whoever is calling. */
	if (session_is_known(lsa, *logon))
		return fail(STATUS_LOGON_SESSION_COLLISION, "creating a logon session");
	return session_create(&lsa->sessions, frame ? frame->client : NULL, *logon);
}

/* Only what a package made: the sessions that users signed in with are the system's. */
static NTSTATUS NTAPI delete_logon_session(PLUID logon)
{
	struct lsa *lsa = lsa_current();

	if (!lsa || !logon)
		return fail(STATUS_INVALID_PARAMETER, "deleting a logon session");
	NTSTATUS status = session_delete(lsa, *logon);
	return failed(status) && session_is_known(lsa, *logon)
		       ? fail(STATUS_BAD_LOGON_SESSION_STATE, "deleting a logon session")
		       : status;
}

/* ---- what packages keep for sessions ---- */

static bool is_string(const LSA_STRING *text)
{
	return text && (!text->Length || text->Buffer);
}

static struct rd bytes_of(const LSA_STRING *text)
{
	return rd_of(text->Buffer, text->Length);
}

static NTSTATUS NTAPI add_credential(PLUID logon, ULONG package, PLSA_STRING key,
				     PLSA_STRING credentials)
{
	struct lsa *lsa = lsa_current();

	if (!lsa || !logon || !is_string(key) || !is_string(credentials))
		return fail(STATUS_INVALID_PARAMETER, "AddCredential");
	return primary_add(lsa, (struct primary_owner){ *logon, package }, bytes_of(key),
			   bytes_of(credentials));
}

/* The key goes into the caller's buffer when all entries are asked for; else it is the question. */
static NTSTATUS give_found(const struct primary_found *found, bool all, PLSA_STRING key,
			   PLSA_STRING credentials)
{
	if (all && found->key->len > key->MaximumLength)
		return STATUS_MORE_ENTRIES;
	void *bytes = block_dup(found->bytes->p, found->bytes->len);
	if (!bytes)
		return fail(STATUS_NO_MEMORY, "GetCredentials");
	*credentials = (LSA_STRING){ .Length = (USHORT)found->bytes->len,
				     .MaximumLength = (USHORT)found->bytes->len,
				     .Buffer = bytes };
	if (!all)
		return STATUS_SUCCESS;
	if (found->key->len)
		memcpy(key->Buffer, found->key->p, found->key->len);
	key->Length = (USHORT)found->key->len;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI get_credentials(PLUID logon, ULONG package, PULONG context, BOOLEAN all,
				      PLSA_STRING key, PULONG key_length, PLSA_STRING credentials)
{
	CLEANUP(primary_found_done) struct primary_found found = { 0 };
	struct lsa *lsa = lsa_current();

	if (!lsa || !logon || !context || !key || !credentials ||
	    (all ? key->MaximumLength && !key->Buffer : !is_string(key)))
		return fail(STATUS_INVALID_PARAMETER, "GetCredentials");
	struct rd wanted = all ? rd_of(NULL, 0) : bytes_of(key);
	NTSTATUS status = primary_next(lsa, (struct primary_owner){ *logon, package }, *context,
				       all ? NULL : &wanted, &found);
	if (failed(status))
		return status;
	if (key_length)
		*key_length = (ULONG)found.key->len;
	status = give_found(&found, all, key, credentials);
	if (status == STATUS_SUCCESS)
		*context = found.number;
	return status;
}

static NTSTATUS NTAPI delete_credential(PLUID logon, ULONG package, PLSA_STRING key)
{
	struct lsa *lsa = lsa_current();

	if (!lsa || !logon || !is_string(key))
		return fail(STATUS_INVALID_PARAMETER, "DeleteCredential");
	return primary_delete(lsa, (struct primary_owner){ *logon, package }, bytes_of(key));
}

/* ---- tokens: Linux has none ---- */

static NTSTATUS NTAPI create_token(PLUID logon, PTOKEN_SOURCE source, SECURITY_LOGON_TYPE type,
				   SECURITY_IMPERSONATION_LEVEL level,
				   LSA_TOKEN_INFORMATION_TYPE information_type, PVOID information,
				   PTOKEN_GROUPS groups, PUNICODE_STRING account,
				   PUNICODE_STRING authority, PUNICODE_STRING workstation,
				   PUNICODE_STRING profile, PHANDLE token, PNTSTATUS sub_status)
{
	(void)logon;
	(void)source;
	(void)type;
	(void)level;
	(void)information_type;
	(void)information;
	(void)groups;
	(void)account;
	(void)authority;
	(void)workstation;
	(void)profile;
	(void)token;
	(void)sub_status;
	return fail(STATUS_NOT_SUPPORTED, "CreateToken");
}

static NTSTATUS NTAPI create_token_ex(PLUID logon, PTOKEN_SOURCE source, SECURITY_LOGON_TYPE type,
				      SECURITY_IMPERSONATION_LEVEL level,
				      LSA_TOKEN_INFORMATION_TYPE information_type,
				      PVOID information, PTOKEN_GROUPS groups,
				      PUNICODE_STRING workstation, PUNICODE_STRING profile,
				      PVOID session, SECPKG_SESSIONINFO_TYPE session_type,
				      PHANDLE token, PNTSTATUS sub_status)
{
	(void)logon;
	(void)source;
	(void)type;
	(void)level;
	(void)information_type;
	(void)information;
	(void)groups;
	(void)workstation;
	(void)profile;
	(void)session;
	(void)session_type;
	(void)token;
	(void)sub_status;
	return fail(STATUS_NOT_SUPPORTED, "CreateTokenEx");
}

static NTSTATUS NTAPI open_token_by_logon_id(PLUID logon, HANDLE *token)
{
	(void)logon;
	(void)token;
	return fail(STATUS_NOT_SUPPORTED, "OpenTokenByLogonId");
}

static NTSTATUS NTAPI check_protected_user(HANDLE token, PBOOLEAN is_protected)
{
	(void)token;
	(void)is_protected;
	return fail(STATUS_NOT_SUPPORTED, "CheckProtectedUserByToken");
}

/* ---- audit ---- */

struct audited {
	const UNICODE_STRING *account, *authority, *workstation;
	const SID *sid;
};

static void words_add(struct text *t, const char *name, const UNICODE_STRING *words)
{
	if (words && words->Buffer)
		audit_add(t, name, (struct utf16){ words->Buffer, words->Length / sizeof(WCHAR) });
}

static void sid_add(struct text *t, const SID *sid)
{
	char words[SID_TEXT_MAX];

	if (sid && sid_text(rd_of(sid, offsetof(SID, SubAuthority) +
					       sid->SubAuthorityCount * sizeof(DWORD)),
			    NULL, words))
		text_add(t, " sid=%s", words);
}

/* A session's type is what its package audits it with: nothing else tells. */
static void audit(NTSTATUS status, NTSTATUS sub_status, SECURITY_LOGON_TYPE type,
		  const struct audited *who, const LUID *session)
{
	const struct frame *frame = call_current();
	const struct lsa_client *client = frame ? frame->client : NULL;
	struct text t = { 0 };

	if (!trace_is_on() && !audit_is_on(client))
		return;
	if (frame && frame->package)
		audit_add(&t, "package",
			  (struct utf16){ frame->package->name, frame->package->name_n });
	text_add(&t, " type=%d", (int)type);
	words_add(&t, "user", who->account);
	words_add(&t, "domain", who->authority);
	words_add(&t, "workstation", who->workstation);
	sid_add(&t, who->sid);
	text_add(&t, " substatus=0x%08x", (unsigned)sub_status);
	trace_line("audit: logon%.*s: 0x%08x", (int)t.len, t.p ? t.p : "", (unsigned)status);
	audit_sign_in(client, &t, status, session);
}

static struct utf16 word_of(const UNICODE_STRING *text)
{
	struct utf16 word = { NULL, 0 };

	if (text && text->Buffer && utf16_is_valid(text->Buffer, text->Length / sizeof(WCHAR)))
		word = (struct utf16){ text->Buffer, text->Length / sizeof(WCHAR) };
	return word;
}

/* Who a session is for is what its package audits it with, until its logon says more. */
static void note(struct lsa *lsa, LUID logon, const struct audited *who)
{
	const struct frame *frame = call_current();
	struct session_about about = { .word = { [SESSION_USER] = word_of(who->account),
						 [SESSION_DOMAIN] = word_of(who->authority) },
				       .vouched = frame ? frame->vouched : 0 };

	if (frame && frame->package)
		about.word[SESSION_PACKAGE] =
			(struct utf16){ frame->package->name, frame->package->name_n };
	if (who->sid)
		about.sid = rd_of(who->sid, offsetof(SID, SubAuthority) +
						    who->sid->SubAuthorityCount * sizeof(DWORD));
	(void)!session_set_about(lsa, logon, &about);
}

static VOID NTAPI logon_audited(NTSTATUS status, NTSTATUS sub_status, PUNICODE_STRING account,
				PUNICODE_STRING authority, PUNICODE_STRING workstation, PSID sid,
				SECURITY_LOGON_TYPE type, PTOKEN_SOURCE source, PLUID logon)
{
	struct lsa *lsa = lsa_current();
	const struct audited who = { account, authority, workstation, sid };

	audit(status, sub_status, type, &who, logon);
	if (!lsa || !logon || failed(status) || type < Interactive || type > CachedUnlock)
		return;
	note(lsa, *logon, &who);
	session_set_type(&lsa->sessions, *logon, type);
}

static VOID NTAPI logon_audited_ex(NTSTATUS status, NTSTATUS sub_status, PUNICODE_STRING account,
				   PUNICODE_STRING authority, PUNICODE_STRING workstation, PSID sid,
				   SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
				   PTOKEN_SOURCE source, PLUID logon)
{
	(void)level;
	logon_audited(status, sub_status, account, authority, workstation, sid, type, source,
		      logon);
}

static NTSTATUS NTAPI audit_account_logon(ULONG id, BOOLEAN success, PUNICODE_STRING source,
					  PUNICODE_STRING client, PUNICODE_STRING mapped,
					  NTSTATUS status)
{
	(void)source;
	(void)client;
	(void)mapped;
	trace_line("audit: account logon %u %s: 0x%08x", (unsigned)id,
		   success ? "succeeded" : "failed", (unsigned)status);
	return STATUS_SUCCESS;
}

void support_session_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->CreateLogonSession = create_logon_session;
	t->DeleteLogonSession = delete_logon_session;
	t->AddCredential = add_credential;
	t->GetCredentials = get_credentials;
	t->DeleteCredential = delete_credential;
	t->SaveSupplementalCredentials = supplemental_save;
	t->UpdateCredentials = supplemental_update;
	t->CreateToken = create_token;
	t->CreateTokenEx = create_token_ex;
	t->OpenTokenByLogonId = open_token_by_logon_id;
	t->CheckProtectedUserByToken = check_protected_user;
	t->AuditLogon = logon_audited;
	t->AuditLogonEx = logon_audited_ex;
	t->AuditAccountLogon = audit_account_logon;
}
