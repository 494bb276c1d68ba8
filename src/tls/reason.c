/* tls/reason.c - OpenSSL's own words about a failure.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <openssl/err.h>

#include "base/trace.h"
#include "tls/internal.h"

NTSTATUS ssl_fail_at(NTSTATUS status, const char *file, int line, const char *doing)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (code && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		status = SEC_E_INSUFFICIENT_MEMORY;
	if (reason)
		part_trace("tls: %s", reason);
	ERR_clear_error();
	return fail_at(status, file, line, doing);
}
