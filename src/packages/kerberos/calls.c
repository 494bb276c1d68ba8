/* packages/kerberos/calls.c - LsaCallAuthenticationPackage: the ticket cache, and passwords.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The verdict is ProtocolStatus; what is returned says that the message arrived. */
#include "base/base.h"

#include "base/text.h"
#include "packages/kerberos/caller.h"
#include "packages/kerberos/identity.h"
#include "packages/kerberos/logon.h"
#include "packages/kerberos/tickets.h"

#define SUBMIT_MAX (1u << 20) /* of what is passed on to the caller's own process */

struct kerb_call {
	struct submitted message;
	struct answer answer;
};

/* ---- whose cache ---- */

/* SEC_E_NO_CREDENTIALS when there is no cache, or nobody's tickets in it. */
static NTSTATUS cache_of(const LUID *logon, struct krb_credential **out)
{
	*out = NULL;
	if (kerberos_logon_is_own(logon))
		return kerberos_cache_of_caller(NULL, NULL, out);
	*out = kerberos_logon_of_caller(logon);
	return *out ? STATUS_SUCCESS : fail(STATUS_ACCESS_DENIED, "another session's tickets");
}

/* ---- the cache ---- */

static NTSTATUS query(struct kerb_call *call)
{
	CLEANUP(krb_unref_p) struct krb_credential *cache = NULL;
	KERB_QUERY_TKT_CACHE_REQUEST r;

	NTSTATUS status = submitted_head(&call->message, &r, sizeof(r));
	if (!failed(status))
		status = cache_of(&r.LogonId, &cache);
	if (failed(status) && status != SEC_E_NO_CREDENTIALS)
		return status;
	return tickets_list(cache, r.MessageType, &call->answer);
}

/* "krbtgt/REALM@REALM" of whoever's cache it is. */
static NTSTATUS tgt_name(const struct krb_ops *ops, struct krb_credential *cache, char **out)
{
	struct krb_credential_info info = { .name = NULL };
	struct text t = { .p = NULL };

	NTSTATUS status = kerberos_failed(ops, ops->credential_info(cache, &info));
	if (failed(status))
		return status;
	const char *realm = principal_realm(info.name ? info.name : "");
	text_add(&t, "krbtgt/%s@%s", realm, realm);
	*out = text_finish(&t);
	bool known = *realm != '\0';
	mem_free(info.name);
	if (!known)
		return fail(SEC_E_NO_CREDENTIALS, "the realm of a ticket-granting ticket");
	return *out ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "a ticket's name");
}

static NTSTATUS tell_ticket(struct kerb_call *call, const struct krb_ops *ops,
			    struct krb_credential *cache, const KERB_RETRIEVE_TKT_REQUEST *r,
			    const char *target)
{
	bool cache_only = r->CacheOptions & KERB_RETRIEVE_TICKET_USE_CACHE_ONLY;
	struct krb_ticket ticket = { .start = 0 };

	NTSTATUS status = kerberos_failed(ops, ops->get_ticket(cache, target, cache_only, &ticket));
	if (failed(status))
		return status;
	if (r->EncryptionType && r->EncryptionType != ticket.key_enctype)
		status = fail(SEC_E_KDC_UNKNOWN_ETYPE, "a ticket of one encryption type");
	else
		status = tickets_tell(&ticket, target, &call->answer);
	ops->ticket_done(&ticket);
	return status;
}

/* Is it the own cache of a caller in another process, which alone can change it? */
static bool is_elsewhere(const LUID *logon)
{
	return kerberos_logon_is_own(logon) && !kerberos_caller_is_here();
}

/* The caller's own process puts it into the cache that is then looked at, as it would without us. */
static NTSTATUS fetch_elsewhere(const char *target)
{
	CLEANUP(kerberos_shown_done) struct kerberos_shown told = { .buffer = { 0 } };

	return kerberos_caller_ask(KERBEROS_FETCH, rd_of(target, strlen(target)), &told);
}

/* Which cache, and the name of the ticket that is wanted of it. */
static NTSTATUS retrieve_from(const KERB_RETRIEVE_TKT_REQUEST *r, struct rd name,
			      struct krb_credential **cache, char **target)
{
	bool any = r->MessageType == KerbRetrieveTicketMessage;
	const struct krb_ops *ops;

	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status) && !any)
		status = rd_empty(name) ? fail(STATUS_INVALID_PARAMETER, "a ticket's name")
					: kerberos_utf8(name, STATUS_INVALID_PARAMETER, target);
	if (!failed(status) && !any && is_elsewhere(&r->LogonId) &&
	    !(r->CacheOptions & KERB_RETRIEVE_TICKET_USE_CACHE_ONLY))
		status = fetch_elsewhere(*target);
	if (!failed(status))
		status = cache_of(&r->LogonId, cache);
	return failed(status) || !any ? status : tgt_name(ops, *cache, target);
}

