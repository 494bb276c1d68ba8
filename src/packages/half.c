/* packages/half.c - see packages/half.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/half.h"

NTSTATUS half_open(struct package_half *half, ULONG_PTR id, const LSA_SECPKG_FUNCTION_TABLE *table)
{
	if (!slots_guard_forks(&half->credentials) || !slots_guard_forks(&half->contexts))
		return fail(STATUS_INSUFFICIENT_RESOURCES, "guarding a package's tables");
	half->id = (ULONG)id;
	return compose_host_open(&half->host, table);
}

void half_clear(struct package_half *half)
{
	void *object;

	while ((object = slots_remove_any(&half->contexts)))
		counted_unref(object);
	while ((object = slots_remove_any(&half->credentials)))
		counted_unref(object);
}

NTSTATUS half_number_take(struct slots *table, void *object, LSA_SEC_HANDLE *out)
{
	uint64_t number = slots_add(table, object);

	if (!number) {
		counted_unref(object);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "numbering a credential or a context");
	}
	*out = (LSA_SEC_HANDLE)number;
	return STATUS_SUCCESS;
}

NTSTATUS half_release(struct slots *table, LSA_SEC_HANDLE handle)
{
	void *object = slots_remove(table, handle);

	if (!object)
		return fail(SEC_E_INVALID_HANDLE, "freeing a credential or a context");
	counted_unref(object);
	return STATUS_SUCCESS;
}

NTSTATUS half_inform(const struct package_half *half, SECPKG_EXTENDED_INFORMATION_CLASS class,
		     const OPENSSPI_PACKAGE_TRAITS *traits, struct rd mechanism,
		     PSECPKG_EXTENDED_INFORMATION *out)
{
	size_t id = offsetof(SECPKG_EXTENDED_INFORMATION, Info.GssInfo.EncodedId);
	bool asks_traits = (ULONG) class == OPENSSPI_PACKAGE_TRAITS_CLASS;

	if (!asks_traits && (class != SecpkgGssInfo || rd_empty(mechanism)))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "a class of information");
	PSECPKG_EXTENDED_INFORMATION info =
		half->host.lsa->AllocateLsaHeap((ULONG)(sizeof(*info) + id + mechanism.n));
	if (!info)
		return fail(STATUS_NO_MEMORY, "information on the package");
	*out = info;
	if (asks_traits) {
		memcpy(info, traits, sizeof(*traits));
		return STATUS_SUCCESS;
	}
	info->Class = SecpkgGssInfo;
	info->Info.GssInfo.EncodedIdLength = (ULONG)mechanism.n;
	memcpy((uint8_t *)info + id, mechanism.p, mechanism.n);
	return STATUS_SUCCESS;
}
