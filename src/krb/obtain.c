/* krb/obtain.c - asking a KDC for a TGT, by a password, a key or a certificate.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"

#define KRB_ERROR_TAG 0x7E /* RFC 4120 5.9.1 */

/* One exchange: what goes in, and what the KDC told besides tickets. */
struct exchange {
	struct krb_credential *c;
	krb5_context ctx;
	krb5_get_init_creds_opt *options;
	krb5_ccache cache; /* takes the tickets */
	NTSTATUS told;	   /* an NTSTATUS of the KDC's; 0: none */
	char text[128];	   /* its words */
	int64_t password_expiry;
};

static void exchange_done(struct exchange *x)
{
	if (x->options)
		krb5_get_init_creds_opt_free(x->ctx, x->options);
	if (x->cache)
		krb5_cc_destroy(x->ctx, x->cache);
	if (x->ctx)
		krb5_free_context(x->ctx);
}

static void on_expiry(krb5_context ctx, void *data, krb5_timestamp password, krb5_timestamp account,
		      krb5_boolean is_last_req)
{
	struct exchange *x = data;

	(void)ctx;
	(void)account;
	(void)is_last_req;
	if (password)
		x->password_expiry = (int64_t)(uint32_t)password;
}

/* A domain controller puts an NTSTATUS into KERB-ERROR-DATA, as data-value of type 3:
 * [MS-KILE] 2.2.1, 2.2.2. It is looked for by its frame: [1] INTEGER 3, [2] OCTET STRING of 12. */
static NTSTATUS status_in(struct rd e_data)
{
	static const uint8_t frame[] = { 0xA1, 3, 2, 1, 3, 0xA2, 14, 4, 12 };
	uint32_t status;
	struct rd r;

	for (size_t at = 0; at + sizeof(frame) <= e_data.n; at++)
		if (rd_at(e_data, at, e_data.n - at, &r) && rd_tag(&r, frame, sizeof(frame)) &&
		    rd_u32le(&r, &status))
			return (NTSTATUS)status;
	return 0;
}

/* Sees every answer of a KDC on its way in. */
static krb5_error_code KRB5_CALLCONV on_reply(krb5_context ctx, void *data, krb5_error_code code,
					      const krb5_data *realm, const krb5_data *message,
					      const krb5_data *reply, krb5_data **new_reply)
{
	struct exchange *x = data;
	krb5_error *error = NULL;

	(void)realm;
	(void)message;
	*new_reply = NULL;
	if (code || !reply || reply->length == 0 || (uint8_t)reply->data[0] != KRB_ERROR_TAG ||
	    krb5_rd_error(ctx, reply, &error) != 0)
		return code;
	x->told = status_in(rd_of(error->e_data.data, error->e_data.length));
	snprintf(x->text, sizeof(x->text), "%.*s", (int)error->text.length,
		 error->text.length ? error->text.data : "");
	krb5_free_error(ctx, error);
	return 0;
}

/* The PIN, for every token that asks. */
static krb5_error_code on_question(krb5_context ctx, void *data, krb5_responder_context r)
{
	struct exchange *x = data;
	krb5_responder_pkinit_challenge *asked = NULL;

	if (!x->c->password)
		return 0;
	krb5_error_code code = krb5_responder_pkinit_get_challenge(ctx, r, &asked);
	if (code || !asked)
		return code;
	for (size_t i = 0; !code && asked->identities && asked->identities[i]; i++)
		code = krb5_responder_pkinit_set_answer(ctx, r, asked->identities[i]->identity,
							(const char *)x->c->password->p);
	krb5_responder_pkinit_challenge_free(ctx, r, asked);
	return code;
}

static krb5_error_code options_set(struct exchange *x)
{
	struct krb_credential *c = x->c;
	krb5_get_init_creds_opt *o;
	krb5_error_code code = krb5_get_init_creds_opt_alloc(x->ctx, &x->options);

	if (code)
		return code;
	o = x->options;
	krb5_get_init_creds_opt_set_forwardable(o, 1);
	krb5_get_init_creds_opt_set_canonicalize(o, 1);
	krb5_get_init_creds_opt_set_change_password_prompt(o, 0);
	code = krb5_get_init_creds_opt_set_expire_callback(x->ctx, o, on_expiry, x);
	if (!code)
		code = krb5_get_init_creds_opt_set_out_ccache(x->ctx, o, x->cache);
	if (!code && c->armor)
		code = krb5_get_init_creds_opt_set_fast_ccache_name(x->ctx, o, c->armor);
	/* An empty text leaves the choice to krb5.conf's pkinit_identities. */
	if (!code && c->certificate && *c->certificate)
		code = krb5_get_init_creds_opt_set_pa(x->ctx, o, "X509_user_identity",
						      c->certificate);
	if (!code && c->anchors)
		code = krb5_get_init_creds_opt_set_pa(x->ctx, o, "X509_anchors", c->anchors);
	if (!code && c->certificate)
		code = krb5_get_init_creds_opt_set_responder(x->ctx, o, on_question, x);
	return code;
}

static krb5_error_code by_key(struct exchange *x, krb5_principal who, krb5_creds *out)
{
	krb5_keytab keytab;
	const char *name = x->c->keytab;
	/* A service in both roles has one key. */
	bool serves = x->c->use & KRB_ACCEPT;
	krb5_error_code code = name	? krb5_kt_resolve(x->ctx, name, &keytab)
			       : serves ? krb5_kt_default(x->ctx, &keytab)
					: krb5_kt_client_default(x->ctx, &keytab);

	if (code)
		return code;
	code = krb5_get_init_creds_keytab(x->ctx, out, who, keytab, 0, NULL, x->options);
	krb5_kt_close(x->ctx, keytab);
	return code;
}

