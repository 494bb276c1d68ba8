/* packages/negotiate/attributes.c - QueryContextAttributes: the mechanism's answers, and which it is.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "packages/negotiate/lsa.h"
#include "packages/negotiate/package.h"

/* A mechanism that is not finished answers nothing; its name is known all the same. */
static PSecPkgInfoW describe_row(const struct nego_mech *m)
{
	size_t name = (m->package_n + 1) * sizeof(WCHAR);
	SecPkgInfoW *info = block_alloc(sizeof(*info) + name + sizeof(WCHAR));

	if (!info)
		return NULL;
	*info = *negotiate_package_info();
	info->wRPCID = SECPKG_ID_NONE;
	info->Name = (WCHAR *)(info + 1);
	memcpy(info->Name, m->package, m->package_n * sizeof(WCHAR));
	info->Comment = info->Name + m->package_n + 1;
	return info;
}

static NTSTATUS query_negotiation(struct nego_context *c, SecPkgContext_NegotiationInfoW *out)
{
	SecPkgContext_PackageInfoW package = { NULL };

	if (c->row == NEGO_NONE)
		return fail(SEC_E_INVALID_HANDLE, "a negotiation without a mechanism");
	NTSTATUS status = nego_host()->extension->ReachQueryContext(
		c->inner, SECPKG_ATTR_PACKAGE_INFO, &package);
	if (failed(status))
		package.PackageInfo = describe_row(nego_mech(c->row));
	if (!package.PackageInfo)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "describing a mechanism");
	out->PackageInfo = package.PackageInfo;
	out->NegotiationState = nego_negotiation_state(c);
	return STATUS_SUCCESS;
}

/* Known from the choice on, also of a negotiation that failed. */
static NTSTATUS query_reason(const struct nego_context *c, OPENSSPI_NEGOTIATION_REASON *out)
{
	if (c->stage == NEGO_BEGINS)
		return fail(SEC_E_INVALID_HANDLE, "a negotiation without a mechanism");
	return nego_reason_give(nego_reason(c), out);
}

NTSTATUS nego_reason_give(struct rd reason, OPENSSPI_NEGOTIATION_REASON *out)
{
	if (reason.n == 0)
		return SEC_E_NO_CREDENTIALS;
	out->Text = block_alloc(reason.n + 1);
	if (!out->Text)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "telling why a mechanism was chosen");
	memcpy(out->Text, reason.p, reason.n);
	return STATUS_SUCCESS;
}

NTSTATUS nego_query_attribute(struct nego_context *c, ULONG attribute, void *buffer)
{
	if (!buffer)
		return fail(SEC_E_INVALID_PARAMETER, "asking for an attribute without a buffer");
	if (attribute == OPENSSPI_ATTR_NEGOTIATION_REASON)
		return query_reason(c, buffer);
	if (attribute == SECPKG_ATTR_NEGOTIATION_INFO && c->stage != NEGO_DEAD)
		return query_negotiation(c, buffer);
	if (c->stage != NEGO_COMPLETE && !(c->taken && c->stage != NEGO_DEAD))
		return fail(SEC_E_INVALID_HANDLE, "asking a negotiation that is not complete");
	return nego_host()->extension->ReachQueryContext(c->inner, attribute, buffer);
}
