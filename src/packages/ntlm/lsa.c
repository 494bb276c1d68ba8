/* packages/ntlm/lsa.c - NTLM's LSA half: credentials, and contexts until they are established.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "packages/half.h"
#include "packages/ntlm/buffers.h"
#include "packages/ntlm/local.h"
#include "packages/ntlm/logon.h"
#include "packages/ntlm/lsa.h"
#include "packages/ntlm/package.h"
#include "wire/authdata.h"

/* The OBJECT IDENTIFIER 1.3.6.1.4.1.311.2.2.10 in DER. */
static const uint8_t mechanism[] = { 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04,
				     0x01, 0x82, 0x37, 0x02, 0x02, 0x0A };

static struct package_half half = HALF_INIT;

const struct compose_host *ntlm_host(void)
{
	return &half.host;
}

ULONG ntlm_id(void)
{
	return half.id;
}

uint32_t ntlm_policy(uint32_t number, uint32_t safest)
{
	return compose_policy(&half.host, number, safest);
}

bool ntlm_flags_suffice(uint32_t flags, uint32_t policy_number)
{
	uint32_t need = ntlm_policy(policy_number, NTLM_EXTENDED_SECURITY | NTLM_128);
	return !(flags & (NTLM_SIGN | NTLM_SEAL)) || (flags & need) == need;
}

NTSTATUS ntlm_caller_names(struct ntlm_text *domain, struct ntlm_text *user)
{
	UNICODE_STRING name = { 0 };
	OPENSSPI_MACHINE_NAMES names;

	if (!half.host.extension->CallerName || failed(half.host.extension->CallerName(&name)))
		return fail(SEC_E_NO_CREDENTIALS, "name of the caller");
	(void)half.host.extension->MachineNames(&names);
	bool fine = ntlm_text_copy(domain, ntlm_unicode_bytes(&names.NetbiosComputer)) &&
		    ntlm_text_copy(user, ntlm_unicode_bytes(&name));
	half.host.lsa->FreeLsaHeap(name.Buffer);
	return fine ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "name of the caller");
}

/* ---- the package ---- */

NTSTATUS NTAPI ntlm_sp_initialize(ULONG_PTR package_id, PSECPKG_PARAMETERS parameters,
				  PLSA_SECPKG_FUNCTION_TABLE table)
{
	if (!ntlm_local_guard_forks())
		return fail(STATUS_INSUFFICIENT_RESOURCES, "guarding NTLM's tables");
	return half_open(&half, package_id, table);
}

NTSTATUS NTAPI ntlm_sp_shutdown(void)
{
	half_clear(&half);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ntlm_sp_get_info(PSecPkgInfoW info)
{
	*info = *ntlm_package_info();
	return STATUS_SUCCESS;
}

static void *lsa_heap_copy(const void *from, ULONG n)
{
	void *to = half.host.lsa->AllocateLsaHeap(n);
	if (to)
		memcpy(to, from, n);
	return to;
}

NTSTATUS NTAPI ntlm_sp_get_extended_information(SECPKG_EXTENDED_INFORMATION_CLASS class,
						PSECPKG_EXTENDED_INFORMATION *out)
{
	static const OPENSSPI_PACKAGE_TRAITS traits = { OPENSSPI_PACKAGE_TRAITS_CLASS,
							OPENSSPI_AUTH_DATA_IDENTITY,
							OPENSSPI_HOME_LSA };
	return half_inform(&half, class, &traits, rd_of(mechanism, sizeof(mechanism)), out);
}

/* ---- credentials ---- */

/* In neither role, and before anything is read: whoever reaches NTLM does so by its credentials. A host
 * that knows no such policy blocks nothing. */
static NTSTATUS refuse_if_blocked(void)
{
	const char *why = NULL;

	if (ntlm_policy(OPENSSPI_POLICY_FIPS, 0))
		why = "NTLM is not approved by FIPS 140, which this system is bound to";
	if (ntlm_policy(OPENSSPI_POLICY_KERBEROS_ONLY, 0))
		why = "NTLM is blocked by the policy KerberosOnly";
	if (!why)
		return STATUS_SUCCESS;
	half.host.extension->NoteReason(why);
	return fail(STATUS_NTLM_BLOCKED, "acquiring NTLM's credentials");
}

/* No identity: the caller's own, or that of a session which was made by a logon. */
static void credential_of_session(struct ntlm_credential *c, const LUID *logon)
{
	c->is_session = !compose_session_is_own(half.host.lsa, logon);
	c->is_default = !c->is_session;
	if (c->is_session)
		c->session = *logon;
}

NTSTATUS NTAPI ntlm_sp_acquire_credentials(PUNICODE_STRING principal, ULONG use, PLUID logon,
					   PVOID auth, PVOID get_key, PVOID get_key_argument,
					   PLSA_SEC_HANDLE handle, PTimeStamp expiry)
{
	if (!(use & SECPKG_CRED_BOTH))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "credential use");
	NTSTATUS status = refuse_if_blocked();
	if (failed(status))
		return status;
	CLEANUP(ntlm_credential_unref_p) struct ntlm_credential *c = ntlm_credential_new(use);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM credentials");
	if (!auth)
		credential_of_session(c, logon);
	status = auth ? ntlm_credential_fill(c, authdata_block(auth)) : STATUS_SUCCESS;
	if (failed(status))
		return status;
	if (expiry)
		expiry->QuadPart = CLOCK_NEVER;
	return half_number_take(&half.credentials, TAKE(c), handle);
}

