/* fuzz/fuzz_rdp.c - the tool's reading of RDP's negotiation, both roles.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/rdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdp_request request;
	struct rdp_confirm confirm;

	if (rdp_parse_request(data, size, &request) && rdp_parse_confirm(data, size, &confirm))
		__builtin_trap(); /* one message is never both */
	return 0;
}
