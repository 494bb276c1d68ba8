/* packages/schannel/load.c - see packages/schannel/load.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/schannel/load.h"

static struct part_module part = { .file = TLS_MODULE_FILE, .entry = TLS_MODULE_ENTRY };

NTSTATUS tls_load(const struct tls_ops **out)
{
	const void *table = NULL;

	NTSTATUS status = part_load(&part, &table);
	*out = table;
	return status;
}
