/* ipc/attributes.h - the structures of QueryContextAttributes as data: sizes, pointers, how they travel.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One table row per attribute says where its pointers are; marshalling is the structure with its
 * pointers blanked, then what they pointed to. Inner memory is base/block.h's on both sides.
 * Credentials' attributes have numbers of their own: add ATTRIBUTE_OF_CREDENTIALS to them. */
#ifndef OPENSSPI_IPC_ATTRIBUTES_H
#define OPENSSPI_IPC_ATTRIBUTES_H

#include "base/base.h"
#include "wire/rd.h"
#include "wire/wr.h"

/* Marks an SECPKG_CRED_ATTR_ number in the functions below. */
#define ATTRIBUTE_OF_CREDENTIALS 0x40000000u

/* A package's and a security protocol's private question: two ULONGs whose meaning is theirs. */
#define ATTRIBUTE_PRIVATE_PAIR 0x8F500001u

/* One structure, its pointers and nothing else. */
#define ATTRIBUTE_SIZE_MAX 1024

/* The bytes of the attribute's structure, 0 for a number that is not known here. */
size_t attribute_size(uint32_t attribute);

/* True when the structure points to something and so cannot travel as bare bytes. */
MUST_CHECK bool attribute_has_pointers(uint32_t attribute);

/* Writes the W form of a structure and all it points to; false for an unknown attribute. Failure to
 * grow is the builder's own. */
MUST_CHECK bool attribute_marshal(uint32_t attribute, const void *value, struct wr *w);

/* The same for a structure that a caller gives, whose strings are UTF-8 when `ansi`; false also for one
 * without pointers, and for strings that are not text. */
MUST_CHECK bool attribute_marshal_given(uint32_t attribute, const void *value, bool ansi,
					struct wr *w);

/* Fills `value` (attribute_size bytes) from marshalled bytes, strings as UTF-8 when `ansi`. A
 * certificate comes as one block: CERT_CONTEXT, then its DER. STATUS_SUCCESS; SEC_E_INTERNAL_ERROR
 * when the bytes are not such a structure; STATUS_NO_MEMORY. On failure `value` owns nothing. */
MUST_CHECK NTSTATUS attribute_unmarshal(uint32_t attribute, struct rd r, bool ansi, void *value);

/* Releases the inner blocks of a structure and clears its pointers. */
void attribute_release(uint32_t attribute, void *value);

#endif
