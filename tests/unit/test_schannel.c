/* tests/unit/test_schannel.c - the Schannel package by its tables: both ends in one process, and OpenSSL
 * itself as the other end.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

#include <opensspi.h>
#include <credssp.h>
#include <schannel.h>
#include <wincrypt.h>

#include "base/block.h"
#include "packages/schannel/load.h"
#include "packages/schannel/package.h"
#include "wire/authdata.h"
#include "wire/x509.h"

#define ROOM 65536

/* ---- an LSA of the test's own ---- */

static NTSTATUS NTAPI machine_names(POPENSSPI_MACHINE_NAMES names)
{
	static WCHAR host[] = OPENSSPI_WIDE("server.test");
	*names = (OPENSSPI_MACHINE_NAMES){ .DnsComputer = { sizeof(host) - 2, sizeof(host), host } };
	return STATUS_SUCCESS;
}

static ULONG policy_oldest = 0x303;

static NTSTATUS NTAPI query_policy(ULONG policy, PULONG value)
{
	*value = policy_oldest;
	return STATUS_SUCCESS;
}

static const OPENSSPI_LSA_EXTENSION extension = { .Version = 1,
						  .MachineNames = machine_names,
						  .QueryPolicy = query_policy };

OPENSSPI_API NTSTATUS NTAPI OpensspiLsaExtension(ULONG version, const OPENSSPI_LSA_EXTENSION **table)
{
	*table = &extension;
	return STATUS_SUCCESS;
}

static PVOID NTAPI heap_alloc(ULONG n)
{
	return block_alloc(n);
}

static VOID NTAPI heap_free(PVOID p)
{
	block_free(p);
}

static LSA_SECPKG_FUNCTION_TABLE services = { .AllocateLsaHeap = heap_alloc, .FreeLsaHeap = heap_free };
static SECPKG_DLL_FUNCTIONS dll = { .AllocateHeap = heap_alloc, .FreeHeap = heap_free };
static PSECPKG_FUNCTION_TABLE lsa;
static PSECPKG_USER_FUNCTION_TABLE user;
static struct tls_identity identity; /* RSA, server.test */
static char home[] = "/tmp/opensspi-schannel-XXXXXX";

static int begin(void **state)
{
	ULONG version, count;
	PVOID functions;
	const struct tls_ops *tls;

	assert_non_null(mkdtemp(home));
	setenv("OPENSSPI_HOME", home, 1);
	assert_int_equal(module_lsa_tables(&schannel_module, &version, &lsa, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(module_user_tables(&schannel_module, &version, &user, &count), 0);
	assert_int_equal(lsa->Initialize(1, NULL, &services), 0);
	assert_int_equal(user->InstanceInit(version, &dll, &functions), 0);
	assert_int_equal(tls_load(&tls), 0);
	assert_int_equal(tls->identity_new("server.test", &identity), 0);
	return 0;
}

static int end(void **state)
{
	char command[100];
	const struct tls_ops *tls;
	assert_int_equal(tls_load(&tls), 0);
	tls->identity_done(&identity);
	snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command);
}

/* ---- credentials ---- */

struct shape {
	uint32_t protocols, disabled, flags;
	const struct tls_identity *identity;
};

static NTSTATUS acquire(ULONG use, const struct shape *s, LSA_SEC_HANDLE *out)
{
	CLEANUP(wr_done) struct wr w = WR(65536);
	struct schannel_auth auth = { .flags = s->flags,
				      .protocols = s->protocols,
				      .disabled = s->disabled };
	if (s->identity) {
		auth.has_certificate = true;
		auth.certificates = rd_of(s->identity->certificates.p, s->identity->certificates.n);
		auth.key = rd_of(s->identity->key->p, s->identity->key->len);
	}
	schannel_auth_write(&w, &auth);
	assert_true(wr_ok(&w));
	return lsa->AcquireCredentialsHandle(NULL, use, NULL, w.buf, NULL, NULL, out, NULL);
}

/* ---- one end ---- */

struct side {
	bool server, mapped;
	LSA_SEC_HANDLE credential, context;
	ULONG requirements, attributes;
	const WCHAR *target;
	uint8_t in[ROOM]; /* received and not yet taken */
	size_t in_n;
	NTSTATUS status;
	ULONG missing;
};

static NTSTATUS step(struct side *s, uint8_t *out, size_t *out_n)
{
	SecBuffer in[2] = { { (ULONG)s->in_n, SECBUFFER_TOKEN, s->in }, { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL }, data = { 0 };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 2, in }, out_desc = { SECBUFFER_VERSION, 1, &token };
	LSA_SEC_HANDLE next = s->context;
	BOOLEAN mapped = FALSE;
	UNICODE_STRING target = { 0 };
	TimeStamp expiry;

	if (s->target) {
		target.Buffer = (WCHAR *)(uintptr_t)s->target;
		while (s->target[target.Length / 2])
			target.Length += 2;
	}
	ULONG flags = s->requirements | ISC_REQ_ALLOCATE_MEMORY;
	if (s->server)
		s->status = lsa->AcceptLsaModeContext(s->credential, s->context, &in_desc, flags, 0, &next, &out_desc,
						      &s->attributes, &expiry, &mapped, &data);
	else
		s->status = lsa->InitLsaModeContext(s->credential, s->context, &target, flags, 0,
						    s->context || s->in_n ? &in_desc : NULL, &next, &out_desc,
						    &s->attributes, &expiry, &mapped, &data);
	if (!failed(s->status))
		s->context = next;
	s->missing = in[1].BufferType == SECBUFFER_MISSING ? in[1].cbBuffer : 0;
	if (s->status != SEC_E_INCOMPLETE_MESSAGE) {
		size_t extra = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
		memmove(s->in, s->in + s->in_n - extra, extra);
		s->in_n = extra;
	}
	if (mapped) {
		assert_false(s->mapped);
		s->mapped = true;
		assert_int_equal(user->InitUserModeContext(s->context, &data), 0);
	}
	*out_n = 0;
	if (token.pvBuffer) {
		assert_true(token.cbBuffer <= ROOM);
		memcpy(out, token.pvBuffer, token.cbBuffer);
		*out_n = token.cbBuffer;
		block_free(token.pvBuffer);
	}
	return s->status;
}

static void put(struct side *s, const uint8_t *p, size_t n)
{
	assert_true(s->in_n + n <= ROOM);
	memcpy(s->in + s->in_n, p, n);
	s->in_n += n;
}

static void side_done(struct side *s)
{
	if (s->mapped)
		assert_int_equal(user->DeleteUserModeContext(s->context), 0);
	if (s->context)
		assert_int_equal(lsa->DeleteContext(s->context), 0);
	if (s->credential)
		assert_int_equal(lsa->FreeCredentialsHandle(s->credential), 0);
	*s = (struct side){ 0 };
}

static struct side client, server;

static void pair(const struct shape *client_shape, const struct shape *server_shape)
{
	client = (struct side){ .requirements = ISC_REQ_MANUAL_CRED_VALIDATION,
				.target = OPENSSPI_WIDE("TERMSRV/server.test:3389") };
	server = (struct side){ .server = true };
	assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, client_shape, &client.credential), 0);
	assert_int_equal(acquire(SECPKG_CRED_INBOUND, server_shape, &server.credential), 0);
}