NTSTATUS NTAPI ntlm_sp_free_credentials(LSA_SEC_HANDLE handle)
{
	return half_release(&half.credentials, handle);
}

NTSTATUS NTAPI ntlm_sp_query_credentials(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(ntlm_credential_unref_p)
	struct ntlm_credential *c = half_find(&half.credentials, handle);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "QueryCredentialsAttributes");
	if (attribute != SECPKG_CRED_ATTR_NAMES)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "QueryCredentialsAttributes: attribute");
	SecPkgCredentials_NamesW *names = buffer;
	CLEANUP(ntlm_text_done) struct ntlm_text domain = { 0 };
	CLEANUP(ntlm_text_done) struct ntlm_text user = { 0 };
	CLEANUP(ntlm_credential_unref_p) struct ntlm_credential *found = NULL;
	NTSTATUS status = STATUS_SUCCESS;
	if (c->is_default)
		status = ntlm_caller_names(&domain, &user);
	if (c->is_session)
		status = ntlm_session_credential(&c->session, c->use, &found);
	if (failed(status))
		return status;
	const struct ntlm_credential *named = found ? found : c;
	names->sUserName = c->is_default ? ntlm_account_name(&domain, &user)
					 : ntlm_account_name(&named->domain, &named->user);
	return names->sUserName ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "credential names");
}

/* ---- contexts ---- */

NTSTATUS ntlm_leg_give(struct ntlm_leg *leg, struct rd token)
{
	SecBuffer *b = buffer_find(leg->out, SECBUFFER_TOKEN);
	if (!b)
		return fail(SEC_E_INVALID_TOKEN, "output without TOKEN buffer");
	if (leg->requirements & ISC_REQ_ALLOCATE_MEMORY) {
		void *copy = lsa_heap_copy(token.p, (ULONG)token.n);
		if (!copy)
			return fail(SEC_E_INSUFFICIENT_MEMORY, "output token");
		b->pvBuffer = copy;
		leg->attributes |= ISC_RET_ALLOCATED_MEMORY;
	} else {
		if (!b->pvBuffer || b->cbBuffer < token.n) {
			b->cbBuffer = (ULONG)token.n;
			return fail(SEC_E_BUFFER_TOO_SMALL, "output token");
		}
		memcpy(b->pvBuffer, token.p, token.n);
	}
	b->cbBuffer = (ULONG)token.n;
	return SEC_E_OK;
}

void ntlm_leg_give_nothing(struct ntlm_leg *leg)
{
	SecBuffer *b = buffer_find(leg->out, SECBUFFER_TOKEN);
	if (b)
		b->cbBuffer = 0;
}

/* Finds what the handles name. The credential of a later call may be absent. */
static NTSTATUS leg_find(struct ntlm_leg *leg, LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
			 bool server)
{
	if (leg->in && !buffers_are_sound(leg->in))
		return fail(SEC_E_INVALID_TOKEN, "input buffers");
	leg->token = buffer_bytes(leg->in, SECBUFFER_TOKEN);
	if (context) {
		leg->context = half_find(&half.contexts, context);
		if (!leg->context)
			return fail(SEC_E_INVALID_HANDLE, "NTLM context");
		if (leg->context->server != server)
			return fail(SEC_E_INVALID_HANDLE, "NTLM context of the other role");
		return STATUS_SUCCESS;
	}
	leg->credential = half_find(&half.credentials, credential);
	return leg->credential ? STATUS_SUCCESS : fail(SEC_E_INVALID_HANDLE, "NTLM credential");
}

