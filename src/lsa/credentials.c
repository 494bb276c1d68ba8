/* lsa/credentials.c - see lsa/credentials.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "ipc/attributes.h"
#include "lsa/call.h"
#include "lsa/credentials.h"
#include "lsa/given.h"
#include "lsa/primary.h"
#include "lsa/principal.h"
#include "lsa/saved.h"
#include "lsa/state.h"
#include "wire/authdata.h"

#define AUTH_HEADER_MIN 16 /* what finding a block's own count may look at */

struct lsa_credential *lsa_credential_ref(struct lsa_credential *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

struct lsa_credential *lsa_credential_unref(struct lsa_credential *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return NULL;
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, c->lsa, NULL, c->package);
	call_is_cleanup(&frame);
	if (c->package->functions.FreeCredentialsHandle)
		(void)c->package->functions.FreeCredentialsHandle(c->handle);
	mem_free(c);
	return NULL;
}

static void lsa_credential_visit(void *object)
{
	(void)lsa_credential_ref(object);
}

struct lsa_credential *lsa_credential_find(struct slots *table, uint64_t number)
{
	return slots_find(table, number, lsa_credential_visit);
}

NTSTATUS lsa_credential_new(struct lsa *lsa, struct lsa_client *client, const struct acquisition *a,
			    struct lsa_credential **out, int64_t *expiry)
{
	SpAcquireCredentialsHandleFn *acquire = a->package->functions.AcquireCredentialsHandle;
	TimeStamp until = { .QuadPart = CLOCK_NEVER };

	if (!acquire)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "a package without credentials");
	struct lsa_credential *c = MEM_NEW(struct lsa_credential);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "acquiring credentials");

	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, lsa, client, a->package);
	if (!client)
		call_is_inner(&frame);
	if (a->logon)
		call_is_for(&frame, *a->logon);
	c->logon = frame.logon;
	NTSTATUS status =
		acquire(a->principal, a->use, a->logon, a->auth, NULL, NULL, &c->handle, &until);
	if (failed(status)) {
		mem_free(c);
		return status;
	}
	c->lsa = lsa;
	c->package = a->package;
	if (a->brings)
		c->notes.kinds = AUDIT_GIVEN;
	audit_gather(&c->notes);
	atomic_init(&c->refs, 1);
	*out = c;
	*expiry = until.QuadPart;
	return status;
}

/* ---- acquire ---- */

/* Does the block bring a credential? CREDSSP's may be without one. */
static bool brings_credential(const struct package *package, struct ipc_bytes auth)
{
	struct credssp_auth c;

	if (package->auth_format != OPENSSPI_AUTH_DATA_CREDSSP)
		return auth.n != 0;
	return credssp_auth_read(rd_of(auth.p, auth.n), &c) && c.has_identity;
}

/* A private copy of a block of a known format: the package trusts the block's own count of bytes. */
static NTSTATUS auth_copy(struct ipc_bytes auth, void **out)
{
	if (auth.n == 0)
		return STATUS_SUCCESS;
	if (auth.n > AUTHDATA_MAX)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading authentication data");
	size_t room = auth.n < AUTH_HEADER_MIN ? AUTH_HEADER_MIN : auth.n;
	CLEANUP(block_free_p) void *copy = block_alloc(room);
	if (!copy)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "reading authentication data");
	memcpy(copy, auth.p, auth.n);
	if (authdata_block(copy).n != auth.n)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading authentication data");
	*out = TAKE(copy);
	return STATUS_SUCCESS;
}

/* Does that package keep something for a session, which its credentials may be made of? */
static bool package_has_some(const struct lsa_client *client, const struct package *package,
			     LUID logon)
{
	CLEANUP(primary_found_done) struct primary_found found = { 0 };
	const struct primary_owner owner = { logon, package->id };

	return !failed(primary_next(client->lsa, owner, 0, NULL, &found));
}

