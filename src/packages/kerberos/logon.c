/* packages/kerberos/logon.c - see packages/kerberos/logon.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The LSA knows the session; that it has something of ours is a note in the LSA's store (AddCredential),
 * which is how AcquireCredentialsHandle is let through to it. */
#include "base/base.h"

#include <pthread.h>
#include <unistd.h>

#include "base/forks.h"
#include "packages/kerberos/logon.h"

/* Whose call made it: a session of the user's, and a process of that. */
struct owner {
	LUID session;
	ULONG process;
};

struct logon {
	LUID id;
	struct owner owner;
	struct krb_credential *credential;
	bool of_password; /* another package's session, to whose password this belongs */
	struct logon *next;
};

static struct logons {
	pthread_mutex_t lock;
	struct logon *first;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void hold(void *object)
{
	pthread_mutex_lock(object);
}

static void release(void *object)
{
	pthread_mutex_unlock(object);
}

bool kerberos_logons_guard_forks(void)
{
	static const struct fork_lock lock = { hold, release, release };
	return forks_guard(&lock, &all.lock);
}

static void logon_free(struct logon *l)
{
	if (!l)
		return;
	krb_unref(l->credential);
	mem_free(l);
}
DEFINE_CLEANUP(struct logon *, logon_free)

bool kerberos_logon_is_own(const LUID *logon)
{
	return compose_session_is_own(kerberos_host()->lsa, logon);
}

static bool caller_info(SECPKG_CLIENT_INFO *out)
{
	*out = (SECPKG_CLIENT_INFO){ .ProcessID = 0 };
	return !failed(kerberos_host()->lsa->GetClientInfo(out));
}

/* Who calls; nobody's session when nobody does. */
static struct owner caller(void)
{
	SECPKG_CLIENT_INFO info;

	return caller_info(&info) ? (struct owner){ info.LogonId, info.ProcessID }
				  : (struct owner){ .process = 0 };
}

/* In this process, and its children, there is one client alone. */
static bool is_of(const struct logon *l, const struct owner *who)
{
	return SecEqualLuid(&l->owner.session, &who->session) &&
	       (who->process == l->owner.process || who->process == (ULONG)getpid());
}

bool kerberos_caller_is_here(void)
{
	SECPKG_CLIENT_INFO info;

	return caller_info(&info) && info.ProcessID == (ULONG)getpid();
}

bool kerberos_caller_has_keys(void)
{
	SECPKG_CLIENT_INFO info;

	return caller_info(&info) && (info.ProcessID == (ULONG)getpid() || info.HasTcbPrivilege);
}

static struct krb_credential *find(const LUID *logon, const struct owner *owner)
{
	struct krb_credential *found = NULL;
	const struct krb_ops *ops;

	if (failed(kerberos_krb(&ops)))
		return NULL;
	pthread_mutex_lock(&all.lock);
	for (struct logon *l = all.first; l && !found; l = l->next)
		if (SecEqualLuid(&l->id, logon) && (!owner || is_of(l, owner)))
			found = l->credential;
	if (found)
		ops->credential_ref(found);
	pthread_mutex_unlock(&all.lock);
	return found;
}

struct krb_credential *kerberos_logon_find(const LUID *logon)
{
	return find(logon, NULL);
}

struct krb_credential *kerberos_logon_of_caller(const LUID *logon)
{
	struct owner owner = caller();

	return find(logon, &owner);
}

static NTSTATUS session_note(LUID *id, SECURITY_LOGON_TYPE type)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = kerberos_host()->lsa;
	char text[] = "tickets";
	LSA_STRING note = { sizeof(text) - 1, sizeof(text) - 1, text };

	NTSTATUS status = lsa->AddCredential(id, kerberos_id(), &note, &note);
	if (!failed(status))
		lsa->AuditLogon(STATUS_SUCCESS, STATUS_SUCCESS, NULL, NULL, NULL, NULL, type, NULL,
				id);
	return status;
}

