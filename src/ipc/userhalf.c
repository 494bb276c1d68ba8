/* ipc/userhalf.c - see ipc/userhalf.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A module is initialised once, under the lock; one that refuses is not asked again. */
#include "base/base.h"

#include <pthread.h>

#include "base/block.h"
#include "ipc/userhalf.h"

#define TABLES_MAX 16 /* user tables of one module */

struct userhalf {
	const struct package_module *module;
	bool asked;
	ULONG count;
	PSECPKG_USER_FUNCTION_TABLE tables;
	bool refused[TABLES_MAX];
};

struct userhalves {
	pthread_mutex_t lock;
	uint32_t count;
	struct userhalf half[];
};

static PVOID NTAPI userhalf_allocate(ULONG n)
{
	return block_alloc(n);
}

static VOID NTAPI userhalf_release(PVOID block)
{
	block_free(block);
}

static NTSTATUS NTAPI userhalf_register_callback(ULONG id, PLSA_CALLBACK_FUNCTION callback)
{
	(void)id;
	(void)callback;
	return STATUS_NOT_SUPPORTED;
}

static PVOID NTAPI userhalf_locate_package(ULONG id)
{
	(void)id;
	return NULL;
}

static SECPKG_DLL_FUNCTIONS dll_functions = {
	.AllocateHeap = userhalf_allocate,
	.FreeHeap = userhalf_release,
	.RegisterCallback = userhalf_register_callback,
	.LocatePackageById = userhalf_locate_package,
};

NTSTATUS userhalves_new(const struct package_module *const *modules, struct userhalves **out)
{
	uint32_t count = 0;
	while (modules[count])
		count++;

	struct userhalves *u = mem_alloc(sizeof(*u) + count * sizeof(u->half[0]));
	if (!u)
		return fail(STATUS_NO_MEMORY, "noting user-mode halves");
	pthread_mutex_init(&u->lock, NULL);
	u->count = count;
	for (uint32_t i = 0; i < count; i++)
		u->half[i].module = modules[i];
	*out = u;
	return STATUS_SUCCESS;
}

void userhalves_free(struct userhalves *u)
{
	if (!u)
		return;
	pthread_mutex_destroy(&u->lock);
	mem_free(u);
}

/* Called with the lock held, once per module. */
static void userhalf_ask(struct userhalf *half)
{
	PSECPKG_USER_FUNCTION_TABLE tables = NULL;
	ULONG version = 0, count = 0;

	half->asked = true;
	if (!half->module->user_initialize ||
	    failed(half->module->user_initialize(SECPKG_INTERFACE_VERSION, &version, &tables,
						 &count)) ||
	    !tables)
		return;
	half->tables = tables;
	half->count = count < TABLES_MAX ? count : TABLES_MAX;
	for (ULONG i = 0; i < half->count; i++) {
		PVOID unused = NULL;
		half->refused[i] =
			tables[i].InstanceInit &&
			failed(tables[i].InstanceInit(SECPKG_INTERFACE_VERSION, &dll_functions,
						      &unused));
	}
}

const SECPKG_USER_FUNCTION_TABLE *userhalf_table(struct userhalves *u, uint32_t module_index,
						 uint32_t table_index)
{
	if (!u || module_index >= u->count)
		return NULL;
	struct userhalf *half = &u->half[module_index];

	pthread_mutex_lock(&u->lock);
	if (!half->asked)
		userhalf_ask(half);
	pthread_mutex_unlock(&u->lock);
	if (table_index >= half->count || half->refused[table_index])
		return NULL;
	return &half->tables[table_index];
}
