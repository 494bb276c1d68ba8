/* tests/flow/test_export.c - a signed-in context moves to another process and goes on there.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The importing process is this program once more, called "import": it reads the package, the exported
 * bytes and a sealed message, opens it, and answers sealed. */
#include "flow.h"

#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_MAX 256
#define SIGNATURE_MAX 64

struct sealed {
	ULONG signature_n, data_n;
	uint8_t signature[SIGNATURE_MAX];
	char data[MESSAGE_MAX];
};

static SECURITY_STATUS seal(CtxtHandle *context, const char *text, struct sealed *out)
{
	SecPkgContext_Sizes sizes;
	SECURITY_STATUS status = QueryContextAttributesW(context, SECPKG_ATTR_SIZES, &sizes);
	if (status != SEC_E_OK || sizes.cbSecurityTrailer > SIGNATURE_MAX)
		return status == SEC_E_OK ? SEC_E_INTERNAL_ERROR : status;
	memset(out, 0, sizeof(*out));
	strcpy(out->data, text);
	SecBuffer b[2] = { { sizes.cbSecurityTrailer, SECBUFFER_TOKEN, out->signature },
			   { (ULONG)strlen(text) + 1, SECBUFFER_DATA, out->data } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	status = EncryptMessage(context, 0, &desc, 0);
	out->signature_n = b[0].cbBuffer;
	out->data_n = b[1].cbBuffer;
	return status;
}

static SECURITY_STATUS open_sealed(CtxtHandle *context, struct sealed *in)
{
	SecBuffer b[2] = { { in->signature_n, SECBUFFER_TOKEN, in->signature },
			   { in->data_n, SECBUFFER_DATA, in->data } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	ULONG qop = 0;
	return DecryptMessage(context, &desc, 0, &qop);
}

/* ---- the importing process ---- */

static bool read_all(int fd, void *p, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t now = read(fd, (char *)p + got, n - got);
		if (now <= 0)
			return false;
		got += (size_t)now;
	}
	return true;
}

static int import_main(char *package)
{
	static uint8_t bytes[65536];
	SecBuffer packed = { 0, SECBUFFER_TOKEN, bytes };
	struct sealed message;
	CtxtHandle context;

	if (!read_all(0, &packed.cbBuffer, sizeof(packed.cbBuffer)) ||
	    packed.cbBuffer > sizeof(bytes) || !read_all(0, bytes, packed.cbBuffer) ||
	    !read_all(0, &message, sizeof(message)))
		return 2;
	if (ImportSecurityContextA(package, &packed, NULL, &context) != SEC_E_OK)
		return 3;
	if (open_sealed(&context, &message) != SEC_E_OK || strcmp(message.data, "from here") != 0)
		return 4;
	if (seal(&context, "from there", &message) != SEC_E_OK)
		return 5;
	if (write(1, &message, sizeof(message)) != sizeof(message))
		return 6;
	return DeleteSecurityContext(&context) == SEC_E_OK ? 0 : 7;
}

static void importer(const char *package, const SecBuffer *packed, struct sealed *message)
{
	int to[2], from[2], status;

	assert_int_equal(pipe(to) | pipe(from), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		execl("/proc/self/exe", "flow_test_export", "import", package, (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	assert_int_equal(write(to[1], &packed->cbBuffer, sizeof(ULONG)), sizeof(ULONG));
	assert_int_equal(write(to[1], packed->pvBuffer, packed->cbBuffer), packed->cbBuffer);
	assert_int_equal(write(to[1], message, sizeof(*message)), sizeof(*message));
	close(to[1]);
	bool answered = read_all(from[0], message, sizeof(*message));
	close(from[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(answered);
}

/* ---- the exporting one ---- */

struct pair {
	struct end client, server;
};

static struct pair *signed_in(const char *package)
{
	struct pair *p = calloc(1, sizeof(*p));
	flow_client(&p->client, package, FLOW_USER, FLOW_PASSWORD);
	flow_server(&p->server, package);
	p->client.requirements |= ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT;
	flow_run(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_OK);
	assert_int_equal(p->server.status, SEC_E_OK);
	return p;
}

static void pair_done(struct pair *p)
{
	flow_done(&p->client);
	flow_done(&p->server);
	free(p);
}

static bool package_is_here(const char *package)
{
	PSecPkgInfoA info;
	if (QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t)package, &info) != SEC_E_OK)
		return false;
	FreeContextBuffer(info);
	return true;
}

/* Each role's context goes away; the other end does not notice. */
static void moves(const char *package, const char *spelling)
{
	if (!package_is_here(package))
		return;
	for (int role = 0; role < 2; role++) {
		struct pair *p = signed_in(package);
		struct end *leaves = role ? &p->client : &p->server;
		struct end *stays = role ? &p->server : &p->client;
		SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
		struct sealed message;
		assert_int_equal(ExportSecurityContext(&leaves->context,
						       SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed,
						       NULL),
				 SEC_E_OK);
		assert_int_equal(seal(&leaves->context, "gone", &message), SEC_E_INVALID_HANDLE);
		leaves->has_context = false;
		assert_int_equal(seal(&stays->context, "from here", &message), SEC_E_OK);
		importer(spelling, &packed, &message);
		assert_int_equal(open_sealed(&stays->context, &message), SEC_E_OK);
		assert_string_equal(message.data, "from there");
		assert_int_equal(FreeContextBuffer(packed.pvBuffer), SEC_E_OK);
		pair_done(p);
	}
}

static void body_ntlm(void)
{
	moves("NTLM", "nTlM");
}

static void an_ntlm_context_goes_on_in_another_process(void **state)
{
	flow_child("", body_ntlm);
}

static void body_negotiate(void)
{
	moves("Negotiate", "NEGOTIATE");
}

static void a_negotiate_context_goes_on_in_another_process(void **state)
{
	flow_child("", body_negotiate);
}

static void body_middle(void)
{
	struct pair *p = signed_in("NTLM");
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	struct sealed message;
	CtxtHandle copy;

	for (int i = 0; i < 5; i++) {
		assert_int_equal(seal(&p->client.context, "first", &message), SEC_E_OK);
		assert_int_equal(open_sealed(&p->server.context, &message), SEC_E_OK);
	}
	assert_int_equal(ExportSecurityContext(&p->server.context, 0, &packed, NULL), SEC_E_OK);
	assert_int_equal(
		ImportSecurityContextW((SEC_WCHAR *)(uintptr_t)u"ntlm", &packed, NULL, &copy),
		SEC_E_OK);
	FreeContextBuffer(packed.pvBuffer);
	/* It knows whose it is. */
	SecPkgContext_NamesA names;
	assert_int_equal(QueryContextAttributesA(&copy, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_non_null(strstr(names.sUserName, FLOW_USER));
	FreeContextBuffer(names.sUserName);
	/* The copy stands where the old one stood when it was exported. */
	assert_int_equal(seal(&p->client.context, "sixth", &message), SEC_E_OK);
	assert_int_equal(open_sealed(&copy, &message), SEC_E_OK);
	assert_string_equal(message.data, "sixth");
	assert_int_equal(DeleteSecurityContext(&p->server.context), SEC_E_OK);
	p->server.has_context = false;
	assert_int_equal(seal(&copy, "back", &message), SEC_E_OK);
	assert_int_equal(open_sealed(&p->client.context, &message), SEC_E_OK);
	/* A copy can move on. */
	assert_int_equal(
		ExportSecurityContext(&copy, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed, NULL),
		SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&copy), SEC_E_INVALID_HANDLE);
	FreeContextBuffer(packed.pvBuffer);
	pair_done(p);
}

static void a_context_moves_in_the_middle_of_its_messages(void **state)
{
	flow_child("", body_middle);
}

/* Negotiate has signed its list of mechanisms by then: the numbers begin behind that, as at the peer. */
static void body_anew(void)
{
	for (int role = 0; role < 2; role++) {
		struct pair *p = signed_in("Negotiate");
		struct end *leaves = role ? &p->server : &p->client;
		struct end *stays = role ? &p->client : &p->server;
		SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL },
			  again = { 0, SECBUFFER_EMPTY, NULL };
		struct sealed message;
		CtxtHandle first, copy;

		/* By way of a copy that does not begin anew: that one knows it still. */
		assert_int_equal(ExportSecurityContext(&leaves->context, 0, &packed, NULL),
				 SEC_E_OK);
		assert_int_equal(ImportSecurityContextW((SEC_WCHAR *)(uintptr_t)u"Negotiate",
							&packed, NULL, &first),
				 SEC_E_OK);
		assert_int_equal(ExportSecurityContext(&first, SECPKG_CONTEXT_EXPORT_RESET_NEW,
						       &again, NULL),
				 SEC_E_OK);
		assert_int_equal(ImportSecurityContextW((SEC_WCHAR *)(uintptr_t)u"Negotiate",
							&again, NULL, &copy),
				 SEC_E_OK);
		FreeContextBuffer(packed.pvBuffer);
		FreeContextBuffer(again.pvBuffer);
		assert_int_equal(seal(&copy, "out", &message), SEC_E_OK);
		assert_int_equal(open_sealed(&stays->context, &message), SEC_E_OK);
		assert_int_equal(seal(&stays->context, "in", &message), SEC_E_OK);
		assert_int_equal(open_sealed(&copy, &message), SEC_E_OK);
		assert_int_equal(DeleteSecurityContext(&first), SEC_E_OK);
		assert_int_equal(DeleteSecurityContext(&copy), SEC_E_OK);
		pair_done(p);
	}
}

static void a_context_begun_anew_counts_the_signatures_of_its_negotiation(void **state)
{
	flow_child("", body_anew);
}

/* What packages tell each other is not for applications; nor is a quality that is not there. */
static void body_misuse(void)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };

	for (int i = 0; i < 2; i++) {
		struct pair *p = signed_in(packages[i]);
		uint8_t numbers[8] = { 9, 0, 0, 0, 9, 0, 0, 0 }, signature[SIGNATURE_MAX];
		char data[] = "plain";
		struct sealed message;
		SecBuffer told = { sizeof(numbers),
				   SECBUFFER_MECHLIST_SIGNATURE | SECBUFFER_READONLY, numbers };
		SecBufferDesc list = { SECBUFFER_VERSION, 1, &told };
		assert_int_equal(CompleteAuthToken(&p->client.context, &list),
				 SEC_E_UNSUPPORTED_FUNCTION);
		SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, signature },
				   { sizeof(data), SECBUFFER_DATA, data } };
		SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
		assert_int_equal(MakeSignature(&p->client.context, 1, &desc, 0),
				 SEC_E_QOP_NOT_SUPPORTED);
		assert_int_equal(
			EncryptMessage(&p->client.context, SECQOP_WRAP_NO_ENCRYPT, &desc, 0),
			SEC_E_OK);
		/* Who does not ask is not given what was only signed. */
		assert_true(DecryptMessage(&p->server.context, &desc, 0, NULL) < 0);
		ULONG qop = 0;
		assert_int_equal(DecryptMessage(&p->server.context, &desc, 0, &qop), SEC_E_OK);
		assert_int_equal(qop, SECQOP_WRAP_NO_ENCRYPT);
		assert_int_equal(seal(&p->client.context, "next", &message), SEC_E_OK);
		assert_int_equal(open_sealed(&p->server.context, &message), SEC_E_OK);
		pair_done(p);
	}
}

