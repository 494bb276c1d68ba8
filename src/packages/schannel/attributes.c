/* packages/schannel/attributes.c - QueryContextAttributes: one function a structure.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <schannel.h>
#include <wincrypt.h>
#include <credssp.h>

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "packages/schannel/context.h"
#include "packages/schannel/schannel.h"

static NTSTATUS query_stream_sizes(struct context *c, void *buffer)
{
	*(SecPkgContext_StreamSizes *)buffer =
		(SecPkgContext_StreamSizes){ .cbHeader = c->info.header,
					     .cbTrailer = c->info.trailer,
					     .cbMaximumMessage = c->info.data_max,
					     .cBuffers = 4,
					     .cbBlockSize = 1 };
	return SEC_E_OK;
}

static NTSTATUS query_lifespan(struct context *c, void *buffer)
{
	int64_t end = c->credential->tls->peer_not_after(c->tls);
	SecPkgContext_Lifespan *out = buffer;

	*out = (SecPkgContext_Lifespan){ 0 };
	out->tsExpiry.QuadPart =
		end == INT64_MAX ? CLOCK_NEVER : clock_to_local(clock_from_unix((time_t)end));
	return SEC_E_OK;
}

static NTSTATUS query_flags(struct context *c, void *buffer)
{
	((SecPkgContext_Flags *)buffer)->Flags = c->flags;
	return SEC_E_OK;
}

/* SecPkgInfoW and its texts as one block. */
static SecPkgInfoW *info_block(void)
{
	static const WCHAR comment[] = OPENSSPI_WIDE("Schannel Security Package");
	static const WCHAR name[] = UNISP_NAME_W;
	SecPkgInfoW *info = block_alloc(sizeof(*info) + sizeof(name) + sizeof(comment));

	if (!info)
		return NULL;
	*info = (SecPkgInfoW){ .fCapabilities = SCHANNEL_CAPABILITIES,
			       .wVersion = 1,
			       .wRPCID = SCHANNEL_RPC_ID,
			       .cbMaxToken = SCHANNEL_MAX_TOKEN,
			       .Name = (SEC_WCHAR *)(info + 1) };
	info->Comment = info->Name + ARRAY_LEN(name);
	memcpy(info->Name, name, sizeof(name));
	memcpy(info->Comment, comment, sizeof(comment));
	return info;
}

static NTSTATUS query_package_info(struct context *c, void *buffer)
{
	SecPkgInfoW *info = info_block();
	if (!info)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a package's description");
	((SecPkgContext_PackageInfoW *)buffer)->PackageInfo = info;
	return SEC_E_OK;
}

static NTSTATUS query_negotiation(struct context *c, void *buffer)
{
	SecPkgInfoW *info = info_block();
	if (!info)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a package's description");
	*(SecPkgContext_NegotiationInfoW *)buffer = (SecPkgContext_NegotiationInfoW){
		.PackageInfo = info, .NegotiationState = SECPKG_NEGOTIATION_COMPLETE
	};
	return SEC_E_OK;
}

/* A CERT_CONTEXT with its DER behind it in one block. */
static NTSTATUS give_certificate(struct rd der, void *buffer)
{
	CERT_CONTEXT *context = block_alloc(sizeof(*context) + der.n);
	if (!context)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a certificate");
	context->dwCertEncodingType = X509_ASN_ENCODING;
	context->pbCertEncoded = (BYTE *)(context + 1);
	context->cbCertEncoded = (DWORD)der.n;
	memcpy(context->pbCertEncoded, der.p, der.n);
	*(PCCERT_CONTEXT *)buffer = context;
	return SEC_E_OK;
}

static NTSTATUS query_remote_certificate(struct context *c, void *buffer)
{
	struct tls_span der = { 0 };
	NTSTATUS status = c->credential->tls->peer_certificate(c->tls, &der);
	if (failed(status))
		return status;
	status = give_certificate(rd_of(der.p, der.n), buffer);
	mem_free(der.p);
	return status;
}

static NTSTATUS query_local_certificate(struct context *c, void *buffer)
{
	struct tls_config *config = c->server ? c->credential->server : c->credential->client;
	struct rd der = c->credential->tls->config_certificate(config);
	if (rd_empty(der))
		return fail(SEC_E_NO_CREDENTIALS, "the certificate of a side without one");
	return give_certificate(der, buffer);
}

static DWORD protocol_of(const struct context *c)
{
	if (c->info.version == TLS_1_3)
		return c->server ? SP_PROT_TLS1_3_SERVER : SP_PROT_TLS1_3_CLIENT;
	return c->server ? SP_PROT_TLS1_2_SERVER : SP_PROT_TLS1_2_CLIENT;
}

static NTSTATUS query_connection(struct context *c, void *buffer)
{
	const struct tls_info *i = &c->info;
	ALG_ID aes = i->cipher_bits == 128 ? CALG_AES_128 : CALG_AES_256;

	*(SecPkgContext_ConnectionInfo *)buffer = (SecPkgContext_ConnectionInfo){
		.dwProtocol = protocol_of(c),
		.aiCipher = i->chacha ? 0 : aes, /* Windows has no number for ChaCha20 */
		.dwCipherStrength = i->cipher_bits,
		.aiHash = i->hash_bits == 384 ? CALG_SHA_384 : CALG_SHA_256,
		.dwHashStrength = i->hash_bits,
		.aiExch = CALG_ECDH_EPHEM,
		.dwExchStrength = i->exchange_bits,
	};
	return SEC_E_OK;
}

