/* tests/unit/test_kerberos_protect.c - Kerberos messages in place: whole, split, turned, forged, by threads.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <pthread.h>
#include <stdio.h>

#include "hex.h"
#include "crypto/kerberos.h"
#include "kerberos_pair.h"

/* Every enctype, in both styles. */
#define EACH_KIND(enctype, style)                                                                  \
	for (size_t kind_ = 0; kind_ < 10; kind_++)                                                \
		for (int32_t enctype = kerberos_enctypes[kind_ / 2], once_ = 1; once_; once_ = 0)  \
			for (uint32_t style = kind_ % 2 ? KRB_DCE_STYLE : 0; once_; once_ = 0)

static void sealed_messages_open(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 31, 32, 33, 84, 85, 300, 4096 };

	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		for (size_t i = 0; i < ARRAY_LEN(sizes) * 4; i++) {
			int from = i & 1;
			ULONG qop = 99;
			uint8_t *data = s.bytes;
			size_t n = sizes[i / 4];
			sealed_make(&s, &e, from, n, true);
			assert_false(n > 16 && counts_up(s.bytes + s.token_n, n));
			if (i & 2) {
				assert_int_equal(sealed_open_split(&s, &e, !from, &qop), SEC_E_OK);
				data = s.bytes + s.token_n;
			} else {
				assert_int_equal(sealed_open_stream(&s, &e, !from, &qop, &data, &n),
						 SEC_E_OK);
			}
			assert_int_equal(n, sizes[i / 4]);
			assert_int_equal(qop, 0);
			assert_true(counts_up(data, n));
		}
		ends_done(&e);
	}
}

static void wrapped_messages_stay_readable(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		for (size_t i = 0; i < 40; i++) {
			int from = i & 1;
			ULONG qop = 99;
			uint8_t *data;
			size_t n;
			sealed_make(&s, &e, from, i, false);
			assert_true(counts_up(s.bytes + s.token_n, i));
			if (i & 2) {
				assert_int_equal(sealed_open_split(&s, &e, !from, &qop), SEC_E_OK);
			} else {
				assert_int_equal(sealed_open_stream(&s, &e, !from, &qop, &data, &n),
						 SEC_E_OK);
				assert_int_equal(n, i);
				assert_true(counts_up(data, n));
			}
			assert_int_equal(qop, SECQOP_WRAP_NO_ENCRYPT);
		}
		ends_done(&e);
	}
}

/* Who cannot be told that a message came in clear does not get it. */
static void a_wrapped_message_needs_someone_to_tell(void **state)
{
	struct ends e;
	struct sealed s;
	uint8_t *data;
	size_t n;
	ULONG qop;

	ends_init(&e, KERBEROS_AES256_SHA1, FULL | KRB_SEQUENCE, 0);
	sealed_make(&s, &e, 0, 20, false);
	assert_int_equal(sealed_open_stream(&s, &e, 1, NULL, &data, &n), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(sealed_open_stream(&s, &e, 1, &qop, &data, &n), SEC_E_OK);
	sealed_make(&s, &e, 0, 20, true);
	assert_int_equal(sealed_open_stream(&s, &e, 1, NULL, &data, &n), SEC_E_OK);
	ends_done(&e);
}

/* ---- signatures ---- */

struct signature {
	uint8_t token[64], data[64];
	SecBuffer b[2];
	SecBufferDesc m;
};

static void signature_make(struct signature *x, const struct ends *e, int from, size_t n)
{
	SecPkgContext_Sizes sizes;

	kerberos_sizes(&e->session[from], &sizes);
	for (size_t i = 0; i < n; i++)
		x->data[i] = (uint8_t)i;
	x->b[0] = (SecBuffer){ sizes.cbMaxSignature, SECBUFFER_TOKEN, x->token };
	x->b[1] = (SecBuffer){ (ULONG)n, SECBUFFER_DATA, x->data };
	x->m = (SecBufferDesc){ SECBUFFER_VERSION, 2, x->b };
	assert_int_equal(kerberos_sign(e->p[from], &x->m, 0), SEC_E_OK);
	assert_int_equal(x->b[0].cbBuffer, sizes.cbMaxSignature);
	assert_true(counts_up(x->data, n));
}

static void signatures_verify(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct signature x;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		for (size_t i = 0; i < 64; i++) {
			ULONG qop = 9;
			signature_make(&x, &e, i & 1, i);
			assert_int_equal(kerberos_verify(e.p[!(i & 1)], &x.m, &qop), SEC_E_OK);
			assert_int_equal(qop, 0);
		}
		ends_done(&e);
	}
}

