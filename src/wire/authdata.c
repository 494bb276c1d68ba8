/* wire/authdata.c - see wire/authdata.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * An identity is a SEC_WINNT_AUTH_IDENTITY_EX2 whose password, or the logon by certificate, stands in a
 * SEC_WINNT_AUTH_PACKED_CREDENTIALS behind the names. */
#include "base/base.h"

#include "base/utf.h"
#include "wire/authdata.h"
#include "wire/kerblogon.h"

#define EX2_VERSION 0x201
#define EX2_HEADER_LEN 48
#define PACKED_HEADER_LEN 28
#define PACKED_DATA_LEN 8 /* SEC_WINNT_AUTH_DATA_PASSWORD */
#define FLAG_UNICODE 0x2u
#define FLAG_NULL_USER 0x20000u
#define FLAG_NULL_DOMAIN 0x40000u
#define FIELD_MAX 0xFFFE
#define OWN_BLOCK                                                                                  \
	0x80000000u /* with the count of a block of ours, so that none looks like an EX2 */

/* SEC_WINNT_AUTH_DATA_TYPE_PASSWORD, 28bfc32f-10f6-4738-98d1-1ac061df716a, as it lies in memory. */
static const uint8_t password_type[16] = { 0x2F, 0xC3, 0xBF, 0x28, 0xF6, 0x10, 0x38, 0x47,
					   0x98, 0xD1, 0x1A, 0xC0, 0x61, 0xDF, 0x71, 0x6A };

/* SEC_WINNT_AUTH_DATA_TYPE_CSP_DATA, 68fd9879-079c-4dfe-8281-578aadc1c100. */
static const uint8_t csp_type[16] = { 0x79, 0x98, 0xFD, 0x68, 0x9C, 0x07, 0xFE, 0x4D,
				      0x82, 0x81, 0x57, 0x8A, 0xAD, 0xC1, 0xC1, 0x00 };

struct rd authdata_block(const void *p)
{
	const uint8_t *bytes = p;
	if (!p)
		return rd_of(NULL, 0);
	uint32_t first = u32le_at(bytes);
	uint32_t n = first == EX2_VERSION ? u32le_at(bytes + 8) : first & ~OWN_BLOCK;
	return n <= AUTHDATA_MAX ? rd_of(p, n) : rd_of(NULL, 0);
}

/* ---- identity ---- */

/* A u32 offset and u16 length pair with its two bytes of padding; moves the offset on. */
static void write_vector(struct wr *w, size_t len, size_t *offset)
{
	wr_u32le(w, len ? (uint32_t)*offset : 0);
	wr_u16le(w, (uint16_t)len);
	wr_u16le(w, 0);
	*offset += len;
}

/* What goes into the packed credentials: a password behind a vector of its own, a certificate's logon. */
struct packed {
	const uint8_t *type;
	struct rd data;
	size_t vector; /* bytes of the vector */
};

static struct packed packed_of(const struct identity_view *id)
{
	if (id->certificate.n)
		return (struct packed){ csp_type, id->certificate, 0 };
	return (struct packed){ password_type, id->password, PACKED_DATA_LEN };
}

static size_t packed_len(const struct identity_view *id)
{
	struct packed p = packed_of(id);
	return id->has_password || id->certificate.n ? PACKED_HEADER_LEN + p.vector + p.data.n : 0;
}

static void write_packed(struct wr *w, const struct identity_view *id)
{
	struct packed p = packed_of(id);

	wr_u16le(w, PACKED_HEADER_LEN);
	wr_u16le(w, (uint16_t)packed_len(id));
	wr_bytes(w, p.type, sizeof(password_type));
	wr_u32le(w, PACKED_HEADER_LEN);
	wr_u16le(w, (uint16_t)(p.vector ? p.vector : p.data.n));
	wr_u16le(w, 0);
	if (p.vector) {
		wr_u32le(w, PACKED_HEADER_LEN + PACKED_DATA_LEN);
		wr_u16le(w, (uint16_t)p.data.n);
		wr_u16le(w, 0);
	}
	wr_rd(w, p.data);
}

