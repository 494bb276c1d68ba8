/* krb/submit.c - tickets that come as a KRB_CRED, RFC 4120 5.8.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"
#include "wire/ccache.h"

NTSTATUS tickets_read(krb5_context ctx, struct rd krb_cred, krb5_keyblock *key, krb5_creds ***out)
{
	krb5_auth_context auth = NULL;
	krb5_data data = { .length = (unsigned)krb_cred.n, .data = (char *)(uintptr_t)krb_cred.p };

	*out = NULL;
	if (krb_cred.n == 0 || krb_cred.n > CCACHE_MOST)
		return fail(SEC_E_INVALID_TOKEN, "a KRB_CRED of that size");
	krb5_error_code code = krb5_auth_con_init(ctx, &auth);
	/* Nobody remembers such messages: neither times nor sequence numbers are looked at. */
	if (!code)
		code = krb5_auth_con_setflags(ctx, auth, 0);
	if (!code && key)
		code = krb5_auth_con_setrecvsubkey(ctx, auth, key);
	if (!code)
		code = krb5_rd_cred(ctx, auth, &data, out, NULL);
	krb5_auth_con_free(ctx, auth);
	if (!code && *out && (*out)[0])
		return SEC_E_OK;
	return code ? krb_fail(ctx, code, PHASE_ACCEPT, NULL, "reading a KRB_CRED")
		    : fail(SEC_E_INVALID_TOKEN, "a KRB_CRED without tickets");
}

/* The client that all of them have. */
static NTSTATUS client_of(krb5_context ctx, krb5_creds **tickets, krb5_principal *out)
{
	*out = tickets[0]->client;
	for (size_t i = 1; tickets[i]; i++)
		if (!krb5_principal_compare(ctx, tickets[i]->client, *out))
			return fail(SEC_E_WRONG_PRINCIPAL, "tickets of several clients");
	return SEC_E_OK;
}

/* The ccache for a client's tickets: the one there is if it is the client's, or one that was empty. */
static NTSTATUS cache_for(struct krb_credential *c, krb5_context ctx, krb5_principal client,
			  krb5_ccache *out)
{
	krb5_principal has = NULL;
	NTSTATUS status = credential_cache(c, ctx, false, out);

	if (failed(status))
		return status;
	if (!*out)
		return credential_cache_new(c, ctx, client, out);
	if (krb5_cc_get_principal(ctx, *out, &has) != 0) {
		krb5_error_code code = krb5_cc_initialize(ctx, *out, client);
		if (code)
			status = krb_fail(ctx, code, PHASE_SERVICE, NULL, "beginning a ccache");
	} else if (!krb5_principal_compare(ctx, has, client)) {
		reason_note("the tickets are of another client than the ccache's");
		status = fail(SEC_E_WRONG_PRINCIPAL, "tickets for another's ccache");
	}
	krb5_free_principal(ctx, has);
	if (failed(status))
		krb5_cc_close(ctx, *out);
	return status;
}

static size_t size_of(const krb5_creds *c)
{
	return (size_t)c->ticket.length + c->second_ticket.length + sizeof(*c);
}

static size_t cache_size(krb5_context ctx, krb5_ccache cache)
{
	krb5_cc_cursor cursor;
	krb5_creds creds;
	size_t bytes = 0;

	if (krb5_cc_start_seq_get(ctx, cache, &cursor) != 0)
		return 0;
	while (krb5_cc_next_cred(ctx, cache, &cursor, &creds) == 0) {
		bytes += size_of(&creds);
		krb5_free_cred_contents(ctx, &creds);
	}
	krb5_cc_end_seq_get(ctx, cache, &cursor);
	return bytes;
}

/* A cache in our memory has one ticket of each service, and is no larger than one that is shown. */
static NTSTATUS make_room(krb5_context ctx, krb5_ccache cache, krb5_creds **tickets)
{
	size_t bytes = 0;

	for (size_t i = 0; tickets[i]; i++) {
		krb5_creds like = { .client = tickets[i]->client, .server = tickets[i]->server };
		(void)krb5_cc_remove_cred(ctx, cache, 0, &like);
		bytes += size_of(tickets[i]);
	}
	return bytes + cache_size(ctx, cache) <= CCACHE_MOST
		       ? SEC_E_OK
		       : fail(SEC_E_INSUFFICIENT_MEMORY, "tickets for a cache in memory");
}

static NTSTATUS store(struct krb_credential *c, krb5_context ctx, krb5_creds **tickets)
{
	krb5_principal client;
	krb5_ccache cache;
	NTSTATUS status = client_of(ctx, tickets, &client);

	if (!failed(status))
		status = cache_for(c, ctx, client, &cache);
	if (failed(status))
		return status;
	if (c->user || c->is_given)
		status = make_room(ctx, cache, tickets);
	for (size_t i = 0; tickets[i] && !failed(status); i++) {
		krb5_error_code code = krb5_cc_store_cred(ctx, cache, tickets[i]);
		if (code)
			status = krb_fail(ctx, code, PHASE_SERVICE, NULL, "keeping a ticket");
		else if (is_tgt(ctx, tickets[i]->server))
			credential_expires(c, (int64_t)(uint32_t)tickets[i]->times.endtime);
	}
	krb5_cc_close(ctx, cache);
	return status;
}

NTSTATUS tickets_submit(struct krb_credential *c, struct rd krb_cred, int32_t enctype,
			struct rd key)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_creds **tickets = NULL;
	krb5_keyblock block = { .enctype = enctype,
				.length = (unsigned)key.n,
				.contents = (krb5_octet *)(uintptr_t)key.p };

	CLEANUP(credential_unref_p) struct krb_credential *caller = NULL;

	reason_clear();
	NTSTATUS status = context_open(&ctx);
	if (!failed(status) && !c)
		status = credential_of_caller(&caller);
	if (failed(status))
		return status;
	status = tickets_read(ctx, krb_cred, key.n ? &block : NULL, &tickets);
	if (!failed(status))
		status = store(c ? c : caller, ctx, tickets);
	krb5_free_tgt_creds(ctx, tickets);
	return status;
}
