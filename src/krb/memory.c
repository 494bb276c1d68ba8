/* krb/memory.c - copies out of the libraries' memory into the host's.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"

NTSTATUS context_open(krb5_context *out)
{
	*out = NULL;
	krb5_error_code code = krb5_init_context(out);
	if (!code)
		return SEC_E_OK;
	*out = NULL;
	NTSTATUS status = krb_fail(NULL, code, PHASE_LOCAL, "krb5.conf", "opening krb5");
	/* A file that is there and cannot be read is no lack of credentials. */
	return status == SEC_E_NO_CREDENTIALS ? SEC_E_INTERNAL_ERROR : status;
}

bool text_copy(char **out, const char *from)
{
	*out = from ? mem_dup_text(from) : NULL;
	return *out || !from;
}

bool span_copy(struct krb_span *out, const void *p, size_t n)
{
	*out = (struct krb_span){ .p = mem_dup(p, n) };
	if (!out->p)
		return false;
	out->n = n;
	return true;
}

struct secret *secret_of(const void *p, size_t n)
{
	struct secret *s = secret_new(n);
	if (s && n)
		memcpy(s->p, p, n);
	return s;
}

char *principal_text(krb5_context ctx, krb5_const_principal p)
{
	char *text = NULL;

	if (!p || krb5_unparse_name(ctx, p, &text) != 0)
		return NULL;
	char *copy = mem_dup_text(text);
	krb5_free_unparsed_name(ctx, text);
	return copy;
}

char *text_join(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	char *text = mem_alloc(n + m + 1);
	if (!text)
		return NULL;
	memcpy(text, a, n);
	memcpy(text + n, b, m);
	return text;
}
