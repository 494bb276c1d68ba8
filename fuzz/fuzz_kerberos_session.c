/* fuzz/fuzz_kerberos_session.c - packed and exported Kerberos contexts.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What unpacks packs to the same bytes again, and makes keys or is refused. */
#include "base/base.h"

#include <stdlib.h>

#include "packages/kerberos/protect.h"
#include "packages/kerberos/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(kerberos_session_done) struct kerberos_session s = { 0 };
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);
	struct kerberos_protection *p = NULL;
	struct rd r = rd_of(data, size);
	SecBuffer packed = { (ULONG)size, SECBUFFER_TOKEN, (void *)(uintptr_t)data };
	LSA_SEC_HANDLE handle;

	if (!failed(kerberos_user_import_context(&packed, NULL, &handle)) &&
	    failed(kerberos_user_delete_context(handle)))
		abort();
	if (failed(kerberos_session_unpack(&r, &s)))
		return 0;
	kerberos_session_pack(&w, &s);
	if (wr_ok(&w) && (w.len != size - r.n || memcmp(w.buf, data, w.len) != 0))
		abort();
	if (!failed(kerberos_protection_new(&s, &p)))
		kerberos_protection_free(p);
	return 0;
}
