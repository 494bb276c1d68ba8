/* tls/module.c - the door of opensspi-tls.so.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <openssl/crypto.h>

#include "tls/internal.h"

static const struct tls_ops ops = {
	.config_new = config_new,
	.config_free = config_free,
	.config_certificate = config_certificate,
	.config_not_after = config_not_after,
	.connection_new = connection_new,
	.connection_free = connection_free,
	.handshake = connection_handshake,
	.output = connection_output,
	.sent = connection_sent,
	.encrypt = connection_encrypt,
	.decrypt = connection_decrypt,
	.shutdown = connection_shutdown,
	.describe = peer_describe,
	.peer_certificate = peer_certificate,
	.peer_not_after = peer_not_after,
	.trust = peer_trust,
	.endpoint_binding = peer_endpoint_binding,
	.unique_binding = peer_unique_binding,
	.identity_new = identity_new,
	.identity_write = identity_write,
	.identity_read = identity_read,
	.identity_done = identity_done,
};

__attribute__((visibility("default"))) const void *opensspi_tls_module(const struct part_host *host)
{
	if (!part_borrow(host))
		return NULL;
	/* The process is the application's: nothing of OpenSSL is torn down under its threads. */
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
		return NULL;
	return &ops;
}
