/* packages/credssp/engine.c - see packages/credssp/engine.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>
#include <schannel.h>

#include "base/clock.h"
#include "packages/credssp/engine.h"

#define TLS_CLIENT_REQUIREMENTS                                                                    \
	(ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY |                      \
	 ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_EXTENDED_ERROR |                \
	 ISC_REQ_MANUAL_CRED_VALIDATION | ISC_REQ_USE_SUPPLIED_CREDS)
#define TLS_SERVER_REQUIREMENTS                                                                    \
	(ASC_REQ_STREAM | ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY |                      \
	 ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_EXTENDED_ERROR)

/* ---- the TLS layer ---- */

static UNICODE_STRING target_of(const struct cs_context *c)
{
	return (UNICODE_STRING){ (USHORT)(c->target_n * 2), (USHORT)(c->target_n * 2), c->target };
}

static NTSTATUS tls_call(struct cs_context *c, SecBufferDesc *in, SecBufferDesc *out)
{
	const OPENSSPI_LSA_EXTENSION *extension = cs_host()->extension;
	UNICODE_STRING target = target_of(c);
	ULONG attributes;
	TimeStamp expiry;

	if (c->server)
		return extension->ReachAcceptContext(c->credential->inbound.tls, c->tls, in,
						     TLS_SERVER_REQUIREMENTS, &c->tls, out,
						     &attributes, &expiry);
	return extension->ReachInitContext(c->credential->outbound.tls, c->tls,
					   c->target ? &target : NULL, TLS_CLIENT_REQUIREMENTS, in,
					   &c->tls, out, &attributes, &expiry);
}

NTSTATUS cs_tls_step(struct cs_leg *leg)
{
	struct cs_context *c = leg->context;
	struct compose_list in, out;

	compose_list_init(&in);
	compose_list_init(&out);
	compose_list_add(&in, SECBUFFER_TOKEN, leg->rest);
	SecBuffer *second = compose_list_add(&in, SECBUFFER_EMPTY, rd_of(NULL, 0));
	SecBuffer *made = compose_list_add(&out, SECBUFFER_TOKEN, rd_of(NULL, 0));
	bool no_input = !c->server && !c->tls;
	NTSTATUS status = tls_call(c, no_input ? NULL : &in.desc, &out.desc);
	wr_rd(&leg->out, compose_bytes(made));
	cs_host()->lsa->FreeLsaHeap(made->pvBuffer);
	if (status == SEC_E_INCOMPLETE_MESSAGE) {
		leg->missing = compose_type(second) == SECBUFFER_MISSING ? second->cbBuffer : 1;
		return status;
	}
	size_t extra = compose_type(second) == SECBUFFER_EXTRA ? second->cbBuffer : 0;
	if (extra > leg->rest.n)
		return fail(SEC_E_INTERNAL_ERROR, "counting what TLS left unread");
	leg->progress = true;
	leg->rest = rd_of(leg->rest.p + leg->rest.n - extra, extra);
	return wr_ok(&leg->out) ? status : fail(SEC_E_INSUFFICIENT_MEMORY, "keeping TLS output");
}

/* Seals up to a record's worth of a TSRequest. */
static NTSTATUS seal_record(struct cs_leg *leg, const SecPkgContext_StreamSizes *sizes,
			    struct rd plain)
{
	struct compose_list list;

	size_t start = leg->out.len;
	uint8_t *record = wr_take(&leg->out, sizes->cbHeader + plain.n + sizes->cbTrailer);
	if (!record)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "sealing a TSRequest");
	memcpy(record + sizes->cbHeader, plain.p, plain.n);
	compose_list_init(&list);
	SecBuffer *header =
		compose_list_add(&list, SECBUFFER_STREAM_HEADER, rd_of(record, sizes->cbHeader));
	SecBuffer *data =
		compose_list_add(&list, SECBUFFER_DATA, rd_of(record + sizes->cbHeader, plain.n));
	SecBuffer *trailer =
		compose_list_add(&list, SECBUFFER_STREAM_TRAILER,
				 rd_of(record + sizes->cbHeader + plain.n, sizes->cbTrailer));
	compose_list_add(&list, SECBUFFER_EMPTY, rd_of(NULL, 0));
	NTSTATUS status = cs_host()->extension->ReachSeal(leg->context->tls, &list.desc, 0);
	if (failed(status)) { /* what was not sealed does not leave */
		mem_wipe(record, leg->out.len - start);
		leg->out.len = start;
		return status;
	}
	leg->out.len = start + header->cbBuffer + data->cbBuffer + trailer->cbBuffer;
	return STATUS_SUCCESS;
}

