/* packages/negotiate/message.h - SPNEGO's two tokens: bytes to struct and back, no state, no policy.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * RFC 4178 4.2, with [MS-SPNG] 2.2.1's NegTokenInit2. Parsed structs are views into the token. */
#ifndef OPENSSPI_PACKAGES_NEGOTIATE_MESSAGE_H
#define OPENSSPI_PACKAGES_NEGOTIATE_MESSAGE_H

#include "wire/rd.h"
#include "wire/wr.h"

#define SPNEGO_MECHS_MAX 16 /* of a list, these count; longer lists are read */
#define SPNEGO_TOKEN_MAX 48256u

enum spnego_state {
	SPNEGO_ACCEPT_COMPLETED = 0,
	SPNEGO_ACCEPT_INCOMPLETE = 1,
	SPNEGO_REJECT = 2,
	SPNEGO_REQUEST_MIC = 3,
	SPNEGO_STATE_ABSENT = -1,
};

/* The mechanisms this house can name. */
enum spnego_mech {
	MECH_NTLM,
	MECH_KERBEROS,
	MECH_KERBEROS_MS, /* the OID with the old typing mistake, which Windows lists first */
	MECH_KERBEROS_U2U,
	MECH_NEGOEX,
	MECH_UNKNOWN,
};

struct spnego_init {
	struct rd mech_list; /* the MechTypeList's whole DER, over which MICs are made */
	size_t mech_count;   /* in `mechs`, the unknown ones too */
	enum spnego_mech mechs[SPNEGO_MECHS_MAX];
	bool has_token, has_mic;
	struct rd token, mic;
};

struct spnego_response {
	enum spnego_state state;
	bool has_mech, has_token, has_mic;
	enum spnego_mech mech;
	struct rd token, mic;
};

/* How a first token begins. */
enum spnego_frame {
	FRAME_NONE,	/* nothing known */
	FRAME_SPNEGO,	/* the GSS-API's frame with SPNEGO's OID */
	FRAME_RESPONSE, /* a NegTokenResp */
	FRAME_NTLM,	/* NTLM without SPNEGO around it */
	FRAME_KERBEROS, /* the GSS-API's frame with one of Kerberos' OIDs, or an AP-REQ without it */
};
MUST_CHECK enum spnego_frame spnego_frame(struct rd token);

/* Cuts a token that is one DER element off what follows it; `rest` counts that. False when it is not
 * whole. */
MUST_CHECK bool spnego_cut(struct rd *token, size_t *rest);

/* Reads an InitialContextToken with a NegTokenInit or NegTokenInit2 (told apart by structure). */
MUST_CHECK bool spnego_parse_init(struct rd token, struct spnego_init *out);

MUST_CHECK bool spnego_parse_response(struct rd token, struct spnego_response *out);

/* Writes the MechTypeList of these mechanisms, as it stands in a NegTokenInit and under a MIC. */
void spnego_write_mech_list(struct wr *w, const enum spnego_mech *mechs, size_t count);

/* Writes a NegTokenInit; token and MIC are left out when their has_ says so. */
void spnego_write_init(struct wr *w, struct rd mech_list, const struct spnego_init *init);

/* Writes the NegTokenInit2 by which a server begins, [MS-SPNG] 3.2.5.2. */
void spnego_write_hint(struct wr *w, struct rd mech_list);

void spnego_write_response(struct wr *w, const struct spnego_response *response);

/* The mechanism's name for people. */
const char *spnego_mech_name(enum spnego_mech mech);

#endif
