/* fuzz/fuzz_spnego.c - arbitrary bytes into SPNEGO's decoders, and as tokens of conversations.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * First byte: the role that is played against, and the number of tokens; each token is a length byte and
 * its bytes. What a reader accepts must survive being written and read again. */
#include "base/base.h"

#include <stdlib.h>

#include "fake_host.h"
#include "nego_mechs.h"
#include "packages/negotiate/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_init(struct rd input)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 20);
	struct spnego_init in, again;

	if (!spnego_parse_init(input, &in))
		return;
	if (in.mech_count == 0 || in.mech_count > SPNEGO_MECHS_MAX)
		abort();
	spnego_write_init(&w, in.mech_list, &in);
	if (!wr_ok(&w) || !spnego_parse_init(wr_view(&w), &again) ||
	    again.mech_count != in.mech_count || again.token.n != in.token.n ||
	    again.has_mic != in.has_mic)
		abort();
}

static void try_response(struct rd input)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 20);
	struct spnego_response in, again;

	if (!spnego_parse_response(input, &in))
		return;
	spnego_write_response(&w, &in);
	if (!wr_ok(&w) || !spnego_parse_response(wr_view(&w), &again) || again.state != in.state ||
	    again.token.n != in.token.n || again.mic.n != in.mic.n)
		abort();
}

static void try_rest(struct rd input)
{
	struct text out = { 0 };
	struct nego_packed packed;
	size_t rest;

	(void)negotiate_describe(input.p, input.n, 0, &out);
	text_done(&out);
	(void)spnego_frame(input);
	if (nego_packed_read(input, &packed) && packed.inner.n > input.n)
		abort();
	struct rd whole = input;
	if (spnego_cut(&whole, &rest) && whole.n + rest != input.n)
		abort();
}

/* The tokens as they come, until the conversation ends; nothing may be left behind. */
static void converse(struct rd input)
{
	CLEANUP(wr_done) struct wr said = WR(1u << 17);
	struct fake_side side = { .requirements = ISC_REQ_ALLOCATE_MEMORY };
	NTSTATUS status = SEC_I_CONTINUE_NEEDED;
	uint8_t how, n;
	struct rd token;

	if (!rd_u8(&input, &how))
		return;
	nego_mechs_reset();
	nego_mechs.kerberos = how & 2;
	nego_mechs.one_token = how & 4;
	nego_mechs.recursive = how & 8;
	side.server = how & 1;
	if (failed(nego_open(&side, NULL)))
		abort();
	if (!side.server)
		status = fake_side_step(&side, rd_of(NULL, 0), &said);
	while (status == SEC_I_CONTINUE_NEEDED && rd_u8(&input, &n) && rd_bytes(&input, n, &token))
		status = fake_side_step(&side, token, &said);
	fake_side_close(&side);
	if (nego_mechs.contexts || nego_mechs.credentials || fake_host.heap)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd input = rd_of(data, size);

	try_init(input);
	try_response(input);
	try_rest(input);
	converse(input);
	return 0;
}
