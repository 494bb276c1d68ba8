/* packages/schannel/lsa.h - what the package's other half and its queries use of its LSA half.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_LSA_H
#define OPENSSPI_PACKAGES_SCHANNEL_LSA_H

#include "packages/schannel/context.h"

/* A reference to the context of that number; NULL when there is none. */
MUST_CHECK struct context *schannel_context(uint64_t number);

/* The `nth` buffer of a type, attribute bits apart; NULL when there are not so many. */
SecBuffer *buffer_find(PSecBufferDesc desc, ULONG type, ULONG nth);

#endif
