/* base/part.c - see base/part.h: the host's side.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/part.h"
#include "base/places.h"
#include "base/trace.h"

static const struct part_host host = {
	.build_id = OPENSSPI_BUILD_ID,
	.alloc = mem_alloc,
	.free_wiped = mem_free_wiped,
	.secret_new = secret_new,
	.secret_free = secret_free,
	.trace_is_on = trace_is_on,
	.trace = trace_line,
	.fail = fail_at,
};

static NTSTATUS load_from(const char *path, const char *door, const void **table)
{
	part_entry *entry;
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!module) {
		trace_line("module: %s", dlerror());
		return fail(SEC_E_SECPKG_NOT_FOUND, "loading a module");
	}
	void *symbol = dlsym(module, door);
	memcpy(&entry, &symbol, sizeof(entry));
	*table = symbol ? entry(&host) : NULL;
	if (*table)
		return SEC_E_OK;
	trace_line("module: %s is not of build %s", path, host.build_id);
	dlclose(module);
	return fail(SEC_E_INTERNAL_ERROR, "a module of another build");
}

NTSTATUS part_load(struct part_module *p, const void **table)
{
	char path[PATH_MAX];
	const char *moved = process_is_elevated() ? NULL : getenv("OPENSSPI_MODULE_DIR");

	*table = atomic_load(&p->table);
	if (*table)
		return SEC_E_OK;
	int n = snprintf(path, sizeof(path), "%s/%s", moved && *moved ? moved : OPENSSPI_MODULE_DIR,
			 p->file);
	/* a path without a slash in front would be searched for elsewhere */
	if (n <= 0 || (size_t)n >= sizeof(path) || path[0] != '/')
		return fail(SEC_E_SECPKG_NOT_FOUND, "a module's path");
	NTSTATUS status = load_from(path, p->entry, table);
	if (!failed(status))
		atomic_store(&p->table, *table);
	return status;
}
