/* lsa/packagecalls.h - messages to packages: from clients, and from one package to another.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Two statuses: the returned one says whether the message was delivered, the protocol status is the
 * package's verdict. A package that has no entry for such a caller is STATUS_NOT_SUPPORTED. */
#ifndef OPENSSPI_LSA_PACKAGECALLS_H
#define OPENSSPI_LSA_PACKAGECALLS_H

#include <ntsecpkg.h>

#include "base/base.h"
#include "ipc/calls.h"

struct lsa_client;
struct package;

#define CALLS_DEEP_MAX 16 /* packages that are in each other's calls on one thread */

/* CALL_CONNECT. STATUS_NAME_TOO_LONG, STATUS_PORT_CONNECTION_REFUSED for who may not be trusted. */
MUST_CHECK NTSTATUS lsa_connect(struct lsa_client *client, const struct connect_call *call);

/* CALL_CALL_PACKAGE. STATUS_NO_SUCH_PACKAGE, STATUS_INVALID_PARAMETER (a message above IPC_MESSAGE_MAX),
 * STATUS_ACCESS_DENIED (calls itself trusted), STATUS_NO_MEMORY, and the package's own. */
MUST_CHECK NTSTATUS lsa_call_package(struct lsa_client *client,
				     const struct call_package_call *call,
				     struct call_package_reply *reply);

/* A message of one package to another, all of it in LSA memory. */
struct package_message {
	void *submit, *client_base;
	ULONG length;
	void *answer; /* LSA heap, the caller's */
	ULONG answer_length;
	NTSTATUS protocol_status;
};

/* By the callee's entry for the LSA or the one for passing through. STATUS_NO_SUCH_PACKAGE,
 * STATUS_INSUFFICIENT_RESOURCES (packages that call each other without end). */
MUST_CHECK NTSTATUS package_call(const UNICODE_STRING *name, bool passthrough,
				 struct package_message *message);

/* Is it the request that says: the caller is the LSA? Its memory is LSA heap. */
MUST_CHECK bool request_is_lsa(PLSA_CLIENT_REQUEST request);

/* How many calls of packages this thread is in. */
MUST_CHECK unsigned calls_deep(void);

#endif
