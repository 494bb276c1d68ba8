/* packages/ntlm/logonuser.c - LsaLogonUser: by password, and by a response to a challenge.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What comes of a password is a session that signs in with it elsewhere; of a response, one that knows who it is
 * and no more. */
#include "base/base.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "packages/compose.h"
#include "packages/ntlm/logon.h"
#include "packages/ntlm/respond.h"
#include "wire/sids.h"

/* Ways of a network logon that have no meaning here. */
#define REFUSED_PARAMETERS                                                                         \
	(MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED | MSV1_0_S4U2SELF | MSV1_0_TRY_GUEST_ACCOUNT_ONLY |    \
	 MSV1_0_SUBAUTHENTICATION_DLL_EX | MSV1_0_SUBAUTHENTICATION_DLL)

/* A logon as its message asks for it, and what has come of it. */
struct attempt {
	struct msv1_message message;
	SECURITY_LOGON_TYPE type;
	struct ntlm_text domain, user, workstation; /* as the message has them */
	struct rd password;			    /* what the session will sign in with */
	bool is_network, is_nobody;
	ULONG flags; /* LOGON_, of the profile */
	struct ntlm_verdict verdict;
	NTSTATUS sub_status;
	LUID id;
};

static void attempt_done(struct attempt *a)
{
	ntlm_text_done(&a->domain);
	ntlm_text_done(&a->user);
	ntlm_text_done(&a->workstation);
	ntlm_verdict_done(&a->verdict);
}

static NTSTATUS take_names(struct attempt *a, struct rd domain, struct rd user)
{
	if (domain.n > 2 * NTLM_DOMAIN_MAX || user.n > 2 * NTLM_USER_MAX)
		return fail(STATUS_NAME_TOO_LONG, "names of a logon");
	return ntlm_text_copy(&a->domain, domain) && ntlm_text_copy(&a->user, user)
		       ? STATUS_SUCCESS
		       : fail(STATUS_NO_MEMORY, "names of a logon");
}

/* ---- by password ---- */

static bool type_has_password(SECURITY_LOGON_TYPE type)
{
	switch (type) {
	case Interactive:
	case Batch:
	case Service:
	case Unlock:
	case NetworkCleartext:
	case RemoteInteractive:
		return true;
	default:
		return false;
	}
}

static NTSTATUS credential_of(const struct msv1_interactive *m, struct ntlm_credential **out)
{
	const struct identity_view id = { .user = m->user,
					  .domain = m->domain,
					  .password = m->password,
					  .has_user = true,
					  .has_domain = true,
					  .has_password = true };
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);
	CLEANUP(ntlm_credential_unref_p)
	struct ntlm_credential *c = ntlm_credential_new(SECPKG_CRED_OUTBOUND);

	identity_write(&block, &id);
	if (!c || !wr_ok(&block))
		return fail(STATUS_NO_MEMORY, "a logon's names and password");
	NTSTATUS status = ntlm_credential_fill(c, wr_view(&block));
	if (status == SEC_E_UNKNOWN_CREDENTIALS || (!failed(status) && !c->nt_hash))
		return fail(STATUS_LOGON_FAILURE, "a logon's names and password");
	if (!failed(status))
		*out = TAKE(c);
	return status;
}

static NTSTATUS by_password(struct attempt *a)
{
	CLEANUP(ntlm_credential_unref_p) struct ntlm_credential *who = NULL;
	struct msv1_interactive m;

	if (!type_has_password(a->type))
		return fail(STATUS_INVALID_LOGON_TYPE, "a logon by password");
	if (!msv1_interactive_read(&a->message, &m))
		return fail(STATUS_INVALID_PARAMETER, "names and password of a logon");
	NTSTATUS status = take_names(a, m.domain, m.user);
	if (!failed(status))
		status = credential_of(&m, &who);
	if (!failed(status))
		status = ntlm_logon_prove(who, &a->verdict);
	if (!failed(status))
		a->password = m.password;
	return status;
}

/* ---- by a response ---- */

/* Nobody signs in with nothing at all, where policy lets nobody in. */
static NTSTATUS as_nobody(struct attempt *a)
{
	if (!ntlm_policy(OPENSSPI_POLICY_ALLOW_ANONYMOUS, 0))
		return fail(STATUS_LOGON_FAILURE, "an anonymous logon");
	a->is_nobody = true;
	return STATUS_SUCCESS;
}

