/* fuzz/fuzz_kerblogon.c - packed logons with cards and tickets, read and written again.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/kerblogon.h"

static bool same(struct rd a, struct rd b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void again_card(const struct certificate_logon *a)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 20);
	struct certificate_logon back;

	certificate_logon_write(&w, a);
	if (wr_ok(&w) && (!certificate_logon_read(wr_view(&w), &back) ||
			  !same(back.user, a->user) || !same(back.domain, a->domain) ||
			  !same(back.pin, a->pin) || !same(back.csp_data, a->csp_data)))
		abort();
}

static void again_csp(const struct csp_info *a)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 20);
	struct csp_info back;

	csp_info_write(&w, a);
	if (wr_ok(&w) && (!csp_info_read(wr_view(&w), &back) || !same(back.card, a->card) ||
			  !same(back.reader, a->reader) || !same(back.container, a->container) ||
			  !same(back.csp, a->csp)))
		abort();
}

static void again_tickets(const struct ticket_logon *a)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 20);
	struct ticket_logon back;

	ticket_logon_write(&w, a);
	if (wr_ok(&w) &&
	    (!ticket_logon_read(wr_view(&w), &back) ||
	     !same(back.service_ticket, a->service_ticket) || !same(back.krb_cred, a->krb_cred)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd packed = rd_of(data, size);
	struct certificate_logon card;
	struct csp_info csp;
	struct ticket_logon tickets;

	if (certificate_logon_read(packed, &card))
		again_card(&card);
	if (csp_info_read(packed, &csp))
		again_csp(&csp);
	if (ticket_logon_read(packed, &tickets))
		again_tickets(&tickets);
	return 0;
}
