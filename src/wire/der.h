/* wire/der.h - DER in ten calls, on top of rd and wr.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Only definite lengths in their shortest form are read, and only single-byte tags; depth is the
 * caller's own nesting, so there is no recursion to bound. */
#ifndef OPENSSPI_WIRE_DER_H
#define OPENSSPI_WIRE_DER_H

#include "wire/rd.h"
#include "wire/wr.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0A,
	DER_SEQUENCE = 0x30,
};

/* The constructed context-specific tag [n], n <= 30. */
#define DER_CONTEXT(n) (0xA0u | (n))

/* Takes one element off whatever its tag. */
MUST_CHECK bool der_any(struct rd *r, uint8_t *tag, struct rd *contents);

/* Takes one element off if it has that tag. */
MUST_CHECK bool der_take(struct rd *r, uint8_t tag, struct rd *contents);

/* True when the next element has that tag; nothing is taken. */
MUST_CHECK bool der_next_is(struct rd r, uint8_t tag);

/* Takes an OCTET STRING. */
MUST_CHECK bool der_octets(struct rd *r, struct rd *out);

/* Takes an INTEGER in its shortest form that fits 32 bits, negative or not: 0xC000006D is read the
 * same from its 4-byte and its 5-byte form. */
MUST_CHECK bool der_u32(struct rd *r, uint32_t *out);

/* Like der_u32, but a negative or larger number is refused. */
MUST_CHECK bool der_small_uint(struct rd *r, uint32_t *out);

/* Begins an element: returns the place to hand to der_end, which puts the length in front of all
 * that was written in between. */
MUST_CHECK size_t der_begin(struct wr *w, uint8_t tag);
void der_end(struct wr *w, size_t place);

void der_put_octets(struct wr *w, struct rd bytes);

/* A non-negative INTEGER. */
void der_put_uint(struct wr *w, uint32_t v);

/* The INTEGER of exactly four bytes (negative when the top bit is set) that peers expect of an
 * NTSTATUS; used for values whose shortest signed form has four bytes. */
void der_put_status(struct wr *w, uint32_t v);

#endif