static void misuse_moves_no_numbers(void **state)
{
	flow_child("", body_misuse);
}

static void body_hostile(void)
{
	struct pair *p = signed_in("NTLM");
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	CtxtHandle copy;

	assert_int_equal(ExportSecurityContext(&p->client.context, 0, &packed, NULL), SEC_E_OK);
	uint8_t *bytes = packed.pvBuffer;
	for (ULONG n = 0; n < packed.cbBuffer; n++) {
		SecBuffer cut = { n, SECBUFFER_TOKEN, bytes };
		assert_true(ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "NTLM", &cut, NULL,
						   &copy) < 0);
	}
	for (ULONG i = 0; i < packed.cbBuffer * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		if (ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "NTLM", &packed, NULL, &copy) ==
		    SEC_E_OK)
			assert_int_equal(DeleteSecurityContext(&copy), SEC_E_OK);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "CREDSSP", &packed, NULL,
					   &copy) < 0);
	FreeContextBuffer(packed.pvBuffer);
	pair_done(p);
}

static void altered_bytes_do_no_harm(void **state)
{
	flow_child("", body_hostile);
}

#define NESTED 60000
#define NESTED_HEAD 32 /* magic, package, state, key (8), sent, received, count */

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Negotiate's bytes whose mechanism is Negotiate, and so on: no stack is deep enough for those. */
static void body_nested(void)
{
	struct pair *p = signed_in("Negotiate");
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	ULONG n = NESTED * NESTED_HEAD;
	uint8_t *bytes = calloc(1, n);
	CtxtHandle copy;

	assert_int_equal(ExportSecurityContext(&p->client.context, 0, &packed, NULL), SEC_E_OK);
	for (ULONG i = 0; i < n; i += NESTED_HEAD) {
		memcpy(bytes + i, packed.pvBuffer, 4);
		put_u32(bytes + i + 4, (uint32_t)(p->client.context.dwUpper & 0xFFFF));
		put_u32(bytes + i + 28, n - i - NESTED_HEAD);
	}
	SecBuffer nested = { n, SECBUFFER_TOKEN, bytes };
	assert_true(ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "Negotiate", &nested, NULL,
					   &copy) < 0);
	FreeContextBuffer(packed.pvBuffer);
	free(bytes);
	pair_done(p);
}

