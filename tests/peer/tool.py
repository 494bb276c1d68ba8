#!/usr/bin/env python3
"""The tool `sspi` from outside: exit codes, JSON, garbage and stalled peers, secrets in no output.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import base64
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

SSPI = os.environ["SSPI"]
PASSWORD = "S3cret!pw"
counts = {"ok": 0, "FAIL": 0, "skipped": 0}
GARBAGE = [b"", b"\0", b"\xff\xff\xff\xff" + b"A" * 1000, os.urandom(5000), b"\0\0\0\5hello",
           b"\0\0\1\0\x16\x03\x01\x00\xf0\x01" + os.urandom(250), b"GET / HTTP/1.0\r\n\r\n",
           b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\x0b\0\0\0" + os.urandom(600),
           b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\0\0\0\0", b"\3\0\xff\xff" + os.urandom(3000)]


def check(name, good, why=""):
    result = "ok" if good else "FAIL"
    counts[result] += 1
    print(f"{result:4} {name} {'' if good else why}".rstrip(), flush=True)


def sspi(env, *args, **options):
    options.setdefault("input", "")
    return subprocess.run([SSPI, *args], text=True, capture_output=True, timeout=60, env=env, **options)


def usage_errors(env):
    cases = [[], ["frobnicate"], ["logon"], ["logon", "ftp://x", "--user", "a"], ["logon", "rdp://", "--user", "a"],
             ["logon", "tcp://127.0.0.1", "--user", "a"], ["logon", "tcp://127.0.0.1:99999", "--user", "a"],
             ["logon", "rdp://x", "--user", "a", "--colour"], ["serve", "tcp"], ["serve", "smtp", "--listen", "127.0.0.1:0"],
             ["account"], ["account", "set", "x", "odd"],
             ["logon", "http://alice:secret@x/", "--user", "a"], ["logon", "http://x/a b", "--user", "a"],
             ["logon", "http://127.0.0.1\r\nX: y/", "--user", "a"], ["logon", "http://x/", "--user", "a", "--package", "basic"], ["logon", "http://x/", "--user", "a", "--insecure"],
             ["logon", "https://x/", "--user", "a", "--message", "m"], ["logon", "rdp://x/y", "--user", "a"],
             ["logon", "rdp://x", "--user", "a", "--package", "Negotiate"],
             ["serve", "https", "--listen", "127.0.0.1:0"], ["serve", "https", "--listen", "127.0.0.1:0", "--cert", "/nowhere.pem"],
             ["serve", "rdp", "--listen", "127.0.0.1:0", "--cert", __file__],
             ["serve", "rdp", "--listen", "127.0.0.1:0", "--cert", __file__, "--key", "/nowhere.pem"], ["serve", "http", "--listen", "127.0.0.1:0", "--cert", "x"],
             ["serve", "rdp", "--listen", "127.0.0.1:0", "--tls"], ["serve", "http", "--listen", "127.0.0.1:0", "--package", "CREDSSP"], ["decode", "--hex", "zz"]]
    for args in cases:
        done = sspi(env, *args)
        check(f"sspi {' '.join(args)} is a usage error that says why".replace("\r\n", " "), done.returncode == 2 and len(done.stderr) > 10,
              f"{done.returncode} {done.stderr}")
    for args in (["--help"], ["help"], ["logon", "--help"], ["serve", "--help"], ["account", "--help"], ["decode", "--help"],
                 ["packages", "--help"], ["--version"]):
        done = sspi(env, *args)
        check(f"sspi {' '.join(args)} answers", done.returncode == 0 and done.stdout, done.stderr)


def decode(env):
    token = "300da003020106a4060204c000006d"
    for args, text in (([token], ""), (["--hex", token], ""), (["-"], token + "\n"),
                       (["MA2gAwIBBqQGAgTAAABt"], "")):
        done = sspi(env, "decode", *args, input=text)
        check(f"sspi decode {args[0]} shows a TSRequest", "TSRequest" in done.stdout and "0xc000006d" in done.stdout,
              done.stdout + done.stderr)
    packages = json.loads(sspi(env, "packages", "--json").stdout)
    check("packages --json is JSON", {"NTLM", "CREDSSP", "TSSSP"} <= {p["name"] for p in packages})


def poke(port, data):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(5)
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass
    except OSError:
        pass
    s.close()


def serve(env, kind):
    server = subprocess.Popen([SSPI, "serve", kind, "--listen", "127.0.0.1:0", "--json", "--timeout", "5"], stdout=-1,
                              stderr=-1, text=True, env=env)
    port = int(re.findall(r":(\d+)", json.loads(server.stdout.readline())["listening"])[-1])
    for data in GARBAGE:
        poke(port, data)
    check(f"serve {kind} survives garbage", server.poll() is None)
    stalled = [socket.create_connection(("127.0.0.1", port)) for _ in range(80)]
    began = time.monotonic()
    done = sspi(env, "logon", f"{'http' if kind == 'winrm' else kind}://127.0.0.1:{port}{'/wsman' if kind == 'winrm' else ''}", "--user", "alice", "--target", "TERMSRV/localhost",
                "--password-fd", "0", "--json", input=PASSWORD + "\n")
    check(f"serve {kind} signs in while 80 peers stall", done.returncode == 0 and time.monotonic() - began < 10,
          done.stdout + done.stderr)
    report = json.loads(done.stdout)
    check("logon --json is JSON", isinstance(report, dict))
    for s in stalled:
        s.close()
    server.terminate()
    out, err = server.communicate(timeout=30)
    check(f"serve {kind} ends well", server.returncode == 0, err)
    check(f"serve {kind} --json is an object a line", all(isinstance(json.loads(line), dict) for line in out.splitlines()))
    check("no password anywhere", PASSWORD not in out + err + done.stdout + done.stderr)


def http_answers(port, data, want=1):
    """Sends raw bytes; answers the status codes that come back."""
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        got = b""
        while piece := s.recv(65536):
            got += piece
    return [int(m) for m in re.findall(rb"^HTTP/1\.1 (\d+)", got, re.M)]


def hostile_http_clients(env):
    """What two readers could take differently is refused and ends the connection, so nothing behind it is read."""
    server = subprocess.Popen([SSPI, "serve", "http", "--listen", "127.0.0.1:0", "--json"], stdout=-1, stderr=-1, text=True, env=env)
    port = int(json.loads(server.stdout.readline())["listening"].rsplit(":", 1)[1])
    get, rest = b"GET / HTTP/1.1\r\nHost: h\r\n", b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"
    ntlm = b"TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAA="
    cases = [
        ("two requests in one packet", get + rest, [401, 401]),
        ("Content-Length twice", get + b"Content-Length: 4\r\nContent-Length: 0\r\n" + rest, [400]),
        ("Content-Length and chunked", get + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" + rest, [400]),
        ("another transfer coding", get + b"Transfer-Encoding: xchunked\r\n" + rest, [400]),
        ("a folded header", get + b"X: a\r\n b: c\r\n" + rest, [400]),
        ("a blank before the colon", get + b"Content-Length : 4\r\n" + rest, [400]),
        ("bare line feeds", get.replace(b"\r", b"") + rest, [400]),
        ("a NUL in a header", get + b"X: a\0b\r\n" + rest, [400]),
        ("two Authorization headers", get + b"Authorization: NTLM " + ntlm + b"\r\nAuthorization: NTLM " + ntlm + b"\r\n" + rest, [400]),
        ("a token that is not base64", get + b"Authorization: NTLM !!!!\r\n" + rest, [400]),
        ("a chunk that lies", get + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloGET / HTTP/1.1\r\n\r\n", [400]),
        ("a head of 70000 bytes", get + b"X: " + b"a" * 70000 + b"\r\n" + rest, [413]),
        ("a body of 2 MiB", get + b"Content-Length: 2097152\r\n\r\n", [413]),
        ("101 headers", get + b"X: y\r\n" * 101 + rest, [400]),
        ("no Host", b"GET / HTTP/1.1\r\n\r\n", [400]),
        ("HTTP/1.0 is closed after the answer", b"GET / HTTP/1.0\r\n" + rest, [401]),
        ("another method", b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", [405]),
        ("a scheme unknown here", get + b"Authorization: Basic YTpi\r\n\r\n", [401]),
        ("Digest, which has no token", get + b'Authorization: Digest username="a b", realm="r"\r\n\r\n', [401]),
        ("a scheme unknown here whose token is no base64", get + b"Authorization: Bearer a.b.c\r\n\r\n", [401]),
        ("a token of garbage", get + b"Authorization: NTLM " + b"AAAA" * 9 + b"\r\n" + rest, [401]),
        ("half a request", get, []),
    ]
    for name, data, wanted in cases:
        got = http_answers(port, data)
        check(f"serve http: {name}", got == wanted, f"wanted {wanted}, got {got}")
    check("serve http survives them", server.poll() is None)
    server.terminate()
    out, err = server.communicate(timeout=30)
    check("and ends well", server.returncode == 0, err)
    check("nobody was signed in", '"signed_in":true' not in out, out)


class FakeServer:
    """Answers every connection's requests with the given bytes, in turn."""

    def __init__(self, *answers):
        self.answers, self.seen = answers, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while True:
                with self.listener.accept()[0] as s:
                    s.settimeout(5)
                    self.talk(s)
        except OSError:
            pass

    def talk(self, s):
        for answer in self.answers:
            got = b""
            while b"\r\n\r\n" not in got:
                piece = s.recv(65536)
                if not piece:
                    return
                got += piece
            self.seen.append(got)
            s.sendall(answer)


