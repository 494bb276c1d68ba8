/* packages/kerberos/load.h - the Kerberos module, loaded when it is first needed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_LOAD_H
#define OPENSSPI_KERBEROS_LOAD_H

#include "krb/krb.h"

/* The module's functions, good for the life of the process. As part_load. */
MUST_CHECK NTSTATUS krb_load(const struct krb_ops **out);

#endif
