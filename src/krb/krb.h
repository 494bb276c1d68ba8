/* krb/krb.h - MIT krb5 as the Kerberos package sees it: one table of functions out of a loaded module.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Text is UTF-8 and NUL-terminated; names are krb5's "name@REALM". Bytes and texts that are given away
 * are the host's to release (mem_free; keys are secrets). Credentials may be used by any number of
 * threads, a context by one at a time. */
#ifndef OPENSSPI_KRB_KRB_H
#define OPENSSPI_KRB_KRB_H

#include "base/part.h"
#include "wire/rd.h"

#define KRB_MODULE_FILE "opensspi-kerberos.so"
#define KRB_MODULE_ENTRY "opensspi_kerberos_module"

struct krb_span {
	uint8_t *p;
	size_t n;
};

/* ---- statuses of everything below, besides SEC_E_INSUFFICIENT_MEMORY and what each says ----
 *
 * SEC_E_NO_CREDENTIALS                no ccache, no TGT in it, no keytab, no key
 * SEC_E_UNKNOWN_CREDENTIALS           a name or identity that cannot be read
 * SEC_E_LOGON_DENIED                  wrong password, PIN or key; a client the KDC does not know
 *                                     (krb_reason.unknown_client tells them apart)
 * STATUS_PASSWORD_EXPIRED, STATUS_ACCOUNT_DISABLED, STATUS_ACCOUNT_EXPIRED, STATUS_ACCOUNT_LOCKED_OUT
 *                                     as far as the KDC says so
 * SEC_E_NO_AUTHENTICATING_AUTHORITY   no KDC for the realm can be found or reached
 * SEC_E_INTERNAL_ERROR                krb5.conf is damaged or cannot be read
 * SEC_E_TARGET_UNKNOWN                the KDC knows no such service; or no host, no realm for it
 * SEC_E_WRONG_PRINCIPAL               a ticket for another name than ours, or no key for it
 * SEC_E_TIME_SKEW, SEC_E_CONTEXT_EXPIRED (a ticket or TGT that has ended)
 * SEC_E_KDC_INVALID_REQUEST           any other refusal of a KDC's
 * SEC_E_KDC_UNABLE_TO_REFER, SEC_E_KDC_CERT_REVOKED, SEC_E_KDC_CERT_EXPIRED, SEC_E_PKINIT_NAME_MISMATCH,
 * SEC_E_SMARTCARD_LOGON_REQUIRED, SEC_E_KDC_UNKNOWN_ETYPE, SEC_E_DELEGATION_REQUIRED
 * SEC_E_BAD_BINDINGS, SEC_E_MESSAGE_ALTERED, SEC_E_INVALID_TOKEN, SEC_E_CRYPTO_SYSTEM_INVALID */

/* Why the last call on this thread failed, for people: which KDC or file said what. Filled when a status
 * is an error; `text` is "" when there is nothing to add. */
struct krb_reason {
	int32_t code;	     /* krb5's error code; 0: none */
	bool unknown_client; /* the KDC knows no such user */
	bool unknown_server; /* it knows no such service */
	char text[512];
};

/* ---- whose credentials ---- */

#define KRB_INITIATE 1u
#define KRB_ACCEPT 2u

#define KRB_SHOWN_MAX (64u << 20) /* bytes that are kept at once of what one and the same showed */

struct krb_identity {
	uint32_t use;	  /* KRB_INITIATE | KRB_ACCEPT */
	const char *user; /* "name", or "name@realm" when realm is NULL; NULL: the default ccache */
	const char *
		realm; /* a realm, DNS or NetBIOS domain, in any case; NULL: of user, else the default */
	struct rd password;	 /* UTF-8; with a certificate the PIN; empty: none */
	const char *certificate; /* MIT's X509_user_identity ("FILE:...", "PKCS11:..."); "": as
			       * krb5.conf's pkinit_identities says; NULL: none */
	const char *anchors;	 /* MIT's X509_anchors; NULL: krb5.conf's */
	const char *armor;	 /* a ccache for FAST; NULL: none */
	const char *ccache;	 /* NULL: the default one; only without a user */
	const char *
		keytab; /* NULL: the default one; a client with a user but no password uses its key */
	const char *
		service; /* acceptor: the only principal to accept for, or NULL: any in the keytab */
	/* another process's, in the place of the default ones: wire/ccache.h's and wire/keytab.h's bytes. They
	 * are kept in memory; SEC_E_NO_CREDENTIALS for bytes that are none, or hold nothing. Empty: none. */
	struct rd tickets, keys;
	uint64_t shown_by; /* whose: past KRB_SHOWN_MAX bytes SEC_E_INSUFFICIENT_MEMORY */
};