def hostile_http_servers(env):
    ask = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
    cases = [
        ("that asks for nothing", 4, "negotiation", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]),
        ("that offers Basic alone", 4, "negotiation", [head + b"WWW-Authenticate: Basic realm=\"NTLM\"\r\n\r\n"]),
        ("that says 200 before the sign-in is complete", 4, "sign-in", [ask, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]),
        ("that refuses the first token", 1, "sign-in", [ask, ask]),
        ("whose challenge is garbage", 4, "sign-in", [ask, head + b"WWW-Authenticate: NTLM AAAA\r\n\r\n"]),
        ("whose challenge is not base64", 4, "sign-in", [ask, head + b"WWW-Authenticate: NTLM A\r\n\r\n"]),
        ("whose challenge is ours", 4, "sign-in", [ask, head + b"WWW-Authenticate: NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"]),
        ("with two lengths", 4, "negotiation", [b"HTTP/1.1 401 x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"]),
        ("with an endless head", 4, "negotiation", [b"HTTP/1.1 401 x\r\n" + b"X: y\r\n" * 20000]),
        ("with an endless body", 4, "negotiation", [b"HTTP/1.1 401 x\r\nContent-Length: 9999999999\r\n\r\n"]),
        ("with endless interim answers", 4, "negotiation", [b"HTTP/1.1 100 x\r\n\r\n" * 50]),
        ("that speaks TLS", 4, "negotiation", [b"\x15\x03\x01\0\2\2\x28" * 100]),
        ("that closes", 4, "negotiation", [b""]),
    ]
    for name, code, stage, answers in cases:
        server = FakeServer(*answers)
        done = sspi(env, "logon", f"http://127.0.0.1:{server.port}/", "--user", "alice", "--password-fd", "0", "--json", "--timeout",
                    "2", input=PASSWORD + "\n")
        got = json.loads(done.stdout)
        check(f"logon http to a server {name}", (done.returncode, got["failure"]["stage"]) == (code, stage), done.stdout + done.stderr)
        server.listener.close()


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else b"\x82" + n.to_bytes(2, "big")
    return bytes([tag]) + length + body


