/* lsa/sessionend.c - see lsa/session.h: how sessions end, each once.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Whoever takes a session out of the list tells its end, with no lock held. Calls that use its credentials
 * have references of their own. */
#include "base/base.h"

#include <ntsecpkg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/places.h"
#include "base/text.h"
#include "credman/credman.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/primary.h"
#include "lsa/state.h"

/* ---- logind ---- */

/* The folder of logind's sessions, or a file in it (mem_free). */
static char *listed_path(const char *name)
{
	const char *moved = process_is_elevated() ? NULL : getenv("OPENSSPI_HOME");
	struct text t = { 0 };

	text_add(&t, "%s/run/systemd/sessions%s", moved && *moved == '/' ? moved : "", name);
	return text_finish(&t);
}

static bool is_there(const char *name)
{
	CLEANUP(mem_free_p) char *path = listed_path(name);

	return path && access(path, F_OK) == 0;
}

bool session_is_listed(uint32_t audit)
{
	char name[16];

	snprintf(name, sizeof(name), "/%u", (unsigned)audit);
	return audit != 0 && is_there(name);
}

/* ---- the end ---- */

static void tell_terminated(struct lsa *lsa, const struct package *p, LUID logon)
{
	CLEANUP(call_leave) struct frame frame;

	call_enter(&frame, lsa, NULL, p);
	call_is_cleanup(&frame);
	if (p->functions.LogonTerminated)
		p->functions.LogonTerminated(&logon);
}

static void tell_others_terminated(struct lsa *lsa, const struct package *but, LUID logon)
{
	for (uint32_t i = 0; i < lsa->host.count; i++)
		if (lsa->host.package[i] != but)
			tell_terminated(lsa, lsa->host.package[i], logon);
}

static void tell_all_terminated(struct lsa *lsa, LUID logon)
{
	tell_others_terminated(lsa, NULL, logon);
}

static void audit_end(const struct lsa_client *client, const struct session *gone, const char *why)
{
	struct text about = { 0 };

	if (!audit_is_on(client))
		return;
	text_add(&about, " session=%x:%x owner=%u type=%d why=%s",
		 (unsigned)gone->is.logon.HighPart, (unsigned)gone->is.logon.LowPart,
		 (unsigned)gone->is.uid, (int)gone->is.type, why);
	if (gone->word[SESSION_USER])
		audit_add(&about, "user", utf16_of(gone->word[SESSION_USER]));
	if (gone->word[SESSION_DOMAIN])
		audit_add(&about, "domain", utf16_of(gone->word[SESSION_DOMAIN]));
	audit_line(client, "LogonSessionEnd", &about, STATUS_SUCCESS);
}

/* `gone` is out of the list; `client` is who is calling, or NULL. */
static void finish(struct lsa *lsa, const struct lsa_client *client, struct session *gone,
		   const char *why)
{
	LUID logon = gone->is.logon;

	audit_end(client, gone, why);
	session_free(gone);
	tell_all_terminated(lsa, logon);
}

/* Which ones are meant. */
typedef bool which(const struct session *s, const void *with);

/* Takes the first that is meant out; NULL when there is none. */
static struct session *take(struct sessions *s, which *is_meant, const void *with)
{
	pthread_mutex_lock(&s->lock);
	struct session **at = &s->first;
	while (*at && !is_meant(*at, with))
		at = &(*at)->next;
	struct session *gone = *at;
	if (gone) {
		*at = gone->next;
		s->count -= !gone->is.is_own;
		primary_forget(s, gone->is.logon);
	}
	pthread_mutex_unlock(&s->lock);
	return gone;
}

static bool is_created_as(const struct session *s, const void *logon)
{
	return !s->is.is_own && SecEqualLuid(&s->is.logon, (const LUID *)logon);
}

NTSTATUS session_delete(struct lsa *lsa, LUID logon)
{
	const struct frame *frame = call_current();
	struct session *gone = take(&lsa->sessions, is_created_as, &logon);

	if (!gone)
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "deleting a logon session");
	audit_end(frame ? frame->client : NULL, gone, "package");
	session_free(gone);
	tell_others_terminated(lsa, frame ? frame->package : NULL, logon);
	return STATUS_SUCCESS;
}

struct ending {
	const struct lsa_client *client;
	LUID logon;
	bool any; /* whoever has it */
};

