/* lsa/session.c - see lsa/session.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <fcntl.h>
#include <ntsecpkg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "lsa/call.h"
#include "lsa/primary.h"
#include "lsa/principal.h"
#include "lsa/state.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define SESSIONS_MAX 65536
#define SYSTEM_SESSION 0x3E7
#define WELL_KNOWN_BELOW 0x10000
#define UNIX_USERS_AUTHORITY 22 /* S-1-22-1-UID, as Samba names Unix users */

/* Reads a small file of /proc; what cannot be read is empty. */
static size_t read_small(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, out, room);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

void sessions_init(struct sessions *s)
{
	*s = (struct sessions){ .first = NULL };
	pthread_mutex_init(&s->lock, NULL);
	s->boot_n = read_small("/proc/sys/kernel/random/boot_id", s->boot, sizeof(s->boot));
}

static void session_free(struct session *gone)
{
	if (!gone)
		return;
	mem_free(gone->user);
	mem_free(gone->domain);
	mem_free(gone->package);
	mem_free(gone);
}

void sessions_done(struct sessions *s)
{
	while (s->first) {
		struct session *gone = s->first;
		s->first = gone->next;
		session_free(gone);
	}
	primary_clear(s);
	pthread_mutex_destroy(&s->lock);
}

/* ---- the caller's own ---- */

uint32_t session_audit(pid_t pid)
{
	char path[64], text[32] = "";

	snprintf(path, sizeof(path), "/proc/%ld/sessionid", (long)pid);
	if (read_small(path, text, sizeof(text) - 1) == 0)
		return 0;
	uint32_t number = (uint32_t)strtoul(text, NULL, 10);
	return number == UINT32_MAX ? 0 : number;
}

LUID session_own(const struct lsa_client *client)
{
	const struct sessions *s = &client->lsa->sessions;
	uint32_t uid = (uint32_t)client_uid(client);
	uint32_t session = client->setup.is_this_process ? session_audit(getpid()) : client->audit;
	uint8_t digest[SHA256_LEN];
	const struct part parts[] = {
		{ "OpenSSPI logon session", 22 },
		{ s->boot, s->boot_n },
		{ &uid, sizeof(uid) },
		{ &session, sizeof(session) },
	};

	sha256_parts(parts, ARRAY_LEN(parts), digest);
	/* Never one of the well-known numbers, which are small and have no upper half. */
	return (LUID){ .LowPart = u32le_at(digest), .HighPart = (LONG)(u32le_at(digest + 4) | 1) };
}

/* ---- those that were created ---- */

/* Called with the lock held. */
static struct session **session_find(struct sessions *s, LUID logon)
{
	struct session **at = &s->first;
	while (*at && !SecEqualLuid(&(*at)->logon, &logon))
		at = &(*at)->next;
	return at;
}

/* A copy of the session of that number; false when there is none. */
static bool session_look(struct sessions *s, LUID logon, struct session *out)
{
	pthread_mutex_lock(&s->lock);
	const struct session *found = *session_find(s, logon);
	if (found)
		*out = *found;
	pthread_mutex_unlock(&s->lock);
	return found != NULL;
}

static bool is_well_known(LUID logon)
{
	return logon.HighPart == 0 && logon.LowPart < WELL_KNOWN_BELOW;
}

static bool is_own_of_any(struct lsa *lsa, LUID logon)
{
	bool found = false;

	pthread_mutex_lock(&lsa->lock);
	for (struct lsa_client *c = lsa->clients; c && !found; c = c->next) {
		LUID own = session_own(c);
		found = SecEqualLuid(&own, &logon);
	}
	pthread_mutex_unlock(&lsa->lock);
	return found;
}

bool session_is_created(struct sessions *s, LUID logon)
{
	return *session_find(s, logon) != NULL;
}

SECURITY_LOGON_TYPE session_type(struct lsa *lsa, LUID logon)
{
	struct session session;

	if (session_look(&lsa->sessions, logon, &session))
		return session.type;
	return is_own_of_any(lsa, logon) ? Interactive : UndefinedLogonType;
}

bool session_is_known(struct lsa *lsa, LUID logon)
{
	return session_type(lsa, logon) != UndefinedLogonType;
}

void session_set_type(struct sessions *s, LUID logon, SECURITY_LOGON_TYPE type)
{
	pthread_mutex_lock(&s->lock);
	struct session *session = *session_find(s, logon);
	if (session)
		session->type = type;
	pthread_mutex_unlock(&s->lock);
}

