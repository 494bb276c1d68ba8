/* lsa/policycalls.h - what is in force, for those who ask which rule decided.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_POLICYCALLS_H
#define OPENSSPI_LSA_POLICYCALLS_H

#include "base/base.h"
#include "ipc/calls.h"

struct lsa_client;

/* CALL_POLICY_LIST: lines "Name\tValue\tOrigin\n". STATUS_NOT_SUPPORTED (an LSA without a policy),
 * STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS lsa_policy_list(struct lsa_client *client, struct words_reply *reply);

/* CALL_POLICY_EXPLAIN: the decision, and its sentence in the reply whatever it is. Also
 * STATUS_INVALID_PARAMETER (no such class, no target), STATUS_NOT_SUPPORTED, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS lsa_policy_explain(struct lsa_client *client,
				       const struct policy_explain_call *call,
				       struct words_reply *reply);

#endif
