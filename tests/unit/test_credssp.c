/* tests/unit/test_credssp.c - CREDSSP: TSSSP in TLS records, over mock_tls.h, mock_mech.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <credssp.h>
#include <schannel.h>

#include "base/block.h"
#include "base/clock.h"
#include "credssp_pair.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"

/* ---- the sign-in ---- */

static void a_sign_in_runs_through_tls_and_ends_on_both_sides(void **state)
{
	struct pair *p = pair_new(0);

	pair_run(p);
	assert_int_equal(p->client_status, SEC_E_OK);
	assert_int_equal(p->server_status, SEC_E_OK);
	assert_true(p->client.mapped && p->server.mapped);
	pair_delegated(p, u"S3cret!pw");
	const ULONG sealed = ISC_RET_CONFIDENTIALITY | ISC_RET_SEQUENCE_DETECT |
			     ISC_RET_REPLAY_DETECT;
	assert_int_equal(p->client.attributes & (sealed | ISC_RET_STREAM | ISC_RET_DELEGATE),
			 sealed | ISC_RET_STREAM | ISC_RET_DELEGATE);
	assert_int_equal(p->server.attributes & (sealed | ASC_RET_STREAM), sealed | ASC_RET_STREAM);
	pair_close(p);
}

static void the_first_request_leaves_with_the_end_of_the_handshake(void **state)
{
	struct pair *p = pair_new(0);
	struct ts_request request;
	enum mock_record type;
	struct rd r, plain;

	pair_run_tls(p);
	r = wr_view(&p->to_server);
	assert_true(mock_record_take(&r, &type, &plain));
	assert_int_equal(type, MOCK_RECORD_HANDSHAKE);
	assert_true(mock_record_take(&r, &type, &plain));
	assert_int_equal(type, MOCK_RECORD_DATA);
	assert_true(ts_request_parse(plain, &request));
	assert_true(request.has_nego && rd_empty(r));
	pair_close(p);
}

static void a_request_that_was_not_sealed_does_not_leave(void **state)
{
	struct pair *p = pair_new(0);
	struct rd plain, said;
	enum mock_record type;

	pair_client(p);
	pair_server(p);
	mock_tls.seal = SEC_E_CONTEXT_EXPIRED;
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_CONTEXT_EXPIRED);
	said = wr_view(&p->to_server);
	assert_true(mock_record_take(&said, &type, &plain));
	assert_int_equal(type, MOCK_RECORD_HANDSHAKE);
	assert_true(rd_empty(said));
	mock_tls.seal = SEC_E_OK;
	pair_close(p);
}

