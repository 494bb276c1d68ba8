/* packages/schannel/credential.h - what AcquireCredentialsHandle settles: prepared TLS configurations.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_CREDENTIAL_H
#define OPENSSPI_PACKAGES_SCHANNEL_CREDENTIAL_H

#include "base/counted.h"
#include "tls/tls.h"
#include "wire/authdata.h"

struct credential {
	struct counted counted;
	const struct tls_ops *tls;
	struct tls_config *client, *server; /* NULL: not for that use */
	uint32_t flags;			    /* SCH_CRED_ */
	int64_t expiry;			    /* local time */
};

/* What it is for, SECPKG_CRED_ bits, and the AuthData, NULL for none. `oldest` is the oldest TLS
 * version that policy allows, `host` this machine's name for a certificate of its own.
 * SEC_E_NO_CREDENTIALS: inbound without a certificate; SEC_E_UNKNOWN_CREDENTIALS: AuthData, key or
 * certificate are not right; SEC_E_ALGORITHM_MISMATCH: no protocol is left; tls_load's. */
MUST_CHECK NTSTATUS schannel_credential_new(uint32_t use, const struct schannel_auth *auth, uint32_t oldest,
				   const char *host, struct credential **out);
DEFINE_COUNTED(struct credential, schannel_credential)

#endif
