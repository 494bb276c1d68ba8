/* packages/kerberos/protect.c - see packages/kerberos/protect.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "krb/krb.h"
#include "packages/kerberos/cfx.h"
#include "packages/kerberos/protect.h"
#include "packages/kerberos/rc4gss.h"
#include "packages/kerberos/window.h"

struct direction {
	pthread_mutex_t lock;
	bool from_acceptor, opens;
	bool is_ready; /* the keys are made with the first message */
	struct kerberos_window window;
	struct cfx_keys cfx;
};

/* Lives in a struct secret. */
struct kerberos_protection {
	struct secret *home;
	uint32_t flags;
	struct cfx_style style; /* type NULL: RC4 */
	uint8_t key[ETYPE_KEY_MAX];
	struct rc4gss_keys rc4;
	struct direction send, receive;
};

#define KEEPS_INTEGRITY (KRB_INTEGRITY | KRB_CONFIDENTIALITY | KRB_REPLAY | KRB_SEQUENCE)

/* ---- making ---- */

static void direction_init(struct direction *d, const struct kerberos_session *s, bool opens)
{
	enum kerberos_order order = KERBEROS_ANY_ORDER;

	if (s->flags & KRB_REPLAY)
		order = KERBEROS_NO_REPLAY;
	if (s->flags & KRB_SEQUENCE)
		order = KERBEROS_IN_ORDER;
	pthread_mutex_init(&d->lock, NULL);
	d->opens = opens;
	d->from_acceptor = s->server != opens;
	d->window.is_short = s->enctype == KERBEROS_RC4;
	kerberos_window_init(&d->window, order, opens ? s->receive_sequence : s->send_sequence);
}

static size_t key_len_of(const struct kerberos_session *s)
{
	const struct etype *type = etype_of(s->enctype);

	if (type)
		return type->key_len;
	return s->enctype == KERBEROS_RC4 ? RC4GSS_KEY_LEN : 0;
}

NTSTATUS kerberos_protection_new(const struct kerberos_session *s, struct kerberos_protection **out)
{
	size_t key_len = key_len_of(s);

	if (!key_len || !s->key || s->key->len != key_len)
		return fail(SEC_E_CRYPTO_SYSTEM_INVALID, "a context's enctype");
	struct secret *home = secret_new(sizeof(struct kerberos_protection));
	if (!home)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keys for messages");
	struct kerberos_protection *p = (void *)home->p;
	p->home = home;
	p->flags = s->flags;
	p->style = (struct cfx_style){ .type = etype_of(s->enctype),
				       .dce = s->flags & KRB_DCE_STYLE,
				       .acceptor_subkey = s->acceptor_subkey };
	memcpy(p->key, s->key->p, key_len);
	direction_init(&p->send, s, false);
	direction_init(&p->receive, s, true);
	if (!p->style.type)
		rc4gss_keys_set(&p->rc4, p->key);
	*out = p;
	return SEC_E_OK;
}

void kerberos_protection_free(struct kerberos_protection *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->send.lock);
	pthread_mutex_destroy(&p->receive.lock);
	secret_free(p->home);
}

void kerberos_sizes(const struct kerberos_session *s, SecPkgContext_Sizes *out)
{
	struct cfx_style style = { .type = etype_of(s->enctype), .dce = s->flags & KRB_DCE_STYLE };

	*out = (SecPkgContext_Sizes){ .cbMaxToken = KERBEROS_MAX_TOKEN, .cbBlockSize = 1 };
	if (style.type) {
		out->cbMaxSignature = (ULONG)cfx_signature_size(&style);
		out->cbSecurityTrailer = (ULONG)cfx_token_size(&style, true);
		return;
	}
	out->cbMaxSignature = RC4GSS_SIGNATURE_SIZE;
	out->cbSecurityTrailer = style.dce ? RC4GSS_TOKEN_SIZE : RC4GSS_TOKEN_SIZE_MAX;
}

/* ---- numbers for another process ---- */

static void direction_pack(struct wr *w, struct direction *d)
{
	pthread_mutex_lock(&d->lock);
	wr_u64le(w, d->window.next);
	wr_u64le(w, d->window.seen);
	pthread_mutex_unlock(&d->lock);
}

void kerberos_protection_pack(struct wr *w, struct kerberos_protection *p)
{
	direction_pack(w, &p->send);
	direction_pack(w, &p->receive);
}

static bool direction_unpack(struct rd *r, struct direction *d)
{
	uint64_t next, seen;

	if (!rd_u64le(r, &next) || !rd_u64le(r, &seen) || (d->window.is_short && next > UINT32_MAX))
		return false;
	d->window.next = next;
	d->window.seen = seen;
	return true;
}