static void messages_are_records_after_completion_and_signatures_are_not(void **state)
{
	struct pair *p = pair_new(0);
	uint8_t record[MOCK_RECORD_HEADER + 5 + MOCK_RECORD_TRAILER] = "-----hello";
	SecBuffer seal[4] = { { MOCK_RECORD_HEADER, SECBUFFER_STREAM_HEADER, record },
			      { 5, SECBUFFER_DATA, record + MOCK_RECORD_HEADER },
			      { MOCK_RECORD_TRAILER, SECBUFFER_STREAM_TRAILER,
				record + MOCK_RECORD_HEADER + 5 },
			      { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer open[4] = { { sizeof(record), SECBUFFER_DATA, record } };
	SecBufferDesc sealing = { SECBUFFER_VERSION, 4, seal },
		      opening = { SECBUFFER_VERSION, 4, open };

	pair_run(p);
	assert_int_equal(p->client.user->SealMessage(p->client.context, 0, &sealing, 0), SEC_E_OK);
	assert_memory_not_equal(record + MOCK_RECORD_HEADER, "hello", 5);
	assert_int_equal(p->server.user->UnsealMessage(p->server.context, &opening, 0, NULL),
			 SEC_E_OK);
	assert_int_equal(open[1].BufferType, SECBUFFER_DATA);
	assert_int_equal(open[1].cbBuffer, 5);
	assert_memory_equal(open[1].pvBuffer, "hello", 5);
	assert_int_equal(p->client.user->MakeSignature(p->client.context, 0, &sealing, 0),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(p->client.user->VerifySignature(p->client.context, &sealing, 0, NULL),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(p->client.user->SealMessage(12345, 0, &sealing, 0), SEC_E_INVALID_HANDLE);
	pair_close(p);
}

static void shutting_down_gives_the_layer_belows_alert(void **state)
{
	struct pair *p = pair_new(0);
	uint8_t shutdown[4] = { SCHANNEL_SHUTDOWN };
	SecBuffer token = { sizeof(shutdown), SECBUFFER_TOKEN, shutdown };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &token };

	pair_run(p);
	assert_int_equal(p->client.lsa->ApplyControlToken(p->client.context, &list),
			 STATUS_SUCCESS);
	wr_reset(&p->to_client);
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_OK);
	assert_true(p->to_server.len > 0);
	assert_int_equal(p->to_server.buf[0], MOCK_RECORD_ALERT);
	pair_close(p);
}

/* ---- records and their borders ---- */

/* Takes the plaintext of the data records on their way apart and makes records of `size` bytes. */
static void cut_records(struct wr *wire, size_t size)
{
	CLEANUP(wr_done) struct wr again = WR(ROOM), text = WR(ROOM);
	struct rd r = wr_view(wire), plain, piece;
	enum mock_record type;

	while (!rd_empty(r)) {
		assert_true(mock_record_take(&r, &type, &plain));
		if (type == MOCK_RECORD_DATA)
			wr_rd(&text, plain);
		else
			mock_record(&again, type, plain);
	}
	mock_record(&again, MOCK_RECORD_TICKET, rd_of("ticket", 6));
	for (r = wr_view(&text); !rd_empty(r);) {
		assert_true(rd_bytes(&r, r.n < size ? r.n : size, &piece));
		mock_record(&again, MOCK_RECORD_DATA, piece);
	}
	wr_reset(wire);
	wr_rd(wire, wr_view(&again));
}

static void s38_requests_may_be_split_over_records_of_any_size(void **state)
{
	static const size_t sizes[] = { 1, 2, 7, 50, 1000 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct pair *p = pair_new(0);
		pair_run_tls(p);
		while (p->client_status == SEC_I_CONTINUE_NEEDED ||
		       p->server_status == SEC_I_CONTINUE_NEEDED) {
			cut_records(&p->to_server, sizes[i]);
			pair_server(p);
			if (!p->to_client.len)
				break;
			cut_records(&p->to_client, sizes[i]);
			pair_client(p);
		}
		assert_int_equal(p->client_status, SEC_E_OK);
		assert_int_equal(p->server_status, SEC_E_OK);
		pair_delegated(p, u"S3cret!pw");
		pair_close(p);
	}
}

static void s38_a_part_of_a_record_changes_nothing(void **state)
{
	struct pair *p = pair_new(0);

	pair_run_tls(p);
	for (size_t n = 0; n < MOCK_RECORD_HEADER + 12; n++)
		assert_int_equal(
			fake_side_step(&p->server, rd_of(p->to_server.buf, n), &p->to_client),
			SEC_E_INCOMPLETE_MESSAGE);
	pair_server(p);
	assert_int_equal(p->server_status, SEC_I_CONTINUE_NEEDED);
	assert_true(p->to_client.len > 0);
	pair_close(p);
}

struct direct {
	SecBuffer in[2], out;
	NTSTATUS status;
};

/* A call with an EMPTY buffer for what is left. */
static void direct_accept(struct pair *p, struct rd bytes, struct direct *d)
{
	CLEANUP(mem_free_p) uint8_t *copy = mem_dup(bytes.p, bytes.n);
	SecBufferDesc in = { SECBUFFER_VERSION, 2, d->in }, out = { SECBUFFER_VERSION, 1, &d->out };
	LSA_SEC_HANDLE context = p->server.context;
	SecBuffer packed = { 0 };
	TimeStamp expiry;
	ULONG attributes;
	BOOLEAN mapped;

	d->in[0] = (SecBuffer){ (ULONG)bytes.n, SECBUFFER_TOKEN, copy };
	d->in[1] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
	d->out = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
	d->status = p->server.lsa->AcceptLsaModeContext(p->server.credential, context, &in,
							ASC_REQ_ALLOCATE_MEMORY, 0, &context, &out,
							&attributes, &expiry, &mapped, &packed);
	if (packed.pvBuffer) {
		block_free(packed.pvBuffer);
		atomic_fetch_sub(&fake_host.heap, 1);
	}
	if (d->out.pvBuffer) {
		block_free(d->out.pvBuffer);
		atomic_fetch_sub(&fake_host.heap, 1);
	}
}

static void s38_application_data_behind_the_credentials_is_extra(void **state)
{
	struct pair *p = pair_new(0);
	struct direct d;

	pair_run_tls(p);
	pair_server(p);
	pair_client(p);
	pair_server(p);
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_OK);
	size_t before = p->to_server.len;
	mock_record(&p->to_server, MOCK_RECORD_DATA, rd_of("application data", 16));
	direct_accept(p, wr_view(&p->to_server), &d);
	assert_int_equal(d.status, SEC_E_OK);
	assert_int_equal(d.in[1].BufferType, SECBUFFER_EXTRA);
	assert_int_equal(d.in[1].cbBuffer, p->to_server.len - before);
	pair_close(p);
}

static void a_part_of_a_record_says_how_much_is_missing(void **state)
{
	struct pair *p = pair_new(0);
	struct direct d;

	pair_run_tls(p);
	struct rd done = wr_view(&p->to_server), record = { 0 };
	assert_true(rd_bytes(&done, MOCK_RECORD_HEADER + 12,
			     &record)); /* "client done" and the trailer */
	direct_accept(p, rd_of(record.p, record.n - 3), &d);
	assert_int_equal(d.status, SEC_E_INCOMPLETE_MESSAGE);
	assert_int_equal(d.in[1].BufferType, SECBUFFER_MISSING);
	assert_int_equal(d.in[1].cbBuffer, 3);
	direct_accept(p, rd_of(record.p, record.n + 9), &d); /* and a piece of the next */
	assert_int_equal(d.status, SEC_I_CONTINUE_NEEDED);
	assert_int_equal(d.in[1].BufferType, SECBUFFER_EXTRA);
	assert_int_equal(d.in[1].cbBuffer, 9);
	pair_close(p);
}

static void data_in_the_record_of_the_credentials_are_refused(void **state)
{
	struct pair *p = pair_new(0);
	CLEANUP(wr_done) struct wr text = WR(ROOM), wire = WR(ROOM);
	enum mock_record type;
	struct rd r, plain;

	pair_run_tls(p);
	pair_server(p);
	pair_client(p);
	pair_server(p);
	pair_client(p);
	r = wr_view(&p->to_server);
	assert_true(mock_record_take(&r, &type, &plain));
	wr_rd(&text, plain);
	wr_bytes(&text, "more", 4);
	mock_record(&wire, MOCK_RECORD_DATA, wr_view(&text));
	assert_int_equal(fake_side_step(&p->server, wr_view(&wire), &p->to_client),
			 SEC_E_INVALID_TOKEN);
	pair_close(p);
}

/* ---- refusals ---- */

static void s04_a_handshake_that_fails_ends_before_any_token(void **state)
{
	struct pair *p = pair_new(0);

	mock_tls.handshake = SEC_E_MESSAGE_ALTERED;
	pair_client(p);
	pair_server(p);
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_MESSAGE_ALTERED);
	assert_int_equal(p->to_server.buf[0], MOCK_RECORD_ALERT); /* and it is told */
	assert_int_equal(mock_mech.contexts, 0);
	pair_close(p);
}

