/* lsa/saved.c - see lsa/saved.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which credential is the right one is decided here, once for all packages; whether it may be used is
 * theirs to ask. */
#include "base/base.h"

#include "base/block.h"
#include "base/text.h"
#include "base/trace.h"
#include "credman/rules.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/saved.h"
#include "lsa/sets.h"
#include "lsa/state.h"
#include "wire/authdata.h"

DEFINE_CLEANUP(struct credential *, credential_unref)

/* ---- whose set ---- */

bool saved_session_has_set(const struct lsa_client *client, LUID logon)
{
	LUID own = session_own(client);

	return SecEqualLuid(&own, &logon) ||
	       (!failed(session_check(client, logon)) &&
		session_type_has_set(session_type(client->lsa, logon)));
}

static NTSTATUS set_of(const struct lsa_client *client, LUID logon, struct credman **out)
{
	LUID own = session_own(client);

	return SecEqualLuid(&own, &logon) ? sets_own(client, out)
					  : sets_of(client->lsa, logon, out);
}

/* On a package's own thread nobody calls: the session says whose set it is. */
static NTSTATUS set_without_caller(LUID logon, struct credman **out)
{
	struct lsa *lsa = lsa_current();
	struct session_facts facts;

	if (!lsa || !session_type_has_set(session_type(lsa, logon)))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "finding a session with credentials");
	/* Embedded the user's own session is the process's, and not kept. */
	if (lsa->setup.credman && !session_look(&lsa->sessions, logon, &facts)) {
		*out = credman_ref(lsa->setup.credman);
		return STATUS_SUCCESS;
	}
	return sets_of(lsa, logon, out);
}

NTSTATUS saved_set_of(const LUID *logon, struct credman **out)
{
	const struct frame *frame = call_current();

	*out = NULL;
	if (!logon)
		return fail(STATUS_INVALID_PARAMETER, "reading a session's credentials");
	if (frame && !frame->client)
		return set_without_caller(*logon, out);
	if (!frame || !frame->client || SecIsZeroLuid(logon) ||
	    !saved_session_has_set(frame->client, *logon))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "finding a session with credentials");
	return set_of(frame->client, *logon, out);
}

/* The set of the session that the call is for; none is no credentials. */
static NTSTATUS called_set(struct credman **out)
{
	const struct frame *frame = call_current();
	NTSTATUS status = SEC_E_NO_CREDENTIALS;

	*out = NULL;
	if (frame && frame->client)
		status = SecIsZeroLuid(&frame->logon) ? sets_own(frame->client, out)
						      : saved_set_of(&frame->logon, out);
	return failed(status) ? fail(SEC_E_NO_CREDENTIALS, "finding the caller's credentials")
			      : status;
}

/* ---- identities ---- */

/* Is its blob a password that can be used now? Not one that is to be asked for again, and not a hash. */
static bool has_password(const struct credential_view *c)
{
	struct rd blob = c->blob;
	const WCHAR *text = (const void *)blob.p; /* fields are aligned: wire/credential.h */

	return blob.n && blob.n % sizeof(WCHAR) == 0 && c->user.n &&
	       !(c->flags & (CRED_FLAGS_PROMPT_NOW | CRED_FLAGS_OWF_CRED_BLOB)) &&
	       utf16_is_valid(text, blob.n / sizeof(WCHAR));
}

/* Some programs save the terminator too. */
static struct rd without_terminator(struct rd password)
{
	const uint8_t *last = password.p + password.n - sizeof(WCHAR);

	return last[0] == 0 && last[1] == 0 ? rd_of(password.p, password.n - sizeof(WCHAR))
					    : password;
}

/* DOMAIN\user in two; user@domain stays whole. */
static void name_split_user(struct utf16 user, struct identity_view *id)
{
	size_t slash = 0;

	while (slash < user.n && user.p[slash] != '\\')
		slash++;
	bool parted = slash < user.n;
	size_t begin = parted ? slash + 1 : 0;
	id->domain = rd_of(user.p, parted ? slash * sizeof(WCHAR) : 0);
	id->user = rd_of(user.p + begin, (user.n - begin) * sizeof(WCHAR));
	id->has_domain = id->has_user = id->has_password = true;
}

static NTSTATUS give_identity(const struct credential_view *c, PVOID *identity)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	struct identity_view id = { 0 };

	if (!has_password(c))
		return fail(SEC_E_NO_CREDENTIALS, "finding a password in a saved credential");
	name_split_user(c->user, &id);
	id.password = without_terminator(c->blob);
	identity_write(&w, &id);
	if (!wr_ok(&w))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing a saved identity");
	if (!identity_read(wr_view(&w), &id))
		return fail(SEC_E_NO_CREDENTIALS, "reading a saved identity");
	*identity = block_dup(w.buf, w.len);
	return *identity ? STATUS_SUCCESS
			 : fail(SEC_E_INSUFFICIENT_MEMORY, "giving a saved identity");
}

