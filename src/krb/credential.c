/* krb/credential.c - whose tickets and keys are used, and GSSAPI's view of them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <time.h>
#include <unistd.h>

#include "krb/internal.h"

void cache_destroy(const char *name)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_ccache cache;

	if (name && krb5_init_context(&ctx) == 0 && krb5_cc_resolve(ctx, name, &cache) == 0)
		krb5_cc_destroy(ctx, cache);
}

NTSTATUS cache_name(krb5_context ctx, krb5_ccache cache, char **out)
{
	char *name = NULL;

	*out = NULL;
	if (krb5_cc_get_full_name(ctx, cache, &name) != 0)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a ccache's name");
	*out = mem_dup_text(name);
	krb5_free_string(ctx, name);
	return *out ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a ccache's name");
}

static bool copy_texts(struct krb_credential *c, const struct krb_identity *from)
{
	struct {
		char **to;
		const char *text;
	} texts[] = {
		{ &c->user, from->user },
		{ &c->realm, from->realm },
		{ &c->certificate, from->certificate },
		{ &c->anchors, from->anchors },
		{ &c->armor, from->armor },
		{ &c->ccache, from->user ? NULL : from->ccache },
		{ &c->keytab, from->keytab },
		{ &c->service, from->service },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!text_copy(texts[i].to, texts[i].text))
			return false;
	if (from->password.n == 0)
		return true;
	c->password = secret_new(from->password.n + 1);
	if (c->password)
		memcpy(c->password->p, from->password.p, from->password.n);
	return c->password != NULL;
}

static struct krb_credential *credential_blank(uint32_t use)
{
	struct krb_credential *c = forks_ready() ? MEM_NEW(struct krb_credential) : NULL;
	if (!c)
		return NULL;
	pthread_mutex_init(&c->asking, NULL);
	c->refs = 1;
	c->use = use;
	c->acceptor = GSS_C_NO_CREDENTIAL;
	c->expiry = c->password_expiry = INT64_MAX;
	credential_enlist(c);
	return c;
}

bool any_ticket(krb5_context ctx, krb5_ccache cache)
{
	krb5_cc_cursor cursor;
	krb5_creds creds;
	bool found = false;

	if (krb5_cc_start_seq_get(ctx, cache, &cursor) != 0)
		return false;
	while (!found && krb5_cc_next_cred(ctx, cache, &cursor, &creds) == 0) {
		found = !krb5_is_config_principal(ctx, creds.server);
		krb5_free_cred_contents(ctx, &creds);
	}
	krb5_cc_end_seq_get(ctx, cache, &cursor);
	return found;
}

/* Has the system a key for whoever has no ticket? Only asked for the default ccache. */
static bool any_client_key(krb5_context ctx)
{
	krb5_keytab keytab;

	if (krb5_kt_client_default(ctx, &keytab) != 0)
		return false;
	bool found = krb5_kt_have_content(ctx, keytab) == 0;
	krb5_kt_close(ctx, keytab);
	return found;
}

/* In any ccache of the user's collection. */
static bool any_ticket_at_all(krb5_context ctx)
{
	krb5_cccol_cursor cursor;
	krb5_ccache cache;
	bool found = false;

	if (krb5_cccol_cursor_new(ctx, &cursor) != 0)
		return false;
	while (!found && krb5_cccol_cursor_next(ctx, cursor, &cache) == 0 && cache) {
		found = any_ticket(ctx, cache);
		krb5_cc_close(ctx, cache);
	}
	krb5_cccol_cursor_free(ctx, &cursor);
	return found;
}

/* A ccache without tickets is no credential. */
static NTSTATUS check_cache(krb5_context ctx, const char *name)
{
	krb5_ccache cache;
	bool found;

	if (name) {
		krb5_error_code code = krb5_cc_resolve(ctx, name, &cache);
		if (code)
			return krb_fail(ctx, code, PHASE_LOCAL, name, "opening a ccache");
		found = any_ticket(ctx, cache);
		krb5_cc_close(ctx, cache);
	} else {
		found = any_ticket_at_all(ctx) || any_client_key(ctx);
		name = krb5_cc_default_name(ctx);
	}
	if (found)
		return SEC_E_OK;
	reason_note("%s: no ticket", name ? name : "the default ccache");
	return fail(SEC_E_NO_CREDENTIALS, "a ccache without tickets");
}

