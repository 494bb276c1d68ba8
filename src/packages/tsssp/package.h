/* packages/tsssp/package.h - the front door of TSSSP, CredSSP for programs that own their TLS.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Who owns the TLS also judges its certificate: a client may say so in a SECBUFFER_PKG_PARAMS input of
 * four bytes, CREDSSP_SERVER_AUTH_CERTIFICATE. Its word counts where it asks for MUTUAL_AUTH itself and
 * for the policies about fresh credentials, which it brought and could send anywhere; never for saved
 * or default ones, which are the LSA's to guard: those need a mechanism that reached the server. */
#ifndef OPENSSPI_PACKAGES_TSSSP_PACKAGE_H
#define OPENSSPI_PACKAGES_TSSSP_PACKAGE_H

#include "base/module.h"

extern const struct package_module tsssp_module;

/* What SpGetInfo says; static. */
const SecPkgInfoW *ts_package_info(void);

/* Describes a TSRequest or TSCredentials. */
bool ts_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out);

#endif
