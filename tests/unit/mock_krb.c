/* tests/unit/mock_krb.c - see tests/unit/mock_krb.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdio.h>

#include "mock_krb.h"
#include "packages/kerberos/load.h"
#include "wire/wr.h"

#define KEY_LEN 32

struct krb_credential {
	atomic_uint refs;
	uint32_t use;
	char name[256];
};

struct krb_context {
	struct krb_request request;
	char target[256];
	struct wr bindings;
	char client[256], server[256];
	uint32_t flags;
	bool answered;
};

struct mock_krb mock_krb;

void mock_krb_reset(void)
{
	mock_krb = (struct mock_krb){ .cache = "alice@LAB.TEST",
				      .has_keytab = true,
				      .allowed = UINT32_MAX,
				      .enctype = 18,
				      .ticket_enctype = 18,
				      .expiry = 2000000000,
				      .reason = "",
				      .tickets = 2 };
}

static bool keep(char *to, size_t room, const char *from)
{
	snprintf(to, room, "%s", from ? from : "");
	return from != NULL;
}

/* ---- credentials ---- */

static void note(const struct krb_identity *id)
{
	mock_krb.use = id->use;
	mock_krb.has_user = keep(mock_krb.user, sizeof(mock_krb.user), id->user);
	mock_krb.has_realm = keep(mock_krb.realm, sizeof(mock_krb.realm), id->realm);
	mock_krb.has_certificate =
		keep(mock_krb.certificate, sizeof(mock_krb.certificate), id->certificate);
	mock_krb.has_service = keep(mock_krb.service, sizeof(mock_krb.service), id->service);
	snprintf(mock_krb.password, sizeof(mock_krb.password), "%.*s", (int)id->password.n,
		 id->password.n ? (const char *)id->password.p : "");
	mock_krb.tickets_n = id->tickets.n;
	mock_krb.keys_n = id->keys.n;
}

static NTSTATUS credential_new(const struct krb_identity *id, struct krb_credential **out)
{
	bool is_cache = !id->user && id->use == KRB_INITIATE && !id->tickets.n;

	note(id);
	if (failed(mock_krb.credential))
		return mock_krb.credential;
	if ((is_cache && !mock_krb.cache) ||
	    (id->use & KRB_ACCEPT && !mock_krb.has_keytab && !id->keys.n))
		return SEC_E_NO_CREDENTIALS;
	struct krb_credential *c = MEM_NEW(struct krb_credential);
	if (!c)
		return SEC_E_INSUFFICIENT_MEMORY;
	atomic_init(&c->refs, 1);
	c->use = id->use;
	if (id->user)
		snprintf(c->name, sizeof(c->name), "%s@%s", id->user,
			 id->realm ? id->realm : "LAB.TEST");
	else if (id->tickets.n)
		snprintf(c->name, sizeof(c->name), "%.*s", (int)id->tickets.n,
			 (const char *)id->tickets.p);
	else
		snprintf(c->name, sizeof(c->name), "%s", mock_krb.cache ? mock_krb.cache : "");
	atomic_fetch_add(&mock_krb.credentials, 1);
	mock_krb.made += id->user != NULL;
	*out = c;
	return STATUS_SUCCESS;
}

static void credential_ref(struct krb_credential *c)
{
	atomic_fetch_add(&c->refs, 1);
}

