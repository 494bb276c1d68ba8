/* krb/user2user.c - sign-in to a user who has a TGT and no key: draft-ietf-cat-user2user over libkrb5.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The server lends its TGT, the KDC seals the service ticket with that TGT's session key. GSSAPI of MIT
 * has no such mechanism, so the AP exchange is made here, with RFC 4121's checksum and keys. */
#include "base/base.h"

#include "krb/internal.h"

enum state {
	STATE_BEGIN,
	STATE_TGT, /* client: the server's TGT comes; server: a client's AP-REQ */
	STATE_REPLY,
	STATE_DONE
};

struct user2user {
	krb5_context ctx;
	krb5_auth_context auth;
	enum state state;
	krb5_principal server;	/* client: who is meant */
	krb5_keyblock *tgt_key; /* server: its TGT's */
	krb5_creds *service;	/* client: the ticket that the KDC gave */
	krb5_ticket *ticket;	/* server: the ticket that came */
	bool acceptor_subkey;
};

void user2user_free(struct user2user *u)
{
	if (!u)
		return;
	if (u->ctx) {
		krb5_auth_con_free(u->ctx, u->auth);
		krb5_free_principal(u->ctx, u->server);
		krb5_free_keyblock(u->ctx, u->tgt_key);
		krb5_free_creds(u->ctx, u->service);
		krb5_free_ticket(u->ctx, u->ticket);
		krb5_free_context(u->ctx);
	}
	mem_free(u);
}

static NTSTATUS begin(struct krb_context *c)
{
	struct user2user *u = MEM_NEW(struct user2user);

	if (!u)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user-to-user context");
	c->u2u = u;
	NTSTATUS status = context_open(&u->ctx);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_auth_con_init(u->ctx, &u->auth);
	if (!code)
		code = krb5_auth_con_setflags(
			u->ctx, u->auth, KRB5_AUTH_CONTEXT_DO_TIME | KRB5_AUTH_CONTEXT_DO_SEQUENCE);
	return code ? krb_fail(u->ctx, code, PHASE_LOCAL, NULL, "an AP exchange") : SEC_E_OK;
}

static NTSTATUS close_data(struct user2user *u, uint16_t id, krb5_data *data, struct krb_span *out)
{
	NTSTATUS status = frame_close(id, rd_of(data->data, data->length), out);
	krb5_free_data_contents(u->ctx, data);
	return status;
}

/* ---- the client ---- */

static NTSTATUS ask_tgt(struct krb_context *c, struct krb_span *answer)
{
	struct user2user *u = c->u2u;
	NTSTATUS status = name_service(u->ctx, c->target, &u->server);

	if (!failed(status))
		status = tgt_request(u->ctx, u->server, answer);
	u->state = STATE_TGT;
	return failed(status) ? status : SEC_I_CONTINUE_NEEDED;
}

/* The service ticket, which the KDC seals with the session key of the server's TGT. */
static NTSTATUS ask_ticket(struct krb_context *c, struct rd server_tgt)
{
	struct user2user *u = c->u2u;
	krb5_ccache cache;
	krb5_creds wanted = { .server = u->server,
			      .second_ticket = { .length = (unsigned)server_tgt.n,
						 .data = (char *)(uintptr_t)server_tgt.p } };

	NTSTATUS status = credential_cache(c->credential, u->ctx, true, &cache);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_cc_get_principal(u->ctx, cache, &wanted.client);
	/* Not kept: it is good for this TGT of the server's alone. */
	if (!code)
		code = krb5_get_credentials(u->ctx, KRB5_GC_USER_USER | KRB5_GC_NO_STORE, cache,
					    &wanted, &u->service);
	krb5_free_principal(u->ctx, wanted.client);
	krb5_cc_close(u->ctx, cache);
	return code ? krb_fail(u->ctx, code, PHASE_SERVICE, c->target, "asking for a user's ticket")
		    : SEC_E_OK;
}

#define OPTIONS (AP_OPTS_USE_SESSION_KEY | AP_OPTS_USE_SUBKEY)

