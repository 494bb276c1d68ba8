/* wire/sids.h - who a signed-in client is, as SIDs: on the way between halves, and out of a PAC.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WIRE_SIDS_H
#define OPENSSPI_WIRE_SIDS_H

#include "wire/rd.h"
#include "wire/wr.h"

#define SIDS_MAX 4096u
#define SID_TEXT_MAX 192u /* "S-1-" and fifteen numbers */

/* One after the other: the user's, then the groups', each as a counted text "S-1-5-...", UTF-8. */
void sids_write(struct wr *w, const char *sid);
/* The next one, NUL-terminated, into `text`; false at the end or when it is damaged. */
MUST_CHECK bool sids_next(struct rd *sids, char text[SID_TEXT_MAX]);

/* Appends the user's and the groups' SIDs of a KERB_VALIDATION_INFO (NDR, [MS-PAC] 2.5). False when it
 * is malformed; `w` may then hold some. */
MUST_CHECK bool sids_from_pac(struct wr *w, struct rd logon_info);

#endif
