/* krb/context.c - the handshake, by GSSAPI.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <unistd.h>

#include "krb/internal.h"

NTSTATUS context_new(const struct krb_request *request, struct krb_context **out)
{
	reason_clear();
	*out = NULL;
	/* One who has no key but a TGT can accept too: user-to-user. */
	uint32_t use = request->acceptor ? KRB_ACCEPT | KRB_INITIATE : KRB_INITIATE;
	if (!request->credential || !(request->credential->use & use))
		return fail(SEC_E_NO_CREDENTIALS, "a credential that is not for this side");
	if (!request->acceptor && (!request->target || !*request->target))
		return fail(SEC_E_TARGET_UNKNOWN, "a Kerberos client without a target");
	struct krb_context *c = MEM_NEW(struct krb_context);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a Kerberos context");
	c->acceptor = request->acceptor;
	c->flags = request->flags;
	c->bindings_level = request->bindings_level;
	if ((request->target && !text_copy(&c->target, request->target)) ||
	    (request->bindings.n &&
	     !span_copy(&c->bindings, request->bindings.p, request->bindings.n))) {
		context_free(c);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a Kerberos context");
	}
	credential_ref(request->credential);
	c->credential = request->credential;
	*out = c;
	return SEC_E_OK;
}

void context_free(struct krb_context *c)
{
	OM_uint32 minor;

	if (!c)
		return;
	if (c->gss != GSS_C_NO_CONTEXT)
		gss_delete_sec_context(&minor, &c->gss, GSS_C_NO_BUFFER);
	gss_cred_done(&c->cred);
	gss_cred_done(&c->delegated);
	gss_name_done(&c->name);
	user2user_free(c->u2u);
	mem_free(c->target);
	mem_free(c->ticket_server);
	mem_free(c->bindings.p);
	credential_unref(c->credential);
	mem_free(c);
}

/* What a first token tells in clear: the ticket's enctype and service. */
static void note_ticket(struct krb_context *c, struct rd token)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_ticket *ticket = NULL;
	struct rd body, der;
	uint16_t id;

	if (c->ticket_server || frame_open(token, &id, &body) != MECHANISM_KRB5 ||
	    id != ID_AP_REQ || !ticket_of_request(body, &der) || krb5_init_context(&ctx) != 0)
		return;
	krb5_data data = { .length = (unsigned)der.n, .data = (char *)(uintptr_t)der.p };
	if (krb5_decode_ticket(&data, &ticket) != 0)
		return;
	c->ticket_enctype = ticket->enc_part.enctype;
	c->ticket_server = principal_text(ctx, ticket->server);
	krb5_free_ticket(ctx, ticket);
}

/* ---- the two sides ---- */

static NTSTATUS import_target(struct krb_context *c)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(mem_free_p) char *text = NULL;
	krb5_principal principal = NULL;
	OM_uint32 minor;

	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = name_service(ctx, c->target, &principal);
	if (!failed(status)) {
		text = principal_text(ctx, principal);
		status = text ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a target's name");
	}
	krb5_free_principal(ctx, principal);
	if (failed(status))
		return status;
	gss_buffer_desc buffer = { strlen(text), text };
	OM_uint32 major =
		gss_import_name(&minor, &buffer, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &c->name);
	if (!GSS_ERROR(major))
		return SEC_E_OK;
	c->name = GSS_C_NO_NAME;
	return gss_fail(major, minor, PHASE_SERVICE, c->target, "a target's name");
}

static NTSTATUS begin_accepting(struct krb_context *c, bool iakerb)
{
	struct krb_credential *own = c->credential;
	bool by_password = has_password_keys(own);

	if (by_password && iakerb)
		return fail(SEC_E_NO_CREDENTIALS, "IAKERB without a keytab");
	if (by_password) {
		NTSTATUS status = service_key(own, c->ticket_enctype);
		if (failed(status))
			return status;
	}
	if (iakerb)
		return credential_acceptor(own, true, &c->cred);
	/* Without a KDC for the service's own TGT nothing can be asked for clients, but they come in. */
	if ((own->use & KRB_INITIATE) && own->user && failed(credential_both(own, &c->cred)))
		reason_clear();
	/* In a forked child a lock inside the parent's may be held for ever. */
	if (c->cred == GSS_C_NO_CREDENTIAL && (by_password || own->acceptor_of != getpid()))
		return credential_acceptor(own, false, &c->cred);
	return SEC_E_OK;
}

/* MIT tells the acceptor that messages will be sealed, whoever asked for it. One that goes by its word
 * (Samba's LDAP) then refuses messages that are signed only. */
static NTSTATUS promise_no_sealing(struct krb_context *c)
{
	gss_buffer_desc nothing = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, major;

	major = gss_set_cred_option(&minor, &c->cred, (gss_OID)GSS_KRB5_CRED_NO_CI_FLAGS_X,
				    &nothing);
	if (GSS_ERROR(major))
		return gss_fail(major, minor, PHASE_LOCAL, NULL, "a credential's flags");
	c->flags |= KRB_INTEGRITY; /* which goes without saying no longer */
	return SEC_E_OK;
}

static NTSTATUS begin(struct krb_context *c)
{
	bool iakerb = (c->flags & KRB_IAKERB) != 0;

	if (c->acceptor)
		return begin_accepting(c, iakerb);
	NTSTATUS status = import_target(c);
	if (!failed(status))
		status = credential_initiator(c->credential, iakerb, &c->cred);
	return failed(status) || c->flags & KRB_CONFIDENTIALITY ? status : promise_no_sealing(c);
}

