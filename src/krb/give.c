/* krb/give.c - this process's own tickets and keys as bytes, for an LSA in another process.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <time.h>

#include "krb/internal.h"
#include "wire/ccache.h"
#include "wire/keytab.h"

static struct rd bytes_of(const krb5_data *d)
{
	return rd_of(d->data, d->length);
}

/* False for a name of more parts than can be told. */
static bool name_view(krb5_const_principal p, struct ccache_name *out)
{
	if (p->length < 0 || (unsigned)p->length > CCACHE_PARTS_MAX)
		return false;
	*out = (struct ccache_name){ .type = (uint32_t)p->type,
				     .realm = bytes_of(&p->realm),
				     .count = (uint32_t)p->length };
	for (uint32_t i = 0; i < out->count; i++)
		out->part[i] = bytes_of(&p->data[i]);
	return true;
}

/* ---- tickets ---- */

static bool ticket_view(const krb5_creds *c, struct ccache_ticket *out)
{
	*out = (struct ccache_ticket){ .enctype = (uint16_t)c->keyblock.enctype,
				       .key = rd_of(c->keyblock.contents, c->keyblock.length),
				       .authtime = (uint32_t)c->times.authtime,
				       .start = (uint32_t)c->times.starttime,
				       .end = (uint32_t)c->times.endtime,
				       .renew = (uint32_t)c->times.renew_till,
				       .is_skey = c->is_skey,
				       .flags = (uint32_t)c->ticket_flags,
				       .ticket = bytes_of(&c->ticket),
				       .second = bytes_of(&c->second_ticket) };
	return name_view(c->client, &out->client) && name_view(c->server, &out->server);
}

/* What must not be left out: what asks for more tickets, and what the cache says of itself. */
static bool is_first(krb5_context ctx, const krb5_creds *c)
{
	return is_tgt(ctx, c->server) || krb5_is_config_principal(ctx, c->server);
}

/* A ticket for one service that ended, or for which there is no room, is one that is asked for anew. */
static void put_ticket(krb5_context ctx, const krb5_creds *c, struct wr *w)
{
	CLEANUP(wr_done) struct wr one = WR(CCACHE_MOST);
	struct ccache_ticket t;

	if (!ticket_view(c, &t) ||
	    (!is_first(ctx, c) && (int64_t)(uint32_t)c->times.endtime < (int64_t)time(NULL)))
		return;
	ccache_write_ticket(&one, &t);
	if (wr_ok(&one) && one.len <= CCACHE_MOST - w->len)
		wr_rd(w, wr_view(&one));
}

static krb5_error_code put_tickets(krb5_context ctx, krb5_ccache cache, bool first, struct wr *w)
{
	krb5_cc_cursor cursor;
	krb5_creds creds;
	krb5_error_code code = krb5_cc_start_seq_get(ctx, cache, &cursor);

	if (code)
		return code;
	while ((code = krb5_cc_next_cred(ctx, cache, &cursor, &creds)) == 0) {
		if (is_first(ctx, &creds) == first)
			put_ticket(ctx, &creds, w);
		krb5_free_cred_contents(ctx, &creds);
	}
	krb5_cc_end_seq_get(ctx, cache, &cursor);
	return code == KRB5_CC_END ? 0 : code;
}

static NTSTATUS put_cache(krb5_context ctx, krb5_ccache cache, struct wr *w)
{
	krb5_principal owner = NULL;
	struct ccache_name name;
	krb5_error_code code = krb5_cc_get_principal(ctx, cache, &owner);

	if (code)
		return krb_fail(ctx, code, PHASE_SERVICE, NULL, "whose a ccache is");
	bool fits = name_view(owner, &name);
	if (fits)
		ccache_write_owner(w, &name);
	krb5_free_principal(ctx, owner);
	code = put_tickets(ctx, cache, true, w);
	if (!code)
		code = put_tickets(ctx, cache, false, w);
	if (code)
		return krb_fail(ctx, code, PHASE_SERVICE, NULL, "reading a ccache");
	return fits ? SEC_E_OK : fail(SEC_E_NO_CREDENTIALS, "a ccache of a name too long");
}

/* ---- which cache ---- */

/* The one of the collection that is for that target, as GSSAPI chooses it. */
static bool select_for(krb5_context ctx, const char *target, krb5_ccache *out)
{
	krb5_principal service, client = NULL;

	*out = NULL;
	if (!target || failed(name_service(ctx, target, &service)))
		return false;
	if (krb5_cc_select(ctx, service, out, &client) != 0)
		*out = NULL;
	krb5_free_principal(ctx, service);
	krb5_free_principal(ctx, client);
	return *out != NULL;
}

