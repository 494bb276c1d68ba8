/* base/base.h - what every file of the house includes first.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_BASE_H
#define OPENSSPI_BASE_BASE_H

#include <assert.h>
#include <string.h>

/* The implementation sees plain PULONG out-parameters; the union that welcomes callers with
 * `unsigned long *` variables is for them alone. */
#ifndef OPENSSPI_PLAIN_PULONG
#define OPENSSPI_PLAIN_PULONG 1
#endif

#include <windef.h>
#include <ntstatus.h>
#include <winerror.h>

#include "base/compiler.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/banned.h"

#endif