static void s09_a_refused_logon_reaches_the_client_in_a_record_and_tls_ends(void **state)
{
	struct pair *p = pair_new(0);
	enum mock_record type;
	struct rd r, plain;

	mock_mech.accept_status = STATUS_ACCOUNT_DISABLED;
	pair_run(p);
	assert_int_equal(p->server_status, STATUS_ACCOUNT_DISABLED);
	assert_int_equal(p->client_status, STATUS_ACCOUNT_DISABLED);
	assert_int_equal(p->to_server.len, 0);
	r = wr_view(&p->to_client);
	assert_true(mock_record_take(&r, &type, &plain));
	assert_true(mock_record_take(&r, &type, &plain));
	assert_int_equal(type, MOCK_RECORD_ALERT);
	pair_close(p);
}

static void s41_a_server_that_closes_is_a_refused_logon(void **state)
{
	struct pair *p = pair_new(0);

	pair_run_tls(p);
	wr_reset(&p->to_client);
	mock_record(&p->to_client, MOCK_RECORD_ALERT, rd_of("close", 5));
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_LOGON_DENIED);
	pair_close(p);
}

static void a_context_that_failed_stays_failed(void **state)
{
	struct pair *p = pair_new(0);

	pair_run_tls(p);
	CLEANUP(wr_done) struct wr junk = WR(ROOM);
	mock_record(&junk, MOCK_RECORD_DATA, rd_of("no TSRequest", 12));
	assert_true(failed(fake_side_step(&p->client, wr_view(&junk), &p->to_server)));
	assert_int_equal(fake_side_step(&p->client, wr_view(&junk), &p->to_server),
			 SEC_E_OUT_OF_SEQUENCE);
	assert_int_equal(p->to_server.len, 0);
	pair_close(p);
}

