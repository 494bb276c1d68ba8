/* tls/config.c - what a credential settles for all its connections: an SSL_CTX, made once.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Ephemeral keys and AEAD suites alone, so a record's overhead is known; no resumption, tickets,
 * compression or renegotiation, which would blur whose key CredSSP binds. */
#include "base/base.h"

#include <limits.h>
#include <openssl/err.h>

#include "tls/internal.h"

#define SUITES "ECDHE+AESGCM:ECDHE+CHACHA20:!aPSK"
#define CHAIN_MAX 16

static void note_alert(const SSL *ssl, int where, int value)
{
	struct tls_connection *c = SSL_get_app_data(ssl);
	if (!c || !(where & SSL_CB_ALERT))
		return;
	if (where & SSL_CB_WRITE)
		c->alert_sent = (uint8_t)value;
	else
		c->alert_received = (uint8_t)value;
}

static bool set_rules(SSL_CTX *ctx, const struct tls_settings *s)
{
	SSL_CTX_set_options(ctx,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_info_callback(ctx, note_alert);
	SSL_CTX_set_cert_verify_callback(ctx, peer_check, NULL);
	return SSL_CTX_set_min_proto_version(ctx, s->oldest) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, s->newest) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, SUITES) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1;
}

static NTSTATUS set_chain(struct tls_config *c, struct rd der)
{
	for (size_t i = 0; der.n; i++) {
		const uint8_t *at = der.p;
		CLEANUP(x509_free_p)
		X509 *x = der.n <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.n) : NULL;
		if (!x || i >= CHAIN_MAX || !rd_skip(&der, (size_t)(at - der.p)))
			return ssl_fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a certificate");
		if (i > 0) {
			if (SSL_CTX_add1_chain_cert(c->ctx, x) != 1)
				return ssl_fail(SEC_E_UNKNOWN_CREDENTIALS, "adding a certificate");
			continue;
		}
		if (SSL_CTX_use_certificate(c->ctx, x) != 1)
			return ssl_fail(SEC_E_UNKNOWN_CREDENTIALS, "using the certificate");
		if (!x509_to_der(x, &c->certificate))
			return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the certificate");
		c->not_after = x509_not_after(x);
	}
	return SEC_E_OK;
}

static NTSTATUS set_key(struct tls_config *c, struct rd der)
{
	const uint8_t *at = der.p;
	CLEANUP(pkey_free_p)
	EVP_PKEY *key =
		der.n && der.n <= LONG_MAX ? d2i_AutoPrivateKey(NULL, &at, (long)der.n) : NULL;

	if (!key || at != der.p + der.n)
		return ssl_fail(SEC_E_UNKNOWN_CREDENTIALS, "reading the private key");
	if (SSL_CTX_use_PrivateKey(c->ctx, key) != 1 || SSL_CTX_check_private_key(c->ctx) != 1)
		return ssl_fail(SEC_E_UNKNOWN_CREDENTIALS, "matching private key and certificate");
	return SEC_E_OK;
}

void config_free(struct tls_config *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ctx);
	mem_free(c->certificate.p);
	mem_free(c);
}

static void config_free_p(struct tls_config **c)
{
	config_free(*c);
}

NTSTATUS config_new(const struct tls_settings *settings, struct tls_config **out)
{
	ERR_clear_error();
	CLEANUP(config_free_p) struct tls_config *c = MEM_NEW(struct tls_config);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a TLS configuration");
	c->server = settings->server;
	c->ctx = SSL_CTX_new(c->server ? TLS_server_method() : TLS_client_method());
	if (!c->ctx || !set_rules(c->ctx, settings))
		return ssl_fail(SEC_E_INTERNAL_ERROR, "a TLS configuration");
	if (settings->certificates.n) {
		NTSTATUS status = set_chain(c, settings->certificates);
		if (!failed(status))
			status = set_key(c, settings->key);
		if (failed(status))
			return status;
	}
	*out = TAKE(c);
	return SEC_E_OK;
}

struct rd config_certificate(const struct tls_config *c)
{
	return rd_of(c->certificate.p, c->certificate.n);
}

int64_t config_not_after(const struct tls_config *c)
{
	return c->not_after;
}
