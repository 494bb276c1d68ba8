/* fuzz/fuzz_authdata.c - the blocks of AuthData and the packed logon, read and written again.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/authbuffer.h"
#include "wire/authdata.h"

static void again_identity(const struct identity_view *id)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	struct identity_view back;

	identity_write(&w, id);
	if (wr_ok(&w) && (!identity_read(wr_view(&w), &back) || back.user.n != id->user.n ||
			  back.password.n != id->password.n))
		abort();
}

static void again_logon(const struct authbuffer_view *a)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	struct authbuffer_view back;

	authbuffer_write(&w, a);
	if (wr_ok(&w) && (!authbuffer_read(wr_view(&w), &back) || back.user.n != a->user.n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd block = rd_of(data, size);
	struct identity_view identity;
	struct schannel_auth schannel;
	struct credssp_auth credssp;
	struct authbuffer_view logon;

	if (identity_read(block, &identity))
		again_identity(&identity);
	if (schannel_auth_read(block, &schannel) && schannel.certificates.n + schannel.key.n > size)
		abort();
	if (credssp_auth_read(block, &credssp) && credssp.schannel.n + credssp.identity.n > size)
		abort();
	if (authbuffer_read(block, &logon))
		again_logon(&logon);
	return 0;
}
