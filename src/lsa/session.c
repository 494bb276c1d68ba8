/* lsa/session.c - see lsa/session.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "credman/credman.h"
#include "crypto/hash.h"
#include "lsa/primary.h"
#include "lsa/servers.h"
#include "lsa/state.h"
#include "lsa/unixuser.h"

#define WELL_KNOWN_BELOW 0x10000

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

void session_free(struct session *gone)
{
	if (!gone)
		return;
	for (int i = 0; i < SESSION_WORDS; i++)
		mem_free(gone->word[i]);
	mem_free(gone->sid);
	credman_free(gone->set);
	mem_free(gone);
}

/* ---- the user's own ---- */

uint32_t session_audit(pid_t pid)
{
	char path[64], text[32] = "";

	snprintf(path, sizeof(path), "/proc/%ld/sessionid", (long)pid);
	if (read_small(path, text, sizeof(text) - 1) == 0)
		return 0;
	uint32_t number = (uint32_t)strtoul(text, NULL, 10);
	return number == UINT32_MAX ? 0 : number;
}

static uint32_t audit_of(const struct lsa_client *client)
{
	return client->setup.is_this_process ? session_audit(getpid()) : client->audit;
}

LUID session_own(const struct lsa_client *client)
{
	const struct sessions *s = &client->lsa->sessions;
	uint32_t uid = (uint32_t)client_uid(client), session = audit_of(client);
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

/* Called with the lock held. */
static bool keep_own(struct sessions *s, const struct session *fresh)
{
	struct session *own = session_find(s, fresh->is.logon) ? NULL
							       : mem_dup(fresh, sizeof(*fresh));

	if (own) {
		own->next = s->first;
		s->first = own;
	}
	return own || session_find(s, fresh->is.logon);
}

NTSTATUS session_keep_own(const struct lsa_client *client)
{
	struct sessions *s = &client->lsa->sessions;
	struct session_facts facts;

	if (client->setup.is_this_process)
		return STATUS_SUCCESS;
	LUID own = session_own(client);
	if (session_look(s, own, &facts))
		return STATUS_SUCCESS;
	if (!sessions_make_room(client->lsa, client->setup.uid))
		return fail(STATUS_QUOTA_EXCEEDED, "keeping a user's logon session");
	const struct session fresh = { .is = { .logon = own,
					       .type = Interactive,
					       .since = client->since,
					       .is_own = true,
					       .audit = client->audit,
					       .was_listed = session_is_listed(client->audit),
					       .uid = client->setup.uid,
					       .account = client->setup.uid,
					       .has_account = true } };
	pthread_mutex_lock(&s->lock);
	bool kept = keep_own(s, &fresh);
	pthread_mutex_unlock(&s->lock);
	return kept ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "keeping a user's logon session");
}

/* ---- finding one ---- */

struct session *session_find(struct sessions *s, LUID logon)
{
	struct session *at = s->first;
	while (at && !SecEqualLuid(&at->is.logon, &logon))
		at = at->next;
	return at;
}

bool session_look(struct sessions *s, LUID logon, struct session_facts *out)
{
	pthread_mutex_lock(&s->lock);
	const struct session *found = session_find(s, logon);
	if (found)
		*out = found->is;
	pthread_mutex_unlock(&s->lock);
	return found != NULL;
}

bool session_is_connected(struct lsa *lsa, LUID logon)
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
	const struct session *found = session_find(s, logon);

	return found && !found->is.is_own;
}

SECURITY_LOGON_TYPE session_type(struct lsa *lsa, LUID logon)
{
	struct session_facts facts;

	if (session_look(&lsa->sessions, logon, &facts))
		return facts.type;
	return session_is_connected(lsa, logon) ? Interactive : UndefinedLogonType;
}

bool session_is_known(struct lsa *lsa, LUID logon)
{
	return session_type(lsa, logon) != UndefinedLogonType;
}

bool session_type_has_set(SECURITY_LOGON_TYPE type)
{
	return type != UndefinedLogonType && type != Network && type != NetworkCleartext;
}

bool session_is_trusted(const struct lsa_client *client)
{
	return servers_is_trusted(client);
}

NTSTATUS session_check(const struct lsa_client *client, LUID logon)
{
	LUID own = session_own(client);
	struct session_facts facts;

	if (SecEqualLuid(&own, &logon))
		return STATUS_SUCCESS;
	if (session_look(&client->lsa->sessions, logon, &facts) && facts.client == client)
		return STATUS_SUCCESS;
	if (session_is_known(client->lsa, logon) && session_is_trusted(client))
		return STATUS_SUCCESS;
	return fail(SEC_E_NOT_OWNER, "using a logon session");
}

