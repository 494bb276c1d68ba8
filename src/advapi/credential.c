/* advapi/credential.c - see advapi/credential.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A block is laid out twice by the same code: first without memory, to learn its size. CREDENTIALA and
 * CREDENTIALW differ in the type of their texts alone, so one body fills both. */
#include "base/base.h"

#include "advapi/credential.h"
#include "base/block.h"

#define RPC_X_BAD_STUB_DATA 1783

_Static_assert(sizeof(CREDENTIALA) == sizeof(CREDENTIALW) &&
		       sizeof(CREDENTIAL_ATTRIBUTEA) == sizeof(CREDENTIAL_ATTRIBUTEW),
	       "the A and W forms have one layout");

/* ---- in ---- */

void credential_texts_done(struct credential_texts *t)
{
	for (size_t i = 0; i < t->count; i++) {
		mem_wipe(t->text[i], utf16_len(t->text[i]) * sizeof(WCHAR));
		mem_free(t->text[i]);
	}
	t->count = 0;
}

/* Fields that both forms have. */
static uint32_t take_numbers(const CREDENTIALW *from, struct credential_view *out)
{
	*out = (struct credential_view){
		.flags = from->Flags,
		.type = from->Type,
		.persist = from->Persist,
		.blob = { from->CredentialBlob, from->CredentialBlobSize },
		.attribute_count = from->AttributeCount,
	};
	if ((out->blob.n && !out->blob.p) || (from->AttributeCount && !from->Attributes))
		return ERROR_INVALID_PARAMETER;
	if (from->AttributeCount > CRED_MAX_ATTRIBUTES)
		return RPC_X_BAD_STUB_DATA;
	for (uint32_t i = 0; i < from->AttributeCount; i++) {
		const CREDENTIAL_ATTRIBUTEW *a = &from->Attributes[i];
		if (a->ValueSize && !a->Value)
			return ERROR_INVALID_PARAMETER;
		out->attribute[i].flags = a->Flags;
		out->attribute[i].value = rd_of(a->Value, a->ValueSize);
	}
	return ERROR_SUCCESS;
}

static bool take_text(const WCHAR *from, struct utf16 *out)
{
	*out = utf16_of(from);
	return !from || utf16_is_valid(out->p, out->n);
}

