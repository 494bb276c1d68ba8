/* fuzz/fuzz_pem.c - PEM files: blocks and their base64.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "crypto/base64.h"
#include "sspi/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd text = rd_of(data, size);
	struct pem_block block;

	while (pem_next(&text, &block)) {
		size_t n = 0;
		uint8_t *out = mem_alloc(block.body.n / 4 * 3 + 3);
		if (out && base64_read(out, &n, (const char *)block.body.p, block.body.n) &&
		    n > block.body.n / 4 * 3 + 3)
			abort();
		mem_free(out);
	}
	return 0;
}
