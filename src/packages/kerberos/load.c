/* packages/kerberos/load.c - see packages/kerberos/load.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/kerberos/load.h"

static struct part_module part = { .file = KRB_MODULE_FILE, .entry = KRB_MODULE_ENTRY };

NTSTATUS krb_load(const struct krb_ops **out)
{
	const void *table = NULL;

	NTSTATUS status = part_load(&part, &table);
	*out = table;
	return status;
}