static bool keep_name(WCHAR **to, struct utf16 name)
{
	WCHAR *copy = mem_alloc((name.n + 1) * sizeof(WCHAR));

	if (copy && name.n)
		memcpy(copy, name.p, name.n * sizeof(WCHAR));
	mem_free(*to);
	*to = copy;
	return copy != NULL;
}

NTSTATUS session_set_names(struct sessions *s, LUID logon, const struct session_names *names)
{
	bool fine = false;

	pthread_mutex_lock(&s->lock);
	struct session *found = *session_find(s, logon);
	if (found)
		fine = keep_name(&found->user, names->user) &&
		       keep_name(&found->domain, names->domain) &&
		       keep_name(&found->package, names->package);
	pthread_mutex_unlock(&s->lock);
	if (!found)
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "naming a logon session");
	return fine ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "naming a logon session");
}

bool session_is_trusted(const struct lsa_client *client)
{
	return !client->setup.is_this_process && client->setup.uid == 0;
}

NTSTATUS session_check(const struct lsa_client *client, LUID logon)
{
	LUID own = session_own(client);
	struct session session;

	if (SecEqualLuid(&own, &logon))
		return STATUS_SUCCESS;
	if (session_look(&client->lsa->sessions, logon, &session) && session.client == client)
		return STATUS_SUCCESS;
	return fail(SEC_E_NOT_OWNER, "using a logon session");
}

/* Called with the lock held. */
static NTSTATUS session_add(struct sessions *s, const struct session *fresh)
{
	if (*session_find(s, fresh->logon))
		return fail(STATUS_LOGON_SESSION_COLLISION, "creating a logon session");
	if (s->count >= SESSIONS_MAX)
		return fail(STATUS_QUOTA_EXCEEDED, "creating a logon session");
	struct session *session = mem_dup(fresh, sizeof(*fresh));
	if (!session)
		return fail(STATUS_NO_MEMORY, "creating a logon session");
	session->next = s->first;
	s->first = session;
	s->count++;
	return STATUS_SUCCESS;
}

NTSTATUS session_create(struct sessions *s, const struct lsa_client *client, LUID logon)
{
	struct session fresh = {
		.logon = logon, .type = Network, .since = clock_now(), .client = client
	};

	if (is_well_known(logon))
		return fail(STATUS_LOGON_SESSION_COLLISION, "creating a logon session");
	if (client) {
		LUID own = session_own(client);
		if (SecEqualLuid(&own, &logon))
			return fail(STATUS_LOGON_SESSION_COLLISION, "creating a logon session");
	}
	pthread_mutex_lock(&s->lock);
	NTSTATUS status = session_add(s, &fresh);
	pthread_mutex_unlock(&s->lock);
	return status;
}

NTSTATUS session_delete(struct sessions *s, LUID logon)
{
	pthread_mutex_lock(&s->lock);
	struct session **at = session_find(s, logon), *gone = *at;
	if (gone) {
		*at = gone->next;
		s->count--;
		primary_forget(s, logon);
	}
	pthread_mutex_unlock(&s->lock);
	session_free(gone);
	return gone ? STATUS_SUCCESS
		    : fail(STATUS_NO_SUCH_LOGON_SESSION, "deleting a logon session");
}

/* Takes any session of that client out; false when there is none. */
static bool session_take(struct sessions *s, const struct lsa_client *client, LUID *logon)
{
	pthread_mutex_lock(&s->lock);
	struct session **at = &s->first;
	while (*at && (*at)->client != client)
		at = &(*at)->next;
	struct session *gone = *at;
	if (gone) {
		*at = gone->next;
		s->count--;
		*logon = gone->logon;
		primary_forget(s, gone->logon);
	}
	pthread_mutex_unlock(&s->lock);
	session_free(gone);
	return gone != NULL;
}

static void tell_terminated(struct lsa *lsa, const struct package *p, LUID logon)
{
	CLEANUP(call_leave) struct frame frame;

	call_enter(&frame, lsa, NULL, p);
	call_is_cleanup(&frame);
	if (p->functions.LogonTerminated)
		p->functions.LogonTerminated(&logon);
}

static void tell_all_terminated(struct lsa *lsa, LUID logon)
{
	for (uint32_t i = 0; i < lsa->host.count; i++)
		tell_terminated(lsa, lsa->host.package[i], logon);
}