/* The first that has any. */
static bool select_any(krb5_context ctx, krb5_ccache *out)
{
	krb5_cccol_cursor cursor;

	*out = NULL;
	if (krb5_cccol_cursor_new(ctx, &cursor) != 0)
		return false;
	while (krb5_cccol_cursor_next(ctx, cursor, out) == 0 && *out && !any_ticket(ctx, *out)) {
		krb5_cc_close(ctx, *out);
		*out = NULL;
	}
	krb5_cccol_cursor_free(ctx, &cursor);
	return *out != NULL;
}

static NTSTATUS select_cache(krb5_context ctx, const char *target, krb5_ccache *out)
{
	if (select_for(ctx, target, out)) {
		if (any_ticket(ctx, *out))
			return SEC_E_OK;
		krb5_cc_close(ctx, *out);
	}
	krb5_error_code code = krb5_cc_default(ctx, out);
	if (code)
		return krb_fail(ctx, code, PHASE_SERVICE, NULL, "opening a ccache");
	if (any_ticket(ctx, *out))
		return SEC_E_OK;
	krb5_cc_close(ctx, *out);
	if (target && select_any(ctx, out))
		return SEC_E_OK;
	const char *name = krb5_cc_default_name(ctx);
	reason_note("%s: no ticket", name ? name : "the default ccache");
	return fail(SEC_E_NO_CREDENTIALS, "a ccache without tickets");
}

/* Gives what was built away. */
static NTSTATUS give(struct wr *w, struct krb_span *out)
{
	struct rd built = wr_view(w);

	return wr_ok(w) && span_copy(out, built.p, built.n)
		       ? SEC_E_OK
		       : fail(SEC_E_INSUFFICIENT_MEMORY, "bytes of tickets and keys");
}

NTSTATUS caller_tickets(const char *target, struct krb_span *out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(wr_done) struct wr w = WR(CCACHE_MOST);
	krb5_ccache cache;

	reason_clear();
	*out = (struct krb_span){ 0 };
	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = select_cache(ctx, target, &cache);
	if (failed(status))
		return status;
	status = put_cache(ctx, cache, &w);
	krb5_cc_close(ctx, cache);
	return failed(status) ? status : give(&w, out);
}

/* ---- keys ---- */

static void put_key(const krb5_keytab_entry *e, struct wr *w)
{
	CLEANUP(wr_done) struct wr one = WR(KEYTAB_MOST);
	struct keytab_entry entry = { .time = (uint32_t)e->timestamp,
				      .version = e->vno,
				      .enctype = (uint16_t)e->key.enctype,
				      .key = rd_of(e->key.contents, e->key.length) };

	if (!name_view(e->principal, &entry.name))
		return;
	keytab_write_entry(&one, &entry);
	if (wr_ok(&one) && one.len <= KEYTAB_MOST - w->len)
		wr_rd(w, wr_view(&one));
}

static krb5_error_code put_keys(krb5_context ctx, krb5_keytab keytab, struct wr *w)
{
	krb5_kt_cursor cursor;
	krb5_keytab_entry entry;
	krb5_error_code code = krb5_kt_start_seq_get(ctx, keytab, &cursor);

	if (code)
		return code;
	while ((code = krb5_kt_next_entry(ctx, keytab, &entry, &cursor)) == 0) {
		put_key(&entry, w);
		krb5_free_keytab_entry_contents(ctx, &entry);
	}
	krb5_kt_end_seq_get(ctx, keytab, &cursor);
	return code == KRB5_KT_END ? 0 : code;
}

NTSTATUS caller_keys(bool client, struct krb_span *out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(wr_done) struct wr w = WR(KEYTAB_MOST);
	krb5_keytab keytab;

	reason_clear();
	*out = (struct krb_span){ 0 };
	NTSTATUS status = context_open(&ctx);
	if (failed(status))
		return status;
	krb5_error_code code = client ? krb5_kt_client_default(ctx, &keytab)
				      : krb5_kt_default(ctx, &keytab);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "opening a keytab");
	keytab_write_head(&w);
	size_t none = w.len;
	code = put_keys(ctx, keytab, &w);
	krb5_kt_close(ctx, keytab);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "reading a keytab");
	return w.len > none || !wr_ok(&w) ? give(&w, out)
					  : fail(SEC_E_NO_CREDENTIALS, "a keytab without keys");
}
