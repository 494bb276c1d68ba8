/* fuzz/fuzz_authbuffer.c - packed logon buffers: what is read is inside, and survives being written.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/authbuffer.h"

static void check_inside(struct rd part, const uint8_t *data, size_t size)
{
	if (part.n && (part.p < data || part.p + part.n > data + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(wr_done) struct wr again = WR(1u << 20);
	struct authbuffer_view view, second;

	if (!authbuffer_read(rd_of(data, size), &view))
		return 0;
	check_inside(view.domain, data, size);
	check_inside(view.user, data, size);
	check_inside(view.password, data, size);
	authbuffer_write(&again, &view);
	if (!wr_ok(&again) || !authbuffer_read(wr_view(&again), &second) ||
	    second.user.n != view.user.n || second.password.n != view.password.n)
		abort();
	return 0;
}
