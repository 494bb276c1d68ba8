/* packages/kerberos/submit.c - see packages/kerberos/submit.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/kerberos/submit.h"

#define ALIGNMENT 8

NTSTATUS submitted_head(const struct submitted *m, void *out, size_t n)
{
	if (m->bytes.n < n)
		return fail(STATUS_INVALID_PARAMETER, "a message that is too short");
	memcpy(out, m->bytes.p, n);
	return STATUS_SUCCESS;
}

bool submitted_bytes(const struct submitted *m, const void *pointer, size_t n, struct rd *out)
{
	uintptr_t at = (uintptr_t)pointer;

	*out = rd_of(NULL, 0);
	if (n == 0)
		return true;
	if (!pointer)
		return false;
	if (at >= m->bytes.n) {
		if (at < m->base)
			return false;
		at -= m->base;
	}
	return rd_at(m->bytes, at, n, out);
}

bool submitted_text(const struct submitted *m, const UNICODE_STRING *s, struct rd *out)
{
	return submitted_bytes(m, s->Buffer, s->Length, out) && s->Length % sizeof(WCHAR) == 0 &&
	       (out->n == 0 || (size_t)(out->p - m->bytes.p) % sizeof(WCHAR) == 0);
}

void answer_done(struct answer *a)
{
	wr_done(&a->bytes);
	wr_done(&a->pointers);
}

void answer_point(struct answer *a, size_t place, size_t to)
{
	if (!wr_ok(&a->bytes))
		return;
	wr_fill_u32le(&a->bytes, place, (uint32_t)to);
	wr_fill_u32le(&a->bytes, place + 4, 0);
	wr_u32le(&a->pointers, (uint32_t)place);
}

static void align(struct wr *w)
{
	wr_zero(w, (ALIGNMENT - w->len % ALIGNMENT) % ALIGNMENT);
}

bool answer_text(struct answer *a, size_t place, const char *utf8, size_t n)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	size_t units;

	if (!utf16_from_utf8(utf8, n, &wide, &units) || units * sizeof(WCHAR) > UINT16_MAX - 2u)
		return false;
	size_t to = a->bytes.len;
	wr_bytes(&a->bytes, wide, (units + 1) * sizeof(WCHAR));
	align(&a->bytes);
	wr_fill_u16le(&a->bytes, place, (uint16_t)(units * sizeof(WCHAR)));
	wr_fill_u16le(&a->bytes, place + 2, (uint16_t)((units + 1) * sizeof(WCHAR)));
	answer_point(a, place + offsetof(UNICODE_STRING, Buffer), to);
	return wr_ok(&a->bytes);
}

void answer_bytes(struct answer *a, size_t place, struct rd bytes)
{
	size_t to = a->bytes.len;

	if (rd_empty(bytes))
		return;
	wr_rd(&a->bytes, bytes);
	align(&a->bytes);
	answer_point(a, place, to);
}

/* Offsets become addresses of the caller's. */
static void rebase(struct answer *a, uintptr_t base)
{
	struct rd places = wr_view(&a->pointers);
	uint32_t place;

	while (rd_u32le(&places, &place)) {
		uintptr_t address = base + u32le_at(a->bytes.buf + place);
		memcpy(a->bytes.buf + place, &address, sizeof(address));
	}
}

NTSTATUS answer_send(struct answer *a, PLSA_CLIENT_REQUEST request, PVOID *address, PULONG size)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = kerberos_host()->lsa;
	PVOID there = NULL;

	if (!wr_ok(&a->bytes) || !wr_ok(&a->pointers))
		return fail(STATUS_NO_MEMORY, "answering a message");
	NTSTATUS status = lsa->AllocateClientBuffer(request, (ULONG)a->bytes.len, &there);
	if (failed(status))
		return status;
	rebase(a, (uintptr_t)there);
	status = lsa->CopyToClientBuffer(request, (ULONG)a->bytes.len, there, a->bytes.buf);
	if (failed(status)) {
		(void)lsa->FreeClientBuffer(request, there);
		return status;
	}
	*address = there;
	*size = (ULONG)a->bytes.len;
	return STATUS_SUCCESS;
}
