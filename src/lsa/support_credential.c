/* lsa/support_credential.c - the Credential Manager as packages reach it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "credman/credman.h"
#include "credman/rules.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/credi_decode.h"
#include "lsa/credi_write.h"
#include "lsa/encrypted.h"
#include "lsa/saved.h"
#include "lsa/state.h"
#include "lsa/support.h"

#define READ_FLAGS                                                                                 \
	(CREDP_FLAGS_IN_PROCESS | CREDP_FLAGS_USE_MIDL_HEAP | CREDP_FLAGS_DONT_CACHE_TI |          \
	 CREDP_FLAGS_CLEAR_PASSWORD | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD |                        \
	 CREDP_FLAGS_TRUSTED_CALLER | CREDP_FLAGS_VALIDATE_PROXY_TARGET)

/* There is one heap, so USE_MIDL_HEAP means nothing; nobody has proxies to compare a target with. */
static NTSTATUS check_flags(ULONG cred_flags, ULONG flags)
{
	const struct frame *frame = call_current();
	const ULONG both = CREDP_FLAGS_CLEAR_PASSWORD | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD;

	if (flags || cred_flags & ~(ULONG)READ_FLAGS || (cred_flags & both) == both)
		return fail(STATUS_INVALID_PARAMETER, "reading the flags of a credential call");
	if (cred_flags & CREDP_FLAGS_VALIDATE_PROXY_TARGET)
		return fail(STATUS_NOT_SUPPORTED, "comparing a target with proxies");
	/* A user's form has a user: on a package's own thread nobody calls. */
	if (cred_flags & CREDP_FLAGS_USER_ENCRYPTED_PASSWORD && (!frame || !frame->client))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "encrypting a blob for nobody");
	return STATUS_SUCCESS;
}

/* What packages test for; statuses that stand for Win32 errors mean that something was wrong with the
 * question. */
static NTSTATUS told(NTSTATUS status)
{
	if (status == VAULT_ABSENT)
		return STATUS_NOT_FOUND;
	return failed(status) && ((uint32_t)status & 0xFFFF0000u) == (uint32_t)CREDMAN_WIN32(0)
		       ? STATUS_INVALID_PARAMETER
		       : status;
}

/* ---- what the audit is told ---- */

void credi_audit_begin(struct text *about, const LUID *logon)
{
	const struct frame *frame = call_current();

	if (frame && frame->package)
		audit_add(about, "package",
			  (struct utf16){ frame->package->name, frame->package->name_n });
	audit_add_other(about, frame ? frame->client : NULL, logon);
}

static void audit_read(const LUID *logon, const WCHAR *target, ULONG type, NTSTATUS status)
{
	const struct frame *frame = call_current();
	const struct lsa_client *client = frame ? frame->client : NULL;
	struct text about = { 0 };

	if (!audit_is_on(client))
		return;
	credi_audit_begin(&about, logon);
	audit_add(&about, "target", utf16_of(target));
	text_add(&about, " type=%u", (unsigned)type);
	audit_line(client, "CrediRead", &about, status);
}

static void audit_read_domain(const LUID *logon, const CREDENTIAL_TARGET_INFORMATIONW *target,
			      ULONG count, NTSTATUS status)
{
	const struct frame *frame = call_current();
	const struct lsa_client *client = frame ? frame->client : NULL;
	struct text about = { 0 };

	if (!audit_is_on(client))
		return;
	credi_audit_begin(&about, logon);
	if (target) {
		audit_add(&about, "target", utf16_of(target->TargetName));
		audit_add(&about, "host", utf16_of(target->DnsServerName));
	}
	text_add(&about, " count=%u", (unsigned)count);
	audit_line(client, "CrediReadDomainCredentials", &about, status);
}

/* ---- the calls ---- */

static NTSTATUS read_one(PLUID logon, ULONG cred_flags, LPWSTR target, ULONG type, ULONG flags,
			 PENCRYPTED_CREDENTIALW *credential)
{
	struct credential *found = NULL;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	if (credential)
		*credential = NULL;
	if (!logon || !target || !credential || !credential_type_is_known(type))
		return fail(STATUS_INVALID_PARAMETER, "CrediRead");
	NTSTATUS status = check_flags(cred_flags, flags);
	if (!failed(status))
		status = saved_set_of(logon, &set);
	if (!failed(status))
		status = told(credman_read(set, utf16_of(target), type, &found));
	if (failed(status))
		return status;
	*credential = encrypted_one(&found->view, cred_flags);
	credential_unref(found);
	return *credential ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "CrediRead");
}

