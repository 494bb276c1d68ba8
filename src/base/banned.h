/* base/banned.h - functions that invite mistakes with bytes and secrets do not compile here.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Included last by base/base.h, so every source file of the house sees it. */
#ifndef OPENSSPI_BASE_BANNED_H
#define OPENSSPI_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some of them are macros of a hardened libc. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strncpy
#undef strncat
#undef bzero
#undef bcmp

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok strncpy strncat strdup strndup
#pragma GCC poison bzero bcmp

#endif
