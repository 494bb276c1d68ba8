/* krb/internal.h - what the files of the Kerberos module share.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A krb5_context serves one call and goes with it; what lives longer is named by text ("MEMORY:..."), so
 * that no library handle is shared by threads or crosses a fork. */
#ifndef OPENSSPI_KRB_INTERNAL_H
#define OPENSSPI_KRB_INTERNAL_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>
#include <pthread.h>
#include <stdatomic.h>

#include "krb/krb.h"

/* Whose doing a failure is: the same code says different things of a KDC, a peer and this machine. */
enum phase {
	PHASE_LOCAL,
	PHASE_LOGON,   /* asking a KDC for a TGT */
	PHASE_SERVICE, /* asking it for a service ticket */
	PHASE_PROXY,   /* the same, for somebody else: S4U */
	PHASE_PEER,    /* an initiator reading its peer */
	PHASE_ACCEPT   /* an acceptor reading its */
};

struct krb_credential {
	atomic_uint refs;
	uint32_t use;
	char *user, *realm, *certificate, *anchors, *armor, *ccache, *keytab, *service;
	struct secret *password; /* with a NUL behind it; NULL: none */
	gss_cred_id_t acceptor;	 /* what ACCEPT was acquired with, by that process; never changes */
	pid_t acceptor_of;
	bool is_proxy; /* the tickets are a client's who came or was asked for, to go on with */
	bool is_given; /* the tickets came from elsewhere: own_cache cannot be renewed */
	/* keys out of the password, under `asking`; or another process's, whose name is in `keytab` */
	char *own_keytab;
	krb5_keytab keys;
	int32_t key_enctypes[8];
	struct share *share;	/* NULL: nothing is another process's */
	size_t shared;		/* bytes of it */
	pthread_mutex_t asking; /* held while a KDC is asked; no other lock is taken before it */
	/* under the state lock */
	struct krb_credential *next, *before;
	char *own_cache; /* "MEMORY:...", ours to destroy */
	char *old_cache; /* the one before it: somebody may still be reading */
	char *name;	 /* of the client, once a KDC confirmed it */
	int64_t expiry, password_expiry;
};

/* One end of a sign-in without GSSAPI: user2user.c. */
struct user2user;

struct krb_context {
	struct krb_credential *credential;
	bool acceptor, dead, complete, began;
	uint32_t flags;	  /* asked for */
	uint32_t granted; /* when complete */
	char *target;
	uint32_t bindings_level;
	struct krb_span bindings;
	gss_cred_id_t cred; /* an initiator's, or an IAKERB acceptor's own */
	gss_ctx_id_t gss;
	gss_name_t name; /* initiator: the target; acceptor: the client */
	gss_cred_id_t delegated;
	int32_t ticket_enctype;
	char *ticket_server; /* as the ticket itself names it */
	struct user2user *u2u;
};

/* ---- reason.c: what a library's failure means ---- */

struct krb_why {
	krb5_context ctx;
	krb5_error_code code;
	enum phase phase;
	const char *about; /* a principal, a file; NULL: nothing to add */
};

struct gss_why {
	OM_uint32 major, minor;
	enum phase phase;
	const char *about;
};

/* Notes the reason and is fail(). */
NTSTATUS krb_fail_at(const struct krb_why *why, const char *file, int line, const char *doing);
NTSTATUS gss_fail_at(const struct gss_why *why, const char *file, int line, const char *doing);
#define krb_fail(ctx, code, phase, about, doing)                                                   \
	krb_fail_at(&(struct krb_why){ (ctx), (code), (phase), (about) }, __FILE__, __LINE__,      \
		    (doing))
#define gss_fail(major, minor, phase, about, doing)                                                \
	gss_fail_at(&(struct gss_why){ (major), (minor), (phase), (about) }, __FILE__, __LINE__,   \
		    (doing))

/* The status of a code, without noting it. */
MUST_CHECK NTSTATUS status_of(krb5_error_code code, enum phase phase);

void reason_clear(void);
/* A peer's KRB-ERROR as a failure. */
MUST_CHECK NTSTATUS krb_told(krb5_context ctx, struct rd error, enum phase phase,
			     const char *about);