/* A server's service name, which a package that proves names judges itself. */
static bool names_service(const struct package *package, const struct acquire_call *call)
{
	const uint32_t proves = SECPKG_FLAG_MUTUAL_AUTH | SECPKG_FLAG_GSS_COMPATIBLE;

	if ((package->capabilities & proves) != proves || !(call->use & SECPKG_CRED_INBOUND))
		return false;
	for (uint32_t i = 0; i < call->principal.n; i++)
		if (call->principal.p[i] == '/')
			return true;
	return false;
}

static NTSTATUS acquire_check(const struct lsa_client *client, const struct package *package,
			      const struct acquire_call *call)
{
	/* Sessions that another LSA keeps are its to check, when a package reaches there. */
	if (call->has_logon && !SecIsZeroLuid(&call->logon) && !client->lsa->setup.remote) {
		NTSTATUS status = session_check(client, call->logon);
		if (failed(status))
			return status;
		/* A network sign-in's session has nothing of its own to sign in with. */
		if (!call->auth.n && !call->client_address && call->use & SECPKG_CRED_OUTBOUND &&
		    !saved_session_has_set(client, call->logon) &&
		    !package_has_some(client, package, call->logon))
			return fail(SEC_E_NO_CREDENTIALS, "using a session without credentials");
	}
	return names_service(package, call) ? STATUS_SUCCESS
					    : principal_check(client, call->principal);
}

/* What a client gives is kept for it, maybe for as long as it runs. */
static void weigh(struct lsa_client *client, struct lsa_credential *c, struct ipc_bytes auth)
{
	atomic_fetch_add(&c->weight, auth.n / LSA_BYTES_OF_HANDLE);
	atomic_fetch_add(&client->weight, auth.n / LSA_BYTES_OF_HANDLE);
}

static void unweigh(struct lsa_client *client, struct lsa_credential *c)
{
	atomic_fetch_sub(&client->weight, atomic_exchange(&c->weight, 0));
}

static NTSTATUS acquire_ask(struct lsa_client *client, const struct package *package,
			    const struct acquire_call *call, struct acquire_reply *reply)
{
	UNICODE_STRING principal = unicode_view(call->principal.p, call->principal.n);
	LUID logon = call->logon;
	struct acquisition a = {
		.package = package,
		.principal = call->principal.n ? &principal : NULL,
		.use = call->use,
		.logon = call->has_logon && !SecIsZeroLuid(&logon) ? &logon : NULL,
	};
	CLEANUP(block_free_p) void *auth = NULL;
	CLEANUP(lsa_credential_unref_p) struct lsa_credential *c = NULL;

	NTSTATUS status = auth_copy(call->auth, &auth);
	if (failed(status))
		return status;
	a.auth = auth;
	a.brings = brings_credential(package, call->auth);
	if (package->auth_format == OPENSSPI_AUTH_DATA_OPAQUE)
		a.auth = (PVOID)(uintptr_t)call->client_address;
	status = lsa_credential_new(client->lsa, client, &a, &c, &reply->expiry);
	if (failed(status))
		return status;
	reply->package = package->id;
	weigh(client, c, call->auth);
	reply->credential = slots_add(&client->credentials, c);
	if (!reply->credential) {
		unweigh(client, c);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping credentials");
	}
	c = NULL;
	return status;
}

NTSTATUS lsa_credential_acquire(struct lsa_client *client, const struct acquire_call *call,
				struct acquire_reply *reply)
{
	const struct package *package = host_find(&client->lsa->host, call->package);

	if (!package)
		return fail(SEC_E_SECPKG_NOT_FOUND, "acquiring credentials");
	NTSTATUS status = acquire_check(client, package, call);
	return failed(status) ? status : acquire_ask(client, package, call, reply);
}

NTSTATUS lsa_credential_free(struct lsa_client *client, const struct credential_call *call)
{
	struct lsa_credential *c = slots_remove(&client->credentials, call->credential);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "freeing credentials");
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	unweigh(client, c);
	lsa_credential_unref(c);
	return STATUS_SUCCESS;
}

/* ---- attributes ---- */

