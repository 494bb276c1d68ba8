/* fuzz/fuzz_tsrequest.c - TSRequest: framing, parsing, and writing what was parsed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/tsssp/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd bytes = rd_of(data, size);
	struct ts_request request, again;
	size_t len;

	enum ts_frame frame = ts_request_frame(bytes, &len);
	if (frame == TS_FRAME_WHOLE && len > size)
		abort();
	if (!ts_request_parse(bytes, &request))
		return 0;
	if (frame != TS_FRAME_WHOLE || len != size)
		abort();
	CLEANUP(wr_done) struct wr w = WR(2 * TS_REQUEST_MAX);
	ts_request_write(&w, &request);
	/* an errorCode is written in four bytes always, the shortest form of an error's status alone */
	bool exact = !request.has_error ||
		     (request.error_code >= 0x80000000 && request.error_code < 0xFF800000);
	if (wr_ok(&w) && exact &&
	    (!ts_request_parse(wr_view(&w), &again) || again.version != request.version ||
	     again.nego_token.n != request.nego_token.n || again.error_code != request.error_code))
		abort();
	return 0;
}
