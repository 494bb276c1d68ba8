/* packages/schannel/load.c - see packages/schannel/load.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/places.h"
#include "base/trace.h"
#include "packages/schannel/load.h"

/* No lock, which a forked child could find held: threads that load at once get the same table. */
static _Atomic(const struct tls_ops *) loaded;

static const struct tls_host host = {
	.build_id = OPENSSPI_BUILD_ID,
	.alloc = mem_alloc,
	.free_wiped = mem_free_wiped,
	.secret_new = secret_new,
	.secret_free = secret_free,
	.trace_is_on = trace_is_on,
	.trace = trace_line,
	.fail = fail_at,
};

static NTSTATUS load_from(const char *path, const struct tls_ops **out)
{
	const struct tls_ops *(*entry)(const struct tls_host *);
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!module) {
		trace_line("tls module: %s", dlerror());
		return fail(SEC_E_SECPKG_NOT_FOUND, "loading the TLS module");
	}
	void *symbol = dlsym(module, TLS_MODULE_ENTRY);
	memcpy(&entry, &symbol, sizeof(entry));
	*out = symbol ? entry(&host) : NULL;
	if (*out)
		return SEC_E_OK;
	trace_line("tls module: %s is not of build %s", path, host.build_id);
	dlclose(module);
	return fail(SEC_E_INTERNAL_ERROR, "a TLS module of another build");
}

NTSTATUS tls_load(const struct tls_ops **out)
{
	char path[PATH_MAX];
	const char *moved = process_is_elevated() ? NULL : getenv("OPENSSPI_MODULE_DIR");

	*out = atomic_load(&loaded);
	if (*out)
		return SEC_E_OK;
	int n = snprintf(path, sizeof(path), "%s/%s", moved && *moved ? moved : OPENSSPI_MODULE_DIR,
			 TLS_MODULE_FILE);
	/* a path without a slash in front would be searched for elsewhere */
	if (n <= 0 || (size_t)n >= sizeof(path) || path[0] != '/')
		return fail(SEC_E_SECPKG_NOT_FOUND, "the TLS module's path");
	NTSTATUS status = load_from(path, out);
	if (!failed(status))
		atomic_store(&loaded, *out);
	return status;
}
