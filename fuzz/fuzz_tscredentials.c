/* fuzz/fuzz_tscredentials.c - TSCredentials of every kind, and what was read written again.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/tsssp/message.h"

static bool same(struct rd a, struct rd b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void write_again(struct wr *w, const struct ts_credentials *c)
{
	if (c->type == TS_CRED_PASSWORD)
		ts_credentials_write(w, c->domain, c->user, c->password);
	else if (c->type == TS_CRED_SMART_CARD)
		ts_smart_card_write(w, c);
	else
		ts_remote_guard_write(w, c->package, c->buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(wr_done) struct wr w = WR(2 * TS_REQUEST_MAX);
	struct ts_credentials c, again;

	if (!ts_credentials_parse(rd_of(data, size), &c))
		return 0;
	write_again(&w, &c);
	if (!wr_ok(&w))
		return 0;
	if (!ts_credentials_parse(wr_view(&w), &again) || again.type != c.type ||
	    !same(again.user, c.user) || !same(again.domain, c.domain) ||
	    !same(again.password, c.password) || again.csp.key_spec != c.csp.key_spec ||
	    !same(again.csp.card, c.csp.card) || !same(again.csp.reader, c.csp.reader) ||
	    !same(again.csp.container, c.csp.container) || !same(again.csp.csp, c.csp.csp) ||
	    !same(again.package, c.package) || !same(again.buffer, c.buffer))
		abort();
	return 0;
}
