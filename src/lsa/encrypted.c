/* lsa/encrypted.c - see lsa/encrypted.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A block is measured and then filled, both by the same walk: without a block a walk only counts. */
#include "base/base.h"

#include "base/block.h"
#include "credman/rules.h"
#include "lsa/encrypted.h"
#include "lsa/support.h"
#include "lsa/usermemory.h"

#define ALIGNMENT 8u

/* What stands for a credential in the block: the package sees the first member. */
struct held {
	ENCRYPTED_CREDENTIALW credential;
	void *block;
};

struct layout {
	uint8_t *block; /* NULL: being measured */
	size_t used;
	bool failed; /* a blob could not be protected */
};

static void *place(struct layout *l, size_t n)
{
	size_t at = l->used;

	l->used += (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	return l->block ? l->block + at : NULL;
}

static void *place_bytes(struct layout *l, const void *from, size_t n)
{
	void *to = place(l, n);

	if (to && n)
		memcpy(to, from, n);
	return to;
}

static WCHAR *place_text(struct layout *l, struct utf16 text)
{
	if (!text.p)
		return NULL;
	WCHAR *to = place(l, (text.n + 1) * sizeof(WCHAR));
	if (to && text.n)
		memcpy(to, text.p, text.n * sizeof(WCHAR));
	return to;
}

static PCREDENTIAL_ATTRIBUTEW place_attributes(struct layout *l, const struct credential_view *c)
{
	if (!c->attribute_count)
		return NULL;
	CREDENTIAL_ATTRIBUTEW *list = place(l, c->attribute_count * sizeof(*list));
	for (uint32_t i = 0; i < c->attribute_count; i++) {
		const struct credential_attribute *a = &c->attribute[i];
		WCHAR *keyword = place_text(l, a->keyword);
		void *value = a->value.n ? place_bytes(l, a->value.p, a->value.n) : NULL;
		if (list)
			list[i] = (CREDENTIAL_ATTRIBUTEW){ .Keyword = keyword,
							   .Flags = a->flags,
							   .ValueSize = (DWORD)a->value.n,
							   .Value = value };
	}
	return list;
}

enum blob_form encrypted_form(ULONG cred_flags, uint32_t type)
{
	const ULONG trusted = CREDP_FLAGS_IN_PROCESS | CREDP_FLAGS_TRUSTED_CALLER;

	if (!(cred_flags & trusted) && credential_is_write_only(type))
		return BLOB_NONE;
	if (cred_flags & CREDP_FLAGS_USER_ENCRYPTED_PASSWORD)
		return BLOB_USER;
	return cred_flags & CREDP_FLAGS_CLEAR_PASSWORD ? BLOB_CLEAR : BLOB_PROTECTED;
}

/* How many bytes a blob of `n` takes in that form. */
static size_t blob_size(size_t n, enum blob_form form)
{
	const size_t unit = form == BLOB_USER ? RTL_ENCRYPT_MEMORY_SIZE : 1;

	return form == BLOB_NONE ? 0 : (n + unit - 1) / unit * unit;
}

/* Padding is as zero as the block was. */
static void *place_blob(struct layout *l, struct rd blob, enum blob_form form)
{
	const size_t size = blob_size(blob.n, form);

	if (!size)
		return NULL;
	uint8_t *to = place(l, size);
	if (!to)
		return NULL;
	memcpy(to, blob.p, blob.n);
	if (form == BLOB_PROTECTED)
		support_table()->LsaProtectMemory(to, (ULONG)size);
	else if (form == BLOB_USER &&
		 failed(usermemory_seal(RTL_ENCRYPT_OPTION_CROSS_PROCESS, to, size)))
		l->failed = true;
	return to;
}

/* The block when all could be protected; else it is wiped and released. */
static void *whole(const struct layout *l, void *first)
{
	if (l->failed)
		block_free(l->block);
	return l->failed ? NULL : first;
}

static struct held *place_credential(struct layout *l, const struct credential_view *c,
				     ULONG cred_flags)
{
	struct held *held = place(l, sizeof(*held));
	enum blob_form form = encrypted_form(cred_flags, c->type);
	void *blob = place_blob(l, c->blob, form);
	const CREDENTIALW credential = {
		.Flags = c->flags,
		.Type = c->type,
		.TargetName = place_text(l, c->target),
		.Comment = place_text(l, c->comment),
		.LastWritten = { .dwLowDateTime = (DWORD)c->last_written,
				 .dwHighDateTime = (DWORD)(c->last_written >> 32) },
		.CredentialBlobSize = (DWORD)blob_size(c->blob.n, form),
		.CredentialBlob = blob,
		.Persist = c->persist,
		.AttributeCount = c->attribute_count,
		.Attributes = place_attributes(l, c),
		.TargetAlias = place_text(l, c->alias),
		.UserName = place_text(l, c->user),
	};

	if (held)
		*held = (struct held){ { credential, blob ? (ULONG)c->blob.n : 0 }, l->block };
	return held;
}

PENCRYPTED_CREDENTIALW encrypted_one(const struct credential_view *c, ULONG cred_flags)
{
	struct layout l = { .used = 0 };

	(void)place_credential(&l, c, cred_flags);
	l = (struct layout){ .block = block_alloc(l.used) };
	return l.block ? whole(&l, &place_credential(&l, c, cred_flags)->credential) : NULL;
}

static PENCRYPTED_CREDENTIALW *place_list(struct layout *l, const struct credential_list *list,
					  ULONG cred_flags)
{
	PENCRYPTED_CREDENTIALW *array = place(l, list->count * sizeof(*array));

	for (size_t i = 0; i < list->count; i++) {
		struct held *held = place_credential(l, &list->item[i]->view, cred_flags);
		if (held)
			array[i] = &held->credential;
	}
	return array;
}

PENCRYPTED_CREDENTIALW *encrypted_list(const struct credential_list *list, ULONG cred_flags)
{
	struct layout l = { .used = 0 };

	(void)place_list(&l, list, cred_flags);
	l = (struct layout){ .block = block_alloc(l.used) };
	return l.block ? whole(&l, place_list(&l, list, cred_flags)) : NULL;
}

void encrypted_free(PENCRYPTED_CREDENTIALW c)
{
	if (c)
		block_free(((struct held *)(void *)c)->block);
}
