/* packages/tsssp/message.h - TSRequest and TSCredentials: bytes to struct and back, no state, no policy.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [MS-CSSP] 2.2. Parsed structs are views into the message. */
#ifndef OPENSSPI_PACKAGES_TSSSP_MESSAGE_H
#define OPENSSPI_PACKAGES_TSSSP_MESSAGE_H

#include "wire/kerblogon.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define TS_REQUEST_MAX (1u << 20) /* bytes of one TSRequest that are read or written */
#define TS_NONCE_LEN 32

struct ts_request {
	uint32_t version;
	bool has_nego, has_auth_info, has_pub_key_auth, has_error, has_nonce;
	struct rd nego_token, auth_info, pub_key_auth, nonce;
	uint32_t error_code;
};

/* What stands at the front of a stream of TSRequests. */
enum ts_frame {
	TS_FRAME_WHOLE,	  /* *len bytes are one TSRequest */
	TS_FRAME_PARTIAL, /* at least *len more bytes are needed */
	TS_FRAME_BAD,
};

/* Looks at the outermost tag and length alone. */
enum ts_frame ts_request_frame(struct rd bytes, size_t *len);

/* Reads one TSRequest that fills `message` exactly. Fields out of order, twice, empty lists, a second
 * negoToken: false. Unknown context tags above 5 are skipped. A nonce of another length than 32 is
 * read as it is: whether it is right depends on the version. */
MUST_CHECK bool ts_request_parse(struct rd message, struct ts_request *out);

void ts_request_write(struct wr *w, const struct ts_request *request);

enum ts_cred_type {
	TS_CRED_PASSWORD = 1,
	TS_CRED_SMART_CARD = 2,
	TS_CRED_REMOTE_GUARD = 6,
};

struct ts_credentials {
	enum ts_cred_type type;
	/* UTF-16LE, without trailing NUL. A smart card's: the hints (empty is absent) and the PIN. */
	struct rd domain, user, password;
	struct csp_info csp; /* TS_CRED_SMART_CARD: where card and key are */
	/* TS_CRED_REMOTE_GUARD: the logon's package and its buffer; supplemental ones are not kept. */
	struct rd package, buffer;
	size_t supplemental; /* how many of those there are */
};

/* Reads TSCredentials: the structure that the type names and no other, nothing behind it. Text with a
 * NUL inside, of odd length, above 65534 bytes or with lone surrogates is refused; NULs at its end
 * are cut off. */
MUST_CHECK bool ts_credentials_parse(struct rd message, struct ts_credentials *out);

/* Writes TSCredentials of type password. */
void ts_credentials_write(struct wr *w, struct rd domain, struct rd user, struct rd password);

/* Writes those of type smart card, with the fields above; empty optional ones are left out. */
void ts_smart_card_write(struct wr *w, const struct ts_credentials *c);

/* Writes those of type Remote Guard, without supplemental credentials. */
void ts_remote_guard_write(struct wr *w, struct rd package, struct rd buffer);

#endif
