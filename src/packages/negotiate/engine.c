/* packages/negotiate/engine.c - see packages/negotiate/engine.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "packages/negotiate/engine.h"
#include "packages/negotiate/lsa.h"
#include "packages/negotiate/packed.h"

#define FRAGMENT_CLIENT ISC_REQ_FRAGMENT_TO_FIT
#define FRAGMENT_SERVER ASC_REQ_FRAGMENT_TO_FIT
#define MIC_MAX 4096u

/* ---- the mechanism ---- */

void nego_inner_choose(struct nego_context *c, enum nego_row row, enum spnego_mech oid)
{
	if (c->inner)
		nego_host()->extension->ReachDeleteContext(c->inner);
	c->inner = 0;
	c->inner_complete = false;
	c->inner_attributes = 0;
	c->row = row;
	c->used = nego_credential_of(c->credential, c->role, row);
	c->chosen = oid;
}

/* What the caller asked for, and signing: the list of mechanisms is to be signed. One that the server chose
 * must be able to, whatever the caller can do without: anyone may have taken the better one away. */
static ULONG inner_requirements(const struct nego_context *c)
{
	ULONG ours = ISC_REQ_ALLOCATE_MEMORY; /* the same bit in both roles */

	if (c->role == NEGO_SERVER)
		return (c->requirements & ~(ULONG)FRAGMENT_SERVER) | ours | ASC_REQ_INTEGRITY;
	if (c->moved || !(c->requirements & ISC_REQ_NO_INTEGRITY))
		ours |= ISC_REQ_INTEGRITY;
	return (c->requirements & ~(ULONG)(FRAGMENT_CLIENT | ISC_REQ_NO_INTEGRITY)) | ours;
}

static bool is_ours(const SecBuffer *b)
{
	ULONG type = compose_type(b);
	return type == SECBUFFER_TOKEN || type == SECBUFFER_EMPTY;
}

/* The caller's other buffers go along; channel bindings of an earlier call too. */
static NTSTATUS add_others(struct nego_leg *leg, struct compose_list *list)
{
	struct nego_context *c = leg->context;
	const SecBuffer *given = compose_find(leg->in, SECBUFFER_CHANNEL_BINDINGS);

	for (ULONG i = 0; leg->in && i < leg->in->cBuffers; i++) {
		const SecBuffer *b = &leg->in->pBuffers[i];
		if (is_ours(b))
			continue;
		if (list->desc.cBuffers >= COMPOSE_BUFFERS - 1)
			return fail(SEC_E_INVALID_TOKEN, "passing on that many buffers");
		list->buffer[list->desc.cBuffers++] = *b;
	}
	if (!given && c->bindings)
		compose_list_add(list, SECBUFFER_CHANNEL_BINDINGS,
				 rd_of(c->bindings->p, c->bindings->len));
	return STATUS_SUCCESS;
}

static NTSTATUS inner_call(struct nego_leg *leg, SecBufferDesc *in, SecBufferDesc *out)
{
	const OPENSSPI_LSA_EXTENSION *extension = nego_host()->extension;
	struct nego_context *c = leg->context;
	OPENSSPI_REACH_HANDLE context = c->inner;
	TimeStamp expiry = { .QuadPart = CLOCK_NEVER };
	NTSTATUS status;

	if (c->role == NEGO_SERVER)
		status = extension->ReachAcceptContext(c->used, c->inner, in, inner_requirements(c),
						       &context, out, &c->inner_attributes,
						       &expiry);
	else
		status = extension->ReachInitContext(
			c->used, c->inner, leg->target, inner_requirements(c),
			in->cBuffers ? in : NULL, &context, out, &c->inner_attributes, &expiry);
	if (failed(status))
		return status;
	c->inner = context;
	if (status == SEC_E_OK && expiry.QuadPart < c->expiry)
		c->expiry = expiry.QuadPart;
	return status;
}

NTSTATUS nego_inner_step(struct nego_leg *leg, struct rd token, struct wr *answer)
{
	struct compose_list in, out;

	compose_list_init(&in);
	compose_list_init(&out);
	if (token.n)
		compose_list_add(&in, SECBUFFER_TOKEN, token);
	SecBuffer *made = compose_list_add(&out, SECBUFFER_TOKEN, rd_of(NULL, 0));
	NTSTATUS status = add_others(leg, &in);
	if (failed(status))
		return status;
	status = inner_call(leg, &in.desc, &out.desc);
	wr_rd(answer, compose_bytes(made));
	nego_host()->lsa->FreeLsaHeap(made->pvBuffer);
	if (failed(status))
		return status;
	if (!wr_ok(answer))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping a mechanism's token");
	if (status == SEC_E_OK)
		leg->context->inner_complete = true;
	else if (status != SEC_I_CONTINUE_NEEDED)
		return fail(SEC_E_INTERNAL_ERROR, "understanding a mechanism's status");
	return status;
}

