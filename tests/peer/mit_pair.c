/* tests/peer/mit_pair.c - see tests/peer/mit_pair.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mit_pair.h"
#include "packages/kerberos/session.h"
#include "wire/der.h"

#define REALM "LAB.TEST"
#define SERVICE "test"
#define HOST "box.lab.test"
#define CCACHE "MEMORY:mit_pair"
#define KEYTAB "MEMORY:mit_pair_keytab"
#define ROOM 4000
#define LIFETIME 3600
#define LEGS_MAX 4

static bool configure(const char *folder, int32_t enctype)
{
	char path[4096], name[64];

	if (krb5_enctype_to_name(enctype, false, name, sizeof(name)) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s/krb5.conf", folder);
	FILE *f = fopen(path, "w");
	if (!f)
		return false;
	(void)fprintf(f,
		      "[libdefaults]\n default_realm = " REALM "\n dns_lookup_kdc = false\n"
		      " dns_canonicalize_hostname = false\n rdns = false\n allow_rc4 = true\n"
		      " permitted_enctypes = %s\n[domain_realm]\n .lab.test = " REALM "\n",
		      name);
	return fclose(f) == 0 && setenv("KRB5_CONFIG", path, 1) == 0 &&
	       setenv("KRB5CCNAME", CCACHE, 1) == 0 && setenv("KRB5_KTNAME", KEYTAB, 1) == 0 &&
	       setenv("KRB5RCACHENAME", "none:", 1) == 0;
}

/* ---- a ticket, RFC 4120 5.3 ---- */

#define FIELD(w, n, put)                                                                           \
	do {                                                                                       \
		size_t place_ = der_begin(w, (uint8_t)DER_CONTEXT(n));                             \
		put;                                                                               \
		der_end(w, place_);                                                                \
	} while (0)

static void put_text(struct wr *w, uint8_t tag, const char *text)
{
	size_t place = der_begin(w, tag);
	wr_bytes(w, text, strlen(text));
	der_end(w, place);
}

static void put_names(struct wr *w, const char *const *names)
{
	size_t list = der_begin(w, DER_SEQUENCE);
	for (; *names; names++)
		put_text(w, 0x1B, *names);
	der_end(w, list);
}

static void put_principal(struct wr *w, const char *const *names)
{
	size_t body = der_begin(w, DER_SEQUENCE);
	FIELD(w, 0, der_put_uint(w, 1));
	FIELD(w, 1, put_names(w, names));
	der_end(w, body);
}

static void put_key(struct wr *w, const krb5_keyblock *key)
{
	size_t body = der_begin(w, DER_SEQUENCE);
	FIELD(w, 0, der_put_uint(w, (uint32_t)key->enctype));
	FIELD(w, 1, der_put_octets(w, rd_of(key->contents, key->length)));
	der_end(w, body);
}

static void put_transited(struct wr *w)
{
	size_t body = der_begin(w, DER_SEQUENCE);
	FIELD(w, 0, der_put_uint(w, 1));
	FIELD(w, 1, der_put_octets(w, rd_of(NULL, 0)));
	der_end(w, body);
}

static void put_time(struct wr *w, time_t t)
{
	struct tm utc;
	char text[32];

	(void)strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", gmtime_r(&t, &utc));
	put_text(w, 0x18, text);
}

static void put_ticket_part(struct wr *w, const krb5_keyblock *session, time_t now)
{
	static const uint8_t flags[] = { 3, 5, 0, 0, 0, 0, 0 };
	static const char *const client[] = { "alice", NULL };
	size_t outer = der_begin(w, 0x63), body = der_begin(w, DER_SEQUENCE);

	FIELD(w, 0, wr_bytes(w, flags, sizeof(flags)));
	FIELD(w, 1, put_key(w, session));
	FIELD(w, 2, put_text(w, 0x1B, REALM));
	FIELD(w, 3, put_principal(w, client));
	FIELD(w, 4, put_transited(w));
	FIELD(w, 5, put_time(w, now));
	FIELD(w, 7, put_time(w, now + LIFETIME));
	der_end(w, body);
	der_end(w, outer);
}

static void put_enciphered(struct wr *w, const krb5_enc_data *data)
{
	size_t body = der_begin(w, DER_SEQUENCE);
	FIELD(w, 0, der_put_uint(w, (uint32_t)data->enctype));
	FIELD(w, 1, der_put_uint(w, 1));
	FIELD(w, 2, der_put_octets(w, rd_of(data->ciphertext.data, data->ciphertext.length)));
	der_end(w, body);
}

static void put_ticket(struct wr *w, const krb5_enc_data *part)
{
	static const char *const service[] = { SERVICE, HOST, NULL };
	size_t outer = der_begin(w, 0x61), body = der_begin(w, DER_SEQUENCE);

	FIELD(w, 0, der_put_uint(w, 5));
	FIELD(w, 1, put_text(w, 0x1B, REALM));
	FIELD(w, 2, put_principal(w, service));
	FIELD(w, 3, put_enciphered(w, part));
	der_end(w, body);
	der_end(w, outer);
}

/* ---- the world: a keytab with the service's key, a cache with a ticket by it ---- */

struct world {
	krb5_context krb;
	krb5_principal client, service;
	krb5_keyblock key, session;
	time_t now;
};

static bool keytab_fill(struct world *x)
{
	krb5_keytab_entry entry = { .principal = x->service, .vno = 1, .key = x->key };
	krb5_keytab keytab;

	/* Kept open: a keytab in memory goes with its last handle. */
	return krb5_kt_resolve(x->krb, KEYTAB, &keytab) == 0 &&
	       krb5_kt_add_entry(x->krb, keytab, &entry) == 0;
}

