/* bench/floor_tls.c - see bench/floor.h: OpenSSL's handshake alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "floor.h"

#include <openssl/ssl.h>
#include <stdlib.h>

struct floor_tls {
	SSL *end[2]; /* client, server */
};

static SSL_CTX *context[2];

bool floor_tls_open(const char *certificate_file)
{
	context[0] = SSL_CTX_new(TLS_client_method());
	context[1] = SSL_CTX_new(TLS_server_method());
	for (int i = 0; i < 2; i++) {
		if (!context[i] || !SSL_CTX_set_min_proto_version(context[i], TLS1_3_VERSION))
			return false;
		SSL_CTX_set_session_cache_mode(context[i], SSL_SESS_CACHE_OFF);
		SSL_CTX_set_num_tickets(context[i], 0);
	}
	return SSL_CTX_use_certificate_chain_file(context[1], certificate_file) == 1 &&
	       SSL_CTX_use_PrivateKey_file(context[1], certificate_file, SSL_FILETYPE_PEM) == 1;
}

void floor_tls_free(struct floor_tls *t)
{
	SSL_free(t->end[0]);
	SSL_free(t->end[1]);
	free(t);
}

struct floor_tls *floor_tls_new(void)
{
	struct floor_tls *t = calloc(1, sizeof(*t));
	BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
	int done[2] = { 0, 0 };

	if (!t || !up || !down)
		return NULL;
	for (int i = 0; i < 2; i++)
		t->end[i] = SSL_new(context[i]);
	BIO_up_ref(up);
	BIO_up_ref(down);
	SSL_set_bio(t->end[0], down, up);
	SSL_set_bio(t->end[1], up, down);
	SSL_set_connect_state(t->end[0]);
	SSL_set_accept_state(t->end[1]);
	for (int i = 0; i < 4 && (done[0] != 1 || done[1] != 1); i++) {
		done[0] = SSL_do_handshake(t->end[0]);
		done[1] = SSL_do_handshake(t->end[1]);
	}
	if (done[0] == 1 && done[1] == 1)
		return t;
	floor_tls_free(t);
	return NULL;
}

bool floor_tls_handshake(void)
{
	struct floor_tls *t = floor_tls_new();
	if (t)
		floor_tls_free(t);
	return t != NULL;
}
