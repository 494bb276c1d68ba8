/* lsa/credset.h - the calls of the Credential Manager: what an application may do with its set.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Statuses are credman's; besides STATUS_NO_SUCH_LOGON_SESSION when the session has no credential set, and
 * CREDMAN_INVALID_FLAGS. Replies never hold the secret of a domain credential. */
#ifndef OPENSSPI_LSA_CREDSET_H
#define OPENSSPI_LSA_CREDSET_H

#include "base/base.h"
#include "ipc/calls.h"

struct lsa_client;

MUST_CHECK NTSTATUS lsa_cred_write(struct lsa_client *client, const struct cred_write_call *call);
MUST_CHECK NTSTATUS lsa_cred_read(struct lsa_client *client, const struct cred_name_call *call,
				  struct cred_list_reply *reply);
MUST_CHECK NTSTATUS lsa_cred_enumerate(struct lsa_client *client, const struct cred_name_call *call,
				       struct cred_list_reply *reply);
MUST_CHECK NTSTATUS lsa_cred_delete(struct lsa_client *client, const struct cred_name_call *call);
MUST_CHECK NTSTATUS lsa_cred_rename(struct lsa_client *client, const struct cred_rename_call *call);
MUST_CHECK NTSTATUS lsa_cred_match(struct lsa_client *client, const struct cred_match_call *call,
				   struct cred_list_reply *reply);
MUST_CHECK NTSTATUS lsa_cred_target(struct lsa_client *client, const struct cred_name_call *call,
				    struct cred_target_reply *reply);
MUST_CHECK NTSTATUS lsa_cred_best(struct lsa_client *client, const struct cred_name_call *call,
				  struct cred_list_reply *reply);
MUST_CHECK NTSTATUS lsa_cred_session(struct lsa_client *client, struct cred_session_reply *reply);
MUST_CHECK NTSTATUS lsa_cred_set_default(struct lsa_client *client,
					 const struct cred_name_call *call);
MUST_CHECK NTSTATUS lsa_cred_get_default(struct lsa_client *client, struct cred_list_reply *reply);

#endif