/* Seals a TSRequest: as one record, which is all that Windows' servers read ([MS-CSSP] 3.1.5, note 8),
 * unless it is longer than a record can be. */
static NTSTATUS seal_request(struct cs_leg *leg, struct rd plain)
{
	SecPkgContext_StreamSizes sizes;
	struct rd piece;

	NTSTATUS status = cs_host()->extension->ReachQueryContext(leg->context->tls,
								  SECPKG_ATTR_STREAM_SIZES, &sizes);
	if (!failed(status) && sizes.cbMaximumMessage == 0)
		status = fail(SEC_E_INTERNAL_ERROR, "asking TLS for its records' size");
	while (!failed(status) && plain.n) {
		size_t n = plain.n < sizes.cbMaximumMessage ? plain.n : sizes.cbMaximumMessage;
		status = rd_bytes(&plain, n, &piece) ? seal_record(leg, &sizes, piece)
						     : SEC_E_INTERNAL_ERROR;
	}
	return status;
}

/* Opens the next record into the inbox. SEC_E_OK, SEC_E_INCOMPLETE_MESSAGE, or why it did not open. */
static NTSTATUS open_record(struct cs_leg *leg)
{
	struct cs_context *c = leg->context;
	struct compose_list list;
	size_t extra = 0;

	compose_list_init(&list);
	compose_list_add(&list, SECBUFFER_DATA, leg->rest);
	for (int i = 0; i < 3; i++)
		compose_list_add(&list, SECBUFFER_EMPTY, rd_of(NULL, 0));
	NTSTATUS status = cs_host()->extension->ReachUnseal(c->tls, &list.desc, 0);
	if (status == SEC_E_INCOMPLETE_MESSAGE) {
		SecBuffer *missing = compose_find(&list.desc, SECBUFFER_MISSING);
		leg->missing = missing ? missing->cbBuffer : 1;
		return status;
	}
	if (failed(status))
		return status;
	if (status == SEC_I_CONTEXT_EXPIRED)
		return fail(c->server ? SEC_E_CONTEXT_EXPIRED : SEC_E_LOGON_DENIED,
			    "reading on after the peer closed");
	if (status != SEC_E_OK)
		return fail(SEC_E_ILLEGAL_MESSAGE, "reading on while TLS wants to renegotiate");
	SecBuffer *data = compose_find(&list.desc, SECBUFFER_DATA),
		  *left = compose_find(&list.desc, SECBUFFER_EXTRA);
	if (c->inbox.len + compose_bytes(data).n > CS_INBOX_MAX)
		return fail(SEC_E_INVALID_TOKEN, "keeping a TSRequest that does not end");
	wr_rd(&c->inbox, compose_bytes(data));
	if (left)
		extra = left->cbBuffer;
	if (extra > leg->rest.n)
		return fail(SEC_E_INTERNAL_ERROR, "counting what TLS left unread");
	leg->progress = true;
	leg->rest = rd_of(leg->rest.p + leg->rest.n - extra, extra);
	return wr_ok(&c->inbox) ? SEC_E_OK
				: fail(SEC_E_INSUFFICIENT_MEMORY, "keeping part of a TSRequest");
}

/* ---- between the layers ---- */

/* Does it matter whether the certificate is trusted? Looking costs a walk through the system's roots:
 * only when the caller demands an authenticated server, or policy delegates to no other. */
