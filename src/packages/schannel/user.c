/* packages/schannel/user.c - EncryptMessage and DecryptMessage.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/keeper.h"
#include "packages/schannel/lsa.h"
#include "packages/schannel/schannel.h"

static struct keeper mapped = KEEPER_INIT;

NTSTATUS NTAPI schannel_instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions,
				      PVOID *user_functions)
{
	return keeper_open(&mapped);
}

static NTSTATUS map_number(const uint8_t *bytes, size_t n, void **out)
{
	uint64_t number;

	if (bytes && n == sizeof(number)) {
		memcpy(&number, bytes, sizeof(number));
		*out = schannel_context(number);
	}
	return *out ? STATUS_SUCCESS : fail(SEC_E_INVALID_HANDLE, "mapping a TLS context");
}

NTSTATUS NTAPI schannel_map_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	return keeper_map(&mapped, handle, packed, map_number);
}

NTSTATUS NTAPI schannel_unmap_context(LSA_SEC_HANDLE handle)
{
	return keeper_delete(&mapped, handle);
}

NTSTATUS NTAPI schannel_make_signature(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
				       ULONG sequence)
{
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "MakeSignature with TLS");
}

NTSTATUS NTAPI schannel_verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					 ULONG sequence, PULONG qop)
{
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "VerifySignature with TLS");
}

static bool message_is_sound(const SecBufferDesc *message)
{
	return message && message->ulVersion == SECBUFFER_VERSION &&
	       (message->pBuffers || message->cBuffers == 0);
}

static NTSTATUS seal(struct context *c, PSecBufferDesc message)
{
	SecBuffer *header = buffer_find(message, SECBUFFER_STREAM_HEADER, 0);
	SecBuffer *data = buffer_find(message, SECBUFFER_DATA, 0);
	SecBuffer *trailer = buffer_find(message, SECBUFFER_STREAM_TRAILER, 0);
	const struct tls_info *info = &c->info;

	if (!header || !data || !trailer || (data->cbBuffer && !data->pvBuffer) ||
	    (data->BufferType & SECBUFFER_READONLY) || data->cbBuffer > info->data_max)
		return fail(SEC_E_INVALID_TOKEN, "the buffers of EncryptMessage");
	if (header->cbBuffer < info->header || !header->pvBuffer ||
	    trailer->cbBuffer < info->trailer || !trailer->pvBuffer)
		return fail(SEC_E_BUFFER_TOO_SMALL, "header and trailer of EncryptMessage");
	if (data->cbBuffer == 0) { /* nothing to send is no record */
		header->cbBuffer = trailer->cbBuffer = 0;
		return SEC_E_OK;
	}
	struct tls_span parts[3] = { { header->pvBuffer, info->header },
				     { data->pvBuffer, data->cbBuffer },
				     { trailer->pvBuffer, info->trailer } };
	NTSTATUS status = schannel_context_encrypt(c, rd_of(data->pvBuffer, data->cbBuffer), parts);
	if (failed(status))
		return status;
	header->cbBuffer = info->header;
	trailer->cbBuffer = info->trailer;
	return SEC_E_OK;
}

NTSTATUS NTAPI schannel_seal(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message,
			     ULONG sequence)
{
	if (qop != 0)
		return fail(SEC_E_QOP_NOT_SUPPORTED, "EncryptMessage's quality of protection");
	if (!message_is_sound(message))
		return fail(SEC_E_INVALID_TOKEN, "the buffers of EncryptMessage");
	CLEANUP(schannel_context_unref_p) struct context *c = keeper_find(&mapped, handle);
	return c ? seal(c, message) : fail(SEC_E_INVALID_HANDLE, "EncryptMessage");
}

static void set_buffer(SecBuffer *b, ULONG type, uint8_t *p, size_t n)
{
	*b = (SecBuffer){ .cbBuffer = (ULONG)n, .BufferType = type, .pvBuffer = p };
}

static NTSTATUS unseal(struct context *c, PSecBufferDesc message)
{
	SecBuffer *first = buffer_find(message, SECBUFFER_DATA, 0), *empty[3];
	struct tls_record r;
	size_t skipped;

	for (ULONG i = 0; i < 3; i++)
		empty[i] = buffer_find(message, SECBUFFER_EMPTY, i);
	if (!first || (first->cbBuffer && !first->pvBuffer) || !empty[2] ||
	    (first->BufferType & SECBUFFER_READONLY))
		return fail(SEC_E_INVALID_TOKEN, "the buffers of DecryptMessage");
	uint8_t *p = first->pvBuffer;
	size_t n = first->cbBuffer;
	NTSTATUS status = schannel_context_decrypt(c, (struct tls_span){ p, n }, &r, &skipped);
	if (status == SEC_E_INCOMPLETE_MESSAGE) {
		/* both places are where callers look; the bytes are as they were */
		set_buffer(empty[0], SECBUFFER_MISSING, NULL, r.missing);
		set_buffer(first, SECBUFFER_MISSING, p, r.missing);
		return status;
	}
	if (failed(status))
		return status;
	p += skipped;
	size_t rest = n - skipped - r.used, body = r.used - r.header;
	set_buffer(first, SECBUFFER_STREAM_HEADER, p, r.header);
	set_buffer(empty[0], SECBUFFER_DATA, p + r.header, r.data);
	set_buffer(empty[1], SECBUFFER_STREAM_TRAILER, p + r.header + r.data, body - r.data);
	if (rest)
		set_buffer(empty[2], SECBUFFER_EXTRA, p + r.used, rest);
	return status;
}

NTSTATUS NTAPI schannel_unseal(LSA_SEC_HANDLE handle, PSecBufferDesc message, ULONG sequence,
			       PULONG qop)
{
	if (!message_is_sound(message))
		return fail(SEC_E_INVALID_TOKEN, "the buffers of DecryptMessage");
	CLEANUP(schannel_context_unref_p) struct context *c = keeper_find(&mapped, handle);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "DecryptMessage");
	NTSTATUS status = unseal(c, message);
	if (qop && !failed(status))
		*qop = 0;
	return status;
}

NTSTATUS NTAPI schannel_query_mapped(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	CLEANUP(schannel_context_unref_p) struct context *c = keeper_find(&mapped, handle);
	return c ? schannel_context_query(c, attribute, buffer)
		 : fail(SEC_E_INVALID_HANDLE, "QueryContextAttributes");
}
