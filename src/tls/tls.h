/* tls/tls.h - TLS as the Schannel package sees it: one table of functions out of a loaded module.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Bytes it gives away are the host's to release. A connection is used by
 * one thread at a time; configurations may be shared by any number. */
#ifndef OPENSSPI_TLS_TLS_H
#define OPENSSPI_TLS_TLS_H

#include "base/part.h"
#include "wire/rd.h"

#define TLS_MODULE_FILE "opensspi-tls.so"
#define TLS_MODULE_ENTRY "opensspi_tls_module"

#define TLS_1_2 0x0303
#define TLS_1_3 0x0304
#define TLS_DATA_MAX 16384u /* of one record */
#define TLS_HEADER_LEN 5u

struct tls_span {
	uint8_t *p;
	size_t n;
};

/* A certificate chain in DER, the end entity first, and its private key (PKCS#8). Spans are
 * mem_free's. */
struct tls_identity {
	struct tls_span certificates;
	struct secret *key;
	int64_t not_after; /* Unix time of the end entity */
};

struct tls_settings {
	bool server;
	uint16_t oldest, newest; /* TLS_1_2 or TLS_1_3 */
	struct rd certificates;	 /* DER, one after the other; empty: none */
	struct rd key;		 /* DER: PKCS#8, PKCS#1 or SEC1 */
};

struct tls_peer_settings {
	const char *host; /* UTF-8 name or address without port; NULL: none */
	bool check_chain; /* fail the handshake unless the peer's chain leads to a system root */
	bool check_name;  /* and, at a client, the certificate names `host` */
	bool ask_client;  /* at a server: the client must show a certificate */
};

enum tls_kind {
	TLS_DATA,    /* application data, maybe none */
	TLS_NOTHING, /* a message that concerns TLS alone */
	TLS_CLOSED,  /* close_notify */
	TLS_ANSWER,  /* a message that has been answered: the answer lies in output() */
};

/* One record, opened where it lay. */
struct tls_record {
	enum tls_kind kind;
	size_t used;   /* bytes of the record; when incomplete 0 */
	size_t header; /* the data begin here */
	size_t data;
	size_t missing; /* about how many more bytes a whole record takes */
};

struct tls_info {
	uint16_t version, suite, header, trailer;
	uint16_t data_max;	/* TLS_DATA_MAX, or less when the peer asked for that (RFC 6066) */
	uint16_t cipher_bits;	/* 128 or 256 */
	uint16_t hash_bits;	/* of the handshake: 256 or 384 */
	uint16_t exchange_bits; /* of the ephemeral key; 0: not known */
	bool chacha, peer_rsa;
	const char *suite_name; /* the standard's; lives as long as the module */
};

/* Where a peer's certificate stands: CERT_TRUST_ bits and whether it names the host. */
struct tls_trust {
	uint32_t errors;
	bool named;
};

struct tls_config;
struct tls_connection;

/* Functions answer SEC_E_INSUFFICIENT_MEMORY when memory is short, besides what is said here. */
struct tls_ops {
	/* Protocols, suites and certificate, prepared once for many connections.
	 * SEC_E_UNKNOWN_CREDENTIALS: certificates or key cannot be read or do not belong together. */
	NTSTATUS (*config_new)(const struct tls_settings *settings, struct tls_config **out);
	void (*config_free)(struct tls_config *c);
	/* The own end entity's DER, empty without one; and its end, Unix time. */
	struct rd (*config_certificate)(const struct tls_config *c);
	int64_t (*config_not_after)(const struct tls_config *c);

	/* The configuration may be freed before its connections. */
	NTSTATUS (*connection_new)
	(struct tls_config *config, const struct tls_peer_settings *peer,
	 struct tls_connection **out);
	void (*connection_free)(struct tls_connection *c);

	/* Goes on with the handshake. Whole records alone are taken; *used says how many bytes. What
	 * is to be sent lies in output(), after a failure the alert.
	 * SEC_E_OK: complete. SEC_I_CONTINUE_NEEDED. SEC_E_INCOMPLETE_MESSAGE: nothing was taken, *used
	 * is about how many bytes are missing. Other errors end the connection. */
	NTSTATUS (*handshake)(struct tls_connection *c, struct rd input, size_t *used);

	/* Bytes to send; sent() forgets them. */
	struct rd (*output)(const struct tls_connection *c);
	void (*sent)(struct tls_connection *c);

	/* Protects `plain` (at most TLS_DATA_MAX) as one record over three places that may overlap
	 * `plain`: info.header bytes, as many as the plaintext, info.trailer bytes. */
	NTSTATUS (*encrypt)(struct tls_connection *c, struct rd plain, struct tls_span parts[3]);

	/* Opens the first record of `bytes` in place. SEC_E_INCOMPLETE_MESSAGE: nothing was touched.
	 * SEC_E_MESSAGE_ALTERED and other errors end the connection. */
	NTSTATUS (*decrypt)
	(struct tls_connection *c, struct tls_span bytes, struct tls_record *out);

	/* Puts close_notify into output(). */
	NTSTATUS (*shutdown)(struct tls_connection *c);

	/* After the handshake. */
	void (*describe)(const struct tls_connection *c, struct tls_info *out);
	/* The peer's end entity as DER (mem_free); SEC_E_NO_CREDENTIALS when it showed none. */
	NTSTATUS (*peer_certificate)(const struct tls_connection *c, struct tls_span *out);
	int64_t (*peer_not_after)(const struct tls_connection *c); /* INT64_MAX: none */
	/* Judges the peer's chain by the system's roots, and `host`; SEC_E_NO_CREDENTIALS as above. */
	NTSTATUS (*trust)(const struct tls_connection *c, const char *host, struct tls_trust *out);
	/* RFC 5929's tls-server-end-point and, up to TLS 1.2, tls-unique; SEC_E_UNSUPPORTED_FUNCTION
	 * where there is none. */
	NTSTATUS (*endpoint_binding)(const struct tls_connection *c, uint8_t out[64], size_t *n);
	NTSTATUS (*unique_binding)(const struct tls_connection *c, uint8_t out[64], size_t *n);

	/* A new self-signed server certificate for that host name, good for ten years. */
	NTSTATUS (*identity_new)(const char *host, struct tls_identity *out);
	/* PEM, both ways; SEC_E_NO_CREDENTIALS when certificate or key is not there or damaged. */
	NTSTATUS (*identity_write)(const struct tls_identity *id, struct secret **out);
	NTSTATUS (*identity_read)(struct rd pem, struct tls_identity *out);
	void (*identity_done)(struct tls_identity *id);
};

/* The module's only export. NULL unless the build ids are equal or when OpenSSL cannot be set up. */
part_entry opensspi_tls_module;

#endif
