/* lsa/host.c - see lsa/host.h: SpLsaModeInitialize, SpInitialize, SpGetInfo, for every module alike.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "base/mapped.h"
#include "base/trace.h"
#include "base/utf.h"
#include "ipc/userhalf.h"
#include "lsa/call.h"
#include "lsa/host.h"
#include "lsa/machine.h"
#include "lsa/notify.h"
#include "lsa/state.h"
#include "lsa/support.h"

/* How far a table of each interface version reaches. */
static const struct {
	ULONG version;
	size_t size;
} reaches[] = {
#define UP_TO(member) (offsetof(SECPKG_FUNCTION_TABLE, member) + sizeof(void *))
	{ SECPKG_INTERFACE_VERSION, UP_TO(SetExtendedInformation) },
	{ SECPKG_INTERFACE_VERSION_2, UP_TO(SetContextAttributes) },
	{ SECPKG_INTERFACE_VERSION_3, UP_TO(SetCredentialsAttributes) },
	{ SECPKG_INTERFACE_VERSION_4, UP_TO(ChangeAccountPassword) },
	{ SECPKG_INTERFACE_VERSION_5, UP_TO(UpdateCredentials) },
	{ SECPKG_INTERFACE_VERSION_6, UP_TO(ValidateTargetInfo) },
	{ SECPKG_INTERFACE_VERSION_7, UP_TO(PostLogonUser) },
	{ SECPKG_INTERFACE_VERSION_8, UP_TO(GetRemoteCredGuardSupplementalCreds) },
	{ SECPKG_INTERFACE_VERSION_9, UP_TO(GetTbalSupplementalCreds) },
	{ SECPKG_INTERFACE_VERSION_10, UP_TO(PostLogonUserSurrogate) },
#undef UP_TO
};

/* The bytes of one table of that version; 0 for a version that is none. */
static size_t table_size(ULONG version)
{
	for (size_t i = 0; i < ARRAY_LEN(reaches); i++)
		if (reaches[i].version == version)
			return reaches[i].size;
	return 0;
}

NTSTATUS host_init(struct host *host, const struct package_module *const *modules)
{
	uint32_t count = 0;

	while (modules[count])
		count++;
	host->modules = modules;
	host->room = count * MODULE_TABLES_MAX;
	host->package = mem_array(host->room, sizeof(struct package *));
	return host->package ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "noting packages");
}

static void package_free(struct package *p)
{
	if (!p)
		return;
	mem_free(p->name);
	mem_free(p->comment);
	mem_free(p);
}
DEFINE_CLEANUP(struct package *, package_free)

static void name_free(PLSA_STRING name)
{
	if (name)
		block_free(name->Buffer);
	block_free(name);
}

/* Why something is left out, in words for the trace. */
static NTSTATUS refuse(const char **why, NTSTATUS status, const char *words)
{
	*why = words;
	return fail(status, words);
}

static NTSTATUS package_start(const struct package *p, struct lsa *lsa, const char **why)
{
	const SECPKG_FUNCTION_TABLE *f = &p->functions;
	const OPENSSPI_MACHINE_NAMES *names = machine_names(lsa->machine);
	SECPKG_PARAMETERS parameters = {
		.Version = SECPKG_INTERFACE_VERSION,
		.MachineState = SECPKG_STATE_ENCRYPTION_PERMITTED |
				SECPKG_STATE_STRONG_ENCRYPTION_PERMITTED | SECPKG_STATE_STANDALONE,
		.DomainName = names->NetbiosDomain,
		.DnsDomainName = names->DnsDomain,
	};

	if (f->InitializePackage) {
		PLSA_STRING name = NULL;
		NTSTATUS status = f->InitializePackage(
			p->id, (PLSA_DISPATCH_TABLE)(void *)support_table(), NULL, NULL, &name);
		if (failed(status))
			return refuse(why, status, "its InitializePackage fails");
		name_free(name);
	}
	NTSTATUS status = f->Initialize(p->id, &parameters, support_table());
	return failed(status) ? refuse(why, status, "its SpInitialize fails") : STATUS_SUCCESS;
}

/* A copy of a package's string; false when it is longer than `most` or memory is short. */
static bool copy_text(const WCHAR *from, size_t most, WCHAR **out, size_t *out_n)
{
	size_t n = 0;

	while (from && n <= most && from[n])
		n++;
	if (n > most)
		return false;
	*out = mem_alloc((n + 1) * sizeof(WCHAR));
	if (!*out)
		return false;
	if (n)
		memcpy(*out, from, n * sizeof(WCHAR));
	*out_n = n;
	return true;
}