void identity_write(struct wr *w, const struct identity_view *id)
{
	size_t packed = packed_len(id);
	size_t start = w->len, offset = EX2_HEADER_LEN;
	uint32_t flags = (id->flags & ~(FLAG_NULL_USER | FLAG_NULL_DOMAIN)) | FLAG_UNICODE |
			 (id->has_user ? 0 : FLAG_NULL_USER) |
			 (id->has_domain ? 0 : FLAG_NULL_DOMAIN);

	if (id->user.n > FIELD_MAX || id->domain.n > FIELD_MAX || packed > FIELD_MAX ||
	    id->packages.n > FIELD_MAX || (id->has_password && id->certificate.n)) {
		w->failed = true;
		return;
	}
	wr_u32le(w, EX2_VERSION);
	wr_u16le(w, EX2_HEADER_LEN);
	wr_u16le(w, 0);
	size_t total = wr_hold(w, 4);
	write_vector(w, id->has_user ? id->user.n : 0, &offset);
	write_vector(w, id->has_domain ? id->domain.n : 0, &offset);
	write_vector(w, packed, &offset);
	wr_u32le(w, flags);
	write_vector(w, id->packages.n, &offset);
	if (id->has_user)
		wr_rd(w, id->user);
	if (id->has_domain)
		wr_rd(w, id->domain);
	if (packed)
		write_packed(w, id);
	wr_rd(w, id->packages);
	wr_fill_u32le(w, total, (uint32_t)(w->len - start));
}

static bool read_vector(struct rd *r, struct rd whole, struct rd *out)
{
	uint32_t offset;
	uint16_t len, padding;

	if (!rd_u32le(r, &offset) || !rd_u16le(r, &len) || !rd_u16le(r, &padding))
		return false;
	if (len == 0) {
		*out = rd_of(whole.p, 0);
		return true;
	}
	return rd_at(whole, offset, len, out);
}

/* UTF-16LE bytes: an even number, no lone surrogate, no NUL inside. */
static bool is_text(struct rd bytes)
{
	bool good = bytes.n % 2 == 0;
	WCHAR high = 0;

	for (size_t i = 0; good && i + 1 < bytes.n; i += 2) {
		WCHAR c = (WCHAR)(bytes.p[i] | bytes.p[i + 1] << 8);
		bool low = c >= 0xDC00 && c < 0xE000;
		good = c != 0 && low == (high != 0);
		high = c >= 0xD800 && c < 0xDC00 ? c : 0;
	}
	return good && high == 0;
}

static bool read_certificate(struct rd data, struct identity_view *out)
{
	struct certificate_logon logon;

	out->certificate = data;
	return certificate_logon_read(data, &logon);
}

static bool read_password(struct rd data, struct rd packed, struct identity_view *out)
{
	out->has_password = true;
	return data.n >= PACKED_DATA_LEN && read_vector(&data, packed, &out->password);
}

static bool read_packed(struct rd packed, struct identity_view *out)
{
	uint16_t header, total;
	struct rd r = packed, data, type;

	if (!rd_u16le(&r, &header) || !rd_u16le(&r, &total) || header != PACKED_HEADER_LEN ||
	    total > packed.n)
		return false;
	packed.n = total;
	if (!rd_bytes(&r, sizeof(password_type), &type) || !read_vector(&r, packed, &data))
		return false;
	if (memcmp(type.p, csp_type, sizeof(csp_type)) == 0)
		return read_certificate(data, out);
	return memcmp(type.p, password_type, sizeof(password_type)) == 0 &&
	       read_password(data, packed, out);
}

