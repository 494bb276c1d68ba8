/* lsa/sets.c - see lsa/sets.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "lsa/sets.h"
#include "lsa/state.h"

#define OWN_TRIES 64

/* Called with the lock held. A reference, or NULL. */
static struct credman *kept(struct sessions *s, LUID logon)
{
	struct session *found = session_find(s, logon);

	return found && found->set ? credman_ref(found->set) : NULL;
}

/* The user's set, which lives as long as the LSA; NULL when there is none. */
static struct credman *base_of(const struct lsa *lsa, const struct session_facts *facts)
{
	uid_t uid = facts->has_account ? facts->account : facts->uid;

	if (!lsa->setup.credman_of)
		return lsa->setup.credman;
	return uid == (uid_t)-1 ? NULL : lsa->setup.credman_of(uid);
}

/* Gives the session that set unless it has one, and takes a reference to what it has. */
static NTSTATUS keep(struct sessions *s, LUID logon, struct credman *fresh, struct credman **out)
{
	pthread_mutex_lock(&s->lock);
	struct session *found = session_find(s, logon);
	if (found && !found->set)
		found->set = credman_ref(fresh);
	*out = found ? credman_ref(found->set) : NULL;
	pthread_mutex_unlock(&s->lock);
	return *out ? STATUS_SUCCESS
		    : fail(STATUS_NO_SUCH_LOGON_SESSION, "a session that ended meanwhile");
}

static NTSTATUS make(struct lsa *lsa, const struct session_facts *facts, struct credman **out)
{
	CLEANUP(credman_free_p) struct credman *fresh = NULL;
	struct credman *base = base_of(lsa, facts);

	if (!base && (facts->is_own || !lsa->setup.credman_of))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "finding a session's credentials");
	bool lasting = base && facts->has_account && session_type_has_set(facts->type);
	NTSTATUS status = credman_new_session(base, lasting, &fresh);
	return failed(status) ? status : keep(&lsa->sessions, facts->logon, fresh, out);
}

NTSTATUS sets_of(struct lsa *lsa, LUID logon, struct credman **out)
{
	struct sessions *s = &lsa->sessions;
	struct session_facts facts;

	pthread_mutex_lock(&s->lock);
	*out = kept(s, logon);
	pthread_mutex_unlock(&s->lock);
	if (*out)
		return STATUS_SUCCESS;
	if (!session_look(s, logon, &facts))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "finding a session's credentials");
	return make(lsa, &facts, out);
}

NTSTATUS sets_own(const struct lsa_client *client, struct credman **out)
{
	struct lsa *lsa = client->lsa;

	*out = NULL;
	if (!lsa->setup.credman_of) {
		*out = lsa->setup.credman ? credman_ref(lsa->setup.credman) : NULL;
		return *out ? STATUS_SUCCESS
			    : fail(STATUS_NO_SUCH_LOGON_SESSION,
				   "finding the session's credentials");
	}
	/* Another process may end it at any time: what then begins is the same session, anew. */
	NTSTATUS status = STATUS_NO_SUCH_LOGON_SESSION;
	for (int i = 0; i < OWN_TRIES && status == STATUS_NO_SUCH_LOGON_SESSION; i++) {
		status = session_keep_own(client);
		if (!failed(status))
			status = sets_of(lsa, session_own(client), out);
	}
	return status;
}
