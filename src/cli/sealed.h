/* cli/sealed.h - WinRM's messages sealed and opened by a finished sign-in.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_SEALED_H
#define OPENSSPI_CLI_SEALED_H

#include "cli/exchange.h"
#include "cli/winrm.h"

/* Appends the header fields (Content-Type, Content-Length) and the body of a message to a head
 * under construction, with the blank line between them; an empty message has a length alone. Not
 * sealed when `protocol` is NULL. */
MUST_CHECK SECURITY_STATUS sealed_print(struct exchange *x, const char *protocol,
					const struct bytes *soap, struct bytes *out);

/* Opens what came with that head: SEC_E_ENCRYPT_FAILURE when it is not sealed as `protocol` has
 * it. */
MUST_CHECK SECURITY_STATUS sealed_open(struct exchange *x, const char *protocol,
				       const struct http_head *head, const struct bytes *body,
				       struct bytes *soap);

#endif
