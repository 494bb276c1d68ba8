/* packages/schannel/target.h - the host that a target name means.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_TARGET_H
#define OPENSSPI_PACKAGES_SCHANNEL_TARGET_H

#include "base/base.h"

/* "host", "SERVICE/host", "SERVICE/host:port/name", "[address]": the host (mem_free), without
 * a closing dot; NULL for an empty or absent name. SEC_E_TARGET_UNKNOWN: no text, too long, or beyond
 * ASCII: TLS and certificates know such a host by its A-label (xn--…), which the caller has to give. */
MUST_CHECK NTSTATUS target_host(const UNICODE_STRING *target, char **out);

#endif