struct krb_credential;
struct krb_context;

/* What a credential is, as far as known without asking a KDC. */
struct krb_credential_info {
	char *name;		 /* "alice@REALM"; NULL: not known yet */
	int64_t expiry;		 /* Unix time the TGT ends; INT64_MAX: not known */
	int64_t password_expiry; /* Unix time; INT64_MAX: not known */
};

/* ---- a context ---- */

/* What is asked of a context, and what a finished one has. The values are GSSAPI's. */
#define KRB_DELEGATE 1u
#define KRB_MUTUAL 2u
#define KRB_REPLAY 4u
#define KRB_SEQUENCE 8u
#define KRB_CONFIDENTIALITY 16u
#define KRB_INTEGRITY 32u
#define KRB_DCE_STYLE 0x1000u
#define KRB_IDENTIFY 0x2000u
#define KRB_EXTENDED_ERROR 0x4000u
#define KRB_DELEGATE_POLICY 0x8000u /* delegate if the KDC marked the service so */
/* ours */
#define KRB_USER_TO_USER 0x10000u
#define KRB_IAKERB 0x20000u
#define KRB_BINDINGS_SEEN                                                                          \
	0x40000u /* acceptor, finished: the client sent channel bindings and they match */

struct krb_request {
	struct krb_credential *credential; /* kept by the context */
	bool acceptor;
	uint32_t flags; /* KRB_, what is asked for */
	const char *
		target; /* initiator: an SPN, "SERVICE/HOST[:PORT][/NAME][@REALM]", a host or a UPN */
	struct rd
		bindings; /* application data of the channel ("tls-server-end-point:..."); empty: none */
	uint32_t bindings_level; /* acceptor: 0 never look, 1 check what a client sends, 2 insist */
};

/* A finished context. */
struct krb_established {
	uint32_t flags;	       /* KRB_ */
	int64_t start, expiry; /* Unix time of the ticket */
	char *client, *server; /* principals */
	char *local_user;      /* acceptor: who krb5.conf says the client is on this system; NULL: nobody */
	/* The per-message keys: RFC 4121 (any enctype but 23) or RFC 4757 (enctype 23). `enctype` is the
	 * enctype of `key`, which is the acceptor's subkey if there is one, else the initiator's. */
	int32_t enctype, ticket_enctype;
	bool acceptor_subkey;
	struct secret *key;
	uint64_t send_sequence, receive_sequence;
	struct secret *session_key; /* what SECPKG_ATTR_SESSION_KEY answers; may equal `key` */
	struct krb_span
		pac_logon_info; /* KERB_VALIDATION_INFO as NDR, verified; acceptor alone; empty: none */
	struct krb_credential *delegated; /* acceptor: NULL: nothing was delegated */
};

/* ---- tickets ---- */

struct krb_ticket {
	char *client, *server;
	int64_t start, end, renew; /* Unix time; renew 0: not renewable */
	int32_t key_enctype, ticket_enctype;
	uint32_t flags; /* TicketFlags, RFC 4120's first bit is the highest */
	bool is_config;
	struct krb_span encoded; /* the ticket in DER */
	struct secret *key;	 /* its session key */
};

/* Return false to stop. The ticket lives for the call. */
typedef bool krb_ticket_visit(void *to, const struct krb_ticket *ticket);

/* Which tickets are meant: NULL is any. */
struct krb_filter {
	const char *server; /* "service/host@REALM"; without a realm of any */
};

struct krb_ops {
	/* ---- credentials ---- */

