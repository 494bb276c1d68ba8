/* sspi/identity.c - SEC_WINNT_AUTH_IDENTITY, EX and EX2, ANSI or UNICODE, as one identity block.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The first ULONG tells the form: 0x200 EX, 0x201 EX2, else plain; Flags tells A from W. A and W
 * structures have the same layout, so one reading serves both. */
#include "base/base.h"

#include <sspi.h>

#include "base/block.h"
#include "base/secret.h"
#include "base/utf.h"
#include "sspi/authdata.h"
#include "sspi/identity.h"

#define STRING_MAX IDENTITY_TEXT_UNITS_MAX /* 65534 bytes */

/* Sealed in a way that nobody here can open. */
#define FLAG_FOREIGN ((uint32_t)SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED)

/* Older callers filled in the structure up to the package list's length, without its padding. */
#define EX_LENGTH_MIN offsetof(SEC_WINNT_AUTH_IDENTITY_EXW, PackageList)
#define EX_LENGTH_PACKAGES                                                                         \
	(offsetof(SEC_WINNT_AUTH_IDENTITY_EXW, PackageListLength) + sizeof(ULONG))

struct string {
	const void *p;
	uint32_t n; /* characters */
};

struct source {
	struct string user, domain, password, packages;
	uint32_t flags;
};

static void source_from_plain(const SEC_WINNT_AUTH_IDENTITY_W *in, struct source *out)
{
	*out = (struct source){
		.user = { in->User, in->UserLength },
		.domain = { in->Domain, in->DomainLength },
		.password = { in->Password, in->PasswordLength },
		.flags = in->Flags,
	};
}

static bool source_from_ex(const SEC_WINNT_AUTH_IDENTITY_EXW *in, struct source *out)
{
	if (in->Length < EX_LENGTH_MIN)
		return false;
	*out = (struct source){
		.user = { in->User, in->UserLength },
		.domain = { in->Domain, in->DomainLength },
		.password = { in->Password, in->PasswordLength },
		.flags = in->Flags,
	};
	if (in->Length >= EX_LENGTH_PACKAGES)
		out->packages = (struct string){ in->PackageList, in->PackageListLength };
	return true;
}

/* The string as UTF-16 bytes in a secret; NULL stays NULL. */
static NTSTATUS string_widen(struct string s, bool ansi, struct secret **out)
{
	if (!s.p)
		return s.n ? SEC_E_UNKNOWN_CREDENTIALS : SEC_E_OK;
	if (s.n > STRING_MAX)
		return SEC_E_UNKNOWN_CREDENTIALS;
	size_t n = ansi ? utf16_need(s.p, s.n) : s.n;
	if (n > STRING_MAX)
		return SEC_E_UNKNOWN_CREDENTIALS;
	*out = secret_new(n * sizeof(WCHAR));
	if (!*out)
		return SEC_E_INSUFFICIENT_MEMORY;
	WCHAR *units = (WCHAR *)(void *)(*out)->p;
	if (ansi)
		utf16_put(units, s.p, s.n);
	else if (n)
		memcpy(units, s.p, n * sizeof(WCHAR));
	return utf16_is_valid(units, n) ? SEC_E_OK : SEC_E_UNKNOWN_CREDENTIALS;
}

/* The password's bytes as they were before they were sealed. */
static NTSTATUS string_open(struct string *s, uint32_t flags, struct secret **open)
{
	if (!s->p || s->n > STRING_MAX)
		return SEC_E_OK; /* string_widen says what is wrong with it */
	size_t unit = flags & SEC_WINNT_AUTH_IDENTITY_ANSI ? 1 : sizeof(WCHAR);
	*open = secret_copy(s->p, s->n * unit);
	if (!*open)
		return SEC_E_INSUFFICIENT_MEMORY;
	s->p = (*open)->p;
	return identity_unseal(flags, (*open)->p, (*open)->len);
}

static struct rd view(const struct secret *s)
{
	return s ? rd_of(s->p, s->len) : rd_of(NULL, 0);
}

