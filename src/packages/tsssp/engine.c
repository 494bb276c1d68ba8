/* packages/tsssp/engine.c - what both roles do alike: versions, sealing, the inner mechanism.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "packages/tsssp/engine.h"

#define INNER_REQUIREMENTS                                                                         \
	(ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT |                   \
	 ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY)

struct ts_request ts_request_new(void)
{
	return (struct ts_request){ .version = TS_VERSION_OWN };
}

/* ---- versions and nonces ---- */

/* The least version this role takes: Encryption Oracle Remediation's three levels, but for what is the LSA's to
 * guard. */
static uint32_t least_version(const struct ts_context *c)
{
	if (ts_class_is_kept(c->class))
		return TS_VERSION_NONCE;
	bool server = c->server;
	uint32_t level = compose_policy(ts_host(), OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE, 0);
	return level == 0 || (level == 1 && !server) ? TS_VERSION_NONCE : TS_VERSION_LEAST;
}

static NTSTATUS take_nonce(struct ts_context *c, const struct ts_request *in)
{
	if (!c->server || !in->has_nonce) /* servers repeat the client's; it means nothing there */
		return STATUS_SUCCESS;
	if (c->version < TS_VERSION_NONCE || in->nonce.n != TS_NONCE_LEN)
		return fail(SEC_E_INVALID_TOKEN, "reading a nonce");
	if (c->has_nonce && !bytes_equal(c->nonce, in->nonce.p, TS_NONCE_LEN))
		return fail(SEC_E_INVALID_TOKEN, "comparing a nonce with the first one");
	memcpy(c->nonce, in->nonce.p, TS_NONCE_LEN);
	c->has_nonce = true;
	return STATUS_SUCCESS;
}

NTSTATUS ts_take_version(struct ts_context *c, const struct ts_request *in)
{
	if (in->version < TS_VERSION_LEAST)
		return fail(SEC_E_INVALID_TOKEN, "reading the peer's CredSSP version");
	if (c->peer_version && c->peer_version != in->version)
		return fail(SEC_E_INVALID_TOKEN,
			    "comparing the peer's CredSSP version with its first");
	c->peer_version = in->version;
	c->version = in->version < TS_VERSION_OWN ? in->version : TS_VERSION_OWN;
	if (c->version < least_version(c))
		return fail(SEC_E_UNSUPPORTED_FUNCTION,
			    "accepting a CredSSP version that policy forbids");
	return take_nonce(c, in);
}

/* ---- sealing ---- */

/* Moves what a buffer holds up to `to`; returns where it ends there. */
static uint8_t *close_up(uint8_t *to, const SecBuffer *b)
{
	if (b->cbBuffer && b->pvBuffer != to)
		memmove(to, b->pvBuffer, b->cbBuffer);
	return to + b->cbBuffer;
}

/* [MS-CSSP] 2.2.1: the signature first, of the length that the mechanism makes it, then the ciphertext. The
 * room in front is the most a signature takes, the room behind for a mechanism that pads. */
NTSTATUS ts_seal(struct ts_context *c, struct rd plain, struct wr *out)
{
	SecPkgContext_Sizes sizes;
	struct compose_list list;

	NTSTATUS status =
		ts_host()->extension->ReachQueryContext(c->inner, SECPKG_ATTR_SIZES, &sizes);
	if (failed(status))
		return status;
	size_t head = sizes.cbSecurityTrailer, room = head + plain.n + sizes.cbBlockSize;
	uint8_t *sealed = wr_take(out, room);
	if (!sealed)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "sealing");
	memcpy(sealed + head, plain.p, plain.n);
	compose_list_init(&list);
	SecBuffer *token = compose_list_add(&list, SECBUFFER_TOKEN, rd_of(sealed, head));
	SecBuffer *data = compose_list_add(&list, SECBUFFER_DATA, rd_of(sealed + head, plain.n));
	SecBuffer *padding = compose_list_add(&list, SECBUFFER_PADDING,
					      rd_of(sealed + head + plain.n, sizes.cbBlockSize));
	if (sizes.cbBlockSize == 0)
		list.desc.cBuffers--;
	status = ts_host()->extension->ReachSeal(c->inner, &list.desc, 0);
	bool sound = token->cbBuffer <= head && data->cbBuffer == plain.n &&
		     padding->cbBuffer <= sizes.cbBlockSize;
	if (!failed(status) && !sound)
		status = fail(SEC_E_INTERNAL_ERROR, "measuring what the mechanism sealed");
	if (failed(status)) { /* what was not sealed does not leave */
		mem_wipe(sealed, room);
		out->len -= room;
		return status;
	}
	uint8_t *end = close_up(close_up(close_up(sealed, token), data), padding);
	out->len -= room - (size_t)(end - sealed);
	return STATUS_SUCCESS;
}

