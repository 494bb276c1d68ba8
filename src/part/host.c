/* part/host.c - in a module: base/'s memory, secrets, trace and failures, borrowed from the host.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Compiled into every part (base/part.h). */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/part.h"
#include "base/trace.h"

#define LINE_MAX_BYTES 512

static const struct part_host *the_host;

bool part_borrow(const struct part_host *host)
{
	if (!host || !host->build_id || strcmp(host->build_id, OPENSSPI_BUILD_ID) != 0)
		return false;
	the_host = host;
	return true;
}

void part_trace(const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;

	if (!the_host->trace_is_on())
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	the_host->trace("%s", line);
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

void mem_wipe(void *p, size_t n)
{
	if (p && n)
		explicit_bzero(p, n);
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
