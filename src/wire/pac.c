/* wire/pac.c - a PAC's KERB_VALIDATION_INFO: who a ticket is about; see wire/sids.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * NDR puts what pointers point at behind the structure, in the pointers' order, so everything has to be
 * walked to know where the SIDs are. Nothing is written before all of it was found sound. */
#include "base/base.h"

#include "wire/sids.h"

#define SERIALIZATION_VERSION 1
#define LITTLE_ENDIAN_NDR 0x10
#define COMMON_HEADER_LEN 8
#define TIMES_LEN 48 /* LogonTime to PasswordMustChange */
#define COUNTS_LEN 4 /* LogonCount, BadPasswordCount */
#define FLAGS_LEN 4
#define SESSION_KEY_LEN 16 /* UserSessionKey */
#define RESERVED_1_LEN 8
#define STATISTICS_LEN 32 /* UserAccountControl to Reserved3 */
#define MEMBERSHIP_LEN 8  /* a RID or a pointer, and attributes */
#define SID_FIXED_LEN 8
#define NAMES_BEFORE_GROUPS 6
#define NAMES_BEHIND_GROUPS 2
#define GROUP_IS_ENABLED 0x04u
#define GROUP_ONLY_DENIES 0x10u

/* The bytes, and how far into the object they are: NDR aligns by that. */
struct ndr {
	struct rd rest;
	const uint8_t *start;
};

struct names {
	uint32_t pointer[NAMES_BEFORE_GROUPS + NAMES_BEHIND_GROUPS];
};

struct validation {
	uint32_t user_id, primary_group_id;
	uint32_t group_count, groups_pointer;
	uint32_t domain_pointer;
	uint32_t extra_count, extra_pointer;
	uint32_t resource_domain_pointer;
	uint32_t resource_count, resource_pointer;
	struct names names;

	struct rd groups, domain, extra_rows, resource_domain, resources;
	struct ndr extra_sids; /* where their bytes begin */
};

/* ---- NDR ---- */

static bool ndr_align(struct ndr *n)
{
	size_t offset = (size_t)(n->rest.p - n->start);
	return rd_skip(&n->rest, (4 - offset % 4) % 4);
}

static bool ndr_u32(struct ndr *n, uint32_t *out)
{
	return ndr_align(n) && rd_u32le(&n->rest, out);
}

/* A conformant array's own count, which must be the one said before. */
static bool ndr_array(struct ndr *n, uint32_t count, size_t size, struct rd *out)
{
	uint32_t said;
	return ndr_u32(n, &said) && said == count && count <= SIDS_MAX &&
	       rd_bytes(&n->rest, count * size, out);
}

/* A conformant and varying string. */
static bool ndr_skip_text(struct ndr *n)
{
	uint32_t room, offset, count;
	return ndr_u32(n, &room) && ndr_u32(n, &offset) && ndr_u32(n, &count) && offset == 0 &&
	       count <= room && count <= n->rest.n / 2 && rd_skip(&n->rest, (size_t)count * 2);
}

static bool ndr_sid(struct ndr *n, struct rd *out)
{
	uint32_t count;
	char text[SID_TEXT_MAX];
	return ndr_u32(n, &count) && count <= UINT8_MAX &&
	       rd_bytes(&n->rest, SID_FIXED_LEN + count * sizeof(uint32_t), out) &&
	       sid_text(*out, NULL, text);
}

/* ---- the structure ---- */

/* The headers of type serialization version 1, [MS-RPCE] 2.2.6. */
static bool headers_read(struct rd info, struct ndr *out)
{
	uint8_t version, endianness;
	uint16_t length;
	uint32_t object;
	struct rd bytes;

	if (!rd_u8(&info, &version) || version != SERIALIZATION_VERSION ||
	    !rd_u8(&info, &endianness) || endianness != LITTLE_ENDIAN_NDR ||
	    !rd_u16le(&info, &length) || length != COMMON_HEADER_LEN || !rd_skip(&info, 4) ||
	    !rd_u32le(&info, &object) || !rd_skip(&info, 4) || !rd_bytes(&info, object, &bytes))
		return false;
	*out = (struct ndr){ .rest = bytes, .start = bytes.p };
	return true;
}

/* RPC_UNICODE_STRINGs: lengths of two bytes each, and a pointer. */
static bool names_read(struct ndr *n, uint32_t *pointer, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!rd_skip(&n->rest, 4) || !ndr_u32(n, &pointer[i]))
			return false;
	return true;
}

static bool user_read(struct ndr *n, struct validation *v)
{
	uint32_t top;

	return ndr_u32(n, &top) && top && rd_skip(&n->rest, TIMES_LEN) &&
	       names_read(n, v->names.pointer, NAMES_BEFORE_GROUPS) &&
	       rd_skip(&n->rest, COUNTS_LEN) && ndr_u32(n, &v->user_id) &&
	       ndr_u32(n, &v->primary_group_id) && ndr_u32(n, &v->group_count) &&
	       ndr_u32(n, &v->groups_pointer) && rd_skip(&n->rest, FLAGS_LEN + SESSION_KEY_LEN);
}

