/* krb/take.c - another process's tickets and keys, which came as bytes, in memory of this one.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Whoever sent them may have made them up: what they say is worth what a KDC and a peer make of it. Only keys of
 * a length that their enctype has get as far as the library. */
#include "base/base.h"

#include "krb/internal.h"
#include "wire/ccache.h"
#include "wire/keytab.h"

#define TICKETS_MAX 4096u
#define KEYS_MAX 4096u

static krb5_data data_view(struct rd bytes)
{
	return (krb5_data){ .length = (unsigned)bytes.n, .data = (char *)(uintptr_t)bytes.p };
}

/* A principal over somebody else's bytes, good as long as its room. */
struct name_room {
	krb5_principal_data principal;
	krb5_data part[CCACHE_PARTS_MAX];
};

static krb5_principal name_of(const struct ccache_name *name, struct name_room *room)
{
	for (uint32_t i = 0; i < name->count; i++)
		room->part[i] = data_view(name->part[i]);
	room->principal = (krb5_principal_data){ .realm = data_view(name->realm),
						 .data = room->part,
						 .length = (krb5_int32)name->count,
						 .type = (krb5_int32)name->type };
	return &room->principal;
}

static bool is_key(uint16_t enctype, struct rd key)
{
	size_t bytes, length;

	return enctype <= INT16_MAX && krb5_c_valid_enctype(enctype) &&
	       krb5_c_keylengths(NULL, enctype, &bytes, &length) == 0 && key.n == length;
}

/* ---- how much there may be of one's ---- */

struct share {
	struct share *next;
	uint64_t whose;
	size_t bytes;
};

static struct share *shares; /* under the state lock */

static struct share *share_of(uint64_t whose)
{
	struct share *s = shares;

	while (s && s->whose != whose)
		s = s->next;
	if (s)
		return s;
	s = MEM_NEW(struct share);
	if (!s)
		return NULL;
	*s = (struct share){ .next = shares, .whose = whose };
	shares = s;
	return s;
}

/* With the state lock held: nobody's that is empty is kept. */
static void share_drop_if_empty(struct share *share)
{
	struct share **at = &shares;

	if (share->bytes)
		return;
	while (*at != share)
		at = &(*at)->next;
	*at = share->next;
	mem_free(share);
}

NTSTATUS share_take(uint64_t whose, size_t bytes, struct share **out)
{
	pthread_mutex_lock(&state_lock);
	struct share *s = share_of(whose);
	bool fits = s && bytes <= KRB_SHOWN_MAX - s->bytes;

	if (fits)
		s->bytes += bytes;
	else if (s)
		share_drop_if_empty(s);
	pthread_mutex_unlock(&state_lock);
	*out = fits ? s : NULL;
	return fits ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "another's tickets and keys");
}

void share_give(struct share *share, size_t bytes)
{
	if (!share)
		return;
	HOLD(&state_lock);
	share->bytes -= bytes;
	share_drop_if_empty(share);
}

/* ---- tickets ---- */

static bool same_name(const struct ccache_name *a, const struct ccache_name *b)
{
	bool same = a->count == b->count && a->realm.n == b->realm.n &&
		    (!a->realm.n || memcmp(a->realm.p, b->realm.p, a->realm.n) == 0);

	for (uint32_t i = 0; same && i < a->count; i++)
		same = a->part[i].n == b->part[i].n &&
		       (!a->part[i].n || memcmp(a->part[i].p, b->part[i].p, a->part[i].n) == 0);
	return same;
}

/* Of what a cache says of itself only whose evidence it is counts (S4U2Proxy). */
static bool is_wanted(krb5_context ctx, const struct ccache_ticket *t, krb5_const_principal server)
{
	static const char impersonator[] = "proxy_impersonator";

	if (!krb5_is_config_principal(ctx, server))
		return t->server.count > 0 && t->ticket.n > 0 && is_key(t->enctype, t->key);
	return t->server.count == 2 && t->server.part[1].n == sizeof(impersonator) - 1 &&
	       memcmp(t->server.part[1].p, impersonator, sizeof(impersonator) - 1) == 0 &&
	       rd_empty(t->key);
}

static krb5_error_code keep_ticket(krb5_context ctx, krb5_ccache cache,
				   const struct ccache_ticket *t)
{
	struct name_room client, server;
	krb5_creds creds = { .client = name_of(&t->client, &client),
			     .server = name_of(&t->server, &server),
			     .keyblock = { .enctype = t->enctype,
					   .length = (unsigned)t->key.n,
					   .contents = (krb5_octet *)(uintptr_t)t->key.p },
			     .times = { .authtime = (krb5_timestamp)t->authtime,
					.starttime = (krb5_timestamp)t->start,
					.endtime = (krb5_timestamp)t->end,
					.renew_till = (krb5_timestamp)t->renew },
			     .is_skey = t->is_skey,
			     .ticket_flags = (krb5_flags)t->flags,
			     .ticket = data_view(t->ticket),
			     .second_ticket = data_view(t->second) };

	return is_wanted(ctx, t, creds.server) ? krb5_cc_store_cred(ctx, cache, &creds) : 0;
}