NTLM_OID, OTHER_OID = bytes.fromhex("060a2b06010401823702020a"), bytes.fromhex("060a2b06010401823702021e")  # NTLM, NegoEx
NTLM_NEGOTIATE = bytes.fromhex("4e544c4d5353500001000000078208a2") + bytes(16)


def neg_token_init(mechs, token=None):
    fields = der(0xA0, der(0x30, *mechs)) + (der(0xA2, der(0x04, token)) if token is not None else b"")
    return der(0x60, bytes.fromhex("06062b0601050502"), der(0xA0, der(0x30, fields)))


def neg_token_resp(state, token=None, mic=None):
    return der(0xA1, der(0x30, der(0xA0, der(0x0A, bytes([state]))) + (der(0xA2, der(0x04, token)) if token is not None else b"") +
                         (der(0xA3, der(0x04, mic)) if mic is not None else b"")))


def http_rounds(port, *tokens):
    """Sends Negotiate tokens one after the other on one connection; answers [(status, token or b"")]."""
    out = []
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        for token in tokens:
            s.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Negotiate " + base64.b64encode(token) + b"\r\n\r\n")
            got = b""
            while b"\r\n\r\n" not in got:
                piece = s.recv(65536)
                if not piece:
                    return out
                got += piece
            found = re.search(rb"WWW-Authenticate: Negotiate (\S+)", got)
            out.append((int(got[9:12]), base64.b64decode(found[1]) if found else b""))
    return out


