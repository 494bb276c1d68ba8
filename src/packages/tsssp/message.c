/* packages/tsssp/message.c - see packages/tsssp/message.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/tsssp/message.h"
#include "wire/der.h"

/* ---- elements ---- */

/* A definite length of up to four bytes in any form: some clients (rdesktop) always write two. */
static bool take_length(struct rd *r, size_t *out)
{
	uint8_t first, byte;

	if (!rd_u8(r, &first) || first == 0x80 || first > 0x84)
		return false;
	*out = first < 0x80 ? first : 0;
	for (size_t i = 0x80; i < first; i++) {
		if (!rd_u8(r, &byte))
			return false;
		*out = *out << 8 | byte;
	}
	return true;
}

static bool take_any(struct rd *r, uint8_t *tag, struct rd *contents)
{
	struct rd copy = *r;
	size_t length;

	if (!rd_u8(&copy, tag) || (*tag & 0x1F) == 0x1F || !take_length(&copy, &length) ||
	    !rd_bytes(&copy, length, contents))
		return false;
	*r = copy;
	return true;
}

static bool take(struct rd *r, uint8_t tag, struct rd *contents)
{
	uint8_t t;
	return der_next_is(*r, tag) && take_any(r, &t, contents);
}

/* ---- TSRequest ---- */

enum ts_frame ts_request_frame(struct rd bytes, size_t *len)
{
	size_t count, length = 0;

	*len = 1;
	if (bytes.n == 0)
		return TS_FRAME_PARTIAL;
	if (bytes.p[0] != DER_SEQUENCE)
		return TS_FRAME_BAD;
	if (bytes.n == 1)
		return TS_FRAME_PARTIAL;
	count = bytes.p[1] < 0x80 ? 0 : bytes.p[1] & 0x7Fu;
	if (bytes.p[1] == 0x80 || count > 4)
		return TS_FRAME_BAD;
	if (bytes.n < 2 + count) {
		*len = 2 + count - bytes.n;
		return TS_FRAME_PARTIAL;
	}
	for (size_t i = 0; i < count; i++)
		length = length << 8 | bytes.p[2 + i];
	length = count ? length : bytes.p[1];
	if (length > TS_REQUEST_MAX - 2 - count)
		return TS_FRAME_BAD;
	length += 2 + count;
	*len = length > bytes.n ? length - bytes.n : length;
	return length > bytes.n ? TS_FRAME_PARTIAL : TS_FRAME_WHOLE;
}

/* NegoData of exactly one negoToken. */
static bool parse_nego(struct rd field, struct rd *out)
{
	struct rd list, item, token;

	return take(&field, DER_SEQUENCE, &list) && rd_empty(field) &&
	       take(&list, DER_SEQUENCE, &item) && rd_empty(list) &&
	       take(&item, DER_CONTEXT(0), &token) && rd_empty(item) &&
	       take(&token, DER_OCTET_STRING, out) && rd_empty(token);
}

static bool parse_octets(struct rd field, struct rd *out)
{
	return take(&field, DER_OCTET_STRING, out) && rd_empty(field);
}

static bool parse_field(unsigned number, struct rd field, struct ts_request *out)
{
	switch (number) {
	case 0:
		return der_small_uint(&field, &out->version) && rd_empty(field);
	case 1:
		out->has_nego = true;
		return parse_nego(field, &out->nego_token);
	case 2:
		out->has_auth_info = true;
		return parse_octets(field, &out->auth_info);
	case 3:
		out->has_pub_key_auth = true;
		return parse_octets(field, &out->pub_key_auth);
	case 4:
		out->has_error = true;
		return der_u32(&field, &out->error_code) && rd_empty(field);
	case 5:
		out->has_nonce = true;
		return parse_octets(field, &out->nonce);
	default:
		return true;
	}
}

bool ts_request_parse(struct rd message, struct ts_request *out)
{
	struct rd body, field;
	int last = -1;
	uint8_t tag;

	*out = (struct ts_request){ 0 };
	if (!take(&message, DER_SEQUENCE, &body) || !rd_empty(message))
		return false;
	while (!rd_empty(body)) {
		if (!take_any(&body, &tag, &field) || (tag & 0xE0) != DER_CONTEXT(0))
			return false;
		int number = tag & 0x1F;
		if (number <= last || (last < 0 && number != 0) ||
		    !parse_field((unsigned)number, field, out))
			return false;
		last = number;
	}
	return last >= 0;
}

