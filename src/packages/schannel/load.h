/* packages/schannel/load.h - the TLS module, loaded when it is first needed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_LOAD_H
#define OPENSSPI_PACKAGES_SCHANNEL_LOAD_H

#include "tls/tls.h"

/* The module's functions, good for the life of the process. SEC_E_SECPKG_NOT_FOUND: there is no module
 * where it is looked for; SEC_E_INTERNAL_ERROR: it is not of this build. A failure is not remembered:
 * the next call tries again. */
MUST_CHECK NTSTATUS tls_load(const struct tls_ops **out);

#endif
