#!/usr/bin/env python3
"""CredSSP with SPNEGO around NTLM, spoken by another hand in both roles: TLS is Python's, NTLM impacket's,
SPNEGO and TSRequest are written here after RFC 4178 and [MS-CSSP]. Our tool is the other end, and the
package TSSSP through ctypes where the tool has no option."""
import ctypes
import hashlib
import hmac
import json
import os
import socket
import ssl
import subprocess
import sys
import threading

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian's packages put it
try:
    from impacket import ntlm
except ImportError:
    ntlm = None
from lib import Lab, Server, fail_early, missing

PASSWORD = "S3cret!pw"
NTLM_OID = bytes.fromhex("060a2b06010401823702020a")
TO_SERVER, TO_CLIENT = (f"CredSSP {way} Binding Hash\0".encode() for way in ("Client-To-Server", "Server-To-Client"))


# ---- DER

def der(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    n = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | n]) + len(body).to_bytes(n, "big") + body


def children(body):
    """The (tag, content, whole) of each element in `body`."""
    out, at = [], 0
    while at < len(body):
        tag, n, head = body[at], body[at + 1], 2
        if n & 0x80:
            head = 2 + (n & 0x7f)
            n = int.from_bytes(body[at + 2:at + head], "big")
        out.append((tag, body[at + head:at + head + n], body[at:at + head + n]))
        at += head + n
    return out


def fields(sequence):
    """A SEQUENCE of context tags as {number: content}."""
    return {tag & 0x1f: content for tag, content, _ in children(children(sequence)[0][1])}


def public_key(certificate):
    body = children(children(certificate)[0][1])[0][1]
    info = [c for c in children(body) if c[0] != 0xa0][5][1]
    return children(info)[1][1][1:]


# ---- TSRequest

def ts_request(token=None, auth_info=None, binding=None, error=None, nonce=None):
    parts = [der(0xa0, b"\x02\x01\x06")]
    if token is not None:
        parts.append(der(0xa1, der(0x30, der(0x30, der(0xa0, der(4, token))))))
    for number, value in ((2, auth_info), (3, binding)):
        if value is not None:
            parts.append(der(0xa0 | number, der(4, value)))
    if error is not None:
        parts.append(der(0xa4, der(2, error.to_bytes(4, "big"))))
    if nonce is not None:
        parts.append(der(0xa5, der(4, nonce)))
    return der(0x30, *parts)


def read_request(stream):
    """The next TSRequest as a dict; {} when the other end has closed."""
    data = b""
    while True:
        if len(data) >= 2:
            head = 2 + (data[1] & 0x7f if data[1] & 0x80 else 0)
            if len(data) >= head:
                n = int.from_bytes(data[2:head], "big") if data[1] & 0x80 else data[1]
                if len(data) >= head + n:
                    break
        try:
            more = stream.recv(65536)
        except OSError:
            more = b""
        if not more:
            return {}
        data += more
    f, out = fields(data), {"bytes": data}
    if 1 in f:
        out["token"] = children(children(children(children(f[1])[0][1])[0][1])[0][1])[0][1]
    for number, name in ((2, "auth_info"), (3, "binding"), (5, "nonce")):
        if number in f:
            out[name] = children(f[number])[0][1]
    if 4 in f:
        out["error"] = int.from_bytes(children(f[4])[0][1], "big") & 0xffffffff
    return out


# ---- SPNEGO

MECHS = der(0x30, NTLM_OID)


def neg_init(token):
    body = der(0x30, der(0xa0, MECHS), der(0xa2, der(4, token)))
    return der(0x60, bytes.fromhex("06062b0601050502"), der(0xa0, body))


def neg_resp(state=None, mech=False, token=None, mic=None):
    parts = []
    if state is not None:
        parts.append(der(0xa0, der(10, bytes([state]))))
    if mech:
        parts.append(der(0xa1, NTLM_OID))
    for number, value in ((2, token), (3, mic)):
        if value is not None:
            parts.append(der(0xa0 | number, der(4, value)))
    return der(0xa1, der(0x30, *parts))


