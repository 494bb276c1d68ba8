/* tls/pipe.c - the BIO of a connection: spans of bytes instead of a socket, without buffers between.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <openssl/bio.h>
#include <pthread.h>

#include "tls/internal.h"

#define OUT_MAX (1u << 20)

static pthread_once_t method_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

static int pipe_read(BIO *bio, char *to, size_t n, size_t *got)
{
	struct tls_connection *c = BIO_get_data(bio);
	struct rd taken;

	BIO_clear_retry_flags(bio);
	if (c->in.n == 0) {
		BIO_set_retry_read(bio);
		return 0;
	}
	if (n > c->in.n)
		n = c->in.n;
	if (!rd_bytes(&c->in, n, &taken))
		return 0;
	memcpy(to, taken.p, n);
	*got = n;
	return 1;
}

/* A protected record goes to its three places; OpenSSL has read all of the plaintext by now. */
static bool put_parts(struct tls_connection *c, const char *from, size_t n)
{
	size_t skip = c->part_at;

	for (size_t i = 0; i < 3 && n; i++) {
		struct tls_span part = c->part[i];
		size_t off = skip < part.n ? skip : part.n;
		size_t len = part.n - off < n ? part.n - off : n;
		if (len)
			memcpy(part.p + off, from, len);
		skip -= off;
		from += len;
		n -= len;
		c->part_at += len;
	}
	return n == 0;
}

static bool put_out(struct tls_connection *c, const char *from, size_t n)
{
	size_t need = c->out_len + n, room = c->out_room ? c->out_room : 4096;

	if (n > OUT_MAX || need > OUT_MAX)
		return false;
	while (room < need)
		room *= 2;
	if (room > c->out_room) {
		uint8_t *grown = mem_alloc(room);
		if (!grown)
			return false;
		if (c->out_len)
			memcpy(grown, c->out, c->out_len);
		mem_free_wiped(c->out, c->out_len);
		c->out = grown;
		c->out_room = room;
	}
	memcpy(c->out + c->out_len, from, n);
	c->out_len = need;
	return true;
}

static int pipe_write(BIO *bio, const char *from, size_t n, size_t *put)
{
	struct tls_connection *c = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (!(c->part ? put_parts(c, from, n) : put_out(c, from, n)))
		return 0;
	*put = n;
	return 1;
}

static long pipe_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static void method_make(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "opensspi");
	if (!m)
		return;
	if (BIO_meth_set_read_ex(m, pipe_read) && BIO_meth_set_write_ex(m, pipe_write) &&
	    BIO_meth_set_ctrl(m, pipe_control))
		method = m;
	else
		BIO_meth_free(m);
}

BIO *pipe_new(struct tls_connection *c)
{
	pthread_once(&method_once, method_make);
	BIO *bio = method ? BIO_new(method) : NULL;
	if (!bio)
		return NULL;
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	return bio;
}
