/* lsa/host.h - the packages that were loaded, each as its tables and its description.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The list only grows, and only during host_load, so nobody locks to read it. */
#ifndef OPENSSPI_LSA_HOST_H
#define OPENSSPI_LSA_HOST_H

#include <ntsecpkg.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/module.h"
#include "ipc/calls.h"

struct lsa;

#define PACKAGE_NAME_MAX 256 /* units */
#define PACKAGE_COMMENT_MAX 1024
#define MODULE_TABLES_MAX 16

struct package {
	uint32_t id;			 /* index in load order */
	uint32_t module, table;		 /* where it came from, and where its user half is found */
	SECPKG_FUNCTION_TABLE functions; /* members its version does not have are NULL */
	size_t reach; /* how many bytes of them its version has: how new its header is */
	WCHAR *name, *comment;
	size_t name_n, comment_n;
	uint32_t capabilities, max_token;
	uint16_t version, rpc_id;
	uint32_t auth_format, home; /* OPENSSPI_AUTH_DATA_*, OPENSSPI_HOME_* */
	struct package *next;	    /* in the list of those that were dropped */
};

struct host {
	const struct package_module *const *modules;
	struct package **package;
	struct package *dropped; /* kept, since threads that they began may look at them */
	uint32_t room;
	_Atomic(uint32_t) count; /* grows while packages are loaded, and threads of theirs run */
};

/* Room for what the modules can hold at most. */
MUST_CHECK NTSTATUS host_init(struct host *host, const struct package_module *const *modules);

/* Loads all modules, in order; packages that refuse or lie about themselves are dropped. */
void host_load(struct host *host, struct lsa *lsa);

/* Tells all packages, the last one first. */
void host_shutdown(struct host *host, struct lsa *lsa);

void host_done(struct host *host);

/* The package of that name, whatever its case; NULL when there is none. */
const struct package *host_find(const struct host *host, struct ipc_text name);

/* CALL_PACKAGES. */
MUST_CHECK NTSTATUS host_describe(const struct host *host, struct packages_reply *reply);

#endif
