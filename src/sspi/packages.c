/* sspi/packages.c - EnumerateSecurityPackages, QuerySecurityPackageInfo and the list behind them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/block.h"
#include "base/utf.h"
#include "sspi/packages.h"
#include "sspi/status.h"
#include "sspi/text.h"

NTSTATUS facade_call(enum call which, const void *request, void *reply)
{
	NTSTATUS status = SEC_E_INTERNAL_ERROR;
	struct channel *channel = channel_current(&status);
	return channel ? channel_call(channel, which, request, reply) : status;
}

void facade_delete_context(uint64_t number)
{
	struct empty_reply reply = { 0 };
	struct delete_context_call call = { .context = number };

	if (failed(facade_call(CALL_DELETE_CONTEXT, &call, &reply)))
		(void)fail(SEC_E_INVALID_HANDLE, "deleting a context in the LSA");
}

static struct {
	pthread_mutex_t lock;
	atomic_bool known; /* the list, which then stays as it is: read without the lock */
	struct packages_reply list;
} packages = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void packages_before_fork(void)
{
	pthread_mutex_lock(&packages.lock);
}

static void packages_after_fork(void)
{
	pthread_mutex_unlock(&packages.lock);
}

static void packages_guard_forks(void)
{
	pthread_atfork(packages_before_fork, packages_after_fork, packages_after_fork);
}

static const WCHAR *units(const struct ipc_owned *text)
{
	return (const WCHAR *)(const void *)text->p;
}

/* Names must be text, since A callers get them as UTF-8. */
static bool texts_are_valid(const struct packages_reply *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct ipc_owned *name = &list->package[i].name;
		const struct ipc_owned *comment = &list->package[i].comment;
		if (!utf16_is_valid(units(name), name->n / sizeof(WCHAR)) ||
		    !utf16_is_valid(units(comment), comment->n / sizeof(WCHAR)))
			return false;
	}
	return true;
}

/* Says where the user-mode halves are, for those that look for each other. */
static NTSTATUS packages_name(const struct packages_reply *list)
{
	struct userhalves *halves = userhalves_current();
	if (!halves)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "noting user-mode halves");
	for (uint32_t i = 0; i < list->count; i++) {
		const struct package_record *p = &list->package[i];
		userhalves_call(p->id, units(&p->name), p->name.n / sizeof(WCHAR));
		userhalves_name(halves, p->id, p->module, p->table);
	}
	return STATUS_SUCCESS;
}

/* Asks the LSA; without the lock, since the first call opens the channel. */
static NTSTATUS packages_ask(struct packages_reply *list)
{
	NTSTATUS status = facade_call(CALL_PACKAGES, &(struct packages_call){ 0 }, list);
	if (!failed(status) && !texts_are_valid(list))
		status = fail(SEC_E_INTERNAL_ERROR, "reading the list of packages");
	return failed(status) ? status : packages_name(list);
}

NTSTATUS packages_list(const struct packages_reply **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct packages_reply fresh = { 0 };

	pthread_once(&once, packages_guard_forks);
	*out = &packages.list;
	if (atomic_load(&packages.known))
		return STATUS_SUCCESS;
	NTSTATUS status = packages_ask(&fresh);
	pthread_mutex_lock(&packages.lock);
	if (!failed(status) && !packages.known) {
		packages.list = fresh;
		packages.known = true;
		fresh = (struct packages_reply){ 0 };
	}
	pthread_mutex_unlock(&packages.lock);
	call_reply_done(CALL_PACKAGES, &fresh);
	return status;
}

NTSTATUS package_by_name(struct ipc_text name, const struct package_record **out)
{
	const struct packages_reply *list;
	NTSTATUS status = packages_list(&list);
	if (failed(status))
		return status;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct ipc_owned *own = &list->package[i].name;
		if (!utf16_equal_nocase(units(own), own->n / sizeof(WCHAR), name.p, name.n))
			continue;
		*out = &list->package[i];
		return STATUS_SUCCESS;
	}
	return fail(SEC_E_SECPKG_NOT_FOUND, "finding a package by name");
}

