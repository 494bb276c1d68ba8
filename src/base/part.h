/* base/part.h - heavy parts (TLS, Kerberos, winbind): modules that are loaded when first used.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A part links none of base/, so that there is one arena of secrets and one trace in a process: it
 * borrows them from the table below, through part/host.c, which is compiled into each. */
#ifndef OPENSSPI_BASE_PART_H
#define OPENSSPI_BASE_PART_H

#include "base/base.h"
#include "base/secret.h"

/* What the host lends; it lives as long as the process. */
struct part_host {
	const char *build_id; /* must be the module's own */
	void *(*alloc)(size_t n);
	void (*free_wiped)(void *p, size_t n);
	struct secret *(*secret_new)(size_t len);
	void (*secret_free)(struct secret *s);
	bool (*trace_is_on)(void);
	void (*trace)(const char *format, ...) PRINTF_LIKE(1, 2);
	NTSTATUS (*fail)(NTSTATUS status, const char *file, int line, const char *doing);
};

/* A module's door: its table of functions, or NULL when the host is of another build. */
typedef const void *part_entry(const struct part_host *host);

/* Which module, and its table once it is loaded. Threads that load at once get the same one; there is no
 * lock that a forked child could find held. */
struct part_module {
	const char *file;  /* below OPENSSPI_MODULE_DIR */
	const char *entry; /* its door's name */
	_Atomic(const void *) table;
};

/* The module's table, good for the life of the process. SEC_E_SECPKG_NOT_FOUND: there is no module where
 * it is looked for, or what it needs is not installed; SEC_E_INTERNAL_ERROR: it is not of this build. A
 * failure is not remembered: the next call tries again. */
MUST_CHECK NTSTATUS part_load(struct part_module *p, const void **table);

/* In a module: takes the host's table; false when it is of another build. */
MUST_CHECK bool part_borrow(const struct part_host *host);

/* In a module: a line of the host's trace. */
void part_trace(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
