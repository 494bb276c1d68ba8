/* packages/negotiate/server.c - the acceptor: chooses a mechanism, takes tokens with and without SPNEGO.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [RFC 4178] 4 and 5, [MS-SPNG] 3.2.5. */
#include "base/base.h"

#include "packages/negotiate/engine.h"
#include "packages/negotiate/fallback.h"
#include "packages/negotiate/lsa.h"

static bool may_use(const struct nego_context *c, enum nego_row row)
{
	return row != NEGO_NONE && nego_credential_of(c->credential, NEGO_SERVER, row) != 0;
}

static void respond(struct nego_leg *leg, struct spnego_response r)
{
	struct nego_context *c = leg->context;

	if (!c->answered && r.state != SPNEGO_REJECT) {
		r.has_mech = true;
		r.mech = c->chosen;
		if (r.state == SPNEGO_ACCEPT_INCOMPLETE && c->mic_required)
			r.state = SPNEGO_REQUEST_MIC;
		c->answered = true;
	}
	spnego_write_response(&leg->out, &r);
}

/* Chooses, and keeps why it is no better one: ours is not there, or the client's word. */
static void choose_row(struct nego_context *c, enum nego_row row, enum spnego_mech oid,
		       const char *client)
{
	nego_inner_choose(c, row, oid);
	for (int better = 0; better < (int)row; better++)
		if (may_use(c, (enum nego_row)better))
			nego_why_add(&c->why, (enum nego_row)better, SEC_E_OK, client);
		else
			nego_why_none(&c->why, c->credential, NEGO_SERVER, (enum nego_row)better);
}

/* Nothing that the client has is here; where the policy alone keeps its NTLM from being it, that is what is
 * to be known. */
static NTSTATUS nothing_fits(struct nego_context *c, bool has_ntlm, const char *what)
{
	const struct nego_passed *ntlm = &c->credential->passed[NEGO_SERVER][NEGO_NTLM];

	if (!has_ntlm || ntlm->status != STATUS_NTLM_BLOCKED || may_use(c, NEGO_NTLM)) {
		for (int row = 0; row < NEGO_ROWS; row++)
			if (may_use(c, (enum nego_row)row))
				nego_why_add(&c->why, (enum nego_row)row, SEC_E_OK,
					     "the client does not offer it");
			else
				nego_why_none(&c->why, c->credential, NEGO_SERVER, (enum nego_row)row);
		return fail(SEC_E_INVALID_TOKEN, what);
	}
	nego_why_add(&c->why, NEGO_KERBEROS, SEC_E_OK, "the client does not offer it");
	nego_why_none(&c->why, c->credential, NEGO_SERVER, NEGO_NTLM);
	return fail(STATUS_NTLM_BLOCKED, what);
}

/* ---- tokens without SPNEGO ---- */

static NTSTATUS begin_bare(struct nego_leg *leg, enum nego_row row)
{
	struct nego_context *c = leg->context;

	if (!may_use(c, row))
		return nothing_fits(c, row == NEGO_NTLM,
				    "a bare token of a mechanism that is not here");
	c->bare = true;
	c->stage = NEGO_TALKS;
	choose_row(c, row, nego_mech(row)->oid[0], "the client sent another mechanism's token");
	return nego_bare_step(leg);
}

/* ---- a server that begins ---- */

static NTSTATUS give_hint(struct nego_leg *leg)
{
	enum spnego_mech oid[NEGO_ROWS * NEGO_OIDS_MAX];
	CLEANUP(wr_done) struct wr list = WR(SPNEGO_TOKEN_MAX);
	struct nego_context *c = leg->context;
	size_t count = 0;

	if (c->hinted)
		return fail(SEC_E_INVALID_TOKEN, "a second call without a token");
	for (int row = 0; row < NEGO_ROWS; row++)
		for (size_t i = 0; may_use(c, row) && i < nego_mech(row)->oid_count; i++)
			oid[count++] = nego_mech(row)->oid[i];
	spnego_write_mech_list(&list, oid, count);
	spnego_write_hint(&leg->out, wr_view(&list));
	c->hinted = true;
	return SEC_I_CONTINUE_NEEDED;
}

