/* advapi/logontoken.c - see advapi/logontoken.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "advapi/logontoken.h"
#include "advapi/lsaclient.h"
#include "base/utf.h"
#include "ipc/token.h"
#include "wire/sids.h"

static WCHAR *name_of(const struct ipc_owned *text)
{
	size_t n = text->n / sizeof(WCHAR);
	WCHAR *name = mem_array(n + 1, sizeof(*name));

	if (name && n)
		memcpy(name, text->p, n * sizeof(*name));
	return name;
}

/* The user's SID as text; "" when the session has none. */
static bool sid_of(const struct ipc_owned *bytes, WCHAR out[SID_TEXT_MAX])
{
	char text[SID_TEXT_MAX];

	out[0] = 0;
	if (!bytes->n || !sid_text(rd_of(bytes->p, bytes->n), NULL, text))
		return false;
	utf16_put(out, text, strlen(text) + 1);
	return true;
}

static NTSTATUS make(const struct session_data_reply *session, struct token_facts *facts,
		     HANDLE *out)
{
	CLEANUP(token_unref_p) struct token *t = NULL;
	CLEANUP(mem_free_p)
	WCHAR *domain = name_of(&session->domain), *user = name_of(&session->user);
	WCHAR sid[SID_TEXT_MAX], *list = sid;
	const OPENSSPI_CLIENT_SIDS sids = { 1, &list };

	if (!domain || !user)
		return fail(STATUS_NO_MEMORY, "naming a token");
	facts->account.Domain = domain;
	facts->account.User = user;
	facts->sids = sid_of(&session->sid, sid) ? &sids : NULL;
	NTSTATUS status = token_new(facts, &t);
	if (!failed(status))
		status = token_open(t, out);
	if (t && failed(status))
		token_session_is_over(facts->logon); /* whoever asked for the logon ends it */
	return status;
}

/* What it cannot be told is that the session is gone in another way. */
static void end(LUID logon)
{
	const struct session_end_call call = { .logon = logon };
	struct empty_reply nothing = { 0 };

	(void)!lsa_ask(CALL_SESSION_END, &call, &nothing);
}

NTSTATUS logon_token(LUID logon, SECURITY_LOGON_TYPE type, uint32_t account_kind, HANDLE *out)
{
	const struct session_data_call call = { .has_logon = true, .logon = logon };
	struct session_data_reply reply = { 0 };
	struct token_facts facts = {
		.account = { .Kind = account_kind, .Level = SecurityImpersonation },
		.logon = logon,
		.end = end,
		.type = type == Network ? TokenImpersonation : TokenPrimary,
	};

	NTSTATUS status = lsa_ask(CALL_SESSION_DATA, &call, &reply);
	if (!failed(status))
		status = make(&reply, &facts, out);
	call_reply_done(CALL_SESSION_DATA, &reply);
	return status == SEC_E_INSUFFICIENT_MEMORY ? STATUS_NO_MEMORY : status;
}