/* Replaces the text; for failures that no library told. */
void reason_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* Adds what the KDC said of itself. */
void reason_add(const char *said);
void reason_read(struct krb_reason *out);

/* ---- memory.c ---- */

/* A context of the system's configuration, for this call. */
MUST_CHECK NTSTATUS context_open(krb5_context *out);
/* A copy; true for NULL, which stays NULL. */
MUST_CHECK bool text_copy(char **out, const char *from);
MUST_CHECK bool span_copy(struct krb_span *out, const void *p, size_t n);
MUST_CHECK struct secret *secret_of(const void *p, size_t n);
/* "name@REALM" in our memory; NULL when there is none. */
MUST_CHECK char *principal_text(krb5_context ctx, krb5_const_principal p);
/* Both and the text that results; NULL when memory is short. */
MUST_CHECK char *text_join(const char *a, const char *b);

/* ---- forks.c ---- */

/* Of what changes in credentials: held shortly, and across forks. Whoever holds it calls no library. */
extern pthread_mutex_t state_lock;
/* Once, before the first credential; false when a fork could not be survived. */
MUST_CHECK bool forks_ready(void);
void credential_enlist(struct krb_credential *c);
void credential_delist(struct krb_credential *c);

/* ---- names.c ---- */

/* The realm that is meant by a realm, a DNS domain or a NetBIOS domain, in any case. */
MUST_CHECK NTSTATUS name_realm(krb5_context ctx, const char *given, char **out);
/* A user; `*other` (or NULL) is the name to try when the KDC does not know the first one. */
MUST_CHECK NTSTATUS name_user(krb5_context ctx, const char *user, const char *realm,
			      krb5_principal *out, krb5_principal *other);
/* A target in one of the forms of struct krb_request; without a realm known: the referral realm. */
MUST_CHECK NTSTATUS name_service(krb5_context ctx, const char *target, krb5_principal *out);

/* ---- credential.c, obtain.c ---- */

NTSTATUS credential_new(const struct krb_identity *identity, struct krb_credential **out);
void credential_ref(struct krb_credential *c);
void credential_unref(struct krb_credential *c);
DEFINE_CLEANUP(struct krb_credential *, credential_unref)
NTSTATUS credential_info(struct krb_credential *c, struct krb_credential_info *out);
/* The caller's default ccache, though nothing may be in it. */
MUST_CHECK NTSTATUS credential_of_caller(struct krb_credential **out);
/* An initiator that has the tickets of `cache_take` ("MEMORY:...") and nothing else. */
MUST_CHECK NTSTATUS credential_of_cache(char *cache_take, struct krb_credential **out);
/* The same of the tickets that GSSAPI holds. */
MUST_CHECK NTSTATUS credential_of_gss(gss_cred_id_t from, struct krb_credential **out);
NTSTATUS credential_obtain(struct krb_credential *c);
/* The ccache to use, with a TGT: `ask` lets a KDC be asked when there is none that is good. Without,
 * `*out` is NULL when there is no ccache yet. */
MUST_CHECK NTSTATUS credential_cache(struct krb_credential *c, krb5_context ctx, bool ask,
				     krb5_ccache *out);
/* A ccache of the credential's own, empty and of that client, in the place of the one it had. */
MUST_CHECK NTSTATUS credential_cache_new(struct krb_credential *c, krb5_context ctx,
					 krb5_principal client, krb5_ccache *out);
/* The own ccache's TGT ends then: 0 when it has none, so that the next use asks for one. */
void credential_expires(struct krb_credential *c, int64_t when);
/* The GSSAPI's view of it. */
MUST_CHECK NTSTATUS credential_initiator(struct krb_credential *c, bool iakerb, gss_cred_id_t *out);
/* The two mechanisms' acceptor. */
MUST_CHECK NTSTATUS credential_acceptor(const struct krb_credential *c, bool iakerb,
					gss_cred_id_t *out);
