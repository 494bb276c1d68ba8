/* krb/finish.c - what a finished context is made of: names, times, keys, the PAC, delegated tickets.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <time.h>

#include "krb/internal.h"

#define ENCTYPE_RC4 23
#define LOCAL_NAME_ROOM 256

void established_done(struct krb_established *e)
{
	mem_free(e->client);
	mem_free(e->server);
	mem_free(e->local_user);
	secret_free(e->key);
	secret_free(e->session_key);
	mem_free_wiped(e->pac_logon_info.p, e->pac_logon_info.n);
	credential_unref(e->delegated);
	*e = (struct krb_established){ 0 };
}

static NTSTATUS name_text(gss_name_t name, char **out)
{
	CLEANUP(gss_buffer_done) gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, major = gss_display_name(&minor, name, &text, NULL);

	if (GSS_ERROR(major))
		return gss_fail(major, minor, PHASE_LOCAL, NULL, "reading a name");
	*out = mem_alloc(text.length + 1);
	if (!*out)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a principal's name");
	memcpy(*out, text.value, text.length);
	return SEC_E_OK;
}

static NTSTATUS take_names(struct krb_context *c, struct krb_established *out)
{
	CLEANUP(gss_name_done) gss_name_t client = GSS_C_NO_NAME;
	CLEANUP(gss_name_done) gss_name_t server = GSS_C_NO_NAME;
	OM_uint32 minor, seconds = 0;

	OM_uint32 major = gss_inquire_context(&minor, c->gss, &client, &server, &seconds, NULL,
					      NULL, NULL, NULL);
	if (GSS_ERROR(major))
		return gss_fail(major, minor, PHASE_LOCAL, NULL, "reading a context");
	out->expiry = seconds == GSS_C_INDEFINITE ? INT64_MAX : (int64_t)time(NULL) + seconds;
	NTSTATUS status = name_text(client, &out->client);
	if (failed(status))
		return status;
	/* The ticket knows the realm that a referral led to, the name that was asked for does not. An
	 * acceptor goes by the key that opened it: what the ticket says of itself in clear is nobody's word. */
	if (c->acceptor || !c->ticket_server)
		return name_text(server, &out->server);
	out->server = TAKE(c->ticket_server);
	return SEC_E_OK;
}

static NTSTATUS take_session_key(struct krb_context *c, struct krb_established *out)
{
	CLEANUP(gss_set_done) gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
	OM_uint32 minor, major = gss_inquire_sec_context_by_oid(&minor, c->gss,
								GSS_C_INQ_SSPI_SESSION_KEY, &set);

	if (GSS_ERROR(major) || !set || set->count < 1)
		return gss_fail(major, minor, PHASE_LOCAL, NULL, "reading a session key");
	out->session_key = secret_of(set->elements[0].value, set->elements[0].length);
	return out->session_key ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a session key");
}

/* When the client signed in; the ticket's own start is only in an initiator's ccache. */
static void take_start(struct krb_context *c, struct krb_established *out)
{
	OM_uint32 minor;
	krb5_timestamp start;

	if (!GSS_ERROR(gsskrb5_extract_authtime_from_sec_context(&minor, c->gss, &start)))
		out->start = (int64_t)(uint32_t)start;
}

/* Only what the KDC signed: an attribute that was not authenticated is as if it were not there. */
static NTSTATUS take_pac(struct krb_context *c, struct krb_established *out)
{
	static const char attribute[] = "urn:mspac:logon-info";
	CLEANUP(gss_buffer_done) gss_buffer_desc value = GSS_C_EMPTY_BUFFER;
	CLEANUP(gss_buffer_done) gss_buffer_desc shown = GSS_C_EMPTY_BUFFER;
	gss_buffer_desc name = { sizeof(attribute) - 1, (void *)(uintptr_t)attribute };
	int authenticated = 0, complete = 0, more = -1;
	OM_uint32 minor;

	if (!c->acceptor || c->name == GSS_C_NO_NAME)
		return SEC_E_OK;
	OM_uint32 major = gss_get_name_attribute(&minor, c->name, &name, &authenticated, &complete,
						 &value, &shown, &more);
	if (GSS_ERROR(major) || !authenticated || !value.length)
		return SEC_E_OK;
	return span_copy(&out->pac_logon_info, value.value, value.length)
		       ? SEC_E_OK
		       : fail(SEC_E_INSUFFICIENT_MEMORY, "a PAC");
}