NTSTATUS package_by_id(uint32_t id, const struct package_record **out)
{
	const struct packages_reply *list;
	NTSTATUS status = packages_list(&list);
	if (failed(status))
		return status;
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->package[i].id != id)
			continue;
		*out = &list->package[i];
		return STATUS_SUCCESS;
	}
	return fail(SEC_E_SECPKG_NOT_FOUND, "finding a package by id");
}

NTSTATUS package_user_half(const struct package_record *record,
			   const SECPKG_USER_FUNCTION_TABLE **out)
{
	struct userhalves *halves = userhalves_current();
	if (!halves)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "noting user-mode halves");
	*out = userhalf_table(halves, record->module, record->table);
	return STATUS_SUCCESS;
}

/* ---- what callers see: an array of SecPkgInfo and its strings in one block ---- */

/* Bytes of a text with its terminator. */
static size_t text_size(const struct ipc_owned *text, bool ansi)
{
	size_t n = text->n / sizeof(WCHAR);
	return ansi ? utf8_need(units(text), n) + 1 : (n + 1) * sizeof(WCHAR);
}

static void *text_put(const struct ipc_owned *text, bool ansi, uint8_t **at)
{
	void *begin = *at;
	if (ansi)
		utf8_put(begin, units(text), text->n / sizeof(WCHAR));
	else if (text->n)
		memcpy(begin, text->p, text->n);
	*at += text_size(text, ansi);
	return begin;
}

/* SecPkgInfoA and SecPkgInfoW have one layout; `ansi` says what the strings are. */
static void *package_infos(const struct package_record *record, uint32_t count, bool ansi)
{
	size_t size = count * sizeof(SecPkgInfoW);
	for (uint32_t i = 0; i < count; i++)
		size += text_size(&record[i].name, ansi) + text_size(&record[i].comment, ansi);
	SecPkgInfoW *info = block_alloc(size);
	if (!info)
		return NULL;
	uint8_t *at = (uint8_t *)(info + count);
	for (uint32_t i = 0; i < count; i++)
		info[i] = (SecPkgInfoW){
			.fCapabilities = record[i].capabilities,
			.wVersion = record[i].version,
			.wRPCID = record[i].rpc_id,
			.cbMaxToken = record[i].max_token,
			.Name = text_put(&record[i].name, ansi, &at),
			.Comment = text_put(&record[i].comment, ansi, &at),
		};
	return info;
}

static SECURITY_STATUS enumerate(ULONG *count, void **infos, bool ansi)
{
	const struct packages_reply *list;

	if (!count || !infos)
		return SEC_E_INVALID_PARAMETER;
	NTSTATUS status = packages_list(&list);
	if (failed(status))
		return security_status(status);
	void *block = package_infos(list->package, list->count, ansi);
	if (!block)
		return SEC_E_INSUFFICIENT_MEMORY;
	*count = list->count;
	*infos = block;
	return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesW(ULONG *count, PSecPkgInfoW *infos)
{
	return enumerate(count, (void **)infos, false);
}

SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesA(ULONG *count, PSecPkgInfoA *infos)
{
	return enumerate(count, (void **)infos, true);
}

static SECURITY_STATUS query(const WCHAR *name, void **info, bool ansi)
{
	const struct package_record *record = NULL;
	struct ipc_text text;

	if (!name || !info)
		return SEC_E_INVALID_PARAMETER;
	if (!text_of(name, &text))
		return SEC_E_SECPKG_NOT_FOUND;
	NTSTATUS status = package_by_name(text, &record);
	if (failed(status))
		return security_status(status);
	void *block = package_infos(record, 1, ansi);
	if (!block)
		return SEC_E_INSUFFICIENT_MEMORY;
	*info = block;
	return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoW(SEC_WCHAR *name, PSecPkgInfoW *info)
{
	return query(name, (void **)info, false);
}

SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoA(SEC_CHAR *name, PSecPkgInfoA *info)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	SECURITY_STATUS status = wide_from_ansi(name, &wide);
	return status == SEC_E_OK ? query(wide, (void **)info, true) : status;
}

SECURITY_STATUS SEC_ENTRY FreeContextBuffer(PVOID block)
{
	block_free(block);
	return SEC_E_OK;
}
