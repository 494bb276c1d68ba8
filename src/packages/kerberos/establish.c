/* packages/kerberos/establish.c - a step of either role, and what remains of the last one: the session.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "packages/kerberos/lsa.h"
#include "wire/sids.h"

static int64_t time_of(int64_t unix_time)
{
	return unix_time == INT64_MAX || unix_time == 0 ? CLOCK_NEVER
							: clock_from_unix((time_t)unix_time);
}

/* A key of the FIPS system's own making, or none. */
static NTSTATUS check_enctypes(const struct krb_established *e)
{
	bool weak = e->enctype == KERBEROS_RC4 || e->ticket_enctype == KERBEROS_RC4;

	if (weak && compose_policy(kerberos_host(), OPENSSPI_POLICY_FIPS, 0))
		return fail(SEC_E_CRYPTO_SYSTEM_INVALID, "a session of RC4 in FIPS mode");
	return STATUS_SUCCESS;
}

/* The keys go over; krb_established may name one of them twice. */
static NTSTATUS keys_move(struct kerberos_session *s, struct krb_established *e)
{
	if (e->session_key == e->key)
		e->session_key = e->key ? secret_copy(e->key->p, e->key->len) : NULL;
	s->key = TAKE(e->key);
	s->session_key = TAKE(e->session_key);
	return s->key && s->session_key ? STATUS_SUCCESS
					: fail(SEC_E_INSUFFICIENT_MEMORY, "a session's keys");
}

static NTSTATUS names_copy(struct kerberos_context *c, const struct krb_established *e)
{
	struct kerberos_session *s = &c->session;

	if ((e->client && !kerberos_text_from_utf8(&s->client, e->client)) ||
	    (e->server && !kerberos_text_from_utf8(&s->server_name, e->server)) ||
	    (c->target && !kerberos_text_from_utf8(&s->target, c->target)) ||
	    (e->local_user && !kerberos_text_from_utf8(&s->mapped, e->local_user)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a session's names");
	return STATUS_SUCCESS;
}

static NTSTATUS sids_take(struct kerberos_session *s, const struct krb_established *e)
{
	const struct rd pac = rd_of(e->pac_logon_info.p, e->pac_logon_info.n);

	s->sids = WR(SIDS_BYTES_MAX);
	if (rd_empty(pac) || sids_from_pac(&s->sids, pac))
		return STATUS_SUCCESS;
	return fail(wr_ok(&s->sids) ? SEC_E_INVALID_TOKEN : SEC_E_INSUFFICIENT_MEMORY,
		    "a client's groups");
}

static int64_t password_expiry(const struct krb_ops *ops, struct krb_credential *c)
{
	struct krb_credential_info info = { .password_expiry = INT64_MAX };

	if (!c || failed(ops->credential_info(c, &info)))
		return CLOCK_NEVER;
	mem_free(info.name);
	return time_of(info.password_expiry);
}

static NTSTATUS session_fill(struct kerberos_context *c, const struct krb_ops *ops,
			     struct krb_established *e)
{
	struct kerberos_session *s = &c->session;

	s->server = c->server;
	s->flags = e->flags;
	s->attributes = c->server ? kerberos_server_attributes(c->requirements, e->flags)
				  : kerberos_client_attributes(c->requirements, e->flags);
	s->start = time_of(e->start);
	s->expiry = time_of(e->expiry);
	s->password_expiry = c->server ? CLOCK_NEVER : password_expiry(ops, c->used);
	s->enctype = e->enctype;
	s->ticket_enctype = e->ticket_enctype;
	s->acceptor_subkey = e->acceptor_subkey;
	s->delegated = e->delegated != NULL;
	s->send_sequence = e->send_sequence;
	s->receive_sequence = e->receive_sequence;
	NTSTATUS status = keys_move(s, e);
	if (!failed(status))
		status = names_copy(c, e);
	if (!failed(status))
		status = sids_take(s, e);
	if (failed(status))
		return status;
	c->delegated = TAKE(e->delegated);
	return STATUS_SUCCESS;
}

static NTSTATUS establish(struct kerberos_context *c, const struct krb_ops *ops)
{
	struct krb_established e = { .flags = 0 };

	NTSTATUS status = kerberos_failed(ops, ops->finish(c->krb, &e));
	if (failed(status))
		return status;
	status = check_enctypes(&e);
	if (!failed(status))
		status = session_fill(c, ops, &e);
	ops->established_done(&e);
	ops->context_free(TAKE(c->krb));
	return status;
}

NTSTATUS kerberos_leg_step(struct kerberos_leg *leg, const struct krb_ops *ops)
{
	struct krb_span answer = { NULL, 0 };

	NTSTATUS status = ops->step(leg->context->krb, leg->token, &answer);
	if (answer.n)
		wr_bytes(&leg->out, answer.p, answer.n);
	mem_free_wiped(answer.p, answer.n);
	if (failed(status))
		return kerberos_failed(ops, status);
	if (status != SEC_E_OK)
		return status;
	status = establish(leg->context, ops);
	/* A peer that were answered would believe in a session that is not there. */
	if (failed(status))
		wr_reset(&leg->out);
	return status;
}
