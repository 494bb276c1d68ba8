/* fuzz/fuzz_pac.c - a PAC's KERB_VALIDATION_INFO, and lists of SIDs: what is taken is a list of SIDs.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdlib.h>

#include "base/block.h"
#include "wire/sids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(wr_done) struct wr w = WR(SIDS_BYTES_MAX);
	OPENSSPI_CLIENT_SIDS sids = { 0 };
	size_t count;

	if (sids_from_pac(&w, rd_of(data, size)) &&
	    (!sids_are_sound(wr_view(&w), &count) || count < 2))
		abort();
	if (sids_to_block(rd_of(data, size), &sids) == SEC_E_OK)
		block_free(sids.Sids);
	return 0;
}
