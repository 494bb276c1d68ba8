/* packages/kerberos/client.c - the client's legs: a ticket for the target, and the server's proof.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/kerberos/identity.h"
#include "packages/kerberos/lsa.h"

#define REFUSED_REQUIREMENTS (ISC_REQ_DATAGRAM | ISC_REQ_PROMPT_FOR_CREDS | ISC_REQ_NULL_SESSION)
#define ORDER (ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)

static uint32_t flags_wanted(uint32_t r)
{
	uint32_t flags = 0;

	flags |= r & (ISC_REQ_MUTUAL_AUTH | ISC_REQ_USE_DCE_STYLE) ? KRB_MUTUAL : 0;
	flags |= r & ISC_REQ_REPLAY_DETECT ? KRB_REPLAY | KRB_INTEGRITY : 0;
	flags |= r & ISC_REQ_SEQUENCE_DETECT ? KRB_SEQUENCE | KRB_INTEGRITY : 0;
	flags |= r & ISC_REQ_CONFIDENTIALITY ? KRB_CONFIDENTIALITY | KRB_INTEGRITY : 0;
	flags |= r & ISC_REQ_INTEGRITY ? KRB_INTEGRITY : 0;
	flags |= r & ISC_REQ_USE_DCE_STYLE ? KRB_DCE_STYLE : 0;
	flags |= r & ISC_REQ_IDENTIFY ? KRB_IDENTIFY : 0;
	flags |= r & ISC_REQ_EXTENDED_ERROR ? KRB_EXTENDED_ERROR : 0;
	flags |= r & ISC_REQ_USE_SESSION_KEY ? KRB_USER_TO_USER : 0;
	/* As on Windows: to servers that the KDC marked for it, and that prove who they are. */
	if (r & ISC_REQ_DELEGATE && flags & KRB_MUTUAL)
		flags |= KRB_DELEGATE_POLICY;
	return flags;
}

uint32_t kerberos_client_attributes(uint32_t r, uint32_t flags)
{
	uint32_t protects = KRB_INTEGRITY | KRB_CONFIDENTIALITY;
	uint32_t a = r & (ISC_REQ_CONNECTION | ISC_REQ_STREAM);

	a |= flags & KRB_DELEGATE ? r & ISC_REQ_DELEGATE : 0;
	a |= flags & KRB_MUTUAL ? ISC_RET_MUTUAL_AUTH : 0;
	a |= flags & KRB_REPLAY ? r & ISC_REQ_REPLAY_DETECT : 0;
	a |= flags & KRB_SEQUENCE ? r & ISC_REQ_SEQUENCE_DETECT : 0;
	a |= flags & KRB_CONFIDENTIALITY ? r & ISC_REQ_CONFIDENTIALITY : 0;
	if (flags & protects && r & (ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY | ORDER))
		a |= ISC_RET_INTEGRITY;
	a |= flags & KRB_DCE_STYLE ? ISC_RET_USED_DCE_STYLE : 0;
	a |= flags & KRB_IDENTIFY ? ISC_RET_IDENTIFY : 0;
	a |= flags & KRB_EXTENDED_ERROR ? r & ISC_REQ_EXTENDED_ERROR : 0;
	a |= flags & KRB_USER_TO_USER ? ISC_RET_USE_SESSION_KEY : 0;
	return a;
}

/* An SPN that came from an untrusted place is as good as any other: the ticket is for that name. */
static NTSTATUS take_target(struct kerberos_leg *leg)
{
	const UNICODE_STRING *t = leg->target;

	if (!t || !t->Length || t->Length > KERBEROS_TARGET_MAX)
		return fail(SEC_E_TARGET_UNKNOWN, "a target's name");
	return kerberos_utf8(rd_of(t->Buffer, t->Length), SEC_E_TARGET_UNKNOWN,
			     &leg->context->target);
}

static NTSTATUS begin(struct kerberos_leg *leg, const struct krb_ops *ops)
{
	struct kerberos_context *c = leg->context;
	struct rd bindings;

	if (leg->requirements & REFUSED_REQUIREMENTS)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "requirements that Kerberos cannot meet");
	if (leg->token.n)
		return fail(SEC_E_INVALID_TOKEN, "token on a client's first call");
	NTSTATUS status = kerberos_bindings(leg->in, &bindings);
	if (!failed(status))
		status = take_target(leg);
	if (!failed(status))
		status = kerberos_credential_for(c->credential, leg->target, &c->used);
	if (failed(status))
		return status;
	const struct krb_request request = { .credential = c->used,
					     .flags = flags_wanted(leg->requirements) |
						      (c->credential->iakerb ? KRB_IAKERB : 0),
					     .target = c->target,
					     .bindings = bindings };
	return kerberos_failed(ops, ops->context_new(&request, &c->krb));
}

NTSTATUS kerberos_client_leg(struct kerberos_leg *leg)
{
	const struct krb_ops *ops;

	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status) && !leg->context->krb)
		status = begin(leg, ops);
	return failed(status) ? status : kerberos_leg_step(leg, ops);
}
