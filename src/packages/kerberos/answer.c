/* packages/kerberos/answer.c - in the caller's process: its tickets and keys, for an LSA elsewhere.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "packages/kerberos/caller.h"
#include "packages/kerberos/load.h"

/* ---- output: blocks of the one heap ---- */

static NTSTATUS give(const void *p, size_t n, PSecBuffer out)
{
	void *block = block_dup(p, n);

	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "answering the LSA");
	*out = (SecBuffer){ (ULONG)n, SECBUFFER_DATA, block };
	return STATUS_SUCCESS;
}

static NTSTATUS give_span(NTSTATUS status, struct krb_span *span, PSecBuffer out)
{
	if (!failed(status))
		status = give(span->p, span->n, out);
	mem_free_wiped(span->p, span->n);
	return status;
}

/* A text of the input's bytes: NULL for none. */
static NTSTATUS take_text(struct rd bytes, char **out)
{
	*out = NULL;
	if (rd_empty(bytes))
		return STATUS_SUCCESS;
	if (memchr(bytes.p, 0, bytes.n))
		return fail(STATUS_INVALID_PARAMETER, "a name with a NUL in it");
	*out = mem_alloc(bytes.n + 1);
	if (!*out)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a name");
	memcpy(*out, bytes.p, bytes.n);
	return STATUS_SUCCESS;
}

/* ---- the questions ---- */

/* Why not, for people. */
static void explain(const struct krb_reason *why, PSecBuffer out)
{
	if (why->text[0] && !out->pvBuffer && failed(give(why->text, strlen(why->text), out)))
		*out = (SecBuffer){ .BufferType = SECBUFFER_DATA };
}

/* A key of the client's own stands for tickets; that there is none is not worth telling. */
static NTSTATUS answer_tickets(const struct krb_ops *ops, struct rd in, PSecBuffer out)
{
	CLEANUP(mem_free_p) char *target = NULL;
	struct krb_span span = { NULL, 0 };
	struct krb_reason why;

	NTSTATUS status = take_text(in, &target);
	if (failed(status))
		return status;
	status = ops->caller_tickets(target, &span);
	ops->reason(&why);
	if (failed(status) && !failed(ops->caller_keys(true, &span)))
		status = STATUS_SUCCESS;
	if (failed(status))
		explain(&why, out);
	return give_span(status, &span, out);
}

static NTSTATUS answer_keys(const struct krb_ops *ops, struct rd in, PSecBuffer out)
{
	struct krb_span span = { NULL, 0 };

	(void)in;
	return give_span(ops->caller_keys(false, &span), &span, out);
}

static NTSTATUS answer_client_keys(const struct krb_ops *ops, struct rd in, PSecBuffer out)
{
	struct krb_span span = { NULL, 0 };

	(void)in;
	return give_span(ops->caller_keys(true, &span), &span, out);
}

static NTSTATUS answer_submit(const struct krb_ops *ops, struct rd in, PSecBuffer out)
{
	uint32_t enctype;
	struct rd key;

	(void)out;
	if (!rd_u32le(&in, &enctype) || !rd_counted(&in, &key) || rd_empty(in))
		return fail(STATUS_INVALID_PARAMETER, "tickets for the cache");
	return ops->submit(NULL, in, (int32_t)enctype, key);
}

static NTSTATUS answer_purge(const struct krb_ops *ops, struct rd in, PSecBuffer out)
{
	const struct krb_identity whoever = { .use = KRB_INITIATE };
	CLEANUP(krb_unref_p) struct krb_credential *cache = NULL;
	CLEANUP(mem_free_p) char *server = NULL;
	struct krb_filter which = { .server = NULL };
	uint8_t bytes[4];
	uint32_t count = 0;

	NTSTATUS status = take_text(in, &server);
	if (!failed(status))
		status = ops->credential_new(&whoever, &cache);
	if (failed(status))
		return status;
	which.server = server;
	status = ops->purge(cache, &which, &count);
	if (failed(status))
		return status;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(count >> 8 * i);
	return give(bytes, sizeof(bytes), out);
}

static NTSTATUS answer_fetch(const struct krb_ops *ops, struct rd in, PSecBuffer out)
{
	const struct krb_identity whoever = { .use = KRB_INITIATE };
	CLEANUP(krb_unref_p) struct krb_credential *cache = NULL;
	CLEANUP(mem_free_p) char *target = NULL;
	struct krb_ticket ticket = { .start = 0 };

	(void)out;
	NTSTATUS status = rd_empty(in) ? fail(STATUS_INVALID_PARAMETER, "a ticket for nothing")
				       : take_text(in, &target);
	if (!failed(status))
		status = ops->credential_new(&whoever, &cache);
	if (!failed(status))
		status = ops->get_ticket(cache, target, false, &ticket);
	if (!failed(status))
		ops->ticket_done(&ticket);
	return status;
}

NTSTATUS NTAPI kerberos_answer(ULONG_PTR what, ULONG_PTR unused, PSecBuffer in, PSecBuffer out)
{
	static NTSTATUS (*const answers[])(const struct krb_ops *ops, struct rd in,
					   PSecBuffer out) = {
		[KERBEROS_TICKETS] = answer_tickets,
		[KERBEROS_KEYS] = answer_keys,
		[KERBEROS_CLIENT_KEYS] = answer_client_keys,
		[KERBEROS_SUBMIT] = answer_submit,
		[KERBEROS_PURGE] = answer_purge,
		[KERBEROS_FETCH] = answer_fetch,
	};
	struct krb_reason why = { .code = 0 };
	const struct krb_ops *ops;

	(void)unused;
	if (!in || !out || what >= ARRAY_LEN(answers) || !answers[what])
		return fail(STATUS_NOT_SUPPORTED, "a question of the LSA's");
	*out = (SecBuffer){ .BufferType = SECBUFFER_DATA };
	NTSTATUS status = krb_load(&ops);
	if (failed(status))
		return fail(SEC_E_NO_CREDENTIALS, "tickets and keys without krb5");
	status = answers[what](ops, rd_of(in->pvBuffer, in->cbBuffer), out);
	if (failed(status)) {
		ops->reason(&why);
		explain(&why, out);
	}
	return status;
}

NTSTATUS kerberos_answer_register(PSECPKG_DLL_FUNCTIONS functions)
{
	return functions && functions->RegisterCallback
		       ? functions->RegisterCallback(KERBEROS_CALLBACK, kerberos_answer)
		       : (NTSTATUS)STATUS_SUCCESS;
}
