/* wire/sids.h - who a signed-in client is, as SIDs: on the way between halves, and out of a PAC.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WIRE_SIDS_H
#define OPENSSPI_WIRE_SIDS_H

#include <opensspi.h>

#include "wire/rd.h"
#include "wire/wr.h"

#define SIDS_MAX 4096u
#define SID_TEXT_MAX 192u /* "S-1-" and fifteen numbers */
#define SID_BYTES_MAX 68u
#define SIDS_BYTES_MAX (SIDS_MAX * (SID_TEXT_MAX + 4u)) /* a list's cap, for WR() */

/* One after the other: the user's, then the groups', each as a counted text "S-1-5-...", UTF-8. */
void sids_write(struct wr *w, const char *sid);
/* The next one, NUL-terminated, into `text`; false at the end or when it is damaged. */
MUST_CHECK bool sids_next(struct rd *sids, char text[SID_TEXT_MAX]);

/* True for a list that can be read to its end and holds at most SIDS_MAX; `count` receives how many. */
MUST_CHECK bool sids_are_sound(struct rd sids, size_t *count);

/* The answer to OPENSSPI_ATTR_CLIENT_SIDS: out->Sids is one block (FreeContextBuffer).
 * SEC_E_NO_CREDENTIALS for an empty list, SEC_E_INVALID_TOKEN for a damaged one,
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS sids_to_block(struct rd sids, OPENSSPI_CLIENT_SIDS *out);

/* A binary SID, [MS-DTYP] 2.4.2.2: at most fifteen subauthorities, all of `bytes`. A last one is added
 * when `rid` is not NULL. */
MUST_CHECK bool sid_text(struct rd bytes, const uint32_t *rid, char text[SID_TEXT_MAX]);

/* The binary SID of a text, in `out`; 0 when it is none. */
MUST_CHECK size_t sid_bytes(const char *text, uint8_t out[SID_BYTES_MAX]);

/* Appends the user's and the groups' SIDs of a KERB_VALIDATION_INFO (NDR, [MS-PAC] 2.5), the primary
 * group's after the user's; those of groups that are disabled or only there to deny are left out. False
 * when it is malformed or memory is short; `w` may then hold some. */
MUST_CHECK bool sids_from_pac(struct wr *w, struct rd logon_info);

#endif
