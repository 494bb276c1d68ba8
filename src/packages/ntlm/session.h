/* packages/ntlm/session.h - an established context: what both halves of the package know of it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_SESSION_H
#define OPENSSPI_NTLM_SESSION_H

#include <sspi.h>

#include "base/loop.h"
#include "base/secret.h"
#include "packages/ntlm/keys.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define NTLM_MAX_TOKEN 2888
#define NTLM_SIGNATURE_LEN 16
#define NTLM_PACKED_MAX 0x200000u /* the most SIDs that there may be, and some */

/* Owned UTF-16 text, NUL-terminated; p NULL: none. */
struct ntlm_text {
	WCHAR *p;
	size_t n;
};

struct ntlm_session {
	uint32_t flags;	     /* negotiated */
	uint32_t attributes; /* ISC_RET_ or ASC_RET_ */
	bool server;
	int64_t start;		       /* UTC */
	struct ntlm_text domain, user; /* the client's, as the authority spells them */
	struct ntlm_text target;       /* the SPN the client named */
	struct secret *key;	       /* ExportedSessionKey, NTLM_KEY_LEN bytes */
	struct wr sids;		       /* server: wire/sids.h, from the authority; empty: none */
	bool of_machine;	       /* server: the account is this machine's, not a domain's */
	uint8_t mark[LOOP_MARK_LEN];   /* client: the key exchange key's; zero: none */
};

/* A copy of UTF-16LE bytes; false when memory is short. */
MUST_CHECK bool ntlm_text_copy(struct ntlm_text *out, struct rd utf16le);
void ntlm_text_done(struct ntlm_text *t);

/* The text as the bytes it is sent in. */
static inline struct rd ntlm_text_bytes(const struct ntlm_text *t)
{
	return rd_of(t->p, t->n * 2);
}

static inline const uint8_t *ntlm_session_key(const struct ntlm_session *s)
{
	return s->key->p;
}

/* The names of an anonymous client; static. */
void ntlm_session_nobody(struct rd *domain, struct rd *user);

/* Releases what the session holds and zeroes it. */
void ntlm_session_done(struct ntlm_session *s);

/* A copy of a list of wire/sids.h, into a session that has none. */
MUST_CHECK NTSTATUS ntlm_session_take_sids(struct ntlm_session *s, struct rd list);

/* The packed context that goes from the LSA to the user-mode half; unpacking takes it off. */
void ntlm_session_pack(struct wr *w, const struct ntlm_session *s);
MUST_CHECK NTSTATUS ntlm_session_unpack(struct rd *packed, struct ntlm_session *out);

/* Answers QueryContextAttributes. Inner memory is block heap, freed with FreeContextBuffer.
 * SEC_E_UNSUPPORTED_FUNCTION for attributes NTLM has not. */
MUST_CHECK NTSTATUS ntlm_session_query(const struct ntlm_session *s, ULONG attribute, void *buffer);

/* The client's name for people: DOMAIN\user, or user alone; a NUL-terminated block. */
MUST_CHECK WCHAR *ntlm_account_name(const struct ntlm_text *domain, const struct ntlm_text *user);

#endif
