/* packages/kerberos/logonuser.c - LsaLogonUser: by password, for another user, with tickets, with a card.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What comes of it is a logon session whose tickets AcquireCredentialsHandle uses; of a password one that other
 * packages sign in with, too. */
#include "base/base.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/utf.h"
#include "packages/kerberos/caller.h"
#include "packages/kerberos/identity.h"
#include "packages/kerberos/logon.h"
#include "packages/kerberos/tickets.h"

/* A logon as its message asks for it, and what has come of it. */
struct attempt {
	struct submitted message;
	SECURITY_LOGON_TYPE type;
	const struct krb_ops *ops;
	char *account, *authority; /* for auditing, also of a logon that fails */
	struct rd password;	   /* of the message: what the session signs in with elsewhere */
	struct krb_credential *made;
};

static void attempt_done(struct attempt *a)
{
	mem_free(a->account);
	mem_free(a->authority);
	krb_unref(a->made);
}

static NTSTATUS take_names(struct attempt *a, const struct kerberos_identity *id)
{
	a->account = mem_dup_text(id->user ? id->user : "");
	a->authority = mem_dup_text(id->realm ? id->realm : "");
	return a->account && a->authority ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "a logon");
}

/* The KDC is asked at once: a logon is a proof. */
static NTSTATUS prove(struct attempt *a, const struct kerberos_names *names)
{
	CLEANUP(kerberos_identity_done) struct kerberos_identity id = { .password = WR(0) };

	NTSTATUS status = kerberos_identity_read(names, &id);
	if (!failed(status))
		status = take_names(a, &id);
	if (failed(status))
		return status;
	if (!id.user || (rd_empty(wr_view(&id.password)) && !id.certificate))
		return fail(STATUS_LOGON_FAILURE, "a logon without name or password");
	/* A card's PIN is nobody else's. */
	a->password = id.certificate ? rd_of(NULL, 0) : names->password;
	const struct krb_identity view = kerberos_identity_view(&id, KRB_INITIATE);
	status = kerberos_failed(a->ops, a->ops->credential_new(&view, &a->made));
	return failed(status) ? status
			      : kerberos_failed(a->ops, a->ops->credential_obtain(a->made));
}

static NTSTATUS by_password(struct attempt *a)
{
	struct kerberos_names names = { .domain = { NULL, 0 } };
	KERB_INTERACTIVE_LOGON r;

	NTSTATUS status = submitted_head(&a->message, &r, sizeof(r));
	if (failed(status))
		return status;
	if (!submitted_text(&a->message, &r.LogonDomainName, &names.domain) ||
	    !submitted_text(&a->message, &r.UserName, &names.user) ||
	    !submitted_text(&a->message, &r.Password, &names.password))
		return fail(STATUS_INVALID_PARAMETER, "names and password of a logon");
	return prove(a, &names);
}

/* The PIN of a card; its strings are offsets always. */
static NTSTATUS by_certificate(struct attempt *a)
{
	return prove(a, &(struct kerberos_names){ .certificate = a->message.bytes });
}

/* The service that asks for another user's ticket: the caller's cache, else this machine by its key. */
static NTSTATUS service_of_caller(const struct krb_ops *ops, struct krb_credential **out)
{
	CLEANUP(kerberos_shown_done) struct kerberos_shown keys = { .buffer = { 0 } };
	CLEANUP(mem_free_p) char *machine = NULL;
	OPENSSPI_MACHINE_NAMES names = { .DnsComputer = { 0 } };
	struct text t = { .p = NULL };

	NTSTATUS status = kerberos_cache_of_caller(NULL, NULL, out);
	if (status != SEC_E_NO_CREDENTIALS)
		return status;
	status = kerberos_caller_keys(false, &keys);
	if (failed(status))
		return status;
	(void)kerberos_host()->extension->MachineNames(&names);
	status = kerberos_utf8(rd_of(names.DnsComputer.Buffer, names.DnsComputer.Length),
			       SEC_E_NO_CREDENTIALS, &machine);
	if (failed(status))
		return status;
	text_add(&t, "host/%s", machine);
	CLEANUP(mem_free_p) char *name = text_finish(&t);
	const struct krb_identity key = { .use = KRB_INITIATE | KRB_ACCEPT,
					  .user = name,
					  .service = name,
					  .keys = kerberos_shown_view(&keys),
					  .shown_by = kerberos_caller_number() };
	return name ? kerberos_failed(ops, ops->credential_new(&key, out))
		    : fail(STATUS_NO_MEMORY, "this machine's name");
}

