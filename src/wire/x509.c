/* wire/x509.c - see wire/x509.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/der.h"
#include "wire/x509.h"

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm SEQUENCE, subjectPublicKey BIT STRING } */
static bool key_of_info(struct rd info, struct rd *out)
{
	struct rd body, algorithm, bits;
	uint8_t unused;

	if (!der_take(&info, DER_SEQUENCE, &body) || !rd_empty(info))
		return false;
	if (!der_take(&body, DER_SEQUENCE, &algorithm) || !der_take(&body, DER_BIT_STRING, &bits) ||
	    !rd_empty(body))
		return false;
	if (!der_next_is(algorithm, DER_OID) || !rd_u8(&bits, &unused) || unused != 0 ||
	    rd_empty(bits))
		return false;
	*out = bits;
	return true;
}

/* Takes one element of that tag and gives it whole, tag and length included. */
static bool take_whole(struct rd *r, uint8_t tag, struct rd *out)
{
	struct rd before = *r, contents;

	if (!der_take(r, tag, &contents))
		return false;
	*out = rd_of(before.p, before.n - r->n);
	return true;
}

/* TBSCertificate: [0] version OPTIONAL, serial, signature, issuer, validity, subject, then the key. */
static bool key_of_certificate(struct rd certificate, struct rd *out)
{
	static const uint8_t before_key[] = { DER_INTEGER, DER_SEQUENCE, DER_SEQUENCE, DER_SEQUENCE,
					      DER_SEQUENCE };
	struct rd body, tbs, skipped, info, algorithm, signature;

	if (!der_take(&certificate, DER_SEQUENCE, &body) || !rd_empty(certificate))
		return false;
	if (!der_take(&body, DER_SEQUENCE, &tbs) || !der_take(&body, DER_SEQUENCE, &algorithm) ||
	    !der_take(&body, DER_BIT_STRING, &signature) || !rd_empty(body))
		return false;
	if (der_next_is(tbs, DER_CONTEXT(0)) && !der_take(&tbs, DER_CONTEXT(0), &skipped))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(before_key); i++)
		if (!der_take(&tbs, before_key[i], &skipped))
			return false;
	return take_whole(&tbs, DER_SEQUENCE, &info) && key_of_info(info, out);
}

bool x509_subject_public_key(struct rd der, struct rd *out)
{
	return key_of_info(der, out) || key_of_certificate(der, out);
}
