/* packages/kerberos/identity.h - an identity's names as Kerberos wants them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_IDENTITY_H
#define OPENSSPI_KERBEROS_IDENTITY_H

#include "krb/krb.h"
#include "wire/wr.h"

/* UTF-8, owned. */
struct kerberos_identity {
	char *user, *realm; /* NULL: absent */
	char *certificate;  /* "": krb5.conf's own; NULL: none */
	struct wr password; /* the PIN of a certificate; wiped when it is done */
	bool iakerb;	    /* by way of the server */
};

/* UTF-16LE bytes as programs give them. */
struct kerberos_names {
	struct rd domain, user, password;
	struct rd certificate; /* wire/kerblogon.h's certificate_logon; empty: none */
};

/* DOMAIN\name is split when there is no domain; name@realm stays whole. A marshalled certificate
 * ("@@B...") is the one of krb5.conf's pkinit_identities, the password its PIN, and the user is who
 * calls, as with a certificate_logon that gives no name; the CSP's name of such a logon may be one of
 * MIT's identities ("FILE:...", "PKCS11:..."). SEC_E_UNKNOWN_CREDENTIALS for what is no text or has a
 * NUL in it. */
MUST_CHECK NTSTATUS kerberos_identity_read(const struct kerberos_names *names,
					   struct kerberos_identity *out);

/* The same of a block of AuthData. */
MUST_CHECK NTSTATUS kerberos_identity_of_block(const void *block, struct kerberos_identity *out);

void kerberos_identity_done(struct kerberos_identity *id);

/* For credential_new: a view of it. */
struct krb_identity kerberos_identity_view(const struct kerberos_identity *id, uint32_t use);

/* UTF-8 of UTF-16LE bytes without NUL (mem_free). `otherwise` for what is none;
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS kerberos_utf8(struct rd utf16le, NTSTATUS otherwise, char **out);

#endif
