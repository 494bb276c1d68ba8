/* packages/kerberos/lsa.c - Kerberos' LSA half: handles, buffers, and one leg per call.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "packages/half.h"
#include "packages/kerberos/identity.h"
#include "packages/kerberos/load.h"
#include "packages/kerberos/logon.h"
#include "packages/kerberos/lsa.h"
#include "packages/kerberos/package.h"
#include "packages/kerberos/remote.h"

/* The OBJECT IDENTIFIER 1.2.840.113554.1.2.2 in DER. */
static const uint8_t mechanism[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
				     0xF7, 0x12, 0x01, 0x02, 0x02 };

static struct package_half half = HALF_INIT;

const struct compose_host *kerberos_host(void)
{
	return &half.host;
}

ULONG kerberos_id(void)
{
	return half.id;
}

NTSTATUS kerberos_krb(const struct krb_ops **out)
{
	return krb_load(out);
}

NTSTATUS kerberos_failed(const struct krb_ops *ops, NTSTATUS status)
{
	struct krb_reason why = { .code = 0 };

	if (!failed(status))
		return status;
	ops->reason(&why);
	if (why.text[0] && half.host.extension->NoteReason)
		half.host.extension->NoteReason(why.text);
	/* Negotiate tells a name that is none of the realm's from a wrong password. */
	if (status == SEC_E_LOGON_DENIED && why.unknown_client)
		status = STATUS_NO_SUCH_USER;
	return fail(status, "a call of krb5");
}

/* ---- the package ---- */

NTSTATUS NTAPI kerberos_sp_initialize(ULONG_PTR package_id, PSECPKG_PARAMETERS parameters,
				      PLSA_SECPKG_FUNCTION_TABLE table)
{
	if (!kerberos_guard_forks() || !kerberos_logons_guard_forks())
		return fail(STATUS_INSUFFICIENT_RESOURCES, "guarding Kerberos' tables");
	return half_open(&half, package_id, table);
}

NTSTATUS NTAPI kerberos_sp_shutdown(void)
{
	half_clear(&half);
	kerberos_logons_clear();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI kerberos_sp_get_info(PSecPkgInfoW info)
{
	*info = *kerberos_package_info();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI kerberos_sp_get_extended_information(SECPKG_EXTENDED_INFORMATION_CLASS class,
						    PSECPKG_EXTENDED_INFORMATION *out)
{
	static const OPENSSPI_PACKAGE_TRAITS traits = { OPENSSPI_PACKAGE_TRAITS_CLASS,
							OPENSSPI_AUTH_DATA_IDENTITY,
							OPENSSPI_HOME_LSA };
	return half_inform(&half, class, &traits, rd_of(mechanism, sizeof(mechanism)), out);
}

/* ---- credentials ---- */

NTSTATUS NTAPI kerberos_sp_acquire_credentials(PUNICODE_STRING principal, ULONG use, PLUID logon,
					       PVOID auth, PVOID get_key, PVOID get_key_argument,
					       PLSA_SEC_HANDLE handle, PTimeStamp expiry)
{
	const struct kerberos_asked asked = { use, principal, logon, auth };
	CLEANUP(kerberos_credential_unref_p) struct kerberos_credential *c = NULL;
	int64_t until;

	NTSTATUS status = kerberos_credential_make(&asked, &c, &until);
	if (failed(status))
		return status;
	if (expiry)
		expiry->QuadPart = clock_to_local(until);
	return half_number_take(&half.credentials, TAKE(c), handle);
}

NTSTATUS NTAPI kerberos_sp_free_credentials(LSA_SEC_HANDLE handle)
{
	return half_release(&half.credentials, handle);
}

static NTSTATUS name_of(struct krb_credential *c, SecPkgCredentials_NamesW *out)
{
	struct krb_credential_info info = { .name = NULL };
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	const struct krb_ops *ops;
	size_t n;

	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status))
		status = kerberos_failed(ops, ops->credential_info(c, &info));
	if (failed(status))
		return status;
	CLEANUP(mem_free_p) char *name = info.name;
	if (!name)
		return fail(SEC_E_NO_CREDENTIALS, "a credential's name");
	if (!utf16_from_utf8(name, strlen(name), &wide, &n))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a credential's name");
	out->sUserName = block_dup(wide, (n + 1) * sizeof(WCHAR));
	return out->sUserName ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a credential's name");
}

