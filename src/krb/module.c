/* krb/module.c - the door of opensspi-kerberos.so.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/krb.h"

static const struct krb_ops ops = { .credential_new = NULL };

__attribute__((visibility("default"))) const void *
opensspi_kerberos_module(const struct part_host *host)
{
	return part_borrow(host) ? &ops : NULL;
}
