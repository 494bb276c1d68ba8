/* ipc/rows.h - what the files of the table of calls share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_IPC_ROWS_H
#define OPENSSPI_IPC_ROWS_H

#include "ipc/calls.h"

/* The halves of a row: .name = "...", REQUEST(...), REPLY(...). */
#define REQUEST(type, put, take)                                                                   \
	.request_size = sizeof(type), .write_request = put, .read_request = take
#define REPLY(type, put, take, done)                                                               \
	.reply_size = sizeof(type), .write_reply = put, .read_reply = take, .reply_done = done
#define NO_REQUEST REQUEST(struct packages_call, row_put_nothing, row_take_nothing)
#define NO_REPLY REPLY(struct empty_reply, row_put_nothing, row_take_nothing, row_nothing_done)
#define BYTES_REPLY(type) REPLY(type, row_put_owned, row_take_owned, row_owned_done)

/* From CALL_CRED_WRITE, CALL_VAULT_STATUS and CALL_ENCRYPT_MEMORY on. */
extern const struct call_row credential_rows[CALL_VAULT_STATUS - CALL_CRED_WRITE];
extern const struct call_row vault_rows[CALL_ENCRYPT_MEMORY - CALL_VAULT_STATUS];
extern const struct call_row package_rows[CALL_COUNT - CALL_ENCRYPT_MEMORY];

/* Requests and replies without contents. */
void row_put_nothing(struct wr *w, const void *v);
bool row_take_nothing(struct rd r, void *out);
void row_nothing_done(void *v);

/* Replies that are one run of bytes (a struct with a struct ipc_owned alone). */
void row_put_owned(struct wr *w, const void *v);
bool row_take_owned(struct rd r, void *out);
void row_owned_done(void *v);

#endif
