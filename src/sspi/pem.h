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

/* A whole file of at most SECRET_MAX bytes, as a secret since it may hold a key; NULL when it cannot
 * be read. */
MUST_CHECK struct secret *pem_read_file(const char *path);

#endif