static NTSTATUS retrieve(struct kerb_call *call)
{
	const ULONG refused = KERB_RETRIEVE_TICKET_DONT_USE_CACHE |
			      KERB_RETRIEVE_TICKET_USE_CREDHANDLE |
			      KERB_RETRIEVE_TICKET_AS_KERB_CRED;
	CLEANUP(krb_unref_p) struct krb_credential *cache = NULL;
	CLEANUP(mem_free_p) char *target = NULL;
	KERB_RETRIEVE_TKT_REQUEST r;
	const struct krb_ops *ops;
	struct rd name;

	NTSTATUS status = submitted_head(&call->message, &r, sizeof(r));
	if (failed(status))
		return status;
	if (!submitted_text(&call->message, &r.TargetName, &name))
		return fail(STATUS_INVALID_PARAMETER, "a ticket's name");
	if (r.CacheOptions & refused)
		return fail(STATUS_NOT_SUPPORTED, "ways to get a ticket");
	status = retrieve_from(&r, name, &cache, &target);
	if (!failed(status))
		status = kerberos_krb(&ops);
	return failed(status) ? status : tell_ticket(call, ops, cache, &r, target);
}

/* "service/host@REALM", or without a realm; NULL for no name. */
static NTSTATUS filter_name(const struct submitted *m, const UNICODE_STRING *server,
			    const UNICODE_STRING *realm, char **out)
{
	CLEANUP(mem_free_p) char *name = NULL;
	CLEANUP(mem_free_p) char *where = NULL;
	struct text t = { .p = NULL };
	struct rd a, b;

	*out = NULL;
	if (!submitted_text(m, server, &a) || !submitted_text(m, realm, &b))
		return fail(STATUS_INVALID_PARAMETER, "a ticket's name");
	NTSTATUS status = kerberos_utf8(a, STATUS_INVALID_PARAMETER, &name);
	if (!failed(status))
		status = kerberos_utf8(b, STATUS_INVALID_PARAMETER, &where);
	if (failed(status))
		return status;
	if (rd_empty(a))
		return rd_empty(b) ? STATUS_SUCCESS
				   : fail(STATUS_NOT_SUPPORTED, "a realm's tickets alone");
	text_add(&t, "%s%s%s", name, *where ? "@" : "", where);
	*out = text_finish(&t);
	return *out ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "a ticket's name");
}

static NTSTATUS purge_elsewhere(const char *server, uint32_t *count)
{
	CLEANUP(kerberos_shown_done) struct kerberos_shown told = { .buffer = { 0 } };

	NTSTATUS status = kerberos_caller_ask(KERBEROS_PURGE,
					      rd_of(server, server ? strlen(server) : 0), &told);
	struct rd r = kerberos_shown_view(&told);
	return failed(status) || rd_u32le(&r, count) ? status
						     : fail(STATUS_DATA_ERROR, "a caller's answer");
}

static NTSTATUS purge_here(const LUID *logon, const char *server, uint32_t *count)
{
	CLEANUP(krb_unref_p) struct krb_credential *cache = NULL;
	const struct krb_filter which = { .server = server };
	const struct krb_ops *ops;

	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status))
		status = cache_of(logon, &cache);
	return failed(status) ? status : kerberos_failed(ops, ops->purge(cache, &which, count));
}

static NTSTATUS purge_named(const LUID *logon, const char *server)
{
	uint32_t count = 0;

	NTSTATUS status = is_elsewhere(logon) ? purge_elsewhere(server, &count)
					      : purge_here(logon, server, &count);
	/* Of all that there are: nothing is as good as none. */
	if (status == SEC_E_NO_CREDENTIALS && !server)
		return STATUS_SUCCESS;
	if (failed(status))
		return status;
	return count || !server ? STATUS_SUCCESS
				: fail(STATUS_OBJECT_NAME_NOT_FOUND, "a ticket to forget");
}

static NTSTATUS purge(struct kerb_call *call)
{
	CLEANUP(mem_free_p) char *server = NULL;
	KERB_PURGE_TKT_CACHE_REQUEST r;

	NTSTATUS status = submitted_head(&call->message, &r, sizeof(r));
	if (!failed(status))
		status = filter_name(&call->message, &r.ServerName, &r.RealmName, &server);
	return failed(status) ? status : purge_named(&r.LogonId, server);
}

static NTSTATUS purge_ex(struct kerb_call *call)
{
	CLEANUP(mem_free_p) char *server = NULL;
	KERB_PURGE_TKT_CACHE_EX_REQUEST r;
	const KERB_TICKET_CACHE_INFO_EX *like = &r.TicketTemplate;

	NTSTATUS status = submitted_head(&call->message, &r, sizeof(r));
	if (!failed(status) && !(r.Flags & KERB_PURGE_ALL_TICKETS))
		status =
			filter_name(&call->message, &like->ServerName, &like->ServerRealm, &server);
	return failed(status) ? status : purge_named(&r.LogonId, server);
}

static NTSTATUS submit_elsewhere(struct rd cred, int32_t enctype, struct rd key)
{
	CLEANUP(kerberos_shown_done) struct kerberos_shown told = { .buffer = { 0 } };
	CLEANUP(wr_done) struct wr w = WR(SUBMIT_MAX);

	wr_u32le(&w, (uint32_t)enctype);
	wr_counted(&w, key.p, key.n);
	wr_rd(&w, cred);
	if (!wr_ok(&w))
		return fail(STATUS_NO_MEMORY, "tickets for another process");
	return kerberos_caller_ask(KERBEROS_SUBMIT, wr_view(&w), &told);
}