def spnego_over_http_server(env):
    server = subprocess.Popen([SSPI, "serve", "http", "--listen", "127.0.0.1:0", "--json"], stdout=-1, stderr=-1, text=True, env=env)
    port = int(json.loads(server.stdout.readline())["listening"].rsplit(":", 1)[1])
    good = neg_token_init([NTLM_OID], NTLM_NEGOTIATE)
    got = http_rounds(port, good)
    check("SPNEGO with NTLM is challenged", got and got[0][0] == 401 and b"NTLMSSP\0\2" in got[0][1], str(got))
    got = http_rounds(port, NTLM_NEGOTIATE)
    check("bare NTLM in Negotiate is challenged bare", got and got[0][1][:9] == b"NTLMSSP\0\2", str(got))
    got = http_rounds(port, neg_token_init([OTHER_OID, NTLM_OID], b"NEGOEXTS" + bytes(100)), neg_token_resp(1, NTLM_NEGOTIATE))
    check("s30_an_optimistic_token_of_an_unknown_mechanism_is_survived", [g[0] for g in got] == [401, 401] and NTLM_OID in got[0][1] and
          b"NTLMSSP\0\2" in got[1][1], str(got))
    got = http_rounds(port, neg_token_init([NTLM_OID]), neg_token_resp(1, NTLM_NEGOTIATE))
    check("s30_no_optimistic_token_is_survived", len(got) == 2 and b"NTLMSSP\0\2" in got[1][1], str(got))
    refused = {"s28_accept_completed_without_a_token_signs_nobody_in": [good, neg_token_resp(0)],
               "s28_reject_signs_nobody_in": [good, neg_token_resp(2)],
               "s28_request_mic_without_mic_signs_nobody_in": [good, neg_token_resp(3)],
               "s29_a_mic_alone_signs_nobody_in": [good, neg_token_resp(0, mic=bytes(16))],
               "s32_a_response_first_signs_nobody_in": [neg_token_resp(1, NTLM_NEGOTIATE)],
               "s32_an_init_as_continuation_signs_nobody_in": [good, good],
               "s32_an_init_without_mechanisms_signs_nobody_in": [neg_token_init([])],
               "s33_nesting_and_indefinite_lengths_sign_nobody_in": [b"\x60\x82\x20\x00" + b"\x30\x80" * 4096],
               "s33_a_length_that_lies_signs_nobody_in": [good[:1] + b"\x84\xff\xff\xff\xff" + good[2:]]}
    for name, tokens in refused.items():
        got = http_rounds(port, *tokens)
        check(name, len(got) == len(tokens) and got[-1] == (401, got[-1][1]) and b"NTLMSSP" not in got[-1][1], str(got))
    got = http_rounds(port, b"\x60\x03abc", good)
    check("s32_nothing_follows_a_refused_token", [g[0] for g in got] == [401], str(got))
    check("the server survives them", server.poll() is None)
    server.terminate()
    out, err = server.communicate(timeout=30)
    check("and signed nobody in", server.returncode == 0 and '"signed_in":true' not in out, out + err)


