/* cli/packages.c - sspi packages: what EnumerateSecurityPackages knows.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "cli/json.h"
#include "cli/options.h"
#include "cli/status.h"

static void print_text(const SecPkgInfoA *packages, ULONG count)
{
	for (ULONG i = 0; i < count; i++)
		printf("%-45s token %6u  flags 0x%08X  %s\n", packages[i].Name,
		       packages[i].cbMaxToken, packages[i].fCapabilities, packages[i].Comment);
}

static void print_json(const SecPkgInfoA *packages, ULONG count)
{
	struct json j = { .out = stdout };

	json_open(&j, NULL, '[');
	for (ULONG i = 0; i < count; i++) {
		json_open(&j, NULL, '{');
		json_text(&j, "name", packages[i].Name);
		json_text(&j, "comment", packages[i].Comment);
		json_number(&j, "version", packages[i].wVersion);
		json_number(&j, "rpc_id", packages[i].wRPCID);
		json_number(&j, "max_token", packages[i].cbMaxToken);
		json_number(&j, "capabilities", packages[i].fCapabilities);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	putchar('\n');
}

int packages_run(int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON array" },
		{ NULL },
	};
	struct command_line line = { .command = "packages",
				     .operands = "",
				     .rows = rows,
				     .summary = "Lists the security packages." };
	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;

	ULONG count = 0;
	PSecPkgInfoA packages = NULL;
	SECURITY_STATUS status = EnumerateSecurityPackagesA(&count, &packages);
	if (status != SEC_E_OK) {
		status_print("packages", "listing the packages", status);
		return status_exit(status);
	}
	if (as_json)
		print_json(packages, count);
	else
		print_text(packages, count);
	FreeContextBuffer(packages);
	return EXIT_DONE;
}
