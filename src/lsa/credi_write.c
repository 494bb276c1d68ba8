/* lsa/credi_write.c - see lsa/credi_write.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Only what the structure says of itself is looked at here; what a credential may be is decided where
 * CredWrite has it decided, in credman/. */
#include "base/base.h"

#include "credman/credman.h"
#include "credman/rules.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/credi_write.h"
#include "lsa/saved.h"
#include "lsa/state.h"
#include "lsa/support.h"
#include "lsa/usermemory.h"

#define FORMS (CREDP_FLAGS_CLEAR_PASSWORD | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD)
#define WRITE_FLAGS                                                                                \
	(CREDP_FLAGS_IN_PROCESS | CREDP_FLAGS_USE_MIDL_HEAP | CREDP_FLAGS_DONT_CACHE_TI | FORMS |  \
	 CREDP_FLAGS_TRUSTED_CALLER | CREDP_FLAGS_VALIDATE_PROXY_TARGET)

/* ---- the structure ---- */

static NTSTATUS view_text(const WCHAR *from, struct utf16 *out)
{
	*out = utf16_of(from);
	return utf16_is_valid(out->p, out->n)
		       ? STATUS_SUCCESS
		       : fail(STATUS_INVALID_PARAMETER, "reading a text of a credential");
}

static NTSTATUS view_attributes(const CREDENTIALW *from, struct credential_view *out)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (from->AttributeCount > CRED_MAX_ATTRIBUTES ||
	    (from->AttributeCount && !from->Attributes))
		return fail(STATUS_INVALID_PARAMETER, "reading the attributes of a credential");
	out->attribute_count = from->AttributeCount;
	for (uint32_t i = 0; i < from->AttributeCount && !failed(status); i++) {
		const CREDENTIAL_ATTRIBUTEW *a = &from->Attributes[i];
		if (a->ValueSize && !a->Value)
			return fail(STATUS_INVALID_PARAMETER, "reading a value of a credential");
		out->attribute[i].flags = a->Flags;
		out->attribute[i].value = rd_of(a->Value, a->ValueSize);
		status = view_text(a->Keyword, &out->attribute[i].keyword);
	}
	return status;
}

/* Everything but the blob, borrowed. */
static NTSTATUS view_credential(const CREDENTIALW *from, struct credential_view *out)
{
	const struct {
		const WCHAR *from;
		struct utf16 *to;
	} texts[] = { { from->TargetName, &out->target },
		      { from->Comment, &out->comment },
		      { from->TargetAlias, &out->alias },
		      { from->UserName, &out->user } };
	NTSTATUS status = STATUS_SUCCESS;

	*out = (struct credential_view){ .flags = from->Flags,
					 .type = from->Type,
					 .persist = from->Persist };
	for (size_t i = 0; i < ARRAY_LEN(texts) && !failed(status); i++)
		status = view_text(texts[i].from, texts[i].to);
	return failed(status) ? status : view_attributes(from, out);
}

/* ---- the blob ---- */

/* Do the two sizes go together? Nothing is protected by no bytes and needs none. */
static bool sizes_fit(const ENCRYPTED_CREDENTIALW *c, ULONG form)
{
	const size_t size = c->Cred.CredentialBlobSize, clear = c->ClearCredentialBlobSize;

	if (clear > size || size > CRED_MAX_CREDENTIAL_BLOB_SIZE || (size && !clear) ||
	    (size && !c->Cred.CredentialBlob))
		return false;
	if (form == CREDP_FLAGS_CLEAR_PASSWORD)
		return clear == size;
	if (form == CREDP_FLAGS_USER_ENCRYPTED_PASSWORD)
		return size % RTL_ENCRYPT_MEMORY_SIZE == 0 &&
		       size - clear < RTL_ENCRYPT_MEMORY_SIZE;
	return true;
}

/* The blob in clear, in memory of its own. Protection is undone over all its bytes, padding too. */
static NTSTATUS open_blob(const ENCRYPTED_CREDENTIALW *c, ULONG form, struct secret **out)
{
	const ULONG size = c->Cred.CredentialBlobSize;

	if (!sizes_fit(c, form))
		return fail(STATUS_INVALID_PARAMETER, "reading the sizes of a blob");
	CLEANUP(secret_free_p) struct secret *blob = secret_copy(c->Cred.CredentialBlob, size);
	if (!blob)
		return fail(STATUS_NO_MEMORY, "copying a blob");
	if (form == CREDP_FLAGS_USER_ENCRYPTED_PASSWORD) {
		NTSTATUS status = usermemory_open(RTL_ENCRYPT_OPTION_CROSS_PROCESS, blob->p, size);
		if (failed(status))
			return status;
	} else if (form == 0) {
		support_table()->LsaUnprotectMemory(blob->p, size);
	}
	*out = TAKE(blob);
	return STATUS_SUCCESS;
}

/* ---- the call ---- */

/* What credman says by a Win32 error that has a status after all. */
static NTSTATUS told(NTSTATUS status)
{
	return status == CREDMAN_OVER_LIMIT || status == CREDMAN_INVALID_FLAGS
		       ? STATUS_INVALID_PARAMETER
		       : status;
}

static NTSTATUS write_given(PLUID logon, ULONG cred_flags, const ENCRYPTED_CREDENTIALW *given,
			    ULONG flags)
{
	CLEANUP(secret_free_p) struct secret *blob = NULL;
	const ULONG form = cred_flags & FORMS;
	struct credential_view c;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	if (!logon || !given || flags || cred_flags & ~(ULONG)WRITE_FLAGS || form == FORMS)
		return fail(STATUS_INVALID_PARAMETER, "CrediWrite");
	const ENCRYPTED_CREDENTIALW credential =
		*given; /* sizes that were checked are those used */
	NTSTATUS status = saved_set_of(logon, &set);
	if (!failed(status))
		status = view_credential(&credential.Cred, &c);
	if (!failed(status))
		status = open_blob(&credential, form, &blob);
	if (failed(status))
		return status;
	c.blob = rd_of(blob->p, credential.ClearCredentialBlobSize);
	return told(credman_write(set, &c, false));
}

NTSTATUS NTAPI credi_write(PLUID logon, ULONG cred_flags, PENCRYPTED_CREDENTIALW given, ULONG flags)
{
	const struct frame *frame = call_current();
	const struct lsa_client *client = frame ? frame->client : NULL;
	struct text about = { 0 };

	NTSTATUS status = write_given(logon, cred_flags, given, flags);
	if (!audit_is_on(client))
		return status;
	credi_audit_begin(&about, logon);
	if (given) {
		audit_add(&about, "target", utf16_of(given->Cred.TargetName));
		text_add(&about, " type=%u persist=%u", (unsigned)given->Cred.Type,
			 (unsigned)given->Cred.Persist);
		audit_add(&about, "user", utf16_of(given->Cred.UserName));
	}
	audit_line(client, "CrediWrite", &about, status);
	return status;
}