static void credential_unref(struct krb_credential *c)
{
	if (atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	atomic_fetch_sub(&mock_krb.credentials, 1);
	mem_free(c);
}

static NTSTATUS credential_info(struct krb_credential *c, struct krb_credential_info *out)
{
	*out = (struct krb_credential_info){ mem_dup_text(c->name), mock_krb.expiry, INT64_MAX };
	return out->name ? STATUS_SUCCESS : SEC_E_INSUFFICIENT_MEMORY;
}

static NTSTATUS credential_obtain(struct krb_credential *c)
{
	return mock_krb.context;
}

static struct krb_credential *credential_named(const char *name)
{
	struct krb_credential *c = MEM_NEW(struct krb_credential);

	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->use = KRB_INITIATE;
	snprintf(c->name, sizeof(c->name), "%s", name);
	atomic_fetch_add(&mock_krb.credentials, 1);
	return c;
}

static NTSTATUS credential_impersonate(struct krb_credential *c, const char *user,
				       struct krb_credential **out)
{
	if (failed(mock_krb.calls))
		return mock_krb.calls;
	*out = credential_named(user);
	return *out ? STATUS_SUCCESS : SEC_E_INSUFFICIENT_MEMORY;
}

/* ---- what is shown to an LSA elsewhere: a cache is its client's name ---- */

static NTSTATUS show(const char *text, struct krb_span *out)
{
	*out = (struct krb_span){ mem_dup(text, strlen(text)), strlen(text) };
	return out->p ? STATUS_SUCCESS : SEC_E_INSUFFICIENT_MEMORY;
}

static NTSTATUS caller_tickets(const char *target, struct krb_span *out)
{
	*out = (struct krb_span){ NULL, 0 };
	keep(mock_krb.shown_for, sizeof(mock_krb.shown_for), target);
	return mock_krb.cache ? show(mock_krb.cache, out) : SEC_E_NO_CREDENTIALS;
}

static NTSTATUS caller_keys(bool client, struct krb_span *out)
{
	*out = (struct krb_span){ NULL, 0 };
	return (client ? mock_krb.has_client_keys : mock_krb.has_keytab) ? show("\5\2keys", out)
									 : SEC_E_NO_CREDENTIALS;
}

static NTSTATUS keys_client(struct rd keys, char **out)
{
	*out = mem_dup_text("machine");
	return *out ? STATUS_SUCCESS : SEC_E_INSUFFICIENT_MEMORY;
}

/* ---- contexts ---- */

static NTSTATUS context_new(const struct krb_request *request, struct krb_context **out)
{
	mock_krb.flags = request->flags;
	mock_krb.level = request->bindings_level;
	mock_krb.has_target = keep(mock_krb.target, sizeof(mock_krb.target), request->target);
	snprintf(mock_krb.bindings, sizeof(mock_krb.bindings), "%.*s", (int)request->bindings.n,
		 request->bindings.n ? (const char *)request->bindings.p : "");
	if (failed(mock_krb.context))
		return mock_krb.context;
	struct krb_context *c = MEM_NEW(struct krb_context);
	if (!c)
		return SEC_E_INSUFFICIENT_MEMORY;
	c->request = *request;
	c->bindings = WR(4096);
	wr_rd(&c->bindings, request->bindings);
	keep(c->target, sizeof(c->target), request->target);
	credential_ref(request->credential);
	atomic_fetch_add(&mock_krb.contexts, 1);
	*out = c;
	return STATUS_SUCCESS;
}

static void context_free(struct krb_context *c)
{
	if (!c)
		return;
	credential_unref(c->request.credential);
	wr_done(&c->bindings);
	atomic_fetch_sub(&mock_krb.contexts, 1);
	mem_free(c);
}

static NTSTATUS give(struct krb_span *answer, struct rd bytes, NTSTATUS status)
{
	answer->p = mem_dup(bytes.p, bytes.n);
	answer->n = answer->p ? bytes.n : 0;
	return answer->p ? status : (NTSTATUS)SEC_E_INSUFFICIENT_MEMORY;
}

static NTSTATUS refuse(struct krb_span *answer, NTSTATUS status)
{
	if (mock_krb.error_token)
		(void)!give(answer, rd_of(mock_krb.error_token, strlen(mock_krb.error_token)), 0);
	return status;
}

static NTSTATUS client_begin(struct krb_context *c, struct krb_span *answer)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 20);

	c->flags = c->request.flags & mock_krb.allowed;
	if (c->flags & KRB_DELEGATE_POLICY && mock_krb.delegates)
		c->flags |= KRB_DELEGATE;
	wr_bytes(&w, "req", 3);
	wr_u32le(&w, c->flags);
	wr_counted(&w, c->request.credential->name, strlen(c->request.credential->name));
	wr_counted(&w, c->target, strlen(c->target));
	wr_counted(&w, c->bindings.buf, c->bindings.len);
	if (w.len < mock_krb.token_size)
		wr_zero(&w, mock_krb.token_size - w.len);
	if (!wr_ok(&w))
		return SEC_E_INSUFFICIENT_MEMORY;
	keep(c->client, sizeof(c->client), c->request.credential->name);
	snprintf(c->server, sizeof(c->server), "%.200s@LAB.TEST", c->target);
	return give(answer, wr_view(&w), c->flags & KRB_MUTUAL ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
}

static NTSTATUS client_step(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	if (!c->client[0])
		return failed(mock_krb.first_step) ? refuse(answer, mock_krb.first_step)
						   : client_begin(c, answer);
	if (failed(mock_krb.answer_step))
		return refuse(answer, mock_krb.answer_step);
	if (token.n != 3 || memcmp(token.p, "rep", 3) != 0)
		return refuse(answer, SEC_E_INVALID_TOKEN);
	return c->flags & KRB_DCE_STYLE ? give(answer, rd_of("end", 3), SEC_E_OK) : SEC_E_OK;
}

