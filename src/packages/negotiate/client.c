/* packages/negotiate/client.c - the initiator: offers mechanisms, goes on with the one chosen.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [RFC 4178] 4 and 5. What the server says of itself is not protected until its MIC is verified, so
 * nothing but the mechanism's own success, and the MIC where one is due, makes SEC_E_OK. */
#include "base/base.h"

#include "packages/negotiate/engine.h"
#include "packages/negotiate/fallback.h"
#include "packages/negotiate/lsa.h"

/* ---- the first token ---- */

/* What is offered, and the first mechanism's token. */
struct offer {
	enum spnego_mech oid[NEGO_ROWS * NEGO_OIDS_MAX];
	size_t count;
	enum nego_row first;
	bool others; /* than NTLM */
	struct wr token;
	NTSTATUS status; /* of the last mechanism that could not begin */
};

/* The mechanism's first token, when it has to do with that target at all. */
static NTSTATUS begin_row(struct nego_leg *leg, struct offer *o, const struct nego_credential *with,
			  enum nego_row row)
{
	struct nego_context *c = leg->context;
	const char *why = NULL;
	NTSTATUS status = row == NEGO_KERBEROS ? nego_kerberos_fits(with, leg->target, &why)
					       : STATUS_SUCCESS;

	nego_why_listen();
	if (!failed(status)) {
		enum spnego_mech oid[NEGO_OIDS_MAX];
		(void)nego_row_oids(row, nego_is_user_to_user(c), oid);
		nego_inner_choose(c, row, oid[0]);
		wr_reset(&o->token);
		status = nego_inner_step(leg, rd_of(NULL, 0), &o->token);
		why = nego_why_heard();
	}
	if (failed(status) && nego_falls_back(status, !with->is_given))
		nego_why_add(&c->why, row, status, why);
	return status;
}

static void offer_done(struct offer *o)
{
	wr_done(&o->token);
}

/* It fits, but its own configuration is damaged: what is weaker does not take its place unsaid. */
static bool is_damaged(const struct nego_leg *leg, enum nego_row row)
{
	const struct nego_credential *all = leg->context->credential;
	const char *why = NULL;

	return row == NEGO_KERBEROS &&
	       all->passed[NEGO_CLIENT][row].status == SEC_E_INTERNAL_ERROR &&
	       !failed(nego_kerberos_fits(all, leg->target, &why));
}

/* The first that can begin is the optimistic one; those before it that cannot are not offered. */
static bool offer_row(struct nego_leg *leg, struct offer *o, enum nego_row row)
{
	struct nego_credential *all = leg->context->credential;
	const struct nego_credential *with = nego_credential_with(all, NEGO_CLIENT, row);

	if (!with) {
		if (o->first != NEGO_NONE)
			return true;
		nego_why_none(&leg->context->why, all, NEGO_CLIENT, row);
		if (!is_damaged(leg, row))
			return true;
		nego_why_tell(&leg->context->why);
		o->status = all->passed[NEGO_CLIENT][row].status;
		return false;
	}

	if (o->first == NEGO_NONE) {
		o->status = begin_row(leg, o, with, row);
		if (failed(o->status))
			return nego_falls_back(o->status, !with->is_given);
		o->first = row;
	}
	o->others = o->others || row != NEGO_NTLM;
	o->count += nego_row_oids(row, nego_is_user_to_user(leg->context), o->oid + o->count);
	return true;
}

/* None could begin. Where the policy alone keeps NTLM from doing so, that is what is to be known. */
static NTSTATUS nothing_begins(const struct nego_context *c, NTSTATUS status)
{
	const struct nego_passed *ntlm = &c->credential->passed[NEGO_CLIENT][NEGO_NTLM];
	bool blocked = ntlm->status == STATUS_NTLM_BLOCKED &&
		       !nego_credential_of(c->credential, NEGO_CLIENT, NEGO_NTLM);

	nego_why_tell(&c->why);
	return blocked ? STATUS_NTLM_BLOCKED : status;
}

static NTSTATUS offer_all(struct nego_leg *leg, struct offer *o)
{
	for (int row = 0; row < NEGO_ROWS; row++)
		if (!offer_row(leg, o, (enum nego_row)row))
			return o->status;
	return o->first == NEGO_NONE ? nothing_begins(leg->context, o->status) : STATUS_SUCCESS;
}

