/* packages/schannel/lsa.c - credentials and the handshake.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <schannel.h>

#include "base/clock.h"
#include "base/utf.h"
#include "packages/half.h"
#include "packages/schannel/lsa.h"
#include "packages/schannel/schannel.h"
#include "packages/schannel/target.h"

static struct package_half half = HALF_INIT;

NTSTATUS NTAPI schannel_initialize(ULONG_PTR package, PSECPKG_PARAMETERS parameters,
				   PLSA_SECPKG_FUNCTION_TABLE table)
{
	return half_open(&half, package, table);
}

static NTSTATUS describe(const WCHAR *name, PSecPkgInfoW info)
{
	*info = (SecPkgInfoW){ .fCapabilities = SCHANNEL_CAPABILITIES,
			       .wVersion = 1,
			       .wRPCID = SCHANNEL_RPC_ID,
			       .cbMaxToken = SCHANNEL_MAX_TOKEN,
			       .Name = (SEC_WCHAR *)(uintptr_t)name,
			       .Comment = (SEC_WCHAR *)(uintptr_t)OPENSSPI_WIDE(
				       "Schannel Security Package") };
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI schannel_info(PSecPkgInfoW info)
{
	return describe(SCHANNEL_NAME_W, info);
}

NTSTATUS NTAPI schannel_info_unified(PSecPkgInfoW info)
{
	return describe(UNISP_NAME_W, info);
}

NTSTATUS NTAPI schannel_info_default(PSecPkgInfoW info)
{
	return describe(DEFAULT_TLS_SSP_NAME_W, info);
}

NTSTATUS NTAPI schannel_extended_information(SECPKG_EXTENDED_INFORMATION_CLASS class,
					     PSECPKG_EXTENDED_INFORMATION *out)
{
	static const OPENSSPI_PACKAGE_TRAITS traits = { OPENSSPI_PACKAGE_TRAITS_CLASS,
							OPENSSPI_AUTH_DATA_SCHANNEL,
							OPENSSPI_HOME_CALLER };
	return half_inform(&half, class, &traits, rd_of(NULL, 0), out);
}

/* ---- credentials ---- */

/* This machine's name for a certificate, UTF-8; NULL when memory is short. */
static char *machine_name(void)
{
	OPENSSPI_MACHINE_NAMES names = { 0 };
	char *text = NULL;

	if (!failed(half.host.extension->MachineNames(&names)) && names.DnsComputer.Length &&
	    utf8_from_utf16(names.DnsComputer.Buffer, names.DnsComputer.Length / 2, &text, NULL))
		return text;
	return mem_dup_text("localhost");
}

NTSTATUS NTAPI schannel_acquire(PUNICODE_STRING principal, ULONG use, PLUID logon, PVOID data,
				PVOID get_key, PVOID get_key_argument, PLSA_SEC_HANDLE handle,
				PTimeStamp expiry)
{
	struct schannel_auth auth;
	struct credential *c = NULL;

	if (!(use & SECPKG_CRED_BOTH))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "the use of a Schannel credential");
	if (data && !schannel_auth_read(authdata_block(data), &auth))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading Schannel's AuthData");
	CLEANUP(mem_free_p) char *host = machine_name();
	if (!host)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a Schannel credential");
	uint32_t oldest = compose_policy(&half.host, OPENSSPI_POLICY_MINIMUM_TLS, TLS_1_2);
	NTSTATUS status = schannel_credential_new(use, data ? &auth : NULL, oldest, host, &c);
	if (failed(status))
		return status;
	if (expiry)
		expiry->QuadPart = c->expiry;
	return half_number_take(&half.credentials, c, handle);
}

NTSTATUS NTAPI schannel_free_credentials(LSA_SEC_HANDLE handle)
{
	return half_release(&half.credentials, handle);
}

NTSTATUS NTAPI schannel_query_credentials(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "attributes of a Schannel credential");
}

/* ---- contexts ---- */

struct context *schannel_context(uint64_t number)
{
	return half_find(&half.contexts, number);
}

SecBuffer *buffer_find(PSecBufferDesc desc, ULONG type, ULONG nth)
{
	for (ULONG i = 0; desc && i < desc->cBuffers; i++)
		if (compose_type(&desc->pBuffers[i]) == type && nth-- == 0)
			return &desc->pBuffers[i];
	return NULL;
}

/* One call of InitializeSecurityContext or AcceptSecurityContext. */
struct leg {
	bool server;
	LSA_SEC_HANDLE credential, context;
	PUNICODE_STRING target;
	ULONG requirements;
	PSecBufferDesc in, out;
	PLSA_SEC_HANDLE new_context;
	PULONG attributes;
	PTimeStamp expiry;
	PBOOLEAN mapped;
	PSecBuffer data;
};

