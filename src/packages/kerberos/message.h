/* packages/kerberos/message.h - a caller's buffer list sorted for RFC 4121 and RFC 4757.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_MESSAGE_H
#define OPENSSPI_KERBEROS_MESSAGE_H

#include "crypto/kerberos.h"
#include "packages/compose.h"

#define KERBEROS_DATA_MAX 60u /* pieces of data in one message */

struct kerberos_message {
	SecBuffer *token, *stream, *data, *padding; /* the first of each; NULL: none */
	/* The pieces of data are 1 to `count`: room is left for a confounder before and what a
	 * mechanism adds behind. */
	struct piece piece[KERBEROS_DATA_MAX + 4];
	size_t count;
	size_t data_n; /* bytes of those that are not in clear */
};

/* SEC_E_INVALID_TOKEN for a list that is not sound, SEC_E_INVALID_PARAMETER for too many pieces. Data that
 * is READONLY is left alone; READONLY_WITH_CHECKSUM is in clear. */
MUST_CHECK NTSTATUS kerberos_message_sort(const SecBufferDesc *list, struct kerberos_message *out);

/* Turns the bytes of all pieces that are not in clear, one after the other, right by `by`, less than their
 * number. */
void kerberos_pieces_rotate(const struct piece *pieces, size_t count, size_t by);

/* A big-endian number of `n` bytes. */
static inline uint64_t number_at(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static inline void number_put(uint8_t *p, size_t n, uint64_t v)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

#endif