/* Only the owner's own tickets are kept; false in `*sound` when the bytes are no cache. */
static krb5_error_code keep_tickets(krb5_context ctx, krb5_ccache cache, struct ccache *c,
				    bool *sound)
{
	struct ccache_ticket t;
	krb5_error_code code = 0;
	unsigned count = 0;

	while (!code && *sound && !rd_empty(c->rest)) {
		*sound = count++ < TICKETS_MAX && ccache_next(c, &t);
		if (*sound && same_name(&t.client, &c->owner))
			code = keep_ticket(ctx, cache, &t);
	}
	return code;
}

NTSTATUS tickets_take(krb5_context ctx, struct rd bytes, char **out)
{
	struct name_room owner;
	struct ccache c;
	krb5_ccache cache = NULL;

	*out = NULL;
	bool sound = bytes.n <= CCACHE_MOST && ccache_open(bytes, &c) && c.owner.count > 0;
	if (!sound)
		return fail(SEC_E_NO_CREDENTIALS, "a ccache that is none");
	krb5_error_code code = krb5_cc_new_unique(ctx, "MEMORY", NULL, &cache);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "a ccache for another's tickets");
	code = krb5_cc_initialize(ctx, cache, name_of(&c.owner, &owner));
	if (!code)
		code = keep_tickets(ctx, cache, &c, &sound);
	NTSTATUS status = code	  ? krb_fail(ctx, code, PHASE_LOCAL, NULL, "another's tickets")
			  : sound ? cache_name(ctx, cache, out)
				  : fail(SEC_E_NO_CREDENTIALS, "a ccache that is none");
	if (failed(status))
		krb5_cc_destroy(ctx, cache);
	else
		krb5_cc_close(ctx, cache);
	return status;
}

/* ---- keys ---- */

static krb5_error_code keep_key(krb5_context ctx, krb5_keytab keytab, const struct keytab_entry *e)
{
	struct name_room name;
	krb5_keytab_entry entry = { .principal = name_of(&e->name, &name),
				    .timestamp = (krb5_timestamp)e->time,
				    .vno = e->version,
				    .key = { .enctype = e->enctype,
					     .length = (unsigned)e->key.n,
					     .contents = (krb5_octet *)(uintptr_t)e->key.p } };

	return e->name.count > 0 && is_key(e->enctype, e->key)
		       ? krb5_kt_add_entry(ctx, keytab, &entry)
		       : 0;
}

static krb5_error_code keep_keys(krb5_context ctx, krb5_keytab keytab, struct rd rest, bool *sound)
{
	struct keytab_entry e;
	krb5_error_code code = 0;
	unsigned count = 0;
	bool is_entry;

	while (!code && *sound && !rd_empty(rest)) {
		*sound = count++ < KEYS_MAX && keytab_next(&rest, &e, &is_entry);
		if (*sound && is_entry)
			code = keep_key(ctx, keytab, &e);
	}
	return code;
}

NTSTATUS keys_take(krb5_context ctx, struct rd bytes, char **name, krb5_keytab *out)
{
	static atomic_ulong count;
	char text[64];
	struct rd rest;

	*name = NULL;
	*out = NULL;
	bool sound = bytes.n <= KEYTAB_MOST && keytab_open(bytes, &rest);
	if (!sound)
		return fail(SEC_E_NO_CREDENTIALS, "a keytab that is none");
	snprintf(text, sizeof(text), "MEMORY:opensspi-given-%lu", atomic_fetch_add(&count, 1));
	krb5_error_code code = krb5_kt_resolve(ctx, text, out);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "a keytab for another's keys");
	code = keep_keys(ctx, *out, rest, &sound);
	NTSTATUS status = code	   ? krb_fail(ctx, code, PHASE_LOCAL, NULL, "another's keys")
			  : !sound ? fail(SEC_E_NO_CREDENTIALS, "a keytab that is none")
			  : text_copy(name, text)
				  ? SEC_E_OK
				  : fail(SEC_E_INSUFFICIENT_MEMORY, "a keytab's name");
	if (failed(status)) {
		krb5_kt_close(ctx, *out);
		*out = NULL;
	}
	return status;
}

/* The first client of whom there is a key: "name@REALM". */
NTSTATUS keys_client(struct rd bytes, char **out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	struct name_room room;
	struct keytab_entry e;
	bool is_entry = false;
	struct rd rest;

	reason_clear();
	*out = NULL;
	NTSTATUS status = context_open(&ctx);
	if (failed(status))
		return status;
	if (!keytab_open(bytes, &rest))
		return fail(SEC_E_NO_CREDENTIALS, "a keytab that is none");
	while (!is_entry && !rd_empty(rest))
		if (!keytab_next(&rest, &e, &is_entry))
			return fail(SEC_E_NO_CREDENTIALS, "a keytab that is none");
	if (!is_entry || !e.name.count)
		return fail(SEC_E_NO_CREDENTIALS, "a keytab without keys");
	*out = principal_text(ctx, name_of(&e.name, &room));
	return *out ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a client's name");
}
