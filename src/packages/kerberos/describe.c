/* packages/kerberos/describe.c - see packages/kerberos/describe.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Messages are read whole, RFC 4120 5, before a line of them is written. */
#include "base/base.h"

#include <inttypes.h>

#include "packages/kerberos/describe.h"
#include "packages/kerberos/message.h"
#include "wire/der.h"

#define APPLICATION(n) (0x60u | (n))
#define GENERAL_STRING 0x1Bu
#define GENERALIZED_TIME 0x18u

#define CFX_MIC 0x0404u
#define CFX_WRAP 0x0504u
#define CFX_HEADER 16u

/* Where the tree is being written. */
struct page {
	struct text *out;
	unsigned depth;
};

static void line(struct page p, const char *name)
{
	text_add(p.out, "%*s%s", (int)(p.depth * 2), "", name);
}

static struct page below(struct page p)
{
	return (struct page){ p.out, p.depth + 1 };
}

/* KerberosString is ASCII in practice; what is none is shown escaped. */
static void add_text(struct text *out, struct rd text)
{
	uint8_t byte;

	while (rd_u8(&text, &byte))
		text_add_utf16(out, &(WCHAR){ byte }, 1);
}

static void line_text(struct page p, const char *name, struct rd text)
{
	line(p, name);
	text_add(p.out, ": ");
	add_text(p.out, text);
	text_add(p.out, "\n");
}

/* ---- the pieces of RFC 4120 ---- */

/* The contents of [n] when it comes next. */
static bool take_field(struct rd *r, unsigned n, struct rd *out)
{
	return der_take(r, (uint8_t)DER_CONTEXT(n), out);
}

static bool take_number(struct rd *r, unsigned n, uint32_t *out)
{
	struct rd field;
	return take_field(r, n, &field) && der_u32(&field, out) && rd_empty(field);
}

static bool take_string(struct rd *r, unsigned n, struct rd *out)
{
	struct rd field;
	return take_field(r, n, &field) && der_take(&field, GENERAL_STRING, out) && rd_empty(field);
}

/* PrincipalName: the SEQUENCE OF its components. */
static bool take_name(struct rd *r, unsigned n, struct rd *components)
{
	struct rd field, name, list, probe, one;
	uint32_t type;

	if (!take_field(r, n, &field) || !der_take(&field, DER_SEQUENCE, &name) ||
	    !take_number(&name, 0, &type) || !take_field(&name, 1, &list) ||
	    !der_take(&list, DER_SEQUENCE, components))
		return false;
	for (probe = *components; !rd_empty(probe);)
		if (!der_take(&probe, GENERAL_STRING, &one))
			return false;
	return true;
}

static void line_name(struct page p, const char *name, struct rd components, struct rd realm)
{
	struct rd one;
	const char *between = "";

	line(p, name);
	text_add(p.out, ": ");
	while (der_take(&components, GENERAL_STRING, &one)) {
		text_add(p.out, "%s", between);
		add_text(p.out, one);
		between = "/";
	}
	if (realm.n) {
		text_add(p.out, "@");
		add_text(p.out, realm);
	}
	text_add(p.out, "\n");
}

/* EncryptedData */
struct enciphered {
	uint32_t etype, kvno;
	bool has_kvno;
	size_t n;
};

static bool take_enciphered(struct rd *r, unsigned n, struct enciphered *out)
{
	struct rd field, data, octets, cipher;

	if (!take_field(r, n, &field) || !der_take(&field, DER_SEQUENCE, &data) ||
	    !take_number(&data, 0, &out->etype))
		return false;
	out->has_kvno = der_next_is(data, (uint8_t)DER_CONTEXT(1));
	if (out->has_kvno && !take_number(&data, 1, &out->kvno))
		return false;
	if (!take_field(&data, 2, &octets) || !der_octets(&octets, &cipher))
		return false;
	out->n = cipher.n;
	return true;
}