static void s32_attributes_of_half_made_contexts_are_not_given(void **state)
{
	static const ULONG attributes[] = { SECPKG_ATTR_CREDS,	      SECPKG_ATTR_STREAM_SIZES,
					    SECPKG_ATTR_PACKAGE_INFO, SECPKG_ATTR_SERVER_AUTH_FLAGS,
					    SECPKG_ATTR_SIZES,	      SECPKG_ATTR_NAMES };
	struct pair *p = pair_new(0);
	uint8_t room[256];

	pair_run_tls(p);
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		assert_int_equal(p->client.lsa->QueryContextAttributes(p->client.context,
								       attributes[i], room),
				 SEC_E_INVALID_HANDLE);
	pair_close(p);
}

/* ---- trust and delegation ---- */

static ULONG server_auth_flags(struct pair *p)
{
	SecPkgContext_Flags flags;
	assert_int_equal(p->client.lsa->QueryContextAttributes(
				 p->client.context, SECPKG_ATTR_SERVER_AUTH_FLAGS, &flags),
			 SEC_E_OK);
	assert_int_equal(p->server.lsa->QueryContextAttributes(
				 p->server.context, SECPKG_ATTR_SERVER_AUTH_FLAGS, &flags),
			 SEC_E_UNSUPPORTED_FUNCTION);
	return flags.Flags;
}

static void mutual_authentication_takes_a_trusted_certificate(void **state)
{
	struct pair *p = pair_new(0);

	p->client.requirements |= ISC_REQ_MUTUAL_AUTH;
	pair_run(p);
	assert_int_equal(p->client_status, SEC_E_MUTUAL_AUTH_FAILED);
	assert_int_equal(p->to_server.len, 0);
	pair_close(p);

	p = pair_new(0);
	p->client.requirements |= ISC_REQ_MUTUAL_AUTH;
	mock_tls.trust = 0;
	pair_run(p);
	assert_int_equal(p->client_status, SEC_E_OK);
	assert_true(p->client.attributes & ISC_RET_MUTUAL_AUTH);
	assert_true(mock_mech.mutual);
	assert_int_equal(server_auth_flags(p), CREDSSP_SERVER_AUTH_CERTIFICATE);
	pair_close(p);
}

static NTSTATUS NTAPI only_mutual(ULONG class, BOOLEAN mutual, const UNICODE_STRING *target)
{
	return mutual ? STATUS_SUCCESS : SEC_E_POLICY_NLTM_ONLY;
}