static NTSTATUS for_user(struct attempt *a)
{
	CLEANUP(krb_unref_p) struct krb_credential *service = NULL;
	struct text t = { .p = NULL };
	KERB_S4U_LOGON r;
	struct rd upn, realm;

	if (a->type != Network && a->type != Batch)
		return fail(STATUS_INVALID_LOGON_TYPE, "a logon for another user");
	NTSTATUS status = submitted_head(&a->message, &r, sizeof(r));
	if (failed(status))
		return status;
	if (!submitted_text(&a->message, &r.ClientUpn, &upn) ||
	    !submitted_text(&a->message, &r.ClientRealm, &realm) || rd_empty(upn))
		return fail(STATUS_INVALID_PARAMETER, "names of a logon for another user");
	status = kerberos_utf8(upn, STATUS_INVALID_PARAMETER, &a->account);
	if (!failed(status))
		status = kerberos_utf8(realm, STATUS_INVALID_PARAMETER, &a->authority);
	if (failed(status))
		return status;
	bool whole = strchr(a->account, '@') || !*a->authority;
	text_add(&t, "%s%s%s", a->account, whole ? "" : "@", whole ? "" : a->authority);
	CLEANUP(mem_free_p) char *name = text_finish(&t);
	status = name ? service_of_caller(a->ops, &service) : fail(STATUS_NO_MEMORY, "a logon");
	if (failed(status))
		return status;
	status = a->ops->credential_impersonate(service, name, &a->made);
	return kerberos_failed(a->ops, status);
}

/* What a client of Remote Credential Guard handed over. */
static NTSTATUS with_tickets(struct attempt *a)
{
	struct krb_identity server = { .use = KRB_ACCEPT, .shown_by = kerberos_caller_number() };
	CLEANUP(kerberos_shown_done) struct kerberos_shown keys = { .buffer = { 0 } };
	CLEANUP(krb_unref_p) struct krb_credential *acceptor = NULL;
	KERB_TICKET_LOGON r;
	struct rd ticket, tgt;

	NTSTATUS status = submitted_head(&a->message, &r, sizeof(r));
	if (failed(status))
		return status;
	if (!submitted_bytes(&a->message, r.ServiceTicket, r.ServiceTicketLength, &ticket) ||
	    !submitted_bytes(&a->message, r.TicketGrantingTicket, r.TicketGrantingTicketLength,
			     &tgt) ||
	    rd_empty(ticket) || rd_empty(tgt))
		return fail(STATUS_INVALID_PARAMETER, "tickets of a logon");
	status = kerberos_caller_keys(false, &keys);
	server.keys = kerberos_shown_view(&keys);
	if (!failed(status))
		status = kerberos_failed(a->ops, a->ops->credential_new(&server, &acceptor));
	if (!failed(status))
		status = kerberos_failed(a->ops,
					 a->ops->import_tgt(acceptor, ticket, tgt, &a->made));
	return status;
}

/* Who the KDC says it is: a name without a realm is an account of the realm that was asked, not of this machine. */
static NTSTATUS take_principal(struct attempt *a)
{
	struct krb_credential_info info = { .name = NULL };

	NTSTATUS status = kerberos_failed(a->ops, a->ops->credential_info(a->made, &info));
	CLEANUP(mem_free_p) char *name = info.name;
	const char *realm = principal_realm(name ? name : "");
	if (failed(status) || !*realm || strchr(name, '\\'))
		return status;
	char *authority = mem_dup_text(realm);
	name[realm - name - 1] = '\0';
	char *account = mem_dup_text(name);
	mem_free(a->account);
	mem_free(a->authority);
	a->account = account;
	a->authority = authority;
	return account && authority ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "a logon");
}

static NTSTATUS attempt_run(struct attempt *a)
{
	static const struct {
		KERB_LOGON_SUBMIT_TYPE type;
		NTSTATUS (*run)(struct attempt *a);
	} rows[] = {
		{ KerbInteractiveLogon, by_password },
		{ KerbWorkstationUnlockLogon, by_password },
		{ KerbS4ULogon, for_user },
		{ KerbTicketLogon, with_tickets },
		{ KerbTicketUnlockLogon, with_tickets },
		{ KerbCertificateLogon, by_certificate },
		{ KerbCertificateUnlockLogon, by_certificate },
	};
	struct rd head = a->message.bytes;
	uint32_t type;

	if (!rd_u32le(&head, &type))
		return fail(STATUS_INVALID_PARAMETER, "a logon without a type");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((uint32_t)rows[i].type == type) {
			NTSTATUS status = rows[i].run(a);
			return failed(status) ? status : take_principal(a);
		}
	return fail(STATUS_BAD_VALIDATION_CLASS, "a kind of logon that is not served");
}

/* ---- what the LSA is told ---- */

/* A UNICODE_STRING in LSA heap, its text too; NULL when memory is short. */
static PUNICODE_STRING heap_text(const char *utf8)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = kerberos_host()->lsa;
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	size_t n;

	if (!utf16_from_utf8(utf8 ? utf8 : "", strlen(utf8 ? utf8 : ""), &wide, &n))
		return NULL;
	PUNICODE_STRING s = lsa->AllocateLsaHeap(sizeof(*s));
	WCHAR *text = s ? lsa->AllocateLsaHeap((ULONG)((n + 1) * sizeof(WCHAR))) : NULL;
	if (!text) {
		lsa->FreeLsaHeap(s);
		return NULL;
	}
	memcpy(text, wide, (n + 1) * sizeof(WCHAR));
	*s = unicode_view(text, n);
	return s;
}