/* An acceptor that can be an initiator for its clients (S4U2Proxy). */
MUST_CHECK NTSTATUS credential_both(struct krb_credential *c, gss_cred_id_t *out);
/* What a KDC gave: takes the cache's and the client's names over. */
struct obtained {
	char *cache, *name;
	int64_t expiry, password_expiry;
};
void credential_keep(struct krb_credential *c, struct obtained *given);
/* Asks the KDC for a TGT into a MEMORY ccache of its own; `asking` is held. */
MUST_CHECK NTSTATUS obtain_tgt(struct krb_credential *c);
/* A ticket for the service that changes passwords, by the credential's password. */
MUST_CHECK NTSTATUS obtain_for_password(struct krb_credential *c, krb5_context ctx,
					krb5_creds *out);
/* A MEMORY ccache of that name is emptied and forgotten; NULL is fine. */
void cache_destroy(const char *name);
MUST_CHECK NTSTATUS cache_name(krb5_context ctx, krb5_ccache cache, char **out);

NTSTATUS credential_impersonate(struct krb_credential *c, const char *user,
				struct krb_credential **out);
NTSTATUS change_password(const struct krb_identity *identity, struct rd new_password);

/* ---- servicekey.c ---- */

/* Has the acceptor no keytab but a password? */
static inline bool has_password_keys(const struct krb_credential *c)
{
	return (c->use & KRB_ACCEPT) && c->user && c->password && !c->keytab && !c->certificate;
}
/* From now on such an acceptor opens tickets of that enctype. Asks the KDC once for each. */
MUST_CHECK NTSTATUS service_key(struct krb_credential *c, int32_t enctype);
void keytab_close(krb5_keytab keytab);

/* ---- context.c, finish.c ---- */

#define KRB_GSS_FLAGS 0xF03Fu /* the KRB_ flags that GSSAPI knows by the same values */

NTSTATUS context_new(const struct krb_request *request, struct krb_context **out);
void context_free(struct krb_context *c);
NTSTATUS context_step(struct krb_context *c, struct rd token, struct krb_span *answer);
NTSTATUS context_finish(struct krb_context *c, struct krb_established *out);
void established_done(struct krb_established *e);

/* ---- frame.c: tokens in their GSSAPI frame, RFC 4121 4.1 ---- */

enum mechanism { MECHANISM_NONE, MECHANISM_KRB5, MECHANISM_IAKERB, MECHANISM_USER_TO_USER };

/* Whose token it is; of Kerberos', `*id` and `*body` are what the frame holds. An AP-REQ without a frame
 * (DCE) counts as KRB5's. */
MUST_CHECK enum mechanism frame_open(struct rd token, uint16_t *id, struct rd *body);
/* A token of user-to-user around `body`. */
MUST_CHECK NTSTATUS frame_close(uint16_t id, struct rd body, struct krb_span *out);
/* The Ticket of an AP-REQ, in DER. */
MUST_CHECK bool ticket_of_request(struct rd request, struct rd *ticket);
#define ID_AP_REQ 0x0100
#define ID_AP_REP 0x0200
#define ID_ERROR 0x0300
#define ID_TGT_REQ 0x0400
#define ID_TGT_REP 0x0401
/* KRB_TGT_REQ for a service and KRB_TGT_REP with a ticket, draft-ietf-cat-user2user. */
MUST_CHECK NTSTATUS tgt_request(krb5_context ctx, krb5_const_principal server,
				struct krb_span *out);
MUST_CHECK bool tgt_request_read(struct rd body);
MUST_CHECK NTSTATUS tgt_reply(struct rd ticket, struct krb_span *out);
MUST_CHECK bool tgt_reply_read(struct rd body, struct rd *ticket);

/* ---- user2user.c ---- */

/* One token of a user-to-user sign-in; c->u2u is made at the first. */
MUST_CHECK NTSTATUS user2user_step(struct krb_context *c, struct rd token, struct krb_span *answer);
MUST_CHECK NTSTATUS user2user_finish(struct krb_context *c, struct krb_established *out);
void user2user_free(struct user2user *u);

/* ---- checksum.c: what a client says in its authenticator, RFC 4121 4.1.1 ---- */

#define CHECKSUM_SIZE 24u
#define CHECKSUM_TYPE 0x8003
MUST_CHECK NTSTATUS checksum_make(krb5_context ctx, struct rd bindings, uint32_t flags,
				  uint8_t out[CHECKSUM_SIZE]);
