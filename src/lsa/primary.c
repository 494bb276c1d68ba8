/* lsa/primary.c - see lsa/primary.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "lsa/primary.h"
#include "lsa/state.h"

struct primary {
	struct primary_owner owner;
	uint32_t number;
	uid_t uid; /* whose session it is */
	const struct lsa_client
		*client; /* who created it; NULL: a user's own, or a trusted one's */
	struct secret *key, *bytes;
	struct primary *next; /* added later */
};

static void primary_free(struct primary *p)
{
	if (!p)
		return;
	secret_free(p->key);
	secret_free(p->bytes);
	mem_free(p);
}
DEFINE_CLEANUP(struct primary *, primary_free)

static bool is_of(const struct primary *p, const struct primary_owner *owner)
{
	return p->owner.package == owner->package && SecEqualLuid(&p->owner.logon, &owner->logon);
}

static bool has_key(const struct primary *p, const struct rd *key)
{
	return !key ||
	       (p->key->len == key->n && (!key->n || memcmp(p->key->p, key->p, key->n) == 0));
}

/* Called with the lock held, as all that walk the list are. */
static struct primary **find(struct sessions *s, const struct primary_owner *owner, uint32_t after,
			     const struct rd *key)
{
	struct primary **at = &s->primary;

	while (*at && !((*at)->number > after && is_of(*at, owner) && has_key(*at, key)))
		at = &(*at)->next;
	return at;
}

/* `kept`: it may go at any time; an own one of the LSA's process cannot. */
struct owner {
	bool kept, unlimited;
	uid_t uid;
	const struct lsa_client *client;
};

static NTSTATUS check_session_kind(struct lsa *lsa, LUID logon, struct owner *out)
{
	struct session_facts facts;

	*out = (struct owner){ .unlimited = true };
	if (session_look(&lsa->sessions, logon, &facts)) {
		bool trusted = facts.trusted || facts.uid == (uid_t)-1;
		*out = (struct owner){ true, trusted || (facts.is_own && !facts.uid), facts.uid,
				       trusted ? NULL : facts.client };
		return STATUS_SUCCESS;
	}
	return session_is_known(lsa, logon)
		       ? STATUS_SUCCESS
		       : fail(STATUS_NO_SUCH_LOGON_SESSION, "a session's credentials");
}

static NTSTATUS check_session(struct lsa *lsa, LUID logon)
{
	struct owner owner;
	return check_session_kind(lsa, logon, &owner);
}

static size_t bytes_in(const struct primary *p)
{
	return p->key->len + p->bytes->len;
}

/* Called with the lock held. */
static bool has_share(const struct sessions *s, const struct primary *fresh)
{
	size_t bytes = bytes_in(fresh);
	uint32_t users = 0, clients = 0;

	for (const struct primary *p = s->primary; p; p = p->next) {
		bool is_users = p->uid == fresh->uid;
		bytes += is_users ? bytes_in(p) : 0;
		users += is_users;
		clients += fresh->client && p->client == fresh->client;
	}
	return bytes <= PRIMARY_BYTES_OF_USER && users < PRIMARY_OF_USER &&
	       clients < PRIMARY_OF_CLIENT;
}

static NTSTATUS append(struct sessions *s, const struct owner *owner, struct primary *p)
{
	if (s->primary_count >= PRIMARY_MAX || s->primary_last == UINT32_MAX ||
	    s->primary_bytes + bytes_in(p) > PRIMARY_BYTES_MAX ||
	    (!owner->unlimited && !has_share(s, p)))
		return fail(STATUS_QUOTA_EXCEEDED, "adding a session's credentials");
	if (s->primary_end)
		s->primary_end->next = p;
	else
		s->primary = p;
	s->primary_end = p;
	p->number = ++s->primary_last;
	s->primary_count++;
	s->primary_bytes += bytes_in(p);
	return STATUS_SUCCESS;
}

static struct primary *primary_new(struct rd key, struct rd bytes)
{
	CLEANUP(primary_free_p) struct primary *fresh = MEM_NEW(struct primary);