static NTSTATUS NTAPI credi_read(PLUID logon, ULONG cred_flags, LPWSTR target, ULONG type,
				 ULONG flags, PENCRYPTED_CREDENTIALW *credential)
{
	NTSTATUS status = read_one(logon, cred_flags, target, type, flags, credential);

	audit_read(logon, target, type, status);
	return status;
}

/* Views into the caller's structure, prepared for looking. */
static NTSTATUS view_target(const CREDENTIAL_TARGET_INFORMATIONW *info, struct target_view *out)
{
	*out = (struct target_view){ .target = utf16_of(info->TargetName),
				     .netbios_server = utf16_of(info->NetbiosServerName),
				     .dns_server = utf16_of(info->DnsServerName),
				     .netbios_domain = utf16_of(info->NetbiosDomainName),
				     .dns_domain = utf16_of(info->DnsDomainName),
				     .dns_tree = utf16_of(info->DnsTreeName),
				     .package = utf16_of(info->PackageName),
				     .flags = info->Flags,
				     .type_count = info->CredTypeCount };
	if (out->type_count > TARGET_TYPES_MAX || (out->type_count && !info->CredTypes))
		return fail(STATUS_INVALID_PARAMETER, "reading the types of a target");
	for (uint32_t i = 0; i < out->type_count; i++)
		out->type[i] = info->CredTypes[i];
	return target_prepare(out);
}

/* Remembers what the package knows of the target, for CredGetTargetInfo; a help, no more. */
static void cache_target(struct credman *set, const struct target_view *t)
{
	if (failed(targets_put(credman_targets(set), t)))
		(void)fail(STATUS_NO_MEMORY, "remembering a target");
}

static NTSTATUS read_domain(PLUID logon, ULONG cred_flags, PCREDENTIAL_TARGET_INFORMATIONW target,
			    ULONG flags, PULONG count, PENCRYPTED_CREDENTIALW **credentials)
{
	struct credential_list list = { 0 };
	struct target_view t;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	if (count)
		*count = 0;
	if (credentials)
		*credentials = NULL;
	if (!logon || !target || !count || !credentials)
		return fail(STATUS_INVALID_PARAMETER, "CrediReadDomainCredentials");
	NTSTATUS status = check_flags(cred_flags, flags);
	if (!failed(status))
		status = view_target(target, &t);
	if (!failed(status))
		status = saved_set_of(logon, &set);
	if (failed(status))
		return status;
	if (!(cred_flags & CREDP_FLAGS_DONT_CACHE_TI))
		cache_target(set, &t);
	status = told(credman_match(set, &t, t.type, t.type_count, &list));
	if (failed(status))
		return status;
	*credentials = encrypted_list(&list, cred_flags);
	*count = *credentials ? (ULONG)list.count : 0;
	credential_list_done(&list);
	return *credentials ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "CrediReadDomainCredentials");
}

static NTSTATUS NTAPI credi_read_domain(PLUID logon, ULONG cred_flags,
					PCREDENTIAL_TARGET_INFORMATIONW target, ULONG flags,
					PULONG count, PENCRYPTED_CREDENTIALW **credentials)
{
	NTSTATUS status = read_domain(logon, cred_flags, target, flags, count, credentials);

	audit_read_domain(logon, target, !failed(status) && count ? *count : 0, status);
	return status;
}

/* The address of one credential and an array of them are told apart by what they lead to. */
static VOID NTAPI credi_free(ULONG count, PENCRYPTED_CREDENTIALW *credentials)
{
	if (count && credentials)
		encrypted_free(credentials[0]);
}

void support_credential_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->CrediRead = credi_read;
	t->CrediReadDomainCredentials = credi_read_domain;
	t->CrediFreeCredentials = credi_free;
	t->CrediWrite = credi_write;
	t->CrediUnmarshalandDecodeString = credi_decode;
}
