/* tests/flow/flow.c - see tests/flow/flow.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[] = "/tmp/opensspi-flow-XXXXXX"; /* a short path: sockets may follow */

/* ---- the row "socket": an lsad of our own for each configuration ---- */

static pid_t daemon_pid;
static bool daemon_began;

static bool daemon_answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	bool answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return answers;
}

static void daemon_start(void)
{
	const char *program = getenv("OPENSSPI_LSAD");
	char path[128], setting[160];

	if (!program)
		return;
	snprintf(path, sizeof(path), "%s/lsa-%d.sock", home, (int)getpid());
	snprintf(setting, sizeof(setting), "socket:%s", path);
	daemon_pid = fork();
	assert_true(daemon_pid >= 0);
	if (daemon_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(program, program, "--foreground", "--socket", path, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !(daemon_began = daemon_answers(path)); i++) {
		siginfo_t ended = { .si_pid = 0 };
		if (waitid(P_PID, (id_t)daemon_pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    ended.si_pid)
			break;
		usleep(10000);
	}
	setenv("OPENSSPI_LSA", setting, 1);
}

/* Whatever it has served, TLS is the application's. Only root sees what lsad has mapped. */
static void daemon_has_no_tls(void)
{
	char path[64], line[512];

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)daemon_pid);
	FILE *maps = fopen(path, "r");
	size_t lines = 0;
	if (!maps) {
		assert_int_not_equal(geteuid(), 0);
		print_message("# skipped: that lsad maps no libssl (only root sees it)\n");
		return;
	}
	for (; fgets(line, sizeof(line), maps); lines++)
		assert_null(strstr(line, "libssl"));
	fclose(maps);
	assert_true(lines > 10);
}

static void daemon_stop(void)
{
	int status;

	if (!daemon_pid)
		return;
	if (daemon_began)
		daemon_has_no_tls();
	kill(daemon_pid, SIGTERM);
	assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	/* One that cannot understand its configuration said so at once. */
	assert_int_equal(status, daemon_began ? 0 : 1 << 8);
}

/* ---- a server apart, by messages: A PACKAGE, T TOKEN, N, D ---- */

static struct {
	pid_t pid;
	int fd;
} apart = { .fd = -1 };

struct apart_answer {
	SECURITY_STATUS status;
	bool has_context;
	size_t unread, n;
	uint8_t token[FLOW_ROOM];
};

static void apart_take(struct end *e, const uint8_t *token, size_t n)
{
	static struct apart_answer answer;
	static struct end client;

	memcpy(e->inbox, token, n);
	e->inbox_len = n;
	client.inbox_len = 0;
	flow_step(e, &client);
	answer = (struct apart_answer){ .status = e->status,
					.has_context = e->has_context,
					.unread = e->inbox_len,
					.n = client.inbox_len };
	memcpy(answer.token, client.inbox, client.inbox_len);
	assert_true(send(apart.fd, &answer, offsetof(struct apart_answer, token) + answer.n, 0) > 0);
}

static void apart_serve(void)
{
	static uint8_t message[FLOW_ROOM + 1];
	static struct end e;
	char name[64];
	ssize_t n;

	while ((n = recv(apart.fd, message, sizeof(message) - 1, 0)) > 0) {
		message[n] = '\0';
		if (message[0] == 'A') {
			flow_server(&e, (const char *)message + 1);
		} else if (message[0] == 'T') {
			apart_take(&e, message + 1, (size_t)n - 1);
		} else if (message[0] == 'N') {
			flow_server_name(&e, name, sizeof(name));
			assert_true(send(apart.fd, name, sizeof(name), 0) > 0);
		} else {
			flow_done(&e);
		}
	}
	_exit(0);
}

