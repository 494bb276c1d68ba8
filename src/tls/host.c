/* tls/host.c - base/'s memory, secrets, trace and failures, by the table that the host handed over.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The module links none of base/, so that there is one arena of secrets and one trace in a process. */
#include "base/base.h"

#include <openssl/err.h>
#include <stdarg.h>

#include "base/trace.h"
#include "tls/internal.h"

static const struct tls_host *the_host;

void host_set(const struct tls_host *host)
{
	the_host = host;
}

const struct tls_host *host_table(void)
{
	return the_host;
}

void *mem_alloc(size_t n)
{
	return the_host->alloc(n);
}

void *mem_dup(const void *from, size_t n)
{
	void *copy = mem_alloc(n);
	if (copy && n)
		memcpy(copy, from, n);
	return copy;
}

char *mem_dup_text(const char *from)
{
	return mem_dup(from, strlen(from) + 1);
}

void mem_free(void *p)
{
	the_host->free_wiped(p, 0);
}

void mem_free_wiped(void *p, size_t n)
{
	the_host->free_wiped(p, n);
}

struct secret *secret_new(size_t len)
{
	return the_host->secret_new(len);
}

void secret_free(struct secret *s)
{
	the_host->secret_free(s);
}

bool trace_is_on(void)
{
	return the_host->trace_is_on();
}

NTSTATUS fail_at(NTSTATUS status, const char *file, int line, const char *doing)
{
	return (the_host->fail)(status, file, line, doing);
}

NTSTATUS ssl_fail_at(NTSTATUS status, const char *file, int line, const char *doing)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (code && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		status = SEC_E_INSUFFICIENT_MEMORY;
	if (reason && trace_is_on())
		the_host->trace("tls: %s", reason);
	ERR_clear_error();
	return fail_at(status, file, line, doing);
}
