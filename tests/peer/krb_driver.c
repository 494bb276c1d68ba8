/* tests/peer/krb_driver.c - the Kerberos module by its table, a command a line; kerberos_module.py drives it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Words of a command are parted by tabs; every command answers one line of JSON with "status" (hex) and,
 * when it failed, "code" and "text". Credentials and contexts live in numbered places. */
#include "base/base.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <krb5/krb5.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/trace.h"
#include "krb/krb.h"

#define PLACES 32
#define WORDS 32

static const struct krb_ops *krb;
static struct krb_credential *credentials[PLACES];
static struct krb_context *contexts[PLACES];
static long until_failure = -1;	   /* allocations of the module; -1: none fails */
static _Atomic unsigned long live; /* allocations that were not given back */
static struct part_host host;

static char *words[WORDS];
static size_t word_count;

/* ---- a host whose memory runs short when told ---- */

static bool runs_short(void)
{
	if (until_failure < 0)
		return false;
	return until_failure-- == 0 ? (until_failure = 0, true) : false;
}

static void *short_alloc(size_t n)
{
	void *p = runs_short() ? NULL : mem_alloc(n);
	live += p != NULL;
	return p;
}

static void counted_free(void *p, size_t n)
{
	live -= p != NULL;
	mem_free_wiped(p, n);
}

static struct secret *short_secret(size_t n)
{
	struct secret *s = runs_short() ? NULL : secret_new(n);
	live += s != NULL;
	return s;
}

static void counted_secret_free(struct secret *s)
{
	live -= s != NULL;
	secret_free(s);
}

/* ---- words in, JSON out ---- */

