/* cli/exchange.c - the handshake loop of SSPI over a link, both roles.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/exchange.h"

#include <stdio.h>
#include <string.h>

#include "cli/trace.h"

#define TLS_ALERT 21
#define TLS_APPLICATION_DATA 23
#define TLS_HEADER 5u
#define INPUT_MAX (1u << 20)

static void buffer_free_p(SecBuffer *b)
{
	if (b->pvBuffer)
		FreeContextBuffer(b->pvBuffer);
}

void exchange_init(struct exchange *x, struct link *l, bool accepting)
{
	*x = (struct exchange){ .link = l, .accepting = accepting, .alert = -1 };
}

/* Whether a TLS record of that type is among the bytes; *at receives where its content begins. */
static bool find_record(const unsigned char *p, size_t n, unsigned char type, size_t *at)
{
	size_t pos = 0;
	while (n - pos >= TLS_HEADER && p[pos + 1] == 3) {
		size_t len = (size_t)p[pos + 3] << 8 | p[pos + 4];
		if (p[pos] == type) {
			*at = pos + TLS_HEADER;
			return true;
		}
		if (len > n - pos - TLS_HEADER)
			return false;
		pos += TLS_HEADER + len;
	}
	return false;
}

static void note_input(struct exchange *x)
{
	size_t at;
	/* An alert in the clear is two bytes: level and description. */
	if (find_record(x->in.p, x->in.len, TLS_ALERT, &at) && x->in.p[at - 1] == 2 &&
	    x->in.len >= at + 2)
		x->alert = x->in.p[at + 1];
}

static SECURITY_STATUS call(struct exchange *x, SecBufferDesc *in, SecBufferDesc *out)
{
	CtxtHandle *old = x->has_context ? &x->context : NULL;
	CtxtHandle fresh;
	SECURITY_STATUS status;

	if (x->accepting)
		status = AcceptSecurityContext(&x->credential, old, in, x->requirements,
					       SECURITY_NATIVE_DREP, old ? old : &fresh, out,
					       &x->attributes, &x->expiry);
	else
		status = InitializeSecurityContextA(
			&x->credential, old, x->target, x->requirements, 0, SECURITY_NATIVE_DREP,
			in, 0, old ? old : &fresh, out, &x->attributes, &x->expiry);
	x->calls++;
	if (status < 0 && status != SEC_E_INCOMPLETE_MESSAGE)
		status_reason(x->reason);
	if (!old && status >= 0) {
		x->context = fresh;
		x->has_context = true;
	}
	if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
		SECURITY_STATUS completed = CompleteAuthToken(&x->context, out);
		if (completed < 0)
			return completed;
		return status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
	}
	return status;
}

static void note_output(struct exchange *x, const SecBuffer *token)
{
	size_t at;

	if (x->trace)
		trace_token(x->accepting ? "server to client" : "client to server", token->pvBuffer,
			    token->cbBuffer);
	if (find_record(token->pvBuffer, token->cbBuffer, TLS_APPLICATION_DATA, &at))
		x->sealed_sent++;
}

/* Sends what a call put out, whatever its status was. */
static enum link_result send_token(struct exchange *x, const SecBuffer *token)
{
	if (!token->cbBuffer || !token->pvBuffer)
		return LINK_OK;
	note_output(x, token);
	return link_send(x->link, token->pvBuffer, token->cbBuffer);
}

/* One call with what has been received, which is dropped but for *extra bytes. */
static SECURITY_STATUS feed(struct exchange *x, SecBuffer *token, size_t *extra)
{
	SecBuffer given[] = { { (ULONG)x->in.len, SECBUFFER_TOKEN, x->in.p },
			      { .BufferType = SECBUFFER_EMPTY },
			      { x->bindings.BindingsLength, SECBUFFER_CHANNEL_BINDINGS,
				x->bindings.Bindings } };
	SecBufferDesc in = { SECBUFFER_VERSION, x->bindings.BindingsLength ? 3 : 2, given };
	SecBufferDesc only_bindings = { SECBUFFER_VERSION, 1, &given[2] };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, token };
	SecBufferDesc *first_in = x->bindings.BindingsLength ? &only_bindings : NULL;
	bool first = !x->accepting && !x->has_context;

	SECURITY_STATUS status = call(x, first ? first_in : &in, &out);
	*extra = 0;
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return status;
	if (given[1].BufferType == SECBUFFER_EXTRA && given[1].cbBuffer <= x->in.len)
		*extra = given[1].cbBuffer;
	if (!first && status >= 0 && *extra != x->in.len)
		bytes_drop(&x->in, x->in.len - *extra);
	else if (*extra == x->in.len)
		*extra = 0; /* nothing was taken: more is needed before the next call */
	return status;
}