NTSTATUS NTAPI kerberos_sp_query_credentials(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(kerberos_credential_unref_p)
	struct kerberos_credential *c = half_find(&half.credentials, handle);
	CLEANUP(krb_unref_p) struct krb_credential *whose = NULL;

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "QueryCredentialsAttributes");
	if (attribute != SECPKG_CRED_ATTR_NAMES)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "QueryCredentialsAttributes: attribute");
	if (c->use & SECPKG_CRED_OUTBOUND) {
		NTSTATUS status = kerberos_credential_for(c, NULL, &whose);
		return failed(status) ? status : name_of(whose, buffer);
	}
	return c->server ? name_of(c->server, buffer)
			 : fail(SEC_E_NO_CREDENTIALS, "a credential's name");
}

/* ---- contexts ---- */

/* A call as both roles make it, and where its answers go. */
struct call {
	LSA_SEC_HANDLE credential, context;
	bool server;
	ULONG requirements;
	PSecBufferDesc in, out;
	PBOOLEAN mapped;
	PSecBuffer data;
};

static NTSTATUS new_context(const struct call *call, struct kerberos_context **out)
{
	CLEANUP(kerberos_credential_unref_p)
	struct kerberos_credential *credential = half_find(&half.credentials, call->credential);
	uint32_t need = call->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;

	if (!credential)
		return fail(SEC_E_INVALID_HANDLE, "finding the credential");
	if (!(credential->use & need))
		return fail(SEC_E_NO_CREDENTIALS, "using a credential for the other role");
	*out = kerberos_context_new(call->server, credential);
	if (!*out)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a context");
	(*out)->requirements = call->requirements;
	return STATUS_SUCCESS;
}

static NTSTATUS find_context(const struct call *call, struct kerberos_context **out)
{
	if (!compose_is_sound(call->in) || (call->out && call->out->ulVersion != SECBUFFER_VERSION))
		return fail(SEC_E_INVALID_TOKEN, "reading the buffers");
	if (!call->context)
		return new_context(call, out);
	*out = half_find(&half.contexts, call->context);
	return *out && (*out)->server == call->server
		       ? STATUS_SUCCESS
		       : fail(SEC_E_INVALID_HANDLE, "finding the context");
}

static NTSTATUS take_leg(const struct call *call, struct kerberos_leg *leg)
{
	struct kerberos_context *c = leg->context;

	leg->token = compose_bytes(compose_find(call->in, SECBUFFER_TOKEN));
	NTSTATUS status = c->server ? kerberos_server_leg(leg) : kerberos_client_leg(leg);
	if (!failed(status) && !wr_ok(&leg->out))
		status = fail(SEC_E_INSUFFICIENT_MEMORY, "writing a token");
	c->maps = status == SEC_E_OK;
	return compose_finish(
		&c->held, &half.host,
		&(struct compose_answer){ call->in, call->out, call->requirements, status, 0 },
		&leg->out);
}

/* Packs the established session for the user-mode half. */
static NTSTATUS map_session(const struct kerberos_context *c, const struct call *call)
{
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);

	kerberos_session_pack(&w, &c->session);
	void *packed = wr_ok(&w) ? half.host.lsa->AllocateLsaHeap((ULONG)w.len) : NULL;
	if (!packed)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "packed Kerberos context");
	memcpy(packed, w.buf, w.len);
	*call->data = (SecBuffer){ (ULONG)w.len, SECBUFFER_TOKEN, packed };
	*call->mapped = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS one_leg(const struct call *call, struct kerberos_leg *leg)
{
	struct kerberos_context *c = leg->context;
	NTSTATUS status;

	if (c->held.waits)
		status = compose_resume(&c->held, &half.host, call->in, call->out,
					call->requirements);
	else if (c->stage != KERBEROS_HANDSHAKE)
		return fail(SEC_E_OUT_OF_SEQUENCE, "going on with a context that has ended");
	else
		status = take_leg(call, leg);
	if (status == SEC_E_OK && c->maps) {
		NTSTATUS map = map_session(c, call);
		status = failed(map) ? map : status;
		c->stage = failed(map) ? KERBEROS_DEAD : KERBEROS_ESTABLISHED;
	}
	if (failed(status) && !c->held.waits)
		c->stage = KERBEROS_DEAD;
	return status;
}

