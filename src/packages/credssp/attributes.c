/* packages/credssp/attributes.c - QueryContextAttributes (CredSSP): who of the two layers answers what.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What TLS agreed can be asked as soon as TLS stands, so that a client may look at the certificate
 * before it goes on; everything else only of a finished context. */
#include "base/base.h"

#include <credssp.h>
#include <schannel.h>

#include "base/utf.h"
#include "packages/credssp/engine.h"
#include "packages/credssp/package.h"

static NTSTATUS give_package_info(SecPkgContext_PackageInfoW *out)
{
	const SecPkgInfoW *info = cs_package_info();
	size_t name = (utf16_len(info->Name) + 1) * sizeof(WCHAR),
	       comment = (utf16_len(info->Comment) + 1) * sizeof(WCHAR);
	uint8_t *block = cs_host()->lsa->AllocateLsaHeap((ULONG)(sizeof(*info) + name + comment));
	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "giving out package information");
	SecPkgInfoW *copy = (SecPkgInfoW *)(void *)block;
	*copy = *info;
	copy->Name = memcpy(block + sizeof(*info), info->Name, name);
	copy->Comment = memcpy(block + sizeof(*info) + name, info->Comment, comment);
	out->PackageInfo = copy;
	return SEC_E_OK;
}

/* True for what the TLS layer answers. */
static bool is_of_tls(uint32_t attribute)
{
	switch (attribute) {
	case SECPKG_ATTR_REMOTE_CERT_CONTEXT:
	case SECPKG_ATTR_LOCAL_CERT_CONTEXT:
	case SECPKG_ATTR_CONNECTION_INFO:
	case SECPKG_ATTR_CIPHER_INFO:
	case SECPKG_ATTR_CERT_TRUST_STATUS:
	case SECPKG_ATTR_ENDPOINT_BINDINGS:
	case SECPKG_ATTR_UNIQUE_BINDINGS:
		return true;
	default:
		return false;
	}
}

static NTSTATUS give_server_auth(struct cs_context *c, SecPkgContext_Flags *out)
{
	CERT_TRUST_STATUS trust = { 0 };

	NTSTATUS status =
		cs_host()->extension->ReachQueryContext(c->ts, SECPKG_ATTR_SERVER_AUTH_FLAGS, out);
	if (failed(status))
		return status;
	if (!failed(cs_host()->extension->ReachQueryContext(c->tls, SECPKG_ATTR_CERT_TRUST_STATUS,
							    &trust)) &&
	    trust.dwErrorStatus == 0)
		out->Flags |= CREDSSP_SERVER_AUTH_CERTIFICATE;
	return SEC_E_OK;
}

NTSTATUS cs_query_attribute(struct cs_context *c, uint32_t attribute, void *buffer)
{
	const OPENSSPI_LSA_EXTENSION *extension = cs_host()->extension;

	if (c->stage == CS_STAGE_TLS || c->stage == CS_STAGE_DEAD)
		return SEC_E_INVALID_HANDLE;
	if (attribute == SECPKG_ATTR_CERT_TRUST_STATUS && c->server)
		return SEC_E_UNSUPPORTED_FUNCTION;
	if (is_of_tls(attribute))
		return extension->ReachQueryContext(c->tls, attribute, buffer);
	if (c->stage != CS_STAGE_COMPLETE)
		return SEC_E_INVALID_HANDLE;
	switch (attribute) {
	case SECPKG_ATTR_PACKAGE_INFO:
		return give_package_info(buffer);
	case SECPKG_ATTR_STREAM_SIZES:
		return extension->ReachQueryContext(c->tls, attribute, buffer);
	case SECPKG_ATTR_FLAGS:
		((SecPkgContext_Flags *)buffer)->Flags = c->attributes;
		return SEC_E_OK;
	case SECPKG_ATTR_SERVER_AUTH_FLAGS:
		return c->server ? SEC_E_UNSUPPORTED_FUNCTION : give_server_auth(c, buffer);
	default:
		return extension->ReachQueryContext(c->ts, attribute, buffer);
	}
}
