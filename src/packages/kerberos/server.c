/* packages/kerberos/server.c - the server's legs: a ticket for it, and what its holder asks for.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/kerberos/lsa.h"
#include "wire/sids.h"

static uint32_t flags_wanted(uint32_t r)
{
	uint32_t flags = 0;

	flags |= r & ASC_REQ_USE_DCE_STYLE ? KRB_DCE_STYLE : 0;
	flags |= r & ASC_REQ_USE_SESSION_KEY ? KRB_USER_TO_USER : 0;
	flags |= r & ASC_REQ_EXTENDED_ERROR ? KRB_EXTENDED_ERROR : 0;
	return flags;
}

/* A token of the mechanism 1.3.6.1.5.2.5: the client wants to be led to its KDC. */
static bool is_iakerb(struct rd token)
{
	static const uint8_t mechanism[] = { 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x02, 0x05 };
	uint8_t tag, length;

	if (!rd_u8(&token, &tag) || tag != 0x60 || !rd_u8(&token, &length))
		return false;
	return (length < 0x80 || rd_skip(&token, length & 0x7F)) &&
	       rd_tag(&token, mechanism, sizeof(mechanism));
}

/* What the client asked for and the ticket allows: a server has no say in it. */
uint32_t kerberos_server_attributes(uint32_t r, uint32_t flags)
{
	uint32_t a = r & (ASC_REQ_CONNECTION | ASC_REQ_STREAM);

	a |= flags & KRB_DELEGATE ? ASC_RET_DELEGATE : 0;
	a |= flags & KRB_MUTUAL ? ASC_RET_MUTUAL_AUTH : 0;
	a |= flags & KRB_REPLAY ? ASC_RET_REPLAY_DETECT : 0;
	a |= flags & KRB_SEQUENCE ? ASC_RET_SEQUENCE_DETECT : 0;
	a |= flags & KRB_CONFIDENTIALITY ? ASC_RET_CONFIDENTIALITY : 0;
	a |= flags & (KRB_CONFIDENTIALITY | KRB_INTEGRITY) ? ASC_RET_INTEGRITY : 0;
	a |= flags & KRB_DCE_STYLE ? ASC_RET_USED_DCE_STYLE : 0;
	a |= flags & KRB_IDENTIFY ? ASC_RET_IDENTIFY : 0;
	a |= flags & KRB_EXTENDED_ERROR ? ASC_RET_EXTENDED_ERROR : 0;
	a |= flags & KRB_USER_TO_USER ? ASC_RET_USE_SESSION_KEY : 0;
	return a;
}

/* The policy's three levels, of which a program may lower the highest; safest when there is no policy. */
static uint32_t bindings_level(uint32_t requirements)
{
	uint32_t level = compose_policy(kerberos_host(), OPENSSPI_POLICY_CHANNEL_BINDING, 2);

	return level > 1 && requirements & ASC_REQ_ALLOW_MISSING_BINDINGS ? 1 : level;
}

/* A server without a key of its own opens tickets with its ticket-granting ticket: user to user. */
static NTSTATUS take_credential(struct kerberos_leg *leg, const struct krb_ops *ops)
{
	struct kerberos_context *c = leg->context;

	if (leg->requirements & ASC_REQ_USE_SESSION_KEY &&
	    c->credential->use & SECPKG_CRED_OUTBOUND)
		return kerberos_credential_for(c->credential, NULL, &c->used);
	if (!c->credential->server)
		return fail(SEC_E_NO_CREDENTIALS, "a server without a key");
	ops->credential_ref(c->credential->server);
	c->used = c->credential->server;
	return STATUS_SUCCESS;
}

static NTSTATUS begin(struct kerberos_leg *leg, const struct krb_ops *ops)
{
	struct kerberos_context *c = leg->context;
	struct rd bindings;

	if (leg->requirements & ASC_REQ_DATAGRAM)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "requirements that Kerberos cannot meet");
	if (rd_empty(leg->token))
		return fail(SEC_E_INVALID_TOKEN, "finding a client's token");
	NTSTATUS status = kerberos_bindings(leg->in, &bindings);
	if (!failed(status))
		status = take_credential(leg, ops);
	if (failed(status))
		return status;
	const struct krb_request request = {
		.credential = c->used,
		.acceptor = true,
		.flags = flags_wanted(leg->requirements) |
			 (c->credential->iakerb && is_iakerb(leg->token) ? KRB_IAKERB : 0),
		.bindings = bindings,
		.bindings_level = bindings.n ? bindings_level(leg->requirements) : 0,
	};
	return kerberos_failed(ops, ops->context_new(&request, &c->krb));
}

/* Who came, or that nobody did: "alice" in "REALM", and the SID that the PAC names. */
static void audit(const struct kerberos_session *s, NTSTATUS status)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = kerberos_host()->lsa;
	struct rd sids = wr_view(&s->sids);
	_Alignas(DWORD) uint8_t sid[SID_BYTES_MAX];
	char text[SID_TEXT_MAX];
	size_t at = kerberos_text_realm(&s->client), n = s->client.n;

	if (!lsa->AuditLogon)
		return;
	UNICODE_STRING realm = unicode_view(s->client.p + at, n - at);
	UNICODE_STRING user =
		unicode_view(s->client.p, at && s->client.p[at - 1] == '@' ? at - 1 : n);
	bool has_sid = sids_next(&sids, text) && sid_bytes(text, sid);
	lsa->AuditLogon(status, status, &user, &realm, NULL, has_sid ? sid : NULL, Network, NULL,
			NULL);
}

NTSTATUS kerberos_server_leg(struct kerberos_leg *leg)
{
	const struct krb_ops *ops;

	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status) && !leg->context->krb)
		status = begin(leg, ops);
	if (!failed(status))
		status = kerberos_leg_step(leg, ops);
	if (status == SEC_E_OK || failed(status))
		audit(&leg->context->session, status);
	return status;
}