NTSTATUS attribute_answer(uint32_t attribute, void *value, struct attribute_reply *reply)
{
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);

	bool known = attribute_marshal(attribute, value, &w);
	attribute_release(attribute, value);
	if (!known)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "an attribute not known");
	reply->value.p = wr_ok(&w) ? mem_dup(w.buf, w.len) : NULL;
	if (!reply->value.p)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "answering an attribute");
	reply->value.n = (uint32_t)w.len;
	return STATUS_SUCCESS;
}

NTSTATUS lsa_credential_query(struct lsa_client *client, const struct query_credentials_call *call,
			      struct attribute_reply *reply)
{
	const uint32_t attribute = call->attribute | ATTRIBUTE_OF_CREDENTIALS;
	_Alignas(max_align_t) uint8_t value[ATTRIBUTE_SIZE_MAX] = { 0 };
	CLEANUP(lsa_credential_unref_p)
	struct lsa_credential *c = lsa_credential_find(&client->credentials, call->credential);

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "asking for a credential's attribute");
	SpQueryCredentialsAttributesFn *query = c->package->functions.QueryCredentialsAttributes;
	if (!query || attribute_size(attribute) == 0)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "asking for a credential's attribute");

	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	call_is_for(&frame, c->logon);
	NTSTATUS status = query(c->handle, call->attribute, value);
	return failed(status) ? status : attribute_answer(attribute, value, reply);
}

NTSTATUS lsa_credential_set(struct lsa_client *client, const struct set_attribute_call *call)
{
	CLEANUP(given_done) struct given given = { .value = NULL };
	CLEANUP(lsa_credential_unref_p)
	struct lsa_credential *c = lsa_credential_find(&client->credentials, call->object);

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "changing a credential's attribute");
	SpSetCredentialsAttributesFn *set = c->package->functions.SetCredentialsAttributes;
	if (!set || call->attribute & ATTRIBUTE_OF_CREDENTIALS)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "changing a credential's attribute");
	NTSTATUS status =
		given_read(call->attribute | ATTRIBUTE_OF_CREDENTIALS, call->value, &given);
	if (failed(status))
		return status;

	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	call_is_for(&frame, c->logon);
	return set(c->handle, call->attribute, given.value, given.size);
}

/* ---- more credentials in one handle ---- */

static NTSTATUS add_ask(struct lsa_client *client, struct lsa_credential *c,
			const struct add_credentials_call *call, int64_t *expiry)
{
	UNICODE_STRING principal = unicode_view(call->principal.p, call->principal.n);
	UNICODE_STRING package = unicode_view(call->package.p, call->package.n);
	TimeStamp until = { .QuadPart = CLOCK_NEVER };
	CLEANUP(block_free_p) void *block = NULL;

	NTSTATUS status = auth_copy(call->auth, &block);
	if (failed(status))
		return status;
	PVOID auth = block;
	if (c->package->auth_format == OPENSSPI_AUTH_DATA_OPAQUE)
		auth = (PVOID)(uintptr_t)call->client_address;

	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, client->lsa, client, c->package);
	call_is_for(&frame, c->logon);
	status = c->package->functions.AddCredentials(
		c->handle, call->principal.n ? &principal : NULL, call->package.p ? &package : NULL,
		call->use, auth, NULL, NULL, &until);
	*expiry = until.QuadPart;
	if (!failed(status))
		weigh(client, c, call->auth);
	return status;
}

NTSTATUS lsa_credential_add(struct lsa_client *client, const struct add_credentials_call *call,
			    struct add_credentials_reply *reply)
{
	CLEANUP(lsa_credential_unref_p)
	struct lsa_credential *c = lsa_credential_find(&client->credentials, call->credential);

	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "adding credentials");
	if (call->package.p && !host_find(&client->lsa->host, call->package))
		return fail(SEC_E_SECPKG_NOT_FOUND, "adding credentials of a package");
	NTSTATUS status = principal_check(client, call->principal);
	if (failed(status))
		return status;
	if (!c->package->functions.AddCredentials)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "a package with one credential a handle");
	return add_ask(client, c, call, &reply->expiry);
}
