/* cli/winrm.c - WinRM's messages: SOAP sealed in HTTP bodies, and the Identify operation.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/winrm.h"

#include <stdio.h>
#include <string.h>

#define BOUNDARY "--Encrypted Boundary"
#define TLS_HEADER 5u
#define SIGNATURE_MAX 1024u

#define ENVELOPE "http://www.w3.org/2003/05/soap-envelope"
#define IDENTITY "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"

bool winrm_add_part(struct bytes *body, const char *protocol, const struct winrm_part *part)
{
	const unsigned char edge[] = { part->edge & 0xFF, part->edge >> 8 & 0xFF,
				       part->edge >> 16 & 0xFF, part->edge >> 24 };

	return http_print(body,
			  BOUNDARY "\r\n\tContent-Type: %s\r\n"
				   "\tOriginalContent: type=" WINRM_SOAP ";Length=%llu\r\n" BOUNDARY
				   "\r\n\tContent-Type: application/octet-stream\r\n",
			  protocol, (unsigned long long)part->original) &&
	       bytes_append(body, edge, sizeof(edge)) &&
	       bytes_append(body, part->sealed.p, part->sealed.n);
}

bool winrm_end_parts(struct bytes *body)
{
	return http_print(body, BOUNDARY "--\r\n");
}

static bool take_text(struct http_text *rest, const char *text)
{
	size_t n = strlen(text);

	if (rest->n < n || memcmp(rest->p, text, n) != 0)
		return false;
	rest->p += n;
	rest->n -= n;
	return true;
}

/* Some senders put a blank behind the dashes, as the example in [MS-WSMV] 4.5 has it. */
static bool take_boundary(struct http_text *rest)
{
	return take_text(rest, BOUNDARY) || take_text(rest, "-- Encrypted Boundary");
}

/* A header's name with or without the tab before it. */
static bool take_header(struct http_text *rest, const char *name)
{
	take_text(rest, "\t");
	return take_text(rest, name) && take_text(rest, ": ");
}

static bool take_number(struct http_text *rest, uint64_t *out)
{
	size_t digits = 0;

	*out = 0;
	for (; digits < rest->n && rest->p[digits] >= '0' && rest->p[digits] <= '9'; digits++) {
		if (digits == 9)
			return false;
		*out = *out * 10 + (uint64_t)(rest->p[digits] - '0');
	}
	rest->p += digits;
	rest->n -= digits;
	return digits > 0;
}

/* [MS-WSMV] 2.2.9.1.1.2.1 */
static bool take_metadata(struct http_text *rest, const char *protocol, uint64_t *original)
{
	return take_boundary(rest) && take_text(rest, "\r\n") &&
	       take_header(rest, "Content-Type") && take_text(rest, protocol) &&
	       take_text(rest, "\r\n") && take_header(rest, "OriginalContent") &&
	       take_text(rest, "type=application/soap+xml;charset=") &&
	       (take_text(rest, "UTF-8") || take_text(rest, "UTF-16")) &&
	       take_text(rest, ";Length=") && take_number(rest, original) &&
	       take_text(rest, "\r\n");
}

/* How long the sealed piece is: of TLS its records say so, else signature and message. */
static bool sealed_length(struct http_text rest, const char *protocol,
			  const struct winrm_part *part, size_t *n)
{
	const unsigned char *p = (const unsigned char *)rest.p;

	if (strcmp(protocol, WINRM_CREDSSP) != 0) {
		*n = part->edge + (size_t)part->original;
		return part->edge <= SIGNATURE_MAX && *n <= rest.n;
	}
	*n = 0;
	while (rest.n - *n >= TLS_HEADER && p[*n] == 23 && p[*n + 1] == 3) {
		size_t record = TLS_HEADER + ((size_t)p[*n + 3] << 8 | p[*n + 4]);
		if (record > rest.n - *n)
			return false;
		*n += record;
	}
	return *n > 0 && part->edge < *n;
}

/* [MS-WSMV] 2.2.9.1.1.2.2 */
static bool take_sealed(struct http_text *rest, const char *protocol, struct winrm_part *part)
{
	const unsigned char *p;
	size_t n;

	if (!take_boundary(rest) || !take_text(rest, "\r\n") ||
	    !take_header(rest, "Content-Type") ||
	    !take_text(rest, "application/octet-stream\r\n") || rest->n < 4)
		return false;
	p = (const unsigned char *)rest->p;
	part->edge = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		     (uint32_t)p[3] << 24;
	rest->p += 4;
	rest->n -= 4;
	if (!sealed_length(*rest, protocol, part, &n))
		return false;
	part->sealed = (struct http_text){ rest->p, n };
	rest->p += n;
	rest->n -= n;
	return true;
}

bool winrm_parse(const void *p, size_t n, const char *protocol,
		 struct winrm_part parts[WINRM_PARTS_MAX], int *count)
{
	struct http_text rest = { p, n };

