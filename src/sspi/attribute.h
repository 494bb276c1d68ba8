/* sspi/attribute.h - the answer to an attribute query, put into the caller's structure.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_ATTRIBUTE_H
#define OPENSSPI_SSPI_ATTRIBUTE_H

#include <sspi.h>

#include "base/base.h"
#include "wire/rd.h"

struct attribute_query {
	uint32_t attribute; /* with ATTRIBUTE_OF_CREDENTIALS for a credential's */
	void *buffer;
	uint32_t size; /* what the caller says it has; UINT32_MAX when it says nothing */
	bool ansi;
};

#define ATTRIBUTE_QUERY(number, where, room, is_ansi)                                              \
	((struct attribute_query){                                                                 \
		.attribute = (number), .buffer = (where), .size = (room), .ansi = (is_ansi) })

/* SEC_E_OK; SEC_E_INVALID_PARAMETER without a buffer; SEC_E_UNSUPPORTED_FUNCTION for a number nobody
 * knows; SEC_E_BUFFER_TOO_SMALL. */
MUST_CHECK SECURITY_STATUS attribute_query_check(const struct attribute_query *query);

/* Fills the caller's structure from marshalled bytes; certificates become certificate contexts.
 * STATUS_SUCCESS, SEC_E_INTERNAL_ERROR for bytes that are no such structure,
 * SEC_E_INSUFFICIENT_MEMORY; on failure the structure is untouched. */
MUST_CHECK NTSTATUS attribute_deliver(const struct attribute_query *query, struct rd value);

struct context;

/* Asks both halves of a context, the one of the application first. */
MUST_CHECK NTSTATUS context_query(const struct context *c, const struct attribute_query *query);

#endif
