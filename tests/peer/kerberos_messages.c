/* tests/peer/kerberos_messages.c - our Kerberos messages read by MIT's GSS-API and MIT's by us.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * kerberos_messages FOLDER ENCTYPE: prints a line a case, as the scripts do. */
#include "base/base.h"

#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <stdlib.h>

#include "mit_pair.h"
#include "packages/kerberos/protect.h"

#define ROOM 40000
#define TOKEN_ROOM 128

static struct mit_pair mit;
static struct kerberos_session session[2];
static struct kerberos_protection *ours[2];
static unsigned failures;

static const size_t sizes[] = { 0, 1, 15, 16, 17, 40, 84, 85, 127, 128, 1000, 32767 };

/* One case: what went wrong first. */
struct outcome {
	const char *name;
	bool failed;
	size_t n;
};

static struct outcome outcomes[8];

static void check(const char *name, size_t n, bool good)
{
	struct outcome *o = outcomes;

	while (o->name && strcmp(o->name, name) != 0)
		o++;
	o->name = name;
	if (!good && !o->failed) {
		o->failed = true;
		o->n = n;
		failures++;
	}
}

static void report(const char *kind)
{
	for (struct outcome *o = outcomes; o->name; o++) {
		if (o->failed)
			printf("FAIL %s, %s: %zu bytes\n", kind, o->name, o->n);
		else
			printf("ok %s, %s\n", kind, o->name);
		*o = (struct outcome){ 0 };
	}
}

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + 3);
}

static bool is_filled(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (uint8_t)(i * 7 + 3))
			return false;
	return true;
}

/* ---- gss_wrap's form ---- */

static size_t ours_row(int from, size_t n, bool seals, uint8_t *out)
{
	static uint8_t data[ROOM];
	uint8_t token[TOKEN_ROOM], padding[16];
	SecPkgContext_Sizes s;

	kerberos_sizes(&session[from], &s);
	fill(data, n);
	SecBuffer b[] = { { s.cbSecurityTrailer, SECBUFFER_TOKEN, token },
			  { (ULONG)n, SECBUFFER_DATA, data },
			  { s.cbBlockSize, SECBUFFER_PADDING, padding } };
	SecBufferDesc m = { SECBUFFER_VERSION, 3, b };
	if (kerberos_seal(ours[from], &m, seals) != SEC_E_OK)
		return 0;
	memcpy(out, token, b[0].cbBuffer);
	memcpy(out + b[0].cbBuffer, data, n);
	memcpy(out + b[0].cbBuffer + n, padding, b[2].cbBuffer);
	return b[0].cbBuffer + n + b[2].cbBuffer;
}

static bool ours_to_unwrap(int from, size_t n, bool seals)
{
	static uint8_t bytes[ROOM];
	gss_buffer_desc in = { ours_row(from, n, seals, bytes), bytes }, out = { 0, NULL };
	OM_uint32 minor;
	int sealed = -1;

	OM_uint32 major = gss_unwrap(&minor, mit.end[!from], &in, &out, &sealed, NULL);
	bool good = major == GSS_S_COMPLETE && sealed == seals && out.length == n &&
		    is_filled(out.value, n);
	(void)gss_release_buffer(&minor, &out);
	return good;
}