static NTSTATUS request(struct krb_context *c, struct rd body, struct krb_span *answer)
{
	struct user2user *u = c->u2u;
	uint8_t sum[CHECKSUM_SIZE];
	krb5_data in = { .length = sizeof(sum), .data = (char *)sum }, out = { 0 };
	struct rd server_tgt;
	uint32_t flags = c->flags & KRB_GSS_FLAGS &
			 ~(uint32_t)(KRB_DELEGATE | KRB_DELEGATE_POLICY | KRB_DCE_STYLE);
	bool mutual = (flags & KRB_MUTUAL) != 0;

	if (!tgt_reply_read(body, &server_tgt) || server_tgt.n > INT32_MAX)
		return fail(SEC_E_INVALID_TOKEN, "reading a KRB_TGT_REP");
	NTSTATUS status = ask_ticket(c, server_tgt);
	if (!failed(status))
		status = checksum_make(u->ctx, rd_of(c->bindings.p, c->bindings.n), flags, sum);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_auth_con_set_req_cksumtype(u->ctx, u->auth, CHECKSUM_TYPE);
	if (!code)
		code = krb5_mk_req_extended(u->ctx, &u->auth,
					    OPTIONS | (mutual ? AP_OPTS_MUTUAL_REQUIRED : 0), &in,
					    u->service, &out);
	if (code)
		return krb_fail(u->ctx, code, PHASE_SERVICE, c->target, "making an AP-REQ");
	status = close_data(u, ID_AP_REQ, &out, answer);
	if (failed(status))
		return status;
	c->granted = flags | KRB_USER_TO_USER;
	u->state = mutual ? STATE_REPLY : STATE_DONE;
	return mutual ? SEC_I_CONTINUE_NEEDED : SEC_E_OK;
}

static NTSTATUS read_reply(struct krb_context *c, struct rd body)
{
	struct user2user *u = c->u2u;
	krb5_data in = { .length = (unsigned)body.n, .data = (char *)(uintptr_t)body.p };
	krb5_ap_rep_enc_part *reply = NULL;
	krb5_error_code code = krb5_rd_rep(u->ctx, u->auth, &in, &reply);

	if (code)
		return krb_fail(u->ctx, code, PHASE_PEER, c->target, "reading an AP-REP");
	u->acceptor_subkey = reply->subkey != NULL;
	krb5_free_ap_rep_enc_part(u->ctx, reply);
	u->state = STATE_DONE;
	return SEC_E_OK;
}

static NTSTATUS initiate(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	struct user2user *u = c->u2u;
	struct rd body;
	uint16_t id;

	if (u->state == STATE_BEGIN)
		return ask_tgt(c, answer);
	if (frame_open(token, &id, &body) != MECHANISM_USER_TO_USER)
		return fail(SEC_E_INVALID_TOKEN, "a token that is not user-to-user's");
	if (id == ID_ERROR)
		return krb_told(u->ctx, body, PHASE_PEER, c->target);
	if (u->state == STATE_TGT && id == ID_TGT_REP)
		return request(c, body, answer);
	if (u->state == STATE_REPLY && id == ID_AP_REP)
		return read_reply(c, body);
	return fail(SEC_E_INVALID_TOKEN, "a user-to-user token out of turn");
}

/* ---- the server ---- */

/* The own TGT; it is of the realm that the ccache's client is of. */
static NTSTATUS own_tgt(struct krb_context *c, krb5_creds **out)
{
	struct user2user *u = c->u2u;
	krb5_principal client = NULL;
	krb5_ccache cache;
	char target[600];

	NTSTATUS status = credential_cache(c->credential, u->ctx, true, &cache);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_cc_get_principal(u->ctx, cache, &client);
	if (code) {
		status = krb_fail(u->ctx, code, PHASE_SERVICE, NULL, "the own TGT");
	} else {
		int n = (int)client->realm.length;
		snprintf(target, sizeof(target), "krbtgt/%.*s@%.*s", n, client->realm.data, n,
			 client->realm.data);
		status = ticket_ask(u->ctx, cache, target, true, out);
	}
	krb5_free_principal(u->ctx, client);
	krb5_cc_close(u->ctx, cache);
	return status;
}