/* The form in which GSSAPI takes what an application knows of its channel. */
static gss_channel_bindings_t bindings_of(const struct krb_context *c,
					  struct gss_channel_bindings_struct *room)
{
	if (!c->bindings.n || (c->acceptor && c->bindings_level == 0))
		return GSS_C_NO_CHANNEL_BINDINGS;
	*room = (struct gss_channel_bindings_struct){
		.application_data = { c->bindings.n, c->bindings.p },
	};
	return room;
}

static OM_uint32 initiate(struct krb_context *c, gss_buffer_desc *in, gss_buffer_desc *out,
			  OM_uint32 *minor)
{
	struct gss_channel_bindings_struct room;
	gss_OID_desc mechanism = (c->flags & KRB_IAKERB) ? *gss_mech_iakerb : *gss_mech_krb5;

	return gss_init_sec_context(minor, c->cred, &c->gss, c->name, &mechanism,
				    c->flags & KRB_GSS_FLAGS, GSS_C_INDEFINITE,
				    bindings_of(c, &room), in->length ? in : GSS_C_NO_BUFFER, NULL,
				    out, &c->granted, NULL);
}

static OM_uint32 accept(struct krb_context *c, gss_buffer_desc *in, gss_buffer_desc *out,
			OM_uint32 *minor)
{
	struct gss_channel_bindings_struct room;
	gss_cred_id_t cred = c->cred ? c->cred : c->credential->acceptor;

	return gss_accept_sec_context(minor, &c->gss, cred, in, bindings_of(c, &room), &c->name,
				      NULL, out, &c->granted, NULL, &c->delegated);
}

static NTSTATUS completed(struct krb_context *c)
{
	uint32_t bound = c->granted & GSS_C_CHANNEL_BOUND_FLAG ? KRB_BINDINGS_SEEN : 0;

	c->granted = (c->granted & KRB_GSS_FLAGS) | (c->flags & KRB_IAKERB) | bound;
	if (c->acceptor && c->bindings_level >= 2 && !bound) {
		reason_note("the client sent no channel bindings");
		return fail(SEC_E_BAD_BINDINGS, "a client without channel bindings");
	}
	return SEC_E_OK;
}

static NTSTATUS advance(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	CLEANUP(gss_buffer_done) gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	gss_buffer_desc in = { token.n, (void *)(uintptr_t)token.p };
	OM_uint32 minor = 0;
	enum phase asking = c->credential->is_proxy ? PHASE_PROXY : PHASE_SERVICE;
	enum phase phase = c->acceptor ? PHASE_ACCEPT : token.n ? PHASE_PEER : asking;

	OM_uint32 major = c->acceptor ? accept(c, &in, &out, &minor)
				      : initiate(c, &in, &out, &minor);
	if (out.length && !span_copy(answer, out.value, out.length))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a Kerberos token");
	if (GSS_ERROR(major))
		return gss_fail(major, minor, phase,
				c->acceptor && c->ticket_server ? c->ticket_server : c->target,
				c->acceptor ? "accepting a sign-in" : "signing in");
	note_ticket(c, c->acceptor ? token : rd_of(answer->p, answer->n));
	if (major & GSS_S_CONTINUE_NEEDED)
		return SEC_I_CONTINUE_NEEDED;
	NTSTATUS status = completed(c);
	/* A client that had the AP-REP would believe that it is let in. */
	if (failed(status)) {
		mem_free_wiped(answer->p, answer->n);
		*answer = (struct krb_span){ 0 };
	}
	return status;
}

/* An acceptor's first token says how it goes on. */
static NTSTATUS choose(struct krb_context *c, struct rd token)
{
	struct rd body;
	uint16_t id;

	switch (frame_open(token, &id, &body)) {
	case MECHANISM_USER_TO_USER:
		if (!(c->credential->use & KRB_INITIATE))
			return fail(SEC_E_NO_CREDENTIALS, "user-to-user without a TGT to lend");
		c->flags |= KRB_USER_TO_USER;
		return SEC_E_OK;
	case MECHANISM_IAKERB:
		return c->flags & KRB_IAKERB
			       ? SEC_E_OK
			       : fail(SEC_E_UNSUPPORTED_FUNCTION, "IAKERB that is not allowed");
	case MECHANISM_KRB5:
		return c->credential->use & KRB_ACCEPT
			       ? SEC_E_OK
			       : fail(SEC_E_NO_CREDENTIALS,
				      "a ticket for a credential without keys");
	default:
		return fail(SEC_E_INVALID_TOKEN, "a token that is not Kerberos'");
	}
}

static NTSTATUS by_gssapi(struct krb_context *c, bool first, struct rd token,
			  struct krb_span *answer)
{
	if (c->acceptor)
		note_ticket(c, token);
	NTSTATUS status = first ? begin(c) : SEC_E_OK;

	if (failed(status))
		return status;
	return advance(c, token, answer);
}

NTSTATUS context_step(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	bool first = !c->began;

	reason_clear();
	*answer = (struct krb_span){ 0 };
	if (c->dead || c->complete || token.n > INT32_MAX || !token.n != (first && !c->acceptor))
		return fail(SEC_E_INVALID_TOKEN, "a token out of turn");
	c->began = true;
	NTSTATUS status = first && c->acceptor ? choose(c, token) : SEC_E_OK;
	if (!failed(status))
		status = c->flags & KRB_USER_TO_USER ? user2user_step(c, token, answer)
						     : by_gssapi(c, first, token, answer);
	c->complete = status == SEC_E_OK;
	c->dead = failed(status);
	return status;
}
