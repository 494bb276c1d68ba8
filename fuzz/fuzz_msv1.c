/* fuzz/fuzz_msv1.c - messages of MSV1_0, whose pointers lead wherever the input says.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/msv1.h"

static void is_inside(struct rd whole, struct rd part)
{
	if (part.n &&
	    (part.p < whole.p || part.n > whole.n || (size_t)(part.p - whole.p) > whole.n - part.n))
		abort();
}

/* The first eight bytes are the address that the caller has the message at. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msv1_message m = { .bytes = rd_of(data, size) };
	struct msv1_interactive i;
	struct msv1_network n;
	uint32_t type;

	if (!rd_u64le(&m.bytes, &m.base))
		return 0;
	(void)!msv1_type(&m, &type);
	if (msv1_interactive_read(&m, &i)) {
		is_inside(m.bytes, i.domain);
		is_inside(m.bytes, i.user);
		is_inside(m.bytes, i.password);
	}
	if (msv1_network_read(&m, &n)) {
		is_inside(m.bytes, n.domain);
		is_inside(m.bytes, n.user);
		is_inside(m.bytes, n.workstation);
		is_inside(m.bytes, n.nt);
		is_inside(m.bytes, n.lm);
	}
	return 0;
}