static bool may_be_ended(const struct session *s, const void *with)
{
	const struct ending *e = with;

	return SecEqualLuid(&s->is.logon, &e->logon) && (e->any || s->is.client == e->client);
}

/* Embedded the user's own session is not kept, and other programs of it may go on: this one's part ends. */
static NTSTATUS end_embedded(const struct lsa_client *client, LUID own)
{
	struct lsa *lsa = client->lsa;
	NTSTATUS status = STATUS_SUCCESS;

	if (lsa->setup.credman)
		status = credman_forget_session(lsa->setup.credman);
	pthread_mutex_lock(&lsa->sessions.lock);
	primary_forget(&lsa->sessions, own);
	pthread_mutex_unlock(&lsa->sessions.lock);
	tell_all_terminated(lsa, own);
	return status;
}

NTSTATUS session_end(const struct lsa_client *client, LUID logon)
{
	struct lsa *lsa = client->lsa;
	LUID own = session_own(client);
	bool is_own = SecIsZeroLuid(&logon) || SecEqualLuid(&own, &logon);
	const struct ending e = { .client = client,
				  .logon = is_own ? own : logon,
				  .any = is_own || session_is_trusted(client) };

	if (is_own && client->setup.is_this_process)
		return end_embedded(client, own);
	struct session *gone = take(&lsa->sessions, may_be_ended, &e);
	if (gone)
		finish(lsa, client, gone, "asked");
	/* One's own is over in any case: what nobody kept has nothing in it. */
	return gone || is_own ? STATUS_SUCCESS
			      : fail(STATUS_NO_SUCH_LOGON_SESSION, "ending a logon session");
}

static bool is_of_client(const struct session *s, const void *client)
{
	return s->is.client == client;
}

void sessions_end(const struct lsa_client *client)
{
	struct session *gone;

	while ((gone = take(&client->lsa->sessions, is_of_client, client)))
		finish(client->lsa, client, gone, "client");
}

static bool is_any(const struct session *s, const void *with)
{
	(void)s;
	(void)with;
	return true;
}

void sessions_end_all(struct lsa *lsa)
{
	struct session *gone;

	while ((gone = take(&lsa->sessions, is_any, NULL)))
		finish(lsa, NULL, gone, "lsa");
}

/* ---- too many of a user's own ---- */

/* How many there are, and the oldest but `used` that are older still. */
static uint32_t count_own(struct sessions *s, uid_t uid, uint32_t used, LUID *oldest)
{
	uint32_t n = 0, at = 0;

	pthread_mutex_lock(&s->lock);
	for (const struct session *own = s->first; own; own = own->next)
		n += own->is.is_own && own->is.uid == uid;
	for (const struct session *own = s->first; own && used < n; own = own->next)
		if (own->is.is_own && own->is.uid == uid && ++at == n - used) {
			*oldest = own->is.logon;
			break;
		}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static bool is_own_as(const struct session *s, const void *logon)
{
	return s->is.is_own && SecEqualLuid(&s->is.logon, (const LUID *)logon);
}

bool sessions_make_room(struct lsa *lsa, uid_t uid)
{
	uint32_t n, used = 0;
	LUID oldest;

	while ((n = count_own(&lsa->sessions, uid, used, &oldest)) >= SESSIONS_OWN && used < n) {
		struct session *gone = session_is_connected(lsa, oldest)
					       ? NULL
					       : take(&lsa->sessions, is_own_as, &oldest);
		if (gone)
			finish(lsa, NULL, gone, "crowded");
		else
			used++;
	}
	return n < SESSIONS_OWN;
}

static bool has_left(const struct session *s, const void *with)
{
	(void)with;
	return s->is.is_own && s->is.was_listed && !session_is_listed(s->is.audit);
}

/* What was not listed when its first program came may be since. */
static void note_listed(struct sessions *s)
{
	pthread_mutex_lock(&s->lock);
	for (struct session *at = s->first; at; at = at->next)
		if (at->is.is_own && !at->is.was_listed)
			at->is.was_listed = session_is_listed(at->is.audit);
	pthread_mutex_unlock(&s->lock);
}

void sessions_end_left(struct lsa *lsa)
{
	struct session *gone;

	if (!is_there("")) /* logind is not there, or is starting anew */
		return;
	note_listed(&lsa->sessions);
	while ((gone = take(&lsa->sessions, has_left, NULL)))
		finish(lsa, NULL, gone, "logout");
}
