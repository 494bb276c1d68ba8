/* examples/frames.c - tokens and sealed messages on a socket, for the two CredSSP examples.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "frames.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int read_all(int fd, void *p, size_t n)
{
	return recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
}

int frames_receive(struct frames *f, int fd)
{
	uint32_t head;
	if (!read_all(fd, &head, sizeof(head)))
		return 0;
	size_t n = ntohl(head);
	if (n > sizeof(f->bytes) - f->len || !read_all(fd, f->bytes + f->len, n))
		return 0;
	f->len += n;
	return 1;
}

int frames_send(int fd, const void *p, size_t n)
{
	uint32_t head = htonl((uint32_t)n);
	return send(fd, &head, sizeof(head), MSG_NOSIGNAL | MSG_MORE) == (ssize_t)sizeof(head) &&
	       send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

void frames_keep(struct frames *f, size_t extra)
{
	memmove(f->bytes, f->bytes + f->len - extra, extra);
	explicit_bzero(f->bytes + extra, f->len - extra);
	f->len = extra;
}

SECURITY_STATUS frames_seal(CtxtHandle *context, int fd, const char *text, size_t n)
{
	unsigned char whole[6000] = { 0 };
	SecPkgContext_StreamSizes sizes;

	SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_STREAM_SIZES, &sizes);
	if (status != SEC_E_OK)
		return status;
	if (sizes.cbHeader + n + sizes.cbTrailer > sizeof(whole))
		return SEC_E_BUFFER_TOO_SMALL;
	memcpy(whole + sizes.cbHeader, text, n);
	SecBuffer parts[] = {
		{ sizes.cbHeader, SECBUFFER_STREAM_HEADER, whole },
		{ (ULONG)n, SECBUFFER_DATA, whole + sizes.cbHeader },
		{ sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, whole + sizes.cbHeader + n },
		{ 0, SECBUFFER_EMPTY, NULL },
	};
	SecBufferDesc message = { SECBUFFER_VERSION, 4, parts };
	status = EncryptMessage(context, 0, &message, 0);
	if (status != SEC_E_OK)
		return status;
	n = parts[0].cbBuffer + parts[1].cbBuffer + parts[2].cbBuffer;
	return frames_send(fd, whole, n) ? SEC_E_OK : SEC_E_INTERNAL_ERROR;
}

SECURITY_STATUS frames_open(CtxtHandle *context, int fd, struct frames *f)
{
	for (;;) {
		SecBuffer parts[4] = { { (ULONG)f->len, SECBUFFER_DATA, f->bytes } };
		SecBufferDesc message = { SECBUFFER_VERSION, 4, parts };
		SECURITY_STATUS status = SEC_E_INCOMPLETE_MESSAGE;
		size_t extra = 0, n = 0;

		if (f->len)
			status = DecryptMessage(context, &message, 0, NULL);
		if (status == SEC_E_INCOMPLETE_MESSAGE) {
			if (!frames_receive(f, fd))
				return SEC_E_CONTEXT_EXPIRED;
			continue;
		}
		if (status != SEC_E_OK)
			return status;
		for (int i = 0; i < 4; i++) {
			if (parts[i].BufferType == SECBUFFER_EXTRA)
				extra = parts[i].cbBuffer;
			if (parts[i].BufferType == SECBUFFER_DATA) {
				n = parts[i].cbBuffer;
				if (n >= sizeof(f->message))
					return SEC_E_BUFFER_TOO_SMALL;
				memcpy(f->message, parts[i].pvBuffer, n);
			}
		}
		f->message[n] = '\0';
		frames_keep(f, extra);
		if (n)
			return SEC_E_OK;
	}
}