/* RFC 4757's checksum is not over the number, `at` bytes into which this is: that another message was
 * expected shows it. */
static bool is_loose_number(int32_t enctype, ptrdiff_t at)
{
	return enctype == KERBEROS_RC4 && at >= 0 && at < 4;
}

static void a_signature_differs_with_every_bit(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct signature x;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		signature_make(&x, &e, 0, 20);
		size_t n = x.b[0].cbBuffer;
		for (size_t i = 0; i < (n + 20) * 8; i++) {
			uint8_t *p = i / 8 < n ? x.token + i / 8 : x.data + i / 8 - n;
			*p ^= (uint8_t)(1 << i % 8);
			assert_int_equal(kerberos_verify(e.p[1], &x.m, NULL),
					 is_loose_number(enctype, p - x.token - 21)
						 ? SEC_E_OUT_OF_SEQUENCE
						 : SEC_E_MESSAGE_ALTERED);
			*p ^= (uint8_t)(1 << i % 8);
		}
		for (x.b[0].cbBuffer = 0; x.b[0].cbBuffer < n; x.b[0].cbBuffer++)
			assert_int_equal(kerberos_verify(e.p[1], &x.m, NULL), SEC_E_INVALID_TOKEN);
		x.b[0].cbBuffer = (ULONG)n + 1;
		assert_int_equal(kerberos_verify(e.p[1], &x.m, NULL), SEC_E_MESSAGE_ALTERED);
		x.b[0].cbBuffer = (ULONG)n;
		assert_int_equal(kerberos_verify(e.p[0], &x.m, NULL), SEC_E_MESSAGE_ALTERED);
		assert_int_equal(kerberos_verify(e.p[1], &x.m, NULL), SEC_E_OK);
		assert_int_equal(kerberos_verify(e.p[1], &x.m, NULL), SEC_E_OUT_OF_SEQUENCE);
		ends_done(&e);
	}
}

/* ---- pieces ---- */

static void several_pieces_and_associated_data(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		SecPkgContext_Sizes sizes;
		uint8_t token[128], head[] = "head", one[40], two[7], skipped[] = "skipped",
				    tail[] = "tail", pad[1];
		SecBuffer b[] = { { 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head },
				  { 40, SECBUFFER_DATA, one },
				  { 0, SECBUFFER_EMPTY, NULL },
				  { 7, SECBUFFER_DATA | SECBUFFER_READONLY, skipped },
				  { 7, SECBUFFER_DATA, two },
				  { 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, tail },
				  { 0, SECBUFFER_TOKEN, token },
				  { 1, SECBUFFER_PADDING, pad } };
		SecBufferDesc m = { SECBUFFER_VERSION, 8, b };

		ends_init(&e, enctype, FULL | style, 7);
		kerberos_sizes(&e.session[0], &sizes);
		b[6].cbBuffer = sizes.cbSecurityTrailer;
		memset(one, 1, sizeof(one));
		memset(two, 2, sizeof(two));
		assert_int_equal(kerberos_seal(e.p[0], &m, true), SEC_E_OK);
		assert_int_not_equal(one[0] | one[39] | two[0] << 8, 0x201);
		assert_string_equal((char *)head, "head");
		assert_string_equal((char *)skipped, "skipped");
		skipped[0] = 'S';
		tail[0] = 'T';
		assert_int_equal(kerberos_unseal(e.p[1], &m, NULL), SEC_E_MESSAGE_ALTERED);
		tail[0] = 't';
		assert_int_equal(kerberos_unseal(e.p[1], &m, NULL), SEC_E_OK);
		for (size_t i = 0; i < sizeof(one); i++)
			assert_int_equal(one[i], 1);
		for (size_t i = 0; i < sizeof(two); i++)
			assert_int_equal(two[i], 2);
		ends_done(&e);
	}
}

