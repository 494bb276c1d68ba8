/* tests/unit/kerberos_pair.h - two ends of a Kerberos context without a KDC, and messages between them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TEST_KERBEROS_PAIR_H
#define OPENSSPI_TEST_KERBEROS_PAIR_H

#include "base/base.h"

#include "krb/krb.h"
#include "packages/kerberos/protect.h"

#define FULL (KRB_MUTUAL | KRB_CONFIDENTIALITY | KRB_INTEGRITY)
#define MESSAGE_ROOM 5000

/* The five enctypes. */
extern const int32_t kerberos_enctypes[5];

struct ends {
	struct kerberos_session session[2]; /* client, server */
	struct kerberos_protection *p[2];
};

/* Keys of known bytes; the client's messages begin with `first`, the server's with first + 1000. */
void ends_init(struct ends *e, int32_t enctype, uint32_t flags, uint64_t first);
void ends_done(struct ends *e);

/* A message in one row: token, data, padding. */
struct sealed {
	uint8_t bytes[MESSAGE_ROOM];
	size_t token_n, data_n, padding_n;
};

static inline size_t sealed_size(const struct sealed *s)
{
	return s->token_n + s->data_n + s->padding_n;
}

/* Seals `n` bytes 0, 1, 2 ...; asserts that it went well. */
void sealed_make(struct sealed *s, const struct ends *e, int from, size_t n, bool encrypts);

/* Opens it, whole or in its parts; with SEC_E_OK `data` receives where the data are. */
NTSTATUS sealed_open_stream(struct sealed *s, const struct ends *e, int to, ULONG *qop,
			    uint8_t **data, size_t *n);
NTSTATUS sealed_open_split(struct sealed *s, const struct ends *e, int to, ULONG *qop);

/* True for bytes 0, 1, 2 ... */
bool counts_up(const uint8_t *p, size_t n);

#endif
