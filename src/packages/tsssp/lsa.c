/* packages/tsssp/lsa.c - TSSSP's entry points: handles, buffers, and one leg per call.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>

#include "base/clock.h"
#include "packages/half.h"
#include "packages/tsssp/credentials.h"
#include "packages/tsssp/loop.h"
#include "packages/tsssp/lsa.h"
#include "packages/tsssp/package.h"
#include "wire/x509.h"

static struct package_half half = HALF_INIT;

const struct compose_host *ts_host(void)
{
	return &half.host;
}

ULONG ts_id(void)
{
	return half.id;
}

/* ---- the package ---- */

NTSTATUS NTAPI ts_sp_initialize(ULONG_PTR package_id, PSECPKG_PARAMETERS parameters,
				PLSA_SECPKG_FUNCTION_TABLE table)
{
	return half_open(&half, package_id, table);
}

NTSTATUS NTAPI ts_sp_shutdown(void)
{
	half_clear(&half);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ts_sp_get_info(PSecPkgInfoW info)
{
	*info = *ts_package_info();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ts_sp_get_extended_information(SECPKG_EXTENDED_INFORMATION_CLASS class,
					      PSECPKG_EXTENDED_INFORMATION *out)
{
	static const OPENSSPI_PACKAGE_TRAITS traits = { OPENSSPI_PACKAGE_TRAITS_CLASS,
							OPENSSPI_AUTH_DATA_CREDSSP,
							OPENSSPI_HOME_LSA };
	return half_inform(&half, class, &traits, rd_of(NULL, 0), out);
}

/* ---- credentials ---- */

NTSTATUS NTAPI ts_sp_acquire_credentials(PUNICODE_STRING principal, ULONG use, PLUID logon,
					 PVOID auth, PVOID get_key, PVOID get_key_argument,
					 PLSA_SEC_HANDLE out, PTimeStamp expiry)
{
	CLEANUP(ts_credential_unref_p) struct ts_credential *c = NULL;

	NTSTATUS status = ts_may_serve(use);
	if (!failed(status))
		status = ts_credential_make(use, logon, auth, &c);
	if (failed(status))
		return status;
	expiry->QuadPart = c->expiry;
	return half_number_take(&half.credentials, TAKE(c), out);
}

NTSTATUS NTAPI ts_sp_free_credentials(LSA_SEC_HANDLE handle)
{
	return half_release(&half.credentials, handle);
}

/* ---- contexts ---- */

/* A call as both roles make it. */
struct ts_call {
	LSA_SEC_HANDLE credential, context;
	PUNICODE_STRING target;
	bool server;
	ULONG requirements;
	PSecBufferDesc in, out;
};

/* The certificate in a TOKEN|READONLY buffer, [u32 length][DER]: fixed once it was given. */
static NTSTATUS take_certificate(struct ts_context *c, const SecBufferDesc *in)
{
	SecBuffer *b = compose_find_kind(in, SECBUFFER_TOKEN, true);
	struct rd r = compose_bytes(b), der, key;

	if (!b || b->cbBuffer == 0)
		return STATUS_SUCCESS;
	if (!rd_counted(&r, &der) || !rd_empty(r) || !x509_subject_public_key(der, &key))
		return fail(SEC_E_INVALID_TOKEN, "reading the server's certificate");
	if (c->key)
		return c->key_len == key.n && memcmp(c->key, key.p, key.n) == 0
			       ? STATUS_SUCCESS
			       : fail(SEC_E_INVALID_TOKEN,
				      "taking another certificate than before");
	c->key = mem_dup(key.p, key.n);
	c->key_len = key.n;
	c->key_is_sound = x509_public_key_is_sound(der);
	return c->key ? STATUS_SUCCESS
		      : fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the server's key");
}

/* CREDSSP_SERVER_AUTH_* bits of the TLS layer, four bytes in a PKG_PARAMS buffer. */
static void take_server_auth(struct ts_context *c, const SecBufferDesc *in)
{
	struct rd r = compose_bytes(compose_find(in, SECBUFFER_PKG_PARAMS));
	uint32_t bits;

	if (!c->server && rd_u32le(&r, &bits) && rd_empty(r))
		c->server_auth = bits & CREDSSP_SERVER_AUTH_CERTIFICATE;
}

static NTSTATUS new_context(const struct ts_call *call, struct ts_context **out)
{
	CLEANUP(ts_credential_unref_p)
	struct ts_credential *credential = half_find(&half.credentials, call->credential);
	uint32_t need = call->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;

	if (!credential)
		return fail(SEC_E_INVALID_HANDLE, "finding the credential");
	if (!(credential->use & need))
		return fail(SEC_E_NO_CREDENTIALS, "using a credential for the other role");
	CLEANUP(ts_context_unref_p) struct ts_context *c = ts_context_new(call->server, credential);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a context");
	c->requirements = call->requirements;
	if (call->target && call->target->Length) {
		c->target_n = call->target->Length / 2u;
		c->target = mem_dup(call->target->Buffer, call->target->Length);
		if (!c->target)
			return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the target's name");
	}
	*out = TAKE(c);
	return STATUS_SUCCESS;
}

/* Finds the one TSRequest of the input; what lies behind it is reported as EXTRA. */
static NTSTATUS take_message(const struct ts_call *call, struct ts_leg *leg)
{
	struct rd token = compose_bytes(compose_find(call->in, SECBUFFER_TOKEN));
	size_t len;

	if (!call->server && !leg->context->inner) {
		return token.n ? fail(SEC_E_INVALID_TOKEN,
				      "beginning a conversation with a token in hand")
			       : STATUS_SUCCESS;
	}
	switch (ts_request_frame(token, &len)) {
	case TS_FRAME_PARTIAL:
		compose_report(call->in, SECBUFFER_MISSING, len);
		return SEC_E_INCOMPLETE_MESSAGE;
	case TS_FRAME_BAD:
		return fail(SEC_E_INVALID_TOKEN, "finding a TSRequest");
	case TS_FRAME_WHOLE:
		break;
	}
	leg->message = rd_of(token.p, len);
	if (!ts_request_parse(leg->message, &leg->in))
		return fail(SEC_E_INVALID_TOKEN, "reading a TSRequest");
	if (token.n > len && !compose_find(call->in, SECBUFFER_EMPTY))
		return fail(SEC_E_INVALID_TOKEN, "reading what follows a TSRequest");
	return STATUS_SUCCESS;
}

/* Flags that are granted for the asking; the others are what was reached. */
static uint32_t granted(const struct ts_context *c, uint32_t now)
{
	const uint32_t client = ISC_REQ_CONNECTION | ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR |
				ISC_REQ_MANUAL_CRED_VALIDATION | ISC_REQ_USE_SUPPLIED_CREDS;
	const uint32_t server = ASC_REQ_CONNECTION | ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR;
	const uint32_t both = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT |
			      ISC_RET_CONFIDENTIALITY;
	/* a client says so when it has been decided upon; both have the same bit */
	const uint32_t inner = both | (c->server ? ASC_RET_MUTUAL_AUTH : 0);

	return (c->requirements & (c->server ? server : client)) | (c->inner_attributes & inner) |
	       (c->attributes & (ISC_RET_DELEGATE | ISC_RET_MUTUAL_AUTH)) |
	       (now & ISC_REQ_ALLOCATE_MEMORY); /* the same bit in both roles */
}

/* Takes one leg and places what it produced, whatever the status. What finds no room is kept: the same
 * call with more of it gets it. */
static NTSTATUS take_leg(const struct ts_call *call, struct ts_leg *leg)
{
	struct ts_context *c = leg->context;

	NTSTATUS status = take_message(call, leg);
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return status;
	if (!failed(status))
		status = take_certificate(c, call->in);
	take_server_auth(c, call->in);
	if (!failed(status))
		status = c->server ? ts_server_leg(leg) : ts_client_leg(leg);
	size_t token = compose_bytes(compose_find(call->in, SECBUFFER_TOKEN)).n;
	return compose_finish(&c->held, &half.host,
			      &(struct compose_answer){ call->in, call->out, call->requirements,
							status, token - leg->message.n },
			      &leg->out);
}

static NTSTATUS one_leg(const struct ts_call *call, struct ts_leg *leg)
{
	struct ts_context *c = leg->context;
	NTSTATUS status;

	if (c->held.waits)
		status = compose_resume(&c->held, &half.host, call->in, call->out,
					call->requirements);
	else if (c->stage == TS_STAGE_COMPLETE || c->stage == TS_STAGE_DEAD)
		return fail(SEC_E_OUT_OF_SEQUENCE, "going on with a conversation that has ended");
	else
		status = take_leg(call, leg);
	if (failed(status) && status != SEC_E_INCOMPLETE_MESSAGE && !c->held.waits)
		c->stage = TS_STAGE_DEAD;
	return status;
}

/* Said again or left out, for what is the LSA's to guard; nobody looks at it otherwise. */
static bool is_same_target(const struct ts_context *c, const UNICODE_STRING *target)
{
	if (!ts_class_is_kept(c->class) || !target || !target->Length)
		return true;
	return target->Length == c->target_n * sizeof(WCHAR) &&
	       memcmp(target->Buffer, c->target, target->Length) == 0;
}

static NTSTATUS run_call(const struct ts_call *call, PLSA_SEC_HANDLE out, PULONG attributes,
			 PTimeStamp expiry)
{
	CLEANUP(ts_context_unref_p) struct ts_context *c = NULL;

	if (!compose_is_sound(call->in) || (call->out && call->out->ulVersion != SECBUFFER_VERSION))
		return fail(SEC_E_INVALID_TOKEN, "reading the buffers");
	if (call->context) {
		c = half_find(&half.contexts, call->context);
		if (!c || c->server != call->server)
			return fail(SEC_E_INVALID_HANDLE, "finding the context");
		if (!is_same_target(c, call->target))
			return fail(SEC_E_INVALID_TOKEN, "going on with another target");
	} else {
		NTSTATUS made = new_context(call, &c);
		if (failed(made))
			return made;
	}
	struct ts_leg leg = { .context = c, .out = WR(TS_REQUEST_MAX) };
	NTSTATUS status = one_leg(call, &leg);
	wr_done(&leg.out);
	if (failed(status))
		return status;
	c->attributes = granted(c, call->requirements);
	*attributes = c->attributes;
	expiry->QuadPart = c->expiry;
	*out = call->context;
	if (!call->context) {
		counted_ref(c);
		NTSTATUS numbered = half_number_take(&half.contexts, c, out);
		if (failed(numbered))
			return numbered;
	}
	return status;
}

NTSTATUS NTAPI ts_sp_init_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				  PUNICODE_STRING target, ULONG requirements, ULONG representation,
				  PSecBufferDesc in, PLSA_SEC_HANDLE out_context,
				  PSecBufferDesc out, PULONG attributes, PTimeStamp expiry,
				  PBOOLEAN mapped, PSecBuffer context_data)
{
	struct ts_call call = { credential, context, target, false, requirements, in, out };

	*mapped = FALSE;
	return run_call(&call, out_context, attributes, expiry);
}

NTSTATUS NTAPI ts_sp_accept_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				    PSecBufferDesc in, ULONG requirements, ULONG representation,
				    PLSA_SEC_HANDLE out_context, PSecBufferDesc out,
				    PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
				    PSecBuffer context_data)
{
	struct ts_call call = { credential, context, NULL, true, requirements, in, out };

	*mapped = FALSE;
	return run_call(&call, out_context, attributes, expiry);
}

NTSTATUS NTAPI ts_sp_delete_context(LSA_SEC_HANDLE handle)
{
	return half_release(&half.contexts, handle);
}

NTSTATUS NTAPI ts_sp_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(ts_context_unref_p)
	struct ts_context *c = half_find(&half.contexts, handle);
	if (!c)
		return SEC_E_INVALID_HANDLE;
	return ts_query_attribute(c, attribute, buffer);
}
