/* ipc/userhalf.c - see ipc/userhalf.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A module is initialised once, under the lock; one that refuses is not asked again. The lock is held
 * across forks: whoever initialises a module takes the module's own locks after it. */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/block.h"
#include "base/mapped.h"
#include "base/trace.h"
#include "base/utf.h"
#include "ipc/callbacks.h"
#include "ipc/userhalf.h"

#define TABLES_MAX 16 /* user tables of one module */
#define NAMED_MAX 256 /* packages that are found by id */

struct userhalf {
	const struct package_module *module;
	bool asked;
	ULONG count;
	SECPKG_USER_FUNCTION_TABLE tables[TABLES_MAX]; /* copies: a package may lose its own */
	bool refused[TABLES_MAX];
};

struct userhalves {
	uint32_t count;
	struct userhalf half[];
};

static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(uintptr_t) asker; /* the thread that holds it to initialise a module */

static bool is_asking(void)
{
	return atomic_load(&asker) == (uintptr_t)pthread_self();
}

static void asking_before_fork(void)
{
	if (!is_asking())
		pthread_mutex_lock(&asking);
}

static void asking_after_fork(void)
{
	if (!is_asking())
		pthread_mutex_unlock(&asking);
}

static void asking_guard_forks(void)
{
	pthread_atfork(asking_before_fork, asking_after_fork, asking_after_fork);
}

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
	return callback_register(id, callback);
}

/* Where a package's user-mode half is, by its id. Packages are named when they are loaded or listed,
 * before anybody can know their ids; `of` is written last. */
static struct named {
	atomic_uint module, table;
	atomic_ullong called; /* a sum of its name; 0: not known */
	_Atomic(struct userhalves *) of;
} named[NAMED_MAX];

void userhalves_name(struct userhalves *u, uint32_t id, uint32_t module_index, uint32_t table_index)
{
	if (!u || id >= NAMED_MAX)
		return;
	atomic_store(&named[id].module, module_index);
	atomic_store(&named[id].table, table_index);
	atomic_store(&named[id].of, u);
}

/* FNV-1a over the name in upper case: names are few, and chosen by whoever configures the machine. */
static unsigned long long name_sum(const WCHAR *name, size_t n)
{
	unsigned long long sum = 0xCBF29CE484222325u;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ utf16_upper(name[i])) * 0x100000001B3u;
	return sum ? sum : 1;
}

void userhalves_call(uint32_t id, const WCHAR *name, size_t n)
{
	if (id < NAMED_MAX)
		atomic_store(&named[id].called, name_sum(name, n));
}

static void userhalves_forget_names(struct userhalves *u)
{
	for (size_t i = 0; i < NAMED_MAX; i++) {
		struct userhalves *of = u;
		atomic_compare_exchange_strong(&named[i].of, &of, NULL);
	}
}

static PVOID NTAPI userhalf_locate_package(ULONG id)
{
	if (id >= NAMED_MAX)
		return NULL;
	return (PVOID)(uintptr_t)userhalf_table(atomic_load(&named[id].of),
						atomic_load(&named[id].module),
						atomic_load(&named[id].table));
}

static const SECPKG_USER_FUNCTION_TABLE *userhalf_locate(const WCHAR *name, size_t n)
{
	unsigned long long sum = name_sum(name, n);

	for (ULONG id = 0; id < NAMED_MAX; id++)
		if (atomic_load(&named[id].called) == sum && atomic_load(&named[id].of))
			return userhalf_locate_package(id);
	return NULL;
}

static struct module_services services = {
	.windows = { .AllocateHeap = userhalf_allocate,
		     .FreeHeap = userhalf_release,
		     .RegisterCallback = userhalf_register_callback,
		     .LocatePackageById = userhalf_locate_package },
	.locate = userhalf_locate,
};

NTSTATUS userhalves_new(const struct package_module *const *modules, struct userhalves **out)
{
	uint32_t count = 0;
	while (modules[count])
		count++;

	struct userhalves *u = mem_alloc(sizeof(*u) + count * sizeof(u->half[0]));
	if (!u)
		return fail(STATUS_NO_MEMORY, "noting user-mode halves");
	u->count = count;
	for (uint32_t i = 0; i < count; i++)
		u->half[i].module = modules[i];
	*out = u;
	return STATUS_SUCCESS;
}

void userhalves_free(struct userhalves *u)
{
	if (u)
		userhalves_forget_names(u);
	mem_free(u);
}

/* The versions that SpUserModeInitialize may answer: all have the one table. */
static bool version_is_known(ULONG version)
{
	return version >= SECPKG_INTERFACE_VERSION && version <= SECPKG_INTERFACE_VERSION_10 &&
	       (version & (version - 1)) == 0;
}

/* What is wrong with a module's answer; NULL when nothing is. */
static const char *userhalf_fault(NTSTATUS status, ULONG version,
				  const SECPKG_USER_FUNCTION_TABLE *tables, ULONG count)
{
	if (failed(status))
		return "its SpUserModeInitialize fails";
	if (!version_is_known(version))
		return "its version is none that is known";
	if (!tables || (uintptr_t)tables % _Alignof(SECPKG_USER_FUNCTION_TABLE))
		return "its tables are nowhere";
	return count == 0 || count > TABLES_MAX ? "it has no tables, or too many" : NULL;
}

/* Called with the lock held, once per module. */
static void userhalf_ask(struct userhalf *half)
{
	PSECPKG_USER_FUNCTION_TABLE tables = NULL;
	ULONG version = 0, count = 0;

	half->asked = true;
	if (!module_has_user_half(half->module))
		return;
	NTSTATUS status = module_user_tables(half->module, &version, &tables, &count);
	const char *fault = userhalf_fault(status, version, tables, count);
	if (!fault && !mapped_functions_read(half->tables, tables, count * sizeof(*tables)))
		fault = "its tables are shorter than it says";
	if (fault) {
		trace_line("user half of module %s is left out: %s", half->module->name, fault);
		return;
	}
	half->count = count;
	for (ULONG i = 0; i < count; i++) {
		SpInstanceInitFn *begin = half->tables[i].InstanceInit;
		PVOID unused = NULL;
		half->refused[i] = begin && failed(begin(SECPKG_INTERFACE_VERSION,
							 &services.windows, &unused));
		if (half->refused[i])
			trace_line(
				"user half %u of module %s is left out: its SpInstanceInit fails",
				(unsigned)i, half->module->name);
	}
}

/* Asks the module unless it was asked before. A package that looks for others from within its own
 * initialisation is told that there is none. */
static bool userhalf_is_asked(struct userhalf *half)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (is_asking())
		return false;
	pthread_once(&once, asking_guard_forks);
	pthread_mutex_lock(&asking);
	atomic_store(&asker, (uintptr_t)pthread_self());
	if (!half->asked)
		userhalf_ask(half);
	atomic_store(&asker, 0);
	pthread_mutex_unlock(&asking);
	return true;
}

const SECPKG_USER_FUNCTION_TABLE *userhalf_table(struct userhalves *u, uint32_t module_index,
						 uint32_t table_index)
{
	if (!u || module_index >= u->count)
		return NULL;
	struct userhalf *half = &u->half[module_index];
	if (!userhalf_is_asked(half) || table_index >= half->count || half->refused[table_index])
		return NULL;
	return &half->tables[table_index];
}

void userhalves_begin(struct userhalves *u)
{
	for (uint32_t i = 0; u && i < u->count; i++)
		if (!userhalf_is_asked(&u->half[i]))
			return;
}
