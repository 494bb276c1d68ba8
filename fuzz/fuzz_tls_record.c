/* fuzz/fuzz_tls_record.c - bytes from nowhere for a TLS server: as a handshake, or as records after one.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The first byte says which, and in pieces of what size the rest arrives. */
#include "base/base.h"

#include "packages/schannel/load.h"

static const struct tls_ops *tls;
static struct tls_config *server_config, *client_config;

static void prepare(void)
{
	struct tls_identity id;
	if (failed(tls_load(&tls)) || failed(tls->identity_new("fuzz.test", &id)))
		abort();
	struct tls_settings s = { .server = true,
				  .oldest = TLS_1_2,
				  .newest = TLS_1_3,
				  .certificates = rd_of(id.certificates.p, id.certificates.n),
				  .key = rd_of(id.key->p, id.key->len) };
	if (failed(tls->config_new(&s, &server_config)))
		abort();
	s = (struct tls_settings){ .oldest = TLS_1_2, .newest = TLS_1_3 };
	if (failed(tls->config_new(&s, &client_config)))
		abort();
	tls->identity_done(&id);
}

static struct tls_connection *connection(struct tls_config *config)
{
	struct tls_connection *c = NULL;
	if (failed(tls->connection_new(config, &(struct tls_peer_settings){ 0 }, &c)))
		abort();
	return c;
}

/* What one end has to send, taken by the other. */
static void carry(struct tls_connection *from, struct tls_connection *to)
{
	size_t used;
	if (failed(tls->handshake(to, tls->output(from), &used)))
		abort();
	tls->sent(from);
}

static void as_handshake(struct rd input, size_t piece)
{
	struct tls_connection *c = connection(server_config);
	size_t shown = 0, used;
	NTSTATUS status = SEC_I_CONTINUE_NEEDED;

	while (shown < input.n && (!failed(status) || status == SEC_E_INCOMPLETE_MESSAGE)) {
		shown = input.n - shown < piece ? input.n : shown + piece;
		status = tls->handshake(c, rd_of(input.p, shown), &used);
		if (failed(status))
			continue;
		if (status == SEC_E_OK || used > shown || !rd_skip(&input, used))
			abort();
		shown -= used;
	}
	tls->connection_free(c);
}

static void as_records(struct rd input)
{
	struct tls_connection *client = connection(client_config), *c = connection(server_config);
	uint8_t *copy = mem_dup(input.p, input.n);
	struct tls_span rest = { copy, input.n };
	struct tls_record r;
	size_t used;

	if (tls->handshake(client, rd_of(NULL, 0), &used) != SEC_I_CONTINUE_NEEDED)
		abort();
	carry(client, c);
	carry(c, client);
	carry(client, c);
	while (rest.n && !failed(tls->decrypt(c, rest, &r))) {
		if (r.used == 0 || r.used > rest.n || r.header + r.data > r.used)
			abort();
		rest = (struct tls_span){ rest.p + r.used, rest.n - r.used };
	}
	mem_free(copy);
	tls->connection_free(client);
	tls->connection_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!tls)
		prepare();
	if (size == 0)
		return 0;
	if (data[0] & 0x80)
		as_records(rd_of(data + 1, size - 1));
	else
		as_handshake(rd_of(data + 1, size - 1), (size_t)data[0] + 1);
	return 0;
}
