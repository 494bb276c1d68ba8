/* packages/tsssp/server.c - the server's legs: negotiate, verify the binding, answer it, take credentials.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/tsssp/loop.h"
#include "packages/tsssp/receive.h"

/* What a client is told of a refusal: the account's own status, or that the logon failed. */
static uint32_t error_of_status(NTSTATUS status)
{
	if ((uint32_t)status >> 28 == 0xC)
		return (uint32_t)status;
	if (status == SEC_E_NO_AUTHENTICATING_AUTHORITY)
		return (uint32_t)STATUS_NO_LOGON_SERVERS;
	if (status == SEC_E_UNSUPPORTED_FUNCTION)
		return (uint32_t)STATUS_NOT_SUPPORTED;
	return (uint32_t)STATUS_LOGON_FAILURE;
}

/* Tells the peer of the refusal when its version has room for it. */
static NTSTATUS refuse(struct ts_leg *leg, NTSTATUS status)
{
	struct ts_request request = ts_request_new();

	wr_reset(&leg->out);
	if (!ts_version_has_error_code(leg->context->version))
		return status;
	request.has_error = true;
	request.error_code = error_of_status(status);
	ts_request_write(&leg->out, &request);
	return status;
}

static NTSTATUS check_binding(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);
	struct rd plain;

	if (!c->key)
		return fail(SEC_E_INVALID_TOKEN, "binding to a certificate that was not given");
	if (c->version >= TS_VERSION_NONCE && !c->has_nonce)
		return fail(SEC_E_INVALID_TOKEN, "finding the client's nonce");
	NTSTATUS status = ts_unseal(c, leg->in.pub_key_auth, &room, &plain);
	if (failed(status))
		return status;
	if (!ts_binding_matches(plain, c->version, TS_CLIENT_TO_SERVER, rd_of(c->key, c->key_len),
				c->nonce))
		return fail(SEC_E_MUTUAL_AUTH_FAILED, "comparing the key the client saw with ours");
	ts_loop_note(c);
	return STATUS_SUCCESS;
}

/* Answers pubKeyAuth, with the inner mechanism's last token if it has one. */
static NTSTATUS answer_binding(struct ts_leg *leg, struct rd token)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr plain = WR(TS_REQUEST_MAX), sealed = WR(TS_REQUEST_MAX);

	ts_binding_write(&plain, c->version, TS_SERVER_TO_CLIENT, rd_of(c->key, c->key_len),
			 c->nonce);
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
	ts_request_write(&leg->out, &request);
	if (!wr_ok(&leg->out))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing a TSRequest");
	c->stage = TS_STAGE_CREDS;
	return SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS send_token(struct ts_leg *leg, struct rd token)
{
	struct ts_request request = ts_request_new();

	if (token.n == 0) /* pubKeyAuth comes by itself; there is nothing to say before it */
		return SEC_I_CONTINUE_NEEDED;
	request.has_nego = true;
	request.nego_token = token;
	ts_request_write(&leg->out, &request);
	return wr_ok(&leg->out) ? SEC_I_CONTINUE_NEEDED
				: fail(SEC_E_INSUFFICIENT_MEMORY, "writing a TSRequest");
}

static NTSTATUS negotiate(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr answer = WR(TS_REQUEST_MAX);
	NTSTATUS status;

	if (leg->in.has_auth_info || (leg->in.has_nego && leg->in.nego_token.n == 0) ||
	    (!leg->in.has_nego && !(c->inner_complete && leg->in.has_pub_key_auth)))
		return fail(SEC_E_INVALID_TOKEN, "finding what belongs to this stage of CredSSP");
	if (leg->in.has_nego) {
		status = ts_inner_step(c, leg->in.nego_token, &answer);
		if (failed(status))
			return status;
	}
	if (!leg->in.has_pub_key_auth)
		return send_token(leg, wr_view(&answer));
	if (!c->inner_complete)
		return fail(SEC_E_INVALID_TOKEN, "taking pubKeyAuth before the client is known");
	status = check_binding(leg);
	return failed(status) ? status : answer_binding(leg, wr_view(&answer));
}

static NTSTATUS take_credentials(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;
	CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);
	struct ts_credentials creds;
	struct rd plain;

	if (!leg->in.has_auth_info || leg->in.has_nego || leg->in.has_pub_key_auth)
		return fail(SEC_E_INVALID_TOKEN, "finding authInfo");
	NTSTATUS status = ts_unseal(c, leg->in.auth_info, &room, &plain);
	if (failed(status))
		return status;
	if (!ts_credentials_parse(plain, &creds))
		return fail(SEC_E_INVALID_TOKEN, "reading TSCredentials");
	status = ts_receive(c, &creds);
	if (failed(status))
		return status;
	c->stage = TS_STAGE_COMPLETE;
	return SEC_E_OK;
}

NTSTATUS ts_server_leg(struct ts_leg *leg)
{
	struct ts_context *c = leg->context;

	if (leg->in.has_error) /* only servers send one */
		return fail(SEC_E_INVALID_TOKEN, "reading a client's TSRequest");
	NTSTATUS status = ts_take_version(c, &leg->in);
	if (!failed(status))
		status = c->stage == TS_STAGE_CREDS ? take_credentials(leg) : negotiate(leg);
	return failed(status) && status != SEC_E_INSUFFICIENT_MEMORY ? refuse(leg, status) : status;
}