static const char *etype_name(uint32_t etype)
{
	static const struct {
		uint32_t number;
		const char *name;
	} names[] = {
		{ 3, "des-cbc-md5" },
		{ 16, "des3-cbc-sha1" },
		{ 17, "aes128-cts-hmac-sha1-96" },
		{ 18, "aes256-cts-hmac-sha1-96" },
		{ 19, "aes128-cts-hmac-sha256-128" },
		{ 20, "aes256-cts-hmac-sha384-192" },
		{ 23, "arcfour-hmac" },
		{ 24, "arcfour-hmac-exp" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].number == etype)
			return names[i].name;
	return "another enctype";
}

static void line_enciphered(struct page p, const char *name, const struct enciphered *e)
{
	line(p, name);
	text_add(p.out, ": %zu enciphered bytes, %s (%" PRIu32 ")", e->n, etype_name(e->etype),
		 e->etype);
	if (e->has_kvno)
		text_add(p.out, ", key version %" PRIu32, e->kvno);
	text_add(p.out, "\n");
}

struct ticket {
	struct rd realm, server;
	struct enciphered part;
};

static bool take_ticket(struct rd *r, unsigned n, struct ticket *out)
{
	struct rd field, ticket, body;
	uint32_t version;

	return take_field(r, n, &field) && der_take(&field, APPLICATION(1), &ticket) &&
	       der_take(&ticket, DER_SEQUENCE, &body) && take_number(&body, 0, &version) &&
	       take_string(&body, 1, &out->realm) && take_name(&body, 2, &out->server) &&
	       take_enciphered(&body, 3, &out->part);
}

static void ticket_lines(struct page p, const struct ticket *t)
{
	line_name(p, "ticket for", t->server, t->realm);
	line_enciphered(below(p), "content", &t->part);
}

/* Opens an [APPLICATION n] message with its version and type, as RFC 4120 begins them all. */
static bool message_open(struct rd token, unsigned type, struct rd *body)
{
	struct rd message;
	uint32_t version, number;

	return der_take(&token, (uint8_t)APPLICATION(type), &message) &&
	       der_take(&message, DER_SEQUENCE, body) && take_number(body, 0, &version) &&
	       take_number(body, 1, &number) && number == type;
}

/* ---- messages ---- */

static bool describe_ap_req(struct page p, struct rd token)
{
	struct rd body, field, bits;
	struct enciphered authenticator;
	struct ticket ticket;

	if (!message_open(token, 14, &body) || !take_field(&body, 2, &field) ||
	    !der_take(&field, DER_BIT_STRING, &bits) || bits.n < 2 ||
	    !take_ticket(&body, 3, &ticket) || !take_enciphered(&body, 4, &authenticator))
		return false;
	line(p, "Kerberos AP-REQ\n");
	p = below(p);
	line(p, "options:");
	text_add(p.out, "%s%s%s\n", bits.p[1] & 0x40 ? " use-session-key" : "",
		 bits.p[1] & 0x20 ? " mutual-required" : "", bits.p[1] & 0x60 ? "" : " none");
	ticket_lines(p, &ticket);
	line_enciphered(p, "authenticator", &authenticator);
	return true;
}

static bool describe_ap_rep(struct page p, struct rd token)
{
	struct enciphered part;
	struct rd body;

	if (!message_open(token, 15, &body) || !take_enciphered(&body, 2, &part))
		return false;
	line(p, "Kerberos AP-REP\n");
	line_enciphered(below(p), "content", &part);
	return true;
}