NTSTATUS session_end(const struct lsa_client *client, LUID logon)
{
	struct lsa *lsa = client->lsa;
	struct session session;

	if (!session_look(&lsa->sessions, logon, &session) ||
	    (session.client != client && !session_is_trusted(client)))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "ending a logon session");
	NTSTATUS status = session_delete(&lsa->sessions, logon);
	if (!failed(status))
		tell_all_terminated(lsa, logon);
	return status;
}

/* With the lock held. */
static void list_put(const struct lsa_client *client, struct wr *w)
{
	bool all = session_is_trusted(client);

	for (const struct session *s = client->lsa->sessions.first; s; s = s->next)
		if (all || s->client == client) {
			wr_u32le(w, s->logon.LowPart);
			wr_u32le(w, (uint32_t)s->logon.HighPart);
		}
}

NTSTATUS session_list(const struct lsa_client *client, struct session_list_reply *reply)
{
	struct sessions *s = &client->lsa->sessions;
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);
	LUID own = session_own(client);

	wr_u32le(&w, own.LowPart);
	wr_u32le(&w, (uint32_t)own.HighPart);
	pthread_mutex_lock(&s->lock);
	list_put(client, &w);
	pthread_mutex_unlock(&s->lock);
	reply->luids.p = wr_ok(&w) ? mem_dup(w.buf, w.len) : NULL;
	reply->luids.n = reply->luids.p ? (uint32_t)w.len : 0;
	return reply->luids.p ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "listing logon sessions");
}

void sessions_end(const struct lsa_client *client)
{
	struct lsa *lsa = client->lsa;
	LUID logon;

	while (session_take(&lsa->sessions, client, &logon))
		tell_all_terminated(lsa, logon);
}

/* ---- what may be known of a session ---- */

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

static bool give_sid(uid_t uid, struct ipc_owned *out)
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

static NTSTATUS describe_own(const struct lsa_client *client, struct session_data_reply *reply)
{
	const OPENSSPI_MACHINE_NAMES *names = machine_names(client->lsa->machine);
	CLEANUP(mem_free_p) WCHAR *user = NULL;
	size_t user_n = 0;

	NTSTATUS status = principal_own(client, &user, &user_n);
	if (failed(status))
		return status;
	reply->logon = session_own(client);
	reply->logon_type = Interactive;
	reply->logon_time = client->since;
	if (!give_text(user, user_n, &reply->user) ||
	    !give_unicode(&names->NetbiosComputer, &reply->domain) ||
	    !give_unicode(&names->NetbiosComputer, &reply->server) ||
	    !give_unicode(&names->DnsDomain, &reply->dns_domain) ||
	    !give_sid(client_uid(client), &reply->sid))
		return fail(STATUS_NO_MEMORY, "describing a logon session");
	return STATUS_SUCCESS;
}

static bool give_terminated(const WCHAR *text, struct ipc_owned *out)
{
	return !text || give_text(text, utf16_len(text), out);
}

static NTSTATUS describe_names(struct sessions *s, LUID logon, struct session_data_reply *reply)
{
	bool fine = true;

	pthread_mutex_lock(&s->lock);
	const struct session *found = *session_find(s, logon);
	if (found)
		fine = give_terminated(found->user, &reply->user) &&
		       give_terminated(found->domain, &reply->domain) &&
		       give_terminated(found->package, &reply->package);
	pthread_mutex_unlock(&s->lock);
	return fine ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "describing a logon session");
}

NTSTATUS session_describe(const struct lsa_client *client, const struct session_data_call *call,
			  struct session_data_reply *reply)
{
	const LUID system = { .LowPart = SYSTEM_SESSION };
	LUID own = session_own(client);
	struct session session;

	if (!call->has_logon || SecIsZeroLuid(&call->logon) || SecEqualLuid(&call->logon, &own))
		return describe_own(client, reply);
	reply->logon = call->logon;
	/* The machine's own session: everyone may know that it exists. */
	if (SecEqualLuid(&call->logon, &system))
		return STATUS_SUCCESS;
	if (!session_look(&client->lsa->sessions, call->logon, &session))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "describing a logon session");
	if (session.client != client && !session_is_trusted(client))
		return fail(STATUS_ACCESS_DENIED, "describing a logon session");
	reply->logon_type = session.type;
	reply->logon_time = session.since;
	return describe_names(&client->lsa->sessions, call->logon, reply);
}
