/* sspi/certificate.h - certificate contexts: a counted chain of DER and, hidden behind it, its key.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_CERTIFICATE_H
#define OPENSSPI_SSPI_CERTIFICATE_H

#include <wincrypt.h>

#include "base/base.h"
#include "base/secret.h"
#include "wire/rd.h"

/* A context with one reference over a copy of `chain`, whose first certificate has `first` bytes. The
 * key (may be NULL) is taken over when the call succeeds. NULL when memory is short. */
MUST_CHECK PCCERT_CONTEXT certificate_new_take(struct rd chain, size_t first, struct secret *key);

/* Chain and key (empty when there is none) of a context made here, as views; false for a structure
 * that somebody else made. */
MUST_CHECK bool certificate_parts(PCCERT_CONTEXT context, struct rd *chain, struct rd *key);

#endif
