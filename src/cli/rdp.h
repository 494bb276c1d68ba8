/* cli/rdp.h - RDP's negotiation before TLS: Connection Request and Connection Confirm, both roles.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [MS-RDPBCGR] 2.2.1.1, 2.2.1.2. Messages are at most RDP_MESSAGE_MAX bytes: one X.224 header can
 * count no more. */
#ifndef OPENSSPI_CLI_RDP_H
#define OPENSSPI_CLI_RDP_H

#include "cli/link.h"

#define RDP_MESSAGE_MAX 260

#define RDP_SSL 0x1u
#define RDP_HYBRID 0x2u
#define RDP_HYBRID_EX 0x8u
#define RDP_REQUEST_RESTRICTED_ADMIN 0x01u
#define RDP_REQUEST_REMOTE_GUARD 0x02u
#define RDP_CONFIRM_RESTRICTED_ADMIN 0x08u
#define RDP_CONFIRM_REMOTE_GUARD 0x10u
#define RDP_FAILURE_NO_CERTIFICATE 3u
#define RDP_FAILURE_HYBRID_REQUIRED 5u

enum rdp_answer {
	RDP_ANSWER_OLD,	     /* no negotiation: plain RDP only */
	RDP_ANSWER_SELECTED, /* value: the protocol */
	RDP_ANSWER_FAILURE,  /* value: the failure code */
};

struct rdp_confirm {
	enum rdp_answer answer;
	uint32_t value;
	uint8_t flags;
};

struct rdp_request {
	bool negotiates; /* an RDP_NEG_REQ is there */
	uint8_t flags;
	uint32_t protocols;
};

/* Reads one message; `n` receives its length. */
MUST_CHECK enum link_result rdp_read(struct link *l, unsigned char message[RDP_MESSAGE_MAX],
				     size_t *n);

/* Each writes a whole message and returns its length. */
size_t rdp_build_request(unsigned char message[RDP_MESSAGE_MAX], const struct rdp_request *request);
size_t rdp_build_confirm(unsigned char message[RDP_MESSAGE_MAX], const struct rdp_confirm *confirm);

/* False for anything that is not that message, whole and with nothing behind it. */
MUST_CHECK bool rdp_parse_request(const unsigned char *message, size_t n, struct rdp_request *out);
MUST_CHECK bool rdp_parse_confirm(const unsigned char *message, size_t n, struct rdp_confirm *out);

const char *rdp_protocol_name(uint32_t protocol);
const char *rdp_failure_name(uint32_t code);

#endif