/* The head: all fields but the password's, which is given as it is packed. */
static bool read_head(struct rd block, struct identity_view *out, struct rd *packed)
{
	struct rd r = block;
	uint32_t version, total;
	uint16_t header, padding;

	return rd_u32le(&r, &version) && version == EX2_VERSION && rd_u16le(&r, &header) &&
	       header >= EX2_HEADER_LEN && rd_u16le(&r, &padding) && rd_u32le(&r, &total) &&
	       total == block.n && read_vector(&r, block, &out->user) &&
	       read_vector(&r, block, &out->domain) && read_vector(&r, block, packed) &&
	       rd_u32le(&r, &out->flags) && read_vector(&r, block, &out->packages);
}

bool identity_read(struct rd block, struct identity_view *out)
{
	struct rd packed;

	*out = (struct identity_view){ 0 };
	if (!read_head(block, out, &packed))
		return false;
	out->has_user = !(out->flags & FLAG_NULL_USER);
	out->has_domain = !(out->flags & FLAG_NULL_DOMAIN);
	if (packed.n && !read_packed(packed, out))
		return false;
	if ((!out->has_user && out->user.n) || (!out->has_domain && out->domain.n))
		return false;
	return is_text(out->user) && is_text(out->domain) && is_text(out->packages) &&
	       is_text(out->password);
}

/* ---- Schannel ---- */

void schannel_auth_write(struct wr *w, const struct schannel_auth *a)
{
	size_t start = w->len, total = wr_hold(w, 4);

	wr_u32le(w, a->flags);
	wr_u32le(w, a->protocols);
	wr_u32le(w, a->disabled);
	wr_u32le(w, a->lifespan);
	wr_u8(w, a->has_certificate);
	wr_counted(w, a->certificates.p, a->certificates.n);
	wr_counted(w, a->key.p, a->key.n);
	wr_fill_u32le(w, total, OWN_BLOCK | (uint32_t)(w->len - start));
}

/* A truth value is one byte, 0 or 1. */
static bool read_bool(struct rd *r, bool *out)
{
	uint8_t v;
	if (!rd_u8(r, &v) || v > 1)
		return false;
	*out = v == 1;
	return true;
}

bool schannel_auth_read(struct rd block, struct schannel_auth *out)
{
	struct rd r = block;
	uint32_t total;

	*out = (struct schannel_auth){ 0 };
	return rd_u32le(&r, &total) && total == (OWN_BLOCK | block.n) &&
	       rd_u32le(&r, &out->flags) && rd_u32le(&r, &out->protocols) &&
	       rd_u32le(&r, &out->disabled) && rd_u32le(&r, &out->lifespan) &&
	       read_bool(&r, &out->has_certificate) && rd_counted(&r, &out->certificates) &&
	       rd_counted(&r, &out->key) && rd_empty(r);
}

/* ---- CredSSP ---- */

void credssp_auth_write(struct wr *w, const struct credssp_auth *a)
{
	size_t start = w->len, total = wr_hold(w, 4);

	wr_u32le(w, a->submit_type);
	wr_u32le(w, a->flags);
	wr_u8(w, a->has_schannel);
	wr_u8(w, a->has_identity);
	wr_counted(w, a->schannel.p, a->schannel.n);
	wr_counted(w, a->identity.p, a->identity.n);
	wr_fill_u32le(w, total, OWN_BLOCK | (uint32_t)(w->len - start));
}

bool credssp_auth_read(struct rd block, struct credssp_auth *out)
{
	struct rd r = block;
	uint32_t total;

	*out = (struct credssp_auth){ 0 };
	return rd_u32le(&r, &total) && total == (OWN_BLOCK | block.n) &&
	       rd_u32le(&r, &out->submit_type) && rd_u32le(&r, &out->flags) &&
	       read_bool(&r, &out->has_schannel) && read_bool(&r, &out->has_identity) &&
	       rd_counted(&r, &out->schannel) && rd_counted(&r, &out->identity) && rd_empty(r);
}
