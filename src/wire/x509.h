/* wire/x509.h - a bounded walk through a certificate's DER to its public key; no other field.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WIRE_X509_H
#define OPENSSPI_WIRE_X509_H

#include "wire/rd.h"

/* The SubjectPublicKey (the contents of the BIT STRING without the unused-bits octet, as [MS-CSSP]
 * 3.1.5 binds it) of a DER Certificate or SubjectPublicKeyInfo, told apart by structure. False
 * when the bytes are neither, when bits are unused, or when anything follows. */
MUST_CHECK bool x509_subject_public_key(struct rd der, struct rd *out);

/* Has the key of that certificate or SubjectPublicKeyInfo the form of its algorithm: RSA's two numbers, a point
 * of a curve, ML-DSA's length; one DER element where the algorithm is not known? */
MUST_CHECK bool x509_public_key_is_sound(struct rd der);

#endif
