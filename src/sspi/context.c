/* sspi/context.c - InitializeSecurityContext, AcceptSecurityContext and the end of a context.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Both directions are one conversation with the LSA that differs in the row called. Reserved1 and
 * Reserved2 have no effect. A first call that fails leaves no context; a later one leaves the old. */
#include "base/base.h"

#include <sspi.h>

#include "base/block.h"
#include "ipc/buffers.h"
#include "ipc/reason.h"
#include "sspi/handles.h"
#include "sspi/packages.h"
#include "sspi/status.h"
#include "sspi/text.h"

/* ISC_REQ_ALLOCATE_MEMORY and ASC_REQ_ALLOCATE_MEMORY are one bit. */
#define REQ_ALLOCATE_MEMORY ISC_REQ_ALLOCATE_MEMORY

/* The parameters of either function. */
struct step {
	enum call which;
	PCredHandle credential;
	PCtxtHandle old;
	const WCHAR *target;
	uint32_t requirements, data_representation;
	PSecBufferDesc in, out;
	PCtxtHandle new;
	ULONG *attributes;
	PTimeStamp expiry;
};

/* Credential and buffers of a step, as a request. */
static SECURITY_STATUS step_request(const struct step *step, const struct context *c,
				    struct context_call *call)
{
	*call = (struct context_call){
		.context = c ? c->lsa : 0,
		.requirements = step->requirements,
		.data_representation = step->data_representation,
		.has_in = step->in != NULL,
		.has_out = step->out != NULL,
	};
	if (step->credential && !credential_number(step->credential, &call->credential))
		return SEC_E_INVALID_HANDLE;
	if (!step->credential && !c)
		return SEC_E_INVALID_HANDLE;
	if (step->credential && c && handle_package(step->credential) != c->package)
		return SEC_E_INVALID_HANDLE;
	if (step->target && !text_of(step->target, &call->target))
		return SEC_E_TARGET_UNKNOWN;
	SECURITY_STATUS status = buffers_in(step->in, call->in, &call->in_count);
	if (status != SEC_E_OK)
		return status;
	return buffers_room(step->out, call->out, &call->out_count);
}

/* Hands the packed context to the package's user-mode half, which owns it from then on. */
static NTSTATUS context_map(struct context *c, const struct context_reply *reply)
{
	const struct package_record *record;

	NTSTATUS status = package_by_id(c->package, &record);
	if (failed(status))
		return status;
	const SECPKG_USER_FUNCTION_TABLE *user = NULL;
	status = package_user_half(record, &user);
	if (failed(status))
		return status;
	if (!user || !user->InitUserModeContext)
		return fail(SEC_E_INTERNAL_ERROR, "finding the user-mode half of a package");

	SecBuffer packed = {
		.cbBuffer = reply->user_data.n,
		.BufferType = SECBUFFER_TOKEN,
		.pvBuffer = block_dup(reply->user_data.p, reply->user_data.n),
	};
	if (!packed.pvBuffer)
		return SEC_E_INSUFFICIENT_MEMORY;
	status = user->InitUserModeContext((LSA_SEC_HANDLE)reply->user_key, &packed);
	if (failed(status))
		return fail(status, "mapping a context into the application");
	c->user_key = (LSA_SEC_HANDLE)reply->user_key;
	atomic_store(&c->user, user);
	return STATUS_SUCCESS;
}

/* Takes a reply into context and caller's buffers; the status of the whole step. */
static NTSTATUS step_answer(const struct step *step, struct context *c,
			    const struct context_reply *reply, NTSTATUS status)
{
	if (!failed(status) && !c->lsa)
		c->lsa = reply->context;
	if (!failed(status) && reply->mapped) {
		NTSTATUS mapped = context_map(c, reply);
		status = failed(mapped) ? mapped : status;
	}
	buffers_answer_in(step->in, reply);
	SECURITY_STATUS delivered = buffers_answer_out(
		step->out, reply, step->requirements & REQ_ALLOCATE_MEMORY, status);
	if (!failed(status) && delivered != SEC_E_OK)
		return fail(delivered, "handing output over");
	if (failed(status))
		return status;
	if (!c->lsa)
		return fail(SEC_E_INTERNAL_ERROR, "a success without a context");
	if (status == SEC_E_OK)
		atomic_store(&c->ready, true);
	return status;
}

/* What a success tells the caller besides its tokens. */
static void step_report(const struct step *step, const struct context *c,
			const struct context_reply *reply)
{
	if (step->new)
		*step->new = context_handle(c);
	if (step->attributes)
		*step->attributes = reply->attributes;
	if (step->expiry)
		step->expiry->QuadPart = reply->expiry;
}