static void too_many_pieces_are_refused(void **state)
{
	struct ends e;
	uint8_t token[128], byte = 0;
	SecBuffer b[70] = { { sizeof(token), SECBUFFER_TOKEN, token } };
	SecBufferDesc m = { SECBUFFER_VERSION, 70, b };

	for (size_t i = 1; i < 70; i++)
		b[i] = (SecBuffer){ 1, SECBUFFER_DATA, &byte };
	ends_init(&e, KERBEROS_AES256_SHA1, FULL, 0);
	assert_int_equal(kerberos_seal(e.p[0], &m, true), SEC_E_INVALID_PARAMETER);
	assert_int_equal(kerberos_sign(e.p[0], &m, 0), SEC_E_INVALID_PARAMETER);
	ends_done(&e);
}

/* ---- rotation, RFC 4121 4.2.5 ---- */

/* Turns a token's body so that its RRC is `rrc`. */
static void turn(struct sealed *s, size_t dce_filler, size_t rrc)
{
	uint8_t *body = s->bytes + 16, copy[MESSAGE_ROOM];
	size_t n = sealed_size(s) - 16;
	size_t old = ((size_t)s->bytes[6] << 8 | s->bytes[7]) + dce_filler;
	size_t by = (rrc + dce_filler + n - old % n) % n;

	memcpy(copy, body, n);
	for (size_t i = 0; i < n; i++)
		body[(i + by) % n] = copy[i];
	s->bytes[6] = (uint8_t)(rrc >> 8);
	s->bytes[7] = (uint8_t)rrc;
}

static void any_rotation_is_understood(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s;
		ULONG qop;
		if (enctype == KERBEROS_RC4)
			continue;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		for (size_t rrc = 0; rrc < 2 * 300; rrc++) {
			bool seals = rrc & 1;
			uint8_t *data;
			size_t n;
			sealed_make(&s, &e, 0, 37, seals);
			turn(&s, seals && style ? 16 : 0, rrc / 2);
			assert_int_equal(sealed_open_stream(&s, &e, 1, &qop, &data, &n), SEC_E_OK);
			assert_int_equal(n, 37);
			assert_true(counts_up(data, n));
			sealed_make(&s, &e, 0, 37, seals);
			turn(&s, seals && style ? 16 : 0, rrc / 2);
			assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_OK);
			assert_true(counts_up(s.bytes + s.token_n, 37));
		}
		ends_done(&e);
	}
}

/* ---- S34 ---- */

/* In order: RC4's number in clear makes another message of it, is_loose_number. */
static bool is_refusal(NTSTATUS status)
{
	return status == SEC_E_MESSAGE_ALTERED || status == SEC_E_INVALID_TOKEN ||
	       status == SEC_E_INCOMPLETE_MESSAGE || status == SEC_E_OUT_OF_SEQUENCE;
}

static void refused_both_ways(struct sealed *s, const struct ends *e)
{
	struct sealed before = *s;
	uint8_t *data;
	size_t n;
	ULONG qop;

	assert_true(is_refusal(sealed_open_stream(s, e, 1, &qop, &data, &n)));
	assert_memory_equal(s->bytes, before.bytes, sealed_size(s));
	assert_true(is_refusal(sealed_open_split(s, e, 1, &qop)));
	assert_memory_equal(s->bytes, before.bytes, sealed_size(s));
}

static void s34_every_flipped_bit_is_found(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s;
		uint8_t *data;
		size_t n;
		ULONG qop;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		for (size_t round = 0; round < 2; round++) {
			sealed_make(&s, &e, 0, 29, round);
			for (size_t i = 0; i < sealed_size(&s) * 8; i++) {
				s.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
				refused_both_ways(&s, &e);
				s.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
			}
			assert_int_equal(sealed_open_stream(&s, &e, 1, &qop, &data, &n), SEC_E_OK);
			assert_true(counts_up(data, 29));
		}
		ends_done(&e);
	}
}

static void s34_every_truncation_is_found(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s, cut;
		uint8_t *data;
		size_t n;
		ULONG qop;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		for (size_t round = 0; round < 2; round++) {
			sealed_make(&s, &e, 0, 29, round);
			for (size_t i = 0; i < sealed_size(&s); i++) {
				cut = s;
				cut.padding_n = 0;
				cut.token_n = i < s.token_n ? i : s.token_n;
				cut.data_n = i - cut.token_n;
				if (i > s.token_n + s.data_n) {
					cut.data_n = s.data_n;
					cut.padding_n = i - s.token_n - s.data_n;
				}
				refused_both_ways(&cut, &e);
			}
			cut = s;
			cut.data_n++;
			refused_both_ways(&cut, &e);
			assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_OK);
		}
		(void)data;
		(void)n;
		ends_done(&e);
	}
}

