/* packages/schannel/own.h - the certificate that a server without one makes and keeps.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_OWN_H
#define OPENSSPI_PACKAGES_SCHANNEL_OWN_H

#include "tls/tls.h"

/* Reads certificate.pem of the user's state; makes it, for this host name, when there is none or its
 * time is over. SEC_E_NO_CREDENTIALS when the file is there but damaged, not the caller's alone, or
 * when it can be neither read nor made; it is left as it is. The caller owes tls->identity_done. */
MUST_CHECK NTSTATUS own_identity(const struct tls_ops *tls, const char *host,
				 struct tls_identity *out);

#endif