static void tell(const struct kerberos_context *c, const struct call *call, PULONG attributes,
		 PTimeStamp expiry)
{
	uint32_t agreed = c->stage == KERBEROS_ESTABLISHED ? c->session.attributes : 0;

	*attributes = agreed | (call->requirements & ISC_REQ_ALLOCATE_MEMORY);
	if (expiry)
		expiry->QuadPart = agreed || c->stage == KERBEROS_ESTABLISHED
					   ? clock_to_local(c->session.expiry)
					   : CLOCK_NEVER;
}

static NTSTATUS run_call(const struct call *call, struct kerberos_leg *leg, PLSA_SEC_HANDLE out)
{
	struct kerberos_context *c = leg->context;

	NTSTATUS status = one_leg(call, leg);
	wr_done(&leg->out);
	if (failed(status))
		return status;
	*out = call->context;
	if (*out)
		return status;
	counted_ref(c);
	NTSTATUS numbered = half_number_take(&half.contexts, c, out);
	if (!failed(numbered))
		return status;
	if (*call->mapped)
		half.host.lsa->FreeLsaHeap(call->data->pvBuffer);
	*call->mapped = FALSE;
	return numbered;
}

NTSTATUS NTAPI kerberos_sp_init_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
					PUNICODE_STRING target, ULONG requirements,
					ULONG representation, PSecBufferDesc in,
					PLSA_SEC_HANDLE new_context, PSecBufferDesc out,
					PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
					PSecBuffer data)
{
	const struct call call = {
		credential, context, false, requirements, in, out, mapped, data
	};
	CLEANUP(kerberos_context_unref_p) struct kerberos_context *c = NULL;

	*mapped = FALSE;
	NTSTATUS status = find_context(&call, &c);
	if (failed(status))
		return status;
	struct kerberos_leg leg = { c, target, requirements, in, .out = WR(KERBEROS_MAX_TOKEN) };
	status = run_call(&call, &leg, new_context);
	if (!failed(status))
		tell(c, &call, attributes, expiry);
	return status;
}

NTSTATUS NTAPI kerberos_sp_accept_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
					  PSecBufferDesc in, ULONG requirements,
					  ULONG representation, PLSA_SEC_HANDLE new_context,
					  PSecBufferDesc out, PULONG attributes, PTimeStamp expiry,
					  PBOOLEAN mapped, PSecBuffer data)
{
	const struct call call = { credential, context, true, requirements, in, out, mapped, data };
	CLEANUP(kerberos_context_unref_p) struct kerberos_context *c = NULL;

	*mapped = FALSE;
	NTSTATUS status = find_context(&call, &c);
	if (failed(status))
		return status;
	struct kerberos_leg leg = { c, NULL, requirements, in, .out = WR(KERBEROS_MAX_TOKEN) };
	status = run_call(&call, &leg, new_context);
	if (!failed(status))
		tell(c, &call, attributes, expiry);
	return status;
}

NTSTATUS NTAPI kerberos_sp_delete_context(LSA_SEC_HANDLE handle)
{
	return half_release(&half.contexts, handle);
}

/* What needs tickets is answered here; the rest is the session's, in whichever half. */
NTSTATUS NTAPI kerberos_sp_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(kerberos_context_unref_p)
	struct kerberos_context *c = half_find(&half.contexts, handle);

	if (!c || c->stage != KERBEROS_ESTABLISHED)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	if (attribute == OPENSSPI_ATTR_REMOTE_GUARD)
		return kerberos_remote_guard(c, buffer);
	if (attribute == OPENSSPI_ATTR_DELEGATED_LOGON)
		return kerberos_delegated_logon(c, buffer);
	return kerberos_session_query(&c->session, attribute, buffer);
}
