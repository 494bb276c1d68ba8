/* packages/kerberos/remote.c - see packages/kerberos/remote.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/kerberos/logon.h"
#include "packages/kerberos/remote.h"
#include "wire/kerblogon.h"

#define LOGON_MAX (1u << 20)

static void span_done(struct krb_span *s)
{
	mem_free_wiped(s->p, s->n);
}

NTSTATUS kerberos_remote_guard(const struct kerberos_context *c, void *buffer)
{
	CLEANUP(span_done) struct krb_span ticket = { NULL, 0 };
	CLEANUP(span_done) struct krb_span tgt = { NULL, 0 };
	CLEANUP(wr_done) struct wr w = WR(LOGON_MAX);
	SecBuffer *out = buffer;
	const struct krb_ops *ops;

	if (c->server || !c->used)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "handing over a server's tickets");
	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status))
		status = kerberos_failed(ops, ops->export_tgt(c->used, c->target, &ticket, &tgt));
	if (failed(status))
		return status;
	const struct ticket_logon logon = { .flags = KERB_LOGON_FLAG_REDIRECTED,
					    .service_ticket = rd_of(ticket.p, ticket.n),
					    .krb_cred = rd_of(tgt.p, tgt.n) };
	ticket_logon_write(&w, &logon);
	void *copy = wr_ok(&w) ? kerberos_host()->lsa->AllocateLsaHeap((ULONG)w.len) : NULL;
	if (!copy)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "tickets for Remote Credential Guard");
	memcpy(copy, w.buf, w.len);
	*out = (SecBuffer){ (ULONG)w.len, SECBUFFER_TOKEN, copy };
	return STATUS_SUCCESS;
}

NTSTATUS kerberos_delegated_logon(struct kerberos_context *c, void *buffer)
{
	OPENSSPI_DELEGATED_LOGON *out = buffer;

	if (!c->delegated)
		return fail(SEC_E_NO_CREDENTIALS, "what a client delegated");
	if (SecIsZeroLuid(&c->logon)) {
		NTSTATUS status = kerberos_logon_new(c->delegated, Network, &c->logon);
		if (failed(status))
			return status;
	}
	out->LogonId = c->logon;
	return STATUS_SUCCESS;
}
