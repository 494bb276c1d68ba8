/* packages/negotiate/lsa.c - Negotiate's LSA half: handles, buffers, and one leg per call.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "packages/half.h"
#include "packages/negotiate/engine.h"
#include "packages/negotiate/fallback.h"
#include "packages/negotiate/lsa.h"
#include "packages/negotiate/package.h"

/* The OBJECT IDENTIFIER 1.3.6.1.5.5.2 in DER. */
static const uint8_t mechanism[] = { 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02 };

static struct package_half half = HALF_INIT;

const struct compose_host *nego_host(void)
{
	return &half.host;
}

ULONG nego_id(void)
{
	return half.id;
}

/* ---- the package ---- */

NTSTATUS NTAPI nego_sp_initialize(ULONG_PTR package_id, PSECPKG_PARAMETERS parameters,
				  PLSA_SECPKG_FUNCTION_TABLE table)
{
	return half_open(&half, package_id, table);
}

NTSTATUS NTAPI nego_sp_shutdown(void)
{
	half_clear(&half);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI nego_sp_get_info(PSecPkgInfoW info)
{
	*info = *negotiate_package_info();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI nego_sp_get_extended_information(SECPKG_EXTENDED_INFORMATION_CLASS class,
						PSECPKG_EXTENDED_INFORMATION *out)
{
	static const OPENSSPI_PACKAGE_TRAITS traits = { OPENSSPI_PACKAGE_TRAITS_CLASS,
							OPENSSPI_AUTH_DATA_IDENTITY,
							OPENSSPI_HOME_LSA };
	return half_inform(&half, class, &traits, rd_of(mechanism, sizeof(mechanism)), out);
}

/* ---- credentials ---- */

NTSTATUS NTAPI nego_sp_acquire_credentials(PUNICODE_STRING principal, ULONG use, PLUID logon,
					   PVOID auth, PVOID get_key, PVOID get_key_argument,
					   PLSA_SEC_HANDLE handle, PTimeStamp expiry)
{
	CLEANUP(nego_credential_unref_p) struct nego_credential *c = NULL;

	const struct nego_asked asked = { use, auth, logon, NEGO_NONE };
	NTSTATUS status = nego_credential_make(&asked, &c);
	if (failed(status))
		return status;
	if (expiry)
		expiry->QuadPart = c->expiry;
	return half_number_take(&half.credentials, TAKE(c), handle);
}

/* The package is one mechanism's, or Negotiate and none for all of them. */
NTSTATUS NTAPI nego_sp_add_credentials(LSA_SEC_HANDLE handle, PUNICODE_STRING principal,
				       PUNICODE_STRING package, ULONG use, PVOID auth,
				       PVOID get_key, PVOID get_key_argument, PTimeStamp expiry)
{
	CLEANUP(nego_credential_unref_p) struct nego_credential *c = NULL, *more = NULL;
	enum nego_row only = NEGO_NONE;

	c = half_find(&half.credentials, handle);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "AddCredentials");
	if (package && package->Length) {
		size_t n = package->Length / sizeof(WCHAR);
		only = nego_row_named(package->Buffer, n);
		if (only == NEGO_NONE && !utf16_equal_ascii_nocase(package->Buffer, n, "Negotiate"))
			return fail(SEC_E_SECPKG_NOT_FOUND, "adding a mechanism's credentials");
	}
	if (use & SECPKG_CRED_BOTH & ~c->use)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "adding credentials for another role");
	const struct nego_asked asked = { use, auth, NULL, only };
	NTSTATUS status = nego_credential_make(&asked, &more);
	if (failed(status))
		return status;
	if (expiry)
		expiry->QuadPart = more->expiry;
	nego_credential_add(c, TAKE(more));
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI nego_sp_free_credentials(LSA_SEC_HANDLE handle)
{
	return half_release(&half.credentials, handle);
}

NTSTATUS NTAPI nego_sp_query_credentials(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(nego_credential_unref_p)
	struct nego_credential *c = half_find(&half.credentials, handle);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "QueryCredentialsAttributes");
	if (attribute != SECPKG_CRED_ATTR_NAMES)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "QueryCredentialsAttributes: attribute");
	if (!c->name)
		return fail(SEC_E_NO_CREDENTIALS, "names of default credentials");
	SecPkgCredentials_NamesW *names = buffer;
	names->sUserName = block_dup(c->name, (utf16_len(c->name) + 1) * sizeof(WCHAR));
	return names->sUserName ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a credential's name");
}

/* ---- contexts ---- */

/* A call as both roles make it, and where its answers go. */
struct nego_call {
	LSA_SEC_HANDLE credential, context;
	PUNICODE_STRING target;
	enum nego_role role;
	ULONG requirements;
	PSecBufferDesc in, out;
	PBOOLEAN mapped;
	PSecBuffer data;
};

static bool is_inner_call(void)
{
	SECPKG_CALL_INFO info = { 0 };
	return half.host.lsa->GetCallInfo && half.host.lsa->GetCallInfo(&info) &&
	       (info.Attributes & SECPKG_CALL_RECURSIVE);
}

static NTSTATUS new_context(const struct nego_call *call, struct nego_context **out)
{
	CLEANUP(nego_credential_unref_p)
	struct nego_credential *credential = half_find(&half.credentials, call->credential);
	uint32_t need = call->role == NEGO_SERVER ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;

	if (!credential)
		return fail(SEC_E_INVALID_HANDLE, "finding the credential");
	if (!(credential->use & need))
		return fail(SEC_E_NO_CREDENTIALS, "using a credential for the other role");
	*out = nego_context_new(call->role, credential);
	return *out ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "making a context");
}