def read_neg(token):
    """(state, mech token, mic) of a NegTokenInit or NegTokenResp."""
    if token[0] == 0x60:
        f = fields(children(children(token)[0][1])[1][1])
        return None, children(f[2])[0][1], None
    f = fields(children(token)[0][1])
    octets = {n: children(f[n])[0][1] for n in (2, 3) if n in f}
    return (children(f[0])[0][1][0] if 0 in f else None), octets.get(2), octets.get(3)


# ---- NTLM's protection, one direction; the key stream begins anew after a mechListMIC

class Direction:
    def __init__(self, flags, key, role):
        self.flags, self.number = flags, 0
        self.sign_key, self.seal_key = ntlm.SIGNKEY(flags, key, role), ntlm.SEALKEY(flags, key, role)
        self.restart()

    def restart(self):
        self.stream = ntlm.ARC4.new(self.seal_key).encrypt

    def mic(self, message):
        out = ntlm.SIGN(self.flags, self.sign_key, message, self.number, self.stream).getData()
        self.number += 1
        self.restart()
        return out

    def seal(self, message):
        text, mac = ntlm.SEAL(self.flags, self.sign_key, self.seal_key, message, message, self.number, self.stream)
        self.number += 1
        return mac.getData() + text

    def unseal(self, sealed):
        text = self.stream(sealed[16:])
        mac = ntlm.MAC(self.flags, self.stream, self.sign_key, self.number, text).getData()
        self.number += 1
        return text if mac == sealed[:16] else None


def binding_hash(way, nonce, key):
    return hashlib.sha256(way + nonce + key).digest()


# ---- their client, our server

def rdp_connect(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=20)
    s.sendall(bytes.fromhex("030000130ee000000000000100080002000000"))
    if s.recv(19)[15] != 2:
        raise OSError("NLA was not selected")
    context = ssl._create_unverified_context()
    return context.wrap_socket(s)


def their_client(port, password, how):
    """Signs in; answers how far it came. how: wrapped, mic, deferred, bare."""
    stream = rdp_connect(port)
    key, nonce = public_key(stream.getpeercert(True)), os.urandom(32)
    wrapped = how != "bare"
    first = ntlm.getNTLMSSPType1("WS", "", True, True)
    token = first.getData()
    stream.sendall(ts_request(neg_init(token) if wrapped else token, nonce=nonce))
    answer = read_request(stream)
    if "token" not in answer:
        return "no challenge", answer
    challenge = read_neg(answer["token"])[1] if wrapped else answer["token"]
    third, session = ntlm.getNTLMSSPType3(first, challenge, "alice", password, "", "", "", True)
    out, back = (Direction(third["flags"], session, role) for role in ("Client", "Server"))
    token = third.getData()
    if wrapped:
        token = neg_resp(token=token, mic=out.mic(MECHS) if how == "mic" else None)
    if how == "deferred":
        stream.sendall(ts_request(token, nonce=nonce))
        answer = read_request(stream)
        if "token" not in answer:
            return "refused", answer
        state, _, mic = read_neg(answer["token"])
        if state != 0 or (mic and back.mic(MECHS) != mic):
            return "no accept-completed", answer
        token = None
    stream.sendall(ts_request(token, binding=out.seal(binding_hash(TO_SERVER, nonce, key)), nonce=nonce))
    answer = read_request(stream)
    if "binding" not in answer:
        return "refused", answer
    if "token" in answer:
        state, _, mic = read_neg(answer["token"])
        if state != 0 or (mic and back.mic(MECHS) != mic):
            return "a wrong last token", answer
    if back.unseal(answer["binding"]) != binding_hash(TO_CLIENT, nonce, key):
        return "a wrong binding", answer
    text = [der(0xa0 | i, der(4, t.encode("utf-16le"))) for i, t in enumerate(("", "alice", password))]
    credentials = der(0x30, der(0xa0, b"\x02\x01\x01"), der(0xa1, der(4, der(0x30, *text))))
    stream.sendall(ts_request(auth_info=out.seal(credentials), nonce=nonce))
    stream.close()
    return "signed in", answer


