/* packages/kerberos/context.c - see packages/kerberos/context.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/kerberos/logon.h"
#include "packages/kerberos/lsa.h"

static void credential_end(void *credential)
{
	struct kerberos_credential *c = credential;

	krb_unref(c->client);
	krb_unref(c->server);
	kerberos_kept_free(c->kept);
	mem_free(c);
}

struct kerberos_credential *kerberos_credential_new(uint32_t use)
{
	struct kerberos_credential *c = MEM_NEW(struct kerberos_credential);

	if (!c)
		return NULL;
	counted_init(&c->counted, credential_end);
	c->use = use;
	return c;
}

void krb_unref(struct krb_credential *c)
{
	const struct krb_ops *ops;

	if (c && !failed(kerberos_krb(&ops)))
		ops->credential_unref(c);
}

static void context_end(void *context)
{
	struct kerberos_context *c = context;
	const struct krb_ops *ops;

	if (c->krb && !failed(kerberos_krb(&ops)))
		ops->context_free(c->krb);
	if (!SecIsZeroLuid(&c->logon))
		kerberos_logon_end(&c->logon);
	krb_unref(c->used);
	krb_unref(c->delegated);
	kerberos_credential_unref(c->credential);
	compose_forget(&c->held);
	kerberos_session_done(&c->session);
	mem_free(c->target);
	mem_free(c);
}

struct kerberos_context *kerberos_context_new(bool server, struct kerberos_credential *credential)
{
	struct kerberos_context *c = MEM_NEW(struct kerberos_context);

	if (!c)
		return NULL;
	counted_init(&c->counted, context_end);
	c->server = server;
	counted_ref(credential);
	c->credential = credential;
	return c;
}

/* ---- channel bindings ---- */

/* One of the three parts: a length and where its bytes are, from the structure's start. */
static bool part_read(struct rd *header, struct rd whole, struct rd *out)
{
	uint32_t n, offset;

	if (!rd_u32le(header, &n) || !rd_u32le(header, &offset))
		return false;
	*out = rd_of(NULL, 0);
	return n == 0 || (offset >= sizeof(SEC_CHANNEL_BINDINGS) && rd_at(whole, offset, n, out));
}

static bool address_read(struct rd *header, struct rd whole, bool *present)
{
	struct rd bytes;
	uint32_t type;

	if (!rd_u32le(header, &type) || !part_read(header, whole, &bytes))
		return false;
	*present = *present || type || bytes.n;
	return true;
}

NTSTATUS kerberos_bindings(const SecBufferDesc *in, struct rd *out)
{
	struct rd whole = compose_bytes(compose_find(in, SECBUFFER_CHANNEL_BINDINGS));
	struct rd header = whole;
	bool addresses = false;

	*out = rd_of(NULL, 0);
	if (rd_empty(whole))
		return STATUS_SUCCESS;
	if (!address_read(&header, whole, &addresses) ||
	    !address_read(&header, whole, &addresses) || !part_read(&header, whole, out))
		return fail(SEC_E_INVALID_TOKEN, "channel bindings");
	return addresses ? fail(SEC_E_UNSUPPORTED_FUNCTION, "channel bindings to addresses")
			 : STATUS_SUCCESS;
}
