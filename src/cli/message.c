/* cli/message.c - messages after the handshake, and what the context says about itself.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Stream packages (TLS) take header, data and trailer around the message; the others a signature.
 */
#include <schannel.h>
#include <credssp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exchange.h"
#include "cli/sha256.h"

/* How much room the package wants before and behind the data. */
struct margins {
	bool stream;
	ULONG before, behind;
};

static SECURITY_STATUS margins_of(struct exchange *x, struct margins *out)
{
	SecPkgContext_StreamSizes stream;
	SecPkgContext_Sizes sizes;

	SECURITY_STATUS status =
		QueryContextAttributesA(&x->context, SECPKG_ATTR_STREAM_SIZES, &stream);
	if (status == SEC_E_OK) {
		*out = (struct margins){ true, stream.cbHeader, stream.cbTrailer };
		return SEC_E_OK;
	}
	status = QueryContextAttributesA(&x->context, SECPKG_ATTR_SIZES, &sizes);
	*out = (struct margins){ false, sizes.cbSecurityTrailer, 0 };
	return status;
}

SECURITY_STATUS exchange_seal(struct exchange *x, const void *p, size_t n, struct bytes *out,
			      size_t *edge)
{
	struct bytes CLEANUP(bytes_done) whole = { 0 };
	struct margins m;

	SECURITY_STATUS status = margins_of(x, &m);
	if (status != SEC_E_OK)
		return status;
	if (n > MESSAGE_MAX || !bytes_reserve(&whole, m.before + n + m.behind))
		return SEC_E_INSUFFICIENT_MEMORY;
	whole.len = m.before + n + m.behind;
	memset(whole.p, 0, whole.len);
	memcpy(whole.p + m.before, p, n);

	SecBuffer parts[] = {
		{ m.before, m.stream ? SECBUFFER_STREAM_HEADER : SECBUFFER_TOKEN, whole.p },
		{ (ULONG)n, SECBUFFER_DATA, whole.p + m.before },
		{ m.behind, SECBUFFER_STREAM_TRAILER, whole.p + m.before + n },
		{ 0, SECBUFFER_EMPTY, NULL },
	};
	SecBufferDesc message = { SECBUFFER_VERSION, m.stream ? 4 : 2, parts };
	status = EncryptMessage(&x->context, 0, &message, 0);
	if (status != SEC_E_OK)
		return status;

	/* A package may use less than the room it asked for. */
	for (ULONG i = 0; i < message.cBuffers; i++)
		if (parts[i].BufferType != SECBUFFER_EMPTY &&
		    !bytes_append(out, parts[i].pvBuffer, parts[i].cbBuffer))
			return SEC_E_INSUFFICIENT_MEMORY;
	*edge = parts[m.stream ? 2 : 0].cbBuffer;
	return SEC_E_OK;
}

SECURITY_STATUS exchange_say(struct exchange *x, const void *p, size_t n, enum link_result *result)
{
	struct bytes CLEANUP(bytes_done) sealed = { 0 };
	size_t edge;

	*result = LINK_OK;
	SECURITY_STATUS status = exchange_seal(x, p, n, &sealed, &edge);
	if (status == SEC_E_OK)
		*result = link_send(x->link, sealed.p, sealed.len);
	return status;
}

static SECURITY_STATUS open_stream(struct exchange *x, struct bytes *out)
{
	SecBuffer parts[4] = { { (ULONG)x->in.len, SECBUFFER_DATA, x->in.p } };
	SecBufferDesc message = { SECBUFFER_VERSION, 4, parts };
	size_t extra = 0;
	bool kept = true;

	SECURITY_STATUS status = DecryptMessage(&x->context, &message, 0, NULL);
	if (status == SEC_E_INCOMPLETE_MESSAGE || status < 0)
		return status;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].BufferType == SECBUFFER_DATA && status == SEC_E_OK)
			kept = kept && bytes_append(out, parts[i].pvBuffer, parts[i].cbBuffer);
		else if (parts[i].BufferType == SECBUFFER_EXTRA && parts[i].cbBuffer <= x->in.len)
			extra = parts[i].cbBuffer;
	}
	bytes_drop(&x->in, x->in.len - extra);
	return kept ? status : SEC_E_INSUFFICIENT_MEMORY;
}

static SECURITY_STATUS open_signed(struct exchange *x, const struct margins *m, struct bytes *out)
{
	if (x->in.len < m->before)
		return SEC_E_INVALID_TOKEN;
	SecBuffer parts[] = {
		{ m->before, SECBUFFER_TOKEN, x->in.p },
		{ (ULONG)(x->in.len - m->before), SECBUFFER_DATA, x->in.p + m->before },
	};
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	SECURITY_STATUS status = DecryptMessage(&x->context, &message, 0, NULL);
	if (status == SEC_E_OK && !bytes_append(out, parts[1].pvBuffer, parts[1].cbBuffer))
		status = SEC_E_INSUFFICIENT_MEMORY;
	bytes_drop(&x->in, x->in.len);
	return status;
}