static void a_trusted_certificate_satisfies_a_policy_against_ntlm_alone(void **state)
{
	for (ULONG trust = 0; trust <= 0x20; trust += 0x20) {
		struct pair *p = pair_new(0);
		fake_host.extension.CheckDelegation = only_mutual;
		mock_tls.trust = trust;
		pair_run(p);
		assert_int_equal(p->client_status, trust ? SEC_E_POLICY_NLTM_ONLY : SEC_E_OK);
		assert_int_equal(p->to_server.len != 0, trust == 0);
		pair_close(p);
	}
}

static void the_chain_is_not_judged_when_nobody_cares(void **state)
{
	struct pair *p = pair_new(0);

	pair_run(p);
	assert_int_equal(p->client_status, SEC_E_OK);
	assert_int_equal(mock_tls.trust_asked, 0);
	assert_int_equal(server_auth_flags(p), 0);
	pair_close(p);
}

static void the_redirect_flag_keeps_the_credentials_here(void **state)
{
	struct pair *p = pair_new(CREDSSP_FLAG_REDIRECT);

	fake_host.policy[OPENSSPI_POLICY_RESTRICTED_ADMIN] = 1;
	pair_run(p);
	assert_int_equal(p->client_status, SEC_E_OK);
	assert_int_equal(p->server_status, SEC_E_OK);
	assert_false(p->client.attributes & ISC_RET_DELEGATE);
	pair_delegated(p, u"");
	pair_close(p);
}

/* ---- credentials ---- */

static NTSTATUS acquire(ULONG use, void *auth, TimeStamp *expiry)
{
	struct fake_side s = { .server = false };
	LSA_SEC_HANDLE handle;

	assert_int_equal(fake_side_open(&s, &credssp_module, NULL), SEC_E_OK);
	NTSTATUS status =
		s.lsa->AcquireCredentialsHandle(NULL, use, NULL, auth, NULL, NULL, &handle, expiry);
	if (!failed(status))
		assert_int_equal(s.lsa->FreeCredentialsHandle(handle), SEC_E_OK);
	fake_side_close(&s);
	assert_int_equal(mock_tls.handles, 0);
	assert_int_equal(mock_mech.credentials, 0);
	return status;
}

static void each_use_has_its_answer(void **state)
{
	static const struct {
		ULONG use;
		NTSTATUS status;
	} rows[] = {
		{ 0, SEC_E_OK }, /* as the page prints OUTBOUND */
		{ SECPKG_CRED_INBOUND, SEC_E_OK },
		{ SECPKG_CRED_OUTBOUND, SEC_E_OK },
		{ SECPKG_CRED_BOTH, SEC_E_OK },
		{ 4, SEC_E_UNKNOWN_CREDENTIALS },
		{ 0x80000000, SEC_E_UNKNOWN_CREDENTIALS },
	};
	TimeStamp expiry;

	mock_tls_reset();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(acquire(rows[i].use, NULL, &expiry), rows[i].status);
	assert_int_equal(mock_tls.server_flags, SCHANNEL_AUTH_OWN_CERTIFICATE);
	assert_int_equal(mock_tls.client_flags & SCH_CRED_MANUAL_CRED_VALIDATION,
			 SCH_CRED_MANUAL_CRED_VALIDATION);
}

static void each_submit_type_has_its_answer(void **state)
{
	TimeStamp expiry;

	mock_tls_reset();
	/* a certificate's needs a logon by certificate, which this identity is not */
	for (uint32_t type = 0; type < 110; type++) {
		CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);
		bool good = type == CredsspPasswordCreds || type == CredsspSchannelCreds ||
			    type == CredsspSubmitBufferBoth || type == CredsspSubmitBufferBothOld;
		pair_auth(&auth, type, 0);
		assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, auth.buf, &expiry),
				 good ? SEC_E_OK : SEC_E_UNKNOWN_CREDENTIALS);
	}
}

