/* winbind/authenticate.h - the functions behind winbind/winbind.h's table.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WINBIND_AUTHENTICATE_H
#define OPENSSPI_WINBIND_AUTHENTICATE_H

#include "winbind/winbind.h"

MUST_CHECK bool winbind_is_reachable(void);
MUST_CHECK bool winbind_is_called(const char *domain, const char *computer);
MUST_CHECK NTSTATUS winbind_authenticate(const struct winbind_question *question,
					 struct winbind_answer *out);
void winbind_answer_done(struct winbind_answer *a);

#endif