static void put_text(WCHAR out[SZ_ALG_MAX_SIZE], const char *text)
{
	size_t n = text ? strlen(text) : 0;
	for (size_t i = 0; i < n && i < SZ_ALG_MAX_SIZE - 1; i++)
		out[i] = (WCHAR)(uint8_t)text[i];
}

static NTSTATUS query_cipher(struct context *c, void *buffer)
{
	const struct tls_info *i = &c->info;
	SecPkgContext_CipherInfo *out = buffer;

	*out = (SecPkgContext_CipherInfo){
		.dwVersion = 1,
		.dwProtocol = i->version,
		.dwCipherSuite = i->suite,
		.dwBaseCipherSuite = i->suite,
		.dwCipherLen = i->cipher_bits,
		.dwCipherBlockLen = i->chacha ? 1 : 16,
		.dwMinExchangeLen = i->exchange_bits,
		.dwMaxExchangeLen = i->exchange_bits,
	};
	put_text(out->szCipherSuite, i->suite_name);
	put_text(out->szCipher, i->chacha ? "CHACHA20_POLY1305" : "AES");
	put_text(out->szExchange, "ECDHE");
	put_text(out->szCertificate, i->peer_rsa ? "RSA" : "ECDSA");
	return SEC_E_OK;
}

static NTSTATUS give_binding(const char *prefix, const uint8_t *bytes, size_t n, void *buffer)
{
	size_t prefix_len = strlen(prefix), all = sizeof(SEC_CHANNEL_BINDINGS) + prefix_len + n;
	SEC_CHANNEL_BINDINGS *b = block_alloc(all);
	if (!b)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "channel bindings");
	b->cbApplicationDataLength = (ULONG)(prefix_len + n);
	b->dwApplicationDataOffset = sizeof(*b);
	memcpy((uint8_t *)(b + 1), prefix, prefix_len);
	memcpy((uint8_t *)(b + 1) + prefix_len, bytes, n);
	*(SecPkgContext_Bindings *)buffer =
		(SecPkgContext_Bindings){ .BindingsLength = (ULONG)all, .Bindings = b };
	return SEC_E_OK;
}

static NTSTATUS query_endpoint_binding(struct context *c, void *buffer)
{
	uint8_t hash[64];
	size_t n = 0;
	NTSTATUS status = c->credential->tls->endpoint_binding(c->tls, hash, &n);
	return failed(status) ? status : give_binding("tls-server-end-point:", hash, n, buffer);
}

static NTSTATUS query_unique_binding(struct context *c, void *buffer)
{
	uint8_t finished[64];
	size_t n = 0;
	NTSTATUS status = c->credential->tls->unique_binding(c->tls, finished, &n);
	return failed(status) ? status : give_binding("tls-unique:", finished, n, buffer);
}

/* A wrong name is a matter of policy on Windows and has no CERT_TRUST_ bit; here it makes the
 * certificate unfit for this use, so that 0 means trusted. */
static NTSTATUS query_trust(struct context *c, void *buffer)
{
	struct tls_trust trust;
	NTSTATUS status = c->credential->tls->trust(c->tls, c->host, &trust);
	if (failed(status))
		return status;
	if (!c->server && !trust.named)
		trust.errors |= CERT_TRUST_IS_NOT_VALID_FOR_USAGE;
	*(CERT_TRUST_STATUS *)buffer = (CERT_TRUST_STATUS){ .dwErrorStatus = trust.errors };
	return SEC_E_OK;
}

static const struct {
	uint32_t attribute;
	NTSTATUS (*query)(struct context *c, void *buffer);
	bool always; /* also before the handshake is complete */
} attributes[] = {
	{ SECPKG_ATTR_STREAM_SIZES, query_stream_sizes, false },
	{ SECPKG_ATTR_LIFESPAN, query_lifespan, false },
	{ SECPKG_ATTR_FLAGS, query_flags, false },
	{ SECPKG_ATTR_PACKAGE_INFO, query_package_info, true },
	{ SECPKG_ATTR_NEGOTIATION_INFO, query_negotiation, true },
	{ SECPKG_ATTR_REMOTE_CERT_CONTEXT, query_remote_certificate, false },
	{ SECPKG_ATTR_LOCAL_CERT_CONTEXT, query_local_certificate, false },
	{ SECPKG_ATTR_CONNECTION_INFO, query_connection, false },
	{ SECPKG_ATTR_CIPHER_INFO, query_cipher, false },
	{ SECPKG_ATTR_ENDPOINT_BINDINGS, query_endpoint_binding, false },
	{ SECPKG_ATTR_UNIQUE_BINDINGS, query_unique_binding, false },
	{ SECPKG_ATTR_CERT_TRUST_STATUS, query_trust, false },
};

NTSTATUS schannel_context_query(struct context *c, uint32_t attribute, void *buffer)
{
	for (size_t i = 0; buffer && i < ARRAY_LEN(attributes); i++) {
		if (attributes[i].attribute != attribute)
			continue;
		pthread_mutex_lock(&c->lock);
		NTSTATUS status = attributes[i].always || c->finished
					  ? attributes[i].query(c, buffer)
					  : fail(SEC_E_INVALID_HANDLE, "querying an unfinished context");
		pthread_mutex_unlock(&c->lock);
		return status;
	}
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "a context attribute of Schannel");
}
