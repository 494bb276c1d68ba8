/* policy/policy.h - the values and lists of the [policy] section that are in force.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The system's file sets, a user's file may only narrow. A file that cannot be read or understood is
 * an error at opening, named with file and line: a policy is never half in force. */
#ifndef OPENSSPI_POLICY_POLICY_H
#define OPENSSPI_POLICY_POLICY_H

#include <opensspi.h>

#include "base/base.h"
#include "base/text.h"
#include "base/utf.h"

struct policy;

/* Reads the system's and the user's configuration (absent files are fine). On failure `why` (may be
 * NULL) says file, line and reason. STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_ACCESS_DENIED (a file
 * that others may write, or that cannot be read), STATUS_INVALID_PARAMETER (its contents). */
MUST_CHECK NTSTATUS policy_open(struct policy **out, struct text *why);
void policy_free(struct policy *p);
DEFINE_CLEANUP(struct policy *, policy_free)

/* OPENSSPI_POLICY_*; false for a number that is none. */
MUST_CHECK bool policy_value(const struct policy *p, uint32_t number, uint32_t *out);

/* The delegation policies, as the CredSSP group policies define them: the class's deny list first,
 * then its allow list (the NTLM-only one when the server was not mutually authenticated).
 * STATUS_SUCCESS, SEC_E_DELEGATION_POLICY or SEC_E_POLICY_NLTM_ONLY. */
MUST_CHECK NTSTATUS policy_delegation(const struct policy *p, uint32_t class, bool mutual,
				      const WCHAR *spn, size_t spn_n);

/* What policy_delegation is asked. */
struct policy_question {
	uint32_t class;
	bool mutual;
	struct utf16 spn;
};

/* The same answer, with a sentence that names the rule and where it stands. */
MUST_CHECK NTSTATUS policy_explain(const struct policy *p, const struct policy_question *q,
				   struct text *why);

/* One thing in force; good for the visit. `origin`: "FILE:LINE", several of them, or "default". */
struct policy_entry {
	const char *name, *value, *origin;
};

/* Visits all that is in force, in the manual page's order; the visitor returns false to stop. Settings of
 * other sections are called "[section] name" and are visited where a file has them. STATUS_SUCCESS,
 * STATUS_NO_MEMORY. */
typedef bool policy_visit(void *to, const struct policy_entry *entry);
MUST_CHECK NTSTATUS policy_each(const struct policy *p, policy_visit *visit, void *to);

/* Is this SPN's host one of ours or of the configured AcceptedTargetNames? `names` are this machine's,
 * UTF-8, NULL at the end. */
MUST_CHECK bool policy_target_is_ours(const struct policy *p, const WCHAR *spn, size_t spn_n,
				      const char *const *names);

/* A string value of another section ([lsa] packages, [accounts] file …), UTF-8; NULL when unset. Under
 * AT_SECURE the system's file alone says: whoever started the program may not choose what runs in it. So it
 * does, always, for [lsa] audit. */
const char *policy_setting(const struct policy *p, const char *section, const char *name);

#endif
