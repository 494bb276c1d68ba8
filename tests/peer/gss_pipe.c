/* tests/peer/gss_pipe.c - one end of a sign-in by GSS-API over stdin and stdout, the peer of sspi_pipe.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * gss_pipe client|server ntlm|spnego [SERVICE@HOST]: reads token lines in hex ("-" for none); answers
 * "MAJOR-IN-HEX TOKEN-IN-HEX". Further commands: "key" prints the session key, "name" the client's
 * name, "seal HEX" and "open HEX" wrap and unwrap, "sign HEX" makes a MIC and "verify MIC HEX" checks
 * one. GSS_PIPE_USER names a client's user; spnego is held to NTLM. */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 65536

static gss_OID_desc ntlm_oid = { 10, (void *)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" };
static gss_OID_desc spnego_oid = { 6, (void *)"\x2b\x06\x01\x05\x05\x02" };
static gss_OID_desc session_key_oid = { 11,
					(void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05" };

static gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
static gss_ctx_id_t context = GSS_C_NO_CONTEXT;
static gss_name_t target = GSS_C_NO_NAME, client_name = GSS_C_NO_NAME;
static gss_OID mechanism;

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;
	while (n < ROOM && sscanf(text + 2 * n, "%2x", &byte) == 1)
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
	gss_OID_set_desc own = { 1, mechanism }, inner = { 1, &ntlm_oid };
	OM_uint32 minor;

	OM_uint32 major = gss_acquire_cred(&minor, who, GSS_C_INDEFINITE, &own,
					   server ? GSS_C_ACCEPT : GSS_C_INITIATE, &credential,
					   NULL, NULL);
	if (!GSS_ERROR(major) && mechanism == &spnego_oid)
		major = gss_set_neg_mechs(&minor, credential, &inner);
	return major;
}

static void step(int server, const char *token)
{
	static uint8_t bytes[ROOM];
	gss_buffer_desc in = { from_hex(token, bytes), bytes }, out = GSS_C_EMPTY_BUFFER;
	OM_uint32 major, minor, unused;

	if (server)
		major = gss_accept_sec_context(&minor, &context, credential, &in,
					       GSS_C_NO_CHANNEL_BINDINGS, &client_name, NULL, &out,
					       NULL, NULL, NULL);
	else
		major = gss_init_sec_context(
			&minor, credential, &context, target, mechanism,
			GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG |
				GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG,
			0, GSS_C_NO_CHANNEL_BINDINGS, &in, NULL, &out, NULL, NULL);
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
		fprintf(stderr, "usage: gss_pipe client|server ntlm|spnego [SERVICE@HOST]\n");
		return 2;
	}
	int server = strcmp(argv[1], "server") == 0;
	mechanism = strcmp(argv[2], "spnego") == 0 ? &spnego_oid : &ntlm_oid;
	target = name_of(argc > 3 ? argv[3] : "host@localhost", GSS_C_NT_HOSTBASED_SERVICE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%08x ready\n", (unsigned)acquire(server));
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		command(server, line);
	}
	return 0;
}
