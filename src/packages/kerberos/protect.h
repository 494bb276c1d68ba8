/* packages/kerberos/protect.h - messages of an established context: RFC 4121 and RFC 4757 tokens in place.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One thread may seal while another unseals. Nothing is allocated per message. */
#ifndef OPENSSPI_KERBEROS_PROTECT_H
#define OPENSSPI_KERBEROS_PROTECT_H

#include "packages/kerberos/session.h"

struct kerberos_protection;

/* SEC_E_INSUFFICIENT_MEMORY; SEC_E_CRYPTO_SYSTEM_INVALID for an enctype that is none of session.h's. */
MUST_CHECK NTSTATUS kerberos_protection_new(const struct kerberos_session *s,
					    struct kerberos_protection **out);
void kerberos_protection_free(struct kerberos_protection *p);

/* SECPKG_ATTR_SIZES of an enctype: what the calls below need room for. */
void kerberos_sizes(const struct kerberos_session *s, SecPkgContext_Sizes *out);

/* Windows' four calls on buffer lists; statuses as docs/man's pages of MakeSignature and EncryptMessage.
 * `encrypts` false: SECQOP_WRAP_NO_ENCRYPT. */
MUST_CHECK NTSTATUS kerberos_sign(struct kerberos_protection *p, PSecBufferDesc message, ULONG qop);
MUST_CHECK NTSTATUS kerberos_verify(struct kerberos_protection *p, PSecBufferDesc message,
				    PULONG qop);
MUST_CHECK NTSTATUS kerberos_seal(struct kerberos_protection *p, PSecBufferDesc message,
				  bool encrypts);
MUST_CHECK NTSTATUS kerberos_unseal(struct kerberos_protection *p, PSecBufferDesc message,
				    PULONG qop);

/* For ExportSecurityContext: sequence numbers as they stand. */
void kerberos_protection_pack(struct wr *w, struct kerberos_protection *p);
MUST_CHECK bool kerberos_protection_unpack(struct rd *r, struct kerberos_protection *p);

/* mechListMICs that were made and verified elsewhere have used up numbers (CompleteAuthToken). */
void kerberos_protection_skip(struct kerberos_protection *p, uint32_t sent, uint32_t received);

#endif