static bool wants_trust(struct cs_context *c)
{
	UNICODE_STRING target = target_of(c);

	if (c->server)
		return false;
	if (c->requirements & ISC_REQ_MUTUAL_AUTH)
		return true;
	return (c->requirements & ISC_REQ_DELEGATE) &&
	       cs_host()->extension->CheckDelegation(OPENSSPI_DELEGATE_FRESH, FALSE, &target) ==
		       SEC_E_POLICY_NLTM_ONLY;
}

/* Hands the server's certificate to TSSSP's form, and judges it where that matters. */
static NTSTATUS take_certificate(struct cs_context *c)
{
	const OPENSSPI_LSA_EXTENSION *extension = cs_host()->extension;
	CERT_TRUST_STATUS trust = { 0 };
	PCCERT_CONTEXT certificate = NULL;

	NTSTATUS status = extension->ReachQueryContext(c->tls,
						       c->server ? SECPKG_ATTR_LOCAL_CERT_CONTEXT
								 : SECPKG_ATTR_REMOTE_CERT_CONTEXT,
						       (void *)&certificate);
	if (failed(status) || !certificate)
		return fail(failed(status) ? status : SEC_E_INTERNAL_ERROR,
			    "getting the server's certificate");
	wr_counted(&c->certificate, certificate->pbCertEncoded, certificate->cbCertEncoded);
	cs_host()->lsa->FreeLsaHeap((void *)(uintptr_t)certificate);
	if (!wr_ok(&c->certificate))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the server's certificate");
	if (wants_trust(c) &&
	    !failed(extension->ReachQueryContext(c->tls, SECPKG_ATTR_CERT_TRUST_STATUS, &trust)) &&
	    trust.dwErrorStatus == 0)
		c->server_auth = CREDSSP_SERVER_AUTH_CERTIFICATE;
	return STATUS_SUCCESS;
}

static NTSTATUS ts_call(struct cs_context *c, SecBufferDesc *in, SecBufferDesc *out)
{
	const OPENSSPI_LSA_EXTENSION *extension = cs_host()->extension;
	UNICODE_STRING target = target_of(c);
	TimeStamp expiry = { .QuadPart = CLOCK_NEVER };
	ULONG requirements = c->requirements |
			     ISC_REQ_ALLOCATE_MEMORY; /* the same bit in both roles */
	NTSTATUS status;

	if (c->server)
		status = extension->ReachAcceptContext(c->credential->inbound.ts, c->ts, in,
						       requirements, &c->ts, out, &c->ts_attributes,
						       &expiry);
	else
		status = extension->ReachInitContext(c->credential->outbound.ts, c->ts,
						     c->target ? &target : NULL, requirements, in,
						     &c->ts, out, &c->ts_attributes, &expiry);
	if (!failed(status) && expiry.QuadPart < c->expiry)
		c->expiry = expiry.QuadPart;
	return status;
}

/* One step of TSSSP with what lies in the inbox; what it says goes out sealed. */
static NTSTATUS ts_step(struct cs_leg *leg)
{
	struct cs_context *c = leg->context;
	uint8_t vouched[4] = { (uint8_t)c->server_auth };
	struct compose_list in, out;

	compose_list_init(&in);
	compose_list_init(&out);
	compose_list_add(&in, SECBUFFER_TOKEN, wr_view(&c->inbox));
	compose_list_add(&in, SECBUFFER_TOKEN | SECBUFFER_READONLY, wr_view(&c->certificate));
	compose_list_add(&in, SECBUFFER_PKG_PARAMS, rd_of(vouched, sizeof(vouched)));
	SecBuffer *last = compose_list_add(&in, SECBUFFER_EMPTY, rd_of(NULL, 0));
	SecBuffer *made = compose_list_add(&out, SECBUFFER_TOKEN, rd_of(NULL, 0));
	NTSTATUS status = ts_call(c, &in.desc, &out.desc);
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return status;
	NTSTATUS sealed = made->cbBuffer ? seal_request(leg, compose_bytes(made)) : STATUS_SUCCESS;
	cs_host()->lsa->FreeLsaHeap(made->pvBuffer);
	size_t extra = compose_type(last) == SECBUFFER_EXTRA ? last->cbBuffer : 0;
	if (extra > c->inbox.len)
		return fail(SEC_E_INTERNAL_ERROR, "counting what TSSSP left unread");
	if (extra)
		memmove(c->inbox.buf, c->inbox.buf + c->inbox.len - extra, extra);
	mem_wipe(c->inbox.buf ? c->inbox.buf + extra : NULL, c->inbox.len - extra);
	c->inbox.len = extra;
	return failed(status) ? status : failed(sealed) ? sealed : status;
}

