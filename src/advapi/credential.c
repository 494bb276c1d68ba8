/* advapi/credential.c - see advapi/credential.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "advapi/credential.h"
#include "advapi/layout.h"
#include "base/block.h"

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

static void put_attributes(struct layout *l, const struct credential_view *c, CREDENTIALW *out)
{
	CREDENTIAL_ATTRIBUTEW *a =
		c->attribute_count
			? layout_take(l, c->attribute_count * sizeof(*a), _Alignof(max_align_t))
			: NULL;

	for (uint32_t i = 0; i < c->attribute_count; i++) {
		CREDENTIAL_ATTRIBUTEW one = {
			.Keyword = layout_text(l, c->attribute[i].keyword),
			.Flags = c->attribute[i].flags,
			.ValueSize = (DWORD)c->attribute[i].value.n,
			.Value = layout_bytes(l, c->attribute[i].value),
		};
		if (a)
			a[i] = one;
	}
	if (out)
		out->Attributes = a;
}

static CREDENTIALW *put_credential(struct layout *l, const struct credential_view *c)
{
	CREDENTIALW *out = layout_take(l, sizeof(*out), _Alignof(max_align_t));
	CREDENTIALW one = {
		.Flags = c->flags,
		.Type = c->type,
		.TargetName = layout_text(l, c->target),
		.Comment = layout_text(l, c->comment),
		.LastWritten = { (DWORD)c->last_written, (DWORD)(c->last_written >> 32) },
		.CredentialBlobSize = (DWORD)c->blob.n,
		.CredentialBlob = layout_bytes(l, c->blob),
		.Persist = c->persist,
		.AttributeCount = c->attribute_count,
		.TargetAlias = layout_text(l, c->alias),
		.UserName = layout_text(l, c->user),
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

static bool next_of(struct rd *list, struct credential_view *c)
{
	struct rd bytes;

	return rd_counted(list, &bytes) && credential_read(bytes, c);
}

static bool put_list(struct layout *l, struct rd list, uint32_t count)
{
	CREDENTIALW **out = layout_take(l, count * sizeof(*out), _Alignof(max_align_t));
	struct credential_view c;

	for (uint32_t i = 0; i < count; i++) {
		if (!next_of(&list, &c))
			return false;
		CREDENTIALW *one = put_credential(l, &c);
		if (out)
			out[i] = one;
	}
	return rd_empty(list);
}

uint32_t credential_list_to_block(struct rd list, uint32_t count, bool ansi, void **out)
{
	struct layout sizes = { .ansi = ansi }, fill = { .ansi = ansi };

	if (!put_list(&sizes, list, count))
		return ERROR_INTERNAL_ERROR;
	fill.block = block_alloc(sizes.used);
	if (!fill.block)
		return ERROR_NOT_ENOUGH_MEMORY;
	*out = fill.block;
	return put_list(&fill, list, count) ? ERROR_SUCCESS : ERROR_INTERNAL_ERROR;
}

uint32_t credential_first_to_block(struct rd list, bool ansi, void **out)
{
	struct credential_view c;

	if (!next_of(&list, &c) || !rd_empty(list))
		return ERROR_INTERNAL_ERROR;
	*out = credential_to_block(&c, ansi);
	return *out ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

/* ---- targets ---- */

struct target_text {
	size_t in_w, in_view; /* offsets of one text */
};

#define TARGET_TEXT(w, view)                                                                       \
	{                                                                                          \
		offsetof(CREDENTIAL_TARGET_INFORMATIONW, w), offsetof(struct target_view, view)    \
	}

static const struct target_text target_texts[] = {
	TARGET_TEXT(TargetName, target),	TARGET_TEXT(NetbiosServerName, netbios_server),
	TARGET_TEXT(DnsServerName, dns_server), TARGET_TEXT(NetbiosDomainName, netbios_domain),
	TARGET_TEXT(DnsDomainName, dns_domain), TARGET_TEXT(DnsTreeName, dns_tree),
	TARGET_TEXT(PackageName, package),
};

_Static_assert(sizeof(CREDENTIAL_TARGET_INFORMATIONA) == sizeof(CREDENTIAL_TARGET_INFORMATIONW),
	       "the A and W forms have one layout");

static uint32_t target_numbers(const CREDENTIAL_TARGET_INFORMATIONW *from, struct target_view *out)
{
	*out = (struct target_view){ .flags = from->Flags, .type_count = from->CredTypeCount };
	if (from->CredTypeCount > TARGET_TYPES_MAX || (from->CredTypeCount && !from->CredTypes))
		return ERROR_INVALID_PARAMETER;
	for (uint32_t i = 0; i < out->type_count; i++)
		out->type[i] = from->CredTypes[i];
	return ERROR_SUCCESS;
}

uint32_t target_from(const void *from, bool ansi, struct credential_texts *texts,
		     struct target_view *out)
{
	uint32_t error = from ? target_numbers(from, out) : ERROR_INVALID_PARAMETER;

	for (size_t i = 0; i < ARRAY_LEN(target_texts) && error == ERROR_SUCCESS; i++) {
		const void *text;
		struct utf16 *to =
			(struct utf16 *)(void *)((uint8_t *)out + target_texts[i].in_view);
		memcpy(&text, (const uint8_t *)from + target_texts[i].in_w, sizeof(text));
		if (ansi)
			error = widen(texts, text, to);
		else if (!take_text(text, to))
			error = ERROR_INVALID_PARAMETER;
		if (to->n > CRED_MAX_DOMAIN_TARGET_NAME_LENGTH)
			error = RPC_X_BAD_STUB_DATA;
	}
	return error;
}

static void *put_target(struct layout *l, const struct target_view *t)
{
	CREDENTIAL_TARGET_INFORMATIONW *out = layout_take(l, sizeof(*out), _Alignof(max_align_t));
	DWORD *types = layout_take(l, t->type_count * sizeof(*types), sizeof(*types));

	for (uint32_t i = 0; types && i < t->type_count; i++)
		types[i] = t->type[i];
	if (out)
		*out = (CREDENTIAL_TARGET_INFORMATIONW){
			.Flags = t->flags,
			.CredTypeCount = t->type_count,
			.CredTypes = t->type_count ? types : NULL,
		};
	for (size_t i = 0; i < ARRAY_LEN(target_texts); i++) {
		const struct utf16 *from =
			(const struct utf16 *)(const void *)((const uint8_t *)t +
							     target_texts[i].in_view);
		WCHAR *text = layout_text(l, *from);
		if (out)
			memcpy((uint8_t *)out + target_texts[i].in_w, &text, sizeof(text));
	}
	return out;
}

void *target_to_block(const struct target_view *t, bool ansi)
{
	struct layout sizes = { .ansi = ansi }, fill = { .ansi = ansi };

	put_target(&sizes, t);
	fill.block = block_alloc(sizes.used);
	return fill.block ? put_target(&fill, t) : NULL;
}
