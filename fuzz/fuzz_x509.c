/* fuzz/fuzz_x509.c - the walk through a certificate to its public key.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd key;

	if (x509_subject_public_key(rd_of(data, size), &key) &&
	    (key.n == 0 || key.p < data || key.p + key.n > data + size))
		abort();
	return 0;
}
