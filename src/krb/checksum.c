/* krb/checksum.c - a client's wishes and channel in its authenticator, RFC 4121 4.1.1.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"
#include "wire/wr.h"

#define BINDINGS_SIZE 16u
#define BINDINGS_MAX (1u << 16)

/* MD5 over the bindings as GSSAPI writes them down, without addresses. */
static NTSTATUS bindings_hash(krb5_context ctx, struct rd application_data,
			      uint8_t out[BINDINGS_SIZE])
{
	CLEANUP(wr_done) struct wr w = WR(BINDINGS_MAX);
	krb5_checksum sum = { 0 };

	wr_zero(&w, 16); /* two addresses' types and lengths */
	wr_counted(&w, application_data.p, application_data.n);
	if (!wr_ok(&w))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "channel bindings");
	krb5_data bytes = { .length = (unsigned)w.len, .data = (char *)w.buf };
	krb5_error_code code = krb5_c_make_checksum(ctx, CKSUMTYPE_RSA_MD5, NULL, 0, &bytes, &sum);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "hashing channel bindings");
	bool fits = sum.length == BINDINGS_SIZE;
	if (fits)
		memcpy(out, sum.contents, BINDINGS_SIZE);
	krb5_free_checksum_contents(ctx, &sum);
	return fits ? SEC_E_OK : fail(SEC_E_INTERNAL_ERROR, "hashing channel bindings");
}

NTSTATUS checksum_make(krb5_context ctx, struct rd bindings, uint32_t flags,
		       uint8_t out[CHECKSUM_SIZE])
{
	NTSTATUS status = SEC_E_OK;

	memset(out, 0, CHECKSUM_SIZE);
	out[0] = BINDINGS_SIZE;
	if (bindings.n)
		status = bindings_hash(ctx, bindings, out + 4);
	for (int i = 0; i < 4; i++)
		out[20 + i] = (uint8_t)(flags >> 8 * i);
	return status;
}

NTSTATUS checksum_read(krb5_context ctx, const krb5_checksum *sum, const struct krb_context *c,
		       uint32_t *flags)
{
	static const uint8_t none[BINDINGS_SIZE];
	uint8_t wanted[BINDINGS_SIZE];
	struct rd r, sent;
	uint32_t n;

	if (!sum || sum->checksum_type != CHECKSUM_TYPE)
		return fail(SEC_E_INVALID_TOKEN, "an authenticator without GSSAPI's checksum");
	r = rd_of(sum->contents, sum->length);
	if (!rd_u32le(&r, &n) || n != BINDINGS_SIZE || !rd_bytes(&r, n, &sent) ||
	    !rd_u32le(&r, flags))
		return fail(SEC_E_INVALID_TOKEN, "an authenticator's checksum");
	*flags &= KRB_GSS_FLAGS & ~(uint32_t)(KRB_DELEGATE | KRB_DELEGATE_POLICY | KRB_DCE_STYLE);
	if (c->bindings_level == 0)
		return SEC_E_OK;
	if (c->bindings.n) {
		NTSTATUS status = bindings_hash(ctx, rd_of(c->bindings.p, c->bindings.n), wanted);
		if (failed(status))
			return status;
		if (memcmp(sent.p, wanted, BINDINGS_SIZE) == 0) {
			*flags |= KRB_BINDINGS_SEEN;
			return SEC_E_OK;
		}
	}
	bool is_absent = memcmp(sent.p, none, BINDINGS_SIZE) == 0;
	if (c->bindings_level == 1 && (is_absent || !c->bindings.n))
		return SEC_E_OK;
	return fail(SEC_E_BAD_BINDINGS, "a client of another channel");
}
