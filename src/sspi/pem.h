/* sspi/pem.h - PEM text to DER: the blocks of a certificate or key file, one after the other.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_PEM_H
#define OPENSSPI_SSPI_PEM_H

#include "base/base.h"
#include "base/secret.h"
#include "wire/rd.h"

struct pem_block {
	struct rd label; /* "CERTIFICATE" */
	struct rd body;	 /* base64 text between the lines */
};

/* Takes the next block off the text; text outside blocks is skipped. False when there is none left or
 * one has no matching end. */
MUST_CHECK bool pem_next(struct rd *text, struct pem_block *out);

/* Decodes base64 with white space into `out`, which has room for 3/4 of its length. False for other
 * characters, wrong padding, or nothing at all. */
MUST_CHECK bool base64_decode(struct rd text, uint8_t *out, size_t *out_n);

/* A whole file of at most SECRET_MAX bytes, as a secret since it may hold a key; NULL when it cannot
 * be read. */
MUST_CHECK struct secret *pem_read_file(const char *path);

#endif
