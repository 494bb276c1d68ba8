/* bench/gss.c - a contender: gss-ntlmssp, called through GSSAPI.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Its accounts come from the file that NTLM_USER_FILE names. */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#define LEGS_MAX 6

struct pair {
	gss_ctx_id_t context[2]; /* client, server */
};

static gss_OID_desc ntlm = { 10, (void *)(uintptr_t) "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" };
static gss_cred_id_t client, server;
static gss_name_t target;

static bool name_of(const char *text, gss_OID type, gss_name_t *out)
{
	gss_buffer_desc b = { strlen(text), (void *)(uintptr_t)text };
	OM_uint32 minor;
	return !GSS_ERROR(gss_import_name(&minor, &b, type, out));
}

static bool acquire(gss_cred_id_t *out, gss_cred_usage_t usage)
{
	gss_OID_set_desc one = { 1, &ntlm };
	gss_name_t who = GSS_C_NO_NAME;
	OM_uint32 minor;

	if (usage == GSS_C_INITIATE && !name_of(BENCH_USER, GSS_C_NT_USER_NAME, &who))
		return false;
	OM_uint32 major =
		gss_acquire_cred(&minor, who, GSS_C_INDEFINITE, &one, usage, out, NULL, NULL);
	if (who)
		gss_release_name(&minor, &who);
	return !GSS_ERROR(major);
}

static bool peer_open(void)
{
	return acquire(&client, GSS_C_INITIATE) && acquire(&server, GSS_C_ACCEPT) &&
	       name_of("TERMSRV@localhost", GSS_C_NT_HOSTBASED_SERVICE, &target);
}

static void peer_pair_free(struct pair *p)
{
	OM_uint32 minor;
	gss_delete_sec_context(&minor, &p->context[0], GSS_C_NO_BUFFER);
	gss_delete_sec_context(&minor, &p->context[1], GSS_C_NO_BUFFER);
	free(p);
}

static OM_uint32 init_leg(struct pair *p, gss_cred_id_t who, gss_buffer_t in, gss_buffer_t out)
{
	OM_uint32 minor, flags = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
	return gss_init_sec_context(&minor, who, &p->context[0], target, &ntlm, flags, 0, NULL, in,
				    NULL, out, NULL, NULL);
}

static OM_uint32 accept_leg(struct pair *p, gss_cred_id_t who, gss_buffer_t in, gss_buffer_t out)
{
	gss_name_t from = GSS_C_NO_NAME;
	OM_uint32 minor;
	OM_uint32 major = gss_accept_sec_context(&minor, &p->context[1], who, in, NULL, &from, NULL,
						 out, NULL, NULL, NULL);
	if (from)
		gss_release_name(&minor, &from);
	return major;
}

static bool sign_in(struct pair *p, gss_cred_id_t from, gss_cred_id_t to)
{
	gss_buffer_desc token[2] = { { 0, NULL }, { 0, NULL } }; /* to the client, to the server */
	OM_uint32 minor, major[2] = { GSS_S_CONTINUE_NEEDED, GSS_S_CONTINUE_NEEDED };

	for (int i = 0; i < LEGS_MAX && (major[0] || major[1]); i++) {
		if (major[0])
			major[0] = init_leg(p, from, &token[0], &token[1]);
		gss_release_buffer(&minor, &token[0]);
		if (!GSS_ERROR(major[0]) && major[1])
			major[1] = accept_leg(p, to, &token[1], &token[0]);
		gss_release_buffer(&minor, &token[1]);
		if (GSS_ERROR(major[0]) || GSS_ERROR(major[1]))
			return false;
	}
	return !major[0] && !major[1];
}

static struct pair *pair_with(gss_cred_id_t from, gss_cred_id_t to)
{
	struct pair *p = calloc(1, sizeof(*p));
	if (p && !sign_in(p, from, to)) {
		peer_pair_free(p);
		p = NULL;
	}
	return p;
}

static struct pair *peer_pair_new(void)
{
	return pair_with(client, server);
}

static bool exchange_with(gss_cred_id_t from, gss_cred_id_t to)
{
	struct pair *p = pair_with(from, to);
	if (p)
		peer_pair_free(p);
	return p != NULL;
}

static bool peer_exchange(void)
{
	return exchange_with(client, server);
}

static bool peer_exchange_acquiring(void)
{
	gss_cred_id_t from = GSS_C_NO_CREDENTIAL, to = GSS_C_NO_CREDENTIAL;
	OM_uint32 minor;
	bool fine = acquire(&from, GSS_C_INITIATE) && acquire(&to, GSS_C_ACCEPT) &&
		    exchange_with(from, to);
	gss_release_cred(&minor, &from);
	gss_release_cred(&minor, &to);
	return fine;
}

static bool peer_seal(struct pair *p, struct message *m)
{
	gss_buffer_desc in = { m->n, m->data }, out = { 0, NULL };
	OM_uint32 minor;
	int sealed;

	if (gss_wrap(&minor, p->context[0], 1, GSS_C_QOP_DEFAULT, &in, &sealed, &out) || !sealed)
		return false;
	m->own = out.value;
	m->own_n = out.length;
	return true;
}

static bool peer_unseal(struct pair *p, struct message *m)
{
	gss_buffer_desc in = { m->own_n, m->own }, out = { 0, NULL };
	OM_uint32 minor;
	int sealed;

	OM_uint32 major = gss_unwrap(&minor, p->context[1], &in, &out, &sealed, NULL);
	gss_release_buffer(&minor, &in);
	gss_release_buffer(&minor, &out);
	return !major;
}

const struct peer *bench_peer(void)
{
	static const struct peer peer = {
		.name = "gss-ntlmssp",
		.open = peer_open,
		.exchange = peer_exchange,
		.exchange_acquiring = peer_exchange_acquiring,
		.pair_new = peer_pair_new,
		.pair_free = peer_pair_free,
		.seal = peer_seal,
		.unseal = peer_unseal,
	};
	return &peer;
}
