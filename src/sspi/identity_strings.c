/* sspi/identity_strings.c - an identity as three strings: user, domain, and the credentials packed.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A password alone is packed as itself. With a list of packages, or when it looks like something
 * packed, it is an EX2 block in the text code of marshalled credentials ("@@D", a count, the bytes). */
#include "base/base.h"

#include "base/block.h"
#include "base/secret.h"
#include "base/utf.h"
#include "sspi/identity.h"
#include "sspi/status.h"
#include "wire/sixbit.h"

#define HEAD 3	/* "@@D" */
#define COUNT 6 /* characters of a 32-bit count */

/* ---- to strings ---- */

static bool looks_packed(struct rd text)
{
	static const WCHAR mark[] = { '@', '@' };
	return text.n >= sizeof(mark) && memcmp(text.p, mark, sizeof(mark)) == 0;
}

/* The text of the bytes, for block_free. */
static WCHAR *packed_text(struct rd bytes)
{
	WCHAR *text = block_alloc((HEAD + COUNT + sixbit_room(bytes.n) + 1) * sizeof(WCHAR));
	if (!text)
		return NULL;
	const uint8_t count[] = { (uint8_t)bytes.n, (uint8_t)(bytes.n >> 8),
				  (uint8_t)(bytes.n >> 16), 0 };
	text[0] = text[1] = '@';
	text[2] = 'D';
	sixbit_write(text + HEAD, count, sizeof(count));
	sixbit_write(text + HEAD + COUNT, bytes.p, bytes.n);
	return text;
}

static WCHAR *packed_make(const struct identity_view *view)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);

	if (view->packages.n == 0 && !looks_packed(view->password))
		return identity_text(view->password);
	identity_write(&w, &(struct identity_view){
				   .password = view->password,
				   .packages = view->packages,
				   .flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
				   .has_password = view->has_password,
			   });
	return wr_ok(&w) ? packed_text(wr_view(&w)) : NULL;
}

static NTSTATUS strings_make(const struct identity_view *view, WCHAR *out[3])
{
	bool has_packed = view->has_password || view->packages.n;

	out[0] = view->has_user ? identity_text(view->user) : NULL;
	out[1] = view->has_domain ? identity_text(view->domain) : NULL;
	out[2] = has_packed ? packed_make(view) : NULL;
	if ((view->has_user && !out[0]) || (view->has_domain && !out[1]) || (has_packed && !out[2]))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making an identity's strings");
	return SEC_E_OK;
}

/* Hands one string over; nobody may want it. */
static void string_give(WCHAR *text, PCWSTR *out)
{
	if (out)
		*out = text;
	else
		block_free(text);
}

SECURITY_STATUS SEC_ENTRY SspiEncodeAuthIdentityAsStrings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth,
							  PCWSTR *user, PCWSTR *domain,
							  PCWSTR *packed)
{
	CLEANUP(identity_done) struct identity id = { .sealed = false };
	WCHAR *text[3] = { NULL };

	if (!auth)
		return SEC_E_INVALID_PARAMETER;
	if (SspiIsAuthIdentityEncrypted(auth))
		return STATUS_INVALID_PARAMETER;
	NTSTATUS status = identity_load(auth, &id);
	if (status == SEC_E_OK)
		status = strings_make(&id.view, text);
	if (failed(status)) {
		for (size_t i = 0; i < ARRAY_LEN(text); i++)
			block_free(text[i]);
		return security_status(status);
	}
	string_give(text[0], user);
	string_give(text[1], domain);
	string_give(text[2], packed);
	return SEC_E_OK;
}

/* ---- from strings ---- */

/* The EX2 block in a packed string; NULL when it is none, with *status other than SEC_E_OK when
 * memory is short. */
static struct secret *packed_bytes(const WCHAR *text, size_t n, NTSTATUS *status)
{
	uint8_t count[4];

	if (n <= HEAD + COUNT || text[0] != '@' || text[1] != '@' || text[2] != 'D' ||
	    !sixbit_read(count, text + HEAD, COUNT))
		return NULL;
	size_t size = sixbit_bytes(n - HEAD - COUNT);
	if (size != u32le_at(count))
		return NULL;
	CLEANUP(secret_free_p) struct secret *bytes = secret_new(size);
	if (!bytes) {
		*status = SEC_E_INSUFFICIENT_MEMORY;
		return NULL;
	}
	return sixbit_read(bytes->p, text + HEAD + COUNT, n - HEAD - COUNT) ? TAKE(bytes) : NULL;
}

/* Password and packages of a packed string; `holder` keeps what they point into. */
static NTSTATUS packed_read(const WCHAR *text, struct secret **holder, struct identity_view *out)
{
	size_t n = utf16_len(text);
	struct identity_view inner;
	NTSTATUS status = SEC_E_OK;

	*holder = packed_bytes(text, n, &status);
	if (*holder && identity_read(rd_of((*holder)->p, (*holder)->len), &inner)) {
		out->password = inner.password;
		out->packages = inner.packages;
		out->has_password = inner.has_password;
		return SEC_E_OK;
	}
	if (n > IDENTITY_PASSWORD_UNITS_MAX || !utf16_is_valid(text, n))
		return fail(SEC_E_INVALID_PARAMETER, "reading packed credentials");
	out->password = rd_of(text, n * sizeof(WCHAR));
	out->has_password = true;
	return status;
}

static bool name_read(const WCHAR *text, struct rd *bytes, bool *present)
{
	size_t n = utf16_len(text);

	*present = text != NULL;
	*bytes = rd_of(text, n * sizeof(WCHAR));
	return n <= IDENTITY_TEXT_UNITS_MAX && utf16_is_valid(text, n);
}

SECURITY_STATUS SEC_ENTRY SspiEncodeStringsAsAuthIdentity(PCWSTR user, PCWSTR domain, PCWSTR packed,
							  PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out)
{
	CLEANUP(secret_free_p) struct secret *holder = NULL;
	struct identity_view view = { .flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };

	if (!out || (!user && !domain && !packed) || !name_read(user, &view.user, &view.has_user) ||
	    !name_read(domain, &view.domain, &view.has_domain))
		return SEC_E_INVALID_PARAMETER;
	NTSTATUS status = packed ? packed_read(packed, &holder, &view) : SEC_E_OK;
	if (status == SEC_E_OK)
		status = identity_make(&view, false, out);
	return security_status(status);
}
