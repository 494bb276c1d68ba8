/* winbind/authenticate.c - an NT response to winbindd, and what it says of its sender.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <strings.h>
#include <wbclient.h>

#include "base/trace.h"
#include "winbind/authenticate.h"
#include "winbind/status.h"

#define SID_TEXT_ROOM 256
#define SIDS_TAKEN_MAX 4096u
#define PRIMARY_GROUP 1
#define SIDS_WITHOUT_ATTRIBUTES 2 /* the user's and the primary group's */
#define GROUP_IS_ENABLED 0x04u
#define GROUP_ONLY_DENIES 0x10u

DEFINE_CLEANUP(struct wbcContext *, wbcCtxFree)

static void info_free(struct wbcAuthUserInfo *info)
{
	if (!info)
		return;
	mem_wipe(info->user_session_key, sizeof(info->user_session_key));
	mem_wipe(info->lm_session_key, sizeof(info->lm_session_key));
	wbcFreeMemory(info);
}
DEFINE_CLEANUP(struct wbcAuthUserInfo *, info_free)

static void wbcFreeMemory_p(void *p)
{
	void **slot = p;
	wbcFreeMemory(*slot);
}

/* NULL when it does not answer. */
static struct wbcInterfaceDetails *details(void)
{
	CLEANUP(wbcCtxFree_p) struct wbcContext *context = wbcCtxCreate();
	struct wbcInterfaceDetails *found = NULL;

	if (!context || wbcCtxInterfaceDetails(context, &found) != WBC_ERR_SUCCESS)
		return NULL;
	return found;
}

bool winbind_is_reachable(void)
{
	CLEANUP(wbcFreeMemory_p) struct wbcInterfaceDetails *d = details();
	return d && d->netbios_domain && d->netbios_domain[0];
}

bool winbind_is_called(const char *domain, const char *computer)
{
	CLEANUP(wbcFreeMemory_p) struct wbcInterfaceDetails *d = details();

	if (!d || !d->netbios_domain || !d->netbios_name)
		return true;
	return strcasecmp(d->netbios_domain, domain) == 0 &&
	       strcasecmp(d->netbios_name, computer) == 0;
}

/* ---- the answer ---- */

void winbind_answer_done(struct winbind_answer *a)
{
	mem_free(a->domain);
	mem_free(a->user);
	for (size_t i = 0; i < a->sid_count; i++)
		mem_free(a->sids[i]);
	mem_free(a->sids);
	mem_wipe(a, sizeof(*a));
}

static bool grants(uint32_t attributes)
{
	return (attributes & (GROUP_IS_ENABLED | GROUP_ONLY_DENIES)) == GROUP_IS_ENABLED;
}

static NTSTATUS sids_take(const struct wbcAuthUserInfo *info, struct winbind_answer *a)
{
	char text[SID_TEXT_ROOM];

	a->sids = mem_alloc(info->num_sids * sizeof(*a->sids));
	if (!a->sids)
		return fail(STATUS_NO_MEMORY, "taking winbindd's SIDs");
	for (uint32_t i = 0; i < info->num_sids; i++) {
		const struct wbcSidWithAttr *sid = &info->sids[i];
		if (i >= SIDS_WITHOUT_ATTRIBUTES && !grants(sid->attributes))
			continue;
		if (i > PRIMARY_GROUP &&
		    memcmp(&sid->sid, &info->sids[PRIMARY_GROUP].sid, sizeof(sid->sid)) == 0)
			continue; /* winbindd names the primary group again */
		int n = wbcSidToStringBuf(&sid->sid, text, sizeof(text));
		if (n <= 0 || (size_t)n >= sizeof(text))
			return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "reading winbindd's SIDs");
		a->sids[a->sid_count] = mem_dup_text(text);
		if (!a->sids[a->sid_count])
			return fail(STATUS_NO_MEMORY, "taking winbindd's SIDs");
		a->sid_count++;
	}
	return STATUS_SUCCESS;
}