/* Runs both ends until neither has anything to say, `piece` bytes at a time. */
static void shake(size_t piece)
{
	static uint8_t to_server[ROOM], to_client[ROOM], out[ROOM];
	size_t s_n = 0, c_n = 0, n;

	step(&client, to_server, &s_n);
	for (int round = 0; round < 20000 && (s_n || c_n); round++) {
		struct side *s = s_n ? &server : &client;
		uint8_t *from = s_n ? to_server : to_client;
		size_t *from_n = s_n ? &s_n : &c_n;
		size_t take = *from_n < piece ? *from_n : piece;
		put(s, from, take);
		memmove(from, from + take, *from_n - take);
		*from_n -= take;
		if (s->mapped || (failed(s->status) && s->status != SEC_E_INCOMPLETE_MESSAGE))
			continue;
		step(s, out, &n);
		uint8_t *to = s->server ? to_client : to_server;
		size_t *to_n = s->server ? &c_n : &s_n;
		memcpy(to + *to_n, out, n);
		*to_n += n;
	}
}

static const struct shape any = { 0 };
static const struct shape tls12 = { .protocols = SP_PROT_TLS1_2 };
static const struct shape tls13 = { .protocols = SP_PROT_TLS1_3 };

static struct shape serving(void)
{
	return (struct shape){ .identity = &identity };
}

static void open_pair(const struct shape *client_shape)
{
	struct shape s = serving();
	pair(client_shape, &s);
	shake(ROOM);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
}

static void close_pair(void)
{
	side_done(&client);
	side_done(&server);
}

static SecPkgContext_StreamSizes sizes_of(const struct side *s)
{
	SecPkgContext_StreamSizes sizes;
	assert_int_equal(lsa->QueryContextAttributes(s->context, SECPKG_ATTR_STREAM_SIZES, &sizes), 0);
	return sizes;
}

static size_t seal(const struct side *s, const char *text, size_t n, uint8_t *out)
{
	SecPkgContext_StreamSizes z = sizes_of(s);
	memcpy(out + z.cbHeader, text, n);
	SecBuffer b[4] = { { z.cbHeader, SECBUFFER_STREAM_HEADER, out },
			   { (ULONG)n, SECBUFFER_DATA, out + z.cbHeader },
			   { z.cbTrailer, SECBUFFER_STREAM_TRAILER, out + z.cbHeader + n },
			   { 0, SECBUFFER_EMPTY, NULL } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 4, b };
	assert_int_equal(user->SealMessage(s->context, 0, &desc, 0), 0);
	return b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer;
}

struct opened {
	NTSTATUS status;
	uint8_t *data, *extra;
	ULONG data_n, extra_n, missing;
};

static struct opened unseal(const struct side *s, uint8_t *p, size_t n)
{
	SecBuffer b[4] = { { (ULONG)n, SECBUFFER_DATA, p } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 4, b };
	struct opened o = { .status = user->UnsealMessage(s->context, &desc, 0, NULL) };
	for (int i = 0; i < 4; i++) {
		if (b[i].BufferType == SECBUFFER_DATA && !failed(o.status)) {
			o.data = b[i].pvBuffer;
			o.data_n = b[i].cbBuffer;
		} else if (b[i].BufferType == SECBUFFER_EXTRA) {
			o.extra = b[i].pvBuffer;
			o.extra_n = b[i].cbBuffer;
		} else if (b[i].BufferType == SECBUFFER_MISSING) {
			o.missing = b[i].cbBuffer;
		}
	}
	return o;
}

/* ---- the tests ---- */

static void the_three_names_are_one_package(void **state)
{
	SecPkgInfoW info;
	assert_int_equal(lsa[0].GetInfo(&info), 0);
	assert_memory_equal(info.Name, OPENSSPI_WIDE("Schannel"), 18);
	assert_int_equal(info.fCapabilities, 0x000107B3);
	assert_int_equal(info.cbMaxToken, 24576);
	assert_int_equal(info.wRPCID, 14);
	assert_int_equal(lsa[1].GetInfo(&info), 0);
	assert_memory_equal(info.Name, UNISP_NAME_W, 20);
	assert_int_equal(lsa[2].GetInfo(&info), 0);
	assert_memory_equal(info.Name, DEFAULT_TLS_SSP_NAME_W, 20);
	PSECPKG_EXTENDED_INFORMATION traits;
	assert_int_equal(lsa->GetExtendedInformation(OPENSSPI_PACKAGE_TRAITS_CLASS, &traits), 0);
	assert_int_equal(((OPENSSPI_PACKAGE_TRAITS *)traits)->Home, OPENSSPI_HOME_CALLER);
	block_free(traits);
}

static void a_conversation(const struct shape *shape, uint16_t version)
{
	static uint8_t record[ROOM];
	open_pair(shape);
	for (int i = 0; i < 3; i++) {
		size_t n = seal(&client, "ping", 4, record);
		struct opened o = unseal(&server, record, n);
		assert_int_equal(o.status, 0);
		assert_int_equal(o.data_n, 4);
		assert_memory_equal(o.data, "ping", 4);
		n = seal(&server, "pong!", 5, record);
		o = unseal(&client, record, n);
		assert_int_equal(o.data_n, 5);
		assert_memory_equal(o.data, "pong!", 5);
	}
	SecPkgContext_CipherInfo cipher;
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_CIPHER_INFO, &cipher), 0);
	assert_int_equal(cipher.dwProtocol, version);
	SecPkgContext_ConnectionInfo info;
	assert_int_equal(user->QueryContextAttributes(server.context, SECPKG_ATTR_CONNECTION_INFO, &info), 0);
	assert_int_equal(info.dwProtocol, version == 0x303 ? SP_PROT_TLS1_2_SERVER : SP_PROT_TLS1_3_SERVER);
	assert_true(info.dwCipherStrength >= 128);
	close_pair();
}

static void tls_1_2_and_1_3_carry_messages_both_ways(void **state)
{
	a_conversation(&tls12, 0x303);
	a_conversation(&tls13, 0x304);
	a_conversation(&any, 0x304);
}

static void the_handshake_may_come_byte_by_byte(void **state)
{
	struct shape s = serving();
	for (int i = 0; i < 2; i++) {
		pair(i ? &tls12 : &tls13, &s);
		shake(1);
		assert_int_equal(client.status, SEC_E_OK);
		assert_int_equal(server.status, SEC_E_OK);
		close_pair();
		pair(i ? &tls12 : &tls13, &s);
		shake(777);
		assert_true(client.mapped && server.mapped);
		close_pair();
	}
}

