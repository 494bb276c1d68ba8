/* tls/connection.c - one connection: handshake, records, shutdown.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * OpenSSL is shown whole records only, so it never keeps a part of one and the caller's bytes are
 * either all taken or untouched. */
#include "base/base.h"

#include <openssl/err.h>

#include "tls/internal.h"

#define RECORD_BODY_MAX (16384u + 2048u)
#define NO_ALERT 255

/* How many bytes of `r` are whole records, at most `limit` of them; *missing of the first that is
 * not. False when the bytes are no records at all. */
static bool whole_records(struct rd r, size_t limit, size_t *whole, size_t *missing)
{
	size_t start = r.n;

	*whole = *missing = 0;
	for (size_t i = 0; i < limit; i++) {
		struct rd body = r;
		uint8_t type, major, minor;
		uint16_t len;
		if (!rd_u8(&body, &type) || !rd_u8(&body, &major) || !rd_u8(&body, &minor) ||
		    !rd_u16be(&body, &len)) {
			/* what is there must at least begin like one */
			*missing = TLS_HEADER_LEN - r.n;
			return r.n == 0 ||
			       ((r.p[0] >= 20 && r.p[0] <= 23) && (r.n == 1 || r.p[1] == 3));
		}
		if (type < 20 || type > 23 || major != 3 || len > RECORD_BODY_MAX)
			return false;
		if (!rd_skip(&body, len)) {
			*missing = len - body.n;
			return true;
		}
		r = body;
		*whole = start - r.n;
	}
	return true;
}

void connection_free(struct tls_connection *c)
{
	if (!c)
		return;
	SSL_free(c->ssl);
	mem_free_wiped(c->out, c->out_len);
	mem_free(c->host);
	mem_free(c);
}

static void connection_free_p(struct tls_connection **c)
{
	connection_free(*c);
}

