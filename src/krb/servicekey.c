/* krb/servicekey.c - a service's keys out of its account's password, as Windows' services have them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A ticket tells in clear which enctype its key is of; the KDC tells the salt. Keys are in a keytab in
 * memory that goes with the credential. */
#include "base/base.h"

#include "krb/internal.h"

void keytab_close(krb5_keytab keytab)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;

	if (keytab && krb5_init_context(&ctx) == 0)
		krb5_kt_close(ctx, keytab);
}

/* Asks the KDC how the account's password becomes a key of that enctype. */
static krb5_error_code key_make(krb5_context ctx, const struct krb_credential *c,
				krb5_principal account, krb5_keyblock *key)
{
	krb5_get_init_creds_opt *options;
	krb5_data salt = { 0 }, parameters = { 0 };
	krb5_data password = { .length = (unsigned)c->password->len - 1,
			       .data = (char *)c->password->p };
	krb5_enctype wanted = key->enctype, told = 0;
	krb5_error_code code = krb5_get_init_creds_opt_alloc(ctx, &options);

	if (code)
		return code;
	krb5_get_init_creds_opt_set_etype_list(options, &wanted, 1);
	code = krb5_get_etype_info(ctx, account, options, &told, &salt, &parameters);
	if (!code && told != wanted)
		code = KRB5KDC_ERR_ETYPE_NOSUPP;
	if (!code)
		code = krb5_c_string_to_key_with_params(
			ctx, wanted, &password, &salt, parameters.length ? &parameters : NULL, key);
	krb5_free_data_contents(ctx, &salt);
	krb5_free_data_contents(ctx, &parameters);
	krb5_get_init_creds_opt_free(ctx, options);
	return code;
}

static krb5_error_code key_add(krb5_context ctx, struct krb_credential *c, krb5_principal account,
			       int32_t enctype)
{
	krb5_keytab_entry entry = { .principal = account, .vno = 1, .key = { .enctype = enctype } };
	krb5_error_code code = 0;

	if (!c->keys)
		code = krb5_kt_resolve(ctx, c->own_keytab, &c->keys);
	if (!code)
		code = key_make(ctx, c, account, &entry.key);
	if (!code)
		code = krb5_kt_add_entry(ctx, c->keys, &entry);
	krb5_free_keyblock_contents(ctx, &entry.key);
	return code;
}

static bool has_key(const struct krb_credential *c, int32_t enctype)
{
	for (size_t i = 0; i < ARRAY_LEN(c->key_enctypes); i++)
		if (c->key_enctypes[i] == enctype)
			return true;
	return false;
}

static void note_key(struct krb_credential *c, int32_t enctype)
{
	for (size_t i = 0; i < ARRAY_LEN(c->key_enctypes); i++) {
		if (c->key_enctypes[i] == 0) {
			c->key_enctypes[i] = enctype;
			return;
		}
	}
}

static NTSTATUS own_keytab_name(struct krb_credential *c)
{
	static atomic_ulong count;
	char name[64];

	if (c->own_keytab)
		return SEC_E_OK;
	snprintf(name, sizeof(name), "MEMORY:opensspi-keys-%lu", atomic_fetch_add(&count, 1));
	c->own_keytab = mem_dup_text(name);
	return c->own_keytab ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a keytab's name");
}

NTSTATUS service_key(struct krb_credential *c, int32_t enctype)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(mem_free_p) char *name = NULL;
	krb5_principal account = NULL;

	HOLD(&c->asking);
	if (has_key(c, enctype))
		return SEC_E_OK;
	NTSTATUS status = own_keytab_name(c);
	if (!failed(status))
		status = context_open(&ctx);
	if (!failed(status))
		status = name_user(ctx, c->user, c->realm, &account, NULL);
	if (failed(status))
		return status;
	name = principal_text(ctx, account);
	krb5_error_code code = krb5_c_valid_enctype(enctype) ? key_add(ctx, c, account, enctype)
							     : KRB5_PROG_ETYPE_NOSUPP;
	if (code)
		status = krb_fail(ctx, code, PHASE_LOGON, name, "a key out of a password");
	else
		note_key(c, enctype);
	krb5_free_principal(ctx, account);
	return status;
}