def as_client(lab, server):
    for how in ("wrapped", "mic", "deferred", "bare"):
        end, answer = their_client(server.port, PASSWORD, how)
        said = server.next() or {}
        lab.equal(f"their client, {how}: signs in", "signed in", end, str(answer))
        lab.equal(f"their client, {how}: our server agrees", True, said.get("signed_in"), str(said))
        lab.equal(f"their client, {how}: the mechanism", "NTLM", said.get("mechanism"))
        lab.equal(f"their client, {how}: what was delegated", ("alice", len(PASSWORD)),
                  tuple((said.get("delegated") or {}).get(k) for k in ("user", "password_characters")), str(said))
    for how in ("wrapped", "bare"):
        end, answer = their_client(server.port, "nope", how)
        said = server.next() or {}
        lab.equal(f"a wrong password, {how}: errorCode", ("refused", 0xC000006D), (end, answer.get("error")))
        lab.equal(f"a wrong password, {how}: our server says so", False, said.get("signed_in"), str(said))


# ---- their server, our client

def challenge_of(negotiate):
    """A CHALLENGE that grants what was asked for; [MS-NLMP] 2.2.1.2."""
    unicode_only, name, pairs = ~0x02000002, "THEIRS".encode("utf-16le"), ntlm.AV_PAIRS()
    for kind in (ntlm.NTLMSSP_AV_HOSTNAME, ntlm.NTLMSSP_AV_DOMAINNAME, ntlm.NTLMSSP_AV_DNS_HOSTNAME):
        pairs[kind] = name
    flags = int.from_bytes(negotiate[12:16], "little") & unicode_only
    flags |= ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO | 0x00020000
    info = pairs.getData()

    def place(value, at):
        return len(value).to_bytes(2, "little") * 2 + at.to_bytes(4, "little")
    return (b"NTLMSSP\0\x02\0\0\0" + place(name, 48) + flags.to_bytes(4, "little") + os.urandom(8) + bytes(8) +
            place(info, 48 + len(name)) + name + info)


def session_of(message, challenge, password):
    """Checks the proof in an AUTHENTICATE and answers (flags, session key); None when it is wrong."""
    def field(at):
        n, off = int.from_bytes(message[at:at + 2], "little"), int.from_bytes(message[at + 4:at + 8], "little")
        return message[off:off + n]
    response, domain, user, key = field(20), field(28), field(36), field(52)
    ntowf = ntlm.NTOWFv2(user.decode("utf-16le"), password, domain.decode("utf-16le"))
    proof = hmac.new(ntowf, challenge[24:32] + response[16:], "md5").digest()
    if proof != response[:16]:
        return None
    base = hmac.new(ntowf, proof, "md5").digest()
    flags = int.from_bytes(message[60:64], "little")
    return flags, ntlm.ARC4.new(base).decrypt(key) if flags & ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH else base


class TheirServer(threading.Thread):
    """One connection. how: beside (the last token beside pubKeyAuth, with a MIC when the client sent one),
    alone (pubKeyAuth alone), no-mic, wrong-mic, wrong-key."""

    def __init__(self, lab, how):
        super().__init__(daemon=True)
        self.lab, self.how, self.result, self.seen = lab, how, None, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        try:
            self.listener.settimeout(20)
            s, _ = self.listener.accept()
            s.settimeout(20)
            s.recv(300)
            s.sendall(bytes.fromhex("030000130ed000000000000200080002000000"))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.lab.path("cert.pem"), self.lab.path("key.pem"))
            with context.wrap_socket(s, server_side=True) as stream:
                self.result = self.talk(stream)
        except Exception as e:  # told by the case
            self.result = repr(e)

    def talk(self, stream):
        with open(self.lab.path("cert.pem"), encoding="ascii") as f:
            key = public_key(ssl.PEM_cert_to_DER_cert(f.read()))
        request = read_request(stream)
        self.seen.append(request)
        wrapped = request["token"][0] == 0x60
        negotiate = read_neg(request["token"])[1] if wrapped else request["token"]
        challenge = challenge_of(negotiate)
        stream.sendall(ts_request(neg_resp(1, True, challenge) if wrapped else challenge))
        request = read_request(stream)
        self.seen.append(request)
        _, message, mic = read_neg(request["token"]) if wrapped else (None, request["token"], None)
        session = session_of(message, challenge, PASSWORD)
        if not session:
            stream.sendall(ts_request(error=0xC000006D))
            return "wrong password"
        from_client, to_client = (Direction(*session, role) for role in ("Client", "Server"))
        if mic and from_client.mic(MECHS) != mic:
            return "the client's mechListMIC is wrong"
        if "binding" not in request:
            stream.sendall(ts_request(self.last_token(mic, to_client)))
            request = read_request(stream)
            self.seen.append(request)
            wrapped = False
        nonce = self.seen[0].get("nonce") or request.get("nonce")
        if from_client.unseal(request.get("binding", b"")) != binding_hash(TO_SERVER, nonce, key):
            return "the client's binding is wrong"
        token = self.last_token(mic, to_client) if wrapped and self.how != "alone" else None
        hashed = binding_hash(TO_CLIENT, nonce, b"another key" if self.how == "wrong-key" else key)
        stream.sendall(ts_request(token, binding=to_client.seal(hashed)))
        request = read_request(stream)
        if "auth_info" not in request:
            return "no credentials came"
        text = from_client.unseal(request["auth_info"]) or b""
        return "signed in" if PASSWORD.encode("utf-16le") in text else "unreadable credentials"

    def last_token(self, mic, to_client):
        sent = to_client.mic(MECHS) if mic and self.how != "no-mic" else None
        if self.how == "wrong-mic" and sent:
            sent = sent[:4] + bytes([sent[4] ^ 1]) + sent[5:]
        return neg_resp(0, mic=sent)


