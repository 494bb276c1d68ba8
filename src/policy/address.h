/* policy/address.h - is this text an address of this machine?
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_POLICY_ADDRESS_H
#define OPENSSPI_POLICY_ADDRESS_H

#include "base/compiler.h"

/* True for "localhost" and for the IPv4 and IPv6 literals (without brackets) of the loopback and of
 * this machine's interfaces. */
MUST_CHECK bool address_is_ours(const char *host);

#endif