static void write_octets_field(struct wr *w, unsigned number, struct rd bytes)
{
	size_t place = der_begin(w, (uint8_t)DER_CONTEXT(number));
	der_put_octets(w, bytes);
	der_end(w, place);
}

static void write_nego(struct wr *w, struct rd token)
{
	size_t field = der_begin(w, DER_CONTEXT(1)), list = der_begin(w, DER_SEQUENCE),
	       item = der_begin(w, DER_SEQUENCE);
	write_octets_field(w, 0, token);
	der_end(w, item);
	der_end(w, list);
	der_end(w, field);
}

void ts_request_write(struct wr *w, const struct ts_request *request)
{
	size_t body = der_begin(w, DER_SEQUENCE), field = der_begin(w, DER_CONTEXT(0));

	der_put_uint(w, request->version);
	der_end(w, field);
	if (request->has_nego)
		write_nego(w, request->nego_token);
	if (request->has_auth_info)
		write_octets_field(w, 2, request->auth_info);
	if (request->has_pub_key_auth)
		write_octets_field(w, 3, request->pub_key_auth);
	if (request->has_error) {
		field = der_begin(w, DER_CONTEXT(4));
		der_put_status(w, request->error_code);
		der_end(w, field);
	}
	if (request->has_nonce)
		write_octets_field(w, 5, request->nonce);
	der_end(w, body);
}

/* ---- TSCredentials ---- */

#define TEXT_MAX 0xFFFEu /* of a UNICODE_STRING, which holds them afterwards */

/* Takes the field [number], which holds one OCTET STRING. */
static bool take_octets(struct rd *r, unsigned number, struct rd *out)
{
	struct rd field;
	return take(r, (uint8_t)DER_CONTEXT(number), &field) && parse_octets(field, out);
}

/* Cuts trailing NULs off and accepts what is left only as sound UTF-16LE text. */
static bool trim_text(struct rd *text)
{
	WCHAR high = 0;

	if (text->n % 2)
		return false;
	while (text->n && text->p[text->n - 1] == 0 && text->p[text->n - 2] == 0)
		text->n -= 2;
	if (text->n > TEXT_MAX)
		return false;
	for (size_t i = 0; i < text->n; i += 2) {
		WCHAR c = (WCHAR)(text->p[i] | text->p[i + 1] << 8);
		bool low = c >= 0xDC00 && c < 0xE000;
		if (c == 0 || low != (high != 0))
			return false;
		high = c >= 0xD800 && c < 0xDC00 ? c : 0;
	}
	return high == 0;
}

static bool parse_password(struct rd body, struct ts_credentials *out)
{
	return take_octets(&body, 0, &out->domain) && take_octets(&body, 1, &out->user) &&
	       take_octets(&body, 2, &out->password) && rd_empty(body) && trim_text(&out->domain) &&
	       trim_text(&out->user) && trim_text(&out->password);
}

/* An optional text: absent is empty, malformed is not. */
static bool take_text(struct rd *r, unsigned number, struct rd *out)
{
	*out = rd_of(NULL, 0);
	return !der_next_is(*r, (uint8_t)DER_CONTEXT(number)) ||
	       (take_octets(r, number, out) && trim_text(out));
}

/* TSCspDataDetail. [MS-CSSP] 2.2.1.2.2.1 */
static bool parse_csp(struct rd csp, struct csp_info *out)
{
	struct rd number;

	return take(&csp, DER_CONTEXT(0), &number) && der_u32(&number, &out->key_spec) &&
	       rd_empty(number) && take_text(&csp, 1, &out->card) &&
	       take_text(&csp, 2, &out->reader) && take_text(&csp, 3, &out->container) &&
	       take_text(&csp, 4, &out->csp) && rd_empty(csp);
}

/* TSSmartCardCreds. [MS-CSSP] 2.2.1.2.2 */
static bool parse_smart_card(struct rd body, struct ts_credentials *out)
{
	struct rd field, csp;

	return take_octets(&body, 0, &out->password) && trim_text(&out->password) &&
	       take(&body, DER_CONTEXT(1), &field) && take(&field, DER_SEQUENCE, &csp) &&
	       rd_empty(field) && parse_csp(csp, &out->csp) && take_text(&body, 2, &out->user) &&
	       take_text(&body, 3, &out->domain) && rd_empty(body);
}

/* TSRemoteGuardPackageCred: a package's name and its buffer. */
static bool parse_package_cred(struct rd body, struct rd *name, struct rd *buffer)
{
	return take_octets(&body, 0, name) && trim_text(name) && take_octets(&body, 1, buffer) &&
	       rd_empty(body);
}