def our_client(lab, how, password=PASSWORD):
    server = TheirServer(lab, how)
    code, out, err = lab.sspi("logon", f"rdp://127.0.0.1:{server.port}", "--user", "alice", "--json", "--timeout", "20",
                              "--accept-changed", password=password)
    server.join(20)
    try:
        return server, code, json.loads(out), err
    except ValueError:
        return server, code, {}, out + err


# ---- our client through the API: TSSSP, with the TLS here

class SecBuffer(ctypes.Structure):
    _fields_ = [("n", ctypes.c_uint32), ("type", ctypes.c_uint32), ("p", ctypes.c_void_p)]


class SecBufferDesc(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("n", ctypes.c_uint32), ("p", ctypes.POINTER(SecBuffer))]


class Handle(ctypes.Structure):
    _fields_ = [("lower", ctypes.c_size_t), ("upper", ctypes.c_size_t)]


class Identity(ctypes.Structure):  # SEC_WINNT_AUTH_IDENTITY_EXA
    _fields_ = [("version", ctypes.c_uint32), ("length", ctypes.c_uint32)] + [
        f for name in ("user", "domain", "password")
        for f in ((name, ctypes.c_char_p), (name + "_n", ctypes.c_uint32))] + [
        ("flags", ctypes.c_uint32), ("packages", ctypes.c_char_p), ("packages_n", ctypes.c_uint32)]


class CredsspCred(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("schannel", ctypes.c_void_p), ("identity", ctypes.c_void_p)]


CONTINUE, DELEGATE, ALLOCATE = 0x00090312, 1, 0x100


def buffers(*parts):
    list_ = (SecBuffer * len(parts))(*parts)
    return SecBufferDesc(0, len(parts), list_), list_


