/* packages/schannel/context.c - see packages/schannel/context.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <schannel.h>

#include "packages/schannel/context.h"

static void context_end(void *context)
{
	struct context *c = context;

	if (c->tls)
		c->credential->tls->connection_free(c->tls);
	schannel_credential_unref(c->credential);
	pthread_mutex_destroy(&c->lock);
	mem_free(c->host);
	mem_wipe(c, sizeof(*c));
	mem_free(c);
}

NTSTATUS schannel_context_new(struct credential *credential, bool server, const char *host,
		     uint32_t requirements, struct context **out)
{
	struct tls_config *config = server ? credential->server : credential->client;

	if (!config)
		return fail(SEC_E_NO_CREDENTIALS, "a credential for the other direction");
	CLEANUP(schannel_context_unref_p) struct context *c = MEM_NEW(struct context);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a TLS context");
	counted_init(&c->counted, context_end);
	pthread_mutex_init(&c->lock, NULL);
	counted_ref(credential);
	c->credential = credential;
	c->server = server;
	c->manual = (credential->flags & SCH_CRED_MANUAL_CRED_VALIDATION) ||
		    (!server && (requirements & ISC_REQ_MANUAL_CRED_VALIDATION));
	c->asks_client = server && (requirements & ASC_REQ_MUTUAL_AUTH);
	if (host && !(c->host = mem_dup_text(host)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a TLS context");
	struct tls_peer_settings peer = {
		.host = c->host,
		.check_chain = !c->manual,
		.check_name = !(credential->flags & SCH_CRED_NO_SERVERNAME_CHECK),
		.ask_client = c->asks_client,
	};
	NTSTATUS status = credential->tls->connection_new(config, &peer, &c->tls);
	if (failed(status))
		return status;
	*out = TAKE(c);
	return SEC_E_OK;
}

struct rd schannel_context_output(const struct context *c)
{
	return c->credential->tls->output(c->tls);
}

void schannel_context_sent(struct context *c)
{
	c->credential->tls->sent(c->tls);
	c->held = false;
}

static NTSTATUS shake(struct context *c, struct rd input, size_t *used)
{
	NTSTATUS status = c->credential->tls->handshake(c->tls, input, used);

	if (status == SEC_E_OK) {
		c->state = CONTEXT_OPEN;
		c->finished = true;
		c->credential->tls->describe(c->tls, &c->info);
	} else if (failed(status) && status != SEC_E_INCOMPLETE_MESSAGE) {
		c->state = CONTEXT_DEAD;
	}
	return status;
}

/* The leg after SEC_I_RENEGOTIATE: TLS has made its answer already. */
static NTSTATUS answer(struct context *c, struct rd input, size_t *used)
{
	struct rd rest = input;

	if (c->record_len && rd_tag(&rest, c->record, c->record_len))
		*used = c->record_len;
	c->record_len = 0;
	c->state = CONTEXT_OPEN;
	return SEC_E_OK;
}

NTSTATUS schannel_context_step(struct context *c, struct rd input, size_t *used)
{
	*used = 0;
	if (c->held) {
		*used = c->held_used <= input.n ? c->held_used : input.n;
		return c->held_status;
	}
	switch (c->state) {
	case CONTEXT_SHAKING:
		return shake(c, input, used);
	case CONTEXT_ANSWERING:
		return answer(c, input, used);
	case CONTEXT_CLOSING: {
		NTSTATUS status = c->credential->tls->shutdown(c->tls);
		c->state = failed(status) ? CONTEXT_DEAD : CONTEXT_CLOSED;
		return status;
	}
	case CONTEXT_CLOSED:
		return SEC_I_CONTEXT_EXPIRED;
	case CONTEXT_OPEN:
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "renegotiation");
	default:
		return fail(SEC_E_OUT_OF_SEQUENCE, "going on with a failed context");
	}
}

NTSTATUS schannel_context_close(struct context *c)
{
	NTSTATUS status = SEC_E_OK;

	pthread_mutex_lock(&c->lock);
	if (!c->finished || c->state == CONTEXT_DEAD)
		status = fail(SEC_E_OUT_OF_SEQUENCE, "shutting an unfinished context down");
	else if (c->state != CONTEXT_CLOSED)
		c->state = CONTEXT_CLOSING;
	pthread_mutex_unlock(&c->lock);
	return status;
}

NTSTATUS schannel_context_encrypt(struct context *c, struct rd plain, struct tls_span parts[3])
{
	NTSTATUS status;

	pthread_mutex_lock(&c->lock);
	if (c->state != CONTEXT_OPEN)
		status = fail(SEC_E_CONTEXT_EXPIRED, "encrypting");
	else
		status = c->credential->tls->encrypt(c->tls, plain, parts);
	if (failed(status) && status != SEC_E_INVALID_TOKEN && c->state == CONTEXT_OPEN)
		c->state = CONTEXT_DEAD;
	pthread_mutex_unlock(&c->lock);
	return status;
}

static NTSTATUS note_answer(struct context *c, const uint8_t *record, size_t n)
{
	c->state = CONTEXT_ANSWERING;
	c->record_len = n <= sizeof(c->record) ? n : 0;
	memcpy(c->record, record, c->record_len);
	return SEC_I_RENEGOTIATE;
}

/* With the lock held and the state right. */
static NTSTATUS decrypt_next(struct context *c, struct tls_span bytes, struct tls_record *out,
			     size_t *skipped)
{
	for (;;) {
		struct tls_span rest = { bytes.p + *skipped, bytes.n - *skipped };
		NTSTATUS status = c->credential->tls->decrypt(c->tls, rest, out);
		if (status == SEC_E_INCOMPLETE_MESSAGE && *skipped > 0)
			return SEC_E_OK; /* something was taken: empty data, the rest is extra */
		if (status == SEC_E_INCOMPLETE_MESSAGE)
			return status;
		if (failed(status)) {
			c->state = CONTEXT_DEAD;
			return status;
		}
		if (out->kind == TLS_CLOSED)
			return SEC_I_CONTEXT_EXPIRED;
		if (out->kind == TLS_ANSWER)
			return note_answer(c, rest.p, out->used);
		if (out->kind == TLS_DATA)
			return SEC_E_OK;
		*skipped += out->used;
	}
}

NTSTATUS schannel_context_decrypt(struct context *c, struct tls_span bytes, struct tls_record *out,
			 size_t *skipped)
{
	NTSTATUS status;

	*skipped = 0;
	*out = (struct tls_record){ 0 };
	pthread_mutex_lock(&c->lock);
	/* after our own close_notify the peer may still have something to say */
	if (c->state == CONTEXT_OPEN || c->state == CONTEXT_CLOSING || c->state == CONTEXT_CLOSED)
		status = decrypt_next(c, bytes, out, skipped);
	else
		status = fail(SEC_E_CONTEXT_EXPIRED, "decrypting");
	pthread_mutex_unlock(&c->lock);
	return status;
}
