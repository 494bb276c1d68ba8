/* sspi/attribute.c - see sspi/attribute.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <schannel.h>

#include "base/block.h"
#include "ipc/attributes.h"
#include "sspi/attribute.h"
#include "sspi/certificate.h"

SECURITY_STATUS attribute_query_check(const struct attribute_query *query)
{
	size_t size = attribute_size(query->attribute);

	if (!query->buffer)
		return SEC_E_INVALID_PARAMETER;
	if (size == 0)
		return SEC_E_UNSUPPORTED_FUNCTION;
	return query->size < size ? SEC_E_BUFFER_TOO_SMALL : SEC_E_OK;
}

static bool attribute_is_certificate(uint32_t attribute)
{
	return attribute == SECPKG_ATTR_REMOTE_CERT_CONTEXT ||
	       attribute == SECPKG_ATTR_LOCAL_CERT_CONTEXT;
}

/* The marshalled block's place is taken by a context that CertFreeCertificateContext knows. */
static bool certificate_replace(PCCERT_CONTEXT *value)
{
	PCCERT_CONTEXT block = *value;
	if (!block)
		return true;
	*value = certificate_new_take(rd_of(block->pbCertEncoded, block->cbCertEncoded),
				      block->cbCertEncoded, NULL);
	block_free((void *)(uintptr_t)block);
	return *value != NULL;
}

NTSTATUS attribute_deliver(const struct attribute_query *query, struct rd value)
{
	_Alignas(max_align_t) uint8_t filled[ATTRIBUTE_SIZE_MAX];
	size_t size = attribute_size(query->attribute);

	NTSTATUS status = attribute_unmarshal(query->attribute, value, query->ansi, filled);
	if (failed(status))
		return status;
	if (attribute_is_certificate(query->attribute) &&
	    !certificate_replace((PCCERT_CONTEXT *)(void *)filled))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a certificate context");
	memcpy(query->buffer, filled, size);
	mem_wipe(filled, size);
	return STATUS_SUCCESS;
}