/* Packs the established session for the user-mode half. */
static NTSTATUS leg_map(const struct ntlm_leg *leg, PBOOLEAN mapped, PSecBuffer data)
{
	CLEANUP(wr_done) struct wr w = WR(NTLM_PACKED_MAX);

	ntlm_session_pack(&w, &leg->context->session);
	void *packed = wr_ok(&w) ? lsa_heap_copy(w.buf, (ULONG)w.len) : NULL;
	if (!packed)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "packed NTLM context");
	*data = (SecBuffer){ (ULONG)w.len, SECBUFFER_TOKEN, packed };
	*mapped = TRUE;
	return STATUS_SUCCESS;
}

struct leg_results {
	LSA_SEC_HANDLE context; /* as it came in */
	PLSA_SEC_HANDLE new_context;
	PULONG attributes;
	PTimeStamp expiry;
	PBOOLEAN mapped;
	PSecBuffer data;
};

/* Hands the outcome of a leg that did not fail to the caller. */
static NTSTATUS leg_finish(struct ntlm_leg *leg, const struct leg_results *r, NTSTATUS outcome)
{
	if (outcome == SEC_E_OK) {
		NTSTATUS status = leg_map(leg, r->mapped, r->data);
		if (failed(status))
			return status;
	}
	LSA_SEC_HANDLE number = r->context;
	if (!number) {
		counted_ref(leg->context);
		NTSTATUS status = half_number_take(&half.contexts, leg->context, &number);
		if (failed(status))
			return status;
	}
	*r->new_context = number;
	*r->attributes = leg->attributes;
	if (r->expiry)
		r->expiry->QuadPart = CLOCK_NEVER;
	return outcome;
}

static void leg_done(struct ntlm_leg *leg)
{
	ntlm_credential_unref(leg->credential);
	ntlm_context_unref(leg->context);
}

NTSTATUS NTAPI ntlm_sp_init_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				    PUNICODE_STRING target, ULONG requirements,
				    ULONG data_representation, PSecBufferDesc in,
				    PLSA_SEC_HANDLE new_context, PSecBufferDesc out,
				    PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
				    PSecBuffer data)
{
	struct leg_results results = { context, new_context, attributes, expiry, mapped, data };
	CLEANUP(leg_done)
	struct ntlm_leg leg = {
		.target = target, .requirements = requirements, .in = in, .out = out
	};

	*mapped = FALSE;
	NTSTATUS status = leg_find(&leg, credential, context, false);
	if (failed(status))
		return status;
	status = context ? ntlm_client_answer(&leg) : ntlm_client_begin(&leg);
	return failed(status) ? status : leg_finish(&leg, &results, status);
}

NTSTATUS NTAPI ntlm_sp_accept_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE context,
				      PSecBufferDesc in, ULONG requirements,
				      ULONG data_representation, PLSA_SEC_HANDLE new_context,
				      PSecBufferDesc out, PULONG attributes, PTimeStamp expiry,
				      PBOOLEAN mapped, PSecBuffer data)
{
	struct leg_results results = { context, new_context, attributes, expiry, mapped, data };
	CLEANUP(leg_done)
	struct ntlm_leg leg = { .requirements = requirements, .in = in, .out = out };

	*mapped = FALSE;
	NTSTATUS status = leg_find(&leg, credential, context, true);
	if (failed(status))
		return status;
	status = context ? ntlm_server_finish(&leg) : ntlm_server_begin(&leg);
	return failed(status) ? status : leg_finish(&leg, &results, status);
}

NTSTATUS NTAPI ntlm_sp_delete_context(LSA_SEC_HANDLE handle)
{
	return half_release(&half.contexts, handle);
}

NTSTATUS NTAPI ntlm_sp_query_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(ntlm_context_unref_p)
	struct ntlm_context *c = half_find(&half.contexts, handle);
	if (!c || c->state != NTLM_STATE_ESTABLISHED)
		return fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
	return ntlm_session_query(&c->session, attribute, buffer);
}