/* What a server offers of itself binds nobody, since anyone may have written it. */
static NTSTATUS take_hint(const struct nego_leg *leg)
{
	struct spnego_init hint;

	return leg->token.n && !spnego_parse_init(leg->token, &hint)
		       ? fail(SEC_E_INVALID_TOKEN, "reading a server's NegTokenInit2")
		       : STATUS_SUCCESS;
}

static NTSTATUS client_begin(struct nego_leg *leg)
{
	struct nego_context *c = leg->context;
	CLEANUP(offer_done)
	struct offer o = { .first = NEGO_NONE,
			   .token = WR(SPNEGO_TOKEN_MAX),
			   .status = SEC_E_NO_CREDENTIALS };

	NTSTATUS status = take_hint(leg);
	if (failed(status))
		return status;
	status = offer_all(leg, &o);
	if (failed(status))
		return fail(status, "beginning with any mechanism");
	c->stage = NEGO_TALKS;
	/* NTLM alone goes bare inside CredSSP: what every such server takes. */
	c->bare = leg->is_inner_call && !o.others && !c->credential->insists_on_spnego;
	if (c->bare) {
		wr_rd(&leg->out, wr_view(&o.token));
		return SEC_I_CONTINUE_NEEDED;
	}
	spnego_write_mech_list(&c->mech_list, o.oid, o.count);
	struct spnego_init init = { .has_token = o.token.len != 0, .token = wr_view(&o.token) };
	spnego_write_init(&leg->out, wr_view(&c->mech_list), &init);
	return SEC_I_CONTINUE_NEEDED;
}

/* ---- the server's choice ---- */

static NTSTATUS take_choice(struct nego_context *c, const struct spnego_response *in)
{
	c->mic_required = in->state == SPNEGO_REQUEST_MIC;
	if (!in->has_mech)
		return STATUS_SUCCESS; /* the first one is meant */
	enum nego_row row = nego_row_of(in->mech, nego_is_user_to_user(c));
	if (row == NEGO_NONE || !nego_credential_of(c->credential, NEGO_CLIENT, row))
		return fail(SEC_E_INVALID_TOKEN, "a server's choice that was not offered");
	if (row == c->row)
		return STATUS_SUCCESS;
	/* a mechanism before the optimistic one was not offered */
	if (row < c->row || in->token.n)
		return fail(SEC_E_INVALID_TOKEN, "a server's choice of another mechanism");
	nego_why_add(&c->why, c->row, SEC_E_OK, "the server chose another mechanism");
	nego_inner_choose(c, row, in->mech);
	c->mic_required = c->moved = true;
	return STATUS_SUCCESS;
}

/* A server's last words are the mechanism's to read; whatever it makes of them, the server refuses. */
static NTSTATUS take_refusal(struct nego_leg *leg, const struct spnego_response *in)
{
	CLEANUP(wr_done) struct wr unsent = WR(SPNEGO_TOKEN_MAX);
	struct nego_context *c = leg->context;
	NTSTATUS status = SEC_E_LOGON_DENIED;
	bool is_ours = !in->has_mech || nego_row_of(in->mech, true) == c->row;

	if (in->token.n && is_ours && c->inner && !c->inner_complete)
		status = nego_inner_step(leg, in->token, &unsent);
	if (!failed(status) || status == SEC_E_INVALID_TOKEN)
		status = SEC_E_LOGON_DENIED;
	return fail(status, "negotiating with a server that refuses");
}

static NTSTATUS take_state(struct nego_leg *leg, const struct spnego_response *in)
{
	struct nego_context *c = leg->context;

	if (in->state == SPNEGO_REJECT)
		return take_refusal(leg, in);
	if (!c->answered) {
		c->answered = true;
		return take_choice(c, in);
	}
	/* A later supportedMech is ignored, [MS-SPNG] 3.3.5. */
	return in->state == SPNEGO_REQUEST_MIC
		       ? fail(SEC_E_INVALID_TOKEN, "a request for a MIC that comes late")
		       : STATUS_SUCCESS;
}

/* ---- the end ---- */

/* Where our MIC goes with what is sent; not when the mechanism cannot sign and nothing hangs on it. A
 * server that is not done though the mechanism is waits for it, [RFC 4178] 5. */
static NTSTATUS add_mic(struct nego_context *c, bool server_waits, struct wr *mic)
{
	if (c->mic_sent || (!c->mic_required && !nego_mech(c->row)->always_mic && !server_waits))
		return STATUS_SUCCESS;
	NTSTATUS status = nego_mic_make(c, mic);
	if (status != SEC_E_QOP_NOT_SUPPORTED)
		return status;
	if (c->moved || (c->mic_required && !(c->requirements & ISC_REQ_NO_INTEGRITY)))
		return fail(status, "a mechanism that cannot sign the list it was chosen from");
	c->mic_required = false;
	return STATUS_SUCCESS;
}

