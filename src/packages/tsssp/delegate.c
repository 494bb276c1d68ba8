/* packages/tsssp/delegate.c - see packages/tsssp/delegate.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/tsssp/delegate.h"
#include "wire/authdata.h"

#define KEY_EXCHANGE 1 /* AT_KEYEXCHANGE, which a card's logon key is */

/* RestrictedRemoteAdministrationType, 0 without RestrictedRemoteAdministration. */
enum restriction {
	RESTRICTION_NONE,
	RESTRICTION_ADMIN,
	RESTRICTION_GUARD,
	RESTRICTION_EITHER,
};

static uint32_t restriction(void)
{
	return compose_policy(ts_host(), OPENSSPI_POLICY_RESTRICTED_ADMIN_TYPE, RESTRICTION_NONE);
}

enum ts_handover ts_handover_of(const struct ts_context *c)
{
	if (!(c->requirements & ISC_REQ_DELEGATE))
		return TS_HANDOVER_NONE;
	switch (restriction()) {
	case RESTRICTION_NONE:
		return c->credential->redirects ? TS_HANDOVER_GUARD_OR_NONE : TS_HANDOVER_REUSABLE;
	case RESTRICTION_GUARD:
		return TS_HANDOVER_GUARD;
	case RESTRICTION_EITHER:
		return TS_HANDOVER_GUARD_OR_NONE;
	default:
		return TS_HANDOVER_NONE;
	}
}

/* ---- may they leave? ---- */

/* The caller's word about the certificate is good for what is its own anyway. */
static NTSTATUS check_lists(const struct ts_context *c)
{
	UNICODE_STRING target = { (USHORT)(c->target_n * 2), (USHORT)(c->target_n * 2), c->target };
	bool mutual = c->inner_attributes & ISC_RET_MUTUAL_AUTH;

	if (c->class == OPENSSPI_DELEGATE_FRESH)
		mutual = mutual || c->server_auth;
	return ts_host()->extension->CheckDelegation(c->class, mutual, &target);
}

static NTSTATUS check_server(struct ts_context *c)
{
	bool mutual = (c->inner_attributes & ISC_RET_MUTUAL_AUTH) || c->server_auth;

	if ((c->requirements & ISC_REQ_MUTUAL_AUTH) && !mutual)
		return fail(SEC_E_MUTUAL_AUTH_FAILED, "authenticating the server");
	if (mutual)
		c->attributes |= ISC_RET_MUTUAL_AUTH;
	return STATUS_SUCCESS;
}

/* ---- Remote Credential Guard ---- */

/* The tickets are good for as long as they last wherever they are, so that the lists count for them too;
 * but where policy itself demands them, the lists refuse everything. [MS-CSSP] 2.2.1.2.3 */
static NTSTATUS get_tickets(struct ts_context *c, SecBuffer *out)
{
	struct ticket_logon logon;

	NTSTATUS status = restriction() == RESTRICTION_NONE ? check_lists(c) : STATUS_SUCCESS;
	if (!failed(status))
		status = ts_host()->extension->ReachQueryContext(c->inner,
								 OPENSSPI_ATTR_REMOTE_GUARD, out);
	if (failed(status))
		return status;
	return ticket_logon_read(compose_bytes(out), &logon)
		       ? STATUS_SUCCESS
		       : fail(SEC_E_INTERNAL_ERROR, "reading the tickets to hand over");
}

static NTSTATUS write_guard(struct ts_context *c, struct wr *out)
{
	static const WCHAR package[] = OPENSSPI_WIDE("Kerberos");
	SecBuffer tickets = { 0, SECBUFFER_EMPTY, NULL };

	NTSTATUS status = get_tickets(c, &tickets);
	if (!failed(status)) {
		ts_remote_guard_write(out, rd_of(package, sizeof(package) - sizeof(WCHAR)),
				      compose_bytes(&tickets));
		c->attributes |= ISC_RET_DELEGATE;
	}
	ts_host()->lsa->FreeLsaHeap(tickets.pvBuffer);
	if (!failed(status) || status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (c->handover == TS_HANDOVER_GUARD)
		return fail(SEC_E_DELEGATION_POLICY, "getting tickets for Remote Credential Guard");
	ts_credentials_write(out, rd_of(NULL, 0), rd_of(NULL, 0), rd_of(NULL, 0));
	return STATUS_SUCCESS;
}

/* ---- what can be used again ---- */

static NTSTATUS write_card(struct rd packed, struct wr *out)
{
	struct ts_credentials card = { .csp.key_spec = KEY_EXCHANGE };
	struct certificate_logon logon;

	if (!certificate_logon_read(packed, &logon) ||
	    (logon.csp_data.n && !csp_info_read(logon.csp_data, &card.csp)))
		return fail(SEC_E_INTERNAL_ERROR, "reading the kept logon by certificate");
	card.user = logon.user;
	card.domain = logon.domain;
	card.password = logon.pin;
	ts_smart_card_write(out, &card);
	return STATUS_SUCCESS;
}

static NTSTATUS write_reusable(struct ts_context *c, struct wr *out)
{
	const struct secret *s = c->identity ? c->identity : c->credential->identity;
	struct identity_view id;

	NTSTATUS status = check_lists(c);
	if (failed(status))
		return status;
	if (!s || !identity_read(rd_of(s->p, s->len), &id))
		return fail(SEC_E_INTERNAL_ERROR, "reading the kept identity");
	c->attributes |= ISC_RET_DELEGATE;
	if (id.certificate.n)
		return write_card(id.certificate, out);
	ts_credentials_write(out, id.domain, id.user, id.password);
	return STATUS_SUCCESS;
}

static NTSTATUS write_credentials(struct ts_context *c, struct wr *out)
{
	switch (c->handover) {
	case TS_HANDOVER_REUSABLE:
		return write_reusable(c, out);
	case TS_HANDOVER_GUARD:
	case TS_HANDOVER_GUARD_OR_NONE:
		return write_guard(c, out);
	default:
		ts_credentials_write(out, rd_of(NULL, 0), rd_of(NULL, 0), rd_of(NULL, 0));
		return STATUS_SUCCESS;
	}
}

NTSTATUS ts_delegate(struct ts_context *c, struct wr *out)
{
	NTSTATUS status = check_server(c);
	if (!failed(status))
		status = write_credentials(c, out);
	if (failed(status))
		return status;
	return wr_ok(out) ? STATUS_SUCCESS
			  : fail(SEC_E_INSUFFICIENT_MEMORY, "writing TSCredentials");
}