/* The ISC_ and ASC_ numbers part at 0x4000. */
static uint32_t granted(const struct leg *leg, const struct context *c)
{
	uint32_t asked = leg->requirements;
	uint32_t flags = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT | ISC_RET_CONFIDENTIALITY;

	flags |= asked & (ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION);
	if (leg->server) {
		flags |= ASC_RET_STREAM | ASC_RET_INTEGRITY | (asked & ASC_REQ_EXTENDED_ERROR);
		if (c->finished && c->asks_client) /* a later call may ask for more */
			flags |= ASC_RET_MUTUAL_AUTH;
		return flags;
	}
	flags |= ISC_RET_STREAM | ISC_RET_INTEGRITY;
	flags |= asked & (ISC_REQ_EXTENDED_ERROR | ISC_REQ_USE_SUPPLIED_CREDS);
	if (c->manual)
		flags |= ISC_RET_MANUAL_CRED_VALIDATION;
	else if (c->finished)
		flags |= ISC_RET_MUTUAL_AUTH; /* its certificate was checked */
	return flags;
}

/* Puts bytes into a buffer of the caller's, or into one of ours when that was asked for. */
static NTSTATUS fill(const struct leg *leg, SecBuffer *b, struct rd bytes)
{
	if (!b)
		return rd_empty(bytes) ? SEC_E_OK
				       : fail(SEC_E_INVALID_TOKEN, "no buffer for the token");
	if (leg->requirements & ISC_REQ_ALLOCATE_MEMORY) {
		b->pvBuffer = bytes.n ? half.host.lsa->AllocateLsaHeap((ULONG)bytes.n) : NULL;
		if (bytes.n && !b->pvBuffer)
			return fail(SEC_E_INSUFFICIENT_MEMORY, "the token");
	} else if (bytes.n > b->cbBuffer || (bytes.n && !b->pvBuffer)) {
		b->cbBuffer = (ULONG)bytes.n;
		return fail(SEC_E_BUFFER_TOO_SMALL, "the token's buffer");
	}
	if (bytes.n)
		memcpy(b->pvBuffer, bytes.p, bytes.n);
	b->cbBuffer = (ULONG)bytes.n;
	return SEC_E_OK;
}

static NTSTATUS give_output(const struct leg *leg, const struct context *c, bool bad)
{
	struct rd bytes = schannel_context_output(c);
	SecBuffer *alert = buffer_find(leg->out, SECBUFFER_ALERT, 0);
	NTSTATUS status = fill(leg, buffer_find(leg->out, SECBUFFER_TOKEN, 0), bytes);

	/* an alert is told there too, if there is room; what is to be sent is the token */
	if (alert && failed(fill(leg, alert, bad ? bytes : rd_of(NULL, 0))))
		alert->cbBuffer = 0;
	return status;
}

/* Says what of the input was left, or how much of it is missing. */
static void give_rest(const struct leg *leg, NTSTATUS status, size_t given, size_t used)
{
	SecBuffer *empty = buffer_find(leg->in, SECBUFFER_EMPTY, 0);

	if (!empty)
		return;
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		*empty = (SecBuffer){ .BufferType = SECBUFFER_MISSING, .cbBuffer = (ULONG)used };
	else if (!failed(status) && used < given)
		*empty = (SecBuffer){ .BufferType = SECBUFFER_EXTRA,
				      .cbBuffer = (ULONG)(given - used) };
}

/* On the last leg the user-mode half takes over, with nothing but the context's number. */
static NTSTATUS map(const struct leg *leg, struct context *c, uint64_t number)
{
	if (c->mapped || !c->finished)
		return SEC_E_OK;
	void *packed = half.host.lsa->AllocateLsaHeap(sizeof(number));
	if (!packed)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "mapping a TLS context");
	memcpy(packed, &number, sizeof(number));
	*leg->data = (SecBuffer){ .cbBuffer = sizeof(number),
				  .BufferType = SECBUFFER_TOKEN,
				  .pvBuffer = packed };
	*leg->mapped = TRUE;
	c->mapped = true;
	return SEC_E_OK;
}

/* One step with the context locked. */
static NTSTATUS leg_step(const struct leg *leg, struct context *c, uint64_t number)
{
	SecBuffer *token = buffer_find(leg->in, SECBUFFER_TOKEN, 0);
	struct rd input = token ? rd_of(token->pvBuffer, token->cbBuffer) : rd_of(NULL, 0);
	size_t used;

	if (token && token->cbBuffer && !token->pvBuffer)
		return fail(SEC_E_INVALID_TOKEN, "a token without bytes");
	NTSTATUS status = schannel_context_step(c, input, &used);
	bool bad = failed(status) && status != SEC_E_INCOMPLETE_MESSAGE;
	NTSTATUS given = give_output(leg, c, bad);
	if (failed(given)) {
		c->held = !bad;
		c->held_status = status;
		c->held_used = used;
		return bad ? status : given;
	}
	schannel_context_sent(c);
	give_rest(leg, status, input.n, used);
	c->flags = granted(leg, c);
	*leg->attributes = c->flags;
	if (leg->expiry) {
		int64_t end = c->finished ? c->credential->tls->peer_not_after(c->tls) : INT64_MAX;
		leg->expiry->QuadPart = end == INT64_MAX
						? CLOCK_NEVER
						: clock_to_local(clock_from_unix((time_t)end));
	}
	if (failed(status) || number == 0)
		return status;
	given = map(leg, c, number);
	return failed(given) ? given : status;
}