NTSTATUS ts_unseal(struct ts_context *c, struct rd sealed, struct wr *room, struct rd *plain)
{
	struct compose_list list;

	wr_rd(room, sealed);
	if (!wr_ok(room) || sealed.n == 0)
		return fail(sealed.n ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_MESSAGE_ALTERED,
			    "unsealing");
	compose_list_init(&list);
	compose_list_add(&list, SECBUFFER_STREAM, wr_view(room));
	SecBuffer *data = compose_list_add(&list, SECBUFFER_DATA, rd_of(NULL, 0));
	NTSTATUS status = ts_host()->extension->ReachUnseal(c->inner, &list.desc, 0);
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (failed(status))
		return fail(SEC_E_MESSAGE_ALTERED, "opening what the peer sealed");
	*plain = compose_bytes(data);
	return STATUS_SUCCESS;
}

/* ---- the inner mechanism ---- */

static NTSTATUS inner_call(struct ts_context *c, SecBufferDesc *in, SecBufferDesc *out)
{
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;
	OPENSSPI_REACH_HANDLE context = c->inner;
	TimeStamp expiry = { .QuadPart = CLOCK_NEVER };
	NTSTATUS status;

	if (c->server) {
		status = extension->ReachAcceptContext(c->credential->inbound, c->inner, in,
						       INNER_REQUIREMENTS, &context, out,
						       &c->inner_attributes, &expiry);
	} else {
		UNICODE_STRING target = { (USHORT)(c->target_n * 2), (USHORT)(c->target_n * 2),
					  c->target };
		status = extension->ReachInitContext(
			c->outbound ? c->outbound : c->credential->outbound, c->inner,
			c->target ? &target : NULL, INNER_REQUIREMENTS, in, &context, out,
			&c->inner_attributes, &expiry);
	}
	if (failed(status))
		return status;
	c->inner = context;
	if (status == SEC_E_OK && expiry.QuadPart < c->expiry)
		c->expiry = expiry.QuadPart;
	return status;
}

/* Only a mechanism that can seal, for somebody with a name, may carry credentials. */
static bool inner_suffices(const struct ts_context *c)
{
	ULONG anonymous = c->server ? ASC_RET_NULL_SESSION : ISC_RET_NULL_SESSION;

	return !(c->inner_attributes & anonymous) &&
	       (c->inner_attributes & ISC_RET_CONFIDENTIALITY);
}

/* SPNEGO that waits for the server's last word gives its keys out when nothing of the negotiation hangs
 * on that word; when something does, pubKeyAuth follows one leg later. */
static bool inner_seals_already(const struct ts_context *c)
{
	SecPkgContext_Sizes sizes;

	return !c->server && inner_suffices(c) &&
	       !failed(ts_host()->extension->ReachQueryContext(c->inner, SECPKG_ATTR_SIZES,
							       &sizes));
}

NTSTATUS ts_inner_step(struct ts_context *c, struct rd token, struct wr *answer)
{
	struct compose_list in, out;

	if (c->inner_complete)
		return fail(SEC_E_INVALID_TOKEN, "taking a token after the last one");
	compose_list_init(&in);
	compose_list_init(&out);
	if (token.n)
		compose_list_add(&in, SECBUFFER_TOKEN, token);
	SecBuffer *made = compose_list_add(&out, SECBUFFER_TOKEN, rd_of(NULL, 0));
	NTSTATUS status = inner_call(c, token.n ? &in.desc : NULL, &out.desc);
	wr_rd(answer, compose_bytes(made));
	ts_host()->lsa->FreeLsaHeap(made->pvBuffer);
	if (failed(status))
		return status;
	if (!wr_ok(answer))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the inner mechanism's token");
	if (status == SEC_I_CONTINUE_NEEDED) {
		c->inner_keyed = c->inner_keyed || inner_seals_already(c);
		return status;
	}
	if (status != SEC_E_OK)
		return fail(SEC_E_INTERNAL_ERROR, "understanding the inner mechanism's status");
	c->inner_complete = c->inner_keyed = true;
	return inner_suffices(c)
		       ? SEC_E_OK
		       : fail(SEC_E_LOGON_DENIED,
			      "asking the inner mechanism for confidentiality and a name");
}