static NTSTATUS take_delegated(struct krb_context *c, struct krb_established *out)
{
	return c->delegated == GSS_C_NO_CREDENTIAL
		       ? SEC_E_OK
		       : credential_of_gss(c->delegated, &out->delegated);
}

static NTSTATUS take_lucid_key(const gss_krb5_lucid_context_v1_t *from, struct krb_established *out)
{
	const gss_krb5_lucid_key_t *key = &from->rfc1964_kd.ctx_key;

	if (from->protocol == 1) {
		out->acceptor_subkey = from->cfx_kd.have_acceptor_subkey != 0;
		key = out->acceptor_subkey ? &from->cfx_kd.acceptor_subkey : &from->cfx_kd.ctx_key;
	} else if (key->type != ENCTYPE_RC4) {
		return fail(SEC_E_CRYPTO_SYSTEM_INVALID, "a context of an old enctype");
	}
	out->enctype = (int32_t)key->type;
	out->key = secret_of(key->data, key->length);
	out->send_sequence = from->send_seq;
	out->receive_sequence = from->recv_seq;
	return out->key ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a context's key");
}

/* Ends the GSSAPI context. */
static NTSTATUS take_keys(struct krb_context *c, struct krb_established *out)
{
	void *lucid = NULL;
	OM_uint32 minor, major = gss_krb5_export_lucid_sec_context(&minor, &c->gss, 1, &lucid);

	if (GSS_ERROR(major))
		return gss_fail(major, minor, PHASE_LOCAL, NULL, "taking a context's keys");
	NTSTATUS status = take_lucid_key(lucid, out);
	gss_krb5_free_lucid_sec_context(&minor, lucid);
	return status;
}

/* A name with a domain's separator inside could be mapped to itself, and so to a user of that domain. */
static bool is_plain(krb5_const_principal p)
{
	for (int i = 0; i < p->length; i++) {
		const krb5_data *part = &p->data[i];
		for (unsigned at = 0; at < part->length; at++) {
			unsigned char c = (unsigned char)part->data[at];
			if (c < ' ' || c == 0x7F || strchr("\\/@:+", c))
				return false;
		}
	}
	return p->length > 0;
}

/* Who an acceptor's client is on this system, by auth_to_local alone. That it is nobody is no failure. */
static NTSTATUS take_local_user(const struct krb_context *c, struct krb_established *out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	krb5_principal client = NULL;
	char name[LOCAL_NAME_ROOM];

	if (!c->acceptor || !out->client)
		return SEC_E_OK;
	NTSTATUS status = context_open(&ctx);
	if (failed(status))
		return status;
	if (krb5_parse_name(ctx, out->client, &client) != 0)
		return SEC_E_OK;
	bool mapped = is_plain(client) &&
		      krb5_aname_to_localname(ctx, client, sizeof(name), name) == 0;
	krb5_free_principal(ctx, client);
	if (!mapped)
		return SEC_E_OK;
	name[sizeof(name) - 1] = '\0';
	out->local_user = mem_dup_text(name);
	return out->local_user ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a client's user here");
}

NTSTATUS context_finish(struct krb_context *c, struct krb_established *out)
{
	static NTSTATUS (*const takes[])(struct krb_context * c, struct krb_established * out) = {
		take_names, take_session_key, take_pac, take_delegated, take_keys
	};

	reason_clear();
	*out = (struct krb_established){ 0 };
	if (!c->complete || c->dead || (c->gss == GSS_C_NO_CONTEXT && !c->u2u))
		return fail(SEC_E_INVALID_HANDLE, "keys of a context that is not complete");
	out->flags = c->granted;
	out->ticket_enctype = c->ticket_enctype;
	NTSTATUS status = SEC_E_OK;
	if (c->u2u) {
		status = user2user_finish(c, out);
		user2user_free(TAKE(c->u2u));
	} else {
		take_start(c, out);
	}
	for (size_t i = 0; c->gss != GSS_C_NO_CONTEXT && i < ARRAY_LEN(takes) && !failed(status);
	     i++)
		status = takes[i](c, out);
	if (!failed(status))
		status = take_local_user(c, out);
	if (failed(status))
		established_done(out);
	return status;
}