/* Every EC and every RRC that is not the right one, whatever they make of the lengths. */
static void s34_every_count_is_found(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s;
		if (enctype == KERBEROS_RC4)
			continue;
		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 7);
		for (size_t round = 0; round < 2; round++) {
			sealed_make(&s, &e, 0, 29, round);
			size_t body = sealed_size(&s) - 16;
			for (size_t at = 4; at <= 6; at += 2) {
				size_t right = (size_t)s.bytes[at] << 8 | s.bytes[at + 1];
				for (size_t v = 0; v < 65536; v += v < 300 ? 1 : 97) {
					if (v == right || (at == 6 && v % body == right % body))
						continue;
					s.bytes[at] = (uint8_t)(v >> 8);
					s.bytes[at + 1] = (uint8_t)v;
					refused_both_ways(&s, &e);
				}
				s.bytes[at] = (uint8_t)(right >> 8);
				s.bytes[at + 1] = (uint8_t)right;
			}
		}
		ends_done(&e);
	}
}

/* CVE-2024-37370: the EC outside may not differ from the one that was enciphered. */
static void s34_a_second_count_within_is_compared(void **state)
{
	struct ends e;
	struct etype_cipher seals;
	uint8_t h[16] = { 5, 4, 6, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 }, inner[16], mac[24];
	uint8_t *data;
	size_t n;
	ULONG qop;

	for (int ec = 0; ec <= 16; ec += 16) {
		struct sealed s = { .token_n = 16, .data_n = 16 + 29 + 16 + 12 };
		uint8_t *body = s.bytes + 16;
		struct piece piece = { body, 16 + 29 + 16, false };
		ends_init(&e, KERBEROS_AES256_SHA1, FULL, 7);
		memcpy(inner, h, 16);
		memcpy(s.bytes, h, 16);
		s.bytes[5] = (uint8_t)ec; /* the enciphered one is 0 */
		memset(body, 0x77, 16 + 29);
		memcpy(body + 16 + 29, inner, 16);
		etype_cipher_set(&seals, etype_of(KERBEROS_AES256_SHA1), e.session[0].key->p, 24,
				 false);
		etype_seal(&seals, &piece, 1, mac);
		memcpy(body + 16 + 29 + 16, mac, 12);
		/* sent by the initiator under an acceptor's subkey, sealed */
		assert_int_equal(sealed_open_stream(&s, &e, 1, &qop, &data, &n),
				 ec ? SEC_E_MESSAGE_ALTERED : SEC_E_OK);
		ends_done(&e);
	}
}

static void own_messages_do_not_come_back(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s;
		ULONG qop;
		ends_init(&e, enctype, FULL | style, 7);
		sealed_make(&s, &e, 1, 29, true);
		assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_MESSAGE_ALTERED);
		sealed_make(&s, &e, 1, 29, false);
		assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_MESSAGE_ALTERED);
		ends_done(&e);
	}
}

/* ---- S35: order ---- */

static struct sealed row[140];

static NTSTATUS deliver(const struct ends *e, size_t i)
{
	struct sealed copy = row[i];
	ULONG qop;
	NTSTATUS status = sealed_open_split(&copy, e, 1, &qop);
	if (failed(status))
		assert_memory_equal(copy.bytes, row[i].bytes, sealed_size(&copy));
	return status;
}

static void row_make(struct ends *e, int32_t enctype, uint32_t flags, uint64_t first)
{
	ends_init(e, enctype, FULL | flags, first);
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		sealed_make(&row[i], e, 0, 20, i & 1);
}

