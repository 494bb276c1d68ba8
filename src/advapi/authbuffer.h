/* advapi/authbuffer.h - what packing and opening authentication buffers have in common.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_AUTHBUFFER_H
#define OPENSSPI_ADVAPI_AUTHBUFFER_H

#include <wincred.h>

#include "base/base.h"
#include "base/utf.h"
#include "wire/authbuffer.h"

#define CRED_PACK_KNOWN                                                                            \
	(CRED_PACK_PROTECTED_CREDENTIALS | CRED_PACK_WOW_BUFFER | CRED_PACK_GENERIC_CREDENTIALS |  \
	 CRED_PACK_ID_PROVIDER_CREDENTIALS)

/* True for a marshalled CertCredential; `name` is terminated. */
bool name_is_certificate(struct utf16 name);

#endif