static NTSTATUS ask_network(struct attempt *a, const struct msv1_network *m)
{
	bool both = m->parameters & MSV1_0_USE_CLIENT_CHALLENGE;
	OPENSSPI_NTLM_LOGON logon = {
		.Domain = unicode_view(a->domain.p, a->domain.n),
		.User = unicode_view(a->user.p, a->user.n),
		.Workstation = unicode_view(a->workstation.p, a->workstation.n),
		.NtResponse = m->nt.p,
		.NtResponseLength = (ULONG)m->nt.n,
		.LmResponse = m->lm.p,
		.LmResponseLength = (ULONG)m->lm.n,
		.NegotiateFlags = NTLM_UNICODE | (both ? NTLM_EXTENDED_SECURITY : 0),
	};

	memcpy(logon.ServerChallenge, m->challenge, sizeof(logon.ServerChallenge));
	a->flags = LOGON_NTLMV2_ENABLED | (m->nt.n > NTLM_V1_RESPONSE_LEN ? LOGON_NT_V2 : 0);
	return ntlm_host()->extension->AuthenticateNtlmSids(&logon, &a->verdict.result,
							    &a->verdict.sids);
}

static NTSTATUS by_response(struct attempt *a, struct msv1_network *m)
{
	a->is_network = true;
	if (a->type != Network)
		return fail(STATUS_INVALID_LOGON_TYPE, "a logon by a response");
	if (!msv1_network_read(&a->message, m))
		return fail(STATUS_INVALID_PARAMETER, "names and responses of a logon");
	NTSTATUS status = take_names(a, m->domain, m->user);
	if (failed(status))
		return status;
	if (m->workstation.n > 2 * NTLM_DOMAIN_MAX)
		return fail(STATUS_NAME_TOO_LONG, "names of a logon");
	return ntlm_text_copy(&a->workstation, m->workstation)
		       ? STATUS_SUCCESS
		       : fail(STATUS_NO_MEMORY, "names of a logon");
}

static NTSTATUS by_network(struct attempt *a)
{
	struct msv1_network m;

	NTSTATUS status = by_response(a, &m);
	if (failed(status))
		return status;
	if (m.parameters & REFUSED_PARAMETERS)
		return fail(STATUS_NOT_SUPPORTED, "a kind of network logon");
	if (!m.user.n && !m.nt.n && m.lm.n <= 1)
		return as_nobody(a);
	return ask_network(a, &m);
}

/* ParameterControl is another message's. */
static NTSTATUS by_lm20(struct attempt *a)
{
	struct msv1_network m;

	NTSTATUS status = by_response(a, &m);
	if (failed(status))
		return status;
	m.parameters = 0;
	return !m.user.n && !m.nt.n && m.lm.n <= 1 ? as_nobody(a) : ask_network(a, &m);
}

static NTSTATUS attempt_run(struct attempt *a)
{
	static const struct {
		MSV1_0_LOGON_SUBMIT_TYPE type;
		NTSTATUS (*run)(struct attempt *a);
	} rows[] = {
		{ MsV1_0InteractiveLogon, by_password },
		{ MsV1_0WorkstationUnlockLogon, by_password },
		{ MsV1_0Lm20Logon, by_lm20 },
		{ MsV1_0NetworkLogon, by_network },
	};
	uint32_t type;

	if (!msv1_type(&a->message, &type))
		return fail(STATUS_INVALID_PARAMETER, "a logon without a type");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((uint32_t)rows[i].type == type)
			return rows[i].run(a);
	return fail(STATUS_BAD_VALIDATION_CLASS, "a kind of logon that is not served");
}

/* ---- the verdict, in the language of logons ---- */

static NTSTATUS verdict_of(NTSTATUS status, NTSTATUS *sub_status)
{
	switch (status) {
	case STATUS_ACCOUNT_DISABLED:
	case STATUS_PASSWORD_EXPIRED:
	case STATUS_INVALID_LOGON_HOURS:
	case STATUS_INVALID_WORKSTATION:
		*sub_status = status;
		return STATUS_ACCOUNT_RESTRICTION;
	case SEC_E_LOGON_DENIED:
	case STATUS_NO_SUCH_USER:
	case STATUS_WRONG_PASSWORD:
		return STATUS_LOGON_FAILURE;
	case SEC_E_NO_AUTHENTICATING_AUTHORITY:
		return STATUS_NO_LOGON_SERVERS;
	case SEC_E_INSUFFICIENT_MEMORY:
		return STATUS_NO_MEMORY;
	default:
		return status;
	}
}

/* Who it is: as the authority spells it, else as the message does. */
struct who {
	struct rd domain, user;
};

static struct who who_is(const struct attempt *a)
{
	const OPENSSPI_NTLM_LOGON_RESULT *r = &a->verdict.result;
	struct who w = { ntlm_text_bytes(&a->domain), ntlm_text_bytes(&a->user) };

