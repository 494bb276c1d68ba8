/* fuzz/fuzz_ntlm_message.c - arbitrary bytes into every decoder of NTLM.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a reader accepts must survive being written and read again. */
#include "base/base.h"

#include "packages/ntlm/avpairs.h"
#include "packages/ntlm/describe.h"
#include "packages/ntlm/message.h"
#include "packages/ntlm/protect.h"
#include "packages/ntlm/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_negotiate(struct rd input)
{
	CLEANUP(wr_done) struct wr w = WR(4 * NTLM_MESSAGE_MAX);
	struct ntlm_negotiate m, again;

	if (!ntlm_negotiate_read(input, &m))
		return;
	ntlm_negotiate_write(&w, &m);
	if (!wr_ok(&w) || !ntlm_negotiate_read(wr_view(&w), &again) || again.domain.n != m.domain.n)
		abort();
}

static void try_challenge(struct rd input)
{
	CLEANUP(wr_done) struct wr w = WR(4 * NTLM_MESSAGE_MAX);
	struct ntlm_challenge m, again;

	if (!ntlm_challenge_read(input, &m))
		return;
	ntlm_challenge_write(&w, &m);
	if (!wr_ok(&w) || !ntlm_challenge_read(wr_view(&w), &again) ||
	    again.target_info.n != m.target_info.n)
		abort();
}

static void try_response(struct rd nt)
{
	struct ntlm_v2_response v2;
	struct av_pairs av;

	if (ntlm_v2_response_read(nt, &v2))
		(void)av_read(v2.av_pairs, &av);
}

static void try_authenticate(struct rd input)
{
	CLEANUP(wr_done) struct wr w = WR(8 * NTLM_MESSAGE_MAX);
	CLEANUP(wr_done) struct wr name = WR(NTLM_MESSAGE_MAX);
	struct ntlm_authenticate m, again;

	if (!ntlm_authenticate_read(input, &m))
		return;
	try_response(m.nt);
	(void)ntlm_text_read(m.user, m.flags & NTLM_UNICODE, &name);
	if (ntlm_authenticate_has_mic_room(input, &m) && input.n < NTLM_MIC_OFFSET + NTLM_MIC_LEN)
		abort();
	ntlm_authenticate_write(&w, &m);
	if (!wr_ok(&w) || !ntlm_authenticate_read(wr_view(&w), &again) || again.nt.n != m.nt.n)
		abort();
}

static void try_list(struct rd input)
{
	CLEANUP(wr_done) struct wr w = WR(NTLM_MESSAGE_MAX);
	struct av_answer answer = { .has_mic = true };
	struct av_pairs av;

	if (!av_read(input, &av) || !av_write_answer(&w, input, &answer))
		return;
	if (!av_read(wr_view(&w), &av) || av.flags & AV_FLAG_UNVERIFIED_TARGET)
		abort();
}

static void try_packed(struct rd input)
{
	CLEANUP(wr_done) struct wr w = WR(2 * NTLM_PACKED_MAX);
	struct ntlm_session s = { 0 };
	struct ntlm_protection p;

	if (failed(ntlm_session_unpack(&input, &s)))
		return;
	ntlm_protection_init(&p, &s);
	struct rd states = input;
	if (ntlm_protection_unpack(&states, &p)) {
		ntlm_protection_pack(&w, &p);
		if (!wr_ok(&w) || w.len != input.n - states.n || memcmp(w.buf, input.p, w.len) != 0)
			abort();
	}
	ntlm_protection_done(&p);
	ntlm_session_done(&s);
}

static void try_describe(struct rd input)
{
	struct text out = { 0 };
	(void)ntlm_describe(input.p, input.n, 0, &out);
	text_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd input = rd_of(data, size);

	try_negotiate(input);
	try_challenge(input);
	try_authenticate(input);
	try_response(input);
	try_list(input);
	try_packed(input);
	try_describe(input);
	return 0;
}
