/* packages/kerberos/credentials.c - whose tickets: given, saved, the cache's, or the default.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is found for a target is kept in the credential, so that one sign-in at the KDC serves all of its
 * contexts; the caller's cache is opened each time, since others write it. */
#include "base/base.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/forks.h"
#include "crypto/hash.h"
#include "packages/kerberos/caller.h"
#include "packages/kerberos/identity.h"
#include "packages/kerberos/logon.h"
#include "packages/kerberos/lsa.h"
#include "wire/authdata.h"
#include "wire/keytab.h"

#define KEPT_MAX 16
#define SHOWN "shown tickets" /* no identity's block begins so */

/* ---- what was found before ---- */

struct kerberos_kept {
	struct secret *identity; /* the block, whole */
	struct krb_credential *credential;
	struct kerberos_kept *next;
};

static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static void kept_hold(void *object)
{
	pthread_mutex_lock(object);
}

static void kept_release(void *object)
{
	pthread_mutex_unlock(object);
}

bool kerberos_guard_forks(void)
{
	static const struct fork_lock lock = { kept_hold, kept_release, kept_release };
	return forks_guard(&lock, &kept_lock);
}

void kerberos_kept_free(struct kerberos_kept *list)
{
	while (list) {
		struct kerberos_kept *next = list->next;
		secret_free(list->identity);
		krb_unref(list->credential);
		mem_free(list);
		list = next;
	}
}
DEFINE_CLEANUP(struct kerberos_kept *, kerberos_kept_free)

static struct krb_credential *kept_find(struct kerberos_credential *c, const struct krb_ops *ops,
					struct rd block)
{
	struct krb_credential *found = NULL;

	pthread_mutex_lock(&kept_lock);
	for (struct kerberos_kept *k = c->kept; k && !found; k = k->next)
		if (k->identity->len == block.n && bytes_equal(k->identity->p, block.p, block.n))
			found = k->credential;
	if (found)
		ops->credential_ref(found);
	pthread_mutex_unlock(&kept_lock);
	return found;
}

/* Puts it in front; what is beyond the limit comes off. */
static struct kerberos_kept *kept_push(struct kerberos_credential *c, struct kerberos_kept *fresh)
{
	struct kerberos_kept *at = fresh, *rest;

	pthread_mutex_lock(&kept_lock);
	fresh->next = c->kept;
	c->kept = fresh;
	for (unsigned i = 1; at->next && i < KEPT_MAX; i++)
		at = at->next;
	rest = at->next;
	at->next = NULL;
	pthread_mutex_unlock(&kept_lock);
	return rest;
}

static NTSTATUS kept_add(struct kerberos_credential *c, const struct krb_ops *ops, struct rd block,
			 struct krb_credential *made)
{
	CLEANUP(kerberos_kept_free_p) struct kerberos_kept *fresh = MEM_NEW(struct kerberos_kept);

	if (fresh)
		fresh->identity = secret_copy(block.p, block.n);
	if (!fresh || !fresh->identity)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping Kerberos credentials");
	ops->credential_ref(made);
	fresh->credential = made;
	struct kerberos_kept *rest = kept_push(c, TAKE(fresh));
	kerberos_kept_free(rest);
	return STATUS_SUCCESS;
}

/* ---- making them ---- */

static NTSTATUS make_of_block(const struct krb_ops *ops, const void *block, bool *iakerb,
			      struct krb_credential **out)
{
	CLEANUP(kerberos_identity_done) struct kerberos_identity id = { .password = WR(0) };
	CLEANUP(kerberos_shown_done) struct kerberos_shown keys = { .buffer = { 0 } };

	NTSTATUS status = kerberos_identity_of_block(block, &id);
	if (failed(status))
		return status;
	if (!id.user)
		return fail(SEC_E_NO_CREDENTIALS, "an identity without a name");
	if (rd_empty(wr_view(&id.password)) && !id.certificate)
		status = kerberos_caller_keys(true, &keys);
	if (failed(status))
		return status;
	*iakerb = id.iakerb;
	struct krb_identity view = kerberos_identity_view(&id, KRB_INITIATE);
	view.keys = kerberos_shown_view(&keys);
	view.shown_by = kerberos_caller_number();
	return kerberos_failed(ops, ops->credential_new(&view, out));
}