/* ---- the end ---- */

/* All is verified that is due: the last word, with our MIC when the client sent its. */
static NTSTATUS server_complete(struct nego_leg *leg, const struct wr *last)
{
	CLEANUP(wr_done) struct wr mic = WR(SPNEGO_TOKEN_MAX);
	struct nego_context *c = leg->context;

	if (c->mic_verified && !c->mic_sent) {
		NTSTATUS status = nego_mic_make(c, &mic);
		if (failed(status))
			return status;
	}
	respond(leg, (struct spnego_response){ .state = SPNEGO_ACCEPT_COMPLETED,
					       .has_token = last->len != 0,
					       .token = wr_view(last),
					       .has_mic = mic.len != 0,
					       .mic = wr_view(&mic) });
	c->stage = NEGO_COMPLETE;
	return SEC_E_OK;
}

/* A MIC is due and has not come: it may still, when the client could not know, or with our last token
 * when that was the mechanism's. */
static NTSTATUS ask_for_mic(struct nego_leg *leg, const struct wr *last)
{
	CLEANUP(wr_done) struct wr mic = WR(SPNEGO_TOKEN_MAX);
	struct nego_context *c = leg->context;

	if (c->answered && !last->len)
		return fail(SEC_E_INVALID_TOKEN, "a client's MIC that is missing");
	if (last->len) {
		NTSTATUS status = nego_mic_make(c, &mic);
		if (failed(status))
			return status;
	}
	respond(leg, (struct spnego_response){ .state = SPNEGO_ACCEPT_INCOMPLETE,
					       .has_token = last->len != 0,
					       .token = wr_view(last),
					       .has_mic = mic.len != 0,
					       .mic = wr_view(&mic) });
	return SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS server_conclude(struct nego_leg *leg, bool has_mic, struct rd mic,
				const struct wr *last)
{
	struct nego_context *c = leg->context;

	if (has_mic) {
		NTSTATUS status = nego_mic_verify(c, mic);
		if (failed(status))
			return status;
	}
	if (c->mic_required && !c->mic_verified)
		return ask_for_mic(leg, last);
	return server_complete(leg, last);
}

/* Hands a token to the mechanism and answers what comes of it. On failure the mechanism's own last
 * token is in `leg->out` as it is. */
static NTSTATUS server_step(struct nego_leg *leg, struct rd token, bool has_mic, struct rd mic)
{
	CLEANUP(wr_done) struct wr answer = WR(SPNEGO_TOKEN_MAX);
	struct nego_context *c = leg->context;

	NTSTATUS status = nego_inner_step(leg, token, &answer);
	if (failed(status)) {
		wr_rd(&leg->out, wr_view(&answer));
		return status;
	}
	if (c->inner_complete)
		return server_conclude(leg, has_mic, mic, &answer);
	if (has_mic)
		return fail(SEC_E_INVALID_TOKEN, "a MIC before the mechanism is complete");
	respond(leg, (struct spnego_response){ .state = SPNEGO_ACCEPT_INCOMPLETE,
					       .has_token = answer.len != 0,
					       .token = wr_view(&answer) });
	return SEC_I_CONTINUE_NEEDED;
}

/* ---- the client's offer ---- */

/* The client's first that can be used. False when there is none. */
static bool choose(struct nego_context *c, const struct spnego_init *in)
{
	for (size_t i = 0; i < in->mech_count; i++) {
		enum nego_row row = nego_row_of(in->mechs[i], nego_is_user_to_user(c));
		if (!may_use(c, row))
			continue;
		choose_row(c, row, in->mechs[i], "the client does not offer it, or not first");
		return true;
	}
	return false;
}

static bool offers_ntlm(const struct spnego_init *in)
{
	for (size_t i = 0; i < in->mech_count; i++)
		if (nego_row_of(in->mechs[i], false) == NEGO_NTLM)
			return true;
	return false;
}

/* [RFC 4178] 5: signing the list is required unless both ends like the mechanism best. */
static bool is_everybodys_first(const struct nego_context *c, const struct spnego_init *in)
{
	if (nego_row_of(in->mechs[0], nego_is_user_to_user(c)) != c->row)
		return false;
	for (int row = 0; row < (int)c->row; row++)
		if (may_use(c, row))
			return false;
	return true;
}

static NTSTATUS begin_negotiation(struct nego_leg *leg)
{
	struct nego_context *c = leg->context;
	struct spnego_init in;

	if (!spnego_parse_init(leg->token, &in))
		return fail(SEC_E_INVALID_TOKEN, "reading a NegTokenInit");
	wr_rd(&c->mech_list, in.mech_list);
	if (!wr_ok(&c->mech_list))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the client's mechanisms");
	c->stage = NEGO_TALKS;
	if (!choose(c, &in))
		return nothing_fits(c, offers_ntlm(&in), "finding a mechanism that both have");
	c->mic_required = !is_everybodys_first(c, &in);
	/* The optimistic token is the first mechanism's. */
	if (in.token.n && nego_row_of(in.mechs[0], nego_is_user_to_user(c)) == c->row)
		return server_step(leg, in.token, in.has_mic, in.mic);
	respond(leg, (struct spnego_response){ .state = SPNEGO_ACCEPT_INCOMPLETE });
	return SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS server_begin(struct nego_leg *leg)
{
	if (leg->token.n == 0)
		return give_hint(leg);
	switch (spnego_frame(leg->token)) {
	case FRAME_SPNEGO:
		return begin_negotiation(leg);
	case FRAME_NTLM:
		return begin_bare(leg, NEGO_NTLM);
	case FRAME_KERBEROS:
		return begin_bare(leg, NEGO_KERBEROS);
	default:
		return fail(SEC_E_INVALID_TOKEN, "a first token of no known kind");
	}
}

/* ---- its answers ---- */

static NTSTATUS server_answer(struct nego_leg *leg)
{
	CLEANUP(wr_done) struct wr nothing = WR(0);
	struct nego_context *c = leg->context;
	struct spnego_response in;

	if (!spnego_parse_response(leg->token, &in))
		return fail(SEC_E_INVALID_TOKEN, "reading a NegTokenResp");
	if (in.state == SPNEGO_REJECT)
		return fail(SEC_E_LOGON_DENIED, "negotiating with a client that refuses");
	if (in.state == SPNEGO_REQUEST_MIC)
		return fail(SEC_E_INVALID_TOKEN, "a client that requests a MIC");
	if (!c->inner_complete)
		return in.token.n ? server_step(leg, in.token, in.has_mic, in.mic)
				  : fail(SEC_E_INVALID_TOKEN, "a NegTokenResp without a token");
	if (in.token.n || !in.has_mic)
		return fail(SEC_E_INVALID_TOKEN, "a NegTokenResp that should be a MIC");
	NTSTATUS status = nego_mic_verify(c, in.mic);
	return failed(status) ? status : server_complete(leg, &nothing);
}

/* The client hears of it, with the mechanism's own last token if there is one. */
static void reject(struct nego_leg *leg)
{
	CLEANUP(wr_done) struct wr token = leg->out;

	leg->out = WR(SPNEGO_TOKEN_MAX);
	respond(leg, (struct spnego_response){ .state = SPNEGO_REJECT,
					       .has_token = token.len != 0,
					       .token = wr_view(&token) });
}

NTSTATUS nego_server_leg(struct nego_leg *leg)
{
	struct nego_context *c = leg->context;
	NTSTATUS status;

	if (c->stage == NEGO_BEGINS)
		status = server_begin(leg);
	else
		status = c->bare ? nego_bare_step(leg) : server_answer(leg);
	if (failed(status) && c->mech_list.len)
		reject(leg);
	return status;
}
