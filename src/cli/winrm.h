/* cli/winrm.h - WinRM's messages: SOAP sealed in HTTP bodies, and the Identify operation.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [MS-WSMV] 2.2.9.1: pairs of parts, the first says how long the message is, the second holds it
 * sealed behind the length of its signature or trailer. [DMTF-DSP0226] 11: Identify. */
#ifndef OPENSSPI_CLI_WINRM_H
#define OPENSSPI_CLI_WINRM_H

#include "cli/http.h"

#define WINRM_PARTS_MAX 64
#define WINRM_SPNEGO "application/HTTP-SPNEGO-session-encrypted"
#define WINRM_CREDSSP "application/HTTP-CredSSP-session-encrypted"
#define WINRM_SOAP "application/soap+xml;charset=UTF-8"

/* One sealed piece; the texts point into the body. */
struct winrm_part {
	uint64_t original; /* the message's length before it was sealed */
	uint32_t edge;	   /* how much of the sealed piece is signature or trailer */
	struct http_text sealed;
};

/* Appends one pair of parts; false when memory is short. */
MUST_CHECK bool winrm_add_part(struct bytes *body, const char *protocol,
			       const struct winrm_part *part);
MUST_CHECK bool winrm_end_parts(struct bytes *body);

/* Takes a body apart; false for anything but one to WINRM_PARTS_MAX pairs of that protocol. */
MUST_CHECK bool winrm_parse(const void *p, size_t n, const char *protocol,
			    struct winrm_part parts[WINRM_PARTS_MAX], int *count);

/* Whether a Content-Type is that of sealed messages of the protocol, of one piece or more. */
bool winrm_is_sealed(struct http_text content_type, const char *protocol);

/* Prints the Content-Type of a body with `count` pieces. */
MUST_CHECK bool winrm_print_type(struct bytes *out, const char *protocol, int count);

/* The two messages of Identify. */
extern const char winrm_identify[];
MUST_CHECK bool winrm_print_identified(struct bytes *out, const char *version);

/* Whether the text is a message whose body is that element of Identify's; no reader of XML at
 * large. */
bool winrm_is_identify(const struct bytes *soap);
bool winrm_is_identified(const struct bytes *soap);

/* The text of an element named by its last part ("ProductVendor"), for people to read; false when
 * there is none, or it is longer than `room`. */
bool winrm_element(const struct bytes *soap, const char *name, char *out, size_t room);

#endif