static bool set_peer(struct tls_connection *c, const struct tls_peer_settings *peer)
{
	c->check_chain = peer->check_chain;
	c->check_name = peer->check_name;
	if (peer->host && !(c->host = mem_dup_text(peer->host)))
		return false;
	if (c->server && peer->ask_client)
		SSL_set_verify(c->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (!c->server && peer->check_chain)
		SSL_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
	/* RFC 6066: host_name is a name, never an address */
	if (!c->server && c->host && *c->host && !host_is_address(c->host) && !strchr(c->host, ':'))
		return SSL_set_tlsext_host_name(c->ssl, c->host) == 1;
	return true;
}

NTSTATUS connection_new(struct tls_config *config, const struct tls_peer_settings *peer,
			struct tls_connection **out)
{
	ERR_clear_error();
	CLEANUP(connection_free_p) struct tls_connection *c = MEM_NEW(struct tls_connection);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a TLS connection");
	c->alert_sent = c->alert_received = NO_ALERT;
	c->server = config->server;
	c->ssl = SSL_new(config->ctx);
	BIO *bio = c->ssl ? pipe_new(c) : NULL;
	if (!bio)
		return ssl_fail(SEC_E_INSUFFICIENT_MEMORY, "a TLS connection");
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_app_data(c->ssl, c);
	if (c->server)
		SSL_set_accept_state(c->ssl);
	else
		SSL_set_connect_state(c->ssl);
	if (!set_peer(c, peer))
		return ssl_fail(SEC_E_INSUFFICIENT_MEMORY, "naming the TLS peer");
	*out = TAKE(c);
	return SEC_E_OK;
}

/* The statuses that Windows documents for alerts. [reference: sspi 2.2] */
static NTSTATUS alert_status(uint8_t alert)
{
	static const struct {
		uint8_t alert;
		NTSTATUS status;
	} row[] = {
		{ 0, SEC_E_CONTEXT_EXPIRED },
		{ 20, SEC_E_MESSAGE_ALTERED },
		{ 21, SEC_E_DECRYPT_FAILURE },
		{ 30, SEC_E_MESSAGE_ALTERED },
		{ 42, SEC_E_CERT_UNKNOWN },
		{ 43, SEC_E_CERT_UNKNOWN },
		{ 44, (NTSTATUS)0x80092010 /* CRYPT_E_REVOKED */ },
		{ 45, SEC_E_CERT_EXPIRED },
		{ 46, SEC_E_CERT_UNKNOWN },
		{ 48, SEC_E_UNTRUSTED_ROOT },
		{ 49, SEC_E_LOGON_DENIED },
		{ 51, SEC_E_DECRYPT_FAILURE },
		{ 70, SEC_E_UNSUPPORTED_FUNCTION },
		{ 71, SEC_E_ALGORITHM_MISMATCH },
		{ 80, SEC_E_INTERNAL_ERROR },
		{ 90, SEC_E_UNFINISHED_CONTEXT_DELETED },
		{ 120, SEC_E_APPLICATION_PROTOCOL_MISMATCH },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (row[i].alert == alert)
			return row[i].status;
	return SEC_E_ILLEGAL_MESSAGE;
}

/* Why OpenSSL gave up; the connection is over. */
static NTSTATUS connection_failed(struct tls_connection *c, const char *doing)
{
	NTSTATUS status = SEC_E_ILLEGAL_MESSAGE;

	c->dead = true;
	if (c->alert_received != NO_ALERT)
		status = alert_status(c->alert_received);
	else if (c->judged && (c->trust.errors || !c->trust.named))
		status = peer_status(c);
	else if (c->alert_sent == SSL_AD_HANDSHAKE_FAILURE)
		status = SEC_E_ALGORITHM_MISMATCH;
	else if (c->alert_sent != NO_ALERT)
		status = alert_status(c->alert_sent);
	return ssl_fail(status, doing);
}

NTSTATUS connection_handshake(struct tls_connection *c, struct rd input, size_t *used)
{
	size_t whole, missing;

	*used = 0;
	if (c->dead)
		return fail(SEC_E_OUT_OF_SEQUENCE, "a handshake that has failed");
	bool records = whole_records(input, SIZE_MAX, &whole, &missing) || whole > 0;
	bool begins = !c->server && SSL_in_before(c->ssl);
	if (records && whole == 0 && !begins) {
		*used = missing;
		return SEC_E_INCOMPLETE_MESSAGE;
	}
	c->in = rd_of(input.p, records ? whole : input.n);
	ERR_clear_error();
	int done = SSL_do_handshake(c->ssl);
	*used = records ? whole - c->in.n : 0;
	c->in = rd_of(NULL, 0);
	if (done == 1)
		return SEC_E_OK;
	if (SSL_get_error(c->ssl, done) == SSL_ERROR_WANT_READ && records)
		return SEC_I_CONTINUE_NEEDED;
	if (!records) {
		c->dead = true;
		return ssl_fail(SEC_E_INVALID_TOKEN, "bytes that are no TLS record");
	}
	return connection_failed(c, "the TLS handshake");
}

struct rd connection_output(const struct tls_connection *c)
{
	return rd_of(c->out, c->out_len);
}

/* After the handshake there is hardly ever anything to send: its room goes too. */
void connection_sent(struct tls_connection *c)
{
	if (SSL_is_init_finished(c->ssl)) {
		mem_free_wiped(c->out, c->out_len);
		c->out = NULL;
		c->out_room = 0;
	}
	c->out_len = 0;
}

uint16_t connection_header(const struct tls_connection *c)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(c->ssl);
	bool explicit_nonce = SSL_version(c->ssl) == TLS_1_2 && cipher &&
			      SSL_CIPHER_get_cipher_nid(cipher) != NID_chacha20_poly1305;
	return explicit_nonce ? TLS_HEADER_LEN + 8 : TLS_HEADER_LEN;
}

NTSTATUS connection_encrypt(struct tls_connection *c, struct rd plain, struct tls_span parts[3])
{
	size_t written = 0;

	if (c->dead || c->closed)
		return fail(SEC_E_CONTEXT_EXPIRED, "encrypting on a closed connection");
	if (plain.n > TLS_DATA_MAX)
		return fail(SEC_E_INVALID_TOKEN, "encrypting more than a record holds");
	ERR_clear_error();
	c->part = parts;
	c->part_at = 0;
	int done = SSL_write_ex(c->ssl, plain.p, plain.n, &written);
	c->part = NULL;
	if (done != 1 || written != plain.n || c->part_at != parts[0].n + parts[1].n + parts[2].n) {
		c->dead = true;
		return ssl_fail(SEC_E_ENCRYPT_FAILURE, "encrypting a record");
	}
	return SEC_E_OK;
}

/* A record without data: TLS's own affairs. A KeyUpdate that wants an answer gets it now, since
 * OpenSSL would put it in front of the next data, where the caller has no room. */
static NTSTATUS after_own_message(struct tls_connection *c, struct tls_record *out)
{
	size_t written = 0;

	if (SSL_get_key_update_type(c->ssl) != SSL_KEY_UPDATE_NONE &&
	    SSL_write_ex(c->ssl, "", 0, &written) != 1)
		return connection_failed(c, "answering a KeyUpdate");
	out->kind = c->out_len ? TLS_ANSWER : TLS_NOTHING;
	return SEC_E_OK;
}

NTSTATUS connection_decrypt(struct tls_connection *c, struct tls_span bytes, struct tls_record *out)
{
	size_t whole, missing;

	*out = (struct tls_record){ .kind = TLS_NOTHING };
	if (c->dead)
		return fail(SEC_E_CONTEXT_EXPIRED, "decrypting on a closed connection");
	if (!whole_records(rd_of(bytes.p, bytes.n), 1, &whole, &missing)) {
		c->dead = true;
		return fail(SEC_E_MESSAGE_ALTERED, "bytes that are no TLS record");
	}
	out->missing = missing;
	if (whole == 0)
		return SEC_E_INCOMPLETE_MESSAGE;
	out->used = whole;
	out->header = connection_header(c);
	if (out->header > whole)
		out->header = whole;

	uint8_t none[1]; /* a record shorter than its header can only be one of TLS's own */
	size_t room = whole - out->header;
	ERR_clear_error();
	c->in = rd_of(bytes.p, whole);
	int done = SSL_read_ex(c->ssl, room ? bytes.p + out->header : none, room ? room : 1,
			       &out->data);
	c->in = rd_of(NULL, 0);
	if (done == 1) {
		out->kind = TLS_DATA;
		return SEC_E_OK;
	}
	out->data = 0;
	switch (SSL_get_error(c->ssl, done)) {
	case SSL_ERROR_WANT_READ:
		return after_own_message(c, out);
	case SSL_ERROR_ZERO_RETURN:
		out->kind = TLS_CLOSED;
		return SEC_E_OK;
	default:
		return connection_failed(c, "decrypting a record");
	}
}

NTSTATUS connection_shutdown(struct tls_connection *c)
{
	if (c->dead)
		return fail(SEC_E_CONTEXT_EXPIRED, "shutting a failed connection down");
	if (c->closed)
		return SEC_E_OK;
	ERR_clear_error();
	c->closed = true;
	if (SSL_shutdown(c->ssl) < 0)
		return connection_failed(c, "shutting the connection down");
	return SEC_E_OK;
}
