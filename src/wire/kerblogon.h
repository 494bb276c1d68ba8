/* wire/kerblogon.h - packed logons with a smart card or tickets, which CredSSP delegates too.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * KERB_CERTIFICATE_LOGON, KERB_SMARTCARD_CSP_INFO and KERB_TICKET_LOGON in Windows' 64-bit layout, each
 * pointer a byte offset from its structure's start. Readers are views; text is UTF-16LE without NUL. */
#ifndef OPENSSPI_WIRE_KERBLOGON_H
#define OPENSSPI_WIRE_KERBLOGON_H

#include "wire/rd.h"
#include "wire/wr.h"

#define CERTIFICATE_LOGON_MAX 0xF000u /* bytes of one that is packed into an identity */

struct certificate_logon {
	struct rd domain, user, pin; /* domain and user are hints */
	uint32_t flags;		     /* KERB_CERTIFICATE_LOGON_FLAG_ */
	struct rd csp_data;	     /* a csp_info; may be empty */
};

/* The PIN is in it. Fails the writer above CERTIFICATE_LOGON_MAX. */
void certificate_logon_write(struct wr *w, const struct certificate_logon *a);

/* Reads KerbCertificateLogon and KerbCertificateUnlockLogon; false for offsets that lead outside or into
 * the header, and for text that is not sound. CspData is not looked into. */
MUST_CHECK bool certificate_logon_read(struct rd packed, struct certificate_logon *out);

/* Where a card and its key are found. Empty is absent. */
struct csp_info {
	uint32_t key_spec; /* AT_KEYEXCHANGE 1, AT_SIGNATURE 2 */
	struct rd card, reader, container, csp;
};

void csp_info_write(struct wr *w, const struct csp_info *a);
MUST_CHECK bool csp_info_read(struct rd packed, struct csp_info *out);

struct ticket_logon {
	uint32_t flags;		  /* KERB_LOGON_FLAG_ */
	struct rd service_ticket; /* DER, never empty */
	struct rd krb_cred;	  /* the TGT as KRB_CRED; may be empty */
};

void ticket_logon_write(struct wr *w, const struct ticket_logon *a);

/* Reads KerbTicketLogon and KerbTicketUnlockLogon; bytes between header and tickets are skipped. */
MUST_CHECK bool ticket_logon_read(struct rd packed, struct ticket_logon *out);

/* True for UTF-16LE bytes: an even number, no lone surrogate, no NUL. */
MUST_CHECK bool logon_text_is_sound(struct rd text);

#endif
