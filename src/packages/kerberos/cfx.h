/* packages/kerberos/cfx.h - per-message tokens of RFC 4121, for the enctypes that are not RC4.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A sealed message is header | filler, header and MAC | confounder, all in the TOKEN, then the data:
 * gss_wrap's token, turned right so that nothing follows the data. [MS-KILE] 3.4.5.4.1 */
#ifndef OPENSSPI_KERBEROS_CFX_H
#define OPENSSPI_KERBEROS_CFX_H

#include "packages/kerberos/message.h"

#define CFX_HEADER 16u

/* What both directions of a context have in common. */
struct cfx_style {
	const struct etype *type;
	bool dce;	      /* filler of one block, and a turn that does not count it */
	bool acceptor_subkey; /* the acceptor chose the key */
};

/* One direction's keys. */
struct cfx_keys {
	struct etype_cipher seal;
	struct etype_mac wrap, mic;
};

/* One message on its way: its token is made or read with these. */
struct cfx_work {
	const struct cfx_style *style;
	const struct cfx_keys *keys;
	bool from_acceptor;
	struct kerberos_message *message;
	uint64_t number; /* to be sent, or as it was received */
};

void cfx_keys_set(struct cfx_keys *k, const struct cfx_style *style, const uint8_t *base,
		  bool from_acceptor, bool opens);

/* What a TOKEN takes. */
size_t cfx_signature_size(const struct cfx_style *style);
size_t cfx_token_size(const struct cfx_style *style, bool encrypts);

/* Into message->token, which has room. SEC_E_OK, or what random_bytes says. */
void cfx_sign(struct cfx_work *w);
MUST_CHECK NTSTATUS cfx_seal(struct cfx_work *w, bool encrypts);

/* SEC_E_OK with the number; SEC_E_INVALID_TOKEN when the TOKEN cannot be one, SEC_E_INCOMPLETE_MESSAGE for
 * a STREAM of that kind; SEC_E_MESSAGE_ALTERED. With a failure every byte is as it was. */
MUST_CHECK NTSTATUS cfx_verify(struct cfx_work *w);

/* What came out of a wrap token, and how to put it back. */
struct cfx_opened {
	struct piece body[KERBEROS_DATA_MAX + 4];
	size_t count;
	size_t turned; /* right, in bytes */
	size_t pieces; /* of w->message that were deciphered; 0: only signed */
	uint8_t *data; /* of a STREAM */
	size_t data_n;
};
MUST_CHECK NTSTATUS cfx_unseal(struct cfx_work *w, struct cfx_opened *o);
void cfx_undo(struct cfx_work *w, struct cfx_opened *o);

#endif