static void an_incomplete_record_says_how_much_is_missing(void **state)
{
	static uint8_t hello[ROOM], out[ROOM];
	struct shape s = serving();
	size_t n, out_n;
	pair(&any, &s);
	assert_int_equal(step(&client, hello, &n), SEC_I_CONTINUE_NEEDED);
	put(&server, hello, 3);
	assert_int_equal(step(&server, out, &out_n), SEC_E_INCOMPLETE_MESSAGE);
	assert_int_equal(server.missing, 2);
	assert_int_equal(server.context, 0);
	put(&server, hello + 3, n - 13);
	assert_int_equal(step(&server, out, &out_n), SEC_E_INCOMPLETE_MESSAGE);
	assert_int_equal(server.missing, 10);
	put(&server, hello + n - 10, 10);
	assert_int_equal(step(&server, out, &out_n), SEC_I_CONTINUE_NEEDED);
	assert_true(out_n > 0);
	assert_int_equal(step(&client, out, &out_n), SEC_E_INCOMPLETE_MESSAGE);
	close_pair();
}

static void data_behind_the_handshake_is_extra(void **state)
{
	static uint8_t a[ROOM], b[ROOM];
	struct shape s = serving();
	size_t a_n, b_n;
	pair(&tls13, &s);
	step(&client, a, &a_n);
	put(&server, a, a_n);
	step(&server, b, &b_n);
	put(&client, b, b_n);
	assert_int_equal(step(&client, a, &a_n), SEC_E_OK);
	size_t n = seal(&client, "first", 5, b);
	put(&server, a, a_n);
	put(&server, b, n);
	put(&server, b, 2); /* and the beginning of another */
	assert_int_equal(step(&server, a, &a_n), SEC_E_OK);
	assert_int_equal(server.in_n, n + 2);
	struct opened o = unseal(&server, server.in, server.in_n);
	assert_int_equal(o.data_n, 5);
	assert_int_equal(o.extra_n, 2);
	assert_ptr_equal(o.extra, server.in + n);
	close_pair();
}

static void several_records_in_one_buffer_are_opened_one_after_the_other(void **state)
{
	static uint8_t record[ROOM], copy[ROOM];
	for (int i = 0; i < 2; i++) {
		open_pair(i ? &tls12 : &tls13);
		size_t n = seal(&client, "one", 3, record);
		n += seal(&client, "three", 5, record + n);
		memcpy(copy, record, n);
		for (size_t cut = 0; cut < 20; cut++) {
			struct opened part = unseal(&server, record, cut);
			assert_int_equal(part.status, SEC_E_INCOMPLETE_MESSAGE);
			assert_true(part.missing > 0);
			assert_memory_equal(record, copy, n);
		}
		struct opened o = unseal(&server, record, n);
		assert_int_equal(o.status, 0);
		assert_int_equal(o.data_n, 3);
		o = unseal(&server, o.extra, o.extra_n);
		assert_memory_equal(o.data, "three", 5);
		assert_int_equal(o.extra_n, 0);
		close_pair();
	}
}

static void a_tampered_record_is_altered_and_ends_the_context(void **state)
{
	static uint8_t record[ROOM], again[ROOM];
	for (int i = 0; i < 2; i++) {
		open_pair(i ? &tls12 : &tls13);
		size_t n = seal(&client, "precious", 8, record);
		size_t m = seal(&client, "more", 4, again);
		record[n - 1] ^= 1;
		assert_int_equal(unseal(&server, record, n).status, SEC_E_MESSAGE_ALTERED);
		assert_int_equal(unseal(&server, again, m).status, SEC_E_CONTEXT_EXPIRED);
		close_pair();
	}
	open_pair(&any);
	uint8_t garbage[] = "GET / HTTP/1.0\r\n\r\n";
	assert_int_equal(unseal(&server, garbage, sizeof(garbage)).status, SEC_E_MESSAGE_ALTERED);
	close_pair();
}

static void a_replayed_record_is_refused(void **state)
{
	static uint8_t record[ROOM], copy[ROOM];
	open_pair(&any);
	size_t n = seal(&client, "once", 4, record);
	memcpy(copy, record, n);
	assert_int_equal(unseal(&server, record, n).status, 0);
	assert_int_equal(unseal(&server, copy, n).status, SEC_E_MESSAGE_ALTERED);
	close_pair();
}

static void garbage_instead_of_a_hello_makes_no_context(void **state)
{
	static uint8_t out[ROOM];
	struct shape s = serving();
	size_t n;
	pair(&any, &s);
	put(&server, (const uint8_t *)"GET / HTTP/1.0\r\n\r\n", 18);
	assert_int_equal(step(&server, out, &n), SEC_E_INVALID_TOKEN);
	assert_int_equal(server.context, 0);
	close_pair();
}

static void every_flipped_byte_of_the_hello_is_survived(void **state)
{
	static uint8_t hello[ROOM], out[ROOM];
	struct shape s = serving();
	size_t n, out_n;
	pair(&any, &s);
	step(&client, hello, &n);
	for (size_t i = 0; i < n; i += 3) {
		hello[i] ^= 0x41;
		server.in_n = 0;
		put(&server, hello, n);
		step(&server, out, &out_n);
		if (server.context)
			assert_int_equal(lsa->DeleteContext(server.context), 0);
		server.context = 0;
		hello[i] ^= 0x41;
	}
	close_pair();
}

static void sizes_are_what_messages_take(void **state)
{
	static uint8_t record[ROOM], big[TLS_DATA_MAX + 1];
	for (int i = 0; i < 2; i++) {
		open_pair(i ? &tls12 : &tls13);
		SecPkgContext_StreamSizes z = sizes_of(&client);
		assert_int_equal(z.cbMaximumMessage, 16384);
		assert_int_equal(z.cBuffers, 4);
		assert_int_equal(seal(&client, (char *)big, TLS_DATA_MAX, record),
				 z.cbHeader + TLS_DATA_MAX + z.cbTrailer);
		struct opened o = unseal(&server, record, z.cbHeader + TLS_DATA_MAX + z.cbTrailer);
		assert_int_equal(o.data_n, TLS_DATA_MAX);
		SecBuffer b[3] = { { z.cbHeader, SECBUFFER_STREAM_HEADER, record },
				   { TLS_DATA_MAX + 1, SECBUFFER_DATA, big },
				   { z.cbTrailer, SECBUFFER_STREAM_TRAILER, record + 100 } };
		SecBufferDesc desc = { SECBUFFER_VERSION, 3, b };
		assert_int_equal(user->SealMessage(client.context, 0, &desc, 0), SEC_E_INVALID_TOKEN);
		b[1].cbBuffer = 10;
		b[0].cbBuffer--;
		assert_int_equal(user->SealMessage(client.context, 0, &desc, 0), SEC_E_BUFFER_TOO_SMALL);
		b[0].cbBuffer++;
		b[2].cbBuffer--;
		assert_int_equal(user->SealMessage(client.context, 0, &desc, 0), SEC_E_BUFFER_TOO_SMALL);
		b[2].cbBuffer++;
		assert_int_equal(user->SealMessage(client.context, 1, &desc, 0), SEC_E_QOP_NOT_SUPPORTED);
		desc.cBuffers = 2;
		assert_int_equal(user->SealMessage(client.context, 0, &desc, 0), SEC_E_INVALID_TOKEN);
		close_pair();
	}
}

