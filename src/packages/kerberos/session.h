/* packages/kerberos/session.h - an established context: what both halves of the package know of it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The LSA half makes it out of struct krb_established, packs it, and the user-mode half protects messages
 * with it; neither a GSSAPI nor a krb5 handle crosses over. */
#ifndef OPENSSPI_KERBEROS_SESSION_H
#define OPENSSPI_KERBEROS_SESSION_H

#include <sspi.h>

#include "base/secret.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define KERBEROS_MAX_TOKEN 48000u
#define KERBEROS_PACKED_MAX 0x100000u

#define KERBEROS_AES128_SHA1 17
#define KERBEROS_AES256_SHA1 18
#define KERBEROS_AES128_SHA256 19
#define KERBEROS_AES256_SHA384 20
#define KERBEROS_RC4 23

/* Owned UTF-16 text, NUL-terminated; p NULL: none. */
struct kerberos_text {
	WCHAR *p;
	size_t n;
};

struct kerberos_session {
	uint32_t attributes; /* ISC_RET_ or ASC_RET_ */
	uint32_t flags;	     /* KRB_ of krb/krb.h, as agreed */
	bool server;
	int64_t start, expiry;		  /* UTC FILETIME; CLOCK_NEVER */
	int64_t password_expiry;	  /* FILETIME; CLOCK_NEVER: not known */
	struct kerberos_text client;	  /* "alice@REALM" */
	struct kerberos_text server_name; /* "HTTP/host@REALM" */
	struct kerberos_text target;	  /* the SPN the client named */
	struct kerberos_text mapped;	  /* server: the user that krb5.conf maps the client to; none */
	int32_t enctype, ticket_enctype;
	bool acceptor_subkey;
	bool delegated;		    /* server: a TGT came along */
	struct secret *key;	    /* protects messages */
	struct secret *session_key; /* SECPKG_ATTR_SESSION_KEY */
	uint64_t send_sequence, receive_sequence;
	struct wr sids; /* server: wire/sids.h, from the PAC; empty: none */
};

void kerberos_text_done(struct kerberos_text *t);
/* A copy of UTF-16LE bytes, or of UTF-8; false when memory is short or the text is none. */
MUST_CHECK bool kerberos_text_copy(struct kerberos_text *out, struct rd utf16le);
MUST_CHECK bool kerberos_text_from_utf8(struct kerberos_text *out, const char *utf8);
/* Where a principal's realm begins, behind the '@' that no backslash hides; its end when it names none. */
MUST_CHECK size_t kerberos_text_realm(const struct kerberos_text *principal);

/* Releases what the session holds and zeroes it. */
void kerberos_session_done(struct kerberos_session *s);

/* The packed context that goes from the LSA to the user-mode half; unpacking takes it off. */
void kerberos_session_pack(struct wr *w, const struct kerberos_session *s);
MUST_CHECK NTSTATUS kerberos_session_unpack(struct rd *packed, struct kerberos_session *out);

/* Answers QueryContextAttributes. Inner memory is block heap, freed with FreeContextBuffer.
 * SEC_E_UNSUPPORTED_FUNCTION for attributes Kerberos has not. */
MUST_CHECK NTSTATUS kerberos_session_query(const struct kerberos_session *s, ULONG attribute,
					   void *buffer);

#endif
