/* packages/tsssp/client.c - the client's legs: negotiate, bind, verify, and only then delegate.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/random.h"
#include "packages/tsssp/credentials.h"
#include "packages/tsssp/delegate.h"
#include "packages/tsssp/loop.h"

/* The status that stands for the server's errorCode: an NTSTATUS error as it is, anything else (0,
 * success codes, codes that our caller would take for a call to go on) a refusal. */
static NTSTATUS status_of_error(uint32_t code)
{
	return code >> 28 == 0xC ? (NTSTATUS)code : (NTSTATUS)SEC_E_LOGON_DENIED;
}

static NTSTATUS finish_request(struct ts_leg *leg, struct ts_request *request)
{
	request->has_nonce = request->has_nonce && leg->context->has_nonce;
	request->nonce = rd_of(leg->context->nonce, TS_NONCE_LEN);
	ts_request_write(&leg->out, request);
	return wr_ok(&leg->out) ? STATUS_SUCCESS
				: fail(SEC_E_INSUFFICIENT_MEMORY, "writing a TSRequest");
}

/* The nonce goes into every message unless the server is known to be older. */
static bool speaks_nonce(const struct ts_context *c)
{
	return c->version == 0 || c->version >= TS_VERSION_NONCE;
}

static NTSTATUS send_binding(struct ts_leg *leg, struct rd token)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr plain = WR(TS_REQUEST_MAX), sealed = WR(TS_REQUEST_MAX);

	if (!c->key)
		return fail(SEC_E_INVALID_TOKEN,
			    "binding to a server certificate that was not given");
	/* a mechanism of one token: the server's version is not known yet */
	uint32_t version = c->version ? c->version : TS_VERSION_OWN;
	ts_binding_write(&plain, version, TS_CLIENT_TO_SERVER, rd_of(c->key, c->key_len), c->nonce);
	if (!wr_ok(&plain))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing pubKeyAuth");
	NTSTATUS status = ts_seal(c, wr_view(&plain), &sealed);
	if (failed(status))
		return status;
	struct ts_request request = ts_request_new();
	request.has_nego = token.n != 0;
	request.nego_token = token;
	request.has_pub_key_auth = true;
	request.pub_key_auth = wr_view(&sealed);
	request.has_nonce = speaks_nonce(c);
	status = finish_request(leg, &request);
	if (failed(status))
		return status;
	c->stage = TS_STAGE_BOUND;
	return SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS negotiate(struct ts_leg *leg, struct rd token)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr answer = WR(TS_REQUEST_MAX);

	NTSTATUS status = ts_inner_step(c, token, &answer);
	if (failed(status))
		return status;
	if (c->inner_keyed)
		return send_binding(leg, wr_view(&answer));
	if (wr_view(&answer).n == 0)
		return fail(SEC_E_INTERNAL_ERROR, "getting a token from the inner mechanism");
	struct ts_request request = ts_request_new();
	request.has_nego = true;
	request.nego_token = wr_view(&answer);
	request.has_nonce = speaks_nonce(c);
	status = finish_request(leg, &request);
	return failed(status) ? status : SEC_I_CONTINUE_NEEDED;
}

/* SPNEGO's last word, which servers may send beside their pubKeyAuth: nothing is left to be said. */
static NTSTATUS take_last_token(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr answer = WR(TS_REQUEST_MAX);

	if (leg->in.nego_token.n == 0)
		return fail(SEC_E_INVALID_TOKEN, "finding the server's negoToken");
	NTSTATUS status = ts_inner_step(c, leg->in.nego_token, &answer);
	if (failed(status))
		return status;
	return c->inner_complete && wr_view(&answer).n == 0
		       ? STATUS_SUCCESS
		       : fail(SEC_E_INVALID_TOKEN, "ending the negotiation with pubKeyAuth");
}

/* [MS-CSSP] 3.1.5: the server has to show that it opened our pubKeyAuth with the same key. It needs no
 * negoToken for that, since its sealing shows that the mechanism came to its end there. */
static NTSTATUS verify_binding(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);
	struct rd plain;

	if (!leg->in.has_pub_key_auth || leg->in.has_auth_info)
		return fail(SEC_E_INVALID_TOKEN, "finding the server's pubKeyAuth");
	NTSTATUS status = leg->in.has_nego ? take_last_token(leg) : STATUS_SUCCESS;
	if (failed(status))
		return status;
	status = ts_unseal(c, leg->in.pub_key_auth, &room, &plain);
	if (failed(status))
		return status;
	if (!ts_binding_matches(plain, c->version, TS_SERVER_TO_CLIENT, rd_of(c->key, c->key_len),
				c->nonce))
		return fail(SEC_E_MUTUAL_AUTH_FAILED,
			    "comparing the server's key with the one it holds");
	return STATUS_SUCCESS;
}

static NTSTATUS delegate(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr plain = WR(TS_REQUEST_MAX), sealed = WR(TS_REQUEST_MAX);

	NTSTATUS status = ts_loop_check(c);
	if (!failed(status))
		status = ts_delegate(c, &plain);
	if (failed(status))
		return status;
	status = ts_seal(c, wr_view(&plain), &sealed);
	if (failed(status))
		return status;
	struct ts_request request = ts_request_new();
	request.has_auth_info = true;
	request.auth_info = wr_view(&sealed);
	request.has_nonce = speaks_nonce(c);
	status = finish_request(leg, &request);
	if (failed(status))
		return status;
	c->stage = TS_STAGE_COMPLETE;
	return SEC_E_OK;
}

/* What is the LSA's to guard goes to one target and one key, known before anything is said. */
static NTSTATUS fix_start(struct ts_context *c)
{
	if (!ts_class_is_kept(c->class))
		return STATUS_SUCCESS;
	if (!c->key || !c->key_is_sound)
		return fail(SEC_E_INVALID_TOKEN,
			    "beginning with saved credentials without a server's public key");
	return ts_loop_begin(c);
}

static NTSTATUS first_leg(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;

	NTSTATUS status = ts_context_choose(c);
	if (!failed(status))
		status = fix_start(c);
	if (failed(status))
		return status;
	if (failed(random_bytes(c->nonce, sizeof(c->nonce))))
		return fail(SEC_E_INTERNAL_ERROR, "making a nonce");
	c->has_nonce = true;
	return negotiate(leg, rd_of(NULL, 0));
}

NTSTATUS ts_client_leg(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;

	if (!c->inner)
		return first_leg(leg);
	if (leg->in.has_error)
		return fail(status_of_error(leg->in.error_code), "reading the server's errorCode");
	NTSTATUS status = ts_take_version(c, &leg->in);
	if (failed(status))
		return status;
	if (c->stage == TS_STAGE_BOUND) {
		status = verify_binding(leg);
		return failed(status) ? status : delegate(leg);
	}
	if (!leg->in.has_nego || leg->in.nego_token.n == 0 || leg->in.has_pub_key_auth ||
	    leg->in.has_auth_info)
		return fail(SEC_E_INVALID_TOKEN, "finding the server's negoToken");
	return negotiate(leg, leg->in.nego_token);
}
