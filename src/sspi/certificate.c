/* sspi/certificate.c - certificate contexts: made from PEM, counted, released.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A context made here has our mark for its store handle, so that a CERT_CONTEXT of other making is
 * told apart before anything behind it is touched. */
#include "base/base.h"

#include <opensspi.h>
#include <stdatomic.h>

#include "crypto/base64.h"
#include "sspi/certificate.h"
#include "sspi/pem.h"
#include "wire/der.h"

struct certificate {
	CERT_CONTEXT context; /* first: callers hold its address */
	atomic_uint references;
	struct secret *key;
	size_t chain_n;
	uint8_t chain[];
};

static char our_mark;

static struct certificate *certificate_of(PCCERT_CONTEXT context)
{
	if (!context || context->hCertStore != (HCERTSTORE)(void *)&our_mark)
		return NULL;
	return (struct certificate *)(uintptr_t)context;
}

PCCERT_CONTEXT certificate_new_take(struct rd chain, size_t first, struct secret *key)
{
	struct certificate *c = mem_alloc(sizeof(*c) + chain.n);
	if (!c)
		return NULL;
	memcpy(c->chain, chain.p, chain.n);
	c->chain_n = chain.n;
	c->key = key;
	c->context.dwCertEncodingType = X509_ASN_ENCODING;
	c->context.pbCertEncoded = c->chain;
	c->context.cbCertEncoded = (DWORD)first;
	c->context.hCertStore = (HCERTSTORE)(void *)&our_mark;
	atomic_init(&c->references, 1);
	return &c->context;
}

bool certificate_parts(PCCERT_CONTEXT context, struct rd *chain, struct rd *key)
{
	const struct certificate *c = certificate_of(context);
	if (!c)
		return false;
	*chain = rd_of(c->chain, c->chain_n);
	*key = c->key ? rd_of(c->key->p, c->key->len) : rd_of(NULL, 0);
	return true;
}

PCCERT_CONTEXT WINAPI CertDuplicateCertificateContext(PCCERT_CONTEXT context)
{
	struct certificate *c = certificate_of(context);
	if (c)
		atomic_fetch_add(&c->references, 1);
	return context;
}

BOOL WINAPI CertFreeCertificateContext(PCCERT_CONTEXT context)
{
	struct certificate *c = certificate_of(context);
	if (!c || atomic_fetch_sub(&c->references, 1) != 1)
		return TRUE;
	secret_free(c->key);
	mem_free_wiped(c, sizeof(*c) + c->chain_n);
	return TRUE;
}

/* ---- from files ---- */

static bool label_is(const struct pem_block *block, const char *label)
{
	return block->label.n == strlen(label) &&
	       memcmp(block->label.p, label, block->label.n) == 0;
}

static bool label_is_key(const struct pem_block *block)
{
	return label_is(block, "PRIVATE KEY") || label_is(block, "RSA PRIVATE KEY") ||
	       label_is(block, "EC PRIVATE KEY");
}

/* One DER element and nothing else. */
static bool is_der(struct rd r)
{
	struct rd contents;
	return der_take(&r, DER_SEQUENCE, &contents) && rd_empty(r);
}

/* Decodes a block; SEC_E_NO_CREDENTIALS when it is not base64 of DER. */
static SECURITY_STATUS block_decode(const struct pem_block *block, struct secret **out)
{
	size_t n;
	CLEANUP(secret_free_p) struct secret *room = secret_new(block->body.n / 4 * 3 + 3);
	if (!room)
		return SEC_E_INSUFFICIENT_MEMORY;
	if (!base64_read(room->p, &n, (const char *)block->body.p, block->body.n) ||
	    !is_der(rd_of(room->p, n)))
		return SEC_E_NO_CREDENTIALS;
	*out = secret_copy(room->p, n);
	return *out ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* Appends every certificate of the file's text to `chain`; *first is the size of the first. */
static SECURITY_STATUS chain_read(struct rd text, struct wr *chain, size_t *first)
{
	struct pem_block block;

	*first = 0;
	while (pem_next(&text, &block)) {
		if (!label_is(&block, "CERTIFICATE"))
			continue;
		CLEANUP(secret_free_p) struct secret *der = NULL;
		SECURITY_STATUS status = block_decode(&block, &der);
		if (status != SEC_E_OK)
			return status;
		wr_bytes(chain, der->p, der->len);
		*first = *first ? *first : der->len;
	}
	if (!wr_ok(chain))
		return SEC_E_INSUFFICIENT_MEMORY;
	return *first ? SEC_E_OK : SEC_E_NO_CREDENTIALS;
}

static SECURITY_STATUS key_read(struct rd text, struct secret **key)
{
	struct pem_block block;

	while (pem_next(&text, &block))
		if (label_is_key(&block))
			return block_decode(&block, key);
	return SEC_E_NO_CREDENTIALS;
}

SECURITY_STATUS SEC_ENTRY OpensspiCertificateFromPem(const char *certificate_file,
						     const char *key_file, PCCERT_CONTEXT *context)
{
	CLEANUP(secret_free_p) struct secret *file = NULL, *other = NULL, *key = NULL;
	CLEANUP(wr_done) struct wr chain = WR(SECRET_MAX);
	size_t first;

	if (!certificate_file || !context)
		return SEC_E_INVALID_PARAMETER;
	file = pem_read_file(certificate_file);
	other = key_file ? pem_read_file(key_file) : NULL;
	const struct secret *keys = key_file ? other : file;
	if (!file || !keys)
		return fail(SEC_E_NO_CREDENTIALS, "reading a certificate or key file");
	SECURITY_STATUS status = chain_read(rd_of(file->p, file->len), &chain, &first);
	if (status == SEC_E_OK)
		status = key_read(rd_of(keys->p, keys->len), &key);
	if (status != SEC_E_OK)
		return fail(status, "decoding a certificate or key file");
	PCCERT_CONTEXT made = certificate_new_take(wr_view(&chain), first, key);
	if (!made)
		return SEC_E_INSUFFICIENT_MEMORY;
	key = NULL;
	*context = made;
	return SEC_E_OK;
}
