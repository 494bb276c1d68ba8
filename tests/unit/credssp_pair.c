/* tests/unit/credssp_pair.c - see tests/unit/credssp_pair.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "credssp_pair.h"

#include "base/block.h"
#include "wire/authbuffer.h"

void pair_auth(struct wr *w, uint32_t type, uint32_t flags)
{
	CLEANUP(mem_free_p) void *identity = fake_identity("LAB", "alice", "S3cret!pw");
	credssp_auth_write(w, &(struct credssp_auth){ .submit_type = type,
						      .flags = flags,
						      .has_identity = true,
						      .identity = authdata_block(identity) });
}

struct pair *pair_new(uint32_t flags)
{
	static struct pair p;
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);

	mock_tls_reset();
	pair_auth(&auth, CredsspSubmitBufferBothOld, flags);
	p = (struct pair){ .to_server = WR(ROOM), .to_client = WR(ROOM) };
	p.server.server = true;
	p.client.target = "TERMSRV/host";
	p.client.requirements = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_DELEGATE;
	p.server.requirements = ASC_REQ_ALLOCATE_MEMORY;
	assert_int_equal(fake_side_open(&p.client, &credssp_module, auth.buf), SEC_E_OK);
	assert_int_equal(fake_side_open(&p.server, &credssp_module, NULL), SEC_E_OK);
	return &p;
}

void pair_close(struct pair *p)
{
	fake_side_close(&p->client);
	fake_side_close(&p->server);
	wr_done(&p->to_server);
	wr_done(&p->to_client);
	assert_int_equal(mock_tls.handles, 0);
	assert_int_equal(mock_mech.contexts, 0);
	assert_int_equal(mock_mech.credentials, 0);
	assert_int_equal(fake_host.heap, 0);
}

void pair_client(struct pair *p)
{
	p->client_status = fake_side_step(&p->client, wr_view(&p->to_client), &p->to_server);
}

void pair_server(struct pair *p)
{
	p->server_status = fake_side_step(&p->server, wr_view(&p->to_server), &p->to_client);
}

/* Whole flights back and forth until one has nothing to say. */
void pair_run(struct pair *p)
{
	pair_client(p);
	while (p->to_server.len) {
		pair_server(p);
		if (!p->to_client.len)
			return;
		pair_client(p);
	}
}

/* Up to where the client's first TSRequest is on its way. */
void pair_run_tls(struct pair *p)
{
	pair_client(p);
	pair_server(p);
	pair_client(p);
	assert_int_equal(p->client_status, SEC_I_CONTINUE_NEEDED);
}

void pair_delegated(struct pair *p, const WCHAR *password)
{
	SecPkgContext_ClientCreds creds;
	struct authbuffer_view view;
	size_t n = 0;

	while (password[n])
		n++;
	assert_int_equal(
		p->server.lsa->QueryContextAttributes(p->server.context, SECPKG_ATTR_CREDS, &creds),
		SEC_E_OK);
	assert_true(authbuffer_read(rd_of(creds.AuthBuffer, creds.AuthBufferLen), &view));
	assert_int_equal(view.password.n, n * 2);
	if (n)
		assert_memory_equal(view.password.p, password, n * 2);
	block_free(creds.AuthBuffer);
	atomic_fetch_sub(&fake_host.heap, 1);
}
