/* lsa/support_session.c - logon sessions, their store of credentials, tokens, audit.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/trace.h"
#include "lsa/call.h"
#include "lsa/state.h"
#include "lsa/support.h"

static NTSTATUS NTAPI create_logon_session(PLUID logon)
{
	struct lsa *lsa = lsa_current();
	const struct frame *frame = call_current();

	if (!lsa || !logon)
		return fail(STATUS_INVALID_PARAMETER, "creating a logon session");
	return session_create(&lsa->sessions, frame ? frame->client : NULL, *logon);
}

static NTSTATUS NTAPI delete_logon_session(PLUID logon)
{
	struct lsa *lsa = lsa_current();
	if (!lsa || !logon)
		return fail(STATUS_INVALID_PARAMETER, "deleting a logon session");
	return session_delete(&lsa->sessions, *logon);
}

static NTSTATUS NTAPI add_credential(PLUID logon, ULONG package, PLSA_STRING key,
				     PLSA_STRING credentials)
{
	(void)logon;
	(void)package;
	(void)key;
	(void)credentials;
	return fail(STATUS_NOT_SUPPORTED, "AddCredential");
}

static NTSTATUS NTAPI get_credentials(PLUID logon, ULONG package, PULONG context, BOOLEAN all,
				      PLSA_STRING key, PULONG key_length, PLSA_STRING credentials)
{
	(void)logon;
	(void)package;
	(void)context;
	(void)all;
	(void)key;
	(void)key_length;
	(void)credentials;
	return fail(STATUS_NOT_SUPPORTED, "GetCredentials");
}

static NTSTATUS NTAPI delete_credential(PLUID logon, ULONG package, PLSA_STRING key)
{
	(void)logon;
	(void)package;
	(void)key;
	return fail(STATUS_NOT_SUPPORTED, "DeleteCredential");
}

static NTSTATUS NTAPI save_supplemental(PLUID logon, ULONG n, PVOID credentials,
					BOOLEAN synchronous)
{
	(void)logon;
	(void)n;
	(void)credentials;
	(void)synchronous;
	return fail(STATUS_NOT_SUPPORTED, "SaveSupplementalCredentials");
}

static NTSTATUS NTAPI update_credentials(PSECPKG_PRIMARY_CRED primary,
					 PSECPKG_SUPPLEMENTAL_CRED_ARRAY supplemental)
{
	(void)primary;
	(void)supplemental;
	return fail(STATUS_NOT_SUPPORTED, "UpdateCredentials");
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

/* ---- audit: the trace is where it goes ---- */

static void audit(NTSTATUS status, NTSTATUS sub_status, int type)
{
	trace_line("audit: logon of type %d: 0x%08x, 0x%08x", type, (unsigned)status,
		   (unsigned)sub_status);
}

static VOID NTAPI audit_logon(NTSTATUS status, NTSTATUS sub_status, PUNICODE_STRING account,
			      PUNICODE_STRING authority, PUNICODE_STRING workstation, PSID sid,
			      SECURITY_LOGON_TYPE type, PTOKEN_SOURCE source, PLUID logon)
{
	(void)account;
	(void)authority;
	(void)workstation;
	(void)sid;
	(void)source;
	(void)logon;
	audit(status, sub_status, (int)type);
}

static VOID NTAPI audit_logon_ex(NTSTATUS status, NTSTATUS sub_status, PUNICODE_STRING account,
				 PUNICODE_STRING authority, PUNICODE_STRING workstation, PSID sid,
				 SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
				 PTOKEN_SOURCE source, PLUID logon)
{
	(void)account;
	(void)authority;
	(void)workstation;
	(void)sid;
	(void)level;
	(void)source;
	(void)logon;
	audit(status, sub_status, (int)type);
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
	t->SaveSupplementalCredentials = save_supplemental;
	t->UpdateCredentials = update_credentials;
	t->CreateToken = create_token;
	t->CreateTokenEx = create_token_ex;
	t->OpenTokenByLogonId = open_token_by_logon_id;
	t->CheckProtectedUserByToken = check_protected_user;
	t->AuditLogon = audit_logon;
	t->AuditLogonEx = audit_logon_ex;
	t->AuditAccountLogon = audit_account_logon;
}
