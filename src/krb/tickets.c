/* krb/tickets.c - the tickets of a credential's ccache: listed, asked for, thrown away.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <strings.h>

#include "krb/internal.h"

void ticket_done(struct krb_ticket *t)
{
	mem_free(t->client);
	mem_free(t->server);
	mem_free(t->encoded.p);
	secret_free(t->key);
	*t = (struct krb_ticket){ 0 };
}

static int64_t unix_time(krb5_timestamp t)
{
	return (int64_t)(uint32_t)t;
}

NTSTATUS ticket_fill(krb5_context ctx, const krb5_creds *from, struct krb_ticket *out)
{
	krb5_ticket *ticket = NULL;

	*out = (struct krb_ticket){
		.client = principal_text(ctx, from->client),
		.server = principal_text(ctx, from->server),
		.start = unix_time(from->times.starttime ? from->times.starttime
							 : from->times.authtime),
		.end = unix_time(from->times.endtime),
		.renew = unix_time(from->times.renew_till),
		.key_enctype = from->keyblock.enctype,
		.flags = (uint32_t)from->ticket_flags,
		.is_config = krb5_is_config_principal(ctx, from->server) != 0,
		.key = secret_of(from->keyblock.contents, from->keyblock.length),
	};
	if (!out->client || !out->server || !out->key ||
	    !span_copy(&out->encoded, from->ticket.data, from->ticket.length)) {
		ticket_done(out);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a ticket");
	}
	if (!out->is_config && krb5_decode_ticket(&from->ticket, &ticket) == 0) {
		out->ticket_enctype = ticket->enc_part.enctype;
		krb5_free_ticket(ctx, ticket);
	}
	return SEC_E_OK;
}

bool is_tgt(krb5_context ctx, krb5_const_principal server)
{
	const krb5_data *first =
		krb5_princ_size(ctx, server) == 2 ? krb5_princ_component(ctx, server, 0) : NULL;
	return first && first->length == 6 && memcmp(first->data, "krbtgt", 6) == 0;
}

/* One call of the visitor; false in `*more` when it has seen enough. */
static NTSTATUS visit_one(krb5_context ctx, const krb5_creds *creds, krb_ticket_visit *visit,
			  void *to, bool *more)
{
	struct krb_ticket ticket;
	NTSTATUS status = ticket_fill(ctx, creds, &ticket);

	*more = !failed(status) && visit(to, &ticket);
	if (!failed(status))
		ticket_done(&ticket);
	return status;
}

static NTSTATUS visit_all(krb5_context ctx, krb5_ccache cache, krb_ticket_visit *visit, void *to)
{
	krb5_cc_cursor cursor;
	krb5_creds creds;
	NTSTATUS status = SEC_E_OK;
	bool more = true;
	krb5_error_code code = krb5_cc_start_seq_get(ctx, cache, &cursor);

	if (code)
		return krb_fail(ctx, code, PHASE_SERVICE, NULL, "reading a ccache");
	while (more && (code = krb5_cc_next_cred(ctx, cache, &cursor, &creds)) == 0) {
		status = visit_one(ctx, &creds, visit, to, &more);
		krb5_free_cred_contents(ctx, &creds);
	}
	krb5_cc_end_seq_get(ctx, cache, &cursor);
	if (code && code != KRB5_CC_END)
		return krb_fail(ctx, code, PHASE_SERVICE, NULL, "reading a ccache");
	return status;
}

NTSTATUS each_ticket(struct krb_credential *c, krb_ticket_visit *visit, void *to)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_ccache cache;

	reason_clear();
	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = credential_cache(c, ctx, false, &cache);
	if (failed(status) || !cache)
		return status;
	status = visit_all(ctx, cache, visit, to);
	krb5_cc_close(ctx, cache);
	return status;
}

NTSTATUS ticket_ask(krb5_context ctx, krb5_ccache cache, const char *target, bool cache_only,
		    krb5_creds **out)
{
	CLEANUP(mem_free_p) char *name = NULL;
	krb5_creds wanted = { 0 };

	*out = NULL;
	NTSTATUS status = name_service(ctx, target, &wanted.server);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_cc_get_principal(ctx, cache, &wanted.client);
	if (!code)
		code = krb5_get_credentials(ctx, cache_only ? KRB5_GC_CACHED : 0, cache, &wanted,
					    out);
	if (code) {
		name = principal_text(ctx, wanted.server);
		status = krb_fail(ctx, code, PHASE_SERVICE, name, "asking for a service's ticket");
	}
	krb5_free_cred_contents(ctx, &wanted);
	return status;
}

