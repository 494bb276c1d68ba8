/* packages/ntlm/context.c - see packages/ntlm/context.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "crypto/hash.h"
#include "packages/ntlm/buffers.h"
#include "packages/ntlm/context.h"
#include "packages/ntlm/local.h"

static void credential_end(void *credential)
{
	struct ntlm_credential *c = credential;

	ntlm_text_done(&c->domain);
	ntlm_text_done(&c->user);
	secret_free(c->nt_hash);
	secret_free(c->lm_hash);
	mem_free(c);
}

struct ntlm_credential *ntlm_credential_new(uint32_t use)
{
	struct ntlm_credential *c = MEM_NEW(struct ntlm_credential);
	if (!c)
		return NULL;
	counted_init(&c->counted, credential_end);
	c->use = use;
	return c;
}

static void context_end(void *context)
{
	struct ntlm_context *c = context;

	ntlm_credential_unref(c->credential);
	wr_done(&c->negotiate);
	wr_done(&c->challenge);
	ntlm_text_done(&c->target);
	ntlm_session_done(&c->session);
	ntlm_local_release(c->local, c->server);
	mem_free_wiped(c, sizeof(*c));
}

struct ntlm_context *ntlm_context_new(bool server, struct ntlm_credential *credential)
{
	struct ntlm_context *c = MEM_NEW(struct ntlm_context);
	if (!c)
		return NULL;
	counted_init(&c->counted, context_end);
	c->server = server;
	c->negotiate = c->challenge = WR(NTLM_MESSAGE_MAX);
	counted_ref(credential);
	c->credential = credential;
	return c;
}

/* One address or the application data: a type (but for the latter), a length and bytes elsewhere. */
static bool binding_part(struct rd *header, struct rd whole, struct rd *out)
{
	uint32_t len, offset;
	if (!rd_u32le(header, &len) || !rd_u32le(header, &offset))
		return false;
	*out = rd_of(NULL, 0);
	return len == 0 || rd_at(whole, offset, len, out);
}

/* What is hashed: the structure as GSS-API has it, with each length in front of its bytes. */
static bool bindings_gss_form(struct rd whole, struct wr *w)
{
	struct rd header = whole, part;
	uint32_t type;

	for (int address = 0; address < 2; address++) {
		if (!rd_u32le(&header, &type) || !binding_part(&header, whole, &part))
			return false;
		wr_u32le(w, type);
		wr_counted(w, part.p, part.n);
	}
	if (!binding_part(&header, whole, &part))
		return false;
	wr_counted(w, part.p, part.n);
	return wr_ok(w);
}

bool ntlm_context_take_bindings(struct ntlm_context *c, const SecBufferDesc *in)
{
	CLEANUP(wr_done) struct wr w = WR(NTLM_MESSAGE_MAX);
	struct rd bindings = buffer_bytes(in, SECBUFFER_CHANNEL_BINDINGS);

	if (rd_empty(bindings))
		return true;
	if (!bindings_gss_form(bindings, &w))
		return false;
	md5(w.buf, w.len, c->bindings);
	c->has_bindings = true;
	return true;
}