	if (!fresh)
		return NULL;
	fresh->key = secret_copy(key.p, key.n);
	fresh->bytes = secret_copy(bytes.p, bytes.n);
	return fresh->key && fresh->bytes ? TAKE(fresh) : NULL;
}

NTSTATUS primary_add(struct lsa *lsa, struct primary_owner owner, struct rd key, struct rd bytes)
{
	struct owner whose;
	NTSTATUS status = check_session_kind(lsa, owner.logon, &whose);

	if (failed(status))
		return status;
	CLEANUP(primary_free_p) struct primary *fresh = primary_new(key, bytes);
	if (!fresh)
		return fail(STATUS_NO_MEMORY, "adding a session's credentials");
	fresh->owner = owner;
	fresh->uid = whose.unlimited ? (uid_t)-1 : whose.uid;
	fresh->client = whose.client;
	pthread_mutex_lock(&lsa->sessions.lock);
	if (whose.kept && !session_find(&lsa->sessions, owner.logon))
		status = STATUS_NO_SUCH_LOGON_SESSION; /* it ended meanwhile */
	else
		status = append(&lsa->sessions, &whose, fresh);
	pthread_mutex_unlock(&lsa->sessions.lock);
	if (!failed(status))
		(void)TAKE(fresh);
	return status;
}

NTSTATUS primary_next(struct lsa *lsa, struct primary_owner owner, uint32_t after,
		      const struct rd *key, struct primary_found *out)
{
	*out = (struct primary_found){ .number = after };
	NTSTATUS status = check_session(lsa, owner.logon);
	if (failed(status))
		return status;
	pthread_mutex_lock(&lsa->sessions.lock);
	const struct primary *p = *find(&lsa->sessions, &owner, after, key);
	if (p) {
		out->number = p->number;
		out->key = secret_copy(p->key->p, p->key->len);
		out->bytes = secret_copy(p->bytes->p, p->bytes->len);
	}
	pthread_mutex_unlock(&lsa->sessions.lock);
	if (!p)
		return fail(STATUS_UNSUCCESSFUL, "reading a session's credentials");
	if (out->key && out->bytes)
		return STATUS_SUCCESS;
	primary_found_done(out);
	return fail(STATUS_NO_MEMORY, "reading a session's credentials");
}

void primary_found_done(struct primary_found *found)
{
	secret_free(found->key);
	secret_free(found->bytes);
	*found = (struct primary_found){ .number = found->number };
}

/* The entry whose `next` that is; NULL for the list's head. */
static struct primary *before(struct sessions *s, struct primary **at)
{
	uint8_t *link = (uint8_t *)at;

	return at == &s->primary ? NULL : (void *)(link - offsetof(struct primary, next));
}

/* Called with the lock held. */
static void drop(struct sessions *s, struct primary **at)
{
	struct primary *gone = *at;

	*at = gone->next;
	if (s->primary_end == gone)
		s->primary_end = before(s, at);
	s->primary_count--;
	s->primary_bytes -= bytes_in(gone);
	primary_free(gone);
}

NTSTATUS primary_delete(struct lsa *lsa, struct primary_owner owner, struct rd key)
{
	NTSTATUS status = check_session(lsa, owner.logon);

	if (failed(status))
		return status;
	pthread_mutex_lock(&lsa->sessions.lock);
	struct primary **at = find(&lsa->sessions, &owner, 0, &key);
	bool found = *at != NULL;
	if (found)
		drop(&lsa->sessions, at);
	pthread_mutex_unlock(&lsa->sessions.lock);
	return found ? STATUS_SUCCESS
		     : fail(STATUS_OBJECT_NAME_NOT_FOUND, "deleting a session's credentials");
}

void primary_forget(struct sessions *s, LUID logon)
{
	for (struct primary **at = &s->primary; *at;)
		if (SecEqualLuid(&(*at)->owner.logon, &logon))
			drop(s, at);
		else
			at = &(*at)->next;
}

void primary_clear(struct sessions *s)
{
	while (s->primary)
		drop(s, &s->primary);
}