static void s35_only_the_next_number_in_order(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		row_make(&e, enctype, style | KRB_SEQUENCE | KRB_REPLAY, 0xFFFFFFFE);
		assert_int_equal(deliver(&e, 1), SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(deliver(&e, 0), SEC_E_OK);
		assert_int_equal(deliver(&e, 0), SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(deliver(&e, 2), SEC_E_OUT_OF_SEQUENCE);
		for (size_t i = 1; i < ARRAY_LEN(row); i++)
			assert_int_equal(deliver(&e, i), SEC_E_OK);
		ends_done(&e);
	}
}

static void s35_no_number_twice_within_the_window(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		row_make(&e, enctype, style | KRB_REPLAY, 0xFFFFFFF0);
		assert_int_equal(deliver(&e, 3), SEC_E_OK);
		assert_int_equal(deliver(&e, 3), SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(deliver(&e, 1), SEC_E_OK);
		assert_int_equal(deliver(&e, 1), SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(deliver(&e, 100), SEC_E_OK);
		assert_int_equal(deliver(&e, 0), SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(deliver(&e, 36), SEC_E_OUT_OF_SEQUENCE);
		for (size_t i = 37; i < 100; i++)
			assert_int_equal(deliver(&e, i), SEC_E_OK);
		for (size_t i = 0; i <= 100; i++)
			assert_int_equal(deliver(&e, i), SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(deliver(&e, 101), SEC_E_OK);
		ends_done(&e);
	}
}

static void s35_any_order_when_nobody_asked(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		row_make(&e, enctype, style, 0);
		for (size_t i = ARRAY_LEN(row); i-- > 0;) {
			assert_int_equal(deliver(&e, i), SEC_E_OK);
			assert_int_equal(deliver(&e, i), SEC_E_OK);
		}
		ends_done(&e);
	}
}

static void s35_numbers_go_round_or_on(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		uint64_t first = enctype == KERBEROS_RC4 ? UINT32_MAX - 20u : UINT64_MAX - 20u;
		row_make(&e, enctype, style | KRB_REPLAY, first);
		for (size_t i = 0; i < ARRAY_LEN(row); i++)
			assert_int_equal(deliver(&e, i), SEC_E_OK);
		for (size_t i = 0; i < ARRAY_LEN(row); i++)
			assert_int_equal(deliver(&e, i), SEC_E_OUT_OF_SEQUENCE);
		ends_done(&e);
	}
}

/* ---- buffers and rights ---- */

static void missing_buffers_change_nothing(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		uint8_t token[128] = { 7 }, data[16] = { 8 };
		SecBuffer b[] = { { sizeof(token), SECBUFFER_TOKEN, token },
				  { sizeof(data), SECBUFFER_DATA, data } };
		SecBufferDesc m = { SECBUFFER_VERSION, 1, b };
		SecPkgContext_Sizes sizes;
		ULONG qop;
		struct kerberos_protection *p;

		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 0);
		p = e.p[0];
		kerberos_sizes(&e.session[0], &sizes);
		assert_int_equal(kerberos_seal(p, &m, true), SEC_E_INVALID_TOKEN);
		assert_int_equal(kerberos_unseal(p, &m, &qop), SEC_E_INVALID_TOKEN);
		m.pBuffers = b + 1;
		assert_int_equal(kerberos_seal(p, &m, true), SEC_E_INVALID_TOKEN);
		assert_int_equal(kerberos_unseal(p, &m, &qop), SEC_E_INVALID_TOKEN);
		assert_int_equal(kerberos_sign(p, &m, 0), SEC_E_INVALID_TOKEN);
		assert_int_equal(kerberos_verify(p, &m, &qop), SEC_E_INVALID_TOKEN);
		assert_int_equal(kerberos_seal(p, NULL, true), SEC_E_INVALID_TOKEN);
		m = (SecBufferDesc){ SECBUFFER_VERSION + 1, 2, b };
		assert_int_equal(kerberos_seal(p, &m, true), SEC_E_INVALID_TOKEN);
		m.ulVersion = SECBUFFER_VERSION;
		b[0].cbBuffer = sizes.cbMaxSignature - 1;
		assert_int_equal(kerberos_sign(p, &m, 0), SEC_E_BUFFER_TOO_SMALL);
		b[0].cbBuffer = (enctype == KERBEROS_RC4 ? 45 : sizes.cbSecurityTrailer) - 1;
		assert_int_equal(kerberos_seal(p, &m, true), SEC_E_BUFFER_TOO_SMALL);
		b[1].pvBuffer = NULL;
		assert_int_equal(kerberos_seal(p, &m, true), SEC_E_INVALID_TOKEN);
		assert_int_equal(token[0], 7);
		assert_int_equal(data[0], 8);
		ends_done(&e);
	}
}