static bool request_read(struct krb_context *c, struct rd token, struct rd *bindings)
{
	struct rd client, server;

	if (!rd_tag(&token, "req", 3) || !rd_u32le(&token, &c->flags) ||
	    !rd_counted(&token, &client) || !rd_counted(&token, &server) ||
	    !rd_counted(&token, bindings))
		return false;
	snprintf(c->client, sizeof(c->client), "%.*s", (int)client.n, (const char *)client.p);
	snprintf(c->server, sizeof(c->server), "%.*s@LAB.TEST", (int)server.n,
		 (const char *)server.p);
	return true;
}

static NTSTATUS bindings_check(struct krb_context *c, struct rd sent)
{
	uint32_t level = c->request.bindings_level;
	struct rd own = wr_view(&c->bindings);

	if (!level || !own.n)
		return SEC_E_OK;
	if (!sent.n)
		return level == 2 ? SEC_E_BAD_BINDINGS : SEC_E_OK;
	if (sent.n != own.n || memcmp(sent.p, own.p, own.n) != 0)
		return SEC_E_BAD_BINDINGS;
	c->flags |= KRB_BINDINGS_SEEN;
	return SEC_E_OK;
}

static NTSTATUS server_step(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	struct rd bindings = { NULL, 0 };

	if (c->answered)
		return token.n == 3 && memcmp(token.p, "end", 3) == 0 ? SEC_E_OK
								      : SEC_E_INVALID_TOKEN;
	if (failed(mock_krb.first_step))
		return refuse(answer, mock_krb.first_step);
	if (!request_read(c, token, &bindings))
		return refuse(answer, SEC_E_INVALID_TOKEN);
	NTSTATUS status = bindings_check(c, bindings);
	if (failed(status))
		return refuse(answer, status);
	c->answered = true;
	if (!(c->flags & KRB_MUTUAL))
		return SEC_E_OK;
	return give(answer, rd_of("rep", 3),
		    c->flags & KRB_DCE_STYLE ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
}

static NTSTATUS step(struct krb_context *c, struct rd token, struct krb_span *answer)
{
	*answer = (struct krb_span){ NULL, 0 };
	return c->request.acceptor ? server_step(c, token, answer) : client_step(c, token, answer);
}

static void established_done(struct krb_established *e)
{
	mem_free(e->client);
	mem_free(e->server);
	if (e->session_key != e->key)
		secret_free(e->session_key);
	secret_free(e->key);
	mem_free(e->pac_logon_info.p);
	if (e->delegated)
		credential_unref(e->delegated);
	*e = (struct krb_established){ .flags = 0 };
}

static NTSTATUS finish(struct krb_context *c, struct krb_established *out)
{
	static const uint8_t key[KEY_LEN] = "thirty-two bytes make one key";

	if (failed(mock_krb.finish))
		return mock_krb.finish;
	*out = (struct krb_established){ .flags = c->flags,
					 .start = 1900000000,
					 .expiry = mock_krb.expiry,
					 .client = mem_dup_text(c->client),
					 .server = mem_dup_text(c->server),
					 .enctype = mock_krb.enctype,
					 .ticket_enctype = mock_krb.ticket_enctype,
					 .acceptor_subkey = c->flags & KRB_MUTUAL,
					 .key = secret_copy(key,
							    mock_krb.enctype == 23 ? 16 : KEY_LEN),
					 .send_sequence = 7,
					 .receive_sequence = 7 };
	out->session_key = out->key;
	if (c->request.acceptor && c->flags & KRB_DELEGATE)
		out->delegated = credential_named(c->client);
	if (c->request.acceptor && mock_krb.pac.n) {
		out->pac_logon_info.p = mem_dup(mock_krb.pac.p, mock_krb.pac.n);
		out->pac_logon_info.n = out->pac_logon_info.p ? mock_krb.pac.n : 0;
	}
	if (out->client && out->server && out->key)
		return STATUS_SUCCESS;
	established_done(out);
	return SEC_E_INSUFFICIENT_MEMORY;
}

/* ---- tickets ---- */

static void ticket_done(struct krb_ticket *t)
{
	mem_free(t->client);
	mem_free(t->server);
	mem_free(t->encoded.p);
	secret_free(t->key);
	*t = (struct krb_ticket){ .start = 0 };
}

static NTSTATUS ticket_make(const char *client, const char *server, struct krb_ticket *out)
{
	*out = (struct krb_ticket){ .client = mem_dup_text(client),
				    .server = mem_dup_text(server),
				    .start = 1900000000,
				    .end = mock_krb.expiry,
				    .renew = mock_krb.expiry + 3600,
				    .key_enctype = 18,
				    .ticket_enctype = 17,
				    .flags = 0x40e10000,
				    .encoded = { mem_dup("ticket", 6), 6 },
				    .key = secret_copy("0123456789abcdef", 16) };
	if (out->client && out->server && out->encoded.p && out->key)
		return STATUS_SUCCESS;
	ticket_done(out);
	return SEC_E_INSUFFICIENT_MEMORY;
}

static NTSTATUS each_ticket(struct krb_credential *c, krb_ticket_visit *visit, void *to)
{
	bool go = true;

	if (failed(mock_krb.calls))
		return mock_krb.calls;
	for (unsigned i = 0; i < mock_krb.tickets && go; i++) {
		struct krb_ticket t;
		NTSTATUS status = ticket_make(
			c->name, i ? "HTTP/srv.lab.test@OTHER.TEST" : "krbtgt/LAB.TEST@LAB.TEST",
			&t);
		go = !failed(status) && visit(to, &t);
		ticket_done(&t);
		if (failed(status))
			return status;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS get_ticket(struct krb_credential *c, const char *target, bool cache_only,
			   struct krb_ticket *out)
{
	char server[300];

	mock_krb.cache_only = cache_only;
	keep(mock_krb.target, sizeof(mock_krb.target), target);
	if (failed(mock_krb.calls))
		return mock_krb.calls;
	snprintf(server, sizeof(server), "%s%s", target, strchr(target, '@') ? "" : "@LAB.TEST");
	return ticket_make(c->name, server, out);
}

static NTSTATUS purge(struct krb_credential *c, const struct krb_filter *which, uint32_t *count)
{
	mock_krb.has_target =
		keep(mock_krb.target, sizeof(mock_krb.target), which ? which->server : NULL);
	*count = failed(mock_krb.calls) ? 0 : mock_krb.tickets;
	return mock_krb.calls;
}

static NTSTATUS submit(struct krb_credential *c, struct rd krb_cred, int32_t enctype, struct rd key)
{
	mock_krb.submitted = (uint32_t)krb_cred.n;
	mock_krb.submitted_key = key.n ? (uint32_t)enctype : 0;
	return mock_krb.calls;
}

static NTSTATUS export_tgt(struct krb_credential *c, const char *target, struct krb_span *ticket,
			   struct krb_span *krb_cred)
{
	if (failed(mock_krb.calls))
		return mock_krb.calls;
	*ticket = (struct krb_span){ mem_dup("service", 7), 7 };
	*krb_cred = (struct krb_span){ mem_dup("tgt", 3), 3 };
	return STATUS_SUCCESS;
}

static NTSTATUS import_tgt(struct krb_credential *acceptor, struct rd ticket, struct rd krb_cred,
			   struct krb_credential **out)
{
	if (failed(mock_krb.calls))
		return mock_krb.calls;
	*out = credential_named("carol@LAB.TEST");
	return *out ? STATUS_SUCCESS : SEC_E_INSUFFICIENT_MEMORY;
}

static NTSTATUS change_password(const struct krb_identity *id, struct rd new_password)
{
	note(id);
	snprintf(mock_krb.new_password, sizeof(mock_krb.new_password), "%.*s", (int)new_password.n,
		 (const char *)new_password.p);
	return mock_krb.change;
}

static void reason(struct krb_reason *out)
{
	*out = (struct krb_reason){ .code = 1 };
	snprintf(out->text, sizeof(out->text), "%s", mock_krb.reason);
}

NTSTATUS krb_load(const struct krb_ops **out)
{
	static const struct krb_ops ops = {
		.credential_new = credential_new,
		.caller_tickets = caller_tickets,
		.caller_keys = caller_keys,
		.keys_client = keys_client,
		.credential_ref = credential_ref,
		.credential_unref = credential_unref,
		.credential_info = credential_info,
		.credential_obtain = credential_obtain,
		.credential_impersonate = credential_impersonate,
		.context_new = context_new,
		.context_free = context_free,
		.step = step,
		.finish = finish,
		.established_done = established_done,
		.each_ticket = each_ticket,
		.get_ticket = get_ticket,
		.ticket_done = ticket_done,
		.purge = purge,
		.submit = submit,
		.export_tgt = export_tgt,
		.import_tgt = import_tgt,
		.change_password = change_password,
		.reason = reason,
	};

	*out = &ops;
	return mock_krb.load;
}
