/* lsa/machine.h - what this machine is called.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * From the kernel's host name, unless section [lsa] of the configuration says otherwise: "netbios
 * name", "netbios domain", "dns name", "dns domain". A machine outside a domain is its own domain. */
#ifndef OPENSSPI_LSA_MACHINE_H
#define OPENSSPI_LSA_MACHINE_H

#include <opensspi.h>

#include "base/base.h"
#include "policy/policy.h"

struct machine;

/* Reads the names. `policy` may be NULL. STATUS_SUCCESS, STATUS_NO_MEMORY, or
 * STATUS_INVALID_PARAMETER for configured names that are none. */
MUST_CHECK NTSTATUS machine_new(const struct policy *policy, struct machine **out);
void machine_free(struct machine *m);

/* The names; they live as long as the machine's struct. */
const OPENSSPI_MACHINE_NAMES *machine_names(const struct machine *m);

/* The names by which it may be addressed, UTF-8, NULL at the end. */
const char *const *machine_hosts(const struct machine *m);

/* Does this text name the machine (NetBIOS or DNS, whatever its case), or is it "."? */
MUST_CHECK bool machine_is_called(const struct machine *m, const WCHAR *name, size_t n);

#endif
