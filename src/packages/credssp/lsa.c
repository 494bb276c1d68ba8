/* packages/credssp/lsa.c - CREDSSP's entry points: handles, buffers, and one leg per call.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <schannel.h>

#include "packages/half.h"
#include "packages/credssp/engine.h"
#include "packages/credssp/lsa.h"
#include "packages/credssp/package.h"

#define ASC_REQ_PROMPT 0x40u /* ISC's PROMPT_FOR_CREDS bit, which the accept page refuses */

static struct package_half half = HALF_INIT;

const struct compose_host *cs_host(void)
{
	return &half.host;
}

struct cs_context *cs_context_find(uint64_t number)
{
	return half_find(&half.contexts, number);
}

/* ---- the package ---- */

NTSTATUS NTAPI cs_sp_initialize(ULONG_PTR package_id, PSECPKG_PARAMETERS parameters,
				PLSA_SECPKG_FUNCTION_TABLE table)
{
	return half_open(&half, package_id, table);
}

NTSTATUS NTAPI cs_sp_shutdown(void)
{
	half_clear(&half);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI cs_sp_get_info(PSecPkgInfoW info)
{
	*info = *cs_package_info();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI cs_sp_get_extended_information(SECPKG_EXTENDED_INFORMATION_CLASS class,
					      PSECPKG_EXTENDED_INFORMATION *out)
{
	static const OPENSSPI_PACKAGE_TRAITS traits = { OPENSSPI_PACKAGE_TRAITS_CLASS,
							OPENSSPI_AUTH_DATA_CREDSSP,
							OPENSSPI_HOME_CALLER };
	return half_inform(&half, class, &traits, rd_of(NULL, 0), out);
}

/* ---- credentials ---- */

NTSTATUS NTAPI cs_sp_acquire_credentials(PUNICODE_STRING principal, ULONG use, PLUID logon,
					 PVOID auth, PVOID get_key, PVOID get_key_argument,
					 PLSA_SEC_HANDLE out, PTimeStamp expiry)
{
	CLEANUP(cs_credential_unref_p) struct cs_credential *c = NULL;

	NTSTATUS status = cs_credential_make(use, logon, auth, &c);
	if (failed(status))
		return status;
	expiry->QuadPart = c->expiry;
	return half_number_take(&half.credentials, TAKE(c), out);
}

NTSTATUS NTAPI cs_sp_free_credentials(LSA_SEC_HANDLE handle)
{
	return half_release(&half.credentials, handle);
}

/* ---- contexts ---- */

/* A call as both roles make it. */
struct cs_call {
	LSA_SEC_HANDLE credential, context;
	PUNICODE_STRING target;
	bool server;
	ULONG requirements;
	PSecBufferDesc in, out;
};

/* Where a call's answers go. */
struct cs_answer {
	PLSA_SEC_HANDLE context;
	PULONG attributes;
	PTimeStamp expiry;
	PBOOLEAN mapped;
	PSecBuffer data;
};

static NTSTATUS new_context(const struct cs_call *call, struct cs_context **out)
{
	CLEANUP(cs_credential_unref_p)
	struct cs_credential *credential = half_find(&half.credentials, call->credential);

	if (!credential)
		return fail(SEC_E_INVALID_HANDLE, "finding the credential");
	if (!(credential->use & (call->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND)))
		return fail(SEC_E_NO_CREDENTIALS, "using a credential for the other role");
	if (call->server && (call->requirements & ASC_REQ_PROMPT))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "prompting while accepting");
	CLEANUP(cs_context_unref_p) struct cs_context *c = cs_context_new(call->server, credential);
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

/* Flags that are granted for the asking, and those that were reached. */
static uint32_t granted(const struct cs_context *c, uint32_t now)
{
	const uint32_t client = ISC_REQ_CONNECTION | ISC_REQ_EXTENDED_ERROR |
				ISC_REQ_USE_SUPPLIED_CREDS;
	const uint32_t server = ASC_REQ_CONNECTION | ASC_REQ_EXTENDED_ERROR;
	const uint32_t reached = ISC_RET_DELEGATE | ISC_RET_MUTUAL_AUTH;
	const uint32_t tls = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT |
			     ISC_RET_CONFIDENTIALITY;
	/* the same bit in both roles */
	uint32_t both = (c->ts_attributes & reached) | tls | (now & ISC_REQ_ALLOCATE_MEMORY);

	if (c->server)
		return (c->requirements & server) | both | ASC_RET_STREAM;
	return (c->requirements & client) | both | ISC_RET_STREAM | ISC_RET_MANUAL_CRED_VALIDATION;
}

/* Takes leave in the middle of a sign-in, which is never SEC_E_OK. */
static NTSTATUS run_close(struct cs_leg *leg)
{
	NTSTATUS status = cs_tls_step(leg);

	leg->context->closing = false;
	leg->context->stage = CS_STAGE_DEAD;
	leg->rest = rd_of(NULL, 0);
	return status == SEC_E_OK ? SEC_I_CONTEXT_EXPIRED : status;
}

/* A finished conversation's calls are TLS's own: shutting down, answering a KeyUpdate. */
static NTSTATUS run_leg(struct cs_leg *leg)
{
	if (leg->context->closing)
		return run_close(leg);
	switch (leg->context->stage) {
	case CS_STAGE_COMPLETE:
		return cs_tls_step(leg);
	case CS_STAGE_DEAD:
		return fail(SEC_E_OUT_OF_SEQUENCE, "going on with a conversation that has ended");
	default:
		return cs_leg_run(leg);
	}
}

/* Takes one leg and places what it produced, whatever the status. What finds no room is kept: the same
 * call with more of it gets it. */
static NTSTATUS take_leg(const struct cs_call *call, struct cs_context *c)
{
	CLEANUP(wr_done) struct wr out = WR(0);
	struct cs_leg leg = {
		.context = c,
		.rest = compose_bytes(compose_find(call->in, SECBUFFER_TOKEN)),
		.out = WR(CS_OUT_MAX),
	};

	NTSTATUS status = run_leg(&leg);
	out = leg.out;
	if (status == SEC_E_INCOMPLETE_MESSAGE) {
		compose_report(call->in, SECBUFFER_MISSING, leg.missing);
		return status;
	}
	return compose_finish(&c->held, &half.host,
			      &(struct compose_answer){ call->in, call->out, call->requirements,
							status, leg.rest.n },
			      &out);
}

static NTSTATUS one_leg(const struct cs_call *call, struct cs_context *c)
{
	bool complete = c->stage == CS_STAGE_COMPLETE;
	NTSTATUS status = c->held.waits ? compose_resume(&c->held, &half.host, call->in, call->out,
							 call->requirements)
					: take_leg(call, c);

	if (failed(status) && status != SEC_E_INCOMPLETE_MESSAGE && !complete && !c->held.waits)
		c->stage = CS_STAGE_DEAD;
	return status;
}

/* Hands a finished context to the user-mode half, which finds it by its number. */
static NTSTATUS map_context(LSA_SEC_HANDLE handle, struct cs_answer *answer)
{
	uint64_t number = handle;

	answer->data->pvBuffer = half.host.lsa->AllocateLsaHeap(sizeof(number));
	if (!answer->data->pvBuffer)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "mapping a context");
	memcpy(answer->data->pvBuffer, &number, sizeof(number));
	answer->data->cbBuffer = sizeof(number);
	*answer->mapped = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS find_context(const struct cs_call *call, struct cs_context **out)
{
	if (!compose_is_sound(call->in) || (call->out && call->out->ulVersion != SECBUFFER_VERSION))
		return fail(SEC_E_INVALID_TOKEN, "reading the buffers");
	if (!call->context)
		return new_context(call, out);
	*out = cs_context_find(call->context);
	return *out && (*out)->server == call->server
		       ? STATUS_SUCCESS
		       : fail(SEC_E_INVALID_HANDLE, "finding the context");
}

static NTSTATUS run_call(const struct cs_call *call, struct cs_answer answer)
{
	CLEANUP(cs_context_unref_p) struct cs_context *c = NULL;

	*answer.mapped = FALSE;
	NTSTATUS status = find_context(call, &c);
	if (failed(status))
		return status;
	status = one_leg(call, c);
	if (failed(status))
		return status;
	c->attributes = granted(c, call->requirements);
	*answer.attributes = c->attributes;
	answer.expiry->QuadPart = c->expiry;
	*answer.context = call->context;
	if (!call->context) {
		counted_ref(c);
		NTSTATUS numbered = half_number_take(&half.contexts, c, answer.context);
		if (failed(numbered))
			return numbered;
	}
	if (c->stage != CS_STAGE_COMPLETE || c->mapped)
		return status;
	NTSTATUS mapped = map_context(*answer.context, &answer);
	c->mapped = !failed(mapped);
	if (failed(mapped)) /* what was delegated is not for a caller that was told of a failure */
		c->stage = CS_STAGE_DEAD;
	return failed(mapped) ? mapped : status;
}

NTSTATUS NTAPI cs_sp_init_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				  PUNICODE_STRING target, ULONG requirements, ULONG representation,
				  PSecBufferDesc in, PLSA_SEC_HANDLE out_context,
				  PSecBufferDesc out, PULONG attributes, PTimeStamp expiry,
				  PBOOLEAN mapped, PSecBuffer context_data)
{
	struct cs_call call = { credential, context, target, false, requirements, in, out };
	return run_call(
		&call, (struct cs_answer){ out_context, attributes, expiry, mapped, context_data });
}

NTSTATUS NTAPI cs_sp_accept_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				    PSecBufferDesc in, ULONG requirements, ULONG representation,
				    PLSA_SEC_HANDLE out_context, PSecBufferDesc out,
				    PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
				    PSecBuffer context_data)
{
	struct cs_call call = { credential, context, NULL, true, requirements, in, out };
	return run_call(
		&call, (struct cs_answer){ out_context, attributes, expiry, mapped, context_data });
}

NTSTATUS NTAPI cs_sp_delete_context(LSA_SEC_HANDLE handle)
{
	return half_release(&half.contexts, handle);
}

NTSTATUS NTAPI cs_sp_control_context(LSA_SEC_HANDLE handle, PSecBufferDesc in)
{
	CLEANUP(cs_context_unref_p) struct cs_context *c = cs_context_find(handle);
	if (!c || !c->tls)
		return SEC_E_INVALID_HANDLE;
	if (!compose_is_sound(in))
		return fail(SEC_E_INVALID_TOKEN, "reading the buffers");
	NTSTATUS status = half.host.extension->ReachControlContext(c->tls, in);
	struct rd token = compose_bytes(compose_find(in, SECBUFFER_TOKEN));
	uint32_t type;
	if (!failed(status) && c->stage != CS_STAGE_COMPLETE && rd_u32le(&token, &type) &&
	    type == SCHANNEL_SHUTDOWN)
		c->closing = true;
	return status;
}

NTSTATUS NTAPI cs_sp_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(cs_context_unref_p) struct cs_context *c = cs_context_find(handle);
	if (!c)
		return SEC_E_INVALID_HANDLE;
	return cs_query_attribute(c, attribute, buffer);
}
