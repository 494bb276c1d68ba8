/* tls/identity.c - a server's own certificate: made, written as PEM, read again.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "tls/internal.h"

#define DAYS 3650
#define DAY (24 * 60 * 60)
#define NAME_MAX_LEN 64 /* of a common name, RFC 5280 */
#define CHAIN_MAX 16

void identity_done(struct tls_identity *id)
{
	mem_free(id->certificates.p);
	secret_free(id->key);
	*id = (struct tls_identity){ 0 };
}

static bool key_to_secret(EVP_PKEY *key, struct secret **out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
	struct secret *s = len > 0 ? secret_new((size_t)len) : NULL;
	uint8_t *at = s ? s->p : NULL;
	bool done = s && i2d_PKCS8_PRIV_KEY_INFO(info, &at) == len;

	PKCS8_PRIV_KEY_INFO_free(info);
	if (!done) {
		secret_free(s);
		return false;
	}
	*out = s;
	return true;
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool added = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return added;
}

static bool add_host(X509 *x, const char *host)
{
	char alternative[300];
	size_t len = strlen(host);
	X509_NAME *name = X509_get_subject_name(x);
	bool plain = len &&
		     strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-_:") == len &&
		     len < 256;

	if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)host,
				       len > NAME_MAX_LEN ? NAME_MAX_LEN : (int)len, -1, 0) != 1 ||
	    X509_set_issuer_name(x, name) != 1)
		return false;
	if (!plain)
		return true;
	snprintf(alternative, sizeof(alternative), "%s:%s", host_is_address(host) ? "IP" : "DNS",
		 host);
	return add_extension(x, NID_subject_alt_name, alternative);
}

static bool add_serial(X509 *x)
{
	BIGNUM *number = BN_new();
	bool added = number && BN_rand(number, 126, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		     BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
	BN_free(number);
	return added;
}

static X509 *self_signed(EVP_PKEY *key, const char *host)
{
	X509 *x = X509_new();
	bool made = x && X509_set_version(x, X509_VERSION_3) == 1 && add_serial(x) &&
		    X509_gmtime_adj(X509_getm_notBefore(x), -DAY) &&
		    X509_time_adj_ex(X509_getm_notAfter(x), DAYS, 0, NULL) &&
		    X509_set_pubkey(x, key) == 1 && add_host(x, *host ? host : "localhost") &&
		    add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
		    add_extension(x, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
		    add_extension(x, NID_ext_key_usage, "serverAuth") &&
		    X509_sign(x, key, EVP_sha256()) > 0;
	if (made)
		return x;
	X509_free(x);
	return NULL;
}

NTSTATUS identity_new(const char *host, struct tls_identity *out)
{
	*out = (struct tls_identity){ 0 };
	ERR_clear_error();
	/* RSA: the one kind that every RDP client takes */
	CLEANUP(pkey_free_p) EVP_PKEY *key = EVP_RSA_gen(2048);
	CLEANUP(x509_free_p) X509 *x = key ? self_signed(key, host) : NULL;
	if (!x)
		return ssl_fail(SEC_E_INTERNAL_ERROR, "making a certificate");
	if (!x509_to_der(x, &out->certificates) || !key_to_secret(key, &out->key)) {
		identity_done(out);
		return ssl_fail(SEC_E_INSUFFICIENT_MEMORY, "making a certificate");
	}
	out->not_after = x509_not_after(x);
	return SEC_E_OK;
}

/* What a memory BIO in secure hands holds, as a secret; the BIO's copy is wiped. */
static NTSTATUS bio_to_secret(BIO *bio, struct secret **out)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(bio, &bytes);
	struct secret *s = len > 0 ? secret_new((size_t)len) : NULL;

	if (s)
		memcpy(s->p, bytes, s->len);
	if (len > 0)
		OPENSSL_cleanse(bytes, (size_t)len);
	*out = s;
	return s ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "writing a certificate");
}

NTSTATUS identity_write(const struct tls_identity *id, struct secret **out)
{
	struct rd der = rd_of(id->certificates.p, id->certificates.n);
	const uint8_t *at = id->key->p;
	CLEANUP(pkey_free_p) EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)id->key->len);
	CLEANUP(bio_free_p) BIO *bio = BIO_new(BIO_s_secmem());

	if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return ssl_fail(SEC_E_INTERNAL_ERROR, "writing a key");
	while (der.n) {
		const uint8_t *p = der.p;
		CLEANUP(x509_free_p) X509 *x = d2i_X509(NULL, &p, (long)der.n);
		if (!x || PEM_write_bio_X509(bio, x) != 1 || !rd_skip(&der, (size_t)(p - der.p)))
			return ssl_fail(SEC_E_INTERNAL_ERROR, "writing a certificate");
	}
	return bio_to_secret(bio, out);
}

/* No password is asked for: an encrypted key is an unreadable one. */
static int no_password(char *buffer, int room, int writing, void *unused)
{
	(void)buffer;
	(void)room;
	(void)writing;
	(void)unused;
	return -1;
}

static bool append_certificate(struct tls_span *all, X509 *x)
{
	struct tls_span one = { 0 };
	if (!x509_to_der(x, &one))
		return false;
	uint8_t *grown = mem_alloc(all->n + one.n);
	if (grown) {
		if (all->n)
			memcpy(grown, all->p, all->n);
		memcpy(grown + all->n, one.p, one.n);
		mem_free(all->p);
		*all = (struct tls_span){ .p = grown, .n = all->n + one.n };
	}
	mem_free(one.p);
	return grown != NULL;
}

static NTSTATUS read_chain(struct rd pem, struct tls_identity *out)
{
	CLEANUP(bio_free_p) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);

	for (size_t i = 0; bio && i < CHAIN_MAX; i++) {
		CLEANUP(x509_free_p) X509 *x = PEM_read_bio_X509(bio, NULL, no_password, NULL);
		if (!x)
			break;
		if (!append_certificate(&out->certificates, x))
			return fail(SEC_E_INSUFFICIENT_MEMORY, "reading a certificate");
		if (i == 0)
			out->not_after = x509_not_after(x);
	}
	if (!out->certificates.n)
		return ssl_fail(SEC_E_NO_CREDENTIALS, "reading a certificate");
	/* the end of the input is where the search for a next one ends */
	unsigned long last = ERR_peek_last_error();
	if (last && ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
		return ssl_fail(SEC_E_NO_CREDENTIALS, "reading a certificate");
	ERR_clear_error();
	return SEC_E_OK;
}

NTSTATUS identity_read(struct rd pem, struct tls_identity *out)
{
	*out = (struct tls_identity){ 0 };
	if (pem.n > INT_MAX)
		return fail(SEC_E_NO_CREDENTIALS, "reading a certificate");
	ERR_clear_error();
	NTSTATUS status = read_chain(pem, out);
	CLEANUP(bio_free_p) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	CLEANUP(pkey_free_p)
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	if (!failed(status) && !key)
		status = ssl_fail(SEC_E_NO_CREDENTIALS, "reading a private key");
	else if (!failed(status) && !key_to_secret(key, &out->key))
		status = ssl_fail(SEC_E_INSUFFICIENT_MEMORY, "reading a private key");
	ERR_clear_error();
	if (failed(status))
		identity_done(out);
	return status;
}