/* A service that was asked for without a realm has the one that the KDC put into its ticket. */
static NTSTATUS settle_realm(krb5_context ctx, const krb5_creds *from, struct krb_ticket *out)
{
	krb5_ticket *ticket = NULL;

	if (from->server->realm.length || krb5_decode_ticket(&from->ticket, &ticket) != 0)
		return SEC_E_OK;
	char *server = principal_text(ctx, ticket->server);
	krb5_free_ticket(ctx, ticket);
	if (!server) {
		ticket_done(out);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a service's name");
	}
	mem_free(out->server);
	out->server = server;
	return SEC_E_OK;
}

NTSTATUS get_ticket(struct krb_credential *c, const char *target, bool cache_only,
		    struct krb_ticket *out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_ccache cache;
	krb5_creds *creds = NULL;

	reason_clear();
	*out = (struct krb_ticket){ 0 };
	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = credential_cache(c, ctx, !cache_only, &cache);
	if (failed(status))
		return status;
	if (!cache)
		return fail(SEC_E_NO_CREDENTIALS, "a ticket of a credential that has none");
	status = ticket_ask(ctx, cache, target, cache_only, &creds);
	if (!failed(status))
		status = ticket_fill(ctx, creds, out);
	if (!failed(status))
		status = settle_realm(ctx, creds, out);
	krb5_free_creds(ctx, creds);
	krb5_cc_close(ctx, cache);
	return status;
}

/* ---- purging ---- */

static bool filter_matches(krb5_context ctx, const struct krb_filter *which,
			   krb5_const_principal server)
{
	char *text = NULL;
	int flags = strchr(which->server, '@') ? 0 : KRB5_PRINCIPAL_UNPARSE_NO_REALM;

	if (krb5_is_config_principal(ctx, server) ||
	    krb5_unparse_name_flags(ctx, server, flags, &text) != 0)
		return false;
	bool same = strcasecmp(text, which->server) == 0;
	krb5_free_unparsed_name(ctx, text);
	return same;
}

/* Removes the first ticket that is meant; false in `*found` when there is none. */
static krb5_error_code remove_one(krb5_context ctx, krb5_ccache cache,
				  const struct krb_filter *which, bool *found, bool *tgt)
{
	krb5_cc_cursor cursor;
	krb5_creds creds;
	krb5_error_code code = krb5_cc_start_seq_get(ctx, cache, &cursor);

	*found = false;
	if (code)
		return code;
	while ((code = krb5_cc_next_cred(ctx, cache, &cursor, &creds)) == 0) {
		*found = filter_matches(ctx, which, creds.server);
		if (*found)
			break;
		krb5_free_cred_contents(ctx, &creds);
	}
	krb5_cc_end_seq_get(ctx, cache, &cursor);
	if (!*found)
		return code == KRB5_CC_END ? 0 : code;
	*tgt |= is_tgt(ctx, creds.server);
	code = krb5_cc_remove_cred(ctx, cache, 0, &creds);
	krb5_free_cred_contents(ctx, &creds);
	return code;
}

#define PURGE_MOST 10000 /* a ccache that gives removed tickets back must not hold us for ever */

static NTSTATUS purge_some(krb5_context ctx, krb5_ccache cache, const struct krb_filter *which,
			   uint32_t *count, bool *tgt)
{
	bool found = true;

	while (found && *count < PURGE_MOST) {
		krb5_error_code code = remove_one(ctx, cache, which, &found, tgt);
		if (code)
			return krb_fail(ctx, code, PHASE_SERVICE, which->server,
					"removing tickets");
		*count += found;
	}
	return SEC_E_OK;
}

static bool count_ticket(void *to, const struct krb_ticket *ticket)
{
	uint32_t *count = to;
	*count += !ticket->is_config;
	return true;
}

/* The ccache stays, and whose it is. */
static NTSTATUS purge_all(krb5_context ctx, krb5_ccache cache, uint32_t *count)
{
	krb5_principal client = NULL;
	NTSTATUS status = visit_all(ctx, cache, count_ticket, count);

	if (failed(status))
		return status;
	krb5_error_code code = krb5_cc_get_principal(ctx, cache, &client);
	if (!code)
		code = krb5_cc_initialize(ctx, cache, client);
	krb5_free_principal(ctx, client);
	return code ? krb_fail(ctx, code, PHASE_SERVICE, NULL, "emptying a ccache") : SEC_E_OK;
}

NTSTATUS tickets_purge(struct krb_credential *c, const struct krb_filter *which, uint32_t *count)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_ccache cache;
	bool some = which && which->server;
	bool tgt = !some;

	reason_clear();
	*count = 0;
	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = credential_cache(c, ctx, false, &cache);
	if (failed(status) || !cache)
		return status;
	status = some ? purge_some(ctx, cache, which, count, &tgt) : purge_all(ctx, cache, count);
	krb5_cc_close(ctx, cache);
	if (tgt)
		credential_expires(c, 0);
	return status;
}
