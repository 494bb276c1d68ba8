/* lsa/sessiondata.c - see lsa/session.h: what may be known of sessions.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "lsa/principal.h"
#include "lsa/state.h"
#include "wire/wr.h"

#define SYSTEM_SESSION 0x3E7
#define UNIX_USERS_AUTHORITY 22 /* S-1-22-1-UID, as Samba names Unix users */

/* ---- the list ---- */

static void put_luid(struct wr *w, LUID logon)
{
	wr_u32le(w, logon.LowPart);
	wr_u32le(w, (uint32_t)logon.HighPart);
}

/* Called with the lock held; the client's own goes first and is in it already. */
static void list_put(const struct lsa_client *client, LUID own, bool all, struct wr *w)
{
	for (const struct session *s = client->lsa->sessions.first; s; s = s->next)
		if ((all || s->is.client == client) && !SecEqualLuid(&s->is.logon, &own))
			put_luid(w, s->is.logon);
}

NTSTATUS session_list(const struct lsa_client *client, struct session_list_reply *reply)
{
	struct sessions *s = &client->lsa->sessions;
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);
	bool all = session_is_trusted(client);
	LUID own = session_own(client);

	put_luid(&w, own);
	pthread_mutex_lock(&s->lock);
	list_put(client, own, all, &w);
	pthread_mutex_unlock(&s->lock);
	reply->luids.p = wr_ok(&w) ? mem_dup(w.buf, w.len) : NULL;
	reply->luids.n = reply->luids.p ? (uint32_t)w.len : 0;
	return reply->luids.p ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "listing logon sessions");
}

/* ---- one of them ---- */

static bool give_text(const WCHAR *text, size_t n, struct ipc_owned *out)
{
	if (n == 0)
		return true;
	out->p = mem_dup(text, n * sizeof(WCHAR));
	out->n = out->p ? (uint32_t)(n * sizeof(WCHAR)) : 0;
	return out->p != NULL;
}

static bool give_unicode(const UNICODE_STRING *text, struct ipc_owned *out)
{
	return give_text(text->Buffer, text->Length / sizeof(WCHAR), out);
}

static bool give_unix_sid(uid_t uid, struct ipc_owned *out)
{
	CLEANUP(wr_done) struct wr w = WR(64);

	wr_u8(&w, 1); /* revision */
	wr_u8(&w, 2); /* subauthorities */
	wr_zero(&w, 5);
	wr_u8(&w, UNIX_USERS_AUTHORITY);
	wr_u32le(&w, 1);
	wr_u32le(&w, (uint32_t)uid);
	if (!wr_ok(&w))
		return false;
	out->p = mem_dup(w.buf, w.len);
	out->n = out->p ? (uint32_t)w.len : 0;
	return out->p != NULL;
}

/* A user's own session, as his processes and trusted ones see it. */
static NTSTATUS describe_own(struct lsa *lsa, const struct session_facts *facts,
			     struct session_data_reply *reply)
{
	const OPENSSPI_MACHINE_NAMES *names = machine_names(lsa->machine);
	CLEANUP(mem_free_p) WCHAR *user = NULL;
	size_t user_n = 0;

	NTSTATUS status = principal_of(facts->uid, &user, &user_n);
	if (failed(status))
		return status;
	reply->logon = facts->logon;
	reply->logon_type = Interactive;
	reply->logon_time = facts->since;
	if (!give_text(user, user_n, &reply->user) ||
	    !give_unicode(&names->NetbiosComputer, &reply->domain) ||
	    !give_unicode(&names->NetbiosComputer, &reply->server) ||
	    !give_unicode(&names->DnsDomain, &reply->dns_domain) ||
	    !give_unix_sid(facts->uid, &reply->sid))
		return fail(STATUS_NO_MEMORY, "describing a logon session");
	return STATUS_SUCCESS;
}

/* Called with the lock held. */
static bool give_words(const struct session *s, struct session_data_reply *reply)
{
	struct ipc_owned *const to[SESSION_WORDS] = {
		[SESSION_USER] = &reply->user,
		[SESSION_DOMAIN] = &reply->domain,
		[SESSION_PACKAGE] = &reply->package,
		[SESSION_SERVER] = &reply->server,
		[SESSION_DNS_DOMAIN] = &reply->dns_domain,
		[SESSION_UPN] = &reply->upn,
	};
	bool fine = true;

	for (int i = 0; i < SESSION_WORDS && fine; i++)
		fine = !s->word[i] || give_text(s->word[i], utf16_len(s->word[i]), to[i]);
	return fine;
}

/* Called with the lock held. */
static bool give_sid(const struct session *s, struct ipc_owned *out)
{
	if (!s->sid)
		return !s->is.has_account || give_unix_sid(s->is.account, out);
	out->p = mem_dup(s->sid, s->sid_n);
	out->n = out->p ? (uint32_t)s->sid_n : 0;
	return out->p != NULL;
}

/* An account of this machine was looked up here: what its package does not say follows from that. */
static bool give_machine(const struct lsa *lsa, struct session_data_reply *reply)
{
	const OPENSSPI_MACHINE_NAMES *names = machine_names(lsa->machine);
	const WCHAR *domain = (const WCHAR *)(const void *)reply->domain.p;

	if (!domain || !machine_is_called(lsa->machine, domain, reply->domain.n / sizeof(WCHAR)))
		return true;
	return (reply->server.p || give_unicode(&names->NetbiosComputer, &reply->server)) &&
	       (reply->dns_domain.p || give_unicode(&names->DnsDomain, &reply->dns_domain));
}

static NTSTATUS describe_created(struct lsa *lsa, LUID logon, struct session_data_reply *reply)
{
	struct sessions *s = &lsa->sessions;
	bool fine = true;

	pthread_mutex_lock(&s->lock);
	const struct session *found = session_find(s, logon);
	if (found)
		fine = give_words(found, reply) && give_sid(found, &reply->sid);
	pthread_mutex_unlock(&s->lock);
	return fine && give_machine(lsa, reply)
		       ? STATUS_SUCCESS
		       : fail(STATUS_NO_MEMORY, "describing a logon session");
}

NTSTATUS session_describe(const struct lsa_client *client, const struct session_data_call *call,
			  struct session_data_reply *reply)
{
	const LUID system = { .LowPart = SYSTEM_SESSION };
	const struct session_facts own = { .logon = session_own(client),
					   .since = client->since,
					   .uid = client_uid(client) };
	struct session_facts facts;

	if (!call->has_logon || SecIsZeroLuid(&call->logon) ||
	    SecEqualLuid(&call->logon, &own.logon))
		return describe_own(client->lsa,
				    session_look(&client->lsa->sessions, own.logon, &facts) ? &facts
											    : &own,
				    reply);
	reply->logon = call->logon;
	/* The machine's own session: everyone may know that it exists. */
	if (SecEqualLuid(&call->logon, &system))
		return STATUS_SUCCESS;
	if (!session_look(&client->lsa->sessions, call->logon, &facts))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "describing a logon session");
	if (facts.client != client && !session_is_trusted(client))
		return fail(STATUS_ACCESS_DENIED, "describing a logon session");
	if (facts.is_own)
		return describe_own(client->lsa, &facts, reply);
	reply->logon_type = facts.type;
	reply->logon_time = facts.since;
	return describe_created(client->lsa, call->logon, reply);
}
