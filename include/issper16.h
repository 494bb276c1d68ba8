/* issper16.h - once the status codes of 16-bit SSPI; kept so that it can be included, and the codes
 * of winerror.h hold.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ISSPER16_H
#define OPENSSPI_ISSPER16_H

#include "winerror.h"

#endif