/* Ends TLS after a refusal that the client was told of. */
static void close_tls(struct cs_leg *leg)
{
	uint8_t shutdown[4] = { SCHANNEL_SHUTDOWN };
	struct compose_list list;

	compose_list_init(&list);
	compose_list_add(&list, SECBUFFER_TOKEN, rd_of(shutdown, sizeof(shutdown)));
	leg->rest = rd_of(NULL, 0);
	if (!failed(cs_host()->extension->ReachControlContext(leg->context->tls, &list.desc)))
		(void)!failed(cs_tls_step(leg));
}

/* ---- stages ---- */

static NTSTATUS finish(struct cs_leg *leg)
{
	struct cs_context *c = leg->context;

	if (c->inbox.len)
		return fail(SEC_E_INVALID_TOKEN,
			    "finding application data in the last TSRequest's record");
	c->stage = CS_STAGE_COMPLETE;
	return SEC_E_OK;
}

/* Steps TSSSP as long as the inbox holds whole TSRequests. */
static NTSTATUS read_requests(struct cs_leg *leg)
{
	struct cs_context *c = leg->context;
	NTSTATUS status = SEC_I_CONTINUE_NEEDED;

	while (status == SEC_I_CONTINUE_NEEDED && c->inbox.len)
		status = ts_step(leg);
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return SEC_I_CONTINUE_NEEDED;
	if (status == SEC_E_OK)
		return finish(leg);
	if (failed(status) && c->server)
		close_tls(leg);
	return status;
}

static NTSTATUS run_auth(struct cs_leg *leg)
{
	NTSTATUS status = open_record(leg);
	return status == SEC_E_OK ? read_requests(leg) : status;
}

static NTSTATUS run_tls(struct cs_leg *leg)
{
	struct cs_context *c = leg->context;

	NTSTATUS status = cs_tls_step(leg);
	if (status ==
	    SEC_I_INCOMPLETE_CREDENTIALS) /* asked for a client certificate: goes on without */
		return SEC_I_CONTINUE_NEEDED;
	if (status != SEC_E_OK)
		return status;
	status = take_certificate(c);
	if (failed(status))
		return status;
	c->stage = CS_STAGE_AUTH;
	if (c->server)
		return SEC_I_CONTINUE_NEEDED;
	status = ts_step(leg);
	return failed(status) || status == SEC_I_CONTINUE_NEEDED
		       ? status
		       : fail(SEC_E_INTERNAL_ERROR, "beginning inside TLS");
}

NTSTATUS cs_leg_run(struct cs_leg *leg)
{
	struct cs_context *c = leg->context;
	NTSTATUS status;

	do {
		size_t before = leg->rest.n;
		status = c->stage == CS_STAGE_TLS ? run_tls(leg) : run_auth(leg);
		if (status == SEC_E_INCOMPLETE_MESSAGE && leg->progress)
			return SEC_I_CONTINUE_NEEDED; /* the rest is reported as EXTRA */
		if (status == SEC_I_CONTINUE_NEEDED && leg->rest.n && leg->rest.n == before)
			return fail(SEC_E_INTERNAL_ERROR, "getting on with the input");
	} while (status == SEC_I_CONTINUE_NEEDED && leg->rest.n);
	return status;
}
