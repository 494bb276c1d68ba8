/* tests/unit/kerberos_pair.c - see tests/unit/kerberos_pair.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/clock.h"
#include "kerberos_pair.h"

const int32_t kerberos_enctypes[5] = { KERBEROS_AES128_SHA1, KERBEROS_AES256_SHA1,
				       KERBEROS_AES128_SHA256, KERBEROS_AES256_SHA384,
				       KERBEROS_RC4 };

static void session_init(struct kerberos_session *s, bool server, int32_t enctype, uint32_t flags,
			 uint64_t first)
{
	bool is_long = enctype == KERBEROS_AES256_SHA1 || enctype == KERBEROS_AES256_SHA384;

	*s = (struct kerberos_session){ .flags = flags,
					.server = server,
					.expiry = CLOCK_NEVER,
					.password_expiry = CLOCK_NEVER,
					.enctype = enctype,
					.ticket_enctype = enctype,
					.acceptor_subkey = enctype != KERBEROS_RC4,
					.send_sequence = server ? first + 1000 : first,
					.receive_sequence = server ? first : first + 1000 };
	s->key = secret_new(is_long ? 32 : 16);
	assert_non_null(s->key);
	for (size_t i = 0; i < s->key->len; i++)
		s->key->p[i] = (uint8_t)(0xA0 + i);
}

void ends_init(struct ends *e, int32_t enctype, uint32_t flags, uint64_t first)
{
	for (int i = 0; i < 2; i++) {
		session_init(&e->session[i], i, enctype, flags, first);
		assert_int_equal(kerberos_protection_new(&e->session[i], &e->p[i]), SEC_E_OK);
	}
}

void ends_done(struct ends *e)
{
	for (int i = 0; i < 2; i++) {
		kerberos_protection_free(e->p[i]);
		kerberos_session_done(&e->session[i]);
	}
}

void sealed_make(struct sealed *s, const struct ends *e, int from, size_t n, bool encrypts)
{
	SecPkgContext_Sizes sizes;

	kerberos_sizes(&e->session[from], &sizes);
	uint8_t token[128], data[MESSAGE_ROOM], padding[16];
	SecBuffer b[] = { { sizes.cbSecurityTrailer, SECBUFFER_TOKEN, token },
			  { (ULONG)n, SECBUFFER_DATA, data },
			  { sizes.cbBlockSize, SECBUFFER_PADDING, padding } };
	SecBufferDesc m = { SECBUFFER_VERSION, 3, b };

	assert_true(n + 200 <= MESSAGE_ROOM);
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)i;
	assert_int_equal(kerberos_seal(e->p[from], &m, encrypts), SEC_E_OK);
	s->token_n = b[0].cbBuffer;
	s->data_n = n;
	s->padding_n = b[2].cbBuffer;
	memcpy(s->bytes, token, s->token_n);
	memcpy(s->bytes + s->token_n, data, n);
	memcpy(s->bytes + s->token_n + n, padding, s->padding_n);
}

NTSTATUS sealed_open_stream(struct sealed *s, const struct ends *e, int to, ULONG *qop,
			    uint8_t **data, size_t *n)
{
	SecBuffer b[] = { { (ULONG)sealed_size(s), SECBUFFER_STREAM, s->bytes },
			  { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	NTSTATUS status = kerberos_unseal(e->p[to], &m, qop);
	*data = b[1].pvBuffer;
	*n = b[1].cbBuffer;
	return status;
}

NTSTATUS sealed_open_split(struct sealed *s, const struct ends *e, int to, ULONG *qop)
{
	uint8_t *data = s->bytes + s->token_n;
	SecBuffer b[] = { { (ULONG)s->token_n, SECBUFFER_TOKEN, s->bytes },
			  { (ULONG)s->data_n, SECBUFFER_DATA, data },
			  { (ULONG)s->padding_n, SECBUFFER_PADDING, data + s->data_n } };
	SecBufferDesc m = { SECBUFFER_VERSION, 3, b };

	return kerberos_unseal(e->p[to], &m, qop);
}

bool counts_up(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (uint8_t)i)
			return false;
	return true;
}