def spnego_over_http_client(env):
    def says(status, token):
        return (f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nWWW-Authenticate: Negotiate " + base64.b64encode(token).decode()
                ).strip().encode() + b"\r\n\r\n"

    ask = says(401, b"")
    cases = [("s28_accept_completed_in_the_first_reply_is_no_sign_in", [ask, says(200, neg_token_resp(0))]),
             ("s28_accept_completed_without_token_is_no_sign_in", [ask, says(401, neg_token_resp(0))]),
             ("s28_reject_is_no_sign_in", [ask, says(401, neg_token_resp(2))]),
             ("s28_a_bare_200_is_no_sign_in", [ask, b"HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n"]),
             ("s29_a_forged_mic_is_no_sign_in", [ask, says(200, neg_token_resp(0, mic=b"\1" + bytes(15)))]),
             ("s33_indefinite_lengths_are_no_sign_in", [ask, says(401, b"\xa1\x80" + b"\x30\x80" * 2000)])]
    for name, answers in cases:
        server = FakeServer(*answers)
        done = sspi(env, "logon", f"http://127.0.0.1:{server.port}/", "--user", "alice", "--password-fd", "0", "--json", "--timeout", "3",
                    input=PASSWORD + "\n")
        got = json.loads(done.stdout)
        check(name, done.returncode in (1, 4) and not got["signed_in"] and got["failure"]["stage"] == "sign-in", done.stdout + done.stderr)
        server.listener.close()


def ntlm_challenge():
    """CHALLENGE of a server named X, with all that our client insists on."""
    pairs = b"".join(i.to_bytes(2, "little") + len(v).to_bytes(2, "little") + v for i, v in
                     ((2, b"X\0"), (1, b"X\0"), (7, (int(time.time()) * 10**7 + 116444736 * 10**9).to_bytes(8, "little")), (0, b"")))
    field = len(pairs).to_bytes(2, "little") * 2 + (48).to_bytes(4, "little")
    return b"NTLMSSP\0\2\0\0\0" + bytes(4) + (48).to_bytes(4, "little") + (0xE08A8235).to_bytes(4, "little") + os.urandom(8) + bytes(8) + \
        field + pairs