static NTSTATUS source_write(const struct source *in, struct wr *w)
{
	CLEANUP(secret_free_p)
	struct secret *user = NULL, *domain = NULL, *password = NULL, *packages = NULL,
		      *open = NULL;
	struct string secret = in->password;
	bool ansi = in->flags & SEC_WINNT_AUTH_IDENTITY_ANSI;
	NTSTATUS status = SEC_E_OK;

	if (in->flags & FLAG_FOREIGN)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading an encrypted identity");
	if (!(in->flags & (SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_UNICODE)))
		return fail(SEC_E_UNKNOWN_CREDENTIALS,
			    "telling how an identity's strings are encoded");
	if (in->flags & IDENTITY_FLAGS_SEALED)
		status = string_open(&secret, in->flags, &open);
	if (status == SEC_E_OK)
		status = string_widen(in->user, ansi, &user);
	if (status == SEC_E_OK)
		status = string_widen(in->domain, ansi, &domain);
	if (status == SEC_E_OK)
		status = string_widen(secret, ansi, &password);
	if (status == SEC_E_OK)
		status = string_widen(in->packages, ansi, &packages);
	if (status != SEC_E_OK)
		return fail(status, "reading an identity's strings");

	uint32_t flags = in->flags & ~(SEC_WINNT_AUTH_IDENTITY_ANSI | IDENTITY_FLAGS_SEALED);
	identity_write(w, &(struct identity_view){
				  .user = view(user),
				  .domain = view(domain),
				  .password = view(password),
				  .packages = view(packages),
				  .flags = flags | SEC_WINNT_AUTH_IDENTITY_UNICODE,
				  .has_user = user != NULL,
				  .has_domain = domain != NULL,
				  .has_password = password != NULL,
			  });
	return wr_ok(w) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

/* A copy of a sealed block with its password open. */
static NTSTATUS ex2_open(struct rd block, struct secret **open)
{
	struct identity_part part;

	*open = secret_copy(block.p, block.n);
	if (!*open)
		return SEC_E_INSUFFICIENT_MEMORY;
	if (block.n < sizeof(SEC_WINNT_AUTH_IDENTITY_EX2) || !identity_part_of((*open)->p, &part))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a sealed identity");
	ULONG flags = *part.flags;
	*part.flags &= ~IDENTITY_FLAGS_SEALED;
	return identity_unseal(flags, part.p, part.n);
}

static NTSTATUS ex2_write(const void *auth, struct wr *w)
{
	struct rd block = authdata_block(auth);
	CLEANUP(secret_free_p) struct secret *open = NULL;
	struct identity_view id;
	ULONG flags = 0;

	if (block.n >= sizeof(SEC_WINNT_AUTH_IDENTITY_EX2))
		memcpy(&flags, block.p + offsetof(SEC_WINNT_AUTH_IDENTITY_EX2, Flags),
		       sizeof(flags));
	if (flags & IDENTITY_FLAGS_SEALED) {
		NTSTATUS status = ex2_open(block, &open);
		if (failed(status))
			return status;
		block = rd_of(open->p, open->len);
	}
	if (!identity_read(block, &id) || (id.flags & FLAG_FOREIGN))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading an EX2 identity");
	identity_write(w, &id);
	return wr_ok(w) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

NTSTATUS authdata_identity(const void *auth, struct wr *w)
{
	struct source source;
	ULONG version;

	memcpy(&version, auth, sizeof(version));
	if (version == SEC_WINNT_AUTH_IDENTITY_VERSION_2)
		return ex2_write(auth, w);
	if (version != SEC_WINNT_AUTH_IDENTITY_VERSION)
		source_from_plain(auth, &source);
	else if (!source_from_ex(auth, &source))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading an EX identity");
	return source_write(&source, w);
}

/* ---- for the Sspi functions ---- */

static ULONG how_sealed(const void *auth)
{
	struct identity_part part;
	return identity_part_of((void *)(uintptr_t)auth, &part)
		       ? *part.flags & IDENTITY_FLAGS_SEALED
		       : 0;
}

NTSTATUS identity_load(const void *auth, struct identity *out)
{
	*out = (struct identity){ .block = WR(AUTHDATA_MAX) };
	if (!auth)
		return SEC_E_OK;
	NTSTATUS status = authdata_identity(auth, &out->block);
	if (status != SEC_E_OK)
		return status;
	if (!identity_read(wr_view(&out->block), &out->view))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading an identity");
	out->sealed = how_sealed(auth);
	return SEC_E_OK;
}

void identity_done(struct identity *id)
{
	wr_done(&id->block);
	*id = (struct identity){ .sealed = 0 };
}

NTSTATUS identity_make(const struct identity_view *view, ULONG sealed, void **out)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	struct identity_part part;

	identity_write(&w, view);
	if (!wr_ok(&w))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing an identity");
	CLEANUP(block_free_p) void *block = block_dup(w.buf, w.len);
	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing an identity");
	if (sealed) {
		NTSTATUS status = identity_part_of(block, &part)
					  ? identity_seal(sealed, part.p, part.n)
					  : fail(SEC_E_INTERNAL_ERROR, "sealing an identity");
		if (failed(status))
			return status;
		*part.flags |= sealed;
	}
	*out = TAKE(block);
	return SEC_E_OK;
}

WCHAR *identity_text(struct rd bytes)
{
	WCHAR *text = block_alloc(bytes.n + sizeof(WCHAR));
	if (text && bytes.n)
		memcpy(text, bytes.p, bytes.n);
	return text;
}