static krb5_error_code ask(struct exchange *x, krb5_principal who, krb5_creds *out)
{
	struct krb_credential *c = x->c;

	x->told = 0;
	x->text[0] = 0;
	if (c->certificate)
		return krb5_get_init_creds_password(x->ctx, out, who, NULL, NULL, NULL, 0, NULL,
						    x->options);
	if (c->password)
		return krb5_get_init_creds_password(x->ctx, out, who, (const char *)c->password->p,
						    NULL, NULL, 0, NULL, x->options);
	return by_key(x, who, out);
}

/* Is it worth a second try under the name that only the own realm's KDC may know? */
static bool is_unknown(krb5_error_code code)
{
	return code == KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN || code == KRB5_REALM_UNKNOWN ||
	       code == KRB5_REALM_CANT_RESOLVE || code == KRB5KDC_ERR_WRONG_REALM;
}

/* What the KDC said goes before what the library makes of it. */
static NTSTATUS told_status(const struct exchange *x, krb5_error_code code, NTSTATUS status)
{
	static const NTSTATUS known[] = { STATUS_ACCOUNT_DISABLED, STATUS_ACCOUNT_EXPIRED,
					  STATUS_ACCOUNT_LOCKED_OUT, STATUS_PASSWORD_EXPIRED,
					  STATUS_PASSWORD_MUST_CHANGE };

	if (x->told == STATUS_SMARTCARD_LOGON_REQUIRED)
		return SEC_E_SMARTCARD_LOGON_REQUIRED;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (x->told == known[i])
			return x->told;
	/* MIT's words for too many wrong passwords; it says nothing else of them. */
	if (code == KRB5KDC_ERR_CLIENT_REVOKED && strcmp(x->text, "LOCKED_OUT") == 0)
		return STATUS_ACCOUNT_LOCKED_OUT;
	return status;
}

static NTSTATUS refused(struct exchange *x, krb5_principal who, krb5_error_code code)
{
	CLEANUP(mem_free_p) char *name = principal_text(x->ctx, who);
	NTSTATUS status = krb_fail(x->ctx, code, PHASE_LOGON, name, "asking a KDC for a TGT");

	if (x->text[0])
		reason_add(x->text);
	return told_status(x, code, status);
}

/* Takes the tickets over into the credential. */
static NTSTATUS keep(struct exchange *x, const krb5_creds *tgt)
{
	struct obtained given = { .name = principal_text(x->ctx, tgt->client),
				  .expiry = (int64_t)(uint32_t)tgt->times.endtime,
				  .password_expiry = x->password_expiry };

	if (!given.name || failed(cache_name(x->ctx, x->cache, &given.cache))) {
		mem_free(given.name);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a TGT's names");
	}
	krb5_cc_close(x->ctx, x->cache);
	x->cache = NULL;
	credential_keep(x->c, &given);
	return SEC_E_OK;
}

NTSTATUS obtain_tgt(struct krb_credential *c)
{
	CLEANUP(exchange_done) struct exchange x = { .c = c, .password_expiry = INT64_MAX };
	krb5_principal who = NULL, other = NULL;
	krb5_creds tgt = { 0 };

	NTSTATUS status = context_open(&x.ctx);
	if (!failed(status))
		status = name_user(x.ctx, c->user, c->realm, &who, &other);
	if (failed(status))
		return status;
	krb5_set_kdc_recv_hook(x.ctx, on_reply, &x);
	krb5_error_code code = krb5_cc_new_unique(x.ctx, "MEMORY", NULL, &x.cache);
	if (!code)
		code = options_set(&x);
	if (!code)
		code = ask(&x, who, &tgt);
	if (is_unknown(code) && other)
		code = ask(&x, other, &tgt);
	status = code ? refused(&x, who, code) : keep(&x, &tgt);
	krb5_free_cred_contents(x.ctx, &tgt);
	krb5_free_principal(x.ctx, who);
	krb5_free_principal(x.ctx, other);
	return status;
}

NTSTATUS obtain_for_password(struct krb_credential *c, krb5_context ctx, krb5_creds *out)
{
	struct exchange x = { .c = c, .ctx = ctx };
	krb5_principal who = NULL;

	NTSTATUS status = name_user(ctx, c->user, c->realm, &who, NULL);
	if (failed(status))
		return status;
	krb5_set_kdc_recv_hook(ctx, on_reply, &x);
	krb5_error_code code = krb5_get_init_creds_opt_alloc(ctx, &x.options);
	if (!code) {
		krb5_get_init_creds_opt_set_tkt_life(x.options, 300);
		krb5_get_init_creds_opt_set_change_password_prompt(x.options, 0);
		code = krb5_get_init_creds_password(ctx, out, who, (const char *)c->password->p,
						    NULL, NULL, 0, "kadmin/changepw", x.options);
		krb5_get_init_creds_opt_free(ctx, x.options);
	}
	status = code ? refused(&x, who, code) : SEC_E_OK;
	krb5_set_kdc_recv_hook(ctx, NULL, NULL);
	krb5_free_principal(ctx, who);
	return status;
}
