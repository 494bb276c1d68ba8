/* fuzz/fuzz_tscredentials.c - TSCredentials, and password credentials written again.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/tsssp/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ts_credentials c, again;

	if (!ts_credentials_parse(rd_of(data, size), &c) || c.type != TS_CRED_PASSWORD)
		return 0;
	CLEANUP(wr_done) struct wr w = WR(2 * TS_REQUEST_MAX);
	ts_credentials_write(&w, c.domain, c.user, c.password);
	if (wr_ok(&w) && (!ts_credentials_parse(wr_view(&w), &again) || again.user.n != c.user.n ||
			  again.domain.n != c.domain.n || again.password.n != c.password.n))
		abort();
	return 0;
}