static NTSTATUS package_describe(struct package *p, const struct host *host, const char **why)
{
	SecPkgInfoW info = { 0 };

	NTSTATUS status = p->functions.GetInfo(&info);
	if (failed(status))
		return refuse(why, status, "its SpGetInfo fails");
	if (!info.Name || !info.Name[0])
		return refuse(why, STATUS_INVALID_PARAMETER, "it has no name");
	if (!copy_text(info.Name, PACKAGE_NAME_MAX, &p->name, &p->name_n) ||
	    !utf16_is_valid(p->name, p->name_n))
		return refuse(why, STATUS_INVALID_PARAMETER, "its name is too long or no text");
	if (!copy_text(info.Comment, PACKAGE_COMMENT_MAX, &p->comment, &p->comment_n) ||
	    !utf16_is_valid(p->comment, p->comment_n))
		return refuse(why, STATUS_INVALID_PARAMETER, "its comment is too long or no text");
	if (host_find(host, (struct ipc_text){ p->name, (uint32_t)p->name_n }))
		return refuse(why, STATUS_OBJECT_NAME_COLLISION, "its name is taken");
	p->capabilities = info.fCapabilities;
	p->version = info.wVersion;
	p->rpc_id = info.wRPCID;
	p->max_token = info.cbMaxToken;
	return STATUS_SUCCESS;
}

/* One that does not answer is opaque and at home in the LSA. */
static void package_ask_traits(struct package *p)
{
	PSECPKG_EXTENDED_INFORMATION information = NULL;

	if (!p->functions.GetExtendedInformation ||
	    failed(p->functions.GetExtendedInformation(
		    (SECPKG_EXTENDED_INFORMATION_CLASS)OPENSSPI_PACKAGE_TRAITS_CLASS,
		    &information)) ||
	    !information)
		return;
	/* One that says yes to all classes may have given something of its own, which is no block. */
	if ((ULONG)information->Class != OPENSSPI_PACKAGE_TRAITS_CLASS)
		return;
	OPENSSPI_PACKAGE_TRAITS traits = { 0 };
	if (block_size(information) >= sizeof(traits))
		memcpy(&traits, information, sizeof(traits));
	block_free(information);
	if (traits.Class != OPENSSPI_PACKAGE_TRAITS_CLASS ||
	    traits.AuthDataFormat > OPENSSPI_AUTH_DATA_SCHANNEL ||
	    traits.Home > OPENSSPI_HOME_CALLER)
		return;
	p->auth_format = traits.AuthDataFormat;
	p->home = traits.Home;
}

static bool is_shared(const struct lsa *lsa, const struct package *p)
{
	enum lsa_share share = lsa->setup.share;
	return share == LSA_ALL || (share == LSA_OF_CALLER) == (p->home == OPENSSPI_HOME_CALLER);
}

static NTSTATUS package_load(struct host *host, struct lsa *lsa, struct package *p,
			     const char **why)
{
	CLEANUP(call_leave) struct frame frame;

	call_enter(&frame, lsa, NULL, p);
	if (!p->functions.Initialize || !p->functions.GetInfo)
		return refuse(why, STATUS_INVALID_PARAMETER,
			      "its table lacks Initialize or GetInfo");
	NTSTATUS status = package_start(p, lsa, why);
	if (failed(status))
		return status;
	status = package_describe(p, host, why);
	if (!failed(status)) {
		package_ask_traits(p);
		if (is_shared(lsa, p))
			return STATUS_SUCCESS;
		status = refuse(why, STATUS_NOT_SUPPORTED, "it has its home elsewhere");
	}
	if (p->functions.Shutdown)
		(void)p->functions.Shutdown();
	return status;
}

struct found {
	const uint8_t *tables;
	ULONG count;
	size_t stride;
};

static NTSTATUS module_ask(const struct package_module *module, struct found *out, const char **why)
{
	PSECPKG_FUNCTION_TABLE tables = NULL;
	ULONG version = 0, count = 0;

	if (!module->lsa && !module->lsa_initialize)
		return refuse(why, STATUS_NOT_SUPPORTED, "it has no SpLsaModeInitialize");
	NTSTATUS status = module_lsa_tables(module, &version, &tables, &count);
	if (failed(status))
		return refuse(why, status, "its SpLsaModeInitialize fails");
	if (table_size(version) == 0)
		return refuse(why, STATUS_INVALID_PARAMETER, "its version is none that is known");
	if (!tables || (uintptr_t)tables % _Alignof(SECPKG_FUNCTION_TABLE))
		return refuse(why, STATUS_INVALID_PARAMETER, "its tables are nowhere");
	if (count == 0 || count > MODULE_TABLES_MAX)
		return refuse(why, STATUS_INVALID_PARAMETER, "it has no tables, or too many");
	*out = (struct found){ (const uint8_t *)tables, count, table_size(version) };
	return STATUS_SUCCESS;
}