static NTSTATUS step_take(const struct step *step, struct context *c)
{
	struct context_call call;
	struct context_reply reply = { 0 };

	NTSTATUS status = step_request(step, c->lsa ? c : NULL, &call);
	if (failed(status))
		return status;
	status = step_answer(step, c, &reply, facade_call(step->which, &call, &reply));
	if (!failed(status))
		step_report(step, c, &reply);
	call_reply_done(step->which, &reply);
	return status;
}

static NTSTATUS step_first(const struct step *step)
{
	uint64_t credential;

	if (!step->new || !credential_number(step->credential, &credential))
		return fail(SEC_E_INVALID_HANDLE, "beginning a context");
	CLEANUP(context_unref_p)
	struct context *c = context_new(handle_package(step->credential));
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "beginning a context");
	NTSTATUS status = step_take(step, c);
	if (failed(status))
		context_forget(c);
	return status;
}

static NTSTATUS step_later(const struct step *step)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(step->old);
	/* An imported context has nobody in the LSA to go on with. */
	if (!c || !c->lsa)
		return fail(SEC_E_INVALID_HANDLE, "continuing a context");
	return step_take(step, c);
}

static SECURITY_STATUS step_run(const struct step *step)
{
	call_reason_clear();
	return security_status(step->old ? step_later(step) : step_first(step));
}

SECURITY_STATUS SEC_ENTRY InitializeSecurityContextW(
	PCredHandle credential, PCtxtHandle context, SEC_WCHAR *target, ULONG requirements,
	ULONG reserved1, ULONG data_representation, PSecBufferDesc in, ULONG reserved2,
	PCtxtHandle new_context, PSecBufferDesc out, OPENSSPI_PULONG attributes, PTimeStamp expiry)
{
	(void)reserved1;
	(void)reserved2;
	return step_run(&(struct step){
		.which = CALL_INIT_CONTEXT,
		.credential = credential,
		.old = context,
		.target = target,
		.requirements = requirements,
		.data_representation = data_representation,
		.in = in,
		.out = out,
		.new = new_context,
		.attributes = attributes,
		.expiry = expiry,
	});
}

SECURITY_STATUS SEC_ENTRY InitializeSecurityContextA(
	PCredHandle credential, PCtxtHandle context, SEC_CHAR *target, ULONG requirements,
	ULONG reserved1, ULONG data_representation, PSecBufferDesc in, ULONG reserved2,
	PCtxtHandle new_context, PSecBufferDesc out, OPENSSPI_PULONG attributes, PTimeStamp expiry)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	call_reason_clear();
	SECURITY_STATUS status = wide_from_ansi(target, &wide);
	if (status != SEC_E_OK)
		return status;
	return InitializeSecurityContextW(credential, context, wide, requirements, reserved1,
					  data_representation, in, reserved2, new_context, out,
					  attributes, expiry);
}

SECURITY_STATUS SEC_ENTRY AcceptSecurityContext(PCredHandle credential, PCtxtHandle context,
						PSecBufferDesc in, ULONG requirements,
						ULONG data_representation, PCtxtHandle new_context,
						PSecBufferDesc out, OPENSSPI_PULONG attributes,
						PTimeStamp expiry)
{
	return step_run(&(struct step){
		.which = CALL_ACCEPT_CONTEXT,
		.credential = credential,
		.old = context,
		.requirements = requirements,
		.data_representation = data_representation,
		.in = in,
		.out = out,
		.new = new_context,
		.attributes = attributes,
		.expiry = expiry,
	});
}

SECURITY_STATUS SEC_ENTRY DeleteSecurityContext(PCtxtHandle handle)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);
	if (c && context_forget(c))
		return SEC_E_OK; /* what made the caller give up stays to be asked for */
	call_reason_clear();
	return SEC_E_INVALID_HANDLE;
}

static NTSTATUS control(PCtxtHandle handle, PSecBufferDesc in)
{
	struct control_context_call call = { 0 };
	struct empty_reply reply = { 0 };
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "controlling a context");
	if (!c->lsa)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "controlling an imported context");
	if (!in)
		return SEC_E_INVALID_TOKEN;
	SECURITY_STATUS status = buffers_in(in, call.in, &call.in_count);
	if (status != SEC_E_OK)
		return status;
	call.context = c->lsa;
	return facade_call(CALL_CONTROL_CONTEXT, &call, &reply);
}

SECURITY_STATUS SEC_ENTRY ApplyControlToken(PCtxtHandle handle, PSecBufferDesc in)
{
	call_reason_clear();
	return security_status(control(handle, in));
}