static void scattered_buffers_are_filled_each(void **state)
{
	uint8_t header[32], data[10] = "scattered", trailer[32], whole[74];
	for (int i = 0; i < 2; i++) {
		open_pair(i ? &tls12 : &tls13);
		memcpy(data, "scattered", 10);
		SecBuffer b[4] = { { sizeof(header), SECBUFFER_STREAM_HEADER, header },
				   { sizeof(data), SECBUFFER_DATA, data },
				   { sizeof(trailer), SECBUFFER_STREAM_TRAILER, trailer } };
		SecBufferDesc desc = { SECBUFFER_VERSION, 4, b };
		assert_int_equal(user->SealMessage(client.context, 0, &desc, 0), 0);
		size_t n = 0;
		for (int k = 0; k < 3; n += b[k++].cbBuffer)
			memcpy(whole + n, b[k].pvBuffer, b[k].cbBuffer);
		struct opened o = unseal(&server, whole, n);
		assert_int_equal(o.data_n, 10);
		assert_memory_equal(o.data, "scattered", 10);
		close_pair();
	}
}

static void signatures_are_not_offered(void **state)
{
	SecBufferDesc desc = { SECBUFFER_VERSION, 0, NULL };
	open_pair(&any);
	assert_int_equal(user->MakeSignature(client.context, 0, &desc, 0), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(user->VerifySignature(client.context, &desc, 0, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	SecPkgContext_Sizes sizes;
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(user->SealMessage(12345, 0, &desc, 0), SEC_E_INVALID_HANDLE);
	close_pair();
}

static void shutdown_gives_close_notify_once(void **state)
{
	static uint8_t out[ROOM];
	DWORD shutdown_token = SCHANNEL_SHUTDOWN;
	SecBuffer token = { sizeof(shutdown_token), SECBUFFER_TOKEN, &shutdown_token };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &token };
	size_t n;
	for (int i = 0; i < 2; i++) {
		open_pair(i ? &tls12 : &tls13);
		assert_int_equal(lsa->ApplyControlToken(client.context, &desc), 0);
		assert_int_equal(step(&client, out, &n), SEC_E_OK);
		assert_true(n > 0);
		assert_int_equal(unseal(&server, out, n).status, SEC_I_CONTEXT_EXPIRED);
		assert_int_equal(step(&client, out, &n), SEC_I_CONTEXT_EXPIRED);
		assert_int_equal(n, 0);
		uint8_t data[64] = { 0 };
		SecBuffer b[3] = { { 16, SECBUFFER_STREAM_HEADER, data },
				   { 4, SECBUFFER_DATA, data + 16 },
				   { 20, SECBUFFER_STREAM_TRAILER, data + 20 } };
		SecBufferDesc message = { SECBUFFER_VERSION, 3, b };
		assert_int_equal(user->SealMessage(client.context, 0, &message, 0), SEC_E_CONTEXT_EXPIRED);
		/* the other side may still answer */
		n = seal(&server, "bye", 3, out);
		assert_int_equal(unseal(&client, out, n).data_n, 3);
		close_pair();
	}
}

static void the_certificates_are_shown(void **state)
{
	open_pair(&any);
	PCCERT_CONTEXT seen, own;
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &seen), 0);
	assert_int_equal(seen->cbCertEncoded, identity.certificates.n);
	assert_memory_equal(seen->pbCertEncoded, identity.certificates.p, identity.certificates.n);
	assert_int_equal(lsa->QueryContextAttributes(server.context, SECPKG_ATTR_LOCAL_CERT_CONTEXT, &own), 0);
	assert_memory_equal(own->pbCertEncoded, identity.certificates.p, identity.certificates.n);
	block_free((void *)(uintptr_t)seen);
	block_free((void *)(uintptr_t)own);
	assert_int_equal(lsa->QueryContextAttributes(server.context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &seen),
			 SEC_E_NO_CREDENTIALS);
	CERT_TRUST_STATUS trust;
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_CERT_TRUST_STATUS, &trust), 0);
	assert_int_equal(trust.dwErrorStatus, CERT_TRUST_IS_UNTRUSTED_ROOT);
	SecPkgContext_PackageInfoW info;
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_PACKAGE_INFO, &info), 0);
	assert_int_equal(info.PackageInfo->cbMaxToken, 24576);
	block_free(info.PackageInfo);
	close_pair();
}

static void bindings_agree_at_both_ends(void **state)
{
	const ULONG kinds[] = { SECPKG_ATTR_ENDPOINT_BINDINGS, SECPKG_ATTR_UNIQUE_BINDINGS };
	open_pair(&tls12);
	for (size_t i = 0; i < 2; i++) {
		SecPkgContext_Bindings a, b;
		assert_int_equal(lsa->QueryContextAttributes(client.context, kinds[i], &a), 0);
		assert_int_equal(lsa->QueryContextAttributes(server.context, kinds[i], &b), 0);
		assert_int_equal(a.BindingsLength, b.BindingsLength);
		assert_memory_equal(a.Bindings, b.Bindings, a.BindingsLength);
		const char *name = i ? "tls-unique:" : "tls-server-end-point:";
		assert_memory_equal((uint8_t *)a.Bindings + a.Bindings->dwApplicationDataOffset, name, strlen(name));
		block_free(a.Bindings);
		block_free(b.Bindings);
	}
	close_pair();
	SecPkgContext_Bindings none;
	open_pair(&tls13);
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_UNIQUE_BINDINGS, &none),
			 SEC_E_UNSUPPORTED_FUNCTION);
	close_pair();
}

static void flags_say_what_was_agreed(void **state)
{
	open_pair(&any);
	assert_int_equal(client.attributes & ISC_RET_MANUAL_CRED_VALIDATION, ISC_RET_MANUAL_CRED_VALIDATION);
	assert_int_equal(client.attributes & ISC_RET_MUTUAL_AUTH, 0);
	assert_int_equal(client.attributes & ISC_RET_STREAM, ISC_RET_STREAM);
	assert_int_equal(server.attributes & ASC_RET_STREAM, ASC_RET_STREAM);
	close_pair();
}

static void an_untrusted_server_is_refused_by_default(void **state)
{
	struct shape s = serving();
	for (int i = 0; i < 2; i++) {
		pair(i ? &tls12 : &tls13, &s);
		client.requirements = 0;
		shake(ROOM);
		assert_int_equal(client.status, SEC_E_UNTRUSTED_ROOT);
		/* and the server is told */
		assert_int_equal(server.status, SEC_E_UNTRUSTED_ROOT);
		assert_false(client.mapped || server.mapped);
		close_pair();
	}
}

