/* tls/peer.c - who is at the other end, and what was agreed with it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <wincrypt.h>

#include "tls/internal.h"

static _Atomic(X509_STORE *) roots; /* once a file of roots has been read */

/* The system's roots with a reference for the caller (X509_STORE_free); NULL when memory is short. A
 * bundle that could not be read is looked for anew each time; the directory always is. */
static X509_STORE *roots_ref(void)
{
	X509_STORE *store = atomic_load(&roots), *first = NULL;

	if (!store) {
		store = X509_STORE_new();
		if (store && X509_STORE_set_default_paths(store) != 1) {
			X509_STORE_free(store);
			return NULL;
		}
		if (!store || sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) <= 0)
			return store;
		if (!atomic_compare_exchange_strong(&roots, &first, store)) {
			X509_STORE_free(store);
			store = first;
		}
	}
	X509_STORE_up_ref(store);
	return store;
}

static uint32_t trust_bits(int error)
{
	switch (error) {
	case X509_V_OK:
		return 0;
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return CERT_TRUST_IS_NOT_TIME_VALID;
	case X509_V_ERR_CERT_REVOKED:
		return CERT_TRUST_IS_REVOKED;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return CERT_TRUST_IS_NOT_SIGNATURE_VALID;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return CERT_TRUST_HAS_WEAK_SIGNATURE;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return CERT_TRUST_IS_UNTRUSTED_ROOT;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return CERT_TRUST_IS_PARTIAL_CHAIN;
	default:
		return CERT_TRUST_IS_NOT_VALID_FOR_USAGE;
	}
}

/* Notes what is wrong and lets the walk go on, so that all of it is known. */
static int note_error(int ok, X509_STORE_CTX *walk)
{
	struct tls_trust *trust = X509_STORE_CTX_get_app_data(walk);
	if (!ok)
		trust->errors |= trust_bits(X509_STORE_CTX_get_error(walk));
	return 1;
}

