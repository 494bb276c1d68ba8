/* fuzz/fuzz_authbuffer.c - packed logon buffers: what is read is inside, and survives being written.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <wincred.h>

#include "wire/authbuffer.h"

static void check_inside(struct rd part, const uint8_t *data, size_t size)
{
	if (part.n && (part.p < data || part.p + part.n > data + size))
		abort();
}

static void check_form(struct rd in, enum authbuffer_form form, bool wow)
{
	CLEANUP(wr_done) struct wr again = WR(1u << 20);
	struct authbuffer_view view, second;

	if (!authbuffer_read_form(in, form, wow, &view))
		return;
	check_inside(view.domain, in.p, in.n);
	check_inside(view.user, in.p, in.n);
	check_inside(view.password, in.p, in.n);
	authbuffer_write_form(&again, form, wow, &view);
	if (!wr_ok(&again) || !authbuffer_read_form(wr_view(&again), form, wow, &second) ||
	    second.domain.n != view.domain.n || second.user.n != view.user.n ||
	    second.password.n != view.password.n)
		abort();
}

/* All that CredUnPackAuthenticationBuffer does with it, in both layouts. */
static void open_all(const uint8_t *data, size_t size, DWORD flags)
{
	WCHAR user[600], domain[600], password[600];
	DWORD user_n = 600, domain_n = 600, password_n = 600;

	(void)CredUnPackAuthenticationBufferW(flags, (void *)(uintptr_t)data, (DWORD)size, user,
					      &user_n, domain, &domain_n, password, &password_n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int form = AUTHBUFFER_LOGON; form <= AUTHBUFFER_GENERIC; form++) {
		check_form(rd_of(data, size), form, false);
		check_form(rd_of(data, size), form, true);
	}
	open_all(data, size, 0);
	open_all(data, size, CRED_PACK_WOW_BUFFER);
	return 0;
}