/* Before this process has used the library. */
static void apart_start(void)
{
	int pair[2];

	if (!getenv("OPENSSPI_LSAD"))
		return;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	apart.pid = fork();
	assert_true(apart.pid >= 0);
	apart.fd = pair[apart.pid != 0];
	close(pair[apart.pid == 0]);
	if (apart.pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setenv("OPENSSPI_LSA", "embedded", 1);
	daemon_pid = 0;
	apart_serve();
}

static void apart_stop(void)
{
	int status;

	if (apart.fd < 0)
		return;
	shutdown(apart.fd, SHUT_RDWR); /* for the copies too that children of ours hold */
	close(apart.fd);
	assert_int_equal(waitpid(apart.pid, &status, 0), apart.pid);
	assert_int_equal(status, 0);
	apart.fd = -1;
}

static void apart_say(char what, const void *more, size_t n)
{
	static uint8_t message[FLOW_ROOM];

	message[0] = (uint8_t)what;
	memcpy(message + 1, more, n);
	assert_true(send(apart.fd, message, n + 1, 0) > 0);
}

static void apart_step(struct end *e, struct end *peer)
{
	static struct apart_answer answer;

	apart_say('T', e->inbox, e->inbox_len);
	assert_true(recv(apart.fd, &answer, sizeof(answer), 0) > 0);
	e->status = answer.status;
	e->has_context = answer.has_context;
	memmove(e->inbox, e->inbox + e->inbox_len - answer.unread, answer.unread);
	e->inbox_len = answer.unread;
	memcpy(peer->inbox + peer->inbox_len, answer.token, answer.n);
	peer->inbox_len += answer.n;
}

void flow_server_apart(struct end *e, const char *package)
{
	if (apart.fd < 0) {
		flow_server(e, package);
		return;
	}
	memset(e, 0, sizeof(*e));
	e->server = e->apart = true;
	apart_say('A', package, strlen(package));
}

void flow_server_name(struct end *e, char *name, size_t room)
{
	SecPkgContext_NamesA names = { NULL };
	char said[64];

	name[0] = '\0';
	if (e->apart) {
		apart_say('N', "", 0);
		assert_true(recv(apart.fd, said, sizeof(said), 0) > 0);
		snprintf(name, room, "%s", said);
	} else if (QueryContextAttributesA(&e->context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK) {
		const char *user = strrchr(names.sUserName, '\\');
		snprintf(name, room, "%s", user ? user + 1 : names.sUserName);
		FreeContextBuffer(names.sUserName);
	}
}

bool flow_is_remote(void)
{
	return getenv("OPENSSPI_LSA") != NULL;
}

int flow_setup(void **state)
{
	assert_non_null(mkdtemp(home));
	setenv("OPENSSPI_HOME", home, 1);
	/* in no realm, whatever the machine's is: nobody waits for a KDC */
	setenv("KRB5_CONFIG", "/dev/null", 1);
	setenv("KRB5CCNAME", "FILE:/nonexistent/ccache", 1);
	setenv("KRB5_KTNAME", "FILE:/nonexistent/keytab", 1);
	daemon_start();
	return 0;
}

int flow_teardown(void **state)
{
	char command[128];

	daemon_stop();
	snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command);
}

void flow_configure(const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/etc", home);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/etc/opensspi.conf", home);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
	snprintf(path, sizeof(path), "%s/data", home);
	mkdir(path, 0700);
	assert_int_equal(OpensspiAccountSet(NULL, FLOW_USER, FLOW_PASSWORD), SEC_E_OK);
}

void flow_child(const char *configuration, void (*body)(void))
{
	int status;

	fflush(stdout);
	fflush(stderr);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("CMOCKA_TEST_ABORT", "1",
		       1); /* a failure ends the child, not just its test */
		daemon_pid = 0; /* the parent's */
		apart_start();
		flow_configure(configuration);
		if (configuration[0])
			daemon_start(); /* else the parent's serves us too */
		body();
		apart_stop();
		daemon_stop();
		fflush(stdout);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	char path[128];
	snprintf(path, sizeof(path), "%s/etc/opensspi.conf", home);
	unlink(path); /* it was the child's */
	assert_int_equal(status, 0);
}

void flow_client(struct end *e, const char *package, const char *user, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)(uintptr_t)user,
		.UserLength = (ULONG)strlen(user),
		.Password = (unsigned char *)(uintptr_t)password,
		.PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CREDSSP_CRED both = { .Type = CredsspSubmitBufferBothOld, .pSpnegoCred = &identity };
	bool credssp = strcasecmp(package, "CREDSSP") == 0 || strcasecmp(package, "TSSSP") == 0;

	memset(e, 0, sizeof(*e));
	e->target = "TERMSRV/localhost";
	e->requirements = ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY |
			  (credssp ? ISC_REQ_STREAM | ISC_REQ_DELEGATE | ISC_REQ_EXTENDED_ERROR
				   : ISC_REQ_CONNECTION);
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package,
						   SECPKG_CRED_OUTBOUND, NULL,
						   credssp ? (void *)&both : (void *)&identity,
						   NULL, NULL, &e->credential, &e->expiry),
			 SEC_E_OK);
}

void flow_server(struct end *e, const char *package)
{
	bool stream = strcasecmp(package, "CREDSSP") == 0;

	memset(e, 0, sizeof(*e));
	e->server = true;
	e->requirements = ASC_REQ_CONFIDENTIALITY | ASC_REQ_ALLOCATE_MEMORY |
			  (stream ? ASC_REQ_STREAM : ASC_REQ_CONNECTION) | ASC_REQ_EXTENDED_ERROR;
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package,
						   SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
						   &e->credential, &e->expiry),
			 SEC_E_OK);
}

void flow_done(struct end *e)
{
	if (e->apart) {
		apart_say('D', "", 0);
		return;
	}
	if (e->has_context)
		assert_int_equal(DeleteSecurityContext(&e->context), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&e->credential), SEC_E_OK);
}