/* TSRemoteGuardCreds; an empty list of supplemental credentials is fine. [MS-CSSP] 2.2.1.2.3 */
static bool parse_remote_guard(struct rd body, struct ts_credentials *out)
{
	struct rd field, cred, list, name, buffer;

	if (!take(&body, DER_CONTEXT(0), &field) || !take(&field, DER_SEQUENCE, &cred) ||
	    !rd_empty(field) || !parse_package_cred(cred, &out->package, &out->buffer))
		return false;
	if (rd_empty(body))
		return true;
	if (!take(&body, DER_CONTEXT(1), &field) || !rd_empty(body) ||
	    !take(&field, DER_SEQUENCE, &list) || !rd_empty(field))
		return false;
	for (; !rd_empty(list); out->supplemental++)
		if (!take(&list, DER_SEQUENCE, &cred) || !parse_package_cred(cred, &name, &buffer))
			return false;
	return true;
}

bool ts_credentials_parse(struct rd message, struct ts_credentials *out)
{
	struct rd body, number, inner, creds;
	uint32_t type;

	*out = (struct ts_credentials){ 0 };
	if (!take(&message, DER_SEQUENCE, &body) || !rd_empty(message) ||
	    !take(&body, DER_CONTEXT(0), &number) || !der_small_uint(&number, &type) ||
	    !rd_empty(number))
		return false;
	if (!take_octets(&body, 1, &inner) || !rd_empty(body) ||
	    !take(&inner, DER_SEQUENCE, &creds) || !rd_empty(inner))
		return false;
	out->type = (enum ts_cred_type)type;
	switch (type) {
	case TS_CRED_PASSWORD:
		return parse_password(creds, out);
	case TS_CRED_SMART_CARD:
		return parse_smart_card(creds, out);
	case TS_CRED_REMOTE_GUARD:
		return parse_remote_guard(creds, out);
	default:
		return false;
	}
}

/* Where the lengths of what is open are to be filled in. */
struct open_credentials {
	size_t outer, field, octets, inner;
};

static struct open_credentials begin_credentials(struct wr *w, enum ts_cred_type type)
{
	struct open_credentials o;

	o.outer = der_begin(w, DER_SEQUENCE);
	o.field = der_begin(w, DER_CONTEXT(0));
	der_put_uint(w, type);
	der_end(w, o.field);
	o.field = der_begin(w, DER_CONTEXT(1));
	o.octets = der_begin(w, DER_OCTET_STRING);
	o.inner = der_begin(w, DER_SEQUENCE);
	return o;
}

static void end_credentials(struct wr *w, const struct open_credentials *o)
{
	der_end(w, o->inner);
	der_end(w, o->octets);
	der_end(w, o->field);
	der_end(w, o->outer);
}

void ts_credentials_write(struct wr *w, struct rd domain, struct rd user, struct rd password)
{
	struct open_credentials o = begin_credentials(w, TS_CRED_PASSWORD);

	write_octets_field(w, 0, domain);
	write_octets_field(w, 1, user);
	write_octets_field(w, 2, password);
	end_credentials(w, &o);
}

static void write_text_field(struct wr *w, unsigned number, struct rd text)
{
	if (text.n)
		write_octets_field(w, number, text);
}

void ts_smart_card_write(struct wr *w, const struct ts_credentials *c)
{
	struct open_credentials o = begin_credentials(w, TS_CRED_SMART_CARD);

	write_octets_field(w, 0, c->password);
	size_t field = der_begin(w, DER_CONTEXT(1)), csp = der_begin(w, DER_SEQUENCE),
	       number = der_begin(w, DER_CONTEXT(0));
	der_put_uint(w, c->csp.key_spec);
	der_end(w, number);
	write_text_field(w, 1, c->csp.card);
	write_text_field(w, 2, c->csp.reader);
	write_text_field(w, 3, c->csp.container);
	write_text_field(w, 4, c->csp.csp);
	der_end(w, csp);
	der_end(w, field);
	write_text_field(w, 2, c->user);
	write_text_field(w, 3, c->domain);
	end_credentials(w, &o);
}

void ts_remote_guard_write(struct wr *w, struct rd package, struct rd buffer)
{
	struct open_credentials o = begin_credentials(w, TS_CRED_REMOTE_GUARD);

	size_t field = der_begin(w, DER_CONTEXT(0)), cred = der_begin(w, DER_SEQUENCE);
	write_octets_field(w, 0, package);
	write_octets_field(w, 1, buffer);
	der_end(w, cred);
	der_end(w, field);
	end_credentials(w, &o);
}