static void what_was_not_agreed_is_not_done(void **state)
{
	struct ends e;
	struct sealed s;
	uint8_t token[128], data[16] = { 0 };
	SecBuffer b[] = { { sizeof(token), SECBUFFER_TOKEN, token },
			  { sizeof(data), SECBUFFER_DATA, data } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };
	ULONG qop;

	ends_init(&e, KERBEROS_AES256_SHA1, KRB_MUTUAL, 0);
	assert_int_equal(kerberos_seal(e.p[0], &m, true), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(kerberos_seal(e.p[0], &m, false), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(kerberos_sign(e.p[0], &m, 0), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(kerberos_unseal(e.p[0], &m, &qop), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(kerberos_verify(e.p[0], &m, &qop), SEC_E_QOP_NOT_SUPPORTED);
	ends_done(&e);
	ends_init(&e, KERBEROS_AES256_SHA1, KRB_INTEGRITY, 0);
	assert_int_equal(kerberos_seal(e.p[0], &m, true), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(kerberos_sign(e.p[0], &m, 1), SEC_E_QOP_NOT_SUPPORTED);
	sealed_make(&s, &e, 0, 20, false);
	assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_OK);
	ends_done(&e);
}

static void other_keys_make_no_context(void **state)
{
	struct kerberos_protection *p;
	struct ends e;

	ends_init(&e, KERBEROS_AES256_SHA1, FULL, 0);
	e.session[0].enctype = 3;
	assert_int_equal(kerberos_protection_new(&e.session[0], &p), SEC_E_CRYPTO_SYSTEM_INVALID);
	e.session[0].enctype = KERBEROS_RC4; /* whose keys are shorter */
	assert_int_equal(kerberos_protection_new(&e.session[0], &p), SEC_E_CRYPTO_SYSTEM_INVALID);
	secret_free(TAKE(e.session[0].key));
	assert_int_equal(kerberos_protection_new(&e.session[0], &p), SEC_E_CRYPTO_SYSTEM_INVALID);
	ends_done(&e);
}

static void sizes_are_what_the_calls_take(void **state)
{
	static const struct {
		int32_t enctype;
		uint32_t flags;
		ULONG signature, trailer;
	} want[] = {
		{ KERBEROS_AES128_SHA1, 0, 28, 60 },
		{ KERBEROS_AES256_SHA1, KRB_DCE_STYLE, 28, 76 },
		{ KERBEROS_AES128_SHA256, 0, 32, 64 },
		{ KERBEROS_AES256_SHA384, KRB_DCE_STYLE, 40, 88 },
		{ KERBEROS_RC4, 0, 37, 49 },
		{ KERBEROS_RC4, KRB_DCE_STYLE, 37, 45 },
	};

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct kerberos_session s = { .enctype = want[i].enctype, .flags = want[i].flags };
		SecPkgContext_Sizes sizes;
		kerberos_sizes(&s, &sizes);
		assert_int_equal(sizes.cbMaxSignature, want[i].signature);
		assert_int_equal(sizes.cbSecurityTrailer, want[i].trailer);
		assert_int_equal(sizes.cbBlockSize, 1);
		assert_int_equal(sizes.cbMaxToken, KERBEROS_MAX_TOKEN);
	}
}

/* [MS-KILE] 4.5 */
static void the_published_rc4_message_opens(void **state)
{
	struct hex bytes = hex("603b06092a864886f71201020202011100"
			       "1000ffffe29e8bbc6348e740ebaa61"
			       "9244a156a13b5cf65e3c21b9aa"
			       "8ed63f0ac83815335b72e293bae1f660");
	struct hex key = hex("81a2cb90af7fc2d19554a150d8185359");
	struct kerberos_session s = { .enctype = KERBEROS_RC4,
				      .server = true,
				      .flags = FULL | KRB_SEQUENCE,
				      .receive_sequence = 0x60CBACD3 };
	struct kerberos_protection *p;
	SecBuffer b[] = { { (ULONG)bytes.n, SECBUFFER_STREAM, bytes.p },
			  { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };
	ULONG qop = 9;

	s.key = secret_copy(key.p, key.n);
	assert_int_equal(kerberos_protection_new(&s, &p), SEC_E_OK);
	assert_int_equal(kerberos_unseal(p, &m, &qop), SEC_E_OK);
	assert_int_equal(qop, 0);
	assert_int_equal(b[1].cbBuffer, 15);
	assert_hex(b[1].pvBuffer, "112233445566778899aabbccddeeff");
	kerberos_protection_free(p);
	kerberos_session_done(&s);
}

/* ---- going on elsewhere ---- */

static void numbers_go_on_after_packing(void **state)
{
	EACH_KIND(enctype, style)
	{
		CLEANUP(wr_done) struct wr w = WR(1000);
		struct ends e, f;
		struct sealed s;
		ULONG qop;

		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 50);
		ends_init(&f, enctype, FULL | style | KRB_SEQUENCE, 50);
		for (int i = 0; i < 3; i++) {
			sealed_make(&s, &e, 0, 20, true);
			assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_OK);
		}
		kerberos_protection_pack(&w, e.p[1]);
		struct rd r = wr_view(&w);
		assert_true(kerberos_protection_unpack(&r, f.p[1]));
		assert_true(rd_empty(r));
		assert_int_equal(sealed_open_split(&s, &f, 1, &qop), SEC_E_MESSAGE_ALTERED);
		sealed_make(&s, &e, 0, 20, true);
		assert_int_equal(sealed_open_split(&s, &f, 1, &qop), SEC_E_OK);
		for (size_t n = 0; n < w.len; n++) {
			r = rd_of(w.buf, n);
			assert_false(kerberos_protection_unpack(&r, f.p[1]));
		}
		ends_done(&e);
		ends_done(&f);
	}
}

static void numbers_used_elsewhere_are_skipped(void **state)
{
	struct ends e;
	struct sealed s;
	ULONG qop;

	ends_init(&e, KERBEROS_AES256_SHA1, FULL | KRB_SEQUENCE, 50);
	kerberos_protection_skip(e.p[0], 1, 1);
	kerberos_protection_skip(e.p[1], 1, 1);
	sealed_make(&s, &e, 0, 20, true);
	assert_int_equal(s.bytes[15], 51);
	assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_OK);
	sealed_make(&s, &e, 1, 20, true);
	assert_int_equal(sealed_open_split(&s, &e, 0, &qop), SEC_E_OK);
	ends_done(&e);
}

/* ---- threads ---- */

static void *seal_many(void *ends)
{
	struct sealed s;
	for (int i = 0; i < 2000; i++)
		sealed_make(&s, ends, 1, 100, true);
	return NULL;
}

static void one_seals_while_another_opens(void **state)
{
	EACH_KIND(enctype, style)
	{
		struct ends e;
		struct sealed s;
		pthread_t other;
		ULONG qop;

		ends_init(&e, enctype, FULL | style | KRB_SEQUENCE, 50);
		assert_int_equal(pthread_create(&other, NULL, seal_many, &e), 0);
		for (int i = 0; i < 2000; i++) {
			sealed_make(&s, &e, 0, 100, true);
			assert_int_equal(sealed_open_split(&s, &e, 1, &qop), SEC_E_OK);
		}
		pthread_join(other, NULL);
		ends_done(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_messages_open),
		cmocka_unit_test(wrapped_messages_stay_readable),
		cmocka_unit_test(a_wrapped_message_needs_someone_to_tell),
		cmocka_unit_test(signatures_verify),
		cmocka_unit_test(a_signature_differs_with_every_bit),
		cmocka_unit_test(several_pieces_and_associated_data),
		cmocka_unit_test(too_many_pieces_are_refused),
		cmocka_unit_test(any_rotation_is_understood),
		cmocka_unit_test(s34_every_flipped_bit_is_found),
		cmocka_unit_test(s34_every_truncation_is_found),
		cmocka_unit_test(s34_every_count_is_found),
		cmocka_unit_test(s34_a_second_count_within_is_compared),
		cmocka_unit_test(own_messages_do_not_come_back),
		cmocka_unit_test(s35_only_the_next_number_in_order),
		cmocka_unit_test(s35_no_number_twice_within_the_window),
		cmocka_unit_test(s35_any_order_when_nobody_asked),
		cmocka_unit_test(s35_numbers_go_round_or_on),
		cmocka_unit_test(missing_buffers_change_nothing),
		cmocka_unit_test(what_was_not_agreed_is_not_done),
		cmocka_unit_test(other_keys_make_no_context),
		cmocka_unit_test(sizes_are_what_the_calls_take),
		cmocka_unit_test(the_published_rc4_message_opens),
		cmocka_unit_test(numbers_go_on_after_packing),
		cmocka_unit_test(numbers_used_elsewhere_are_skipped),
		cmocka_unit_test(one_seals_while_another_opens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
