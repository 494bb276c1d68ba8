/* ipc/parts.h - the pieces requests and replies are made of, each written and read in one place.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Numbers are little-endian, booleans one byte of 0 or 1, bytes are counted. Text stands at the front
 * of its request, so that its units lie on even addresses and a view is enough. */
#ifndef OPENSSPI_IPC_PARTS_H
#define OPENSSPI_IPC_PARTS_H

#include "ipc/calls.h"

void put_bool(struct wr *w, bool v);
MUST_CHECK bool take_bool(struct rd *r, bool *out);

void put_luid(struct wr *w, LUID v);
MUST_CHECK bool take_luid(struct rd *r, LUID *out);

void put_i64(struct wr *w, int64_t v);
MUST_CHECK bool take_i64(struct rd *r, int64_t *out);

/* NULL and empty stay apart. */
void put_text(struct wr *w, struct ipc_text t);
MUST_CHECK bool take_text(struct rd *r, struct ipc_text *out);

void put_view(struct wr *w, struct ipc_bytes b);
MUST_CHECK bool take_view(struct rd *r, struct ipc_bytes *out);

/* Counted bytes at a multiple of four; nothing is a count of 0. The field before ends at one. */
void put_aligned(struct wr *w, struct ipc_bytes b);
MUST_CHECK bool take_aligned(struct rd *r, struct ipc_bytes *out);

void put_owned(struct wr *w, const struct ipc_owned *b);
/* Copies; a whole number of `unit` bytes or nothing. */
MUST_CHECK bool take_owned(struct rd *r, size_t unit, struct ipc_owned *out);
void owned_done(struct ipc_owned *b);

/* Input buffers with their bytes, output buffers with their room alone. */
void put_inputs(struct wr *w, const struct ipc_buffer *b, uint32_t count);
MUST_CHECK bool take_inputs(struct rd *r, struct ipc_buffer *b, uint32_t *count);
void put_rooms(struct wr *w, const struct ipc_buffer *b, uint32_t count);
MUST_CHECK bool take_rooms(struct rd *r, struct ipc_buffer *b, uint32_t *count);

void put_answers(struct wr *w, const struct ipc_answer *a, uint32_t count);
MUST_CHECK bool take_answers(struct rd *r, struct ipc_answer *a, uint32_t *count);
void answers_done(struct ipc_answer *a, uint32_t count);

#endif
