/* krb/guard.c - Remote Credential Guard's tickets, [MS-CSSP] 2.2.1.2.3: a TGT sealed for one computer.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <time.h>

#include "krb/internal.h"

/* A forwarded TGT as KRB_CRED under a service ticket's session key. */
static NTSTATUS seal_tgt(krb5_context ctx, krb5_ccache cache, krb5_creds *service,
			 struct krb_span *out)
{
	krb5_auth_context auth = NULL;
	krb5_data sealed = { 0 };
	krb5_error_code code = krb5_auth_con_init(ctx, &auth);

	if (!code)
		code = krb5_auth_con_setflags(ctx, auth, 0);
	if (!code)
		code = krb5_auth_con_setsendsubkey(ctx, auth, &service->keyblock);
	if (!code)
		code = krb5_fwd_tgt_creds(ctx, auth, "", service->client, service->server, cache, 1,
					  &sealed);
	krb5_auth_con_free(ctx, auth);
	if (code)
		return krb_fail(ctx, code, PHASE_SERVICE, NULL, "forwarding a TGT");
	bool kept = span_copy(out, sealed.data, sealed.length);
	krb5_free_data_contents(ctx, &sealed);
	return kept ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a forwarded TGT");
}

NTSTATUS tgt_export(struct krb_credential *c, const char *target, struct krb_span *service_ticket,
		    struct krb_span *krb_cred)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_ccache cache;
	krb5_creds *service = NULL;

	reason_clear();
	*service_ticket = *krb_cred = (struct krb_span){ 0 };
	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = credential_cache(c, ctx, true, &cache);
	if (failed(status))
		return status;
	status = ticket_ask(ctx, cache, target, false, &service);
	if (!failed(status))
		status = seal_tgt(ctx, cache, service, krb_cred);
	if (!failed(status) &&
	    !span_copy(service_ticket, service->ticket.data, service->ticket.length)) {
		mem_free_wiped(krb_cred->p, krb_cred->n);
		*krb_cred = (struct krb_span){ 0 };
		status = fail(SEC_E_INSUFFICIENT_MEMORY, "a service's ticket");
	}
	krb5_free_creds(ctx, service);
	krb5_cc_close(ctx, cache);
	return status;
}

/* ---- the server's side ---- */

/* Libraries' usual tolerance; krb5.conf's own is not to be had from outside. */
#define SKEW 300

static NTSTATUS ticket_is_for(krb5_context ctx, const struct krb_credential *acceptor,
			      const krb5_ticket *ticket)
{
	krb5_principal own = NULL;
	int64_t now = (int64_t)time(NULL);
	const krb5_ticket_times *times = &ticket->enc_part2->times;
	krb5_timestamp start = times->starttime ? times->starttime : times->authtime;

	if ((int64_t)(uint32_t)times->endtime + SKEW < now)
		return fail(SEC_E_CONTEXT_EXPIRED, "a service ticket that ended");
	if ((int64_t)(uint32_t)start - SKEW > now || ticket->enc_part2->flags & TKT_FLG_INVALID)
		return fail(SEC_E_TIME_SKEW, "a service ticket of tomorrow");
	if (!acceptor->service)
		return SEC_E_OK;
	krb5_error_code code = krb5_parse_name(ctx, acceptor->service, &own);
	bool ours = !code && krb5_principal_compare(ctx, own, ticket->server);
	krb5_free_principal(ctx, own);
	return ours ? SEC_E_OK : fail(SEC_E_WRONG_PRINCIPAL, "a ticket for another service");
}

/* Opens a service ticket with the acceptor's keytab; the caller frees it. */
static NTSTATUS open_ticket(krb5_context ctx, const struct krb_credential *acceptor,
			    struct rd encoded, krb5_ticket **out)
{
	CLEANUP(mem_free_p) char *name = NULL;
	krb5_data data = { .length = (unsigned)encoded.n, .data = (char *)(uintptr_t)encoded.p };
	krb5_keytab keytab;
	const char *file = acceptor->keytab;

	*out = NULL;
	if (encoded.n > INT32_MAX || krb5_decode_ticket(&data, out) != 0)
		return fail(SEC_E_INVALID_TOKEN, "reading a service ticket");
	krb5_error_code code = file ? krb5_kt_resolve(ctx, file, &keytab)
				    : krb5_kt_default(ctx, &keytab);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, file, "opening a keytab");
	code = krb5_server_decrypt_ticket_keytab(ctx, keytab, *out);
	krb5_kt_close(ctx, keytab);
	if (!code)
		return ticket_is_for(ctx, acceptor, *out);
	name = principal_text(ctx, (*out)->server);
	return krb_fail(ctx, code, PHASE_ACCEPT, name, "opening a service ticket");
}

/* A MEMORY ccache of the tickets. */
static NTSTATUS keep_all(krb5_context ctx, krb5_creds **tickets, char **out)
{
	krb5_ccache cache = NULL;
	krb5_error_code code = krb5_cc_new_unique(ctx, "MEMORY", NULL, &cache);

	*out = NULL;
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "a ccache for a TGT");
	code = krb5_cc_initialize(ctx, cache, tickets[0]->client);
	for (size_t i = 0; !code && tickets[i]; i++)
		code = krb5_cc_store_cred(ctx, cache, tickets[i]);
	NTSTATUS status = code ? krb_fail(ctx, code, PHASE_LOCAL, NULL, "keeping a TGT")
			       : cache_name(ctx, cache, out);
	if (failed(status))
		krb5_cc_destroy(ctx, cache);
	else
		krb5_cc_close(ctx, cache);
	return status;
}

/* All tickets are the client's that the service ticket names. */
static bool are_clients(krb5_context ctx, krb5_creds **tickets, krb5_const_principal client)
{
	for (size_t i = 0; tickets[i]; i++)
		if (!krb5_principal_compare(ctx, tickets[i]->client, client))
			return false;
	return true;
}

NTSTATUS tgt_import(struct krb_credential *acceptor, struct rd service_ticket, struct rd krb_cred,
		    struct krb_credential **out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_ticket *ticket = NULL;
	krb5_creds **tickets = NULL;
	char *cache = NULL;

	reason_clear();
	*out = NULL;
	if (!(acceptor->use & KRB_ACCEPT))
		return fail(SEC_E_NO_CREDENTIALS, "a TGT for a credential that accepts nothing");
	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = open_ticket(ctx, acceptor, service_ticket, &ticket);
	if (!failed(status))
		status = tickets_read(ctx, krb_cred, ticket->enc_part2->session, &tickets);
	if (!failed(status) && !are_clients(ctx, tickets, ticket->enc_part2->client))
		status = fail(SEC_E_WRONG_PRINCIPAL, "a TGT of another client");
	if (!failed(status))
		status = keep_all(ctx, tickets, &cache);
	krb5_free_tgt_creds(ctx, tickets);
	krb5_free_ticket(ctx, ticket);
	return failed(status) ? status : credential_of_cache(TAKE(cache), out);
}