uint32_t credential_from_w(const CREDENTIALW *from, struct credential_view *out)
{
	uint32_t error = from ? take_numbers(from, out) : ERROR_INVALID_PARAMETER;

	if (error != ERROR_SUCCESS)
		return error;
	bool sound = take_text(from->TargetName, &out->target) &&
		     take_text(from->Comment, &out->comment) &&
		     take_text(from->TargetAlias, &out->alias) &&
		     take_text(from->UserName, &out->user);
	for (uint32_t i = 0; i < out->attribute_count; i++)
		sound = sound && take_text(from->Attributes[i].Keyword, &out->attribute[i].keyword);
	return sound ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

static uint32_t widen(struct credential_texts *texts, const char *from, struct utf16 *out)
{
	*out = (struct utf16){ NULL, 0 };
	if (!from)
		return ERROR_SUCCESS;
	size_t n = strlen(from);
	WCHAR *wide;
	if (utf16_need(from, n) == SIZE_MAX)
		return ERROR_NO_UNICODE_TRANSLATION;
	if (!utf16_from_utf8(from, n, &wide, &out->n))
		return ERROR_NOT_ENOUGH_MEMORY;
	texts->text[texts->count++] = wide;
	out->p = wide;
	return ERROR_SUCCESS;
}

uint32_t credential_from_a(const CREDENTIALA *from, struct credential_texts *texts,
			   struct credential_view *out)
{
	/* The numbers lie at the same places in both forms. */
	uint32_t error = from ? take_numbers((const CREDENTIALW *)(const void *)from, out)
			      : ERROR_INVALID_PARAMETER;

	if (error != ERROR_SUCCESS)
		return error;
	const struct {
		const char *from;
		struct utf16 *to;
	} texts_of[] = { { from->TargetName, &out->target },
			 { from->Comment, &out->comment },
			 { from->TargetAlias, &out->alias },
			 { from->UserName, &out->user } };
	for (size_t i = 0; i < ARRAY_LEN(texts_of) && error == ERROR_SUCCESS; i++)
		error = widen(texts, texts_of[i].from, texts_of[i].to);
	for (uint32_t i = 0; i < out->attribute_count && error == ERROR_SUCCESS; i++)
		error = widen(texts, from->Attributes[i].Keyword, &out->attribute[i].keyword);
	return error;
}

/* ---- out ---- */

/* A block being laid out; without memory only counted. */
struct layout {
	uint8_t *block;
	size_t used;
	bool ansi;
};

static void *take(struct layout *l, size_t n, size_t alignment)
{
	l->used = (l->used + alignment - 1) & ~(alignment - 1);
	void *at = l->block ? l->block + l->used : NULL;
	l->used += n;
	return at;
}

static void *put_bytes(struct layout *l, struct rd bytes)
{
	if (!bytes.p)
		return NULL;
	void *at = take(l, bytes.n, 1);
	if (at && bytes.n)
		memcpy(at, bytes.p, bytes.n);
	return at;
}

static WCHAR *put_text(struct layout *l, struct utf16 text)
{
	if (!text.p)
		return NULL;
	if (!l->ansi) {
		WCHAR *at = take(l, (text.n + 1) * sizeof(WCHAR), sizeof(WCHAR));
		if (at && text.n)
			memcpy(at, text.p, text.n * sizeof(WCHAR));
		return at; /* a block is zeroed: the NUL is there */
	}
	char *at = take(l, utf8_need(text.p, text.n) + 1, 1);
	if (at)
		utf8_put(at, text.p, text.n);
	return (WCHAR *)(void *)at;
}

static void put_attributes(struct layout *l, const struct credential_view *c, CREDENTIALW *out)
{
	CREDENTIAL_ATTRIBUTEW *a =
		c->attribute_count ? take(l, c->attribute_count * sizeof(*a), _Alignof(max_align_t))
				   : NULL;

	for (uint32_t i = 0; i < c->attribute_count; i++) {
		CREDENTIAL_ATTRIBUTEW one = {
			.Keyword = put_text(l, c->attribute[i].keyword),
			.Flags = c->attribute[i].flags,
			.ValueSize = (DWORD)c->attribute[i].value.n,
			.Value = put_bytes(l, c->attribute[i].value),
		};
		if (a)
			a[i] = one;
	}
	if (out)
		out->Attributes = a;
}

static CREDENTIALW *put_credential(struct layout *l, const struct credential_view *c)
{
	CREDENTIALW *out = take(l, sizeof(*out), _Alignof(max_align_t));
	CREDENTIALW one = {
		.Flags = c->flags,
		.Type = c->type,
		.TargetName = put_text(l, c->target),
		.Comment = put_text(l, c->comment),
		.LastWritten = { (DWORD)c->last_written, (DWORD)(c->last_written >> 32) },
		.CredentialBlobSize = (DWORD)c->blob.n,
		.CredentialBlob = put_bytes(l, c->blob),
		.Persist = c->persist,
		.AttributeCount = c->attribute_count,
		.TargetAlias = put_text(l, c->alias),
		.UserName = put_text(l, c->user),
	};

	if (out)
		*out = one;
	put_attributes(l, c, out);
	return out;
}

void *credential_to_block(const struct credential_view *c, bool ansi)
{
	struct layout count = { .ansi = ansi }, fill = { .ansi = ansi };

	put_credential(&count, c);
	fill.block = block_alloc(count.used);
	return fill.block ? put_credential(&fill, c) : NULL;
}

static void put_array(struct layout *l, const struct credential_view *const *c, size_t count)
{
	CREDENTIALW **out = take(l, count * sizeof(*out), _Alignof(max_align_t));

	for (size_t i = 0; i < count; i++) {
		CREDENTIALW *one = put_credential(l, c[i]);
		if (out)
			out[i] = one;
	}
}

void *credential_array_to_block(const struct credential_view *const *c, size_t count, bool ansi)
{
	struct layout sizes = { .ansi = ansi }, fill = { .ansi = ansi };

	put_array(&sizes, c, count);
	fill.block = block_alloc(sizes.used);
	if (fill.block)
		put_array(&fill, c, count);
	return fill.block;
}