/* Has a keytab a key for the service? GSSAPI would tell too, but loses memory when there is none. */
static NTSTATUS check_key(krb5_context ctx, const char *file, const char *service)
{
	krb5_keytab keytab;
	krb5_principal principal = NULL;
	krb5_keytab_entry entry;
	krb5_error_code code = file ? krb5_kt_resolve(ctx, file, &keytab)
				    : krb5_kt_default(ctx, &keytab);

	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, file, "opening a keytab");
	code = krb5_parse_name(ctx, service, &principal);
	if (!code)
		code = krb5_kt_get_entry(ctx, keytab, principal, 0, 0, &entry);
	if (!code)
		krb5_free_keytab_entry_contents(ctx, &entry);
	krb5_free_principal(ctx, principal);
	krb5_kt_close(ctx, keytab);
	return code ? krb_fail(ctx, code, PHASE_LOCAL, service, "a service's key") : SEC_E_OK;
}

static NTSTATUS check_user(krb5_context ctx, const struct krb_credential *c)
{
	krb5_principal principal = NULL;

	NTSTATUS status = name_user(ctx, c->user, c->realm, &principal, NULL);
	krb5_free_principal(ctx, principal);
	return status;
}

/* What can be said without a KDC: is the name one, is there a key? */
static NTSTATUS credential_check(struct krb_credential *c)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	NTSTATUS status = context_open(&ctx);

	if (!failed(status) && c->user)
		status = check_user(ctx, c);
	if (!failed(status) && c->password && memchr(c->password->p, 0, c->password->len - 1))
		status = fail(SEC_E_UNKNOWN_CREDENTIALS, "a password with a NUL inside");
	if (!failed(status) && (c->use & KRB_INITIATE) && !c->user)
		status = check_cache(ctx, c->own_cache ? c->own_cache : c->ccache);
	bool has_keytab = (c->use & KRB_ACCEPT) && !has_password_keys(c);
	if (!failed(status) && has_keytab && c->service)
		status = check_key(ctx, c->keytab, c->service);
	if (!failed(status) && has_keytab)
		status = credential_acceptor(c, false, &c->acceptor);
	c->acceptor_of = getpid();
	return status;
}

/* Another process's tickets and keys. */
static NTSTATUS take_given(struct krb_credential *c, const struct krb_identity *from)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	NTSTATUS status = SEC_E_OK;

	if (!from->tickets.n && !from->keys.n)
		return SEC_E_OK;
	c->shared = from->tickets.n + from->keys.n;
	status = share_take(from->shown_by, c->shared, &c->share);
	if (!failed(status))
		status = context_open(&ctx);
	if (!failed(status) && from->tickets.n && !c->user) {
		status = tickets_take(ctx, from->tickets, &c->own_cache);
		c->is_given = !failed(status);
	}
	if (!failed(status) && from->keys.n) {
		mem_free(c->keytab);
		status = keys_take(ctx, from->keys, &c->keytab, &c->keys);
	}
	return status;
}

NTSTATUS credential_new(const struct krb_identity *identity, struct krb_credential **out)
{
	reason_clear();
	*out = NULL;
	CLEANUP(credential_unref_p)
	struct krb_credential *c = credential_blank(identity->use);
	if (!c || !copy_texts(c, identity))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a Kerberos credential");
	NTSTATUS status = take_given(c, identity);
	if (!failed(status))
		status = credential_check(c);
	if (!failed(status))
		*out = TAKE(c);
	return status;
}

NTSTATUS credential_of_caller(struct krb_credential **out)
{
	*out = credential_blank(KRB_INITIATE);
	return *out ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a Kerberos credential");
}

NTSTATUS credential_of_cache(char *cache_take, struct krb_credential **out)
{
	*out = credential_blank(KRB_INITIATE);
	if (!*out) {
		cache_destroy(cache_take);
		mem_free(cache_take);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a Kerberos credential");
	}
	(*out)->own_cache = cache_take;
	(*out)->is_given = true;
	return SEC_E_OK;
}

void credential_ref(struct krb_credential *c)
{
	atomic_fetch_add(&c->refs, 1);
}

void credential_unref(struct krb_credential *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	credential_delist(c);
	/* In a child a lock of the library's may be held inside by a thread that is not there. */
	if (c->acceptor_of == getpid())
		gss_cred_done(&c->acceptor);
	cache_destroy(c->own_cache);
	cache_destroy(c->old_cache);
	keytab_close(c->keys);
	share_give(c->share, c->shared);
	secret_free(c->password);
	char *texts[] = { c->user,	c->realm,     c->certificate, c->anchors,
			  c->armor,	c->ccache,    c->keytab,      c->service,
			  c->own_cache, c->old_cache, c->name,	      c->own_keytab };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		mem_free(texts[i]);
	pthread_mutex_destroy(&c->asking);
	mem_free(c);
}

