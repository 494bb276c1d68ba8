/* lsa/policycalls.c - see lsa/policycalls.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "lsa/policycalls.h"
#include "lsa/state.h"

static NTSTATUS give_words(struct text *t, struct words_reply *reply)
{
	size_t n = t->len;
	char *words = text_finish(t);

	if (!words)
		return fail(STATUS_NO_MEMORY, "giving words about the policy");
	reply->text = (struct ipc_owned){ (uint8_t *)words, (uint32_t)n };
	return STATUS_SUCCESS;
}

/* A value cannot break the line: the file it comes from has no control characters but tabs. */
static void add_field(struct text *t, const char *field)
{
	for (const char *at = field; *at; at++)
		text_add(t, "%c", *at == '\t' || *at == '\n' ? ' ' : *at);
}

static bool add_entry(void *to, const struct policy_entry *e)
{
	struct text *t = to;

	add_field(t, e->name);
	text_add(t, "\t");
	add_field(t, e->value);
	text_add(t, "\t");
	add_field(t, e->origin);
	text_add(t, "\n");
	return !t->failed;
}

NTSTATUS lsa_policy_list(struct lsa_client *client, struct words_reply *reply)
{
	CLEANUP(text_done) struct text t = { 0 };

	if (!client->lsa->setup.policy)
		return fail(STATUS_NOT_SUPPORTED, "listing the policy");
	NTSTATUS status = policy_each(client->lsa->setup.policy, add_entry, &t);
	return failed(status) ? status : give_words(&t, reply);
}

NTSTATUS lsa_policy_explain(struct lsa_client *client, const struct policy_explain_call *call,
			    struct words_reply *reply)
{
	CLEANUP(text_done) struct text t = { 0 };

	if (!call->target.p || !call->target.n || call->credential_class == 0 ||
	    call->credential_class > OPENSSPI_DELEGATE_DEFAULT)
		return fail(STATUS_INVALID_PARAMETER, "asking which rule decides");
	if (!client->lsa->setup.policy)
		return fail(STATUS_NOT_SUPPORTED, "asking which rule decides");
	const struct policy_question question = { call->credential_class,
						  call->mutual,
						  { call->target.p, call->target.n } };
	NTSTATUS decision = policy_explain(client->lsa->setup.policy, &question, &t);
	NTSTATUS status = give_words(&t, reply);
	return failed(status) ? status : decision;
}
