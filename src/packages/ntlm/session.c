/* packages/ntlm/session.c - see packages/ntlm/session.h; the attributes are in attributes.c.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/ntlm/session.h"
#include "wire/sids.h"

#define PACKED_MAGIC 0x4D544E05u /* changes with the layout */

bool ntlm_text_copy(struct ntlm_text *out, struct rd utf16le)
{
	WCHAR *p = mem_array(utf16le.n / 2 + 1, sizeof(*p));
	if (!p)
		return false;
	if (utf16le.n)
		memcpy(p, utf16le.p, utf16le.n / 2 * 2);
	mem_free(out->p);
	*out = (struct ntlm_text){ .p = p, .n = utf16le.n / 2 };
	return true;
}

void ntlm_text_done(struct ntlm_text *t)
{
	mem_free(t->p);
	*t = (struct ntlm_text){ 0 };
}

void ntlm_session_nobody(struct rd *domain, struct rd *user)
{
	static const WCHAR authority[] = OPENSSPI_WIDE("NT AUTHORITY");
	static const WCHAR nobody[] = OPENSSPI_WIDE("ANONYMOUS LOGON");

	*domain = rd_of(authority, sizeof(authority) - sizeof(WCHAR));
	*user = rd_of(nobody, sizeof(nobody) - sizeof(WCHAR));
}

void ntlm_session_done(struct ntlm_session *s)
{
	ntlm_text_done(&s->domain);
	ntlm_text_done(&s->user);
	ntlm_text_done(&s->target);
	secret_free(s->key);
	wr_done(&s->sids);
	*s = (struct ntlm_session){ 0 };
}

NTSTATUS ntlm_session_take_sids(struct ntlm_session *s, struct rd list)
{
	s->sids = WR(SIDS_BYTES_MAX);
	wr_rd(&s->sids, list);
	return wr_ok(&s->sids) ? STATUS_SUCCESS
			       : fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM session: SIDs");
}

/* Absent text is packed as absent, not as empty. */
static void text_pack(struct wr *w, const struct ntlm_text *t)
{
	wr_u8(w, t->p != NULL);
	wr_counted(w, t->p, t->n * 2);
}

static bool text_unpack(struct rd *r, bool *present, struct rd *bytes)
{
	uint8_t flag;
	if (!rd_u8(r, &flag) || flag > 1 || !rd_counted(r, bytes) || bytes->n % 2)
		return false;
	*present = flag;
	return true;
}

void ntlm_session_pack(struct wr *w, const struct ntlm_session *s)
{
	wr_u32le(w, PACKED_MAGIC);
	wr_u32le(w, s->flags);
	wr_u32le(w, s->attributes);
	wr_u8(w, s->server);
	wr_u8(w, s->of_machine);
	wr_u64le(w, (uint64_t)s->start);
	wr_bytes(w, s->mark, sizeof(s->mark));
	wr_bytes(w, ntlm_session_key(s), NTLM_KEY_LEN);
	text_pack(w, &s->domain);
	text_pack(w, &s->user);
	text_pack(w, &s->target);
	wr_counted(w, wr_view(&s->sids).p, wr_view(&s->sids).n);
}

static bool numbers_unpack(struct rd *r, struct ntlm_session *s)
{
	uint32_t magic;
	uint64_t start;
	uint8_t server, of_machine;

	if (!rd_u32le(r, &magic) || magic != PACKED_MAGIC || !rd_u32le(r, &s->flags) ||
	    !rd_u32le(r, &s->attributes) || !rd_u8(r, &server) || server > 1 ||
	    !rd_u8(r, &of_machine) || of_machine > 1 || !rd_u64le(r, &start))
		return false;
	s->server = server;
	s->of_machine = of_machine;
	s->start = (int64_t)start;
	return true;
}

static NTSTATUS texts_unpack(struct rd *r, struct ntlm_session *s)
{
	struct ntlm_text *const text[] = { &s->domain, &s->user, &s->target };

	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct rd bytes;
		bool present;
		if (!text_unpack(r, &present, &bytes))
			return fail(SEC_E_INVALID_TOKEN, "packed NTLM context: names");
		if (present && !ntlm_text_copy(text[i], bytes))
			return fail(SEC_E_INSUFFICIENT_MEMORY, "packed NTLM context");
	}
	return STATUS_SUCCESS;
}

static NTSTATUS sids_unpack(struct rd *r, struct ntlm_session *s)
{
	struct rd list;
	size_t count;

	if (!rd_counted(r, &list) || !sids_are_sound(list, &count))
		return fail(SEC_E_INVALID_TOKEN, "packed NTLM context: SIDs");
	return ntlm_session_take_sids(s, list);
}

NTSTATUS ntlm_session_unpack(struct rd *packed, struct ntlm_session *out)
{
	CLEANUP(ntlm_session_done) struct ntlm_session s = { 0 };
	struct rd r = *packed, mark, key;

	if (!numbers_unpack(&r, &s) || !rd_bytes(&r, sizeof(s.mark), &mark) ||
	    !rd_bytes(&r, NTLM_KEY_LEN, &key))
		return fail(SEC_E_INVALID_TOKEN, "packed NTLM context: numbers and key");
	memcpy(s.mark, mark.p, sizeof(s.mark));
	s.key = secret_copy(key.p, key.n);
	if (!s.key)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "packed NTLM context");
	NTSTATUS status = texts_unpack(&r, &s);
	if (!failed(status))
		status = sids_unpack(&r, &s);
	if (failed(status))
		return status;
	*packed = r;
	*out = s;
	s = (struct ntlm_session){ 0 };
	return STATUS_SUCCESS;
}
