/* tls/der.c - small conversions of what OpenSSL holds.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <arpa/inet.h>
#include <time.h>

#include "tls/internal.h"

bool x509_to_der(X509 *x, struct tls_span *out)
{
	int len = i2d_X509(x, NULL);
	uint8_t *p = len > 0 ? mem_alloc((size_t)len) : NULL;

	if (!p)
		return false;
	*out = (struct tls_span){ .p = p, .n = (size_t)len };
	return i2d_X509(x, &p) == len;
}

int64_t x509_not_after(const X509 *x)
{
	struct tm when;
	return ASN1_TIME_to_tm(X509_get0_notAfter(x), &when) == 1 ? (int64_t)timegm(&when) : 0;
}

bool host_is_address(const char *host)
{
	uint8_t address[sizeof(struct in6_addr)];
	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}
