/* sspi/policy.c - the policy in force, and which rule decides, for people.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "ipc/calls.h"
#include "sspi/status.h"
#include "sspi/text.h"

static SECURITY_STATUS ask(enum call which, const void *call, struct words_reply *reply)
{
	NTSTATUS status;
	struct channel *channel = channel_current(&status);

	if (channel)
		status = channel_call(channel, which, call, reply);
	return security_status(status);
}

/* ---- all of it ---- */

/* Cuts the text at the first `mark`, which is ended in place; NULL when there is none. */
static char *cut(char **text, char mark)
{
	char *from = *text, *at = strchr(from, mark);

	if (!at)
		return NULL;
	*at = 0;
	*text = at + 1;
	return from;
}

/* "Name\tValue\tOrigin\n", one after the other. */
static SECURITY_STATUS visit(char *lines, OPENSSPI_POLICY_VISITOR each, void *argument)
{
	while (*lines) {
		OPENSSPI_POLICY_ENTRY entry = { .Name = cut(&lines, '\t') };
		entry.Value = entry.Name ? cut(&lines, '\t') : NULL;
		entry.Origin = entry.Value ? cut(&lines, '\n') : NULL;
		if (!entry.Origin)
			return fail(SEC_E_INTERNAL_ERROR, "reading the list of the policy");
		if (!each(argument, &entry))
			break;
	}
	return SEC_E_OK;
}

static char *text_of_reply(const struct words_reply *reply)
{
	char *text = block_alloc(reply->text.n + 1u);

	if (text && reply->text.n)
		memcpy(text, reply->text.p, reply->text.n);
	return text;
}

SECURITY_STATUS SEC_ENTRY OpensspiPolicyEnumerate(OPENSSPI_POLICY_VISITOR each, void *argument)
{
	const struct packages_call call = { 0 };
	struct words_reply reply = { { 0 } };

	if (!each)
		return SEC_E_INVALID_PARAMETER;
	SECURITY_STATUS status = ask(CALL_POLICY_LIST, &call, &reply);
	if (!failed(status)) {
		char *lines = text_of_reply(&reply);
		status = lines ? visit(lines, each, argument) : SEC_E_INSUFFICIENT_MEMORY;
		block_free(lines);
	}
	call_reply_done(CALL_POLICY_LIST, &reply);
	return status;
}

/* ---- one question ---- */

static bool is_an_answer(SECURITY_STATUS status)
{
	return status == SEC_E_OK || status == SEC_E_DELEGATION_POLICY ||
	       status == SEC_E_POLICY_NLTM_ONLY;
}

SECURITY_STATUS SEC_ENTRY OpensspiPolicyExplain(ULONG credential_class, BOOL mutual,
						const char *target, char **why)
{
	struct policy_explain_call call = { .credential_class = credential_class,
					    .mutual = mutual != FALSE };
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	struct words_reply reply = { { 0 } };

	if (!why || !target || !*target || credential_class < OPENSSPI_DELEGATE_FRESH ||
	    credential_class > OPENSSPI_DELEGATE_DEFAULT)
		return SEC_E_INVALID_PARAMETER;
	*why = NULL;
	SECURITY_STATUS status = wide_from_ansi(target, &wide);
	if (status != SEC_E_OK)
		return status;
	if (!text_of(wide, &call.target))
		return SEC_E_INVALID_PARAMETER;
	status = ask(CALL_POLICY_EXPLAIN, &call, &reply);
	if (is_an_answer(status)) {
		*why = text_of_reply(&reply);
		status = *why ? status : SEC_E_INSUFFICIENT_MEMORY;
	}
	call_reply_done(CALL_POLICY_EXPLAIN, &reply);
	return status;
}