bool kerberos_protection_unpack(struct rd *r, struct kerberos_protection *p)
{
	return direction_unpack(r, &p->send) && direction_unpack(r, &p->receive);
}

static void direction_skip(struct direction *d, uint32_t messages)
{
	pthread_mutex_lock(&d->lock);
	for (; messages; messages--)
		kerberos_window_note(&d->window, d->window.next);
	pthread_mutex_unlock(&d->lock);
}

void kerberos_protection_skip(struct kerberos_protection *p, uint32_t sent, uint32_t received)
{
	direction_skip(&p->send, sent);
	direction_skip(&p->receive, received);
}

/* ---- one message ---- */

/* A message of either kind. */
struct work {
	struct kerberos_protection *p;
	struct direction *d;
	struct kerberos_message message;
	struct cfx_work cfx;
	struct rc4gss_work rc4;
};

static bool is_rc4(const struct work *w)
{
	return !w->p->style.type;
}

/* Readies the direction, under its lock. Most contexts never protect a message. */
static void work_begin(struct work *w)
{
	struct direction *d = w->d;

	if (!is_rc4(w) && !d->is_ready)
		cfx_keys_set(&d->cfx, &w->p->style, w->p->key, d->from_acceptor, d->opens);
	d->is_ready = true;
	w->cfx = (struct cfx_work){ .style = &w->p->style,
				    .keys = &d->cfx,
				    .from_acceptor = d->from_acceptor,
				    .message = &w->message,
				    .number = d->window.next };
	w->rc4 = (struct rc4gss_work){ .keys = &w->p->rc4,
				       .from_acceptor = d->from_acceptor,
				       .dce = w->p->style.dce,
				       .message = &w->message,
				       .number = (uint32_t)d->window.next };
}

static uint64_t work_number(const struct work *w)
{
	return is_rc4(w) ? w->rc4.number : w->cfx.number;
}

/* ---- sending ---- */

static size_t token_size(const struct work *w, bool encrypts)
{
	struct rc4gss_work rc4 = { .dce = w->p->style.dce,
				   .message = (struct kerberos_message *)(uintptr_t)&w->message };
	return is_rc4(w) ? rc4gss_token_size(&rc4) : cfx_token_size(&w->p->style, encrypts);
}

static size_t signature_size(const struct work *w)
{
	return is_rc4(w) ? RC4GSS_SIGNATURE_SIZE : cfx_signature_size(&w->p->style);
}

static NTSTATUS token_suffices(const struct work *w, size_t size)
{
	if (w->message.token->cbBuffer < size)
		return fail(SEC_E_BUFFER_TOO_SMALL, "TOKEN buffer for a message");
	return SEC_E_OK;
}

NTSTATUS kerberos_sign(struct kerberos_protection *p, PSecBufferDesc message, ULONG qop)
{
	struct work w;

	w.p = p;
	w.d = &p->send;
	if (qop != 0 || !(p->flags & KEEPS_INTEGRITY))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "MakeSignature");
	NTSTATUS status = kerberos_message_sort(message, &w.message);
	if (!failed(status) && !w.message.token)
		status = fail(SEC_E_INVALID_TOKEN, "MakeSignature without TOKEN buffer");
	if (!failed(status))
		status = token_suffices(&w, signature_size(&w));
	if (failed(status))
		return status;
	pthread_mutex_lock(&w.d->lock);
	work_begin(&w);
	if (is_rc4(&w))
		rc4gss_sign(&w.rc4);
	else
		cfx_sign(&w.cfx);
	kerberos_window_note(&w.d->window, w.d->window.next);
	pthread_mutex_unlock(&w.d->lock);
	w.message.token->cbBuffer = (ULONG)signature_size(&w);
	return SEC_E_OK;
}

static NTSTATUS seal_message(struct work *w, bool encrypts)
{
	pthread_mutex_lock(&w->d->lock);
	work_begin(w);
	NTSTATUS status = is_rc4(w) ? rc4gss_seal(&w->rc4, encrypts) : cfx_seal(&w->cfx, encrypts);
	if (!failed(status))
		kerberos_window_note(&w->d->window, w->d->window.next);
	pthread_mutex_unlock(&w->d->lock);
	return status;
}