	for (*count = 0; *count < WINRM_PARTS_MAX; (*count)++) {
		struct http_text end = rest;
		if (*count && take_boundary(&end) && take_text(&end, "--") &&
		    (!end.n || take_text(&end, "\r\n")))
			return !end.n;
		if (!take_metadata(&rest, protocol, &parts[*count].original) ||
		    !take_sealed(&rest, protocol, &parts[*count]))
			return false;
	}
	return false;
}

bool winrm_print_type(struct bytes *out, const char *protocol, int count)
{
	return http_print(out,
			  "Content-Type: multipart/%s;protocol=\"%s\";boundary=\"Encrypted "
			  "Boundary\"\r\n",
			  count > 1 ? "x-multi-encrypted" : "encrypted", protocol);
}

/* A parameter of a media type, without its quotes; false when it is not there. */
static bool parameter(struct http_text type, const char *name, struct http_text *value)
{
	size_t n = strlen(name);
	const char *at = memmem(type.p, type.n, name, n);

	if (!at || at == type.p || !strchr("; ", at[-1]))
		return false;
	struct http_text rest = { at + n, type.n - (size_t)(at - type.p) - n };
	if (!take_text(&rest, "=\""))
		return false;
	const char *end = memchr(rest.p, '"', rest.n);
	*value = (struct http_text){ rest.p, end ? (size_t)(end - rest.p) : 0 };
	return end != NULL;
}

bool winrm_is_sealed(struct http_text content_type, const char *protocol)
{
	struct http_text rest = content_type, value;

	if (!take_text(&rest, "multipart/encrypted;") &&
	    !take_text(&rest, "multipart/x-multi-encrypted;"))
		return false;
	return parameter(content_type, "protocol", &value) && http_text_is(value, protocol) &&
	       parameter(content_type, "boundary", &value) &&
	       http_text_is(value, "Encrypted Boundary");
}

/* ---- Identify, [DMTF-DSP0226] 11 */

const char winrm_identify[] = "<s:Envelope xmlns:s=\"" ENVELOPE "\" xmlns:wsmid=\"" IDENTITY
			      "\"><s:Header/>"
			      "<s:Body><wsmid:Identify/></s:Body></s:Envelope>";

bool winrm_print_identified(struct bytes *out, const char *version)
{
	return http_print(
		out,
		"<s:Envelope xmlns:s=\"" ENVELOPE "\" xmlns:wsmid=\"" IDENTITY "\"><s:Header/>"
		"<s:Body><wsmid:IdentifyResponse>"
		"<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
		"</wsmid:ProtocolVersion><wsmid:ProductVendor>OpenSSPI</wsmid:ProductVendor>"
		"<wsmid:ProductVersion>%s</wsmid:ProductVersion>"
		"</wsmid:IdentifyResponse></s:Body></s:Envelope>",
		version);
}

static const char *find(const struct bytes *soap, const char *text)
{
	return soap->len ? memmem(soap->p, soap->len, text, strlen(text)) : NULL;
}

/* Whether an opening tag's name, prefix or not, ends at `name`. */
static bool begins_tag(const char *start, const char *name)
{
	while (name > start && !strchr("<>/ \"'", name[-1]))
		name--;
	return name > start && name[-1] == '<';
}

/* Behind the ">" of the first element of that name. */
static const char *find_element(const struct bytes *soap, const char *name)
{
	const char *start = (const char *)soap->p, *end = start + soap->len, *p = start;
	size_t n = strlen(name);

	while (soap->len && (p = memmem(p, (size_t)(end - p), name, n))) {
		bool whole = p > start && (p[-1] == ':' || p[-1] == '<') && begins_tag(start, p);
		p += n;
		if (!whole || p == end || !strchr("> \t\r\n/", *p))
			continue;
		const char *close = memchr(p, '>', (size_t)(end - p));
		return close ? close + 1 : NULL;
	}
	return NULL;
}

bool winrm_is_identify(const struct bytes *soap)
{
	return find(soap, ENVELOPE) && find(soap, IDENTITY) && find_element(soap, "Body") &&
	       find_element(soap, "Identify");
}

bool winrm_is_identified(const struct bytes *soap)
{
	return find(soap, ENVELOPE) && find(soap, IDENTITY) &&
	       find_element(soap, "IdentifyResponse");
}

bool winrm_element(const struct bytes *soap, const char *name, char *out, size_t room)
{
	const char *text = find_element(soap, name);
	size_t left = text ? soap->len - (size_t)(text - (const char *)soap->p) : 0;
	const char *end = left ? memchr(text, '<', left) : NULL;

	if (!end || (size_t)(end - text) >= room)
		return false;
	snprintf(out, room, "%.*s", (int)(end - text), text);
	return true;
}
