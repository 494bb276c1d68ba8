/* packages/negotiate/describe.c - SPNEGO's tokens for people; mechanisms' own by kind and length.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/negotiate/message.h"
#include "packages/negotiate/package.h"

#define NTLM_TYPE_OFFSET 8

static void line(struct text *out, unsigned depth, const char *name)
{
	text_add(out, "%*s%s", (int)(2 * depth), "", name);
}

static void describe_token(const char *name, struct rd token, unsigned depth, struct text *out)
{
	line(out, depth, name);
	text_add(out, ": %zu bytes", token.n);
	if (spnego_frame(token) == FRAME_NTLM && token.n >= NTLM_TYPE_OFFSET + 4)
		text_add(out, ", NTLM message %u", (unsigned)u32le_at(token.p + NTLM_TYPE_OFFSET));
	if (spnego_frame(token) == FRAME_KERBEROS)
		text_add(out, ", Kerberos");
	text_add(out, "\n");
}

static void describe_mic(bool has, struct rd mic, unsigned depth, struct text *out)
{
	if (!has)
		return;
	line(out, depth, "mechListMIC: ");
	text_add_hex(out, mic.p, mic.n);
	text_add(out, "\n");
}

static bool describe_init(struct rd token, unsigned depth, struct text *out)
{
	struct spnego_init in;

	if (!spnego_parse_init(token, &in))
		return false;
	line(out, depth, "SPNEGO NegTokenInit\n");
	line(out, depth + 1, "mechTypes\n");
	for (size_t i = 0; i < in.mech_count; i++) {
		line(out, depth + 2, spnego_mech_name(in.mechs[i]));
		text_add(out, "\n");
	}
	if (in.has_token)
		describe_token("mechToken", in.token, depth + 1, out);
	describe_mic(in.has_mic, in.mic, depth + 1, out);
	return true;
}

static bool describe_response(struct rd token, unsigned depth, struct text *out)
{
	static const char *const states[] = { "accept-completed", "accept-incomplete", "reject",
					      "request-mic" };
	struct spnego_response in;

	if (!spnego_parse_response(token, &in))
		return false;
	line(out, depth, "SPNEGO NegTokenResp\n");
	if (in.state != SPNEGO_STATE_ABSENT) {
		line(out, depth + 1, "negState: ");
		text_add(out, "%s\n", states[in.state]);
	}
	if (in.has_mech) {
		line(out, depth + 1, "supportedMech: ");
		text_add(out, "%s\n", spnego_mech_name(in.mech));
	}
	if (in.has_token)
		describe_token("responseToken", in.token, depth + 1, out);
	describe_mic(in.has_mic, in.mic, depth + 1, out);
	return true;
}

bool negotiate_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out)
{
	struct rd r = rd_of(token, len);

	switch (spnego_frame(r)) {
	case FRAME_SPNEGO:
		return describe_init(r, depth, out);
	case FRAME_RESPONSE:
		return describe_response(r, depth, out);
	default:
		return false;
	}
}
