/* packages/tsssp/describe.c - TSRequest and TSCredentials for people; sealed parts by their length.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/tsssp/message.h"
#include "packages/tsssp/package.h"

#define SPNEGO_INIT 0x60u /* first bytes: the GSS-API's header, and a NegTokenResp */
#define SPNEGO_RESP 0xA1u

static void line(struct text *out, unsigned depth, const char *name)
{
	text_add(out, "%*s%s", (int)(2 * depth), "", name);
}

static void describe_token(struct rd token, unsigned depth, struct text *out)
{
	line(out, depth, "negoToken: ");
	text_add(out, "%zu bytes", token.n);
	if (token.n && (token.p[0] == SPNEGO_INIT || token.p[0] == SPNEGO_RESP))
		text_add(out, ", SPNEGO");
	const uint8_t *ntlm = token.n ? memmem(token.p, token.n, "NTLMSSP", 8) : NULL;
	if (ntlm && token.n - (size_t)(ntlm - token.p) >= 12)
		text_add(out, ", NTLM message %u", (unsigned)u32le_at(ntlm + 8));
	text_add(out, "\n");
}

static void describe_sealed(const char *name, bool has, struct rd bytes, unsigned depth,
			    struct text *out)
{
	if (!has)
		return;
	line(out, depth, name);
	text_add(out, ": %zu sealed bytes\n", bytes.n);
}

static void describe_request(const struct ts_request *r, unsigned depth, struct text *out)
{
	line(out, depth, "TSRequest\n");
	line(out, depth + 1, "version: ");
	text_add(out, "%u\n", r->version);
	if (r->has_nego)
		describe_token(r->nego_token, depth + 1, out);
	describe_sealed("authInfo", r->has_auth_info, r->auth_info, depth + 1, out);
	describe_sealed("pubKeyAuth", r->has_pub_key_auth, r->pub_key_auth, depth + 1, out);
	if (r->has_error) {
		line(out, depth + 1, "errorCode: ");
		text_add(out, "0x%08x\n", r->error_code);
	}
	if (r->has_nonce) {
		line(out, depth + 1, "clientNonce: ");
		text_add_hex(out, r->nonce.p, r->nonce.n);
		text_add(out, "\n");
	}
}

static void describe_text(const char *name, struct rd utf16, unsigned depth, struct text *out)
{
	line(out, depth, name);
	text_add(out, ": ");
	for (size_t i = 0; i + 1 < utf16.n; i += 2) {
		WCHAR c = (WCHAR)(utf16.p[i] | utf16.p[i + 1] << 8);
		text_add_utf16(out, &c, 1);
	}
	text_add(out, "\n");
}

static void describe_optional(const char *name, struct rd utf16, unsigned depth, struct text *out)
{
	if (utf16.n)
		describe_text(name, utf16, depth, out);
}

static void describe_secret(const char *name, struct rd utf16, unsigned depth, struct text *out)
{
	line(out, depth, name);
	text_add(out, ": %zu characters, not shown\n", utf16.n / 2);
}

static void describe_card(const struct ts_credentials *c, unsigned depth, struct text *out)
{
	describe_secret("pin", c->password, depth, out);
	line(out, depth, "keySpec: ");
	text_add(out, "%u\n", (unsigned)c->csp.key_spec);
	describe_optional("cardName", c->csp.card, depth, out);
	describe_optional("readerName", c->csp.reader, depth, out);
	describe_optional("containerName", c->csp.container, depth, out);
	describe_optional("cspName", c->csp.csp, depth, out);
	describe_optional("userHint", c->user, depth, out);
	describe_optional("domainHint", c->domain, depth, out);
}

static void describe_guard(const struct ts_credentials *c, unsigned depth, struct text *out)
{
	describe_text("packageName", c->package, depth, out);
	describe_sealed("credBuffer", true, c->buffer, depth, out);
	line(out, depth, "supplementalCreds: ");
	text_add(out, "%zu\n", c->supplemental);
}

static void describe_credentials(const struct ts_credentials *c, unsigned depth, struct text *out)
{
	line(out, depth, "TSCredentials\n");
	line(out, depth + 1, "credType: ");
	text_add(out, "%u\n", (unsigned)c->type);
	if (c->type == TS_CRED_SMART_CARD) {
		describe_card(c, depth + 1, out);
	} else if (c->type == TS_CRED_REMOTE_GUARD) {
		describe_guard(c, depth + 1, out);
	} else {
		describe_text("domainName", c->domain, depth + 1, out);
		describe_text("userName", c->user, depth + 1, out);
		describe_secret("password", c->password, depth + 1, out);
	}
}

bool ts_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out)
{
	struct ts_request request;
	struct ts_credentials credentials;

	if (ts_credentials_parse(rd_of(token, len), &credentials)) {
		describe_credentials(&credentials, depth, out);
		return true;
	}
	if (!ts_request_parse(rd_of(token, len), &request))
		return false;
	describe_request(&request, depth, out);
	return true;
}
