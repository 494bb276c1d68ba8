/* tests/peer/gss_pipe.c - one end of a sign-in by GSS-API over stdin and stdout, the peer of sspi_pipe.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * gss_pipe client|server ntlm|spnego|krb5|spnego-krb5 [SERVICE@HOST]: reads token lines in hex ("-" for
 * none); answers "MAJOR-IN-HEX TOKEN-IN-HEX". Further commands: "key" prints the session key, "name" the
 * client's name, "flags" the context's, "delegated" whose ticket a server was given, "seal HEX" and "open
 * HEX" wrap and unwrap, "iovseal HEX" and "iovopen HEX" do so by parts, "sign HEX" makes a MIC and "verify
 * MIC HEX" checks one. GSS_PIPE_USER names a client's user; spnego is held to NTLM. GSS_PIPE_FLAGS (hex)
 * adds to the request's flags, GSS_PIPE_BINDINGS (hex) are the channel's application data. */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 65536

static gss_OID_desc ntlm_oid = { 10, (void *)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" };
static gss_OID_desc spnego_oid = { 6, (void *)"\x2b\x06\x01\x05\x05\x02" };
static gss_OID_desc krb5_oid = { 9, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02" };
static gss_OID_desc session_key_oid = { 11,
					(void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05" };

static gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
static gss_ctx_id_t context = GSS_C_NO_CONTEXT;
static gss_name_t target = GSS_C_NO_NAME, client_name = GSS_C_NO_NAME;
static gss_cred_id_t delegated = GSS_C_NO_CREDENTIAL;
static gss_OID mechanism, inside;
static OM_uint32 flags;

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;
	while (n < ROOM && text[2 * n] != ' ' && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static void answer(OM_uint32 major, const gss_buffer_desc *out)
{
	printf("%08x ", (unsigned)major);
	if (!out || !out->length)
		printf("-");
	for (size_t i = 0; out && i < out->length; i++)
		printf("%02x", ((const uint8_t *)out->value)[i]);
	printf("\n");
}

static gss_name_t name_of(const char *text, gss_OID type)
{
	gss_buffer_desc buffer = { strlen(text), (void *)(uintptr_t)text };
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 minor;

	if (GSS_ERROR(gss_import_name(&minor, &buffer, type, &name)))
		exit(2);
	return name;
}

static OM_uint32 acquire(int server)
{
	const char *user = getenv("GSS_PIPE_USER");
	gss_name_t who = user && !server ? name_of(user, GSS_C_NT_USER_NAME) : GSS_C_NO_NAME;
	gss_OID_set_desc own = { 1, mechanism }, inner = { 1, inside };
	OM_uint32 minor;

	OM_uint32 major = gss_acquire_cred(&minor, who, GSS_C_INDEFINITE, &own,
					   server ? GSS_C_ACCEPT : GSS_C_INITIATE, &credential,
					   NULL, NULL);
	if (!GSS_ERROR(major) && mechanism == &spnego_oid)
		major = gss_set_neg_mechs(&minor, credential, &inner);
	return major;
}

/* What the mechanism says, on stderr. */
static void explain(OM_uint32 code)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, more = 0;

	if (gss_display_status(&minor, code, GSS_C_MECH_CODE, inside, &more, &text) == 0)
		fprintf(stderr, "%.*s\n", (int)text.length, (const char *)text.value);
	gss_release_buffer(&minor, &text);
}

/* GSS_PIPE_BINDINGS as such; GSS_C_NO_CHANNEL_BINDINGS without. */
static gss_channel_bindings_t bindings(void)
{
	static uint8_t bytes[ROOM];
	static struct gss_channel_bindings_struct all;
	const char *text = getenv("GSS_PIPE_BINDINGS");

	if (!text)
		return GSS_C_NO_CHANNEL_BINDINGS;
	all.initiator_addrtype = all.acceptor_addrtype = GSS_C_AF_UNSPEC;
	all.application_data = (gss_buffer_desc){ from_hex(text, bytes), bytes };
	return &all;
}

static OM_uint32 wanted_flags(void)
{
	const char *more = getenv("GSS_PIPE_FLAGS");

	return GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG |
	       GSS_C_INTEG_FLAG | (more ? (OM_uint32)strtoul(more, NULL, 16) : 0);
}

static void step(int server, const char *token)
{
	static uint8_t bytes[ROOM];
	gss_buffer_desc in = { from_hex(token, bytes), bytes }, out = GSS_C_EMPTY_BUFFER;
	OM_uint32 major, minor, unused;

	if (server)
		major = gss_accept_sec_context(&minor, &context, credential, &in, bindings(),
					       &client_name, NULL, &out, &flags, NULL, &delegated);
	else
		major = gss_init_sec_context(&minor, credential, &context, target, mechanism,
					     wanted_flags(), 0, bindings(), &in, NULL, &out, &flags,
					     NULL);
	if (GSS_ERROR(major) && getenv("GSS_PIPE_WHY"))
		explain(minor);
	answer(major, &out);
	gss_release_buffer(&unused, &out);
}

static void session_key(void)
{
	gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
	OM_uint32 minor;

	OM_uint32 major = gss_inquire_sec_context_by_oid(&minor, context, &session_key_oid, &set);
	answer(major, set && set->count ? &set->elements[0] : NULL);
	gss_release_buffer_set(&minor, &set);
}

static void peer_name(void)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, major = GSS_S_NO_CONTEXT;

	if (client_name != GSS_C_NO_NAME)
		major = gss_display_name(&minor, client_name, &text, NULL);
	printf("%08x %.*s\n", (unsigned)major, (int)text.length, (const char *)text.value);
	gss_release_buffer(&minor, &text);
}

static void protect(const char *text, int open)
{
	static uint8_t bytes[ROOM];
	gss_buffer_desc in = { from_hex(text, bytes), bytes }, out = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;

	OM_uint32 major = open ? gss_unwrap(&minor, context, &in, &out, NULL, NULL)
			       : gss_wrap(&minor, context, 1, GSS_C_QOP_DEFAULT, &in, NULL, &out);
	/* Of a message that it refuses, gss-ntlmssp 1.2 returns a buffer it has freed. */
	if (GSS_ERROR(major))
		out = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
	answer(major, &out);
	gss_release_buffer(&minor, &out);
}

static void whose_ticket(void)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 minor, major = GSS_S_NO_CRED;

	if (delegated != GSS_C_NO_CREDENTIAL)
		major = gss_inquire_cred(&minor, delegated, &name, NULL, NULL, NULL);
	if (name != GSS_C_NO_NAME)
		major = gss_display_name(&minor, name, &text, NULL);
	printf("%08x %.*s\n", (unsigned)major, (int)text.length, (const char *)text.value);
	gss_release_name(&minor, &name);
	gss_release_buffer(&minor, &text);
}

/* The parts one after the other, as they travel. */
static void seal_parts(const char *text)
{
	static uint8_t bytes[ROOM], whole[ROOM + 512];
	gss_iov_buffer_desc parts[4] = {
		{ GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, { 0, NULL } },
		{ GSS_IOV_BUFFER_TYPE_DATA, { from_hex(text, bytes), bytes } },
		{ GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE, { 0, NULL } },
		{ GSS_IOV_BUFFER_TYPE_TRAILER | GSS_IOV_BUFFER_FLAG_ALLOCATE, { 0, NULL } },
	};
	gss_buffer_desc out = { 0, whole };
	OM_uint32 minor;

	OM_uint32 major = gss_wrap_iov(&minor, context, 1, GSS_C_QOP_DEFAULT, NULL, parts, 4);
	for (int i = 0; i < 4 && !GSS_ERROR(major); i++) {
		if (parts[i].buffer.length)
			memcpy(whole + out.length, parts[i].buffer.value, parts[i].buffer.length);
		out.length += parts[i].buffer.length;
	}
	answer(major, &out);
	gss_release_iov_buffer(&minor, parts, 4);
}

static void open_parts(const char *text)
{
	static uint8_t bytes[ROOM];
	gss_iov_buffer_desc parts[2] = {
		{ GSS_IOV_BUFFER_TYPE_STREAM, { from_hex(text, bytes), bytes } },
		{ GSS_IOV_BUFFER_TYPE_DATA, { 0, NULL } },
	};
	OM_uint32 minor;
	int sealed = 0;

	OM_uint32 major = gss_unwrap_iov(&minor, context, &sealed, NULL, parts, 2);
	answer(major, GSS_ERROR(major) ? NULL : &parts[1].buffer);
}

static void mic(const char *text, const char *data)
{
	static uint8_t one[ROOM], two[ROOM];
	gss_buffer_desc first = { from_hex(text, one), one }, out = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;

	if (data) {
		gss_buffer_desc message = { from_hex(data, two), two };
		answer(gss_verify_mic(&minor, context, &message, &first, NULL), NULL);
		return;
	}
	answer(gss_get_mic(&minor, context, GSS_C_QOP_DEFAULT, &first, &out), &out);
	gss_release_buffer(&minor, &out);
}

static void command(int server, char *line)
{
	char *second = strchr(line, ' ') ? strchr(strchr(line, ' ') + 1, ' ') : NULL;

	if (strcmp(line, "key") == 0)
		session_key();
	else if (strcmp(line, "name") == 0)
		peer_name();
	else if (strcmp(line, "flags") == 0)
		printf("00000000 %x\n", (unsigned)flags);
	else if (strcmp(line, "delegated") == 0)
		whose_ticket();
	else if (strncmp(line, "iovseal ", 8) == 0)
		seal_parts(line + 8);
	else if (strncmp(line, "iovopen ", 8) == 0)
		open_parts(line + 8);
	else if (strncmp(line, "seal ", 5) == 0)
		protect(line + 5, 0);
	else if (strncmp(line, "open ", 5) == 0)
		protect(line + 5, 1);
	else if (strncmp(line, "sign ", 5) == 0)
		mic(line + 5, NULL);
	else if (strncmp(line, "verify ", 7) == 0 && second)
		mic(line + 7, second + 1);
	else
		step(server, strcmp(line, "-") == 0 ? "" : line);
}

int main(int argc, char **argv)
{
	static char line[2 * ROOM + 16];

	if (argc < 3) {
		fprintf(stderr, "usage: gss_pipe client|server ntlm|spnego|krb5|spnego-krb5 "
				"[SERVICE@HOST]\n");
		return 2;
	}
	int server = strcmp(argv[1], "server") == 0;
	inside = strstr(argv[2], "krb5") ? &krb5_oid : &ntlm_oid;
	mechanism = strncmp(argv[2], "spnego", 6) == 0 ? &spnego_oid : inside;
	target = name_of(argc > 3 ? argv[3] : "host@localhost", GSS_C_NT_HOSTBASED_SERVICE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%08x ready\n", (unsigned)acquire(server));
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		command(server, line);
	}
	return 0;
}
