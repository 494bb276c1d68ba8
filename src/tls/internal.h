/* tls/internal.h - what the files of the TLS module share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TLS_INTERNAL_H
#define OPENSSPI_TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tls/tls.h"

struct tls_config {
	SSL_CTX *ctx;
	bool server;
	struct tls_span certificate; /* the own end entity */
	int64_t not_after;
};

struct tls_connection {
	SSL *ssl;
	bool server, check_chain, check_name, dead, closed;
	char *host;
	struct rd in; /* what OpenSSL may read now */
	uint8_t *out; /* what it wrote, unless `part` is set */
	size_t out_len, out_room;
	struct tls_span *part; /* three places of a record being protected */
	size_t part_at;
	uint8_t alert_sent, alert_received; /* 255: none */
	struct tls_trust trust;
	bool judged;
};

/* reason.c. Notes OpenSSL's own words about a failure in the trace, empties its queue, and is fail(). */
NTSTATUS ssl_fail_at(NTSTATUS status, const char *file, int line, const char *doing);
#define ssl_fail(status, doing) ssl_fail_at((NTSTATUS)(status), __FILE__, __LINE__, (doing))

/* config.c */
NTSTATUS config_new(const struct tls_settings *settings, struct tls_config **out);
void config_free(struct tls_config *c);
struct rd config_certificate(const struct tls_config *c);
int64_t config_not_after(const struct tls_config *c);

/* pipe.c: the BIO through which a connection reads `in` and writes `out` or `part`. */
MUST_CHECK BIO *pipe_new(struct tls_connection *c);

/* connection.c */
NTSTATUS connection_new(struct tls_config *config, const struct tls_peer_settings *peer,
			struct tls_connection **out);
void connection_free(struct tls_connection *c);
NTSTATUS connection_handshake(struct tls_connection *c, struct rd input, size_t *used);
struct rd connection_output(const struct tls_connection *c);
void connection_sent(struct tls_connection *c);
NTSTATUS connection_encrypt(struct tls_connection *c, struct rd plain, struct tls_span parts[3]);
NTSTATUS connection_decrypt(struct tls_connection *c, struct tls_span bytes,
			    struct tls_record *out);
NTSTATUS connection_shutdown(struct tls_connection *c);
uint16_t connection_header(const struct tls_connection *c);

/* peer.c */
int peer_check(X509_STORE_CTX *given, void *unused);
NTSTATUS peer_status(const struct tls_connection *c);
void peer_describe(const struct tls_connection *c, struct tls_info *out);
NTSTATUS peer_certificate(const struct tls_connection *c, struct tls_span *out);
int64_t peer_not_after(const struct tls_connection *c);
NTSTATUS peer_trust(const struct tls_connection *c, const char *host, struct tls_trust *out);
NTSTATUS peer_endpoint_binding(const struct tls_connection *c, uint8_t out[64], size_t *n);
NTSTATUS peer_unique_binding(const struct tls_connection *c, uint8_t out[64], size_t *n);

/* identity.c */
NTSTATUS identity_new(const char *host, struct tls_identity *out);
NTSTATUS identity_write(const struct tls_identity *id, struct secret **out);
NTSTATUS identity_read(struct rd pem, struct tls_identity *out);
void identity_done(struct tls_identity *id);

/* der.c: an X509's bytes (mem_free), its end as Unix time, a name that is an address. */
MUST_CHECK bool x509_to_der(X509 *x, struct tls_span *out);
int64_t x509_not_after(const X509 *x);
bool host_is_address(const char *host);

static inline void x509_free_p(X509 **x)
{
	X509_free(*x);
}

static inline void pkey_free_p(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static inline void bio_free_p(BIO **b)
{
	BIO_free(*b);
}

#endif