static NTSTATUS lend_tgt(struct krb_context *c, struct rd body, struct krb_span *answer)
{
	struct user2user *u = c->u2u;
	krb5_creds *tgt = NULL;

	if (!tgt_request_read(body))
		return fail(SEC_E_INVALID_TOKEN, "reading a KRB_TGT_REQ");
	NTSTATUS status = own_tgt(c, &tgt);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_copy_keyblock(u->ctx, &tgt->keyblock, &u->tgt_key);
	status = code ? krb_fail(u->ctx, code, PHASE_LOCAL, NULL, "the own TGT's key")
		      : tgt_reply(rd_of(tgt->ticket.data, tgt->ticket.length), answer);
	krb5_free_creds(u->ctx, tgt);
	u->state = STATE_TGT;
	return failed(status) ? status : SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS judge(struct krb_context *c, krb5_flags options)
{
	struct user2user *u = c->u2u;
	krb5_authenticator *sent = NULL;

	if (!(options & AP_OPTS_USE_SESSION_KEY))
		return fail(SEC_E_INVALID_TOKEN, "an AP-REQ that is not user-to-user's");
	krb5_error_code code = krb5_auth_con_getauthenticator(u->ctx, u->auth, &sent);
	if (code)
		return krb_fail(u->ctx, code, PHASE_ACCEPT, NULL, "an AP-REQ's authenticator");
	NTSTATUS status = checksum_read(u->ctx, sent->checksum, c, &c->granted);
	krb5_free_authenticator(u->ctx, sent);
	bool mutual = (options & AP_OPTS_MUTUAL_REQUIRED) != 0;
	c->granted = (c->granted & ~KRB_MUTUAL) | KRB_USER_TO_USER | (mutual ? KRB_MUTUAL : 0);
	return status;
}

/* RFC 4757's contexts have no key of the acceptor's. */
static bool may_have_subkey(struct user2user *u)
{
	krb5_keyblock *key = NULL;

	if (krb5_auth_con_getrecvsubkey(u->ctx, u->auth, &key) != 0 || !key)
		return true;
	bool may = key->enctype != ENCTYPE_ARCFOUR_HMAC;
	krb5_free_keyblock(u->ctx, key);
	return may;
}

static NTSTATUS reply(struct krb_context *c, struct krb_span *answer)
{
	struct user2user *u = c->u2u;
	krb5_data out = { 0 };
	krb5_int32 flags = 0;

	u->state = STATE_DONE;
	if (!(c->granted & KRB_MUTUAL))
		return SEC_E_OK;
	krb5_auth_con_getflags(u->ctx, u->auth, &flags);
	u->acceptor_subkey = may_have_subkey(u);
	if (u->acceptor_subkey)
		krb5_auth_con_setflags(u->ctx, u->auth, flags | KRB5_AUTH_CONTEXT_USE_SUBKEY);
	krb5_error_code code = krb5_mk_rep(u->ctx, u->auth, &out);
	if (code)
		return krb_fail(u->ctx, code, PHASE_ACCEPT, NULL, "making an AP-REP");
	return close_data(u, ID_AP_REP, &out, answer);
}

static NTSTATUS take_request(struct krb_context *c, struct rd body, struct krb_span *answer)
{
	struct user2user *u = c->u2u;
	krb5_data in = { .length = (unsigned)body.n, .data = (char *)(uintptr_t)body.p };
	krb5_flags options = 0;

	krb5_error_code code = krb5_auth_con_setuseruserkey(u->ctx, u->auth, u->tgt_key);
	if (!code)
		code = krb5_rd_req(u->ctx, &u->auth, &in, NULL, NULL, &options, &u->ticket);
	if (code)
		return krb_fail(u->ctx, code, PHASE_ACCEPT, NULL, "reading an AP-REQ");
	NTSTATUS status = judge(c, options);
	return failed(status) ? status : reply(c, answer);
}

static NTSTATUS accept(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	struct user2user *u = c->u2u;
	struct rd body;
	uint16_t id;

	if (frame_open(token, &id, &body) != MECHANISM_USER_TO_USER)
		return fail(SEC_E_INVALID_TOKEN, "a token that is not user-to-user's");
	if (u->state == STATE_BEGIN && id == ID_TGT_REQ)
		return lend_tgt(c, body, answer);
	if (u->state == STATE_TGT && id == ID_AP_REQ)
		return take_request(c, body, answer);
	return fail(SEC_E_INVALID_TOKEN, "a user-to-user token out of turn");
}

NTSTATUS user2user_step(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	NTSTATUS status = c->u2u ? SEC_E_OK : begin(c);

	if (failed(status))
		return status;
	return c->acceptor ? accept(c, token, answer) : initiate(c, token, answer);
}

/* ---- what it is made of ---- */

static NTSTATUS take_key(struct user2user *u, bool acceptor, struct krb_established *out)
{
	krb5_keyblock *key = NULL;
	/* The acceptor's subkey is the acceptor's sending and the initiator's receiving one. */
	bool sent = acceptor == u->acceptor_subkey;
	krb5_error_code code = sent ? krb5_auth_con_getsendsubkey(u->ctx, u->auth, &key)
				    : krb5_auth_con_getrecvsubkey(u->ctx, u->auth, &key);

	if (!code && !key)
		code = krb5_auth_con_getkey(u->ctx, u->auth, &key);
	if (code || !key)
		return krb_fail(u->ctx, code, PHASE_LOCAL, NULL, "a user-to-user key");
	out->enctype = key->enctype;
	out->acceptor_subkey = u->acceptor_subkey;
	out->key = secret_of(key->contents, key->length);
	out->session_key = secret_of(key->contents, key->length);
	krb5_free_keyblock(u->ctx, key);
	return out->key && out->session_key ? SEC_E_OK
					    : fail(SEC_E_INSUFFICIENT_MEMORY, "a user-to-user key");
}

static void take_numbers(struct user2user *u, struct krb_established *out)
{
	krb5_int32 local = 0, remote = 0;

	krb5_auth_con_getlocalseqnumber(u->ctx, u->auth, &local);
	krb5_auth_con_getremoteseqnumber(u->ctx, u->auth, &remote);
	out->send_sequence = (uint32_t)local;
	out->receive_sequence = (uint32_t)remote;
	/* Without an AP-REP both directions count from the client's number: RFC 4121 4.1.1. */
	if (!(out->flags & KRB_MUTUAL) && u->ticket)
		out->send_sequence = out->receive_sequence;
	else if (!(out->flags & KRB_MUTUAL))
		out->receive_sequence = out->send_sequence;
}

static int32_t enctype_of(krb5_context ctx, const krb5_data *encoded)
{
	krb5_ticket *ticket = NULL;

	if (krb5_decode_ticket(encoded, &ticket) != 0)
		return 0;
	int32_t enctype = ticket->enc_part.enctype;
	krb5_free_ticket(ctx, ticket);
	return enctype;
}

/* A server's PAC, which is sealed for the TGT's session key as the ticket is. */
static void take_pac(struct user2user *u, struct krb_established *out)
{
	const krb5_enc_tkt_part *part = u->ticket->enc_part2;
	krb5_authdata **found = NULL;
	krb5_data info = { 0 };
	krb5_pac pac = NULL;

	if (krb5_find_authdata(u->ctx, part->authorization_data, NULL, KRB5_AUTHDATA_WIN2K_PAC,
			       &found) != 0 ||
	    !found)
		return;
	if (found[0] && krb5_pac_parse(u->ctx, found[0]->contents, found[0]->length, &pac) == 0 &&
	    krb5_pac_verify(u->ctx, pac, part->times.authtime, part->client, u->tgt_key, NULL) ==
		    0 &&
	    krb5_pac_get_buffer(u->ctx, pac, KRB5_PAC_LOGON_INFO, &info) == 0 &&
	    !span_copy(&out->pac_logon_info, info.data, info.length))
		out->pac_logon_info = (struct krb_span){ 0 };
	krb5_free_data_contents(u->ctx, &info);
	krb5_pac_free(u->ctx, pac);
	krb5_free_authdata(u->ctx, found);
}

NTSTATUS user2user_finish(struct krb_context *c, struct krb_established *out)
{
	struct user2user *u = c->u2u;
	krb5_const_principal client = u->ticket ? u->ticket->enc_part2->client : u->service->client;
	krb5_const_principal server = u->ticket ? u->ticket->server : u->service->server;
	const krb5_ticket_times *times = u->ticket ? &u->ticket->enc_part2->times
						   : &u->service->times;

	out->client = principal_text(u->ctx, client);
	out->server = principal_text(u->ctx, server);
	if (!out->client || !out->server)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user-to-user context's names");
	out->start = (int64_t)(uint32_t)times->authtime;
	out->expiry = (int64_t)(uint32_t)times->endtime;
	out->ticket_enctype = u->ticket ? u->ticket->enc_part.enctype
					: enctype_of(u->ctx, &u->service->ticket);
	take_numbers(u, out);
	if (u->ticket)
		take_pac(u, out);
	return take_key(u, c->acceptor, out);
}