/* One in no list yet, of whoever calls. */
static NTSTATUS logon_make(struct krb_credential *credential, const struct krb_ops **ops,
			   struct logon **out)
{
	NTSTATUS status = kerberos_krb(ops);
	if (failed(status))
		return status;
	struct logon *fresh = MEM_NEW(struct logon);
	if (!fresh)
		return fail(STATUS_NO_MEMORY, "keeping a session's tickets");
	(*ops)->credential_ref(credential);
	fresh->credential = credential;
	fresh->owner = caller();
	*out = fresh;
	return STATUS_SUCCESS;
}

NTSTATUS kerberos_logon_new(struct krb_credential *credential, SECURITY_LOGON_TYPE type, LUID *out)
{
	CLEANUP(logon_free_p) struct logon *fresh = NULL;
	const struct krb_ops *ops;

	NTSTATUS status = logon_make(credential, &ops, &fresh);
	if (!failed(status))
		status = compose_session_new(kerberos_host()->lsa, &fresh->id);
	if (failed(status))
		return status;
	LUID id = fresh->id;
	pthread_mutex_lock(&all.lock);
	fresh->next = all.first;
	all.first = TAKE(fresh);
	pthread_mutex_unlock(&all.lock);
	/* It is here first: a session that ends from now on finds it, and one that ended has no room for a note. */
	status = session_note(&id, type);
	if (failed(status))
		kerberos_logon_end(&id);
	else
		*out = id;
	return status;
}

/* With the lock held: takes the place of none. */
static struct krb_credential *keep_first(struct logon **fresh, const struct krb_ops *ops)
{
	struct logon *l = all.first;

	while (l && !SecEqualLuid(&l->id, &(*fresh)->id))
		l = l->next;
	if (!l) {
		(*fresh)->next = all.first;
		all.first = l = TAKE(*fresh);
	}
	ops->credential_ref(l->credential);
	return l->credential;
}

NTSTATUS kerberos_logon_keep(const LUID *session, struct krb_credential *credential,
			     struct krb_credential **out)
{
	CLEANUP(logon_free_p) struct logon *fresh = NULL;
	const struct krb_ops *ops;

	NTSTATUS status = logon_make(credential, &ops, &fresh);
	if (failed(status))
		return status;
	fresh->id = *session;
	fresh->of_password = true;
	pthread_mutex_lock(&all.lock);
	*out = keep_first(&fresh, ops);
	pthread_mutex_unlock(&all.lock);
	/* It may have ended meanwhile, with nobody here to be told. */
	if (!kerberos_session_has_identity(session))
		kerberos_logon_renew(session);
	return STATUS_SUCCESS;
}

static struct logon *take(const LUID *id)
{
	struct logon *found = NULL;

	pthread_mutex_lock(&all.lock);
	for (struct logon **at = &all.first; *at && !found; at = &(*at)->next)
		if (!id || SecEqualLuid(&(*at)->id, id)) {
			found = *at;
			*at = found->next;
			break;
		}
	pthread_mutex_unlock(&all.lock);
	return found;
}

void kerberos_logon_renew(const LUID *session)
{
	struct logon *found = NULL;

	pthread_mutex_lock(&all.lock);
	for (struct logon **at = &all.first; *at && !found; at = &(*at)->next)
		if ((*at)->of_password && SecEqualLuid(&(*at)->id, session)) {
			found = *at;
			*at = found->next;
			break;
		}
	pthread_mutex_unlock(&all.lock);
	logon_free(found);
}

void kerberos_logon_end(const LUID *logon)
{
	LUID id = *logon;

	logon_free(take(logon));
	(void)kerberos_host()->lsa->DeleteLogonSession(&id);
}

void kerberos_logons_clear(void)
{
	struct logon *l;

	while ((l = take(NULL)))
		logon_free(l);
}

/* The LSA ends a session with its client. */
VOID NTAPI kerberos_ap_logon_terminated(PLUID logon)
{
	logon_free(take(logon));
}
