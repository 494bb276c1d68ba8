/* wire/x509.c - see wire/x509.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/der.h"
#include "wire/x509.h"

/* A key, and the contents of its algorithm. */
struct key {
	struct rd algorithm, bits;
};

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm SEQUENCE, subjectPublicKey BIT STRING } */
static bool key_of_info(struct rd info, struct key *out)
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
	*out = (struct key){ algorithm, bits };
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
static bool key_of_certificate(struct rd certificate, struct key *out)
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

static bool find_key(struct rd der, struct key *out)
{
	return key_of_info(der, out) || key_of_certificate(der, out);
}

bool x509_subject_public_key(struct rd der, struct rd *out)
{
	struct key key;

	if (!find_key(der, &key))
		return false;
	*out = key.bits;
	return true;
}

/* ---- forms of keys ---- */

/* A positive number of that many bytes at least, in its shortest form. */
static bool take_number(struct rd *r, size_t least)
{
	struct rd n;
	uint8_t first;

	if (!der_take(r, DER_INTEGER, &n) || n.n < least)
		return false;
	struct rd after = n;
	if (!rd_u8(&after, &first) || first & 0x80)
		return false;
	return first != 0 || (after.n && after.p[0] & 0x80);
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent }; of 512 bits or more */
static bool is_rsa(struct rd bits)
{
	struct rd numbers;

	return der_take(&bits, DER_SEQUENCE, &numbers) && rd_empty(bits) &&
	       take_number(&numbers, 64) && take_number(&numbers, 1) && rd_empty(numbers);
}

/* A point, whole or by one coordinate, of 192 to 521 bits. */
static bool is_point(struct rd bits)
{
	const size_t least = 24, most = 66;

	if (bits.n == 0)
		return false;
	if (bits.p[0] == 4)
		return bits.n % 2 == 1 && bits.n >= 2 * least + 1 && bits.n <= 2 * most + 1;
	return (bits.p[0] == 2 || bits.p[0] == 3) && bits.n >= least + 1 && bits.n <= most + 1;
}

static bool is_element(struct rd bits)
{
	struct rd contents;
	uint8_t tag;

	return der_any(&bits, &tag, &contents) && contents.n && rd_empty(bits);
}

bool x509_public_key_is_sound(struct rd der)
{
	static const struct {
		uint8_t oid[10];
		uint8_t n;
		uint16_t length; /* of the key; 0: it is looked at */
		bool (*is)(struct rd bits);
	} known[] = {
		{ { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1 }, 9, 0, is_rsa },
		{ { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10 }, 9, 0, is_rsa }, /* RSASSA-PSS */
		{ { 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1 }, 7, 0, is_point },
		{ { 0x2B, 0x65, 0x70 }, 3, 32, NULL },			       /* Ed25519 */
		{ { 0x2B, 0x65, 0x71 }, 3, 57, NULL },			       /* Ed448 */
		{ { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17 }, 9, 1312, NULL }, /* ML-DSA-44 */
		{ { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 18 }, 9, 1952, NULL },
		{ { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 19 }, 9, 2592, NULL },
	};
	struct key key;
	struct rd oid;

	if (!find_key(der, &key) || !der_take(&key.algorithm, DER_OID, &oid))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (oid.n == known[i].n && memcmp(oid.p, known[i].oid, oid.n) == 0)
			return known[i].is ? known[i].is(key.bits) : key.bits.n == known[i].length;
	return is_element(key.bits);
}