static bool names_host(X509 *leaf, const char *host)
{
	if (!host || !*host || *host == '.') /* which would stand for all names below */
		return false;
	if (host_is_address(host))
		return X509_check_ip_asc(leaf, host, 0) == 1;
	return X509_check_host(leaf, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static bool judge(const struct tls_connection *c, X509 *leaf, STACK_OF(X509) * chain,
		  struct tls_trust *out)
{
	*out = (struct tls_trust){ 0 };
	X509_STORE *store = roots_ref();
	X509_STORE_CTX *walk = X509_STORE_CTX_new();
	if (!store || !walk || X509_STORE_CTX_init(walk, store, leaf, chain) != 1) {
		X509_STORE_CTX_free(walk);
		X509_STORE_free(store);
		return false;
	}
	X509_STORE_CTX_set_default(walk, c->server ? "ssl_client" : "ssl_server");
	/* a walk of our own has no level unless it is told: short keys and MD5 would do */
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(walk),
					 SSL_get_security_level(c->ssl));
	X509_STORE_CTX_set_app_data(walk, out);
	X509_STORE_CTX_set_verify_cb(walk, note_error);
	bool walked = X509_verify_cert(walk) == 1;
	if (!walked && !out->errors)
		out->errors = trust_bits(X509_STORE_CTX_get_error(walk)) |
			      CERT_TRUST_IS_PARTIAL_CHAIN;
	X509_STORE_CTX_free(walk);
	X509_STORE_free(store);
	ERR_clear_error();
	return true;
}

static int refusal(const struct tls_trust *t)
{
	if (t->errors & CERT_TRUST_IS_REVOKED)
		return X509_V_ERR_CERT_REVOKED;
	if (t->errors & CERT_TRUST_IS_NOT_SIGNATURE_VALID)
		return X509_V_ERR_CERT_SIGNATURE_FAILURE;
	if (t->errors & CERT_TRUST_IS_UNTRUSTED_ROOT)
		return X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
	if (t->errors & CERT_TRUST_IS_PARTIAL_CHAIN)
		return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	if (t->errors & CERT_TRUST_IS_NOT_TIME_VALID)
		return X509_V_ERR_CERT_HAS_EXPIRED;
	if (t->errors)
		return X509_V_ERR_INVALID_PURPOSE;
	return t->named ? X509_V_OK : X509_V_ERR_HOSTNAME_MISMATCH;
}

int peer_check(X509_STORE_CTX *given, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(given, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_connection *c = ssl ? SSL_get_app_data(ssl) : NULL;
	X509 *leaf = X509_STORE_CTX_get0_cert(given);

	(void)unused;
	if (!c || !leaf)
		return 0;
	if (!c->check_chain)
		return 1;
	if (!judge(c, leaf, X509_STORE_CTX_get0_untrusted(given), &c->trust)) {
		X509_STORE_CTX_set_error(given, X509_V_ERR_OUT_OF_MEM);
		return 0;
	}
	c->judged = true;
	c->trust.named = c->server || !c->check_name || names_host(leaf, c->host);
	int error = refusal(&c->trust);
	X509_STORE_CTX_set_error(given, error);
	return error == X509_V_OK;
}

NTSTATUS peer_status(const struct tls_connection *c)
{
	uint32_t errors = c->trust.errors;

	if (errors & CERT_TRUST_IS_REVOKED)
		return (NTSTATUS)0x80092010; /* CRYPT_E_REVOKED */
	if (errors & (CERT_TRUST_IS_NOT_SIGNATURE_VALID | CERT_TRUST_HAS_WEAK_SIGNATURE))
		return SEC_E_CERT_UNKNOWN;
	if (errors & (CERT_TRUST_IS_UNTRUSTED_ROOT | CERT_TRUST_IS_PARTIAL_CHAIN))
		return SEC_E_UNTRUSTED_ROOT;
	if (errors & CERT_TRUST_IS_NOT_TIME_VALID)
		return SEC_E_CERT_EXPIRED;
	return errors ? SEC_E_CERT_WRONG_USAGE : SEC_E_WRONG_PRINCIPAL;
}

NTSTATUS peer_trust(const struct tls_connection *c, const char *host, struct tls_trust *out)
{
	X509 *leaf = SSL_get0_peer_certificate(c->ssl);

	if (!leaf)
		return fail(SEC_E_NO_CREDENTIALS, "judging a peer without certificate");
	if (!judge(c, leaf, SSL_get_peer_cert_chain(c->ssl), out))
		return ssl_fail(SEC_E_INSUFFICIENT_MEMORY, "judging the peer's certificate");
	out->named = names_host(leaf, host);
	return SEC_E_OK;
}

NTSTATUS peer_certificate(const struct tls_connection *c, struct tls_span *out)
{
	X509 *leaf = SSL_get0_peer_certificate(c->ssl);

	if (!leaf)
		return fail(SEC_E_NO_CREDENTIALS, "the certificate of a peer that showed none");
	if (!x509_to_der(leaf, out))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "copying the peer's certificate");
	return SEC_E_OK;
}

int64_t peer_not_after(const struct tls_connection *c)
{
	X509 *leaf = SSL_get0_peer_certificate(c->ssl);
	return leaf ? x509_not_after(leaf) : INT64_MAX;
}

void peer_describe(const struct tls_connection *c, struct tls_info *out)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(c->ssl);
	X509 *leaf = SSL_get0_peer_certificate(c->ssl);
	X509 *server_leaf = c->server ? SSL_get_certificate(c->ssl) : leaf;
	const SSL_SESSION *session = SSL_get0_session(c->ssl);
	uint8_t mode = session ? SSL_SESSION_get_max_fragment_length(session) : 0;
	EVP_PKEY *key = NULL;

	*out = (struct tls_info){ .version = (uint16_t)SSL_version(c->ssl),
				  .header = connection_header(c),
				  .trailer = SSL_version(c->ssl) == TLS_1_3 ? 17 : 16,
				  .data_max =
					  mode >= TLSEXT_max_fragment_length_512 &&
							  mode <= TLSEXT_max_fragment_length_4096
						  ? (uint16_t)(256u << mode)
						  : TLS_DATA_MAX };
	if (!cipher)
		return;
	out->suite = SSL_CIPHER_get_protocol_id(cipher);
	out->suite_name = SSL_CIPHER_standard_name(cipher);
	out->cipher_bits = (uint16_t)SSL_CIPHER_get_bits(cipher, NULL);
	out->chacha = SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305;
	const EVP_MD *hash = SSL_CIPHER_get_handshake_digest(cipher);
	out->hash_bits = hash ? (uint16_t)(EVP_MD_get_size(hash) * 8) : 0;
	if (SSL_get_peer_tmp_key(c->ssl, &key) == 1 && key)
		out->exchange_bits = (uint16_t)EVP_PKEY_get_bits(key);
	EVP_PKEY_free(key);
	EVP_PKEY *public = server_leaf ? X509_get0_pubkey(server_leaf) : NULL;
	out->peer_rsa = public && EVP_PKEY_get_base_id(public) != EVP_PKEY_EC;
}

/* RFC 5929 4.1: the signature's hash, but never MD5 or SHA-1 */
NTSTATUS peer_endpoint_binding(const struct tls_connection *c, uint8_t out[64], size_t *n)
{
	X509 *x = c->server ? SSL_get_certificate(c->ssl) : SSL_get0_peer_certificate(c->ssl);
	int nid = NID_undef;
	unsigned int len = 0;

	if (!x || X509_get_signature_info(x, &nid, NULL, NULL, NULL) != 1)
		return ssl_fail(SEC_E_UNSUPPORTED_FUNCTION, "the end point's binding");
	if (nid == NID_md5 || nid == NID_sha1)
		nid = NID_sha256;
	const EVP_MD *hash = EVP_get_digestbynid(nid);
	if (!hash || X509_digest(x, hash, out, &len) != 1)
		return ssl_fail(SEC_E_UNSUPPORTED_FUNCTION, "the end point's binding");
	*n = len;
	return SEC_E_OK;
}

/* RFC 5929 3.1: the first Finished of a full handshake is the client's; none with TLS 1.3 */
NTSTATUS peer_unique_binding(const struct tls_connection *c, uint8_t out[64], size_t *n)
{
	if (SSL_version(c->ssl) != TLS_1_2)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "tls-unique with TLS 1.3");
	*n = c->server ? SSL_get_peer_finished(c->ssl, out, 64) : SSL_get_finished(c->ssl, out, 64);
	return *n && *n <= 64 ? SEC_E_OK : fail(SEC_E_UNSUPPORTED_FUNCTION, "tls-unique");
}
