/* packages/kerberos/message.c - see packages/kerberos/message.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/kerberos/message.h"

static NTSTATUS data_add(struct kerberos_message *m, SecBuffer *b)
{
	bool in_clear = b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM;

	if (!m->data && !in_clear)
		m->data = b;
	if (!b->cbBuffer)
		return SEC_E_OK;
	if (m->count == KERBEROS_DATA_MAX)
		return fail(SEC_E_INVALID_PARAMETER, "a message in too many pieces");
	m->piece[++m->count] = (struct piece){ b->pvBuffer, b->cbBuffer, in_clear };
	m->data_n += in_clear ? 0 : b->cbBuffer;
	return SEC_E_OK;
}

static void first(SecBuffer **slot, SecBuffer *b)
{
	if (!*slot)
		*slot = b;
}

NTSTATUS kerberos_message_sort(const SecBufferDesc *list, struct kerberos_message *out)
{
	out->token = out->stream = out->data = out->padding = NULL;
	out->count = out->data_n = 0;
	if (!list || !compose_is_sound(list))
		return fail(SEC_E_INVALID_TOKEN, "message buffers");
	for (ULONG i = 0; i < list->cBuffers; i++) {
		SecBuffer *b = &list->pBuffers[i];
		NTSTATUS status = SEC_E_OK;
		if (b->BufferType & SECBUFFER_READONLY)
			continue;
		switch (compose_type(b)) {
		case SECBUFFER_DATA:
			status = data_add(out, b);
			break;
		case SECBUFFER_TOKEN:
			first(&out->token, b);
			break;
		case SECBUFFER_STREAM:
			first(&out->stream, b);
			break;
		case SECBUFFER_PADDING:
			first(&out->padding, b);
			break;
		default:
			break;
		}
		if (failed(status))
			return status;
	}
	return SEC_E_OK;
}

/* ---- rotation: three reversals ---- */

static uint8_t *byte_at(const struct piece *pieces, size_t at)
{
	while (pieces->in_clear || at >= pieces->n) {
		at -= pieces->in_clear ? 0 : pieces->n;
		pieces++;
	}
	return pieces->p + at;
}

static void reverse(const struct piece *pieces, size_t from, size_t to)
{
	for (; from + 1 < to; from++, to--) {
		uint8_t *a = byte_at(pieces, from), *b = byte_at(pieces, to - 1), kept = *a;
		*a = *b;
		*b = kept;
	}
}

void kerberos_pieces_rotate(const struct piece *pieces, size_t count, size_t by)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += pieces[i].in_clear ? 0 : pieces[i].n;
	if (!by || by >= n)
		return;
	reverse(pieces, 0, n);
	reverse(pieces, 0, by);
	reverse(pieces, by, n);
}