/* A guest is somebody whom nobody checked, and a session without a key is everybody's. */
static NTSTATUS info_check(const struct wbcAuthUserInfo *info)
{
	static const uint8_t none[sizeof(info->user_session_key)];

	if (info->user_flags & WBC_AUTH_USER_INFO_GUEST)
		return fail(STATUS_LOGON_FAILURE, "winbindd takes the user for a guest");
	if (memcmp(info->user_session_key, none, sizeof(none)) == 0)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "winbindd gave no session key");
	if (!info->account_name || !info->account_name[0] || info->num_sids == 0 ||
	    info->num_sids > SIDS_TAKEN_MAX)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "winbindd does not say who it was");
	return STATUS_SUCCESS;
}

static NTSTATUS info_take(const struct wbcAuthUserInfo *info, struct winbind_answer *out)
{
	CLEANUP(winbind_answer_done) struct winbind_answer a = { .domain = NULL };

	NTSTATUS status = info_check(info);
	if (!failed(status))
		status = sids_take(info, &a);
	if (failed(status))
		return status;
	a.user = mem_dup_text(info->account_name);
	a.domain = mem_dup_text(info->domain_name ? info->domain_name : "");
	if (!a.user || !a.domain)
		return fail(STATUS_NO_MEMORY, "taking winbindd's answer");
	memcpy(a.user_session_key, info->user_session_key, sizeof(a.user_session_key));
	*out = a;
	a = (struct winbind_answer){ .domain = NULL };
	return STATUS_SUCCESS;
}

/* ---- the question ---- */

/* Machines sign in too, as they do to Windows' servers. */
static struct wbcAuthUserParams params_of(const struct winbind_question *question)
{
	struct wbcAuthUserParams params = {
		.account_name = question->user,
		.domain_name = question->domain,
		.workstation_name = question->workstation,
		.parameter_control = WBC_MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT |
				     WBC_MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT,
		.level = WBC_AUTH_USER_LEVEL_RESPONSE,
		.password.response = { .nt_length = (uint32_t)question->response.n,
				       .nt_data = (uint8_t *)(uintptr_t)question->response.p },
	};
	memcpy(params.password.response.challenge, question->challenge,
	       sizeof(question->challenge));
	return params;
}

/* Of the privileged pipe, and of a controller that is slow, libwbclient says no more than of a winbindd that is
 * not there. */
static void say_why(wbcErr answer, uint32_t nt_status)
{
	if (!trace_is_on())
		return;
	part_trace("winbind: %s, 0x%08x", wbcErrorString(answer), nt_status);
	bool silent = answer == WBC_ERR_WINBIND_NOT_AVAILABLE && winbind_is_reachable();
	if (silent || nt_status == (uint32_t)STATUS_ACCESS_DENIED)
		part_trace("winbind: winbindd is there: may this user ask it (the group of "
			   "winbindd_privileged may), and is a controller up?");
}

static NTSTATUS refusal(wbcErr answer, const struct wbcAuthErrorInfo *error)
{
	uint32_t nt_status = error ? error->nt_status : 0;

	say_why(answer, nt_status);
	if (answer == WBC_ERR_NO_MEMORY)
		return fail(STATUS_NO_MEMORY, "asking winbindd");
	if (answer == WBC_ERR_DOMAIN_NOT_FOUND || answer == WBC_ERR_UNKNOWN_USER)
		return fail(STATUS_LOGON_FAILURE, "asking winbindd");
	if (answer != WBC_ERR_AUTH_ERROR)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "asking winbindd");
	return fail(winbind_status(nt_status), "asking winbindd");
}

NTSTATUS winbind_authenticate(const struct winbind_question *question, struct winbind_answer *out)
{
	CLEANUP(wbcCtxFree_p) struct wbcContext *context = wbcCtxCreate();
	CLEANUP(info_free_p) struct wbcAuthUserInfo *info = NULL;
	CLEANUP(wbcFreeMemory_p) struct wbcAuthErrorInfo *error = NULL;
	const struct wbcAuthUserParams params = params_of(question);

	*out = (struct winbind_answer){ .domain = NULL };
	if (!context)
		return fail(STATUS_NO_MEMORY, "asking winbindd");
	wbcErr answer = wbcCtxAuthenticateUserEx(context, &params, &info, &error);
	return answer == WBC_ERR_SUCCESS && info ? info_take(info, out) : refusal(answer, error);
}