SECURITY_STATUS exchange_hear(struct exchange *x, struct bytes *out, enum link_result *result)
{
	struct margins m;

	*result = LINK_OK;
	SECURITY_STATUS status = margins_of(x, &m);
	if (status != SEC_E_OK)
		return status;

	/* Records without content (session tickets, say) are passed over. */
	for (;;) {
		status = SEC_E_INCOMPLETE_MESSAGE;
		if (x->in.len)
			status = m.stream ? open_stream(x, out) : open_signed(x, &m, out);
		if (status != SEC_E_INCOMPLETE_MESSAGE && (status != SEC_E_OK || out->len))
			return status;
		if (status == SEC_E_OK && x->in.len)
			continue;
		if (x->in.len > LINK_FRAME_MAX)
			return SEC_E_INVALID_TOKEN;
		*result = link_receive(x->link, &x->in);
		if (*result != LINK_OK)
			return SEC_E_INCOMPLETE_MESSAGE;
	}
}

SECURITY_STATUS exchange_open(struct exchange *x, const void *p, size_t n, struct bytes *out)
{
	SECURITY_STATUS status;
	struct margins m;

	status = margins_of(x, &m);
	if (status != SEC_E_OK)
		return status;
	if (!bytes_append(&x->in, p, n))
		return SEC_E_INSUFFICIENT_MEMORY;
	do
		status = m.stream ? open_stream(x, out) : open_signed(x, &m, out);
	while (status == SEC_E_OK && x->in.len);
	return status;
}

static const char *protocol_name(ULONG protocol)
{
	if (protocol & (SP_PROT_TLS1_3_CLIENT | SP_PROT_TLS1_3_SERVER))
		return "TLS 1.3";
	if (protocol & (SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_2_SERVER))
		return "TLS 1.2";
	return "TLS before 1.2";
}

bool exchange_tls(struct exchange *x, char protocol[16], char cipher[64])
{
	SecPkgContext_ConnectionInfo connection;
	SecPkgContext_CipherInfo info = { .dwVersion = SECPKGCONTEXT_CIPHERINFO_V1 };
	size_t n = 0;

	if (!x->has_context || QueryContextAttributesA(&x->context, SECPKG_ATTR_CONNECTION_INFO,
						       &connection) != SEC_E_OK)
		return false;
	snprintf(protocol, 16, "%s", protocol_name(connection.dwProtocol));
	if (QueryContextAttributesA(&x->context, SECPKG_ATTR_CIPHER_INFO, &info) == SEC_E_OK)
		for (; n < 63 && info.szCipherSuite[n]; n++)
			cipher[n] = info.szCipherSuite[n] < 0x7F ? (char)info.szCipherSuite[n]
								 : '?';
	cipher[n] = '\0';
	return true;
}

bool exchange_fingerprint(struct exchange *x, char out[96])
{
	PCCERT_CONTEXT certificate = NULL;

	if (!x->has_context ||
	    QueryContextAttributesA(&x->context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate) !=
		    SEC_E_OK ||
	    !certificate)
		return false;
	sha256_fingerprint(certificate->pbCertEncoded, certificate->cbCertEncoded, out);
	CertFreeCertificateContext(certificate);
	return true;
}

bool exchange_mechanism(struct exchange *x, char out[64])
{
	SecPkgContext_PackageInfoA info = { NULL };

	if (QueryContextAttributesA(&x->context, SECPKG_ATTR_NEGOTIATION_PACKAGE, &info) !=
		    SEC_E_OK &&
	    QueryContextAttributesA(&x->context, SECPKG_ATTR_PACKAGE_INFO, &info) != SEC_E_OK)
		return false;
	snprintf(out, 64, "%s", info.PackageInfo ? info.PackageInfo->Name : "");
	if (info.PackageInfo)
		FreeContextBuffer(info.PackageInfo);
	return true;
}

bool exchange_better(struct exchange *x, char out[REASON_MAX])
{
	OPENSSPI_NEGOTIATION_REASON reason = { NULL };

	out[0] = '\0';
	if (QueryContextAttributesA(&x->context, OPENSSPI_ATTR_NEGOTIATION_REASON, &reason) !=
	    SEC_E_OK)
		return false;
	snprintf(out, REASON_MAX, "%s", reason.Text ? reason.Text : "");
	if (reason.Text)
		FreeContextBuffer(reason.Text);
	return out[0] != '\0';
}

bool exchange_endpoint(struct exchange *x, SecPkgContext_Bindings *out)
{
	return QueryContextAttributesA(&x->context, SECPKG_ATTR_ENDPOINT_BINDINGS, out) == SEC_E_OK;
}