static NTSTATUS find_context(const struct nego_call *call, struct nego_context **out)
{
	if (!compose_is_sound(call->in) || (call->out && call->out->ulVersion != SECBUFFER_VERSION))
		return fail(SEC_E_INVALID_TOKEN, "reading the buffers");
	if (!call->context)
		return new_context(call, out);
	*out = half_find(&half.contexts, call->context);
	return *out && (*out)->role == call->role
		       ? STATUS_SUCCESS
		       : fail(SEC_E_INVALID_HANDLE, "finding the context");
}

static NTSTATUS keep_bindings(struct nego_context *c, const SecBufferDesc *in)
{
	struct rd given = compose_bytes(compose_find(in, SECBUFFER_CHANNEL_BINDINGS));

	if (given.n == 0)
		return STATUS_SUCCESS;
	struct secret *copy = secret_copy(given.p, given.n);
	if (!copy)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping channel bindings");
	secret_free(c->bindings);
	c->bindings = copy;
	return STATUS_SUCCESS;
}

/* What follows a whole SPNEGO token is not ours; a mechanism's bare token is all there is. */
static size_t cut_token(const struct nego_context *c, struct rd *token)
{
	size_t rest = 0;

	if (c->bare || token->n == 0 || (token->p[0] != 0x60 && token->p[0] != 0xA1))
		return 0;
	return spnego_cut(token, &rest) ? rest : 0;
}

static NTSTATUS take_leg(const struct nego_call *call, struct nego_leg *leg)
{
	struct nego_context *c = leg->context;

	leg->token = compose_bytes(compose_find(call->in, SECBUFFER_TOKEN));
	size_t rest = cut_token(c, &leg->token);
	NTSTATUS status = keep_bindings(c, call->in);
	if (!failed(status))
		status = c->role == NEGO_SERVER ? nego_server_leg(leg) : nego_client_leg(leg);
	if (!failed(status) && !wr_ok(&leg->out))
		status = fail(SEC_E_INSUFFICIENT_MEMORY, "writing a token");
	c->maps = c->maps || status == SEC_E_OK;
	return compose_finish(
		&c->held, &half.host,
		&(struct compose_answer){ call->in, call->out, call->requirements, status, rest },
		&leg->out);
}

static NTSTATUS one_leg(const struct nego_call *call, struct nego_leg *leg)
{
	struct nego_context *c = leg->context;
	NTSTATUS status;

	c->requirements = call->requirements;
	nego_why_listen();
	if (c->held.waits)
		status = compose_resume(&c->held, &half.host, call->in, call->out,
					call->requirements);
	else if (c->stage == NEGO_COMPLETE || c->stage == NEGO_DEAD)
		return fail(SEC_E_OUT_OF_SEQUENCE, "going on with a negotiation that has ended");
	else
		status = take_leg(call, leg);
	if (!failed(status) && c->maps) {
		NTSTATUS map = nego_map(c, call->mapped, call->data);
		status = failed(map) ? map : status;
	}
	if (failed(status) && !c->held.waits) {
		c->stage = NEGO_DEAD;
		/* what a server's chosen mechanism refuses has nothing to do with those it is no better than */
		if (!*nego_why_heard() && !(c->role == NEGO_SERVER && c->chosen != MECH_UNKNOWN))
			nego_why_tell(&c->why);
	}
	return status;
}

static NTSTATUS run_call(const struct nego_call *call, PLSA_SEC_HANDLE out, PULONG attributes,
			 PTimeStamp expiry)
{
	CLEANUP(nego_context_unref_p) struct nego_context *c = NULL;

	*call->mapped = FALSE;
	NTSTATUS status = find_context(call, &c);
	if (failed(status))
		return status;
	struct nego_leg leg = { .context = c,
				.target = call->target,
				.in = call->in,
				.is_inner_call = is_inner_call(),
				.out = WR(SPNEGO_TOKEN_MAX) };
	status = one_leg(call, &leg);
	wr_done(&leg.out);
	if (failed(status))
		return status;
	*attributes = (c->inner_attributes & ~(ULONG)ISC_RET_ALLOCATED_MEMORY) |
		      (call->requirements & ISC_REQ_ALLOCATE_MEMORY);
	if (expiry)
		expiry->QuadPart = c->expiry;
	*out = call->context;
	if (*out)
		return status;
	counted_ref(c);
	NTSTATUS numbered = half_number_take(&half.contexts, c, out);
	if (!failed(numbered))
		return status;
	block_free(*call->mapped ? call->data->pvBuffer : NULL);
	*call->mapped = FALSE;
	return numbered;
}

NTSTATUS NTAPI nego_sp_init_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				    PUNICODE_STRING target, ULONG requirements,
				    ULONG representation, PSecBufferDesc in,
				    PLSA_SEC_HANDLE new_context, PSecBufferDesc out,
				    PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
				    PSecBuffer data)
{
	struct nego_call call = { credential, context, target, NEGO_CLIENT, requirements,
				  in,	      out,     mapped, data };
	return run_call(&call, new_context, attributes, expiry);
}

NTSTATUS NTAPI nego_sp_accept_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				      PSecBufferDesc in, ULONG requirements, ULONG representation,
				      PLSA_SEC_HANDLE new_context, PSecBufferDesc out,
				      PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
				      PSecBuffer data)
{
	struct nego_call call = { credential, context, NULL,   NEGO_SERVER, requirements,
				  in,	      out,     mapped, data };
	return run_call(&call, new_context, attributes, expiry);
}

NTSTATUS NTAPI nego_sp_delete_context(LSA_SEC_HANDLE handle)
{
	return half_release(&half.contexts, handle);
}

NTSTATUS NTAPI nego_sp_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(nego_context_unref_p)
	struct nego_context *c = half_find(&half.contexts, handle);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	return nego_query_attribute(c, attribute, buffer);
}