	/* Reads what is there; the KDC is asked when a ticket is first needed, so that a wrong password is
	 * the first context's failure. A ccache without tickets (and, the default one, without a client
	 * keytab) or an acceptor without a readable key: SEC_E_NO_CREDENTIALS. Every text and the
	 * password are copied. */
	NTSTATUS(*credential_new)
	(const struct krb_identity *identity, struct krb_credential **out);
	void (*credential_ref)(struct krb_credential *c);
	void (*credential_unref)(struct krb_credential *c);
	NTSTATUS (*credential_info)(struct krb_credential *c, struct krb_credential_info *out);

	/* Asks for the TGT now, if there is none that is good. */
	NTSTATUS (*credential_obtain)(struct krb_credential *c);

	/* S4U: an initiator's credential for a user without its password, by the service `c` (which has a
	 * key or TGT of its own). It signs in to the service itself and, as far as the KDC lets it, to
	 * others by constrained delegation. What an acceptor with both uses and a user of its own accepts
	 * is such a credential too, in `delegated`. */
	NTSTATUS(*credential_impersonate)
	(struct krb_credential *c, const char *user, struct krb_credential **out);

	/* ---- contexts ---- */
	NTSTATUS (*context_new)(const struct krb_request *request, struct krb_context **out);
	void (*context_free)(struct krb_context *c);
	/* SEC_E_OK: complete (answer may be empty). SEC_I_CONTINUE_NEEDED. With an error `answer` may hold
	 * a KRB_ERROR for the peer. A context that failed takes no more tokens. */
	NTSTATUS (*step)(struct krb_context *c, struct rd token, struct krb_span *answer);
	/* Once, after SEC_E_OK: takes keys and names out of it. SEC_E_CRYPTO_SYSTEM_INVALID for keys
	 * that are none of RFC 4121's or RFC 4757's. */
	NTSTATUS (*finish)(struct krb_context *c, struct krb_established *out);
	void (*established_done)(struct krb_established *e);

	/* ---- the ticket cache ---- */
	NTSTATUS (*each_ticket)(struct krb_credential *c, krb_ticket_visit *visit, void *to);
	/* A service ticket, from the cache or the KDC. */
	NTSTATUS(*get_ticket)
	(struct krb_credential *c, const char *target, bool cache_only, struct krb_ticket *out);
	void (*ticket_done)(struct krb_ticket *t);
	NTSTATUS(*purge)
	(struct krb_credential *c, const struct krb_filter *which, uint32_t *count);
	/* Puts the tickets of a KRB_CRED into the cache; `key` empty: it is not sealed. `c` NULL: the
	 * caller's default ccache, which is made when it is not there. */
	NTSTATUS(*submit)
	(struct krb_credential *c, struct rd krb_cred, int32_t enctype, struct rd key);

	/* ---- Remote Credential Guard: [MS-CSSP] 2.2.1.2.3 ---- */

	/* A ticket for the service's computer, and the TGT as KRB_CRED under that ticket's session key. */
	NTSTATUS(*export_tgt)
	(struct krb_credential *c, const char *target, struct krb_span *service_ticket,
	 struct krb_span *krb_cred);
	/* The server's side of it: an initiator's credential out of both, by the keytab of `acceptor`. */
	NTSTATUS(*import_tgt)
	(struct krb_credential *acceptor, struct rd service_ticket, struct rd krb_cred,
	 struct krb_credential **out);

	/* ---- passwords ---- */
	NTSTATUS (*change_password)(const struct krb_identity *identity, struct rd new_password);

	/* ---- what is this process's own, for an LSA in another one ---- */

	/* The tickets of the ccache that is for the target (NULL: the default one) as wire/ccache.h's bytes, and the
	 * default keytab, a server's or a client's, as wire/keytab.h's. SEC_E_NO_CREDENTIALS. */
	NTSTATUS (*caller_tickets)(const char *target, struct krb_span *out);
	NTSTATUS (*caller_keys)(bool client, struct krb_span *out);
	/* The first principal of such a keytab, "name@REALM". */
	NTSTATUS (*keys_client)(struct rd keys, char **out);

	/* Why this thread's last call failed. */
	void (*reason)(struct krb_reason *out);
};

part_entry opensspi_kerberos_module;

#endif
