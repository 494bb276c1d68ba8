/* lm.h - the lengths of names that programs take from LAN Manager's headers; none of its functions.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LM_H
#define OPENSSPI_LM_H

#include "windef.h"

/* Characters without the NUL. */
#define CNLEN 15 /* computer */
#define UNCLEN (CNLEN + 2)
#define DNLEN 15    /* domain */
#define UNLEN 256   /* user */
#define GNLEN UNLEN /* group */
#define PWLEN 256   /* password */
#define LM20_PWLEN 14
#define MAXCOMMENTSZ 256

typedef DWORD NET_API_STATUS;

#define NERR_BASE 2100
#define NERR_Success 0
#define NERR_GroupNotFound (NERR_BASE + 120)
#ifndef NERR_UserNotFound
#define NERR_UserNotFound 2221
#endif
#define NERR_InvalidComputer (NERR_BASE + 251)

#endif