/* The TGT's end in a ccache; INT64_MAX: none there. */
static int64_t tgt_end(krb5_context ctx, krb5_ccache cache)
{
	krb5_cc_cursor cursor;
	krb5_creds creds;
	int64_t end = INT64_MAX;

	if (krb5_cc_start_seq_get(ctx, cache, &cursor) != 0)
		return end;
	while (krb5_cc_next_cred(ctx, cache, &cursor, &creds) == 0) {
		if (end == INT64_MAX && is_tgt(ctx, creds.server) &&
		    !krb5_is_config_principal(ctx, creds.server))
			end = (int64_t)(uint32_t)creds.times.endtime;
		krb5_free_cred_contents(ctx, &creds);
	}
	krb5_cc_end_seq_get(ctx, cache, &cursor);
	return end;
}

/* Reads a ccache that is not filled by us: somebody may have changed it since. */
static NTSTATUS info_of_cache(krb5_context ctx, const char *name, struct krb_credential_info *out)
{
	krb5_ccache cache = NULL;
	krb5_principal client = NULL;
	krb5_error_code code = name ? krb5_cc_resolve(ctx, name, &cache)
				    : krb5_cc_default(ctx, &cache);

	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, name, "opening a ccache");
	NTSTATUS status = SEC_E_OK;
	if (krb5_cc_get_principal(ctx, cache, &client) == 0) {
		out->name = principal_text(ctx, client);
		if (!out->name)
			status = fail(SEC_E_INSUFFICIENT_MEMORY, "a client's name");
		out->expiry = tgt_end(ctx, cache);
		krb5_free_principal(ctx, client);
	}
	krb5_cc_close(ctx, cache);
	return status;
}

/* What is known of a credential that a KDC gives or gave. */
static NTSTATUS info_of_user(krb5_context ctx, struct krb_credential *c,
			     struct krb_credential_info *out)
{
	krb5_principal principal = NULL;

	pthread_mutex_lock(&state_lock);
	out->expiry = c->expiry ? c->expiry : INT64_MAX;
	out->password_expiry = c->password_expiry;
	bool is_known = c->name != NULL;
	out->name = is_known ? mem_dup_text(c->name) : NULL;
	pthread_mutex_unlock(&state_lock);
	if (!is_known) {
		NTSTATUS status = name_user(ctx, c->user, c->realm, &principal, NULL);
		if (failed(status))
			return status;
		out->name = principal_text(ctx, principal);
		krb5_free_principal(ctx, principal);
	}
	return out->name ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a client's name");
}

NTSTATUS credential_info(struct krb_credential *c, struct krb_credential_info *out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;

	reason_clear();
	*out = (struct krb_credential_info){ .expiry = INT64_MAX, .password_expiry = INT64_MAX };
	NTSTATUS status = context_open(&ctx);
	if (failed(status))
		return status;
	if (!(c->use & KRB_INITIATE))
		return text_copy(&out->name, c->service)
			       ? SEC_E_OK
			       : fail(SEC_E_INSUFFICIENT_MEMORY, "a service's name");
	if (c->user)
		return info_of_user(ctx, c, out);
	return info_of_cache(ctx, c->is_given ? c->own_cache : c->ccache, out);
}

/* ---- for GSSAPI ---- */

/* A client keytab without keys: where one ccache is meant, the library shall not sign in as somebody else
 * because that ccache is empty. */
#define NO_KEYS "MEMORY:opensspi-no-keys"

/* What an initiator is made of; `cache` NULL: the default ccache, and the default client keytab. */
static NTSTATUS acquire_initiator(const char *cache, bool iakerb, gss_cred_id_t *out)
{
	gss_key_value_element_desc elements[] = { { "ccache", cache },
						  { "client_keytab", NO_KEYS } };
	gss_key_value_set_desc store = { ARRAY_LEN(elements), elements };
	gss_OID_desc mechanism = iakerb ? *gss_mech_iakerb : *gss_mech_krb5;
	gss_OID_set_desc set = { 1, &mechanism };
	OM_uint32 minor, major;

	major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &set, GSS_C_INITIATE,
				      cache ? &store : GSS_C_NO_CRED_STORE, out, NULL, NULL);
	if (!GSS_ERROR(major))
		return SEC_E_OK;
	*out = GSS_C_NO_CREDENTIAL;
	return gss_fail(major, minor, PHASE_SERVICE, cache, "acquiring a credential");
}

