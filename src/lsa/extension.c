/* lsa/extension.c - OpensspiLsaExtension: what packages may ask beyond Windows' table.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/principal.h"
#include "lsa/reach.h"
#include "lsa/saved.h"
#include "lsa/state.h"

#define NTLM_LEVEL_WITHOUT_V1 5 /* LmCompatibilityLevel: from here on only NTLMv2 is taken */

static NTSTATUS NTAPI extension_machine_names(POPENSSPI_MACHINE_NAMES names)
{
	const struct lsa *lsa = lsa_current();
	if (!lsa || !names)
		return fail(STATUS_INVALID_PARAMETER, "asking for this machine's names");
	*names = *machine_names(lsa->machine);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI extension_query_policy(ULONG number, PULONG value)
{
	const struct lsa *lsa = lsa_current();
	uint32_t found;

	if (!lsa || !lsa->setup.policy || !value || number > OPENSSPI_POLICY_TRY_IP_SPN ||
	    !policy_value(lsa->setup.policy, number, &found))
		return fail(STATUS_INVALID_PARAMETER, "asking for a policy");
	*value = found;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI extension_check_delegation(ULONG class, BOOLEAN mutual,
						 const UNICODE_STRING *target)
{
	const struct lsa *lsa = lsa_current();
	if (!lsa || !lsa->setup.policy || !target || !target->Buffer)
		return fail(SEC_E_DELEGATION_POLICY, "asking whether to delegate");
	return policy_delegation(lsa->setup.policy, class, mutual != FALSE, target->Buffer,
				 target->Length / sizeof(WCHAR));
}

static BOOLEAN NTAPI extension_target_name_is_ours(const UNICODE_STRING *target)
{
	const struct lsa *lsa = lsa_current();
	return lsa && lsa->setup.policy && target && target->Buffer &&
	       policy_target_is_ours(lsa->setup.policy, target->Buffer,
				     target->Length / sizeof(WCHAR), machine_hosts(lsa->machine));
}

/* A copy as LSA heap, NUL-terminated for good measure. */
static bool give_name(const WCHAR *text, size_t n, UNICODE_STRING *out)
{
	WCHAR *copy = block_alloc((n + 1) * sizeof(WCHAR));
	if (!copy)
		return false;
	if (n)
		memcpy(copy, text, n * sizeof(WCHAR));
	*out = (UNICODE_STRING){ .Length = (USHORT)(n * sizeof(WCHAR)),
				 .MaximumLength = (USHORT)((n + 1) * sizeof(WCHAR)),
				 .Buffer = copy };
	return true;
}

static NTSTATUS give_answer(const struct authority_answer *answer,
			    POPENSSPI_NTLM_LOGON_RESULT result)
{
	OPENSSPI_NTLM_LOGON_RESULT fresh = { .Domain = { 0 } };

	if (!give_name(answer->domain, answer->domain_n, &fresh.Domain) ||
	    !give_name(answer->user, answer->user_n, &fresh.User)) {
		block_free(fresh.Domain.Buffer);
		return fail(STATUS_NO_MEMORY, "answering a sign-in");
	}
	memcpy(fresh.SessionBaseKey, answer->session_base_key, sizeof(fresh.SessionBaseKey));
	*result = fresh;
	mem_wipe(&fresh, sizeof(fresh));
	return STATUS_SUCCESS;
}

static bool ntlm_v1_is_allowed(const struct lsa *lsa)
{
	uint32_t level;
	return lsa->setup.policy &&
	       policy_value(lsa->setup.policy, OPENSSPI_POLICY_LM_COMPATIBILITY, &level) &&
	       level < NTLM_LEVEL_WITHOUT_V1;
}

/* KerberosOnly and FIPS mode hold for packages of others, too, that read NTLM's messages themselves. */
static bool ntlm_is_blocked(const struct lsa *lsa)
{
	uint32_t only = 0, fips = 0;

	return lsa->setup.policy &&
	       ((policy_value(lsa->setup.policy, OPENSSPI_POLICY_KERBEROS_ONLY, &only) && only) ||
		(policy_value(lsa->setup.policy, OPENSSPI_POLICY_FIPS, &fips) && fips));
}

/* A list without a byte is no block at all. */
static bool give_sids(const struct authority_answer *answer, PSecBuffer sids)
{
	struct rd list = wr_view(&answer->sids);

	*sids = (SecBuffer){ .cbBuffer = (ULONG)list.n };
	sids->pvBuffer = list.n ? block_dup(list.p, list.n) : NULL;
	return sids->pvBuffer || !list.n;
}

static NTSTATUS NTAPI extension_authenticate_ntlm_sids(const OPENSSPI_NTLM_LOGON *logon,
						       POPENSSPI_NTLM_LOGON_RESULT result,
						       PSecBuffer sids)
{
	const struct lsa *lsa = lsa_current();
	CLEANUP(authority_answer_done) struct authority_answer answer = { .domain = NULL };

	if (sids)
		*sids = (SecBuffer){ .cbBuffer = 0 };
	if (!lsa || !logon || !result)
		return fail(STATUS_INVALID_PARAMETER, "checking a sign-in");
	if (ntlm_is_blocked(lsa))
		return fail(STATUS_NTLM_BLOCKED, "checking a sign-in");
	if (!lsa->setup.authority)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "checking a sign-in");
	NTSTATUS status =
		authority_check_ntlm(lsa->setup.authority, logon, ntlm_v1_is_allowed(lsa), &answer);
	if (!failed(status) && sids && !give_sids(&answer, sids))
		return fail(STATUS_NO_MEMORY, "answering a sign-in");
	if (!failed(status))
		status = give_answer(&answer, result);
	if (!failed(status))
		call_vouch(answer.of_machine ? OPENSSPI_ACCOUNT_OF_MACHINE
					     : OPENSSPI_ACCOUNT_OF_DOMAIN);
	if (failed(status) && sids) {
		block_free(sids->pvBuffer);
		*sids = (SecBuffer){ .cbBuffer = 0 };
	}
	return status;
}

static NTSTATUS NTAPI extension_authenticate_ntlm(const OPENSSPI_NTLM_LOGON *logon,
						  POPENSSPI_NTLM_LOGON_RESULT result)
{
	return extension_authenticate_ntlm_sids(logon, result, NULL);
}

/* One line of the audit for each: who was delegated is nobody else's to say. */
static void audit_delegated(const struct pam_question *q, NTSTATUS status)
{
	const struct frame *frame = call_current();
	const struct lsa_client *client = frame ? frame->client : NULL;
	struct text about = { 0 };

	if (!audit_is_on(client))
		return;
	audit_add(&about, "user", q->user);
	audit_add(&about, "domain", q->domain);
	audit_line(client, "CheckDelegated", &about, status);
}

static struct utf16 units_of(const UNICODE_STRING *text)
{
	return (struct utf16){ text->Buffer, text->Length / sizeof(WCHAR) };
}

static NTSTATUS NTAPI extension_check_delegated(const UNICODE_STRING *domain,
						const UNICODE_STRING *user,
						const UNICODE_STRING *password)
{
	const struct lsa *lsa = lsa_current();

	if (!lsa || !domain || !user || !password)
		return fail(STATUS_INVALID_PARAMETER, "checking a delegated password");
	if (!lsa->setup.authority || !authority_checks_delegated(lsa->setup.authority))
		return STATUS_SUCCESS;
	const struct pam_question q = { units_of(domain), units_of(user), units_of(password) };
	NTSTATUS status = authority_check_delegated(lsa->setup.authority, &q);
	if (failed(status))
		call_note_reason(status == SEC_E_NO_AUTHENTICATING_AUTHORITY
					 ? "PAM could not be asked about the delegated password"
					 : "PAM refuses the delegated user or password");
	audit_delegated(&q, status);
	return status;
}

static NTSTATUS NTAPI extension_caller_name(PUNICODE_STRING name)
{
	const struct frame *frame = call_current();
	CLEANUP(mem_free_p) WCHAR *text = NULL;
	size_t n = 0;

	if (!name)
		return fail(STATUS_INVALID_PARAMETER, "asking for the caller's name");
	if (!frame || !frame->client)
		return fail(STATUS_PROCESS_IS_TERMINATING, "asking for the caller's name");
	NTSTATUS status = principal_own(frame->client, &text, &n);
	if (failed(status))
		return status;
	return give_name(text, n, name) ? STATUS_SUCCESS
					: fail(STATUS_NO_MEMORY, "giving the caller's name");
}

static VOID NTAPI extension_note_reason(const char *sentence)
{
	call_note_reason(sentence);
}

static const char *NTAPI extension_reason(VOID)
{
	return call_reason();
}

static const OPENSSPI_LSA_EXTENSION extension = {
	.Version = OPENSSPI_LSA_EXTENSION_VERSION,
	.MachineNames = extension_machine_names,
	.QueryPolicy = extension_query_policy,
	.CheckDelegation = extension_check_delegation,
	.TargetNameIsOurs = extension_target_name_is_ours,
	.AuthenticateNtlm = extension_authenticate_ntlm,
	.ReachAcquireCredentials = reach_acquire_credentials,
	.ReachFreeCredentials = reach_free_credentials,
	.ReachInitContext = reach_init_context,
	.ReachAcceptContext = reach_accept_context,
	.ReachDeleteContext = reach_delete_context,
	.ReachQueryContext = reach_query_context,
	.ReachControlContext = reach_control_context,
	.ReachSeal = reach_seal,
	.ReachUnseal = reach_unseal,
	.ReachSign = reach_sign,
	.ReachVerify = reach_verify,
	.CallerName = extension_caller_name,
	.ReachTakePacked = reach_take_packed,
	.ReadDefaultIdentity = saved_default_identity,
	.ReadSavedIdentity = saved_identity,
	.NoteTarget = saved_note_target,
	.AuthenticateNtlmSids = extension_authenticate_ntlm_sids,
	.NoteReason = extension_note_reason,
	.Reason = extension_reason,
	.CheckDelegated = extension_check_delegated,
	.ReachAcquireSession = reach_acquire_session,
};

OPENSSPI_API NTSTATUS NTAPI OpensspiLsaExtension(ULONG version,
						 const OPENSSPI_LSA_EXTENSION **table)
{
	if (!table)
		return fail(STATUS_INVALID_PARAMETER, "asking for the extension table");
	if (version == 0 || version > OPENSSPI_LSA_EXTENSION_VERSION)
		return fail(STATUS_NOT_SUPPORTED, "asking for the extension table");
	*table = &extension;
	return STATUS_SUCCESS;
}