/* Says in the trace whose name will be seen, and why. */
static void trace_choice(const struct credential_view *c, const char *kind)
{
	struct text t = { 0 };

	if (!trace_is_on())
		return;
	text_add_utf16(&t, c->target.p, c->target.n);
	CLEANUP(mem_free_p) char *name = text_finish(&t);
	trace_line("lsa: the %s identity is the one saved for %s", kind, name ? name : "");
}

/* Gives it out for a sign-in: the trace and the audit know. */
static NTSTATUS give_audited(const struct credential_view *c, const char *kind, PVOID *identity)
{
	const struct lsa_client *client = call_current()->client;
	struct text about = { 0 };

	trace_choice(c, kind);
	audit_note_kind(*kind == 'd' ? AUDIT_DEFAULT : AUDIT_SAVED);
	NTSTATUS status = give_identity(c, identity);
	if (!audit_is_on(client))
		return status;
	text_add(&about, " kind=%s", kind);
	audit_add(&about, "target", c->target);
	audit_add(&about, "user", c->user);
	audit_add_other(&about, client, &call_current()->logon);
	audit_line(client, "UseCredential", &about, status);
	return status;
}

/* credman's statuses as the packages are told them. */
static NTSTATUS told(NTSTATUS status)
{
	if (status == STATUS_NOT_FOUND || status == VAULT_ABSENT ||
	    status == STATUS_INVALID_PARAMETER || status == STATUS_NO_SUCH_LOGON_SESSION)
		return SEC_E_NO_CREDENTIALS;
	return status == STATUS_NO_MEMORY ? (NTSTATUS)SEC_E_INSUFFICIENT_MEMORY : status;
}

NTSTATUS NTAPI saved_default_identity(PVOID *identity)
{
	CLEANUP(credential_unref_p) struct credential *c = NULL;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	if (!identity)
		return fail(STATUS_INVALID_PARAMETER, "reading the default identity");
	*identity = NULL;
	NTSTATUS status = called_set(&set);
	if (!failed(status))
		status = told(credman_get_default(set, &c));
	if (failed(status))
		return status;
	return give_audited(&c->view, "default", identity);
}

/* ---- which one fits a target ---- */

struct wanted {
	struct utf16 whole; /* as it was asked for */
	struct utf16 plain; /* without port, third part and a dot at the end */
	struct utf16 host;  /* of that; without the brackets of an address */
	bool has_service, has_dot;
};

static size_t find(struct utf16 text, size_t from, WCHAR c)
{
	while (from < text.n && text.p[from] != c)
		from++;
	return from;
}

/* Where the host that begins at `from` ends; a bare IPv6 address has colons but no port. */
static size_t host_end(struct utf16 text, size_t from)
{
	const struct utf16 part = { text.p, find(text, from, '/') };

	if (from < part.n && part.p[from] == '[') {
		size_t close = find(part, from, ']');
		return close < part.n ? close + 1 : part.n;
	}
	size_t colon = find(part, from, ':');
	return colon < part.n && find(part, colon + 1, ':') < part.n ? part.n : colon;
}

static bool wanted_read(const UNICODE_STRING *target, struct wanted *out)
{
	const struct utf16 whole = { target->Buffer, target->Length / sizeof(WCHAR) };

	if (!whole.p || !whole.n || !utf16_is_valid(whole.p, whole.n) ||
	    find(whole, 0, 0) < whole.n)
		return false;
	size_t slash = find(whole, 0, '/');
	size_t begin = slash < whole.n ? slash + 1 : 0, end = host_end(whole, begin);
	if (end > begin && whole.p[end - 1] == '.')
		end--;
	struct utf16 host = { whole.p + begin, end - begin };
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct utf16){ host.p + 1, host.n - 2 };
	*out = (struct wanted){ .whole = whole,
				.plain = { whole.p, end },
				.host = host,
				.has_service = begin != 0,
				.has_dot = find(host, 0, '.') < host.n };
	return host.n != 0;
}

