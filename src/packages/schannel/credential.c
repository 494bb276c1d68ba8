/* packages/schannel/credential.c - see packages/schannel/credential.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <schannel.h>

#include "base/clock.h"
#include "packages/schannel/credential.h"
#include "packages/schannel/load.h"
#include "packages/schannel/own.h"

static void credential_end(void *credential)
{
	struct credential *c = credential;

	if (c->client)
		c->tls->config_free(c->client);
	if (c->server)
		c->tls->config_free(c->server);
	mem_free(c);
}

/* The versions that the caller enables, that it does not disable and that policy allows. */
static bool choose_versions(const struct schannel_auth *auth, uint32_t oldest,
			    struct tls_settings *s)
{
	uint32_t tls12 = s->server ? SP_PROT_TLS1_2_SERVER : SP_PROT_TLS1_2_CLIENT;
	uint32_t tls13 = s->server ? SP_PROT_TLS1_3_SERVER : SP_PROT_TLS1_3_CLIENT;
	uint32_t enabled = auth->protocols ? auth->protocols : tls12 | tls13;

	enabled &= ~auth->disabled;
	if (oldest > TLS_1_2)
		enabled &= ~tls12;
	s->oldest = enabled & tls12 ? TLS_1_2 : TLS_1_3;
	s->newest = enabled & tls13 ? TLS_1_3 : TLS_1_2;
	return (enabled & (tls12 | tls13)) != 0;
}

static NTSTATUS prepare(struct credential *c, const struct schannel_auth *auth, uint32_t oldest,
			bool server)
{
	struct tls_settings settings = { .server = server };

	if (auth->has_certificate) {
		settings.certificates = auth->certificates;
		settings.key = auth->key;
	}
	if (!choose_versions(auth, oldest, &settings))
		return fail(SEC_E_ALGORITHM_MISMATCH, "no TLS version is enabled");
	return c->tls->config_new(&settings, server ? &c->server : &c->client);
}

static NTSTATUS prepare_uses(struct credential *c, uint32_t use, const struct schannel_auth *auth,
			     uint32_t oldest)
{
	NTSTATUS status = SEC_E_OK;

	if (auth->has_certificate && rd_empty(auth->certificates))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "an empty certificate");
	if (use & SECPKG_CRED_INBOUND)
		status = prepare(c, auth, oldest, true);
	if (!failed(status) && (use & SECPKG_CRED_OUTBOUND))
		status = prepare(c, auth, oldest, false);
	if (!failed(status) && auth->has_certificate) {
		int64_t unix_time = c->tls->config_not_after(c->server ? c->server : c->client);
		c->expiry = clock_to_local(clock_from_unix((time_t)unix_time));
	}
	return status;
}

NTSTATUS schannel_credential_new(uint32_t use, const struct schannel_auth *given, uint32_t oldest,
			const char *host, struct credential **out)
{
	struct schannel_auth auth = given ? *given : (struct schannel_auth){ 0 };
	struct tls_identity own = { 0 };
	bool make = !auth.has_certificate && (auth.flags & SCHANNEL_AUTH_OWN_CERTIFICATE);

	if ((use & SECPKG_CRED_INBOUND) && !auth.has_certificate && !make)
		return fail(SEC_E_NO_CREDENTIALS, "a server without certificate");
	CLEANUP(schannel_credential_unref_p) struct credential *c = MEM_NEW(struct credential);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a credential");
	counted_init(&c->counted, credential_end);
	c->flags = auth.flags;
	c->expiry = CLOCK_NEVER;
	NTSTATUS status = tls_load(&c->tls);
	if (failed(status))
		return status;
	if (make && (use & SECPKG_CRED_INBOUND)) {
		status = own_identity(c->tls, host, &own);
		if (failed(status))
			return status;
		auth.has_certificate = true;
		auth.certificates = rd_of(own.certificates.p, own.certificates.n);
		auth.key = rd_of(own.key->p, own.key->len);
	}
	status = prepare_uses(c, use, &auth, oldest);
	if (own.key) {
		c->tls->identity_done(&own);
		if (status == SEC_E_UNKNOWN_CREDENTIALS)
			status = fail(SEC_E_NO_CREDENTIALS, "using the kept certificate");
	}
	if (failed(status))
		return status;
	*out = TAKE(c);
	return SEC_E_OK;
}