static bool ticket_make(struct world *x, struct wr *out)
{
	CLEANUP(wr_done) struct wr part = WR(ROOM);
	static char cipher[ROOM];
	krb5_enc_data data = { .ciphertext = { .data = cipher, .length = sizeof(cipher) } };

	put_ticket_part(&part, &x->session, x->now);
	krb5_data plain = { .data = (char *)part.buf, .length = (unsigned)part.len };
	if (!wr_ok(&part) || krb5_c_encrypt(x->krb, &x->key, 2, NULL, &plain, &data) != 0)
		return false;
	put_ticket(out, &data);
	return wr_ok(out);
}

static bool cache_fill(struct world *x)
{
	CLEANUP(wr_done) struct wr ticket = WR(ROOM);
	krb5_ccache cache;

	if (!ticket_make(x, &ticket))
		return false;
	krb5_creds creds = { .client = x->client,
			     .server = x->service,
			     .keyblock = x->session,
			     .times = { .authtime = (krb5_timestamp)x->now,
					.endtime = (krb5_timestamp)(x->now + LIFETIME) },
			     .ticket = { .data = (char *)ticket.buf,
					 .length = (unsigned)ticket.len } };
	return krb5_cc_resolve(x->krb, CCACHE, &cache) == 0 &&
	       krb5_cc_initialize(x->krb, cache, x->client) == 0 &&
	       krb5_cc_store_cred(x->krb, cache, &creds) == 0;
}

bool mit_world_open(const char *folder, int32_t enctype)
{
	struct world x = { .now = time(NULL) };

	return configure(folder, enctype) && krb5_init_context(&x.krb) == 0 &&
	       krb5_parse_name(x.krb, "alice@" REALM, &x.client) == 0 &&
	       krb5_parse_name(x.krb, SERVICE "/" HOST "@" REALM, &x.service) == 0 &&
	       krb5_c_make_random_key(x.krb, enctype, &x.key) == 0 &&
	       krb5_c_make_random_key(x.krb, enctype, &x.session) == 0 && keytab_fill(&x) &&
	       cache_fill(&x);
}

/* ---- a pair ---- */

static void show(OM_uint32 major, OM_uint32 minor)
{
	OM_uint32 more = 0, ignored;
	gss_buffer_desc text;

	if (!GSS_ERROR(gss_display_status(&ignored, minor, GSS_C_MECH_CODE, gss_mech_krb5, &more,
					  &text)))
		(void)fprintf(stderr, "GSS %08x: %.*s\n", major, (int)text.length,
			      (const char *)text.value);
}

static bool sign_in(struct mit_pair *p, uint32_t flags)
{
	static char target[] = SERVICE "@" HOST;
	gss_buffer_desc name = { sizeof(target) - 1, target }, to = { 0, NULL }, from = { 0, NULL };
	OM_uint32 minor, one = GSS_S_CONTINUE_NEEDED, other = GSS_S_CONTINUE_NEEDED;
	gss_name_t service;

	if (gss_import_name(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &service))
		return false;
	for (int leg = 0; leg < LEGS_MAX && (one || other); leg++) {
		if (one)
			one = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &p->end[0], service,
						   gss_mech_krb5, flags, 0, NULL, &from, NULL, &to,
						   NULL, NULL);
		if (!GSS_ERROR(one) && other)
			other = gss_accept_sec_context(&minor, &p->end[1], GSS_C_NO_CREDENTIAL, &to,
						       NULL, NULL, NULL, &from, NULL, NULL, NULL);
		if (GSS_ERROR(one) || GSS_ERROR(other)) {
			show(one | other, minor);
			break;
		}
	}
	return !one && !other;
}

/* Keys of a copy: what is exported is used up. */
static bool session_of(gss_ctx_id_t *end, struct kerberos_session *out)
{
	gss_buffer_desc token;
	gss_krb5_lucid_context_v1_t *lucid;
	gss_ctx_id_t copy = GSS_C_NO_CONTEXT;
	OM_uint32 minor;
	void *exported;

	*end = GSS_C_NO_CONTEXT == *end ? NULL : *end;
	if (gss_export_sec_context(&minor, end, &token) ||
	    gss_import_sec_context(&minor, &token, end) ||
	    gss_import_sec_context(&minor, &token, &copy) ||
	    gss_krb5_export_lucid_sec_context(&minor, &copy, 1, &exported))
		return false;
	lucid = exported;
	gss_krb5_lucid_key_t *key = &lucid->rfc1964_kd.ctx_key;
	if (lucid->protocol == 1)
		key = lucid->cfx_kd.have_acceptor_subkey ? &lucid->cfx_kd.acceptor_subkey
							 : &lucid->cfx_kd.ctx_key;
	out->server = !lucid->initiate;
	out->enctype = (int32_t)key->type;
	out->acceptor_subkey = lucid->protocol == 1 && lucid->cfx_kd.have_acceptor_subkey;
	out->send_sequence = lucid->send_seq;
	out->receive_sequence = lucid->recv_seq;
	out->key = secret_copy(key->data, key->length);
	return out->key != NULL;
}

bool mit_pair_new(uint32_t flags, struct mit_pair *out, struct kerberos_session session[2])
{
	*out = (struct mit_pair){ { GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT } };
	if (!sign_in(out, flags))
		return false;
	for (int i = 0; i < 2; i++) {
		session[i] = (struct kerberos_session){ .flags = flags };
		if (!session_of(&out->end[i], &session[i]))
			return false;
	}
	return true;
}

void mit_pair_free(struct mit_pair *p)
{
	OM_uint32 minor;

	(void)gss_delete_sec_context(&minor, &p->end[0], GSS_C_NO_BUFFER);
	(void)gss_delete_sec_context(&minor, &p->end[1], GSS_C_NO_BUFFER);
}
