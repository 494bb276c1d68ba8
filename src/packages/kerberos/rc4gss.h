/* packages/kerberos/rc4gss.h - per-message tokens of RFC 4757 section 7, for RC4.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The TOKEN is a GSS frame around a header, a number, a checksum and a confounder; the data follow, and
 * in gss_wrap's form one byte of padding, which a PADDING buffer has room for. */
#ifndef OPENSSPI_KERBEROS_RC4GSS_H
#define OPENSSPI_KERBEROS_RC4GSS_H

#include "crypto/digest.h"
#include "packages/kerberos/message.h"

#define RC4GSS_KEY_LEN 16u
#define RC4GSS_SIGNATURE_SIZE 37u
#define RC4GSS_TOKEN_SIZE 45u	  /* with a frame's shortest length */
#define RC4GSS_TOKEN_SIZE_MAX 49u /* with its longest */

/* The same for both directions. */
struct rc4gss_keys {
	struct mac_key sign, sequence, seal;
};

struct rc4gss_work {
	const struct rc4gss_keys *keys;
	bool from_acceptor;
	bool dce; /* the frame's length is without the data, which are not padded */
	struct kerberos_message *message;
	uint32_t number; /* to be sent, or as it was received */
};

void rc4gss_keys_set(struct rc4gss_keys *k, const uint8_t key[RC4GSS_KEY_LEN]);

/* Bytes of padding that go into the message's PADDING, and what its TOKEN takes. */
size_t rc4gss_padding(const struct rc4gss_work *w);
size_t rc4gss_token_size(const struct rc4gss_work *w);

/* As cfx.h's. */
void rc4gss_sign(struct rc4gss_work *w);
MUST_CHECK NTSTATUS rc4gss_verify(struct rc4gss_work *w);
MUST_CHECK NTSTATUS rc4gss_seal(struct rc4gss_work *w, bool encrypts);

struct rc4gss_opened {
	bool sealed;
	size_t pieces; /* of the message, the confounder and the padding among them */
	uint8_t key[MD5_LEN];
	uint8_t *data; /* of a STREAM */
	size_t data_n;
};
MUST_CHECK NTSTATUS rc4gss_unseal(struct rc4gss_work *w, struct rc4gss_opened *o);
void rc4gss_undo(struct rc4gss_work *w, struct rc4gss_opened *o);

#endif