/* The codes that people meet. RFC 4120 7.5.9 */
static const char *error_name(uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *name;
	} names[] = {
		{ 6, "client unknown" },
		{ 7, "server unknown" },
		{ 14, "enctype not supported" },
		{ 18, "account disabled or locked" },
		{ 23, "password expired" },
		{ 24, "pre-authentication failed" },
		{ 25, "pre-authentication required" },
		{ 31, "integrity check failed" },
		{ 32, "ticket expired" },
		{ 33, "ticket not valid yet" },
		{ 34, "replay" },
		{ 35, "ticket is not for us" },
		{ 36, "ticket and authenticator do not match" },
		{ 37, "clock skew too great" },
		{ 41, "message modified" },
		{ 44, "no key of that version" },
		{ 45, "service key not available" },
		{ 60, "generic error" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "another error";
}

static bool skip_optional(struct rd *r, unsigned n)
{
	struct rd field;
	return !der_next_is(*r, (uint8_t)DER_CONTEXT(n)) || take_field(r, n, &field);
}

struct error {
	struct rd time, client_realm, client, realm, server, text;
	uint32_t code;
	bool has_client, has_text;
};

static bool take_error(struct rd body, struct error *out)
{
	struct rd field;

	if (!skip_optional(&body, 2) || !skip_optional(&body, 3) || !take_field(&body, 4, &field) ||
	    !der_take(&field, GENERALIZED_TIME, &out->time) || !skip_optional(&body, 5) ||
	    !take_number(&body, 6, &out->code))
		return false;
	out->has_client = der_next_is(body, (uint8_t)DER_CONTEXT(7));
	if (out->has_client && !take_string(&body, 7, &out->client_realm))
		return false;
	out->has_client = der_next_is(body, (uint8_t)DER_CONTEXT(8));
	if (out->has_client && !take_name(&body, 8, &out->client))
		return false;
	if (!take_string(&body, 9, &out->realm) || !take_name(&body, 10, &out->server))
		return false;
	out->has_text = der_next_is(body, (uint8_t)DER_CONTEXT(11));
	return !out->has_text || take_string(&body, 11, &out->text);
}

static bool describe_error(struct page p, struct rd token)
{
	struct error e = { 0 };
	struct rd body;

	if (!message_open(token, 30, &body) || !take_error(body, &e))
		return false;
	line(p, "Kerberos KRB-ERROR\n");
	p = below(p);
	line(p, "error: ");
	text_add(p.out, "%" PRIu32 ", %s\n", e.code, error_name(e.code));
	line_text(p, "server time", e.time);
	if (e.has_client)
		line_name(p, "client", e.client, e.client_realm);
	line_name(p, "server", e.server, e.realm);
	if (e.has_text)
		line_text(p, "text", e.text);
	return true;
}

/* KERB-TGT-REQUEST and KERB-TGT-REPLY of user-to-user; these are bare SEQUENCEs. */
static bool tgt_open(struct rd token, uint32_t type, struct rd *body)
{
	uint32_t version, number;

	return der_take(&token, DER_SEQUENCE, body) && take_number(body, 0, &version) &&
	       take_number(body, 1, &number) && number == type;
}

static bool describe_tgt_req(struct page p, struct rd token)
{
	struct rd body, server = { 0 }, realm = { 0 };

	if (!tgt_open(token, 16, &body))
		return false;
	bool names = der_next_is(body, (uint8_t)DER_CONTEXT(2));
	if (names && !take_name(&body, 2, &server))
		return false;
	if (der_next_is(body, (uint8_t)DER_CONTEXT(3)) && !take_string(&body, 3, &realm))
		return false;
	line(p, "Kerberos TGT-REQ\n");
	if (names)
		line_name(below(p), "server", server, realm);
	return true;
}

static bool describe_tgt_rep(struct page p, struct rd token)
{
	struct ticket ticket;
	struct rd body;

	if (!tgt_open(token, 17, &body) || !take_ticket(&body, 2, &ticket))
		return false;
	line(p, "Kerberos TGT-REP\n");
	ticket_lines(below(p), &ticket);
	return true;
}

/* ---- tokens of messages ---- */

struct cfx_header {
	uint16_t kind, ec, rrc;
	uint8_t flags;
	uint64_t number;
};

static bool take_cfx(struct rd *token, struct cfx_header *out)
{
	struct rd h, filler;

	if (!rd_bytes(token, CFX_HEADER, &h) || !rd_u16be(&h, &out->kind) ||
	    !rd_u8(&h, &out->flags) || !rd_bytes(&h, 1, &filler) || !rd_u16be(&h, &out->ec) ||
	    !rd_u16be(&h, &out->rrc))
		return false;
	out->number = number_at(h.p, h.n);
	return filler.p[0] == 0xFF && out->flags <= 7 &&
	       (out->kind == CFX_MIC || out->kind == CFX_WRAP);
}

static bool describe_cfx(struct page p, struct rd token)
{
	struct cfx_header h;

	if (!take_cfx(&token, &h))
		return false;
	line(p, h.kind == CFX_MIC ? "Kerberos MIC\n" : "Kerberos wrap\n");
	p = below(p);
	line(p, "flags:");
	text_add(p.out, "%s%s%s\n", h.flags & 1 ? " from-acceptor" : " from-initiator",
		 h.flags & 2 ? " sealed" : "", h.flags & 4 ? " acceptor-subkey" : "");
	if (h.kind == CFX_WRAP) {
		line(p, "extra count: ");
		text_add(p.out, "%u, rotated right by %u\n", h.ec, h.rrc);
	}
	line(p, "number: ");
	text_add(p.out, "%" PRIu64 "\n", h.number);
	line(p, "protected: ");
	text_add(p.out, "%zu bytes\n", token.n);
	return true;
}

/* RFC 4757 7 and RFC 1964 1.2, behind the token's kind. */
static bool describe_old(struct page p, struct rd token, bool wraps)
{
	struct rd algorithms;

	if (!rd_bytes(&token, 6, &algorithms))
		return false;
	line(p, wraps ? "Kerberos wrap, RFC 4757\n" : "Kerberos MIC, RFC 4757\n");
	p = below(p);
	line(p, "algorithms: ");
	text_add_hex(p.out, algorithms.p, wraps ? 4 : 2);
	text_add(p.out, "%s\n",
		 wraps && algorithms.p[2] != 0xFF && algorithms.p[3] != 0xFF ? ", sealed" : "");
	line(p, "protected: ");
	text_add(p.out, "%zu bytes\n", token.n);
	return true;
}

/* ---- GSS frames ---- */

static bool is_kerberos(struct rd oid)
{
	static const struct {
		uint8_t n, bytes[10];
	} known[] = {
		{ 9, { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02 } },
		{ 9, { 0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02 } }, /* [MS-SPNG] */
		{ 10, { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 0x03 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (oid.n == known[i].n && memcmp(oid.p, known[i].bytes, oid.n) == 0)
			return true;
	return false;
}

static bool describe_framed(struct page p, struct rd token)
{
	uint16_t kind;

	if (!rd_u16be(&token, &kind))
		return false;
	switch (kind) {
	case 0x0100:
		return describe_ap_req(p, token);
	case 0x0200:
		return describe_ap_rep(p, token);
	case 0x0300:
		return describe_error(p, token);
	case 0x0400:
		return describe_tgt_req(p, token);
	case 0x0401:
		return describe_tgt_rep(p, token);
	case 0x0101:
		return describe_old(p, token, false);
	case 0x0201:
		return describe_old(p, token, true);
	default:
		return false;
	}
}

/* Without a frame: what follows DCE style's first leg, and RFC 4121's tokens. */
static bool describe_bare(struct page p, struct rd token)
{
	return describe_cfx(p, token) || describe_ap_req(p, token) || describe_ap_rep(p, token) ||
	       describe_error(p, token);
}

bool kerberos_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out)
{
	struct rd r = rd_of(token, len), frame, oid;
	struct page p = { out, depth };

	if (der_take(&r, APPLICATION(0), &frame))
		return der_take(&frame, DER_OID, &oid) && is_kerberos(oid) &&
		       describe_framed(p, frame);
	return describe_bare(p, r);
}