static NTSTATUS locked_step(const struct leg *leg, struct context *c, uint64_t number)
{
	pthread_mutex_lock(&c->lock);
	NTSTATUS status = leg_step(leg, c, number);
	pthread_mutex_unlock(&c->lock);
	return status;
}

static NTSTATUS leg_begin(const struct leg *leg)
{
	CLEANUP(mem_free_p) char *host = NULL;
	struct context *c = NULL;

	if (leg->server && !buffer_find(leg->in, SECBUFFER_TOKEN, 0))
		return fail(SEC_E_INVALID_TOKEN, "accepting without a token");
	NTSTATUS status = target_host(leg->target, &host);
	if (failed(status))
		return status;
	struct credential *credential = half_find(&half.credentials, leg->credential);
	if (!credential)
		return fail(SEC_E_INVALID_HANDLE, "beginning with no credential");
	status = schannel_context_new(credential, leg->server, host, leg->requirements, &c);
	schannel_credential_unref(credential);
	if (failed(status))
		return status;
	/* a handshake never ends with its first leg, so the number is not needed yet */
	status = locked_step(leg, c, 0);
	if (failed(status)) {
		schannel_context_unref(c);
		return status;
	}
	NTSTATUS numbered = half_number_take(&half.contexts, c, leg->new_context);
	return failed(numbered) ? numbered : status;
}

static NTSTATUS leg_run(const struct leg *leg)
{
	*leg->mapped = FALSE;
	*leg->attributes = 0;
	if (leg->context == 0)
		return leg_begin(leg);
	struct context *c = schannel_context(leg->context);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "going on with no context");
	*leg->new_context = leg->context;
	NTSTATUS status = c->server == leg->server
				  ? locked_step(leg, c, leg->context)
				  : fail(SEC_E_INVALID_HANDLE, "a context of the other direction");
	schannel_context_unref(c);
	return status;
}

NTSTATUS NTAPI schannel_init_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				     PUNICODE_STRING target, ULONG requirements, ULONG representation,
				     PSecBufferDesc in, PLSA_SEC_HANDLE new_context,
				     PSecBufferDesc out, PULONG attributes, PTimeStamp expiry,
				     PBOOLEAN mapped, PSecBuffer data)
{
	if (requirements & (ISC_REQ_DELEGATE | ISC_REQ_PROMPT_FOR_CREDS))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "what Schannel cannot do for a client");
	return leg_run(&(struct leg){ .credential = credential,
				      .context = context,
				      .target = target,
				      .requirements = requirements,
				      .in = in,
				      .out = out,
				      .new_context = new_context,
				      .attributes = attributes,
				      .expiry = expiry,
				      .mapped = mapped,
				      .data = data });
}

NTSTATUS NTAPI schannel_accept_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				       PSecBufferDesc in, ULONG requirements, ULONG representation,
				       PLSA_SEC_HANDLE new_context, PSecBufferDesc out,
				       PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
				       PSecBuffer data)
{
	return leg_run(&(struct leg){ .server = true,
				      .credential = credential,
				      .context = context,
				      .requirements = requirements,
				      .in = in,
				      .out = out,
				      .new_context = new_context,
				      .attributes = attributes,
				      .expiry = expiry,
				      .mapped = mapped,
				      .data = data });
}

NTSTATUS NTAPI schannel_delete_context(LSA_SEC_HANDLE handle)
{
	return half_release(&half.contexts, handle);
}

NTSTATUS NTAPI schannel_control(LSA_SEC_HANDLE handle, PSecBufferDesc input)
{
	SecBuffer *token = buffer_find(input, SECBUFFER_TOKEN, 0);
	struct rd r = token ? rd_of(token->pvBuffer, token->cbBuffer) : rd_of(NULL, 0);
	uint32_t type;

	if (!r.p || !rd_u32le(&r, &type))
		return fail(SEC_E_INVALID_TOKEN, "a control token");
	struct context *c = schannel_context(handle);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "a control token");
	NTSTATUS status = SEC_E_OK; /* SCHANNEL_SESSION: there is no resumption to switch on or off */
	if (type == SCHANNEL_SHUTDOWN)
		status = schannel_context_close(c);
	else if (type != SCHANNEL_SESSION)
		status = fail(SEC_E_UNSUPPORTED_FUNCTION, "renegotiation and alerts on request");
	schannel_context_unref(c);
	return status;
}

NTSTATUS NTAPI schannel_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	struct context *c = schannel_context(handle);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	NTSTATUS status = schannel_context_query(c, attribute, buffer);
	schannel_context_unref(c);
	return status;
}
