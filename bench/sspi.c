/* bench/sspi.c - a contender that speaks SSPI: OpenSSPI and WinPR, compiled from the same lines.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * CONTENDER names the header that says where the two differ. */
#include CONTENDER

#include <stdlib.h>
#include <string.h>

#define TOKEN_ROOM 16384
#define LEGS_MAX 12
#define UNUSED_TEXT(text) ((SEC_CHAR *)(uintptr_t)(text))

/* One end of a sign-in, and what the other one sent. */
struct end {
	CredHandle credential;
	CtxtHandle context;
	bool is_server, has_context, done;
	ULONG requirements;
	uint8_t inbox[TOKEN_ROOM];
	ULONG inbox_n;
};

struct pair {
	CtxtHandle context[2]; /* client, server */
};

static PSecurityFunctionTableA table;
static PSecurityFunctionTableW wide;
static CredHandle client, server, credssp_client, credssp_server;

static bool acquire_client(const char *package, CredHandle *out)
{
	SEC_WINNT_AUTH_IDENTITY_A who = {
		.User = (unsigned char *)(uintptr_t)BENCH_USER,
		.UserLength = sizeof(BENCH_USER) - 1,
		.Password = (unsigned char *)(uintptr_t)BENCH_PASSWORD,
		.PasswordLength = sizeof(BENCH_PASSWORD) - 1,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CREDSSP_CRED both = { .Type = CredsspSubmitBufferBothOld, .pSpnegoCred = &who };
	bool credssp = strcmp(package, "CREDSSP") == 0;
	TimeStamp expiry;

	return table->AcquireCredentialsHandleA(NULL, UNUSED_TEXT(package), SECPKG_CRED_OUTBOUND,
						NULL, credssp ? (void *)&both : (void *)&who, NULL,
						NULL, out, &expiry) == SEC_E_OK;
}

static bool acquire_server(const char *package, CredHandle *out)
{
	TimeStamp expiry;
	return table->AcquireCredentialsHandleA(NULL, UNUSED_TEXT(package), SECPKG_CRED_INBOUND,
						NULL, NULL, NULL, NULL, out, &expiry) == SEC_E_OK;
}

static bool peer_open(void)
{
	table = InitSecurityInterfaceA();
	wide = InitSecurityInterfaceW();
	return table && wide && account_ready() && acquire_client("NTLM", &client) &&
	       acquire_server("NTLM", &server);
}

static bool peer_acquire(void)
{
	CredHandle credential;
	return acquire_client("NTLM", &credential) &&
	       table->FreeCredentialsHandle(&credential) == SEC_E_OK;
}

/* ---- one leg ---- */

static SECURITY_STATUS call(struct end *e, SecBufferDesc *in, SecBufferDesc *out)
{
	CtxtHandle *old = e->has_context ? &e->context : NULL;
	ULONG attributes;
	TimeStamp expiry;

	if (e->is_server)
		return table->AcceptSecurityContext(&e->credential, old, in, e->requirements,
						    SECURITY_NATIVE_DREP, &e->context, out,
						    &attributes, &expiry);
	return table->InitializeSecurityContextA(
		&e->credential, old, UNUSED_TEXT("TERMSRV/localhost"), e->requirements, 0,
		SECURITY_NATIVE_DREP, old ? in : NULL, 0, &e->context, out, &attributes, &expiry);
}

/* Moves what was not read to the front. */
static void keep_unread(struct end *e, const SecBuffer *extra)
{
	ULONG n = extra->BufferType == SECBUFFER_EXTRA ? extra->cbBuffer : 0;
	memmove(e->inbox, e->inbox + e->inbox_n - n, n);
	e->inbox_n = n;
}

static bool step(struct end *e, struct end *to)
{
	SecBuffer in[2] = { { e->inbox_n, SECBUFFER_TOKEN, e->inbox },
			    { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer out = { TOKEN_ROOM - to->inbox_n, SECBUFFER_TOKEN, to->inbox + to->inbox_n };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 2, in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };

	SECURITY_STATUS status = call(e, &in_desc, &out_desc);
	if (status == SEC_I_COMPLETE_NEEDED) {
		out.cbBuffer = 0;
		status = table->CompleteAuthToken(&e->context, &out_desc);
	}
	if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
		return false;
	bool is_first = !e->has_context;
	e->has_context = true;
	e->done = status == SEC_E_OK;
	to->inbox_n += out.cbBuffer;
	keep_unread(e, &in[1]);
	return !is_first || !e->is_server || server_ready(wide, &e->context);
}

static void end_done(struct end *e)
{
	if (e->has_context)
		table->DeleteSecurityContext(&e->context);
	e->has_context = false;
}

static bool run(struct end *c, struct end *s)
{
	for (int i = 0; i < LEGS_MAX && (!c->done || !s->done || s->inbox_n); i++) {
		if (!c->done && !step(c, s))
			return false;
		if (s->inbox_n && !s->done && !step(s, c))
			return false;
		if (c->done && s->done)
			return true;
	}
	return c->done && s->done;
}

/* ---- pairs ---- */

/* All but the inbox, whose bytes nobody reads before they are written. */
static void end_start(struct end *e)
{
	e->is_server = e->has_context = e->done = false;
	e->inbox_n = 0;
}

static bool sign_in(struct end *c, struct end *s, bool credssp)
{
	end_start(c);
	end_start(s);
	c->credential = credssp ? credssp_client : client;
	s->credential = credssp ? credssp_server : server;
	s->is_server = true;
	c->requirements = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY;
	s->requirements = ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY;
	if (credssp) {
		c->requirements |= ISC_REQ_STREAM | ISC_REQ_DELEGATE;
		s->requirements |= ASC_REQ_STREAM;
	}
	return run(c, s);
}

static struct pair *pair_of(bool credssp)
{
	static __thread struct end c, s;
	struct pair *p = malloc(sizeof(*p));

	if (p && sign_in(&c, &s, credssp)) {
		*p = (struct pair){ { c.context, s.context } };
		return p;
	}
	end_done(&c);
	end_done(&s);
	free(p);
	return NULL;
}

static struct pair *peer_pair_new(void)
{
	return pair_of(false);
}

static void peer_pair_free(struct pair *p)
{
	table->DeleteSecurityContext(&p->context[0]);
	table->DeleteSecurityContext(&p->context[1]);
	free(p);
}

static bool peer_exchange(void)
{
	struct pair *p = pair_of(false);
	if (p)
		peer_pair_free(p);
	return p != NULL;
}

static struct pair *peer_credssp_new(void)
{
	static bool is_open;
	if (!is_open)
		is_open = acquire_client("CREDSSP", &credssp_client) &&
			  acquire_server("CREDSSP", &credssp_server);
	return is_open ? pair_of(true) : NULL;
}

/* ---- messages ---- */

static bool peer_seal(struct pair *p, struct message *m)
{
	SecBuffer b[2] = { { sizeof(m->signature), SECBUFFER_TOKEN, m->signature },
			   { (ULONG)m->n, SECBUFFER_DATA, m->data } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	return table->EncryptMessage(&p->context[0], 0, &desc, 0) == SEC_E_OK;
}

static bool peer_unseal(struct pair *p, struct message *m)
{
	SecBuffer b[2] = { { sizeof(m->signature), SECBUFFER_TOKEN, m->signature },
			   { (ULONG)m->n, SECBUFFER_DATA, m->data } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	ULONG qop;
	return table->DecryptMessage(&p->context[1], &desc, 0, &qop) == SEC_E_OK;
}

const struct peer *bench_peer(void)
{
	static const struct peer peer = {
		.name = PEER_NAME,
		.open = peer_open,
		.exchange = peer_exchange,
		.acquire = peer_acquire,
		.pair_new = peer_pair_new,
		.pair_free = peer_pair_free,
		.seal = peer_seal,
		.unseal = peer_unseal,
		.credssp_new = HAS_CREDSSP ? peer_credssp_new : NULL,
	};
	return &peer;
}