/* ---- what is noted of one that was created ---- */

void session_set_type(struct sessions *s, LUID logon, SECURITY_LOGON_TYPE type)
{
	pthread_mutex_lock(&s->lock);
	struct session *session = session_find(s, logon);
	if (session && !session->is.is_own)
		session->is.type = type;
	pthread_mutex_unlock(&s->lock);
}

static bool keep_word(WCHAR **to, struct utf16 word)
{
	if (!word.n)
		return true;
	WCHAR *copy = mem_alloc((word.n + 1) * sizeof(WCHAR));
	if (!copy)
		return false;
	memcpy(copy, word.p, word.n * sizeof(WCHAR));
	mem_free(*to);
	*to = copy;
	return true;
}

static bool keep_sid(struct session *s, struct rd sid)
{
	if (!sid.n)
		return true;
	uint8_t *copy = mem_dup(sid.p, sid.n);
	if (!copy)
		return false;
	mem_free(s->sid);
	s->sid = copy;
	s->sid_n = sid.n;
	return true;
}

static bool keep_about(struct session *s, const struct session_about *about)
{
	bool fine = keep_sid(s, about->sid);

	for (int i = 0; i < SESSION_WORDS && fine; i++)
		fine = keep_word(&s->word[i], about->word[i]);
	return fine;
}

/* The Unix user it is for: of its client's own making only that client's own, of a trusted one's anybody. */
static bool account_of(struct lsa *lsa, const struct session_facts *facts,
		       const struct session_about *about, uid_t *out)
{
	const struct unixuser_account account = { .user = about->word[SESSION_USER],
						  .domain = about->word[SESSION_DOMAIN],
						  .vouched = about->vouched };

	if (!account.user.n)
		return false;
	if (facts->trusted)
		return unixuser_find(lsa->machine, &account, out);
	*out = facts->uid;
	return unixuser_is(lsa->machine, &account, facts->uid);
}

bool session_is_called(struct sessions *s, LUID logon, struct utf16 user)
{
	pthread_mutex_lock(&s->lock);
	const struct session *found = session_find(s, logon);
	const WCHAR *known = found ? found->word[SESSION_USER] : NULL;
	bool is_so = known && utf16_equal_nocase(known, utf16_len(known), user.p, user.n);
	pthread_mutex_unlock(&s->lock);
	return is_so;
}

NTSTATUS session_set_about(struct lsa *lsa, LUID logon, const struct session_about *about)
{
	struct sessions *s = &lsa->sessions;
	struct session_facts facts;
	uid_t account = 0;
	bool fine = false;

	if (!session_look(s, logon, &facts) || facts.is_own)
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "naming a logon session");
	bool has_account = account_of(lsa, &facts, about, &account);
	pthread_mutex_lock(&s->lock);
	struct session *found = session_find(s, logon);
	if (found) {
		fine = keep_about(found, about);
		if (about->word[SESSION_USER].n) {
			found->is.account = account;
			found->is.has_account = has_account;
		}
	}
	pthread_mutex_unlock(&s->lock);
	if (!found)
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "naming a logon session");
	return fine ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "naming a logon session");
}

/* ---- creating ---- */

static bool is_well_known(LUID logon)
{
	return logon.HighPart == 0 && logon.LowPart < WELL_KNOWN_BELOW;
}

/* Called with the lock held. */
static bool has_enough(const struct sessions *s, const struct session_facts *fresh)
{
	uint32_t of_user = 0, of_client = 0;

	if (s->count >= SESSIONS_MAX)
		return true;
	if (!fresh->client || fresh->trusted)
		return false;
	for (const struct session *at = s->first; at; at = at->next) {
		of_user += !at->is.is_own && at->is.uid == fresh->uid;
		of_client += at->is.client == fresh->client;
	}
	return of_user >= SESSIONS_OF_USER || of_client >= SESSIONS_OF_CLIENT;
}

/* Called with the lock held. */
static NTSTATUS session_add(struct sessions *s, const struct session *fresh)
{
	if (session_find(s, fresh->is.logon))
		return fail(STATUS_LOGON_SESSION_COLLISION, "creating a logon session");
	if (has_enough(s, &fresh->is))
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
	struct session fresh = { .is = { .logon = logon,
					 .type = Network,
					 .since = clock_now(),
					 .client = client,
					 .trusted = client && session_is_trusted(client),
					 .uid = client ? client_uid(client) : (uid_t)-1 } };

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
