/* wire/x509.h - a bounded walk through a certificate's DER to its public key; no other field.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WIRE_X509_H
#define OPENSSPI_WIRE_X509_H

#include "wire/rd.h"

/* The SubjectPublicKey (the contents of the BIT STRING without the unused-bits octet, as [MS-CSSP]
 * 3.1.5 binds it) of a DER Certificate or SubjectPublicKeyInfo, told apart by structure. False
 * when the bytes are neither, when bits are unused, or when anything follows. */
MUST_CHECK bool x509_subject_public_key(struct rd der, struct rd *out);

#endif