/* It may have asked to be told of things, and have begun threads: these may look at it as long as there is
 * an LSA. */
static void package_drop(struct host *host, struct package *p)
{
	notify_forget(p);
	p->next = host->dropped;
	host->dropped = p;
}

static NTSTATUS table_load(struct host *host, struct lsa *lsa, const struct package *at,
			   const struct found *found, const char **why)
{
	CLEANUP(package_free_p) struct package *p = mem_dup(at, sizeof(*at));
	if (!p)
		return refuse(why, STATUS_NO_MEMORY, "memory is short");
	if (!mapped_functions_read(&p->functions, found->tables + at->table * found->stride,
				   found->stride))
		return refuse(why, STATUS_INVALID_PARAMETER,
			      "its table is shorter than its version says");
	NTSTATUS status = package_load(host, lsa, p, why);
	if (failed(status)) {
		package_drop(host, TAKE(p));
		return status;
	}
	userhalves_call(p->id, p->name, p->name_n);
	userhalves_name(lsa->setup.userhalves, p->id, p->module, p->table);
	/* A thread of a package that is loaded already may be looking for another. */
	host->package[at->id] = TAKE(p);
	atomic_store(&host->count, at->id + 1);
	return status;
}

static void module_load(struct host *host, struct lsa *lsa, uint32_t index)
{
	const struct package_module *module = host->modules[index];
	struct found found = { .count = 0 };
	const char *why = "";

	NTSTATUS status = module_ask(module, &found, &why);
	if (failed(status)) {
		trace_line("module %s is left out: %s (0x%08x)", module->name, why,
			   (unsigned)status);
		return;
	}
	for (uint32_t i = 0; i < found.count; i++) {
		const struct package at = {
			.id = host->count, .module = index, .table = i, .reach = found.stride
		};
		status = table_load(host, lsa, &at, &found, &why);
		if (failed(status))
			trace_line("package %u of module %s is left out: %s (0x%08x)", (unsigned)i,
				   module->name, why, (unsigned)status);
	}
}

void host_load(struct host *host, struct lsa *lsa)
{
	for (uint32_t i = 0; host->modules[i]; i++)
		module_load(host, lsa, i);
}

void host_shutdown(struct host *host, struct lsa *lsa)
{
	for (uint32_t i = host->count; i-- > 0;) {
		CLEANUP(call_leave) struct frame frame;
		call_enter(&frame, lsa, NULL, host->package[i]);
		if (host->package[i]->functions.Shutdown)
			(void)host->package[i]->functions.Shutdown();
	}
}

void host_done(struct host *host)
{
	for (uint32_t i = 0; i < host->count; i++)
		package_free(host->package[i]);
	while (host->dropped) {
		struct package *gone = host->dropped;
		host->dropped = gone->next;
		package_free(gone);
	}
	mem_free(host->package);
	*host = (struct host){ .package = NULL };
}

const struct package *host_find(const struct host *host, struct ipc_text name)
{
	for (uint32_t i = 0; name.p && i < host->count; i++) {
		const struct package *p = host->package[i];
		if (utf16_equal_nocase(p->name, p->name_n, name.p, name.n))
			return p;
	}
	return NULL;
}

static bool own_text(const WCHAR *text, size_t n, struct ipc_owned *out)
{
	if (n == 0)
		return true;
	out->p = mem_dup(text, n * sizeof(WCHAR));
	out->n = out->p ? (uint32_t)(n * sizeof(WCHAR)) : 0;
	return out->p != NULL;
}

NTSTATUS host_describe(const struct host *host, struct packages_reply *reply)
{
	const uint32_t count = host->count;

	if (count == 0)
		return STATUS_SUCCESS;
	reply->package = mem_array(count, sizeof(*reply->package));
	if (!reply->package)
		return fail(STATUS_NO_MEMORY, "listing packages");
	reply->count = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct package *p = host->package[i];
		struct package_record *r = &reply->package[i];
		*r = (struct package_record){
			.id = p->id,
			.module = p->module,
			.table = p->table,
			.capabilities = p->capabilities,
			.version = p->version,
			.rpc_id = p->rpc_id,
			.max_token = p->max_token,
			.auth_format = p->auth_format,
			.home = p->home,
		};
		if (!own_text(p->name, p->name_n, &r->name) ||
		    !own_text(p->comment, p->comment_n, &r->comment))
			return fail(STATUS_NO_MEMORY, "listing packages");
	}
	return STATUS_SUCCESS;
}