/* ---- the caller's own cache ---- */

/* Of what a caller elsewhere has shown: its tickets, or the key that it gets some with. */
static NTSTATUS make_of_shown(const struct krb_ops *ops, struct rd shown,
			      struct krb_credential **out)
{
	struct krb_identity id = { .use = KRB_INITIATE, .shown_by = kerberos_caller_number() };
	CLEANUP(mem_free_p) char *client = NULL;
	struct rd rest;

	if (!keytab_open(shown, &rest)) {
		id.tickets = shown;
		return kerberos_failed(ops, ops->credential_new(&id, out));
	}
	NTSTATUS status = kerberos_failed(ops, ops->keys_client(shown, &client));
	if (failed(status))
		return status;
	id.user = client;
	id.keys = shown;
	return kerberos_failed(ops, ops->credential_new(&id, out));
}

/* As long as the caller shows the same, tickets that were got with it are kept. */
static NTSTATUS use_shown(struct kerberos_credential *c, const struct krb_ops *ops, struct rd shown,
			  struct krb_credential **out)
{
	uint8_t key[sizeof(SHOWN) + SHA256_LEN] = SHOWN;
	const struct rd name = rd_of(key, sizeof(key));

	sha256(shown.p, shown.n, key + sizeof(SHOWN));
	*out = c ? kept_find(c, ops, name) : NULL;
	if (*out)
		return STATUS_SUCCESS;
	CLEANUP(krb_unref_p) struct krb_credential *made = NULL;
	NTSTATUS status = make_of_shown(ops, shown, &made);
	if (!failed(status) && c)
		status = kept_add(c, ops, name, made);
	if (!failed(status))
		*out = TAKE(made);
	return status;
}

static NTSTATUS cache_elsewhere(struct kerberos_credential *c, const struct krb_ops *ops,
				const char *target, struct krb_credential **out)
{
	CLEANUP(kerberos_shown_done) struct kerberos_shown shown = { .buffer = { 0 } };

	NTSTATUS status = kerberos_caller_ask(KERBEROS_TICKETS,
					      rd_of(target, target ? strlen(target) : 0), &shown);
	/* Of no bytes krb5 would make the cache that is here. */
	if (!failed(status) && !shown.buffer.cbBuffer)
		status = SEC_E_NO_CREDENTIALS;
	if (!failed(status))
		status = use_shown(c, ops, kerberos_shown_view(&shown), out);
	/* Whatever it says: there is nothing to sign in with. */
	return failed(status) && status != SEC_E_INSUFFICIENT_MEMORY
		       ? fail(SEC_E_NO_CREDENTIALS, "the ticket cache of another process")
		       : status;
}

NTSTATUS kerberos_cache_of_caller(struct kerberos_credential *c, const UNICODE_STRING *target,
				  struct krb_credential **out)
{
	const struct krb_identity whoever = { .use = KRB_INITIATE };
	CLEANUP(mem_free_p) char *name = NULL;
	const struct krb_ops *ops;

	*out = NULL;
	NTSTATUS status = kerberos_krb(&ops);
	if (failed(status))
		return status;
	if (kerberos_caller_is_here())
		return kerberos_failed(ops, ops->credential_new(&whoever, out));
	if (target && target->Length)
		status = kerberos_utf8(rd_of(target->Buffer, target->Length), SEC_E_TARGET_UNKNOWN,
				       &name);
	return failed(status) ? status : cache_elsewhere(c, ops, name, out);
}

static NTSTATUS found_use(struct kerberos_credential *c, const struct krb_ops *ops,
			  const void *block, struct krb_credential **out)
{
	struct rd bytes = authdata_block(block);
	CLEANUP(krb_unref_p) struct krb_credential *made = kept_find(c, ops, bytes);
	bool iakerb;

	if (!made) {
		NTSTATUS status = make_of_block(ops, block, &iakerb, &made);
		if (!failed(status))
			status = kept_add(c, ops, bytes, made);
		if (failed(status))
			return status;
	}
	*out = TAKE(made);
	return STATUS_SUCCESS;
}