	if (a->is_nobody)
		ntlm_session_nobody(&w.domain, &w.user);
	else if (r->User.Buffer)
		w = (struct who){ ntlm_unicode_bytes(&r->Domain), ntlm_unicode_bytes(&r->User) };
	return w;
}

static UNICODE_STRING unicode_of(struct rd text)
{
	return unicode_view((const WCHAR *)(const void *)text.p, text.n / sizeof(WCHAR));
}

static void audit(const struct attempt *a, NTSTATUS status)
{
	struct rd sids = rd_of(a->verdict.sids.pvBuffer, a->verdict.sids.cbBuffer);
	const struct who who = who_is(a);
	UNICODE_STRING user = unicode_of(who.user), domain = unicode_of(who.domain);
	UNICODE_STRING from = unicode_view(a->workstation.p, a->workstation.n);
	_Alignas(DWORD) uint8_t sid[SID_BYTES_MAX];
	char text[SID_TEXT_MAX];
	LUID id = a->id;

	if (!ntlm_host()->lsa->AuditLogon)
		return;
	bool has_sid = sids_next(&sids, text) && sid_bytes(text, sid);
	ntlm_host()->lsa->AuditLogon(status, a->sub_status ? a->sub_status : status, &user, &domain,
				     &from, has_sid ? sid : NULL, a->type, NULL,
				     failed(status) ? NULL : &id);
}

/* ---- what the LSA is told ---- */

static PUNICODE_STRING heap_text(struct rd text)
{
	PUNICODE_STRING s = ntlm_host()->lsa->AllocateLsaHeap(sizeof(*s));

	if (!s || compose_heap_string(ntlm_host()->lsa, text, s))
		return s;
	ntlm_host()->lsa->FreeLsaHeap(s);
	return NULL;
}

/* Who has the session key of a response could pass for its server, also towards a client whose credentials
 * this LSA keeps: another process has to be one that may have what clients delegate. */
static bool caller_may_have_key(void)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	SECPKG_CALL_INFO info = { 0 };

	return lsa->GetCallInfo && lsa->GetCallInfo(&info) &&
	       (info.ProcessId == (ULONG)getpid() || info.Attributes & SECPKG_CALL_IS_TCB);
}

/* It leaves a mark then, as one that accepts a sign-in does. Of NTLMv1 it is not known which key it leads to. */
static void note_key(const struct attempt *a)
{
	uint8_t mark[LOOP_MARK_LEN];

	if (!a->is_network || a->is_nobody || !caller_may_have_key())
		return;
	if (!(a->flags & LOGON_NT_V2)) {
		loop_note_unknown();
		return;
	}
	sha256(a->verdict.result.SessionBaseKey, sizeof(a->verdict.result.SessionBaseKey), mark);
	loop_note(mark);
}

static void profile_write(struct wr *w, uint64_t base, const struct attempt *a)
{
	const struct who who = who_is(a);
	OPENSSPI_MACHINE_NAMES names;

	(void)ntlm_host()->extension->MachineNames(&names);
	const struct msv1_profile p = {
		.now = clock_now(),
		.end = CLOCK_NEVER,
		.flags = a->flags,
		.full_name = who.user,
		.domain = who.domain,
		.server = ntlm_unicode_bytes(&names.NetbiosComputer),
		.key = caller_may_have_key() ? a->verdict.result.SessionBaseKey : NULL,
	};
	if (a->is_network)
		msv1_network_profile_write(w, base, &p);
	else
		msv1_interactive_profile_write(w, base, &p);
}

/* Written twice: for its size, and for the address that it then has. */
static NTSTATUS tell_profile(const struct attempt *a, PLSA_CLIENT_REQUEST request, PVOID *profile,
			     PULONG size)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	CLEANUP(wr_done) struct wr sized = WR(NTLM_MESSAGE_MAX), w = WR(NTLM_MESSAGE_MAX);
	PVOID there = NULL;

	profile_write(&sized, 0, a);
	if (!wr_ok(&sized))
		return fail(STATUS_NO_MEMORY, "a logon's profile");
	NTSTATUS status = lsa->AllocateClientBuffer(request, (ULONG)sized.len, &there);
	if (failed(status))
		return status;
	profile_write(&w, (uintptr_t)there, a);
	status = wr_ok(&w) ? lsa->CopyToClientBuffer(request, (ULONG)w.len, there, w.buf)
			   : fail(STATUS_NO_MEMORY, "a logon's profile");
	if (failed(status)) {
		(void)lsa->FreeClientBuffer(request, there);
		return status;
	}
	*profile = there;
	*size = (ULONG)w.len;
	return STATUS_SUCCESS;
}