/* Reads flags and judges the bindings at a level of struct krb_request. */
MUST_CHECK NTSTATUS checksum_read(krb5_context ctx, const krb5_checksum *sum,
				  const struct krb_context *c, uint32_t *flags);

/* ---- tickets.c, submit.c, guard.c ---- */

/* Fills a ticket; nothing to release when it fails. */
MUST_CHECK NTSTATUS ticket_fill(krb5_context ctx, const krb5_creds *from, struct krb_ticket *out);
/* Is it a TGT? */
MUST_CHECK bool is_tgt(krb5_context ctx, krb5_const_principal server);
/* A service's ticket as the library gives it: krb5_free_creds. */
MUST_CHECK NTSTATUS ticket_ask(krb5_context ctx, krb5_ccache cache, const char *target,
			       bool cache_only, krb5_creds **out);
/* The tickets of a KRB_CRED; `key` NULL: it is not sealed. krb5_free_tgt_creds. */
MUST_CHECK NTSTATUS tickets_read(krb5_context ctx, struct rd krb_cred, krb5_keyblock *key,
				 krb5_creds ***out);

NTSTATUS each_ticket(struct krb_credential *c, krb_ticket_visit *visit, void *to);
NTSTATUS get_ticket(struct krb_credential *c, const char *target, bool cache_only,
		    struct krb_ticket *out);
void ticket_done(struct krb_ticket *t);
NTSTATUS tickets_purge(struct krb_credential *c, const struct krb_filter *which, uint32_t *count);
NTSTATUS tickets_submit(struct krb_credential *c, struct rd krb_cred, int32_t enctype,
			struct rd key);
NTSTATUS tgt_export(struct krb_credential *c, const char *target, struct krb_span *service_ticket,
		    struct krb_span *krb_cred);
NTSTATUS tgt_import(struct krb_credential *acceptor, struct rd service_ticket, struct rd krb_cred,
		    struct krb_credential **out);

/* ---- give.c, take.c: what crosses from a program to an LSA elsewhere ---- */

NTSTATUS caller_tickets(const char *target, struct krb_span *out);
NTSTATUS caller_keys(bool client, struct krb_span *out);
NTSTATUS keys_client(struct rd bytes, char **out);
/* A MEMORY ccache of those bytes, and its name. */
MUST_CHECK NTSTATUS tickets_take(krb5_context ctx, struct rd bytes, char **out);
/* A MEMORY keytab of them, which lives as long as it is open. */
MUST_CHECK NTSTATUS keys_take(krb5_context ctx, struct rd bytes, char **name, krb5_keytab *out);
/* The bytes count for whoever showed them until they are given back; SEC_E_INSUFFICIENT_MEMORY: too many. */
struct share;
MUST_CHECK NTSTATUS share_take(uint64_t whose, size_t bytes, struct share **out);
void share_give(struct share *share, size_t bytes);
/* Is there a ticket of any kind in it? */
MUST_CHECK bool any_ticket(krb5_context ctx, krb5_ccache cache);

/* ---- releases ---- */

static inline void context_close_p(krb5_context *ctx)
{
	if (*ctx)
		krb5_free_context(*ctx);
}

static inline void gss_buffer_done(gss_buffer_desc *b)
{
	OM_uint32 minor;
	gss_release_buffer(&minor, b);
}

static inline void gss_cred_done(gss_cred_id_t *cred)
{
	OM_uint32 minor;
	if (*cred != GSS_C_NO_CREDENTIAL)
		gss_release_cred(&minor, cred);
}

static inline void gss_name_done(gss_name_t *name)
{
	OM_uint32 minor;
	if (*name != GSS_C_NO_NAME)
		gss_release_name(&minor, name);
}

static inline void gss_set_done(gss_buffer_set_t *set)
{
	OM_uint32 minor;
	if (*set != GSS_C_NO_BUFFER_SET)
		gss_release_buffer_set(&minor, set);
}

static inline void mutex_release(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

/* Holds a lock to the end of the block. */
#define HOLD(lock)                                                                                 \
	CLEANUP(mutex_release) UNUSED pthread_mutex_t *held_ = (pthread_mutex_lock(lock), (lock))

#endif
