/* packages/ntlm/message.h - the three NTLM messages: bytes to struct and back, no state, no policy.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Parsed structs are views into the message. Payload is found by its offsets alone: its order and
 * the presence of VERSION and MIC vary between peers. [MS-NLMP] 2.2.1 */
#ifndef OPENSSPI_NTLM_MESSAGE_H
#define OPENSSPI_NTLM_MESSAGE_H

#include "crypto/ntlm.h"
#include "packages/ntlm/flags.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define NTLM_MESSAGE_MAX 0x20000u
#define NTLM_MIC_LEN 16
#define NTLM_MIC_OFFSET 72 /* of AUTHENTICATE, when it has one */
#define NTLM_VERSION_LEN 8
#define NTLM_V1_RESPONSE_LEN 24

enum ntlm_message_type {
	NTLM_MESSAGE_NEGOTIATE = 1,
	NTLM_MESSAGE_CHALLENGE = 2,
	NTLM_MESSAGE_AUTHENTICATE = 3
};

struct ntlm_negotiate {
	uint32_t flags;
	struct rd domain, workstation; /* OEM text; empty unless the flags say supplied */
};

struct ntlm_challenge {
	uint32_t flags;
	uint8_t server_challenge[NTLM_CHALLENGE_LEN];
	struct rd target_name; /* in the negotiated character set */
	struct rd target_info; /* AV pairs; empty unless the flags say so */
};

struct ntlm_authenticate {
	uint32_t flags;
	struct rd lm, nt, domain, user, workstation, session_key;
	size_t payload; /* where the first byte of payload lies: 72 + 16 or more leaves room for a MIC */
};

/* The NTLMv2 response, [MS-NLMP] 2.2.2.8: the proof and the blob it was made over. */
struct ntlm_v2_response {
	struct rd proof, blob;
	uint64_t time;
	struct rd client_challenge;
	struct rd av_pairs; /* from the first pair to the end of the blob */
};

/* The type of a message; false when it is not NTLMSSP's. */
MUST_CHECK bool ntlm_message_type(struct rd message, uint32_t *type);

/* Readers: false when the bytes are not that message. */
MUST_CHECK bool ntlm_negotiate_read(struct rd message, struct ntlm_negotiate *out);
MUST_CHECK bool ntlm_challenge_read(struct rd message, struct ntlm_challenge *out);
MUST_CHECK bool ntlm_authenticate_read(struct rd message, struct ntlm_authenticate *out);
MUST_CHECK bool ntlm_v2_response_read(struct rd response, struct ntlm_v2_response *out);

/* The MIC's place in a message just read; false when the payload leaves no room for one. */
MUST_CHECK bool ntlm_authenticate_has_mic_room(struct rd message,
					       const struct ntlm_authenticate *a);

/* Writers. VERSION is written as zero unless the flags ask for it. */
void ntlm_negotiate_write(struct wr *w, const struct ntlm_negotiate *m);
void ntlm_challenge_write(struct wr *w, const struct ntlm_challenge *m);

/* With 16 zero bytes for the MIC, which the caller fills in at NTLM_MIC_OFFSET. */
void ntlm_authenticate_write(struct wr *w, const struct ntlm_authenticate *m);

/* True when the length is even and every surrogate has its partner. */
MUST_CHECK bool ntlm_utf16_is_valid(struct rd text);

/* A name of AUTHENTICATE as UTF-16LE: valid UTF-16 is copied, OEM is read as ISO 8859-1. False for
 * odd lengths and lone surrogates, and when the writer's cap is reached. */
MUST_CHECK bool ntlm_text_read(struct rd text, bool unicode, struct wr *out);

/* UTF-16LE as it is sent: as it stands, or as ISO 8859-1. False when that cannot hold it. */
MUST_CHECK bool ntlm_text_write(struct wr *w, struct rd utf16le, bool unicode);

#endif