static void trusted_roots_and_names_decide(void **state)
{
	/* SSL_CERT_FILE was set to the server's own certificate before the first judgement: see main */
	static const struct {
		const WCHAR *target;
		NTSTATUS status;
	} row[] = {
		{ OPENSSPI_WIDE("TERMSRV/trusted.test"), SEC_E_OK },
		{ OPENSSPI_WIDE("trusted.test"), SEC_E_OK },
		{ OPENSSPI_WIDE("trusted.test."), SEC_E_OK },
		{ OPENSSPI_WIDE("HTTP/other.test"), SEC_E_WRONG_PRINCIPAL },
		{ OPENSSPI_WIDE("TERMSRV/192.0.2.1"), SEC_E_WRONG_PRINCIPAL },
		{ OPENSSPI_WIDE("TERMSRV/.test"), SEC_E_WRONG_PRINCIPAL },
		{ NULL, SEC_E_WRONG_PRINCIPAL },
	};
	struct tls_identity *trusted = *state;
	struct shape s = { .identity = trusted };
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		pair(&any, &s);
		client.requirements = 0;
		client.target = row[i].target;
		shake(ROOM);
		assert_int_equal(client.status, row[i].status);
		if (row[i].status == SEC_E_OK)
			assert_int_equal(client.attributes & ISC_RET_MUTUAL_AUTH, ISC_RET_MUTUAL_AUTH);
		close_pair();
	}
	struct shape no_name = { .flags = SCH_CRED_NO_SERVERNAME_CHECK };
	pair(&no_name, &s);
	client.requirements = 0;
	client.target = NULL;
	shake(ROOM);
	assert_int_equal(client.status, SEC_E_OK);
	close_pair();
}

static void credentials_that_cannot_serve_are_refused(void **state)
{
	LSA_SEC_HANDLE h;
	struct shape none = { 0 }, old = { .protocols = SP_PROT_TLS1_0_CLIENT };
	assert_int_equal(lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &h, NULL),
			 SEC_E_NO_CREDENTIALS);
	assert_int_equal(acquire(SECPKG_CRED_INBOUND, &none, &h), SEC_E_NO_CREDENTIALS);
	assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &old, &h), SEC_E_ALGORITHM_MISMATCH);
	assert_int_equal(acquire(0, &none, &h), SEC_E_UNKNOWN_CREDENTIALS);
	/* a key of another certificate, a cut certificate, a cut key */
	const struct tls_ops *tls;
	struct tls_identity other;
	assert_int_equal(tls_load(&tls), 0);
	assert_int_equal(tls->identity_new("other", &other), 0);
	struct tls_identity mixed = { .certificates = identity.certificates, .key = other.key };
	struct shape s = { .identity = &mixed };
	assert_int_equal(acquire(SECPKG_CRED_INBOUND, &s, &h), SEC_E_UNKNOWN_CREDENTIALS);
	mixed.key = identity.key;
	mixed.certificates.n--;
	assert_int_equal(acquire(SECPKG_CRED_INBOUND, &s, &h), SEC_E_UNKNOWN_CREDENTIALS);
	mixed.certificates.n++;
	mixed.key->len--;
	assert_int_equal(acquire(SECPKG_CRED_INBOUND, &s, &h), SEC_E_UNKNOWN_CREDENTIALS);
	mixed.key->len++;
	tls->identity_done(&other);
	uint8_t block[8] = { 8, 0, 0, 0, 1, 2, 3, 4 };
	assert_int_equal(lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_OUTBOUND, NULL, block, NULL, NULL, &h, NULL),
			 SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(lsa->FreeCredentialsHandle(0), SEC_E_INVALID_HANDLE);
}

static void a_credential_serves_its_own_direction_only(void **state)
{
	static uint8_t out[ROOM];
	struct shape s = serving();
	size_t n;
	pair(&any, &s);
	LSA_SEC_HANDLE swap = client.credential;
	client.credential = server.credential;
	assert_int_equal(step(&client, out, &n), SEC_E_NO_CREDENTIALS);
	client.credential = swap;
	client.requirements = ISC_REQ_DELEGATE;
	assert_int_equal(step(&client, out, &n), SEC_E_UNSUPPORTED_FUNCTION);
	close_pair();
}

static void policy_may_forbid_tls_1_2(void **state)
{
	struct shape s = serving();
	LSA_SEC_HANDLE h;
	policy_oldest = 0x304;
	assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &tls12, &h), SEC_E_ALGORITHM_MISMATCH);
	policy_oldest = 0x303;
	struct shape only12 = { .disabled = SP_PROT_TLS1_3, .identity = &identity };
	pair(&tls13, &only12);
	shake(ROOM);
	assert_true(failed(client.status) && failed(server.status));
	close_pair();
	(void)s;
}

static void a_token_without_room_is_kept_for_the_next_call(void **state)
{
	static uint8_t hello[ROOM], small[10], large[ROOM];
	struct shape s = serving();
	size_t n;
	pair(&any, &s);
	step(&client, hello, &n);
	put(&server, hello, n);
	step(&server, large, &n);
	SecBuffer in[2] = { { (ULONG)n, SECBUFFER_TOKEN, large }, { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer out = { sizeof(small), SECBUFFER_TOKEN, small }, data = { 0 };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 2, in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	BOOLEAN mapped;
	for (int i = 0; i < 2; i++) {
		out.cbBuffer = sizeof(small);
		assert_int_equal(lsa->InitLsaModeContext(client.credential, client.context, NULL, client.requirements,
							 0, &in_desc, &client.context, &out_desc, &client.attributes,
							 NULL, &mapped, &data),
				 SEC_E_BUFFER_TOO_SMALL);
		assert_true(out.cbBuffer > sizeof(small) && out.cbBuffer < sizeof(hello));
	}
	out.pvBuffer = hello;
	out.cbBuffer = sizeof(hello);
	assert_int_equal(lsa->InitLsaModeContext(client.credential, client.context, NULL, client.requirements, 0,
						 &in_desc, &client.context, &out_desc, &client.attributes, NULL,
						 &mapped, &data),
			 SEC_E_OK);
	assert_true(mapped && out.cbBuffer > 10 && out.cbBuffer < sizeof(hello));
	block_free(data.pvBuffer);
	put(&server, hello, out.cbBuffer);
	assert_int_equal(step(&server, large, &n), SEC_E_OK);
	close_pair();
}

static void a_client_certificate_is_asked_for_with_mutual_auth(void **state)
{
	struct shape s = { .identity = &identity, .flags = SCH_CRED_MANUAL_CRED_VALIDATION };
	struct shape with = { .identity = &identity }, tls12_with = { .identity = &identity, .protocols = SP_PROT_TLS1_2 };
	for (int i = 0; i < 2; i++) {
		pair(i ? &tls12_with : &with, &s);
		server.requirements = ASC_REQ_MUTUAL_AUTH;
		shake(ROOM);
		assert_int_equal(server.status, SEC_E_OK);
		assert_int_equal(server.attributes & ASC_RET_MUTUAL_AUTH, ASC_RET_MUTUAL_AUTH);
		close_pair();
	}
	pair(&tls12, &s);
	server.requirements = ASC_REQ_MUTUAL_AUTH;
	shake(ROOM);
	assert_true(failed(server.status));
	close_pair();
}

static void mutual_auth_asked_for_too_late_is_not_granted(void **state)
{
	static uint8_t wire[ROOM];
	struct shape s = serving();
	size_t n;
	pair(&any, &s);
	step(&client, wire, &n);
	put(&server, wire, n);
	assert_int_equal(step(&server, wire, &n), SEC_I_CONTINUE_NEEDED);
	put(&client, wire, n);
	assert_false(failed(step(&client, wire, &n)));
	put(&server, wire, n);
	server.requirements = ASC_REQ_MUTUAL_AUTH;
	assert_int_equal(step(&server, wire, &n), SEC_E_OK);
	assert_int_equal(server.attributes & ASC_RET_MUTUAL_AUTH, 0);
	close_pair();
}

/* ---- the kept certificate ---- */

static NTSTATUS own_server(PCCERT_CONTEXT *seen)
{
	struct shape own = { .flags = SCHANNEL_AUTH_OWN_CERTIFICATE };
	LSA_SEC_HANDLE h;
	NTSTATUS status = acquire(SECPKG_CRED_INBOUND, &own, &h);
	if (failed(status))
		return status;
	assert_int_equal(lsa->FreeCredentialsHandle(h), 0);
	pair(&any, &own);
	shake(ROOM);
	assert_int_equal(server.status, SEC_E_OK);
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, seen), 0);
	close_pair();
	return status;
}