/* Domain credentials for the host; one under the SPN's own name is for it too. */
static NTSTATUS match_domain(struct credman *set, const struct wanted *w, struct credential **out)
{
	static const uint32_t types[] = { CRED_TYPE_DOMAIN_PASSWORD };
	struct target_view t = { .target = w->plain,
				 .dns_server = w->host,
				 .flags = w->has_dot ? 0 : CRED_TI_SERVER_FORMAT_UNKNOWN };
	struct credential_list list = { 0 };

	NTSTATUS status = target_prepare(&t);
	if (!failed(status))
		status = credman_match(set, &t, types, ARRAY_LEN(types), &list);
	if (failed(status))
		return status;
	if (list.count) {
		*out = list.item[0];
		list.item[0] = NULL;
	}
	credential_list_done(&list);
	return *out ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

/* One for just this host that cannot be read is not passed over: looking through all leaves it out. */
static NTSTATUS check_host(struct credman *set, const struct wanted *w)
{
	const struct utf16 name[] = { w->plain, w->host };

	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		struct credential *c = NULL;
		NTSTATUS status = credman_read(set, name[i], CRED_TYPE_DOMAIN_PASSWORD, &c);
		credential_unref(c);
		if (failed(status) && told(status) != SEC_E_NO_CREDENTIALS)
			return status;
	}
	return STATUS_SUCCESS;
}

/* By name alone, with the port first when there is one. */
static NTSTATUS read_named(struct credman *set, const struct wanted *w, uint32_t type,
			   struct credential **out)
{
	NTSTATUS status = credman_read(set, w->whole, type, out);

	if (told(status) == SEC_E_NO_CREDENTIALS && w->plain.n < w->whole.n)
		status = credman_read(set, w->plain, type, out);
	return status;
}

/* A generic credential belongs to whoever wrote it: only one that is called like a service, as remote
 * desktop clients call theirs, is meant for signing in. It goes before a wildcard. */
static NTSTATUS find_saved(struct credman *set, const struct wanted *w, struct credential **out)
{
	CLEANUP(credential_unref_p) struct credential *domain = NULL;
	NTSTATUS status = STATUS_NOT_FOUND;

	if (w->plain.n < w->whole.n)
		status = credman_read(set, w->whole, CRED_TYPE_DOMAIN_PASSWORD, out);
	if (told(status) != SEC_E_NO_CREDENTIALS)
		return status;
	NTSTATUS matched = match_domain(set, w, &domain);
	bool wildcard = !failed(matched) && (domain->view.flags & CRED_FLAGS_WILDCARD_MATCH);
	bool none = told(matched) == SEC_E_NO_CREDENTIALS;
	status = none || wildcard ? check_host(set, w) : STATUS_SUCCESS;
	if (failed(status))
		return status;
	if (w->has_service && (none || wildcard)) {
		status = read_named(set, w, CRED_TYPE_GENERIC, out);
		if (told(status) != SEC_E_NO_CREDENTIALS)
			return status;
	}
	*out = TAKE(domain);
	return matched;
}

NTSTATUS NTAPI saved_identity(const UNICODE_STRING *target, PVOID *identity)
{
	CLEANUP(credential_unref_p) struct credential *c = NULL;
	CLEANUP(credman_free_p) struct credman *set = NULL;
	struct wanted w;

	if (!target || !identity)
		return fail(STATUS_INVALID_PARAMETER, "reading a saved identity");
	*identity = NULL;
	if (!wanted_read(target, &w))
		return fail(SEC_E_NO_CREDENTIALS, "reading a target's name");
	NTSTATUS status = called_set(&set);
	if (!failed(status))
		status = told(find_saved(set, &w, &c));
	if (failed(status))
		return status;
	return give_audited(&c->view, "saved", identity);
}

/* ---- what a server says of itself ---- */

VOID NTAPI saved_note_target(const OPENSSPI_TARGET_NAMES *names)
{
	const UNICODE_STRING *const given[] = {
		&names->TargetName,	   &names->NetbiosServerName, &names->DnsServerName,
		&names->NetbiosDomainName, &names->DnsDomainName,     &names->DnsTreeName,
		&names->PackageName,
	};
	CLEANUP(wr_done) struct wr w = WR(TARGET_BYTES_MAX);
	struct target_view t = { 0 }, read;
	struct utf16 *const to[] = { &t.target,		&t.netbios_server, &t.dns_server,
				     &t.netbios_domain, &t.dns_domain,	   &t.dns_tree,
				     &t.package };
	CLEANUP(credman_free_p) struct credman *set = NULL;

	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		*to[i] = (struct utf16){ given[i]->Buffer, given[i]->Length / sizeof(WCHAR) };
	/* Copied before it is looked at: a message's texts may lie anywhere, and hold anything. */
	target_write(&w, &t);
	if (wr_ok(&w) && target_read(wr_view(&w), &read) && !failed(called_set(&set)) &&
	    failed(targets_put(credman_targets(set), &read)))
		trace_line("lsa: a target could not be noted");
}
