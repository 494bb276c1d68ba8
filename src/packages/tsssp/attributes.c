/* packages/tsssp/attributes.c - what a finished TSSSP context tells of itself.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>

#include "base/utf.h"
#include "packages/tsssp/engine.h"
#include "packages/tsssp/package.h"
#include "packages/tsssp/session.h"

static NTSTATUS give_credentials(const struct ts_context *c, const struct secret *creds,
				 SecPkgContext_ClientCreds *out)
{
	if (!c->server || !creds)
		return SEC_E_UNSUPPORTED_FUNCTION;
	void *block = ts_host()->lsa->AllocateLsaHeap((ULONG)creds->len);
	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "giving out delegated credentials");
	memcpy(block, creds->p, creds->len);
	*out = (SecPkgContext_ClientCreds){ .AuthBufferLen = (ULONG)creds->len,
					    .AuthBuffer = block };
	return SEC_E_OK;
}

static NTSTATUS give_package_info(SecPkgContext_PackageInfoW *out)
{
	const SecPkgInfoW *info = ts_package_info();
	size_t name = (utf16_len(info->Name) + 1) * sizeof(WCHAR),
	       comment = (utf16_len(info->Comment) + 1) * sizeof(WCHAR);
	uint8_t *block = ts_host()->lsa->AllocateLsaHeap((ULONG)(sizeof(*info) + name + comment));
	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "giving out package information");
	SecPkgInfoW *copy = (SecPkgInfoW *)(void *)block;
	*copy = *info;
	copy->Name = memcpy(block + sizeof(*info), info->Name, name);
	copy->Comment = memcpy(block + sizeof(*info) + name, info->Comment, comment);
	out->PackageInfo = copy;
	return SEC_E_OK;
}

static NTSTATUS give_server_auth(const struct ts_context *c, SecPkgContext_Flags *out)
{
	if (c->server)
		return SEC_E_UNSUPPORTED_FUNCTION;
	out->Flags =
		c->server_auth |
		(c->inner_attributes & ISC_RET_MUTUAL_AUTH ? CREDSSP_SERVER_AUTH_NEGOTIATE : 0);
	return SEC_E_OK;
}

static NTSTATUS ask_inner(const struct ts_context *c, uint32_t attribute, void *buffer)
{
	return ts_host()->extension->ReachQueryContext(c->inner, attribute, buffer);
}

/* True for what the mechanism says of the sign-in. Never its keys. */
static bool is_of_mechanism(uint32_t attribute)
{
	switch (attribute) {
	case SECPKG_ATTR_NAMES:
	case SECPKG_ATTR_NATIVE_NAMES:
	case SECPKG_ATTR_SIZES:
	case SECPKG_ATTR_LIFESPAN:
	case SECPKG_ATTR_PASSWORD_EXPIRY:
	case SECPKG_ATTR_AUTHORITY:
	case SECPKG_ATTR_CLIENT_SPECIFIED_TARGET:
	case SECPKG_ATTR_NEGOTIATION_INFO:
	case OPENSSPI_ATTR_CLIENT_SIDS:
	case OPENSSPI_ATTR_CLIENT_ACCOUNT:
	case OPENSSPI_ATTR_NEGOTIATION_REASON:
		return true;
	default:
		return false;
	}
}

/* What Negotiate chose; a mechanism without it names itself. */
NTSTATUS ts_query_inner_package(const struct ts_context *c, SecPkgContext_PackageInfoW *out)
{
	SecPkgContext_NegotiationInfoW chosen = { NULL };

	if (failed(ask_inner(c, SECPKG_ATTR_NEGOTIATION_INFO, &chosen)) || !chosen.PackageInfo)
		return ask_inner(c, SECPKG_ATTR_PACKAGE_INFO, out);
	out->PackageInfo = chosen.PackageInfo;
	return SEC_E_OK;
}

NTSTATUS ts_query_attribute(struct ts_context *c, uint32_t attribute, void *buffer)
{
	if (c->stage != TS_STAGE_COMPLETE)
		return SEC_E_INVALID_HANDLE;
	switch (attribute) {
	case SECPKG_ATTR_PACKAGE_INFO:
		return give_package_info(buffer);
	case SECPKG_ATTR_CREDS:
		return give_credentials(c, c->named ? c->named : c->delegated, buffer);
	case SECPKG_ATTR_CREDS_2:
		return give_credentials(c, c->delegated, buffer);
	case SECPKG_ATTR_NEGOTIATION_PACKAGE:
		return ts_query_inner_package(c, buffer);
	case SECPKG_ATTR_SERVER_AUTH_FLAGS:
		return give_server_auth(c, buffer);
	case SECPKG_ATTR_FLAGS:
		((SecPkgContext_Flags *)buffer)->Flags = c->attributes;
		return SEC_E_OK;
	case OPENSSPI_ATTR_DELEGATED_LOGON:
		return ts_delegated_logon(c, buffer);
	case OPENSSPI_ATTR_CREDSSP_VERSION:
		*(OPENSSPI_CREDSSP_VERSION *)buffer =
			(OPENSSPI_CREDSSP_VERSION){ c->peer_version, c->version };
		return SEC_E_OK;
	default:
		return is_of_mechanism(attribute) ? ask_inner(c, attribute, buffer)
						  : (NTSTATUS)SEC_E_UNSUPPORTED_FUNCTION;
	}
}