static void a_made_certificate_is_kept_and_never_replaced(void **state)
{
	char path[200];
	PCCERT_CONTEXT first, second;
	struct stat st;
	struct rd key;

	assert_int_equal(own_server(&first), 0);
	assert_int_equal(own_server(&second), 0);
	assert_int_equal(first->cbCertEncoded, second->cbCertEncoded);
	assert_memory_equal(first->pbCertEncoded, second->pbCertEncoded, first->cbCertEncoded);
	assert_true(x509_subject_public_key(rd_of(first->pbCertEncoded, first->cbCertEncoded), &key));
	block_free((void *)(uintptr_t)first);
	block_free((void *)(uintptr_t)second);
	snprintf(path, sizeof(path), "%s/state/certificate.pem", home);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	/* readable by others: not the user's alone */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(own_server(&first), SEC_E_NO_CREDENTIALS);
	assert_int_equal(chmod(path, 0600), 0);
	/* cut at any place: named, not replaced */
	const off_t size = st.st_size;
	for (off_t n = size - 40; n >= 0; n -= size / 5) {
		assert_int_equal(truncate(path, n), 0);
		assert_int_equal(own_server(&first), SEC_E_NO_CREDENTIALS);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, n);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(own_server(&first), 0);
	block_free((void *)(uintptr_t)first);
}

/* ---- other ends ---- */

static EVP_PKEY *p256(void)
{
	return EVP_EC_gen("P-256");
}

/* A certificate of `key` with the name `host`. */
static struct tls_span certificate_of(EVP_PKEY *key, const char *host)
{
	X509 *x = X509_new();
	struct tls_span der = { 0 };
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const uint8_t *)host, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	int n = i2d_X509(x, NULL);
	uint8_t *p = der.p = mem_alloc((size_t)n);
	der.n = (size_t)i2d_X509(x, &p);
	X509_free(x);
	return der;
}

static void s04_a_signature_by_another_key_ends_the_handshake(void **state)
{
	EVP_PKEY *right = p256(), *wrong = p256();
	struct tls_span cert = certificate_of(right, "server.test");
	/* SEC1: the private number of one key beside the public point of the other */
	uint8_t *a = NULL, *b = NULL;
	int a_n = i2d_PrivateKey(right, &a), b_n = i2d_PrivateKey(wrong, &b);
	assert_int_equal(a_n, b_n);
	struct secret *key = secret_copy(a, (size_t)a_n);
	memcpy(key->p + 7, b + 7, 32);
	struct tls_identity thief = { .certificates = cert, .key = key };
	struct shape s = { .identity = &thief };
	for (int i = 0; i < 2; i++) {
		pair(i ? &tls12 : &tls13, &s);
		shake(ROOM);
		assert_int_equal(client.status, SEC_E_DECRYPT_FAILURE);
		assert_false(client.mapped || server.mapped);
		close_pair();
	}
	/* the same certificate with its own key is fine */
	memcpy(key->p + 7, a + 7, 32);
	pair(&any, &s);
	shake(ROOM);
	assert_int_equal(client.status, SEC_E_OK);
	close_pair();
	secret_free(key);
	mem_free(cert.p);
	OPENSSL_free(a);
	OPENSSL_free(b);
	EVP_PKEY_free(right);
	EVP_PKEY_free(wrong);
}

struct peer {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
};

static void peer_open(struct peer *p, bool as_server, int version)
{
	EVP_PKEY *key = p256();
	struct tls_span cert = certificate_of(key, "peer.test");
	const uint8_t *at = cert.p;
	X509 *x = d2i_X509(NULL, &at, (long)cert.n);

	p->ctx = SSL_CTX_new(TLS_method());
	SSL_CTX_set_min_proto_version(p->ctx, version);
	SSL_CTX_set_max_proto_version(p->ctx, version);
	SSL_CTX_use_certificate(p->ctx, x);
	SSL_CTX_use_PrivateKey(p->ctx, key);
	p->ssl = SSL_new(p->ctx);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	SSL_set_bio(p->ssl, p->in, p->out);
	as_server ? SSL_set_accept_state(p->ssl) : SSL_set_connect_state(p->ssl);
	X509_free(x);
	mem_free(cert.p);
	EVP_PKEY_free(key);
}

static void peer_close(struct peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
}

static size_t peer_take(struct peer *p, uint8_t *out)
{
	int n = BIO_read(p->out, out, ROOM);
	return n > 0 ? (size_t)n : 0;
}

/* Our side against OpenSSL; what OpenSSL said after the end of the handshake stays in side->in. */
static void shake_with(struct side *s, struct peer *p)
{
	static uint8_t out[ROOM], in[ROOM];
	size_t n;
	for (int i = 0; i < 10; i++) {
		if (!s->mapped && (!s->server || s->in_n)) {
			step(s, out, &n);
			BIO_write(p->in, out, (int)n);
		}
		SSL_do_handshake(p->ssl);
		n = peer_take(p, in);
		put(s, in, n);
		if (s->mapped && SSL_is_init_finished(p->ssl) && !n)
			break;
	}
	assert_int_equal(s->status, SEC_E_OK);
	assert_true(SSL_is_init_finished(p->ssl));
}

static void session_tickets_are_taken_without_a_word(void **state)
{
	static uint8_t wire[ROOM];
	struct shape s = serving();
	struct peer p;
	size_t n;
	pair(&tls13, &s);
	peer_open(&p, true, TLS1_3_VERSION);
	shake_with(&client, &p);
	assert_true(client.in_n > 0); /* two tickets */
	/* alone: no data */
	struct opened o = unseal(&client, client.in, client.in_n);
	assert_int_equal(o.status, SEC_E_OK);
	assert_int_equal(o.data_n, 0);
	assert_int_equal(o.extra_n, 0);
	close_pair();
	peer_close(&p);

	/* in front of data: the data */
	pair(&tls13, &s);
	peer_open(&p, true, TLS1_3_VERSION);
	shake_with(&client, &p);
	SSL_write(p.ssl, "hello", 5);
	n = peer_take(&p, wire);
	put(&client, wire, n);
	o = unseal(&client, client.in, client.in_n);
	assert_int_equal(o.status, SEC_E_OK);
	assert_int_equal(o.data_n, 5);
	assert_memory_equal(o.data, "hello", 5);
	close_pair();
	peer_close(&p);
}