static SECURITY_STATUS call(struct end *e, SecBufferDesc *in, SecBufferDesc *out)
{
	CtxtHandle *old = e->has_context ? &e->context : NULL;

	if (e->server)
		return AcceptSecurityContext(&e->credential, old, in, e->requirements,
					     SECURITY_NATIVE_DREP, &e->context, out, &e->attributes,
					     &e->expiry);
	return InitializeSecurityContextA(&e->credential, old, (SEC_CHAR *)(uintptr_t)e->target,
					  e->requirements, 0, SECURITY_NATIVE_DREP,
					  old || e->inbox_len ? in : NULL, 0, &e->context, out,
					  &e->attributes, &e->expiry);
}

static void keep_unread(struct end *e, const SecBuffer *in)
{
	size_t extra = 0;

	if (e->status == SEC_E_INCOMPLETE_MESSAGE)
		return;
	for (int i = 0; i < 2; i++)
		if ((in[i].BufferType & ~SECBUFFER_ATTRMASK) == SECBUFFER_EXTRA)
			extra = in[i].cbBuffer;
	assert_true(extra <= e->inbox_len);
	memmove(e->inbox, e->inbox + e->inbox_len - extra, extra);
	e->inbox_len = extra;
}

void flow_step(struct end *e, struct end *peer)
{
	if (e->apart) {
		apart_step(e, peer);
		return;
	}
	SecBuffer in[2] = { { (ULONG)e->inbox_len, SECBUFFER_TOKEN, e->inbox },
			    { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer out[1] = { { 0, SECBUFFER_TOKEN, NULL } };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 2, in },
		      out_desc = { SECBUFFER_VERSION, 1, out };

	e->status = call(e, &in_desc, &out_desc);
	if (e->status >= 0)
		e->has_context = true;
	if (out[0].cbBuffer && out[0].pvBuffer) {
		assert_true(peer->inbox_len + out[0].cbBuffer <= sizeof(peer->inbox));
		memcpy(peer->inbox + peer->inbox_len, out[0].pvBuffer, out[0].cbBuffer);
		peer->inbox_len += out[0].cbBuffer;
		FreeContextBuffer(out[0].pvBuffer);
	}
	keep_unread(e, in);
}

static bool wants_a_step(const struct end *e)
{
	if (!e->server && !e->has_context)
		return e->status == SEC_E_OK;
	return e->inbox_len &&
	       (e->status == SEC_I_CONTINUE_NEEDED || e->status == SEC_E_INCOMPLETE_MESSAGE ||
		(e->server && !e->has_context && e->status == SEC_E_OK));
}

void flow_run(struct end *client, struct end *server)
{
	for (int round = 0; round < 40; round++) {
		bool moved = false;
		size_t before = client->inbox_len;
		if (wants_a_step(client)) {
			flow_step(client, server);
			moved = client->status != SEC_E_INCOMPLETE_MESSAGE ||
				client->inbox_len != before;
		}
		before = server->inbox_len;
		if (wants_a_step(server)) {
			flow_step(server, client);
			moved |= server->status != SEC_E_INCOMPLETE_MESSAGE ||
				 server->inbox_len != before;
		}
		if (!moved)
			return;
	}
}

void flow_send_stream(struct end *from, struct end *to, const char *text)
{
	SecPkgContext_StreamSizes sizes;
	uint8_t record[20000];
	size_t n = strlen(text);

	assert_int_equal(QueryContextAttributesA(&from->context, SECPKG_ATTR_STREAM_SIZES, &sizes),
			 SEC_E_OK);
	assert_true(sizes.cbHeader + n + sizes.cbTrailer <= sizeof(record));
	memcpy(record + sizes.cbHeader, text, n);
	SecBuffer seal[4] = { { sizes.cbHeader, SECBUFFER_STREAM_HEADER, record },
			      { (ULONG)n, SECBUFFER_DATA, record + sizes.cbHeader },
			      { sizes.cbTrailer, SECBUFFER_STREAM_TRAILER,
				record + sizes.cbHeader + n },
			      { 0, SECBUFFER_EMPTY, NULL } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 4, seal };
	assert_int_equal(EncryptMessage(&from->context, 0, &desc, 0), SEC_E_OK);
	ULONG total = seal[0].cbBuffer + seal[1].cbBuffer + seal[2].cbBuffer;
	if (n >= 8)
		assert_null(memmem(record, total, text, n));

	SecBuffer open[4] = { { total, SECBUFFER_DATA, record } };
	SecBufferDesc open_desc = { SECBUFFER_VERSION, 4, open };
	assert_int_equal(DecryptMessage(&to->context, &open_desc, 0, NULL), SEC_E_OK);
	for (int i = 0; i < 4; i++) {
		if (open[i].BufferType != SECBUFFER_DATA)
			continue;
		assert_int_equal(open[i].cbBuffer, n);
		assert_memory_equal(open[i].pvBuffer, text, n);
		return;
	}
	assert_true(!"a data buffer came back");
}
