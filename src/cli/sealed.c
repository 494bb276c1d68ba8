/* cli/sealed.c - WinRM's messages sealed and opened by a finished sign-in. [MS-WSMV] 2.2.9.1
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/sealed.h"

#include <string.h>

/* TLS records hold 16 KiB: longer messages are sealed in several pieces. */
static SECURITY_STATUS seal(struct exchange *x, const char *protocol, const struct bytes *soap,
			    struct bytes *body, int *count)
{
	size_t piece = 0;

	for (size_t done = 0; done < soap->len; done += piece, (*count)++) {
		struct bytes CLEANUP(bytes_done) sealed = { 0 };
		size_t edge;
		piece = soap->len - done < MESSAGE_MAX ? soap->len - done : MESSAGE_MAX;
		SECURITY_STATUS status = exchange_seal(x, soap->p + done, piece, &sealed, &edge);
		if (status != SEC_E_OK)
			return status;
		const struct winrm_part part = { piece,
						 (uint32_t)edge,
						 { (char *)sealed.p, sealed.len } };
		if (!winrm_add_part(body, protocol, &part))
			return SEC_E_INSUFFICIENT_MEMORY;
	}
	return winrm_end_parts(body) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS sealed_print(struct exchange *x, const char *protocol, const struct bytes *soap,
			     struct bytes *out)
{
	struct bytes CLEANUP(bytes_done) body = { 0 };
	SECURITY_STATUS status = SEC_E_OK;
	int count = 0;
	bool ok;

	if (!soap->len || !protocol) {
		ok = !soap->len || http_print(out, "Content-Type: " WINRM_SOAP "\r\n");
		ok = ok && bytes_append(&body, soap->p, soap->len);
	} else {
		status = seal(x, protocol, soap, &body, &count);
		if (status != SEC_E_OK)
			return status;
		ok = winrm_print_type(out, protocol, count);
	}
	ok = ok && http_print(out, "Content-Length: %zu\r\n\r\n", body.len) &&
	     bytes_append(out, body.p, body.len);
	return ok ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS sealed_open(struct exchange *x, const char *protocol, const struct http_head *head,
			    const struct bytes *body, struct bytes *soap)
{
	struct winrm_part parts[WINRM_PARTS_MAX];
	struct http_text type;
	int count;

	http_field(head, "Content-Type", &type);
	if (!protocol) {
		if (type.n < 20 || strncmp(type.p, "application/soap+xml", 20) != 0)
			return SEC_E_ENCRYPT_FAILURE;
		return bytes_append(soap, body->p, body->len) ? SEC_E_OK
							      : SEC_E_INSUFFICIENT_MEMORY;
	}
	if (!winrm_is_sealed(type, protocol) ||
	    !winrm_parse(body->p, body->len, protocol, parts, &count))
		return SEC_E_ENCRYPT_FAILURE;
	for (int i = 0; i < count; i++) {
		size_t before = soap->len;
		SECURITY_STATUS status =
			exchange_open(x, parts[i].sealed.p, parts[i].sealed.n, soap);
		if (status != SEC_E_OK)
			return status < 0 ? status : SEC_E_DECRYPT_FAILURE;
		if (soap->len - before != parts[i].original)
			return SEC_E_MESSAGE_ALTERED;
	}
	return SEC_E_OK;
}