static void a_peer_may_ask_for_short_records(void **state)
{
	static uint8_t wire[ROOM];
	static char text[2048], got[2048];
	SecPkgContext_StreamSizes sizes;
	struct shape s = serving();
	struct peer p;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		pair(&any, &s);
		peer_open(&p, false, version);
		SSL_set_tlsext_max_fragment_length(p.ssl, TLSEXT_max_fragment_length_1024);
		SSL_do_handshake(p.ssl);
		put(&server, wire, peer_take(&p, wire));
		shake_with(&server, &p);
		assert_int_equal(lsa->QueryContextAttributes(server.context, SECPKG_ATTR_STREAM_SIZES, &sizes), 0);
		assert_int_equal(sizes.cbMaximumMessage, 1024);
		uint8_t header[16], trailer[32];
		SecBuffer b[3] = { { sizeof(header), SECBUFFER_STREAM_HEADER, header },
				   { 1025, SECBUFFER_DATA, text },
				   { sizeof(trailer), SECBUFFER_STREAM_TRAILER, trailer } };
		SecBufferDesc message = { SECBUFFER_VERSION, 3, b };
		assert_int_equal(user->SealMessage(server.context, 0, &message, 0), SEC_E_INVALID_TOKEN);
		BIO_write(p.in, wire, (int)seal(&server, text, 1024, wire));
		assert_int_equal(SSL_read(p.ssl, got, sizeof(got)), 1024);
		close_pair();
		peer_close(&p);
	}
}

/* A root of the system's for weak.test, and its key of 1024 bits. */
static EVP_PKEY *weak_key;
static struct tls_span weak_root;

static void weak_keys_are_not_trusted_even_of_a_root(void **state)
{
	struct shape s = serving();
	const uint8_t *at = weak_root.p;
	X509 *x = d2i_X509(NULL, &at, (long)weak_root.n);
	CERT_TRUST_STATUS trust;
	struct peer p;
	pair(&any, &s);
	client.target = OPENSSPI_WIDE("TERMSRV/weak.test");
	client.requirements = ISC_REQ_MANUAL_CRED_VALIDATION;
	peer_open(&p, true, TLS1_3_VERSION);
	SSL_set_security_level(p.ssl, 0);
	assert_int_equal(SSL_use_certificate(p.ssl, x), 1);
	assert_int_equal(SSL_use_PrivateKey(p.ssl, weak_key), 1);
	SSL_set1_sigalgs_list(p.ssl, "RSA-PSS+SHA256"); /* not its other certificate */
	shake_with(&client, &p);
	assert_int_equal(lsa->QueryContextAttributes(client.context, SECPKG_ATTR_CERT_TRUST_STATUS, &trust), 0);
	assert_int_equal(trust.dwErrorStatus, CERT_TRUST_HAS_WEAK_SIGNATURE);
	close_pair();
	peer_close(&p);
	X509_free(x);
}

static void a_key_update_is_answered_before_the_next_data(void **state)
{
	static uint8_t wire[ROOM], out[ROOM];
	char text[16];
	struct shape s = serving();
	struct peer p;
	size_t n, out_n;
	for (int again = 0; again < 2; again++) {
		pair(&tls13, &s);
		peer_open(&p, false, TLS1_3_VERSION);
		SSL_do_handshake(p.ssl);
		put(&server, wire, peer_take(&p, wire));
		shake_with(&server, &p);
		SSL_key_update(p.ssl, SSL_KEY_UPDATE_REQUESTED);
		SSL_write(p.ssl, "after", 5);
		n = peer_take(&p, wire);
		struct opened o = unseal(&server, wire, n);
		assert_int_equal(o.status, SEC_I_RENEGOTIATE);
		assert_true(o.extra_n > 0 && o.extra_n < n);
		/* nothing goes on before the answer is fetched */
		assert_int_equal(unseal(&server, o.extra, o.extra_n).status, SEC_E_CONTEXT_EXPIRED);
		if (again) /* with the record presented again, as the page says */
			put(&server, wire, n);
		else
			put(&server, o.extra, o.extra_n);
		assert_int_equal(step(&server, out, &out_n), SEC_E_OK);
		assert_true(out_n > 0);
		assert_int_equal(server.in_n, o.extra_n);
		o = unseal(&server, server.in, server.in_n);
		assert_int_equal(o.data_n, 5);
		BIO_write(p.in, out, (int)out_n);
		out_n = seal(&server, "reply", 5, out);
		BIO_write(p.in, out, (int)out_n);
		assert_int_equal(SSL_read(p.ssl, text, sizeof(text)), 5);
		close_pair();
		peer_close(&p);
	}
}

static void a_silent_key_update_needs_no_answer(void **state)
{
	static uint8_t wire[ROOM];
	struct shape s = serving();
	struct peer p;
	pair(&tls13, &s);
	peer_open(&p, true, TLS1_3_VERSION);
	shake_with(&client, &p);
	SSL_key_update(p.ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
	SSL_write(p.ssl, "after", 5);
	put(&client, wire, peer_take(&p, wire));
	struct opened o = unseal(&client, client.in, client.in_n);
	assert_int_equal(o.status, SEC_E_OK);
	assert_int_equal(o.data_n, 5);
	close_pair();
	peer_close(&p);
}

static void s46_renegotiation_is_refused(void **state)
{
	static uint8_t wire[ROOM], out[ROOM];
	struct shape s = serving();
	struct peer p;
	size_t n;
	pair(&tls12, &s);
	peer_open(&p, false, TLS1_2_VERSION);
	SSL_do_handshake(p.ssl);
	put(&server, wire, peer_take(&p, wire));
	shake_with(&server, &p);
	assert_int_equal(SSL_renegotiate(p.ssl), 1);
	SSL_do_handshake(p.ssl);
	n = peer_take(&p, wire);
	assert_true(n > 0);
	struct opened o = unseal(&server, wire, n);
	assert_int_equal(o.status, SEC_I_RENEGOTIATE);
	assert_int_equal(step(&server, out, &n), SEC_E_OK); /* the refusal */
	BIO_write(p.in, out, (int)n);
	SSL_do_handshake(p.ssl);
	assert_int_equal(SSL_num_renegotiations(p.ssl), 1);
	assert_false(SSL_is_init_finished(p.ssl));
	/* and going on by ourselves is not offered either */
	assert_int_equal(step(&server, out, &n), SEC_E_UNSUPPORTED_FUNCTION);
	close_pair();
	peer_close(&p);
}

static void s46_old_versions_and_suites_find_nothing_in_common(void **state)
{
	static uint8_t wire[ROOM], out[ROOM];
	struct shape s = serving();
	struct peer p;
	size_t n;
	for (int i = 0; i < 2; i++) {
		pair(&any, &s);
		peer_open(&p, false, i ? TLS1_2_VERSION : TLS1_1_VERSION);
		SSL_set_cipher_list(p.ssl, i ? "AES128-SHA:@SECLEVEL=0" : "ALL:@SECLEVEL=0");
		SSL_do_handshake(p.ssl);
		put(&server, wire, peer_take(&p, wire));
		assert_true(failed(step(&server, out, &n)));
		assert_int_equal(server.status, i ? SEC_E_ALGORITHM_MISMATCH : SEC_E_UNSUPPORTED_FUNCTION);
		assert_true(n == 7 && out[0] == 21); /* an alert to send */
		close_pair();
		peer_close(&p);
	}
}

static void a_fatal_alert_of_the_peer_is_its_status(void **state)
{
	static const struct {
		uint8_t alert;
		NTSTATUS status;
	} row[] = { { 40, SEC_E_ILLEGAL_MESSAGE }, { 48, SEC_E_UNTRUSTED_ROOT }, { 45, SEC_E_CERT_EXPIRED },
		    { 49, SEC_E_LOGON_DENIED },	   { 71, SEC_E_ALGORITHM_MISMATCH }, { 80, SEC_E_INTERNAL_ERROR } };
	static uint8_t out[ROOM];
	struct shape s = serving();
	size_t n;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		pair(&any, &s);
		step(&client, out, &n);
		put(&client, (uint8_t[]){ 21, 3, 3, 0, 2, 2, row[i].alert }, 7);
		assert_int_equal(step(&client, out, &n), row[i].status);
		assert_int_equal(step(&client, out, &n), SEC_E_OUT_OF_SEQUENCE);
		close_pair();
	}
}