static NTSTATUS acquire_server(bool has_certificate, NTSTATUS tls, TimeStamp *expiry)
{
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX), schannel = WR(AUTHDATA_MAX);

	mock_tls_reset();
	mock_tls.acquire = tls;
	schannel_auth_write(&schannel, &(struct schannel_auth){ .has_certificate = has_certificate,
								.certificates = rd_of("c", 1),
								.key = rd_of("k", 1) });
	credssp_auth_write(&auth, &(struct credssp_auth){ .submit_type = CredsspSubmitBufferBothOld,
							  .has_schannel = true,
							  .schannel = wr_view(&schannel) });
	struct fake_side s = { .server = true };
	NTSTATUS status = fake_side_open(&s, &credssp_module, auth.buf);
	*expiry = s.expiry;
	fake_side_close(&s);
	assert_int_equal(mock_tls.handles, 0);
	assert_int_equal(mock_mech.credentials, 0);
	return status;
}

static void a_servers_certificate_is_there_readable_or_the_reason_why_not(void **state)
{
	TimeStamp expiry;

	assert_int_equal(acquire_server(true, SEC_E_OK, &expiry), SEC_E_OK);
	assert_int_equal(mock_tls.server_flags & SCHANNEL_AUTH_OWN_CERTIFICATE, 0);
	assert_int_equal(expiry.QuadPart, 1000); /* the earliest of mock_mech's and mock_tls's */
	assert_int_equal(acquire_server(false, SEC_E_OK, &expiry), SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(acquire_server(true, SEC_E_NO_CREDENTIALS, &expiry), SEC_E_NO_CREDENTIALS);
}

static void a_credential_serves_its_own_role_alone(void **state)
{
	struct pair *p = pair_new(0);
	LSA_SEC_HANDLE keep = p->client.credential;

	p->client.credential = p->server.credential;
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_NO_CREDENTIALS);
	p->client.credential = 77;
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_INVALID_HANDLE);
	p->client.credential = keep;
	p->server.requirements |= ISC_REQ_PROMPT_FOR_CREDS;
	pair_client(p);
	pair_server(p);
	assert_int_equal(p->server_status, SEC_E_UNSUPPORTED_FUNCTION);
	p->server.requirements = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_DELEGATE;
	pair_server(p);
	assert_int_equal(p->server_status, SEC_I_CONTINUE_NEEDED);
	pair_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sign_in_runs_through_tls_and_ends_on_both_sides),
		cmocka_unit_test(the_first_request_leaves_with_the_end_of_the_handshake),
		cmocka_unit_test(a_request_that_was_not_sealed_does_not_leave),
		cmocka_unit_test(messages_are_records_after_completion_and_signatures_are_not),
		cmocka_unit_test(shutting_down_gives_the_layer_belows_alert),
		cmocka_unit_test(s38_requests_may_be_split_over_records_of_any_size),
		cmocka_unit_test(s38_a_part_of_a_record_changes_nothing),
		cmocka_unit_test(s38_application_data_behind_the_credentials_is_extra),
		cmocka_unit_test(a_part_of_a_record_says_how_much_is_missing),
		cmocka_unit_test(data_in_the_record_of_the_credentials_are_refused),
		cmocka_unit_test(s04_a_handshake_that_fails_ends_before_any_token),
		cmocka_unit_test(s09_a_refused_logon_reaches_the_client_in_a_record_and_tls_ends),
		cmocka_unit_test(s41_a_server_that_closes_is_a_refused_logon),
		cmocka_unit_test(a_context_that_failed_stays_failed),
		cmocka_unit_test(s32_attributes_of_half_made_contexts_are_not_given),
		cmocka_unit_test(mutual_authentication_takes_a_trusted_certificate),
		cmocka_unit_test(a_trusted_certificate_satisfies_a_policy_against_ntlm_alone),
		cmocka_unit_test(the_chain_is_not_judged_when_nobody_cares),
		cmocka_unit_test(the_redirect_flag_keeps_the_credentials_here),
		cmocka_unit_test(each_use_has_its_answer),
		cmocka_unit_test(each_submit_type_has_its_answer),
		cmocka_unit_test(a_servers_certificate_is_there_readable_or_the_reason_why_not),
		cmocka_unit_test(a_credential_serves_its_own_role_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
