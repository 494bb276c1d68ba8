/* packages/schannel/target.c - see packages/schannel/target.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/schannel/target.h"

#define HOST_MAX 253

/* Cuts a port off; an address of many colons has none unless it stands in brackets. */
static char *without_port(char *host)
{
	if (host[0] == '[') {
		char *end = strchr(host, ']');
		if (end)
			*end = '\0';
		return host + 1;
	}
	char *colon = strchr(host, ':');
	if (colon && !strchr(colon + 1, ':'))
		*colon = '\0';
	return host;
}

NTSTATUS target_host(const UNICODE_STRING *target, char **out)
{
	CLEANUP(mem_free_p) char *text = NULL;
	size_t n;

	*out = NULL;
	if (!target || !target->Buffer || target->Length == 0)
		return SEC_E_OK;
	if (!utf8_from_utf16(target->Buffer, target->Length / 2, &text, &n) || strlen(text) != n)
		return fail(SEC_E_TARGET_UNKNOWN, "a target name that is no text");
	char *slash = strchr(text, '/');
	char *host = slash ? slash + 1 : text;
	char *instance = strchr(host, '/');
	if (instance)
		*instance = '\0';
	host = without_port(host);
	size_t len = strlen(host);
	if (len && host[len - 1] == '.')
		host[--len] = '\0';
	if (len > HOST_MAX)
		return fail(SEC_E_TARGET_UNKNOWN, "a host name that is too long");
	for (size_t i = 0; i < len; i++)
		if (host[i] <= ' ' || host[i] > '~')
			return fail(SEC_E_TARGET_UNKNOWN, "a host name that is not ASCII");
	if (len && !(*out = mem_dup_text(host)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a target name");
	return SEC_E_OK;
}