static NTSTATUS name_import(const char *text, gss_OID type, gss_name_t *out)
{
	gss_buffer_desc buffer = { strlen(text), (void *)(uintptr_t)text };
	OM_uint32 minor, major = gss_import_name(&minor, &buffer, type, out);

	if (!GSS_ERROR(major))
		return SEC_E_OK;
	*out = GSS_C_NO_NAME;
	return gss_fail(major, minor, PHASE_LOCAL, text, "reading a name");
}

NTSTATUS credential_acceptor(const struct krb_credential *c, bool iakerb, gss_cred_id_t *out)
{
	CLEANUP(gss_name_done) gss_name_t name = GSS_C_NO_NAME;
	const char *keytab = has_password_keys(c) ? c->own_keytab : c->keytab;
	gss_key_value_element_desc element = { "keytab", keytab };
	gss_key_value_set_desc store = { 1, &element };
	gss_OID_desc mechanisms[2] = { *gss_mech_krb5, *gss_mech_iakerb };
	gss_OID_set_desc set = { iakerb ? 2 : 1, mechanisms };
	OM_uint32 minor, major;

	NTSTATUS status =
		c->service ? name_import(c->service, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name)
			   : SEC_E_OK;
	if (failed(status))
		return status;
	major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &set, GSS_C_ACCEPT,
				      keytab ? &store : GSS_C_NO_CRED_STORE, out, NULL, NULL);
	if (!GSS_ERROR(major))
		return SEC_E_OK;
	*out = GSS_C_NO_CREDENTIAL;
	return gss_fail(major, minor, PHASE_LOCAL, c->service ? c->service : keytab,
			"acquiring a service's key");
}

/* An acceptor that has a TGT of its own too, so that what it accepts can be evidence. */
static NTSTATUS acquire_both(const struct krb_credential *c, const char *cache, gss_cred_id_t *out)
{
	const char *keytab = has_password_keys(c) ? c->own_keytab : c->keytab;
	gss_key_value_element_desc elements[] = { { "ccache", cache },
						  { "client_keytab", NO_KEYS },
						  { "keytab", keytab } };
	gss_key_value_set_desc store = { keytab ? 3 : 2, elements };
	gss_OID_desc mechanism = *gss_mech_krb5;
	gss_OID_set_desc set = { 1, &mechanism };
	OM_uint32 minor, major;

	major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &set, GSS_C_BOTH,
				      &store, out, NULL, NULL);
	if (!GSS_ERROR(major))
		return SEC_E_OK;
	*out = GSS_C_NO_CREDENTIAL;
	return gss_fail(major, minor, PHASE_LOCAL, c->user, "acquiring a service's credential");
}

/* IAKERB asks the KDC through the acceptor, so the password itself goes to GSSAPI. */
static NTSTATUS iakerb_password(struct krb_credential *c, gss_cred_id_t *out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(gss_name_done) gss_name_t name = GSS_C_NO_NAME;
	CLEANUP(mem_free_p) char *text = NULL;
	gss_OID_desc mechanism = *gss_mech_iakerb;
	gss_OID_set_desc set = { 1, &mechanism };
	gss_buffer_desc password = { c->password->len - 1, c->password->p };
	krb5_principal principal = NULL;
	OM_uint32 minor;

	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = name_user(ctx, c->user, c->realm, &principal, NULL);
	if (failed(status))
		return status;
	text = principal_text(ctx, principal);
	krb5_free_principal(ctx, principal);
	if (!text)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a client's name");
	status = name_import(text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name);
	if (failed(status))
		return status;
	OM_uint32 major = gss_acquire_cred_with_password(&minor, name, &password, GSS_C_INDEFINITE,
							 &set, GSS_C_INITIATE, out, NULL, NULL);
	if (!GSS_ERROR(major))
		return SEC_E_OK;
	*out = GSS_C_NO_CREDENTIAL;
	return gss_fail(major, minor, PHASE_LOGON, text, "a password for IAKERB");
}

/* A TGT that ends within this many seconds is renewed. */
#define ENDS_SOON 30

/* The own ccache's name if its TGT is good or cannot be had anew; NULL in `*out` otherwise. */
static NTSTATUS cache_good(struct krb_credential *c, bool any, char **out)
{
	HOLD(&state_lock);
	bool good = any || c->is_given || c->expiry > (int64_t)time(NULL) + ENDS_SOON;
	return text_copy(out, good ? c->own_cache : NULL)
		       ? SEC_E_OK
		       : fail(SEC_E_INSUFFICIENT_MEMORY, "a ccache's name");
}

/* The name of the ccache that holds the tickets, after the KDC was asked if it must be. NULL in `*out`:
 * the default one. */