static void respond(struct nego_leg *leg, enum spnego_state state, const struct wr *token,
		    const struct wr *mic)
{
	spnego_write_response(&leg->out, &(struct spnego_response){
						 .state = state,
						 .has_token = token && token->len,
						 .token = token ? wr_view(token) : rd_of(NULL, 0),
						 .has_mic = mic && mic->len,
						 .mic = mic ? wr_view(mic) : rd_of(NULL, 0),
					 });
}

/* The server has said its last word. */
static NTSTATUS client_complete(struct nego_context *c, size_t unsent)
{
	if (unsent)
		return fail(SEC_E_INVALID_TOKEN, "a server that is done before the mechanism is");
	if ((c->mic_required || c->mic_sent) && !c->mic_verified)
		return fail(SEC_E_INVALID_TOKEN, "a server's MIC that is missing");
	c->stage = NEGO_COMPLETE;
	return SEC_E_OK;
}

/* The mechanism is complete; `last` is its token that has not been sent. */
static NTSTATUS client_conclude(struct nego_leg *leg, const struct spnego_response *in,
				const struct wr *last, bool was_complete)
{
	CLEANUP(wr_done) struct wr mic = WR(SPNEGO_TOKEN_MAX);
	struct nego_context *c = leg->context;
	bool had_sent = c->mic_sent;
	NTSTATUS status = in->has_mic ? nego_mic_verify(c, in->mic) : STATUS_SUCCESS;

	if (failed(status))
		return status;
	if (in->state == SPNEGO_ACCEPT_COMPLETED ||
	    (in->state == SPNEGO_STATE_ABSENT && was_complete))
		return client_complete(c, last->len);
	if (had_sent)
		return fail(SEC_E_INVALID_TOKEN, "a server that is not done when all is said");
	status = add_mic(c, !last->len, &mic);
	if (failed(status))
		return status;
	if (!last->len && !mic.len)
		return fail(SEC_E_INVALID_TOKEN, "a server that waits for nothing");
	if (!last->len && c->mic_verified) {
		respond(leg, SPNEGO_ACCEPT_COMPLETED, NULL, &mic);
		c->stage = NEGO_COMPLETE;
		return SEC_E_OK;
	}
	respond(leg, SPNEGO_ACCEPT_INCOMPLETE, last, &mic);
	/* CredSSP seals beside this token; nothing that the server could still say changes the keys */
	c->maps = leg->is_inner_call && !c->mic_required;
	return SEC_I_CONTINUE_NEEDED;
}

/* A token after the mechanism's last, or none where one is due. */
static bool token_fits(const struct nego_context *c, const struct spnego_response *in)
{
	if (c->inner_complete || !c->inner)
		return in->token.n == 0;
	return in->token.n != 0;
}

static NTSTATUS client_answer(struct nego_leg *leg)
{
	CLEANUP(wr_done) struct wr token = WR(SPNEGO_TOKEN_MAX);
	struct nego_context *c = leg->context;
	struct spnego_response in;

	if (!spnego_parse_response(leg->token, &in))
		return fail(SEC_E_INVALID_TOKEN, "reading a NegTokenResp");
	NTSTATUS status = take_state(leg, &in);
	if (failed(status))
		return status;
	if (!token_fits(c, &in))
		return fail(SEC_E_INVALID_TOKEN, "a NegTokenResp with too few or too many tokens");
	bool was_complete = c->inner_complete;
	if (!was_complete) {
		status = nego_inner_step(leg, in.token, &token);
		if (failed(status))
			return status;
	}
	if (c->inner_complete)
		return client_conclude(leg, &in, &token, was_complete);
	if (in.state == SPNEGO_ACCEPT_COMPLETED || in.has_mic)
		return fail(SEC_E_INVALID_TOKEN, "a server that is done before the mechanism is");
	respond(leg, SPNEGO_ACCEPT_INCOMPLETE, &token, NULL);
	return SEC_I_CONTINUE_NEEDED;
}

NTSTATUS nego_client_leg(struct nego_leg *leg)
{
	struct nego_context *c = leg->context;

	if (c->stage == NEGO_BEGINS)
		return client_begin(leg);
	return c->bare ? nego_bare_step(leg) : client_answer(leg);
}
