/* fuzz/fuzz_kerberos_token.c - Kerberos messages, signatures and handshakes as a peer may send them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The first byte chooses enctype, style and form; where the data begin in split buffers is the second. A
 * message that is refused must be as it was. */
#include "base/base.h"

#include <stdlib.h>

#include "base/text.h"
#include "krb/krb.h"
#include "packages/kerberos/describe.h"
#include "packages/kerberos/protect.h"

#define MESSAGE_MAX 4096

static const int32_t enctypes[] = { KERBEROS_AES128_SHA1, KERBEROS_AES256_SHA1,
				    KERBEROS_AES128_SHA256, KERBEROS_AES256_SHA384, KERBEROS_RC4 };

static struct kerberos_protection *protections[ARRAY_LEN(enctypes) * 2];

static void protections_make(void)
{
	for (size_t i = 0; i < ARRAY_LEN(protections); i++) {
		bool is_long = enctypes[i / 2] == KERBEROS_AES256_SHA1 ||
			       enctypes[i / 2] == KERBEROS_AES256_SHA384;
		struct kerberos_session s = { .enctype = enctypes[i / 2],
					      .server = true,
					      .flags = KRB_CONFIDENTIALITY | KRB_INTEGRITY |
						       (i % 2 ? KRB_DCE_STYLE : 0) };
		s.key = secret_new(is_long ? 32 : 16);
		if (!s.key || kerberos_protection_new(&s, &protections[i]) != SEC_E_OK)
			abort();
		kerberos_session_done(&s);
	}
}

static void open_or_keep(struct kerberos_protection *p, SecBufferDesc *m, uint8_t *bytes, size_t n,
			 bool verifies)
{
	uint8_t before[MESSAGE_MAX];
	ULONG qop;

	memcpy(before, bytes, n);
	NTSTATUS status = verifies ? kerberos_verify(p, m, &qop) : kerberos_unseal(p, m, &qop);
	if (failed(status) && memcmp(before, bytes, n) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[MESSAGE_MAX];

	if (!protections[0])
		protections_make();
	if (size < 2 || size > MESSAGE_MAX)
		return 0;
	struct kerberos_protection *p = protections[data[0] % ARRAY_LEN(protections)];
	size_t n = size - 2, token = data[1] < n ? data[1] : n;
	memcpy(bytes, data + 2, n);

	SecBuffer whole[] = { { (ULONG)n, SECBUFFER_STREAM, bytes }, { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, whole };
	open_or_keep(p, &m, bytes, n, false);

	memcpy(bytes, data + 2, n);
	size_t half = (n - token) / 2;
	SecBuffer split[] = { { (ULONG)token, SECBUFFER_TOKEN, bytes },
			      { (ULONG)half, SECBUFFER_DATA, bytes + token },
			      { (ULONG)(n - token - half), SECBUFFER_DATA, bytes + token + half } };
	m = (SecBufferDesc){ SECBUFFER_VERSION, 3, split };
	open_or_keep(p, &m, bytes, n, false);
	memcpy(bytes, data + 2, n);
	open_or_keep(p, &m, bytes, n, true);

	struct text out = { 0 };
	(void)kerberos_describe(data + 2, n, 0, &out);
	text_done(&out);
	return 0;
}