static NTSTATUS cache_ready(struct krb_credential *c, char **out)
{
	*out = NULL;
	if (!c->user && !c->is_given)
		return text_copy(out, c->ccache)
			       ? SEC_E_OK
			       : fail(SEC_E_INSUFFICIENT_MEMORY, "a ccache's name");
	NTSTATUS status = cache_good(c, false, out);
	if (failed(status) || *out)
		return status;
	HOLD(&c->asking);
	status = cache_good(c, false, out); /* another thread may have asked meanwhile */
	if (failed(status) || *out)
		return status;
	status = obtain_tgt(c);
	return failed(status) ? status : cache_good(c, true, out);
}

void credential_keep(struct krb_credential *c, struct obtained *given)
{
	char *oldest, *name;

	pthread_mutex_lock(&state_lock);
	oldest = c->old_cache;
	name = c->name;
	c->old_cache = c->own_cache;
	c->own_cache = given->cache;
	c->name = given->name;
	c->expiry = given->expiry;
	c->password_expiry = given->password_expiry;
	pthread_mutex_unlock(&state_lock);
	cache_destroy(oldest);
	mem_free(oldest);
	mem_free(name);
}

NTSTATUS credential_cache(struct krb_credential *c, krb5_context ctx, bool ask, krb5_ccache *out)
{
	CLEANUP(mem_free_p) char *name = NULL;
	bool own = c->user || c->is_given;

	*out = NULL;
	NTSTATUS status = ask || !own ? cache_ready(c, &name) : cache_good(c, true, &name);
	if (failed(status) || (own && !name))
		return status;
	krb5_error_code code = name ? krb5_cc_resolve(ctx, name, out) : krb5_cc_default(ctx, out);
	return code ? krb_fail(ctx, code, PHASE_SERVICE, name, "opening a ccache") : SEC_E_OK;
}

NTSTATUS credential_cache_new(struct krb_credential *c, krb5_context ctx, krb5_principal client,
			      krb5_ccache *out)
{
	struct obtained given = { .password_expiry = INT64_MAX };
	krb5_error_code code = krb5_cc_new_unique(ctx, "MEMORY", NULL, out);

	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "a ccache");
	code = krb5_cc_initialize(ctx, *out, client);
	NTSTATUS status = code ? krb_fail(ctx, code, PHASE_LOCAL, NULL, "beginning a ccache")
			       : cache_name(ctx, *out, &given.cache);
	if (!failed(status)) {
		given.name = principal_text(ctx, client);
		if (!given.name)
			status = fail(SEC_E_INSUFFICIENT_MEMORY, "a client's name");
	}
	if (failed(status)) {
		mem_free(given.cache);
		krb5_cc_destroy(ctx, *out);
		return status;
	}
	credential_keep(c, &given);
	return SEC_E_OK;
}

void credential_expires(struct krb_credential *c, int64_t when)
{
	HOLD(&state_lock);
	if (c->own_cache)
		c->expiry = when;
}

NTSTATUS credential_initiator(struct krb_credential *c, bool iakerb, gss_cred_id_t *out)
{
	CLEANUP(mem_free_p) char *name = NULL;

	*out = GSS_C_NO_CREDENTIAL;
	if (iakerb && c->user && c->password)
		return iakerb_password(c, out);
	NTSTATUS status = cache_ready(c, &name);
	return failed(status) ? status : acquire_initiator(name, iakerb, out);
}

NTSTATUS credential_both(struct krb_credential *c, gss_cred_id_t *out)
{
	CLEANUP(mem_free_p) char *name = NULL;

	*out = GSS_C_NO_CREDENTIAL;
	NTSTATUS status = cache_ready(c, &name);
	if (!failed(status) && !name)
		status = fail(SEC_E_NO_CREDENTIALS, "a service without a TGT of its own");
	return failed(status) ? status : acquire_both(c, name, out);
}

NTSTATUS credential_obtain(struct krb_credential *c)
{
	CLEANUP(mem_free_p) char *name = NULL;
	struct krb_credential_info info;

	reason_clear();
	if (!(c->use & KRB_INITIATE))
		return fail(SEC_E_NO_CREDENTIALS, "an acceptor's TGT");
	NTSTATUS status = cache_ready(c, &name);
	if (failed(status) || c->user)
		return status;
	status = credential_info(c, &info);
	if (failed(status))
		return status;
	mem_free(info.name);
	if (!info.name || info.expiry == INT64_MAX)
		return fail(SEC_E_NO_CREDENTIALS, "a ccache without a TGT");
	return info.expiry > (int64_t)time(NULL) ? SEC_E_OK
						 : fail(SEC_E_CONTEXT_EXPIRED, "a TGT that ended");
}
