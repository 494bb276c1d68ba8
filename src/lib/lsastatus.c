/* lib/lsastatus.c - OpensspiLsaStatus: which LSA serves this program, whether it answers, what it runs.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "base/utf.h"
#include "ipc/calls.h"
#include "lib/channel.h"

static NTSTATUS ask(struct packages_reply *packages)
{
	const struct packages_call request = { 0 };
	NTSTATUS status;

	struct channel *channel = channel_current(&status);
	return channel ? channel_call(channel, CALL_PACKAGES, &request, packages) : status;
}

/* UTF-8 of each (mem_free), and how many bytes they take with their ends. */
static bool name_packages(const struct packages_reply *packages, char **name, size_t *bytes)
{
	for (uint32_t i = 0; i < packages->count; i++) {
		const struct ipc_owned *n = &packages->package[i].name;
		if (!utf8_from_utf16((const WCHAR *)(const void *)n->p, n->n / sizeof(WCHAR),
				     &name[i], NULL))
			return false;
		*bytes += strlen(name[i]) + 1;
	}
	return true;
}

static char *put_text(char **at, const char *text)
{
	char *here = *at;
	size_t n = strlen(text) + 1;

	memcpy(here, text, n);
	*at += n;
	return here;
}

/* One block: the structure, the packages, their names, the path. */
static POPENSSPI_LSA_STATUS lay_out(const struct packages_reply *packages, char **name,
				    const char *path)
{
	size_t rows = packages->count * sizeof(OPENSSPI_LSA_PACKAGE);
	size_t bytes = path ? strlen(path) + 1 : 0;

	if (!name_packages(packages, name, &bytes))
		return NULL;
	OPENSSPI_LSA_STATUS *out = block_alloc(sizeof(*out) + rows + bytes);
	if (!out)
		return NULL;
	out->Packages = (OPENSSPI_LSA_PACKAGE *)(void *)(out + 1);
	out->PackageCount = packages->count;
	char *at = (char *)(out + 1) + rows;
	for (uint32_t i = 0; i < packages->count; i++) {
		out->Packages[i].Name = put_text(&at, name[i]);
		out->Packages[i].Home = packages->package[i].home;
	}
	out->Flags = path ? OPENSSPI_LSA_SOCKET : OPENSSPI_LSA_EMBEDDED;
	out->Path = path ? put_text(&at, path) : NULL;
	return out;
}

SECURITY_STATUS SEC_ENTRY OpensspiLsaStatus(POPENSSPI_LSA_STATUS *status)
{
	CLEANUP(mem_free_p) char *path = NULL;
	struct packages_reply packages = { 0 };

	if (!status)
		return fail(SEC_E_INVALID_PARAMETER, "asking which LSA there is");
	*status = NULL;
	NTSTATUS found = channel_path(&path);
	if (failed(found))
		return found == STATUS_NO_MEMORY ? (NTSTATUS)SEC_E_INSUFFICIENT_MEMORY : found;
	NTSTATUS answered = ask(&packages);
	char **name = mem_array(packages.count + 1, sizeof(*name));
	POPENSSPI_LSA_STATUS out = name ? lay_out(&packages, name, path) : NULL;
	for (uint32_t i = 0; name && i < packages.count; i++)
		mem_free(name[i]);
	mem_free(name);
	call_reply_done(CALL_PACKAGES, &packages);
	if (!out)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "describing the LSA");
	out->Status = answered == STATUS_NO_MEMORY ? (NTSTATUS)SEC_E_INSUFFICIENT_MEMORY : answered;
	*status = out;
	return SEC_E_OK;
}