static void a_mechanism_is_never_negotiate_itself(void **state)
{
	flow_child("", body_nested);
}

static void body_streams(void)
{
	struct pair *p = signed_in("CREDSSP");
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };

	assert_int_equal(ExportSecurityContext(&p->client.context, 0, &packed, NULL),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_null(packed.pvBuffer);
	assert_int_equal(ImportSecurityContextA(
				 (SEC_CHAR *)(uintptr_t) "CREDSSP",
				 &(SecBuffer){ 4, SECBUFFER_TOKEN, (void *)(uintptr_t) "abcd" },
				 NULL, &p->server.context),
			 SEC_E_UNSUPPORTED_FUNCTION);
	pair_done(p);
}

static void a_stream_stays_where_it_is(void **state)
{
	flow_child("", body_streams);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ntlm_context_goes_on_in_another_process),
		cmocka_unit_test(a_negotiate_context_goes_on_in_another_process),
		cmocka_unit_test(a_context_moves_in_the_middle_of_its_messages),
		cmocka_unit_test(a_context_begun_anew_counts_the_signatures_of_its_negotiation),
		cmocka_unit_test(misuse_moves_no_numbers),
		cmocka_unit_test(altered_bytes_do_no_harm),
		cmocka_unit_test(a_mechanism_is_never_negotiate_itself),
		cmocka_unit_test(a_stream_stays_where_it_is),
	};
	if (argc == 3 && strcmp(argv[1], "import") == 0)
		return import_main(argv[2]);
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