static bool is_principal(const struct ntlm_text *user)
{
	for (size_t i = 0; i < user->n; i++)
		if (user->p[i] == '@')
			return true;
	return false;
}

/* For AcceptCredentials of all packages. The LSA releases it, and the heap wipes it. */
static NTSTATUS tell_primary(const struct attempt *a, PSECPKG_PRIMARY_CRED primary)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	const struct who who = who_is(a);
	OPENSSPI_MACHINE_NAMES names;

	if (!a->password.n)
		return STATUS_SUCCESS;
	(void)ntlm_host()->extension->MachineNames(&names);
	if (!compose_heap_string(lsa, who.user, &primary->DownlevelName) ||
	    !compose_heap_string(lsa, who.domain, &primary->DomainName) ||
	    !compose_heap_string(lsa, a->password, &primary->Password) ||
	    !compose_heap_string(lsa, ntlm_unicode_bytes(&names.NetbiosComputer),
				 &primary->LogonServer))
		return fail(STATUS_NO_MEMORY, "a logon's credentials");
	/* As it was typed, which may be all that says which realm it is of. */
	if (is_principal(&a->user) &&
	    !compose_heap_string(lsa, ntlm_text_bytes(&a->user), &primary->Upn))
		return fail(STATUS_NO_MEMORY, "a logon's credentials");
	primary->Flags = PRIMARY_CRED_CLEAR_PASSWORD;
	return STATUS_SUCCESS;
}

/* What the entry point hands out; those of a logon that failed are taken back. */
struct outputs {
	PVOID *profile;
	PULONG profile_size;
	PLSA_TOKEN_INFORMATION_TYPE token_type;
	PVOID *token;
	PSECPKG_PRIMARY_CRED primary;
};

static NTSTATUS tell_all(struct attempt *a, PLSA_CLIENT_REQUEST request, const struct outputs *o)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (!compose_heap_token(ntlm_host()->lsa, CLOCK_NEVER, o->token_type, o->token))
		status = fail(STATUS_NO_MEMORY, "a logon");
	if (!failed(status))
		status = tell_primary(a, o->primary);
	if (!failed(status))
		note_key(a);
	if (!failed(status))
		status = tell_profile(a, request, o->profile, o->profile_size);
	if (!failed(status))
		status = compose_session_new(ntlm_host()->lsa, &a->id);
	if (!failed(status) && a->password.n)
		o->primary->LogonId = a->id;
	return status;
}

static void take_back(PLSA_CLIENT_REQUEST request, const struct outputs *o)
{
	if (*o->profile)
		(void)ntlm_host()->lsa->FreeClientBuffer(request, *o->profile);
	ntlm_host()->lsa->FreeLsaHeap(*o->token);
	*o->token = *o->profile = NULL;
	*o->profile_size = 0;
}

NTSTATUS NTAPI ntlm_ap_logon_user(PLSA_CLIENT_REQUEST request, SECURITY_LOGON_TYPE type,
				  PVOID submit_buffer, PVOID client_base, ULONG length,
				  PVOID *profile, PULONG profile_size, PLUID logon,
				  PNTSTATUS sub_status, PLSA_TOKEN_INFORMATION_TYPE token_type,
				  PVOID *token, PUNICODE_STRING *account,
				  PUNICODE_STRING *authority, PUNICODE_STRING *machine,
				  PSECPKG_PRIMARY_CRED primary,
				  PSECPKG_SUPPLEMENTAL_CRED_ARRAY *supplemental)
{
	const struct outputs o = { profile, profile_size, token_type, token, primary };
	CLEANUP(attempt_done)
	struct attempt a = { .message = { rd_of(submit_buffer, length), (uintptr_t)client_base },
			     .type = type };
	OPENSSPI_MACHINE_NAMES names;

	*profile = *token = NULL;
	*profile_size = 0;
	*supplemental = NULL;
	(void)ntlm_host()->extension->MachineNames(&names);
	NTSTATUS status = verdict_of(attempt_run(&a), &a.sub_status);
	if (!failed(status))
		status = tell_all(&a, request, &o);
	const struct who who = who_is(&a);
	*account = heap_text(who.user);
	*authority = heap_text(who.domain);
	*machine = heap_text(ntlm_unicode_bytes(&names.NetbiosComputer));
	*sub_status = a.sub_status;
	audit(&a, status);
	if (failed(status))
		take_back(request, &o);
	else
		*logon = a.id;
	return status;
}
