/* lsa/tokens.h - the tokens that packages are given and give, as readable trees in the trace.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_TOKENS_H
#define OPENSSPI_LSA_TOKENS_H

#include <sspi.h>

#include "lsa/host.h"

/* Traces every SECBUFFER_TOKEN of the list in the words of the package's own describe; nothing when the
 * trace is off. `verb`: "takes" or "gives". Sealed parts appear by their length alone. */
void tokens_trace(const struct host *host, const struct package *package, const char *verb,
		  const SecBufferDesc *list);

#endif