NTSTATUS kerberos_seal(struct kerberos_protection *p, PSecBufferDesc message, bool encrypts)
{
	struct work w;

	w.p = p;
	w.d = &p->send;
	if (!(p->flags & (encrypts ? KRB_CONFIDENTIALITY : KEEPS_INTEGRITY)))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "EncryptMessage");
	NTSTATUS status = kerberos_message_sort(message, &w.message);
	if (!failed(status) && (!w.message.token || !w.message.data))
		status = fail(SEC_E_INVALID_TOKEN, "EncryptMessage without TOKEN or DATA buffer");
	if (failed(status))
		return status;
	size_t size = token_size(&w, encrypts);
	status = token_suffices(&w, size);
	if (!failed(status))
		status = seal_message(&w, encrypts);
	if (failed(status))
		return status;
	if (w.message.padding)
		w.message.padding->cbBuffer = is_rc4(&w) ? (ULONG)rc4gss_padding(&w.rc4) : 0;
	w.message.token->cbBuffer = (ULONG)size;
	return SEC_E_OK;
}

/* ---- receiving ---- */

/* A genuine message counts if its number may come now. */
static NTSTATUS number_note(const struct work *w)
{
	if (!kerberos_window_admits(&w->d->window, work_number(w)))
		return fail(SEC_E_OUT_OF_SEQUENCE, "number of a message");
	kerberos_window_note(&w->d->window, work_number(w));
	return SEC_E_OK;
}

NTSTATUS kerberos_verify(struct kerberos_protection *p, PSecBufferDesc message, PULONG qop)
{
	struct work w;

	w.p = p;
	w.d = &p->receive;
	if (!(p->flags & KEEPS_INTEGRITY))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "VerifySignature");
	NTSTATUS status = kerberos_message_sort(message, &w.message);
	if (!failed(status) && !w.message.token)
		status = fail(SEC_E_INVALID_TOKEN, "VerifySignature without TOKEN buffer");
	if (failed(status))
		return status;
	if (qop)
		*qop = 0;
	pthread_mutex_lock(&w.d->lock);
	work_begin(&w);
	status = is_rc4(&w) ? rc4gss_verify(&w.rc4) : cfx_verify(&w.cfx);
	if (!failed(status))
		status = number_note(&w);
	pthread_mutex_unlock(&w.d->lock);
	return status;
}

/* What both kinds say of an opened message. */
struct opened {
	bool sealed;
	uint8_t *data; /* of a STREAM */
	size_t data_n;
};

/* Opened, genuine and in order; or as it was. What was only signed opens for who can be told. */
static NTSTATUS number_admit(const struct work *w, const struct opened *o, const ULONG *qop)
{
	if (!o->sealed && !qop)
		return fail(SEC_E_QOP_NOT_SUPPORTED, "a message that is only signed");
	return number_note(w);
}

static NTSTATUS unseal_cfx(struct work *w, struct opened *out, const ULONG *qop)
{
	struct cfx_opened o;

	NTSTATUS status = cfx_unseal(&w->cfx, &o);
	if (failed(status))
		return status;
	*out = (struct opened){ .sealed = o.pieces, .data = o.data, .data_n = o.data_n };
	status = number_admit(w, out, qop);
	if (failed(status))
		cfx_undo(&w->cfx, &o);
	return status;
}

static NTSTATUS unseal_rc4(struct work *w, struct opened *out, const ULONG *qop)
{
	struct rc4gss_opened o;

	NTSTATUS status = rc4gss_unseal(&w->rc4, &o);
	if (failed(status))
		return status;
	*out = (struct opened){ .sealed = o.sealed, .data = o.data, .data_n = o.data_n };
	status = number_admit(w, out, qop);
	if (failed(status))
		rc4gss_undo(&w->rc4, &o);
	mem_wipe(&o, sizeof(o));
	return status;
}

static NTSTATUS unseal_message(struct work *w, struct opened *o, const ULONG *qop)
{
	pthread_mutex_lock(&w->d->lock);
	work_begin(w);
	NTSTATUS status = is_rc4(w) ? unseal_rc4(w, o, qop) : unseal_cfx(w, o, qop);
	pthread_mutex_unlock(&w->d->lock);
	return status;
}

NTSTATUS kerberos_unseal(struct kerberos_protection *p, PSecBufferDesc message, PULONG qop)
{
	struct opened o;
	struct work w;

	w.p = p;
	w.d = &p->receive;
	if (!(p->flags & KEEPS_INTEGRITY))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "DecryptMessage");
	NTSTATUS status = kerberos_message_sort(message, &w.message);
	if (!failed(status) && ((!w.message.token && !w.message.stream) || !w.message.data))
		status = fail(SEC_E_INVALID_TOKEN, "buffers of DecryptMessage");
	if (!failed(status))
		status = unseal_message(&w, &o, qop);
	if (failed(status))
		return status;
	if (qop)
		*qop = o.sealed ? 0 : SECQOP_WRAP_NO_ENCRYPT;
	if (w.message.stream) {
		w.message.data->pvBuffer = o.data;
		w.message.data->cbBuffer = (ULONG)o.data_n;
	}
	return SEC_E_OK;
}
