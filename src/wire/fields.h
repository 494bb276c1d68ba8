/* wire/fields.h - texts and blobs of the records of wire/credential.h and wire/target.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A field is counted and padded to four; an absent one is not an empty one. */
#ifndef OPENSSPI_WIRE_FIELDS_H
#define OPENSSPI_WIRE_FIELDS_H

#include "base/compiler.h"
#include "base/utf.h"
#include "wire/rd.h"
#include "wire/wr.h"

/* p NULL: absent. */
void field_put_bytes(struct wr *w, const void *p, size_t n);
void field_put_text(struct wr *w, struct utf16 text);

/* Views; false for lengths that do not fit, padding that is not zero, and for texts also odd lengths, NULs
 * and lone surrogates. */
MUST_CHECK bool field_take_bytes(struct rd *r, struct rd *out);
MUST_CHECK bool field_take_text(struct rd *r, struct utf16 *out);

#endif