def http_verdicts(env):
    """What a server answers to the last token, and what --verify is promised, decide; not that we have said everything."""
    def answer(status, *fields):
        return (f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n" + "".join(f + "\r\n" for f in fields) + "\r\n").encode()

    asks = [answer(401, "WWW-Authenticate: NTLM"), answer(401, "WWW-Authenticate: NTLM " + base64.b64encode(ntlm_challenge()).decode())]
    for path, status, more, code, signed_in, stage in (
            ("/", 200, [], 0, True, None), ("/", 500, [], 4, False, "answer"), ("/", 403, [], 1, False, "answer"),
            ("/", 401, [], 1, False, "sign-in"), ("/", 200, ["--verify"], 5, False, "sign-in"), ("/wsman", 302, [], 4, False, "message")):
        server = FakeServer(*asks, answer(status))
        done = sspi(env, "logon", f"http://127.0.0.1:{server.port}{path}", "--user", "alice", "--password-fd", "0", "--json", "--timeout", "3",
                    *more, input=PASSWORD + "\n")
        got = json.loads(done.stdout)
        check(f"{path}: {status} to the last token {more}: exit {code}, signed in: {signed_in}", (done.returncode, got["signed_in"],
              got.get("failure", {}).get("stage")) == (code, signed_in, stage), done.stdout + done.stderr)
        check("and the last status is told", got["http"]["status"] == (401 if more else status), done.stdout)
        server.listener.close()


class ClosingRdpServer(FakeServer):
    """RDP with TLS that closes on seeing the first TSRequest; keeps what was in it."""

    def talk(self, s):
        s.recv(4096)
        s.sendall(bytes.fromhex("030000130ed000001234000200080002000000"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.answers)
        try:
            with context.wrap_socket(s, server_side=True) as t:
                self.seen.append(t.recv(65536))
        except OSError:
            self.seen.append(b"")


def rdp_without_spnego(env, work):
    """A server that closes on the first token is asked once more with bare NTLM; nobody ever sends AUTHENTICATE to it."""
    pem = [work + "/key.pem", work + "/cert.pem"]
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem[0], "-out", pem[1], "-days", "7",
                           "-subj", "/CN=localhost"], capture_output=True, check=False)
    if done.returncode:
        return
    for more, most in ([], 2), (["--package", "ntlm"], 1):
        server = ClosingRdpServer(pem[1], pem[0])
        done = sspi(env, "logon", f"rdp://127.0.0.1:{server.port}", "--user", "alice", "--password-fd", "0", "--json", "--timeout", "5",
                    *more, input=PASSWORD + "\n")
        bare = [b"NTLMSSP\0\1" in t and b"\x2b\x06\x01\x05\x05\x02" not in t for t in server.seen]
        name = " ".join(["logon rdp", *more])
        check(f"{name}: the last attempt at a server that closes is bare NTLM", bare and bare[-1] and len(bare) <= most, str(server.seen))
        stages = [s["stage"] for s in json.loads(done.stdout)["stages"]]
        check(f"{name}: it is told as a stage", ("retry" in stages) == (len(bare) == 2), str(stages))
        check(f"{name}: it ends as a protocol failure", done.returncode == 4, done.stdout + done.stderr)
        check(f"{name}: no proof of the password was sent", not any(b"NTLMSSP\0\3" in t for t in server.seen))
        server.listener.close()


def bad_configuration(env, home):
    path = home + "/etc/opensspi.conf"
    with open(path, "w") as f:
        f.write("[policy]\nAllowEncryptionOracel = 2\n")
    done = sspi(env, "packages")
    check("a misspelt policy is an error, never ignored", done.returncode != 0 and not done.stdout, done.stdout)
    with open(path, "w") as f:
        f.write("[policy]\n")
    os.chmod(path, 0o666)
    done = sspi(env, "packages")
    check("a configuration that others may write is refused", done.returncode != 0, done.stdout)


def main():
    with tempfile.TemporaryDirectory() as work:
        home = work + "/home"
        os.makedirs(home + "/etc", 0o700)
        env = dict(os.environ, OPENSSPI_HOME=home)
        done = sspi(env, "account", "add", "alice", "--password-fd", "0", input=PASSWORD + "\n")
        check("an account is added", done.returncode == 0, done.stderr)
        check("accounts are the owner's alone", os.stat(home + "/data/accounts").st_mode & 0o77 == 0)
        check("they hold no password", PASSWORD not in open(home + "/data/accounts").read())
        usage_errors(env)
        decode(env)
        serve(env, "tcp")
        serve(env, "rdp")
        serve(env, "http")
        serve(env, "winrm")
        hostile_http_clients(env)
        hostile_http_servers(env)
        spnego_over_http_server(env)
        spnego_over_http_client(env)
        http_verdicts(env)
        rdp_without_spnego(env, work)
        done = sspi(env, "logon", "tcp://127.0.0.1:1", "--user", "alice", "--password-fd", "0", input="x\n")
        check("nobody there is 3", done.returncode == 3)
        bad_configuration(env, home)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