/* What the Credential Manager has: for the target, or with none the logon's own. */
static NTSTATUS from_vault(struct kerberos_credential *c, const UNICODE_STRING *target,
			   struct krb_credential **out)
{
	const struct compose_host *host = kerberos_host();
	const struct krb_ops *ops;
	void *block = NULL;

	NTSTATUS status = kerberos_krb(&ops);
	if (failed(status) || c->use & SECPKG_CRED_AUTOLOGON_RESTRICTED)
		return failed(status)
			       ? status
			       : fail(SEC_E_NO_CREDENTIALS, "credentials that must be given");
	status = target ? host->extension->ReadSavedIdentity(target, &block)
			: host->extension->ReadDefaultIdentity(&block);
	if (status == SEC_E_NO_CREDENTIALS || status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (failed(status))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a saved credential");
	status = found_use(c, ops, block, out);
	host->lsa->FreeLsaHeap(block);
	return status;
}

NTSTATUS kerberos_credential_for(struct kerberos_credential *c, const UNICODE_STRING *target,
				 struct krb_credential **out)
{
	const struct krb_ops *ops;

	*out = NULL;
	NTSTATUS status = kerberos_krb(&ops);
	if (failed(status))
		return status;
	if (c->client) {
		ops->credential_ref(c->client);
		*out = c->client;
		return STATUS_SUCCESS;
	}
	if (c->is_session)
		return kerberos_session_credential(&c->session, out);
	if (!c->is_default)
		return fail(SEC_E_NO_CREDENTIALS, "an identity without a name");
	status = target && target->Length ? from_vault(c, target, out) : SEC_E_NO_CREDENTIALS;
	if (status == SEC_E_NO_CREDENTIALS && !c->no_cache)
		status = kerberos_cache_of_caller(c, target, out);
	return status == SEC_E_NO_CREDENTIALS ? from_vault(c, NULL, out) : status;
}

/* ---- AcquireCredentialsHandle ---- */

static int64_t expiry_of(const struct krb_ops *ops, struct krb_credential *c)
{
	struct krb_credential_info info = { .expiry = INT64_MAX };

	if (!c || failed(ops->credential_info(c, &info)))
		return CLOCK_NEVER;
	mem_free(info.name);
	return info.expiry == INT64_MAX ? CLOCK_NEVER : clock_from_unix((time_t)info.expiry);
}

/* No identity: a logon session of this package's, or what each target calls for. */
static NTSTATUS fill_default(struct kerberos_credential *c, const LUID *logon, int64_t *expiry)
{
	CLEANUP(krb_unref_p) struct krb_credential *cache = NULL;
	const struct krb_ops *ops;

	NTSTATUS status = kerberos_krb(&ops);
	if (failed(status))
		return status;
	const bool own = !logon || kerberos_logon_is_own(logon);
	c->is_session = !own && kerberos_session_has_identity(logon);
	if (c->is_session)
		c->session = *logon;
	if (c->is_session)
		cache = kerberos_logon_find(logon);
	c->client = logon && !c->is_session ? kerberos_logon_find(logon) : NULL;
	c->is_default = own && !c->client; /* another's session has what it was made with */
	c->no_cache = c->use & SECPKG_CRED_AUTOLOGON_RESTRICTED || !own;
	if (c->is_default && !c->no_cache &&
	    kerberos_cache_of_caller(c, NULL, &cache) == SEC_E_INSUFFICIENT_MEMORY)
		return SEC_E_INSUFFICIENT_MEMORY;
	*expiry = expiry_of(ops, c->client ? c->client : cache);
	return STATUS_SUCCESS;
}

static NTSTATUS fill_identity(struct kerberos_credential *c, const struct krb_ops *ops, void *auth,
			      int64_t *expiry)
{
	NTSTATUS status = make_of_block(ops, auth, &c->iakerb, &c->client);

	/* Nobody: that is told when it is used, as other packages do. */
	if (status == SEC_E_NO_CREDENTIALS)
		return STATUS_SUCCESS;
	*expiry = expiry_of(ops, c->client);
	return status;
}

/* One service in both roles, by its key: what clients let it do for them is done with its own ticket. */
static NTSTATUS fill_service(struct kerberos_credential *c, const struct krb_ops *ops,
			     const char *service)
{
	CLEANUP(kerberos_shown_done) struct kerberos_shown keys = { .buffer = { 0 } };
	struct krb_identity view = { .use = KRB_INITIATE | KRB_ACCEPT,
				     .user = service,
				     .service = service,
				     .shown_by = kerberos_caller_number() };

	NTSTATUS status = kerberos_caller_keys(false, &keys);
	view.keys = kerberos_shown_view(&keys);
	if (!failed(status))
		status = kerberos_failed(ops, ops->credential_new(&view, &c->server));
	if (failed(status))
		return status;
	c->keys_shown = view.keys.n > 0;
	krb_unref(c->client);
	ops->credential_ref(c->server);
	c->client = c->server;
	c->is_default = false;
	return STATUS_SUCCESS;
}

/* A server's own principal: a service's, as it stands in the keytab. */
static NTSTATUS fill_server(struct kerberos_credential *c, const struct krb_ops *ops,
			    const struct kerberos_asked *asked)
{
	CLEANUP(kerberos_identity_done) struct kerberos_identity id = { .password = WR(0) };
	CLEANUP(kerberos_shown_done) struct kerberos_shown keys = { .buffer = { 0 } };
	CLEANUP(mem_free_p) char *service = NULL;
	const UNICODE_STRING *p = asked->principal;

	if (asked->auth) {
		NTSTATUS status = kerberos_identity_of_block(asked->auth, &id);
		if (failed(status))
			return status;
		c->iakerb = c->iakerb || id.iakerb;
	}
	if (p && p->Length) {
		NTSTATUS status = kerberos_utf8(rd_of(p->Buffer, p->Length),
						SEC_E_UNKNOWN_CREDENTIALS, &service);
		if (failed(status))
			return status;
	}
	bool named = service && strchr(service, '/');
	if (named && !asked->auth && asked->use & SECPKG_CRED_OUTBOUND)
		return fill_service(c, ops, service);
	struct krb_identity view = kerberos_identity_view(&id, KRB_ACCEPT);
	view.service = named ? service : NULL;
	if (!view.user || rd_empty(view.password)) {
		NTSTATUS status = kerberos_caller_keys(false, &keys);
		if (failed(status))
			return status;
	}
	view.keys = kerberos_shown_view(&keys);
	view.shown_by = kerberos_caller_number();
	c->keys_shown = view.keys.n > 0;
	return kerberos_failed(ops, ops->credential_new(&view, &c->server));
}

NTSTATUS kerberos_credential_make(const struct kerberos_asked *asked,
				  struct kerberos_credential **out, int64_t *expiry)
{
	CLEANUP(kerberos_credential_unref_p)
	struct kerberos_credential *c = kerberos_credential_new(asked->use);
	NTSTATUS status = STATUS_SUCCESS;
	const struct krb_ops *ops;

	*expiry = CLOCK_NEVER;
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "Kerberos credentials");
	if (!(asked->use & SECPKG_CRED_BOTH))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "credential use");
	status = kerberos_krb(&ops);
	if (!failed(status) && asked->use & SECPKG_CRED_OUTBOUND)
		status = asked->auth ? fill_identity(c, ops, asked->auth, expiry)
				     : fill_default(c, asked->logon, expiry);
	if (!failed(status) && asked->use & SECPKG_CRED_INBOUND)
		status = fill_server(c, ops, asked);
	/* Of both roles one suffices; what is missing is told when it is used. */
	if (status == SEC_E_NO_CREDENTIALS && (asked->use & SECPKG_CRED_BOTH) == SECPKG_CRED_BOTH)
		status = STATUS_SUCCESS;
	if (!failed(status))
		*out = TAKE(c);
	return status;
}
