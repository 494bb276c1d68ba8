/* cli/rdp.c - RDP's negotiation before TLS: Connection Request and Connection Confirm, both roles.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/rdp.h"

#include <string.h>

#define TPKT_LEN 4u
#define X224_LEN 7u /* with its length indicator */
#define NEGO_LEN 8u
#define CORRELATION_LEN 36u

#define X224_REQUEST 0xE0
#define X224_CONFIRM 0xD0
#define NEGO_REQUEST 1
#define NEGO_RESPONSE 2
#define NEGO_FAILURE 3
#define REQUEST_CORRELATION_FOLLOWS 0x08

enum link_result rdp_read(struct link *l, unsigned char message[RDP_MESSAGE_MAX], size_t *n)
{
	enum link_result result = link_read(l, message, TPKT_LEN);
	if (result != LINK_OK)
		return result;

	size_t total = (size_t)message[2] << 8 | message[3];
	if (message[0] != 3 || total < TPKT_LEN + X224_LEN || total > RDP_MESSAGE_MAX)
		return LINK_BAD_FRAME;
	*n = total;
	return link_read(l, message + TPKT_LEN, total - TPKT_LEN);
}

static size_t build(unsigned char *message, uint8_t code, const uint8_t nego[NEGO_LEN])
{
	const unsigned char head[TPKT_LEN + X224_LEN] = {
		3, 0, 0, TPKT_LEN + X224_LEN + NEGO_LEN, X224_LEN - 1 + NEGO_LEN, code,
	};
	memcpy(message, head, sizeof(head));
	memcpy(message + sizeof(head), nego, NEGO_LEN);
	return sizeof(head) + NEGO_LEN;
}

size_t rdp_build_request(unsigned char message[RDP_MESSAGE_MAX], const struct rdp_request *request)
{
	const uint8_t nego[NEGO_LEN] = { NEGO_REQUEST, request->flags, NEGO_LEN, 0,
					 request->protocols & 0xFF };
	return build(message, X224_REQUEST, nego);
}

size_t rdp_build_confirm(unsigned char message[RDP_MESSAGE_MAX], const struct rdp_confirm *confirm)
{
	const uint8_t nego[NEGO_LEN] = {
		confirm->answer == RDP_ANSWER_FAILURE ? NEGO_FAILURE : NEGO_RESPONSE,
		confirm->flags,
		NEGO_LEN,
		0,
		confirm->value & 0xFF,
	};
	return build(message, X224_CONFIRM, nego);
}

/* The bytes behind the X.224 header; false when TPKT, length indicator or code are not right. */
static bool parse_x224(const unsigned char *message, size_t n, uint8_t code,
		       const unsigned char **rest, size_t *rest_len)
{
	if (n < TPKT_LEN + X224_LEN || n > RDP_MESSAGE_MAX || message[0] != 3 ||
	    ((size_t)message[2] << 8 | message[3]) != n)
		return false;
	if (message[4] != n - TPKT_LEN - 1 || message[5] != code)
		return false;
	*rest = message + TPKT_LEN + X224_LEN;
	*rest_len = n - TPKT_LEN - X224_LEN;
	return true;
}

static uint32_t u32le(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_nego(const unsigned char *p)
{
	return p[2] == NEGO_LEN && p[3] == 0;
}

bool rdp_parse_request(const unsigned char *message, size_t n, struct rdp_request *out)
{
	const unsigned char *p;
	size_t len;

	if (!parse_x224(message, n, X224_REQUEST, &p, &len))
		return false;

	/* A cookie or routing token is one line of text. A negotiation request begins with 01. */
	if (len && p[0] != NEGO_REQUEST) {
		const unsigned char *end = memmem(p, len, "\r\n", 2);
		if (!end)
			return false;
		len -= (size_t)(end + 2 - p);
		p = end + 2;
	}

	*out = (struct rdp_request){ .negotiates = len != 0 };
	if (!len)
		return true;
	if (len < NEGO_LEN || p[0] != NEGO_REQUEST || !is_nego(p))
		return false;
	out->flags = p[1];
	out->protocols = u32le(p + 4);
	return len == NEGO_LEN + ((p[1] & REQUEST_CORRELATION_FOLLOWS) ? CORRELATION_LEN : 0);
}

bool rdp_parse_confirm(const unsigned char *message, size_t n, struct rdp_confirm *out)
{
	const unsigned char *p;
	size_t len;

	if (!parse_x224(message, n, X224_CONFIRM, &p, &len))
		return false;
	*out = (struct rdp_confirm){ .answer = RDP_ANSWER_OLD };
	if (!len)
		return true;
	if (len != NEGO_LEN || !is_nego(p) || (p[0] != NEGO_RESPONSE && p[0] != NEGO_FAILURE))
		return false;
	out->answer = p[0] == NEGO_RESPONSE ? RDP_ANSWER_SELECTED : RDP_ANSWER_FAILURE;
	out->value = u32le(p + 4);
	out->flags = p[1];
	return true;
}

const char *rdp_protocol_name(uint32_t protocol)
{
	switch (protocol) {
	case 0:
		return "plain RDP";
	case RDP_SSL:
		return "TLS without sign-in (SSL)";
	case RDP_HYBRID:
		return "CredSSP (HYBRID)";
	case 4:
		return "RDSTLS";
	case RDP_HYBRID_EX:
		return "CredSSP with authorization result (HYBRID_EX)";
	case 16:
		return "Entra ID (RDSAAD)";
	}
	return "a protocol unknown here";
}

const char *rdp_failure_name(uint32_t code)
{
	static const char *const names[] = {
		"an unknown reason",
		"the server insists on TLS",
		"the server does not allow TLS",
		"the server has no certificate",
		"the request's flags contradict each other",
		"the server insists on CredSSP",
		"the server insists on TLS with a client certificate",
	};
	return names[code < ARRAY_LEN(names) ? code : 0];
}
