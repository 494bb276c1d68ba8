/* sspi/authdata.h - AuthData in Windows' many forms, made into the blocks of wire/authdata.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_AUTHDATA_H
#define OPENSSPI_SSPI_AUTHDATA_H

#include "base/base.h"
#include "wire/wr.h"

/* Writes the block for non-NULL AuthData of a package with that format (OPENSSPI_AUTH_DATA_IDENTITY,
 * _CREDSSP or _SCHANNEL). SEC_E_OK; SEC_E_UNKNOWN_CREDENTIALS when the structure is not one that the
 * format knows, or its strings are not text; SEC_E_INSUFFICIENT_MEMORY. The builder wipes. */
MUST_CHECK NTSTATUS authdata_pack(uint32_t format, const void *auth, struct wr *w);

/* The three formats by themselves. */
MUST_CHECK NTSTATUS authdata_identity(const void *auth, struct wr *w);
MUST_CHECK NTSTATUS authdata_schannel(const void *auth, struct wr *w);
MUST_CHECK NTSTATUS authdata_credssp(const void *auth, struct wr *w);

/* An identity block out of pSpnegoCred, which is as that submit type says: an identity, a packed logon, a
 * KERB_CERTIFICATE_LOGON. Statuses as above. */
MUST_CHECK NTSTATUS authdata_submit(uint32_t type, const void *auth, struct wr *w);

#endif