static void *seal_many(void *unused)
{
	static uint8_t record[ROOM];
	for (int i = 0; i < 2000; i++)
		seal(&client, "out", 3, record);
	return unused;
}

static void one_thread_may_seal_while_another_unseals(void **state)
{
	static uint8_t record[ROOM];
	pthread_t thread;
	open_pair(&any);
	assert_int_equal(pthread_create(&thread, NULL, seal_many, NULL), 0);
	for (int i = 0; i < 2000; i++) {
		size_t n = seal(&server, "in", 2, record);
		assert_int_equal(unseal(&client, record, n).data_n, 2);
	}
	pthread_join(thread, NULL);
	close_pair();
}

static void contexts_outlive_their_credentials(void **state)
{
	static uint8_t record[ROOM];
	open_pair(&any);
	assert_int_equal(lsa->FreeCredentialsHandle(client.credential), 0);
	assert_int_equal(lsa->FreeCredentialsHandle(client.credential), SEC_E_INVALID_HANDLE);
	client.credential = 0;
	size_t n = seal(&client, "still", 5, record);
	assert_int_equal(unseal(&server, record, n).data_n, 5);
	close_pair();
}

/* The server's certificate as the only system root, before anything is judged. */
static int trusted_begin(void **state)
{
	static struct tls_identity trusted;
	const struct tls_ops *tls;
	struct secret *pem;
	char path[200];

	begin(state);
	assert_int_equal(tls_load(&tls), 0);
	assert_int_equal(tls->identity_new("trusted.test", &trusted), 0);
	assert_int_equal(tls->identity_write(&trusted, &pem), 0);
	snprintf(path, sizeof(path), "%s/roots.pem", home);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(pem->p, 1, pem->len, f), pem->len);
	weak_key = EVP_RSA_gen(1024);
	weak_root = certificate_of(weak_key, "weak.test");
	const uint8_t *at = weak_root.p;
	X509 *x = d2i_X509(NULL, &at, (long)weak_root.n);
	assert_int_equal(PEM_write_X509(f, x), 1);
	X509_free(x);
	fclose(f);
	secret_free(pem);
	setenv("SSL_CERT_FILE", path, 1);
	*state = &trusted;
	return 0;
}

static int trusted_end(void **state)
{
	const struct tls_ops *tls;
	assert_int_equal(tls_load(&tls), 0);
	tls->identity_done(*state);
	EVP_PKEY_free(weak_key);
	mem_free(weak_root.p);
	return end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_names_are_one_package),
		cmocka_unit_test(tls_1_2_and_1_3_carry_messages_both_ways),
		cmocka_unit_test(the_handshake_may_come_byte_by_byte),
		cmocka_unit_test(an_incomplete_record_says_how_much_is_missing),
		cmocka_unit_test(data_behind_the_handshake_is_extra),
		cmocka_unit_test(several_records_in_one_buffer_are_opened_one_after_the_other),
		cmocka_unit_test(a_tampered_record_is_altered_and_ends_the_context),
		cmocka_unit_test(a_replayed_record_is_refused),
		cmocka_unit_test(garbage_instead_of_a_hello_makes_no_context),
		cmocka_unit_test(every_flipped_byte_of_the_hello_is_survived),
		cmocka_unit_test(sizes_are_what_messages_take),
		cmocka_unit_test(scattered_buffers_are_filled_each),
		cmocka_unit_test(signatures_are_not_offered),
		cmocka_unit_test(shutdown_gives_close_notify_once),
		cmocka_unit_test(the_certificates_are_shown),
		cmocka_unit_test(bindings_agree_at_both_ends),
		cmocka_unit_test(flags_say_what_was_agreed),
		cmocka_unit_test(an_untrusted_server_is_refused_by_default),
		cmocka_unit_test(trusted_roots_and_names_decide),
		cmocka_unit_test(credentials_that_cannot_serve_are_refused),
		cmocka_unit_test(a_credential_serves_its_own_direction_only),
		cmocka_unit_test(policy_may_forbid_tls_1_2),
		cmocka_unit_test(a_token_without_room_is_kept_for_the_next_call),
		cmocka_unit_test(a_client_certificate_is_asked_for_with_mutual_auth),
		cmocka_unit_test(mutual_auth_asked_for_too_late_is_not_granted),
		cmocka_unit_test(a_made_certificate_is_kept_and_never_replaced),
		cmocka_unit_test(s04_a_signature_by_another_key_ends_the_handshake),
		cmocka_unit_test(session_tickets_are_taken_without_a_word),
		cmocka_unit_test(a_peer_may_ask_for_short_records),
		cmocka_unit_test(weak_keys_are_not_trusted_even_of_a_root),
		cmocka_unit_test(a_key_update_is_answered_before_the_next_data),
		cmocka_unit_test(a_silent_key_update_needs_no_answer),
		cmocka_unit_test(s46_renegotiation_is_refused),
		cmocka_unit_test(s46_old_versions_and_suites_find_nothing_in_common),
		cmocka_unit_test(a_fatal_alert_of_the_peer_is_its_status),
		cmocka_unit_test(one_thread_may_seal_while_another_unseals),
		cmocka_unit_test(contexts_outlive_their_credentials),
	};
	return cmocka_run_group_tests(tests, trusted_begin, trusted_end);
}
