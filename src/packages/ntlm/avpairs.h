/* packages/ntlm/avpairs.h - the attribute-value list of CHALLENGE and of the NTLMv2 response.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [MS-NLMP] 2.2.2.1. A list must end with an EOL of no length; each known pair may come once, with
 * the length its kind has. Bytes after EOL are the message's own business. */
#ifndef OPENSSPI_NTLM_AVPAIRS_H
#define OPENSSPI_NTLM_AVPAIRS_H

#include "wire/rd.h"
#include "wire/wr.h"

enum av_id {
	AV_EOL,
	AV_NB_COMPUTER,
	AV_NB_DOMAIN,
	AV_DNS_COMPUTER,
	AV_DNS_DOMAIN,
	AV_DNS_TREE,
	AV_FLAGS,
	AV_TIMESTAMP,
	AV_SINGLE_HOST,
	AV_TARGET_NAME,
	AV_CHANNEL_BINDINGS,
	AV_COUNT
};

#define AV_FLAG_CONSTRAINED 1u
#define AV_FLAG_MIC 2u
#define AV_FLAG_UNVERIFIED_TARGET 4u

#define AV_BINDINGS_LEN 16

/* A list taken apart; values are views into it. */
struct av_pairs {
	bool has[AV_COUNT];
	struct rd value[AV_COUNT];
	uint32_t flags;	    /* 0 without AV_FLAGS */
	uint64_t timestamp; /* 0 without AV_TIMESTAMP */
};

/* Takes one pair off as it stands; false at a malformed one. EOL is a pair too. */
MUST_CHECK bool av_next(struct rd *list, uint16_t *id, struct rd *value);

/* Reads a list up to its EOL. */
MUST_CHECK bool av_read(struct rd list, struct av_pairs *out);

void av_write(struct wr *w, uint16_t id, struct rd value);
void av_write_u32(struct wr *w, uint16_t id, uint32_t value);
void av_write_u64(struct wr *w, uint16_t id, uint64_t value);
void av_write_end(struct wr *w);

/* What a client adds to the list that the server sent. */
struct av_answer {
	bool has_mic, unverified_target;
	struct rd target;   /* UTF-16LE; may be empty */
	struct rd bindings; /* 16 bytes, or empty: sent as zero */
};

/* Writes the client's list: the server's pairs, except those that only a client may set (its own
 * flags are taken over without the MIC bit), and the answer's. False when the server's list is
 * malformed. [MS-NLMP] 3.1.5.1.2 */
MUST_CHECK bool av_write_answer(struct wr *w, struct rd server, const struct av_answer *answer);

#endif