def tsssp_sign_in(port, password, packages):
    """The status of the last InitializeSecurityContext, unsigned."""
    lib = ctypes.CDLL(os.path.join(os.environ["BUILD_ROOT"], "src", "libopensspi.so.0"))
    identity = Identity(0x200, ctypes.sizeof(Identity), b"alice", 5, None, 0, password.encode(), len(password), 1,
                        packages, len(packages or b""))
    auth = CredsspCred(2, None, ctypes.addressof(identity))
    credential, context, attributes = Handle(), Handle(), ctypes.c_uint32()
    status = lib.AcquireCredentialsHandleA(None, b"TSSSP", 2, None, ctypes.byref(auth), None, None,
                                           ctypes.byref(credential), None)
    if status:
        return status & 0xffffffff
    stream, first, heard = rdp_connect(port), True, b""
    certificate = stream.getpeercert(True)
    shown = ctypes.create_string_buffer(len(certificate).to_bytes(4, "little") + certificate)
    while True:
        token = ctypes.create_string_buffer(heard, max(len(heard), 1))
        given, _keep = buffers(SecBuffer(len(heard), 2, ctypes.addressof(token)),
                               SecBuffer(len(certificate) + 4, 0x80000002, ctypes.addressof(shown)), SecBuffer(0, 0, None))
        said, out = buffers(SecBuffer(0, 2, None))
        status = lib.InitializeSecurityContextA(
            ctypes.byref(credential), None if first else ctypes.byref(context), b"TERMSRV/theirs.test",
            DELEGATE | ALLOCATE, 0, 0x10, None if first else ctypes.byref(given), 0, ctypes.byref(context),
            ctypes.byref(said), ctypes.byref(attributes), None) & 0xffffffff
        if out[0].p:
            stream.sendall(ctypes.string_at(out[0].p, out[0].n))
            lib.FreeContextBuffer(ctypes.c_void_p(out[0].p))
        if status != CONTINUE:
            break
        first, request = False, read_request(stream)
        heard = request.get("bytes", b"")
        if not heard:
            status = 1
            break
    stream.close()
    lib.DeleteSecurityContext(ctypes.byref(context))
    lib.FreeCredentialsHandle(ctypes.byref(credential))
    return status


def as_server(lab):
    for how in ("beside", "alone"):
        server, code, said, err = our_client(lab, how)
        lab.equal(f"their server, {how}: our client signs in", (0, "signed in"), (code, server.result), f"{said} {err}")
        lab.equal(f"their server, {how}: the mechanism", "NTLM", said.get("mechanism"), str(said))
    for how, password, code_wanted, result in [("beside", "nope", 1, "wrong password"),
                                               ("wrong-key", PASSWORD, 5, "no credentials came")]:
        server, code, said, err = our_client(lab, how, password)
        lab.equal(f"their server, {how}, {password}: refused", (code_wanted, result), (code, server.result),
                  f"{said} {err}")


def as_server_of_tsssp(lab):
    """A PackageList that names more than NTLM, or Negotiate, insists on SPNEGO."""
    for packages, how, password, status, result in [
            (None, "beside", PASSWORD, 0, "signed in"),
            (b"NTLM", "beside", PASSWORD, 0, "signed in"),
            (b"Negotiate", "beside", PASSWORD, 0, "signed in"),
            (b"Kerberos,NTLM", "beside", PASSWORD, 0, "signed in"),
            (b"Negotiate", "alone", PASSWORD, 0, "signed in"),
            (b"Negotiate", "beside", "nope", 0x8009030C, "wrong password"),
            (b"Negotiate", "no-mic", PASSWORD, 0x80090308, "no credentials came"),
            (b"Negotiate", "wrong-mic", PASSWORD, 0x8009030F, "no credentials came"),
            (b"Negotiate", "wrong-key", PASSWORD, 0x80090363, "no credentials came")]:
        server = TheirServer(lab, how)
        got = tsssp_sign_in(server.port, password, packages)
        server.join(20)
        name = f"TSSSP's client, packages {packages}, {how}, {password}"
        lab.equal(f"{name}: ends as it should", (hex(status), result), (hex(got), server.result))
        token = server.seen[0]["token"] if server.seen else b"?"
        lab.equal(f"{name}: SPNEGO", packages in (b"Negotiate", b"Kerberos,NTLM"), token[0] == 0x60)
        if len(server.seen) > 1:
            lab.check(f"{name}: pubKeyAuth comes with the last token", "binding" in server.seen[1], str(server.seen[1]))


def main():
    lab = Lab()
    if ntlm is None:
        lab.skip("credssp_spnego", "python3-impacket not installed")
        return lab.finish()
    why = missing("openssl")
    if why:
        lab.skip("credssp_spnego", why)
        return lab.finish()
    try:
        lab.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", lab.path("key.pem"),
                 "-out", lab.path("cert.pem"), "-subj", "/CN=theirs.test", "-days", "2"])
        lab.sspi("account", "add", "alice", password=PASSWORD)
        server = Server(lab)
        if not server.port:
            fail_early(lab, f"the server did not start: {lab.log('serve.log')}")
        as_client(lab, server)
        as_server(lab)
        os.environ["OPENSSPI_HOME"] = lab.env["OPENSSPI_HOME"]
        as_server_of_tsssp(lab)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