static bool domain_read(struct ndr *n, struct validation *v)
{
	return names_read(n, v->names.pointer + NAMES_BEFORE_GROUPS, NAMES_BEHIND_GROUPS) &&
	       ndr_u32(n, &v->domain_pointer) &&
	       rd_skip(&n->rest, RESERVED_1_LEN + STATISTICS_LEN) && ndr_u32(n, &v->extra_count) &&
	       ndr_u32(n, &v->extra_pointer) && ndr_u32(n, &v->resource_domain_pointer) &&
	       ndr_u32(n, &v->resource_count) && ndr_u32(n, &v->resource_pointer);
}

/* [MS-PAC] 2.5 */
static bool structure_read(struct ndr *n, struct validation *v)
{
	return user_read(n, v) && domain_read(n, v);
}

/* ---- what it points at ---- */

static bool texts_skip(struct ndr *n, const uint32_t *pointer, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pointer[i] && !ndr_skip_text(n))
			return false;
	return true;
}

static bool groups_read(struct ndr *n, uint32_t pointer, uint32_t count, struct rd *out)
{
	*out = rd_of(NULL, 0);
	return pointer ? ndr_array(n, count, MEMBERSHIP_LEN, out) : count == 0;
}

static bool extra_read(struct ndr *n, struct validation *v)
{
	if (!groups_read(n, v->extra_pointer, v->extra_count, &v->extra_rows))
		return false;
	v->extra_sids = *n;
	for (struct rd rows = v->extra_rows; rows.n;) {
		uint32_t pointer;
		struct rd sid;
		if (!rd_u32le(&rows, &pointer) || !rd_skip(&rows, 4) || !pointer ||
		    !ndr_sid(n, &sid))
			return false;
	}
	return true;
}

static bool deferred_read(struct ndr *n, struct validation *v)
{
	return texts_skip(n, v->names.pointer, NAMES_BEFORE_GROUPS) &&
	       groups_read(n, v->groups_pointer, v->group_count, &v->groups) &&
	       texts_skip(n, v->names.pointer + NAMES_BEFORE_GROUPS, NAMES_BEHIND_GROUPS) &&
	       v->domain_pointer && ndr_sid(n, &v->domain) && extra_read(n, v) &&
	       (!v->resource_domain_pointer || ndr_sid(n, &v->resource_domain)) &&
	       groups_read(n, v->resource_pointer, v->resource_count, &v->resources);
}

/* ---- the SIDs ---- */

static bool relative_write(struct wr *w, struct rd domain, uint32_t rid)
{
	char text[SID_TEXT_MAX];

	if (!sid_text(domain, &rid, text))
		return false;
	sids_write(w, text);
	return true;
}

static bool grants(uint32_t attributes)
{
	return (attributes & (GROUP_IS_ENABLED | GROUP_ONLY_DENIES)) == GROUP_IS_ENABLED;
}

static bool groups_write(struct wr *w, struct rd domain, struct rd rows, const uint32_t *but)
{
	uint32_t rid, attributes;

	while (rows.n) {
		if (!rd_u32le(&rows, &rid) || !rd_u32le(&rows, &attributes))
			return false;
		if (grants(attributes) && !(but && rid == *but) && !relative_write(w, domain, rid))
			return false;
	}
	return true;
}

/* Without a relative identifier of the user's, the first of the extra SIDs is the user. */
static bool extra_write(struct wr *w, const struct validation *v, bool user_alone)
{
	struct ndr n = v->extra_sids;
	struct rd rows = v->extra_rows;

	for (bool first = true; rows.n; first = false) {
		uint32_t pointer, attributes;
		char text[SID_TEXT_MAX];
		struct rd sid;
		bool is_user = first && v->user_id == 0;
		if (!rd_u32le(&rows, &pointer) || !rd_u32le(&rows, &attributes) ||
		    !ndr_sid(&n, &sid) || !sid_text(sid, NULL, text))
			return false;
		if (is_user == user_alone && (is_user || grants(attributes)))
			sids_write(w, text);
		if (user_alone)
			return true;
	}
	return !user_alone;
}

static bool user_write(struct wr *w, const struct validation *v)
{
	return v->user_id ? relative_write(w, v->domain, v->user_id) : extra_write(w, v, true);
}

bool sids_from_pac(struct wr *w, struct rd logon_info)
{
	struct validation v = { .user_id = 0 };
	struct ndr n;

	if (!headers_read(logon_info, &n) || !structure_read(&n, &v) || !deferred_read(&n, &v))
		return false;
	if (v.group_count + v.extra_count + v.resource_count + 2 > SIDS_MAX ||
	    (v.resource_count && !v.resource_domain_pointer))
		return false;
	return user_write(w, &v) && relative_write(w, v.domain, v.primary_group_id) &&
	       groups_write(w, v.domain, v.groups, &v.primary_group_id) &&
	       extra_write(w, &v, false) && groups_write(w, v.resource_domain, v.resources, NULL) &&
	       wr_ok(w);
}
