/* lib/parts.h - what an LSA is made of, opened once: policy, accounts, credentials, packages.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LIB_PARTS_H
#define OPENSSPI_LIB_PARTS_H

#include "accounts/authority.h"
#include "credman/credman.h"
#include "lsa/lsa.h"
#include "lsa/machine.h"
#include "policy/policy.h"

/* All of it lives as long as the process. */
struct parts {
	struct policy *policy;
	struct authority *authority;
	struct credman *credman; /* of the process's user; NULL in the daemon */
	lsa_credman_of *credman_of;
	enum lsa_share share;
	struct channel *remote; /* of an application whose LSA is a daemon */
	struct machine *machine;
	char *machine_name, *machine_domain;
	struct lsa *lsa;
};

/* Reads the configuration alone, if that has not been done. SEC_E_INTERNAL_ERROR: it is not understood. */
MUST_CHECK NTSTATUS parts_open_policy(struct parts *p);

/* Opens what is missing and makes the LSA. What was made before a failure is kept for the next attempt. */
MUST_CHECK NTSTATUS parts_open(struct parts *p);

#endif