NTSTATUS nego_bare_step(struct nego_leg *leg)
{
	NTSTATUS status = nego_inner_step(leg, leg->token, &leg->out);
	if (status == SEC_E_OK)
		leg->context->stage = NEGO_COMPLETE;
	return status;
}

/* ---- mechListMIC ---- */

NTSTATUS nego_mic_make(struct nego_context *c, struct wr *mic)
{
	const OPENSSPI_LSA_EXTENSION *extension = nego_host()->extension;
	SecPkgContext_Sizes sizes;
	struct compose_list list;

	NTSTATUS status = extension->ReachQueryContext(c->inner, SECPKG_ATTR_SIZES, &sizes);
	if (failed(status))
		return status;
	if (sizes.cbMaxSignature > MIC_MAX)
		return fail(SEC_E_INTERNAL_ERROR, "the size of a mechanism's signature");
	size_t begin = mic->len;
	uint8_t *room = wr_take(mic, sizes.cbMaxSignature);
	if (!room)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "signing the mechanisms");
	compose_list_init(&list);
	SecBuffer *token =
		compose_list_add(&list, SECBUFFER_TOKEN, rd_of(room, sizes.cbMaxSignature));
	compose_list_add(&list, SECBUFFER_DATA, wr_view(&c->mech_list));
	status = extension->ReachSign(c->inner, &list.desc, 0);
	mic->len = begin;
	if (failed(status))
		return status;
	mic->len += token->cbBuffer;
	c->mic_sent = true;
	return STATUS_SUCCESS;
}

NTSTATUS nego_mic_verify(struct nego_context *c, struct rd mic)
{
	struct compose_list list;

	compose_list_init(&list);
	compose_list_add(&list, SECBUFFER_TOKEN, mic);
	compose_list_add(&list, SECBUFFER_DATA, wr_view(&c->mech_list));
	NTSTATUS status = nego_host()->extension->ReachVerify(c->inner, &list.desc, 0);
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (failed(status))
		return fail(SEC_E_MESSAGE_ALTERED, "comparing the peer's list of mechanisms");
	c->mic_verified = true;
	return STATUS_SUCCESS;
}

/* ---- mapping ---- */

static NTSTATUS give_packed(const struct nego_packed *p, PBOOLEAN mapped, PSecBuffer data)
{
	CLEANUP(wr_done) struct wr w = WR(NEGO_PACKED_MAX);

	nego_packed_write(&w, p);
	void *copy = wr_ok(&w) ? nego_host()->lsa->AllocateLsaHeap((ULONG)w.len) : NULL;
	if (!copy)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "packing a context");
	memcpy(copy, w.buf, w.len);
	*data = (SecBuffer){ (ULONG)w.len, SECBUFFER_TOKEN, copy };
	*mapped = TRUE;
	return STATUS_SUCCESS;
}

/* A server's MIC that came after the context was mapped has used up a number there. */
static NTSTATUS map_again(struct nego_context *c, PBOOLEAN mapped, PSecBuffer data)
{
	struct nego_packed p = { .state = nego_negotiation_state(c), .received = 1 };

	if (!c->mic_verified || c->mic_mapped)
		return STATUS_SUCCESS;
	c->mic_mapped = true;
	return give_packed(&p, mapped, data);
}

NTSTATUS nego_map(struct nego_context *c, PBOOLEAN mapped, PSecBuffer data)
{
	const char *mechanism = nego_mech(c->row)->name;
	struct nego_packed p = { .mechanism = rd_of(mechanism, strlen(mechanism)),
				 .reason = nego_reason(c),
				 .state = nego_negotiation_state(c),
				 .sent = c->mic_sent,
				 .received = c->mic_verified };
	SecBuffer inner = { 0 };
	ULONG package = 0;
	ULONG_PTR key = 0;

	if (c->taken)
		return map_again(c, mapped, data);
	NTSTATUS status = nego_host()->extension->ReachTakePacked(c->inner, &package, &key, &inner);
	if (failed(status))
		return status;
	c->taken = true;
	c->mic_mapped = c->mic_verified;
	p.package = package;
	p.key = key;
	p.inner = compose_bytes(&inner);
	status = give_packed(&p, mapped, data);
	nego_host()->lsa->FreeLsaHeap(inner.pvBuffer);
	return status;
}