static NTSTATUS submit(struct kerb_call *call)
{
	CLEANUP(krb_unref_p) struct krb_credential *cache = NULL;
	KERB_SUBMIT_TKT_REQUEST r;
	const struct krb_ops *ops;
	struct rd cred, key;

	NTSTATUS status = submitted_head(&call->message, &r, sizeof(r));
	if (failed(status))
		return status;
	key = rd_of(NULL, 0);
	if (!r.KerbCredSize ||
	    !rd_at(call->message.bytes, r.KerbCredOffset, r.KerbCredSize, &cred) ||
	    (r.Key.Length && !rd_at(call->message.bytes, r.Key.Offset, r.Key.Length, &key)))
		return fail(STATUS_INVALID_PARAMETER, "tickets that are not in the message");
	if (is_elsewhere(&r.LogonId))
		return submit_elsewhere(cred, r.Key.KeyType, key);
	status = kerberos_krb(&ops);
	if (!failed(status))
		status = cache_of(&r.LogonId, &cache);
	/* The first tickets of a cache make it. */
	if (failed(status) && status != SEC_E_NO_CREDENTIALS)
		return status;
	return kerberos_failed(ops, ops->submit(cache, cred, r.Key.KeyType, key));
}

/* ---- passwords ---- */

static NTSTATUS change_of(const struct kerberos_names *names, struct rd fresh)
{
	CLEANUP(kerberos_identity_done) struct kerberos_identity id = { .password = WR(0) };
	CLEANUP(kerberos_identity_done) struct kerberos_identity next = { .password = WR(0) };
	const struct kerberos_names to = { .password = fresh };
	const struct krb_ops *ops;

	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status))
		status = kerberos_identity_read(names, &id);
	if (!failed(status))
		status = kerberos_identity_read(&to, &next);
	if (failed(status))
		return status;
	if (!id.user)
		return fail(STATUS_INVALID_PARAMETER, "whose password is changed");
	const struct krb_identity view = kerberos_identity_view(&id, KRB_INITIATE);
	return kerberos_failed(ops, ops->change_password(&view, wr_view(&next.password)));
}

static NTSTATUS change_password(struct kerb_call *call)
{
	struct kerberos_names names = { .domain = { NULL, 0 } };
	KERB_CHANGEPASSWORD_REQUEST r;
	struct rd fresh;

	NTSTATUS status = submitted_head(&call->message, &r, sizeof(r));
	if (failed(status))
		return status;
	if (!submitted_text(&call->message, &r.DomainName, &names.domain) ||
	    !submitted_text(&call->message, &r.AccountName, &names.user) ||
	    !submitted_text(&call->message, &r.OldPassword, &names.password) ||
	    !submitted_text(&call->message, &r.NewPassword, &fresh))
		return fail(STATUS_INVALID_PARAMETER, "names and passwords in a message");
	return change_of(&names, fresh);
}

/* ---- the door ---- */

static NTSTATUS serve(struct kerb_call *call)
{
	static const struct {
		KERB_PROTOCOL_MESSAGE_TYPE type;
		NTSTATUS (*serve)(struct kerb_call *call);
	} rows[] = {
		{ KerbQueryTicketCacheMessage, query },
		{ KerbQueryTicketCacheExMessage, query },
		{ KerbQueryTicketCacheEx2Message, query },
		{ KerbQueryTicketCacheEx3Message, query },
		{ KerbRetrieveTicketMessage, retrieve },
		{ KerbRetrieveEncodedTicketMessage, retrieve },
		{ KerbPurgeTicketCacheMessage, purge },
		{ KerbPurgeTicketCacheExMessage, purge_ex },
		{ KerbSubmitTicketMessage, submit },
		{ KerbChangePasswordMessage, change_password },
	};
	struct rd head = call->message.bytes;
	uint32_t type;

	if (!rd_u32le(&head, &type))
		return fail(STATUS_INVALID_PARAMETER, "a message without a type");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((uint32_t)rows[i].type == type)
			return rows[i].serve(call);
	return fail(STATUS_NOT_SUPPORTED, "a message that is not served");
}

NTSTATUS NTAPI kerberos_ap_call_package(PLSA_CLIENT_REQUEST request, PVOID submit_buffer,
					PVOID client_base, ULONG length, PVOID *answer,
					PULONG answer_size, PNTSTATUS verdict)
{
	struct kerb_call call = { .message = { rd_of(submit_buffer, length),
					       (uintptr_t)client_base },
				  .answer = ANSWER };

	*answer = NULL;
	*answer_size = 0;
	*verdict = serve(&call);
	if (!failed(*verdict) && call.answer.bytes.len)
		*verdict = answer_send(&call.answer, request, answer, answer_size);
	answer_done(&call.answer);
	return STATUS_SUCCESS;
}