static bool wrap_to_ours(int from, size_t n, bool seals)
{
	static uint8_t data[ROOM];
	gss_buffer_desc in = { n, data }, out;
	OM_uint32 minor;
	ULONG qop = 9;
	int sealed;

	fill(data, n);
	if (gss_wrap(&minor, mit.end[from], seals, GSS_C_QOP_DEFAULT, &in, &sealed, &out))
		return false;
	SecBuffer b[] = { { (ULONG)out.length, SECBUFFER_STREAM, out.value },
			  { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };
	bool good = kerberos_unseal(ours[!from], &m, &qop) == SEC_E_OK && b[1].cbBuffer == n &&
		    is_filled(b[1].pvBuffer, n) && qop == (seals ? 0 : SECQOP_WRAP_NO_ENCRYPT);
	(void)gss_release_buffer(&minor, &out);
	return good;
}

/* ---- split buffers, with associated data ---- */

static uint8_t head[] = "head", tail[] = "tail";

static bool iov_to_ours(int from, size_t n, bool seals)
{
	static uint8_t data[ROOM];
	gss_iov_buffer_desc iov[] = {
		{ GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, { 0, NULL } },
		{ GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { 4, head } },
		{ GSS_IOV_BUFFER_TYPE_DATA, { n, data } },
		{ GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { 4, tail } },
		{ GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE, { 0, NULL } },
	};
	OM_uint32 minor;
	ULONG qop;
	int sealed;

	fill(data, n);
	if (gss_wrap_iov(&minor, mit.end[from], seals, GSS_C_QOP_DEFAULT, &sealed, iov, 5))
		return false;
	SecBuffer b[] = {
		{ (ULONG)iov[0].buffer.length, SECBUFFER_TOKEN, iov[0].buffer.value },
		{ 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head },
		{ (ULONG)n, SECBUFFER_DATA, data },
		{ 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, tail },
		{ (ULONG)iov[4].buffer.length, SECBUFFER_PADDING, iov[4].buffer.value },
	};
	SecBufferDesc m = { SECBUFFER_VERSION, 5, b };
	bool good = kerberos_unseal(ours[!from], &m, &qop) == SEC_E_OK && is_filled(data, n);
	(void)gss_release_iov_buffer(&minor, iov, 5);
	return good;
}

static bool ours_to_iov(int from, size_t n, bool seals)
{
	static uint8_t data[ROOM];
	uint8_t token[TOKEN_ROOM], padding[16];
	SecPkgContext_Sizes s;
	OM_uint32 minor;
	int sealed = -1;

	kerberos_sizes(&session[from], &s);
	fill(data, n);
	SecBuffer b[] = { { s.cbSecurityTrailer, SECBUFFER_TOKEN, token },
			  { 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head },
			  { (ULONG)n, SECBUFFER_DATA, data },
			  { 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, tail },
			  { s.cbBlockSize, SECBUFFER_PADDING, padding } };
	SecBufferDesc m = { SECBUFFER_VERSION, 5, b };
	if (kerberos_seal(ours[from], &m, seals) != SEC_E_OK)
		return false;
	gss_iov_buffer_desc iov[] = {
		{ GSS_IOV_BUFFER_TYPE_HEADER, { b[0].cbBuffer, token } },
		{ GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { 4, head } },
		{ GSS_IOV_BUFFER_TYPE_DATA, { n, data } },
		{ GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { 4, tail } },
		{ GSS_IOV_BUFFER_TYPE_PADDING, { b[4].cbBuffer, padding } },
	};
	OM_uint32 major = gss_unwrap_iov(&minor, mit.end[!from], &sealed, NULL, iov, 5);
	return major == GSS_S_COMPLETE && sealed == seals && is_filled(data, n);
}

/* ---- signatures ---- */

static bool ours_to_verify(int from, size_t n)
{
	static uint8_t data[ROOM];
	uint8_t token[TOKEN_ROOM];
	OM_uint32 minor;
	SecBuffer b[] = { { sizeof(token), SECBUFFER_TOKEN, token },
			  { (ULONG)n, SECBUFFER_DATA, data } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	fill(data, n);
	if (kerberos_sign(ours[from], &m, 0) != SEC_E_OK)
		return false;
	gss_buffer_desc text = { n, data }, mic = { b[0].cbBuffer, token };
	return gss_verify_mic(&minor, mit.end[!from], &text, &mic, NULL) == GSS_S_COMPLETE;
}

static bool mic_to_ours(int from, size_t n)
{
	static uint8_t data[ROOM];
	gss_buffer_desc text = { n, data }, mic;
	OM_uint32 minor;
	ULONG qop;

	fill(data, n);
	if (gss_get_mic(&minor, mit.end[from], GSS_C_QOP_DEFAULT, &text, &mic))
		return false;
	SecBuffer b[] = { { (ULONG)mic.length, SECBUFFER_TOKEN, mic.value },
			  { (ULONG)n, SECBUFFER_DATA, data } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };
	bool good = kerberos_verify(ours[!from], &m, &qop) == SEC_E_OK;
	(void)gss_release_buffer(&minor, &mic);
	return good;
}

/* ---- all of it ---- */

static void all_messages(bool dce)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (int from = 0; from < 2; from++)
			for (int seals = 0; seals < 2; seals++) {
				size_t n = sizes[i];
				check("ours by gss_unwrap_iov", n, ours_to_iov(from, n, seals));
				check("gss_wrap_iov's by us", n, iov_to_ours(from, n, seals));
				check("ours by gss_verify_mic", n, ours_to_verify(from, n));
				check("gss_get_mic's by us", n, mic_to_ours(from, n));
				if (dce) /* MS-KILE: there is no gss_wrap in this style */
					continue;
				check("ours by gss_unwrap", n, ours_to_unwrap(from, n, seals));
				check("gss_wrap's by us", n, wrap_to_ours(from, n, seals));
			}
}

static void run(const char *name, uint32_t flags)
{
	if (!mit_pair_new(flags, &mit, session) ||
	    kerberos_protection_new(&session[0], &ours[0]) != SEC_E_OK ||
	    kerberos_protection_new(&session[1], &ours[1]) != SEC_E_OK) {
		printf("FAIL %s: no context\n", name);
		failures++;
		return;
	}
	all_messages(flags & GSS_C_DCE_STYLE);
	report(name);
	for (int i = 0; i < 2; i++) {
		kerberos_protection_free(ours[i]);
		kerberos_session_done(&session[i]);
	}
	mit_pair_free(&mit);
}

int main(int argc, char **argv)
{
	uint32_t flags = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;

	if (argc != 3 || !mit_world_open(argv[1], atoi(argv[2]))) {
		(void)fprintf(stderr, "usage: kerberos_messages FOLDER ENCTYPE\n");
		return 2;
	}
	run("acceptor's key", flags | GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG);
	run("initiator's key", flags);
	run("in order", flags | GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG);
	run("DCE style", flags | GSS_C_MUTUAL_FLAG | GSS_C_DCE_STYLE | GSS_C_SEQUENCE_FLAG);
	return failures != 0;
}