static LARGE_INTEGER never(void)
{
	return (LARGE_INTEGER){ .QuadPart = CLOCK_NEVER };
}

static int64_t end_of(const struct attempt *a)
{
	struct krb_credential_info info = { .expiry = INT64_MAX };

	if (failed(a->ops->credential_info(a->made, &info)))
		return CLOCK_NEVER;
	mem_free(info.name);
	return info.expiry == INT64_MAX ? CLOCK_NEVER : clock_from_unix((time_t)info.expiry);
}

static NTSTATUS tell_profile(const struct attempt *a, PLSA_CLIENT_REQUEST request, PVOID *profile,
			     PULONG size)
{
	CLEANUP(answer_done) struct answer answer = ANSWER;
	const KERB_INTERACTIVE_PROFILE p = {
		.MessageType = KerbInteractiveProfile,
		.LogonTime.QuadPart = clock_now(),
		.LogoffTime.QuadPart = end_of(a),
		.KickOffTime = never(),
		.PasswordCanChange = never(),
		.PasswordMustChange = never(),
	};

	wr_bytes(&answer.bytes, &p, sizeof(p));
	return answer_send(&answer, request, profile, size);
}

/* For AcceptCredentials of all packages. The LSA releases it, and the heap wipes it. */
static NTSTATUS tell_primary(const struct attempt *a, const UNICODE_STRING *account,
			     const UNICODE_STRING *authority, PSECPKG_PRIMARY_CRED primary)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = kerberos_host()->lsa;

	if (rd_empty(a->password))
		return STATUS_SUCCESS;
	if (!account || !authority ||
	    !compose_heap_string(lsa, compose_unicode(account), &primary->DownlevelName) ||
	    !compose_heap_string(lsa, compose_unicode(authority), &primary->DomainName) ||
	    !compose_heap_string(lsa, compose_unicode(authority), &primary->DnsDomainName) ||
	    !compose_heap_string(lsa, a->password, &primary->Password))
		return fail(STATUS_NO_MEMORY, "a logon's credentials");
	primary->Flags = PRIMARY_CRED_CLEAR_PASSWORD;
	return STATUS_SUCCESS;
}

/* Of a wrong name and a wrong password one is told alike, in the language of logons. */
static NTSTATUS verdict_of(NTSTATUS status)
{
	switch (status) {
	case SEC_E_LOGON_DENIED:
	case STATUS_NO_SUCH_USER:
		return STATUS_LOGON_FAILURE;
	case SEC_E_NO_AUTHENTICATING_AUTHORITY:
		return STATUS_NO_LOGON_SERVERS;
	case SEC_E_INSUFFICIENT_MEMORY:
		return STATUS_NO_MEMORY;
	case SEC_E_TIME_SKEW:
		return STATUS_TIME_DIFFERENCE_AT_DC;
	default:
		return status;
	}
}

NTSTATUS NTAPI kerberos_ap_logon_user(PLSA_CLIENT_REQUEST request, SECURITY_LOGON_TYPE type,
				      PVOID submit_buffer, PVOID client_base, ULONG length,
				      PVOID *profile, PULONG profile_size, PLUID logon,
				      PNTSTATUS sub_status, PLSA_TOKEN_INFORMATION_TYPE token_type,
				      PVOID *token, PUNICODE_STRING *account,
				      PUNICODE_STRING *authority, PUNICODE_STRING *machine,
				      PSECPKG_PRIMARY_CRED primary,
				      PSECPKG_SUPPLEMENTAL_CRED_ARRAY *supplemental)
{
	CLEANUP(attempt_done)
	struct attempt a = { .message = { rd_of(submit_buffer, length), (uintptr_t)client_base },
			     .type = type };

	*profile = NULL;
	*profile_size = 0;
	*token = NULL;
	*machine = NULL;
	*supplemental = NULL;
	*sub_status = STATUS_SUCCESS;
	NTSTATUS status = kerberos_krb(&a.ops);
	if (!failed(status))
		status = verdict_of(attempt_run(&a));
	*account = heap_text(a.account);
	*authority = heap_text(a.authority);
	if (!failed(status) &&
	    !compose_heap_token(kerberos_host()->lsa, end_of(&a), token_type, token))
		status = fail(STATUS_NO_MEMORY, "a logon");
	if (!failed(status))
		status = tell_profile(&a, request, profile, profile_size);
	if (!failed(status))
		status = tell_primary(&a, *account, *authority, primary);
	if (!failed(status))
		status = kerberos_logon_new(a.made, type, logon);
	if (!failed(status)) {
		if (!rd_empty(a.password))
			primary->LogonId = *logon;
		return STATUS_SUCCESS;
	}
	if (*profile)
		(void)kerberos_host()->lsa->FreeClientBuffer(request, *profile);
	kerberos_host()->lsa->FreeLsaHeap(*token);
	*token = *profile = NULL;
	*profile_size = 0;
	return status;
}