static size_t from_hex(const char *text, uint8_t *out, size_t room)
{
	size_t n = 0;
	unsigned byte;
	while (n < room && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static void put_hex(const char *name, const uint8_t *p, size_t n)
{
	printf(", \"%s\": \"", name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	printf("\"");
}

static void put_text(const char *name, const char *text)
{
	if (!text) {
		printf(", \"%s\": null", name);
		return;
	}
	printf(", \"%s\": \"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar((unsigned char)*text < ' ' ? ' ' : *text);
	}
	printf("\"");
}

static void put_number(const char *name, int64_t value)
{
	printf(", \"%s\": %" PRId64, name, value);
}

static void begin_answer(NTSTATUS status)
{
	printf("{\"status\": \"%08x\"", (unsigned)status);
	if (!failed(status))
		return;
	struct krb_reason why;
	krb->reason(&why);
	put_number("code", why.code);
	put_text("text", why.text);
	put_number("unknown_client", why.unknown_client);
	put_number("unknown_server", why.unknown_server);
}

static void end_answer(void)
{
	printf("}\n");
	fflush(stdout);
}

static void answer(NTSTATUS status)
{
	begin_answer(status);
	end_answer();
}

static const char *word(size_t at)
{
	return at < word_count ? words[at] : "";
}

static size_t place(size_t at)
{
	size_t n = strtoul(word(at), NULL, 10);
	return n < PLACES ? n : 0;
}

/* The value of "name=value"; NULL when it is not among the words. */
static const char *value(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 1; i < word_count; i++)
		if (strncmp(words[i], name, n) == 0 && words[i][n] == '=')
			return words[i] + n + 1;
	return NULL;
}

static struct rd value_bytes(const char *name)
{
	const char *text = value(name);
	return text ? rd_of(text, strlen(text)) : rd_of(NULL, 0);
}

static uint32_t value_number(const char *name)
{
	const char *text = value(name);
	return text ? (uint32_t)strtoul(text, NULL, 0) : 0;
}

/* ---- credentials ---- */

static struct krb_identity identity(void)
{
	return (struct krb_identity){
		.use = value("use") ? value_number("use") : KRB_INITIATE,
		.user = value("user"),
		.realm = value("realm"),
		.password = value_bytes("password"),
		.certificate = value("certificate"),
		.anchors = value("anchors"),
		.armor = value("armor"),
		.ccache = value("ccache"),
		.keytab = value("keytab"),
		.service = value("service"),
	};
}

static void credential_put(size_t at, struct krb_credential *c)
{
	krb->credential_unref(credentials[at]);
	credentials[at] = c;
}

static void do_cred(void)
{
	struct krb_identity who = identity();
	struct krb_credential *c = NULL;
	NTSTATUS status = krb->credential_new(&who, &c);
	credential_put(place(1), c);
	answer(status);
}

static void do_drop(void)
{
	credential_put(place(1), NULL);
	answer(SEC_E_OK);
}

static void do_info(void)
{
	struct krb_credential_info info = { 0 };
	NTSTATUS status = krb->credential_info(credentials[place(1)], &info);
	begin_answer(status);
	put_text("name", info.name);
	put_number("expiry", info.expiry);
	put_number("password_expiry", info.password_expiry);
	end_answer();
	host.free_wiped(info.name, 0);
}

static void do_obtain(void)
{
	answer(krb->credential_obtain(credentials[place(1)]));
}

static void do_impersonate(void)
{
	struct krb_credential *c = NULL;
	NTSTATUS status = krb->credential_impersonate(credentials[place(2)], word(3), &c);
	credential_put(place(1), c);
	answer(status);
}

static void do_passwd(void)
{
	struct krb_identity who = identity();
	answer(krb->change_password(&who, value_bytes("new")));
}

/* ---- contexts ---- */

static void do_context(void)
{
	struct krb_request request = {
		.credential = credentials[value_number("cred")],
		.acceptor = value("accept") != NULL,
		.flags = value_number("flags"),
		.target = value("target"),
		.bindings = value_bytes("bindings"),
		.bindings_level = value_number("level"),
	};
	struct krb_context *c = NULL;
	NTSTATUS status = krb->context_new(&request, &c);
	krb->context_free(contexts[place(1)]);
	contexts[place(1)] = c;
	answer(status);
}

static void do_step(void)
{
	static uint8_t bytes[1 << 17];
	struct krb_span out = { 0 };
	size_t n = from_hex(word(2), bytes, sizeof(bytes));
	struct krb_context *c = contexts[place(1)];
	NTSTATUS status = c ? krb->step(c, rd_of(bytes, n), &out) : SEC_E_INVALID_HANDLE;
	begin_answer(status);
	put_hex("token", out.p, out.n);
	end_answer();
	host.free_wiped(out.p, out.n);
}

static void put_established(const struct krb_established *e)
{
	put_number("flags", e->flags);
	put_number("start", e->start);
	put_number("expiry", e->expiry);
	put_text("client", e->client);
	put_text("server", e->server);
	put_number("enctype", e->enctype);
	put_number("ticket_enctype", e->ticket_enctype);
	put_number("acceptor_subkey", e->acceptor_subkey);
	put_hex("key", e->key->p, e->key->len);
	put_hex("session_key", e->session_key->p, e->session_key->len);
	put_number("send", (int64_t)e->send_sequence);
	put_number("receive", (int64_t)e->receive_sequence);
	put_hex("pac", e->pac_logon_info.p, e->pac_logon_info.n);
	put_number("delegated", e->delegated != NULL);
}

static void do_finish(void)
{
	struct krb_established e = { 0 };
	struct krb_context *c = contexts[place(1)];
	NTSTATUS status = c ? krb->finish(c, &e) : SEC_E_INVALID_HANDLE;
	begin_answer(status);
	if (!failed(status)) {
		put_established(&e);
		if (value("delegated")) {
			credential_put(value_number("delegated"), e.delegated);
			e.delegated = NULL;
		}
	}
	end_answer();
	krb->established_done(&e);
}

static void do_free(void)
{
	krb->context_free(contexts[place(1)]);
	contexts[place(1)] = NULL;
	answer(SEC_E_OK);
}

/* ---- tickets ---- */

static void put_ticket(const struct krb_ticket *t)
{
	printf("{\"ticket\": true");
	put_text("client", t->client);
	put_text("server", t->server);
	put_number("start", t->start);
	put_number("end", t->end);
	put_number("renew", t->renew);
	put_number("key_enctype", t->key_enctype);
	put_number("ticket_enctype", t->ticket_enctype);
	put_number("flags", t->flags);
	put_number("config", t->is_config);
	put_number("encoded", (int64_t)t->encoded.n);
	put_hex("key", t->key->p, t->key->len);
	printf("}");
}

static bool on_ticket(void *to, const struct krb_ticket *ticket)
{
	size_t *count = to;
	printf("%s", (*count)++ ? ", " : "");
	put_ticket(ticket);
	return !value("first");
}

static void do_tickets(void)
{
	size_t count = 0;
	printf("{\"tickets\": [");
	NTSTATUS status = krb->each_ticket(credentials[place(1)], on_ticket, &count);
	struct krb_reason why;
	krb->reason(&why);
	printf("], \"status\": \"%08x\"", (unsigned)status);
	put_text("text", why.text);
	end_answer();
}

static void do_get(void)
{
	struct krb_ticket t = { 0 };
	NTSTATUS status =
		krb->get_ticket(credentials[place(1)], word(2), value("cache") != NULL, &t);
	begin_answer(status);
	if (!failed(status)) {
		printf(", \"of\": ");
		put_ticket(&t);
		krb->ticket_done(&t);
	}
	end_answer();
}

static void do_purge(void)
{
	struct krb_filter which = { .server = value("server") };
	uint32_t count = 0;
	NTSTATUS status = krb->purge(credentials[place(1)], which.server ? &which : NULL, &count);
	begin_answer(status);
	put_number("count", count);
	end_answer();
}

static void do_submit(void)
{
	static uint8_t bytes[1 << 17], key[64];
	size_t n = from_hex(word(2), bytes, sizeof(bytes));
	size_t key_n = value("key") ? from_hex(value("key"), key, sizeof(key)) : 0;
	answer(krb->submit(value("caller") ? NULL : credentials[place(1)], rd_of(bytes, n),
			   (int32_t)value_number("enctype"), rd_of(key, key_n)));
}

/* A sealed KRB_CRED as one without a seal, which is how programs on one computer pass tickets on. */
static void do_plain(void)
{
	static uint8_t bytes[1 << 17], key[64];
	krb5_data in = { .length = (unsigned)from_hex(word(1), bytes, sizeof(bytes)),
			 .data = (char *)bytes },
		  *out = NULL;
	krb5_keyblock block = { .enctype = (krb5_enctype)value_number("enctype"),
				.length = (unsigned)from_hex(value("key"), key, sizeof(key)),
				.contents = key };
	krb5_auth_context from = NULL, to = NULL;
	krb5_creds **tickets = NULL;
	krb5_context ctx;

	bool good = krb5_init_context(&ctx) == 0 && krb5_auth_con_init(ctx, &from) == 0 &&
		    krb5_auth_con_init(ctx, &to) == 0 &&
		    krb5_auth_con_setflags(ctx, from, 0) == 0 &&
		    krb5_auth_con_setflags(ctx, to, 0) == 0 &&
		    krb5_auth_con_setrecvsubkey(ctx, from, &block) == 0 &&
		    krb5_rd_cred(ctx, from, &in, &tickets, NULL) == 0 &&
		    krb5_mk_ncred(ctx, to, tickets, &out, NULL) == 0;
	begin_answer(good ? SEC_E_OK : SEC_E_INTERNAL_ERROR);
	put_hex("cred", (const uint8_t *)(good ? out->data : NULL), good ? out->length : 0);
	end_answer();
	krb5_free_data(ctx, out);
	krb5_free_tgt_creds(ctx, tickets);
	krb5_auth_con_free(ctx, from);
	krb5_auth_con_free(ctx, to);
	krb5_free_context(ctx);
}

static void do_export(void)
{
	struct krb_span ticket = { 0 }, cred = { 0 };
	NTSTATUS status = krb->export_tgt(credentials[place(1)], word(2), &ticket, &cred);
	begin_answer(status);
	put_hex("ticket", ticket.p, ticket.n);
	put_hex("cred", cred.p, cred.n);
	end_answer();
	host.free_wiped(ticket.p, ticket.n);
	host.free_wiped(cred.p, cred.n);
}

static void do_import(void)
{
	static uint8_t ticket[1 << 16], cred[1 << 16];
	size_t n = from_hex(word(3), ticket, sizeof(ticket));
	size_t m = from_hex(word(4), cred, sizeof(cred));
	struct krb_credential *c = NULL;
	NTSTATUS status =
		krb->import_tgt(credentials[place(2)], rd_of(ticket, n), rd_of(cred, m), &c);
	credential_put(place(1), c);
	answer(status);
}

/* ---- forks: one thread asks a slow KDC while another forks; the child uses the same credential ---- */

static void *ask_slowly(void *credential)
{
	NTSTATUS *status = calloc(1, sizeof(*status));
	*status = krb->credential_obtain(credential);
	return status;
}

static void do_forks(void)
{
	struct krb_credential *c = credentials[place(1)];
	pthread_t thread;
	void *told = NULL;
	int left = 0;

	pthread_create(&thread, NULL, ask_slowly, c);
	usleep(500000);
	pid_t child = fork();
	if (child == 0) {
		alarm(20);
		_exit(failed(krb->credential_obtain(c)) ? 1 : 0);
	}
	waitpid(child, &left, 0);
	pthread_join(thread, &told);
	begin_answer(*(NTSTATUS *)told);
	put_number("child", WIFEXITED(left) ? WEXITSTATUS(left) : -1);
	end_answer();
	free(told);
}

/* ---- many threads with one credential of each side ---- */

#define THREADS 8
#define TURNS 20

struct work {
	size_t client, server;
	const char *target;
	int done, failed;
};

static bool sign_in_once(struct work *w, struct krb_context *ends[2])
{
	struct krb_request client = { .credential = credentials[w->client],
				      .target = w->target,
				      .flags = KRB_MUTUAL | KRB_INTEGRITY };
	struct krb_request server = { .credential = credentials[w->server], .acceptor = true };
	struct krb_span token = { 0 }, answer = { 0 }, none = { 0 };
	struct krb_established e = { 0 };

	bool good = !failed(krb->context_new(&client, &ends[0])) &&
		    !failed(krb->context_new(&server, &ends[1])) &&
		    !failed(krb->step(ends[0], rd_of(NULL, 0), &token)) &&
		    krb->step(ends[1], rd_of(token.p, token.n), &answer) == SEC_E_OK &&
		    krb->step(ends[0], rd_of(answer.p, answer.n), &none) == SEC_E_OK &&
		    !failed(krb->finish(ends[1], &e));
	host.free_wiped(token.p, token.n);
	host.free_wiped(answer.p, answer.n);
	krb->established_done(&e);
	return good;
}

static void *work(void *given)
{
	struct work *w = given;

	for (int i = 0; i < TURNS; i++) {
		struct krb_context *ends[2] = { 0 };
		bool good = sign_in_once(w, ends);
		w->done++;
		w->failed += !good;
		krb->context_free(ends[0]);
		krb->context_free(ends[1]);
	}
	return NULL;
}

static void do_threads(void)
{
	struct work all[THREADS];
	pthread_t threads[THREADS];
	int done = 0, bad = 0;

	for (int i = 0; i < THREADS; i++) {
		all[i] = (struct work){ place(1), place(2), word(3), 0, 0 };
		pthread_create(&threads[i], NULL, work, &all[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		done += all[i].done;
		bad += all[i].failed;
	}
	begin_answer(SEC_E_OK);
	put_number("done", done);
	put_number("failed", bad);
	end_answer();
}

/* ---- memory ---- */

static void do_fail(void)
{
	until_failure = strtol(word(1), NULL, 10);
	answer(SEC_E_OK);
}

static void do_live(void)
{
	begin_answer(SEC_E_OK);
	put_number("live", (int64_t)live);
	put_number("left", until_failure);
	end_answer();
}

/* `needs`: which word names a credential that must be there. */
static const struct {
	const char *name;
	void (*run)(void);
	size_t needs;
} commands[] = {
	{ "cred", do_cred },	      { "drop", do_drop },
	{ "info", do_info, 1 },	      { "obtain", do_obtain, 1 },
	{ "passwd", do_passwd },      { "impersonate", do_impersonate, 2 },
	{ "context", do_context },    { "step", do_step },
	{ "finish", do_finish },      { "free", do_free },
	{ "tickets", do_tickets, 1 }, { "get", do_get, 1 },
	{ "purge", do_purge, 1 },     { "submit", do_submit },
	{ "export", do_export, 1 },   { "import", do_import, 2 },
	{ "plain", do_plain },	      { "threads", do_threads, 1 },
	{ "forks", do_forks, 1 },     { "fail", do_fail },
	{ "live", do_live },
};

static void run_one(void)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		size_t needs = commands[i].needs;
		if (strcmp(word(0), commands[i].name) != 0)
			continue;
		if (needs && !credentials[place(needs)])
			answer(SEC_E_INVALID_HANDLE);
		else
			commands[i].run();
		return;
	}
	answer(SEC_E_UNSUPPORTED_FUNCTION);
}

static void run(char *line)
{
	word_count = 0;
	line[strcspn(line, "\n")] = 0;
	for (char *at = line; at && word_count < WORDS;)
		words[word_count++] = strsep(&at, "\t");
	run_one();
}

static bool load(void)
{
	const char *folder = getenv("OPENSSPI_MODULE_DIR");
	char path[4096];
	part_entry *entry;

	host = (struct part_host){
		.build_id = OPENSSPI_BUILD_ID,
		.alloc = short_alloc,
		.free_wiped = counted_free,
		.secret_new = short_secret,
		.secret_free = counted_secret_free,
		.trace_is_on = trace_is_on,
		.trace = trace_line,
		.fail = fail_at,
	};
	snprintf(path, sizeof(path), "%s/%s", folder ? folder : ".", KRB_MODULE_FILE);
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *symbol = module ? dlsym(module, KRB_MODULE_ENTRY) : NULL;
	if (!symbol) {
		fprintf(stderr, "%s\n", dlerror());
		return false;
	}
	memcpy(&entry, &symbol, sizeof(entry));
	krb = entry(&host);
	return krb != NULL;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;

	if (!load())
		return 2;
	while (getline(&line, &room, stdin) > 0)
		run(line);
	free(line);
	for (size_t i = 0; i < PLACES; i++) {
		krb->context_free(contexts[i]);
		krb->credential_unref(credentials[i]);
	}
	return live ? 3 : 0;
}