/* One call with what has been received, its token sent; *wants_more: the next call needs more
 * input. */
static struct exchange_outcome step(struct exchange *x, bool *wants_more)
{
	SecBuffer CLEANUP(buffer_free_p) token = { .BufferType = SECBUFFER_TOKEN };
	size_t extra;

	SECURITY_STATUS status = feed(x, &token, &extra);
	*wants_more = extra == 0;
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return (struct exchange_outcome){ EXCHANGE_DONE, SEC_I_CONTINUE_NEEDED, LINK_OK };

	bool good = status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED;
	if (good && x->approve && !x->approve(x->argument, status == SEC_E_OK))
		return (struct exchange_outcome){ EXCHANGE_DISAPPROVED, status, LINK_OK };
	enum link_result result = send_token(x, &token);
	if (!good)
		return (struct exchange_outcome){ EXCHANGE_FAILED, status, result };
	return (struct exchange_outcome){ result == LINK_OK ? EXCHANGE_DONE : EXCHANGE_LINK, status,
					  result };
}

/* One call of a turn; its token goes to the end of `out`, whatever its status was. */
static SECURITY_STATUS turn_step(struct exchange *x, struct bytes *out, size_t *extra)
{
	SecBuffer CLEANUP(buffer_free_p) token = { .BufferType = SECBUFFER_TOKEN };

	SECURITY_STATUS status = feed(x, &token, extra);
	if (status >= 0 && x->approve && !x->approve(x->argument, status == SEC_E_OK))
		return SEC_E_CERT_UNKNOWN;
	if (!token.cbBuffer || !token.pvBuffer)
		return status;
	note_output(x, &token);
	return bytes_append(out, token.pvBuffer, token.cbBuffer) ? status
								 : SEC_E_INSUFFICIENT_MEMORY;
}

static enum link_result receive(struct exchange *x)
{
	size_t before = x->in.len;
	if (before > INPUT_MAX)
		return LINK_BAD_FRAME;
	enum link_result result = link_receive(x->link, &x->in);
	if (result != LINK_OK)
		return result;
	if (x->trace)
		trace_token(x->accepting ? "client to server" : "server to client",
			    x->in.p + before, x->in.len - before);
	note_input(x);
	return LINK_OK;
}

SECURITY_STATUS exchange_turn(struct exchange *x, const void *p, size_t n, struct bytes *out)
{
	SECURITY_STATUS status;
	size_t extra;

	if (!bytes_append(&x->in, p, n))
		return SEC_E_INSUFFICIENT_MEMORY;
	if (n && x->trace)
		trace_token(x->accepting ? "client to server" : "server to client", p, n);
	note_input(x);
	do
		status = turn_step(x, out, &extra);
	while (status == SEC_I_CONTINUE_NEEDED && extra);
	return status;
}

struct exchange_outcome exchange_run(struct exchange *x)
{
	bool wants_more = x->accepting && x->in.len == 0;

	for (;;) {
		enum link_result result = wants_more ? receive(x) : LINK_OK;
		if (result != LINK_OK)
			return (struct exchange_outcome){ EXCHANGE_LINK, SEC_I_CONTINUE_NEEDED,
							  result };
		struct exchange_outcome outcome = step(x, &wants_more);
		if (outcome.end != EXCHANGE_DONE || outcome.status == SEC_E_OK)
			return outcome;
	}
}

void exchange_farewell(struct exchange *x)
{
	ULONG shutdown = 1; /* SCHANNEL_SHUTDOWN */
	SecBuffer control = { sizeof(shutdown), SECBUFFER_TOKEN, &shutdown };
	SecBuffer CLEANUP(buffer_free_p) token = { .BufferType = SECBUFFER_TOKEN };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &control };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &token };
	SecBuffer nothing = { .BufferType = SECBUFFER_EMPTY };
	SecBufferDesc none = { SECBUFFER_VERSION, 1, &nothing };

	if (!x->has_context || ApplyControlToken(&x->context, &in) < 0)
		return;
	if (call(x, x->accepting ? &none : NULL, &out) >= 0)
		send_token(x, &token);
}

void exchange_done(struct exchange *x)
{
	if (x->has_context)
		DeleteSecurityContext(&x->context);
	if (x->has_credential)
		FreeCredentialsHandle(&x->credential);
	x->has_context = x->has_credential = false;
	bytes_done(&x->in);
}
