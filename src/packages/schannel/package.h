/* packages/schannel/package.h - TLS as a security package, under its three names.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_PACKAGE_H
#define OPENSSPI_PACKAGES_SCHANNEL_PACKAGE_H

#include "base/module.h"

extern const struct package_module schannel_module;

#endif
