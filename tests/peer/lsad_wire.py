"""A program that speaks lsad's frames by itself, as a hostile one would: src/ipc/frame.h and src/ipc/calls.c in Python."""
import os
import socket
import struct
import threading
import time

HELLO, WELCOME, CALL, REPLY, MEMORY, MEMORY_REPLY = range(1, 7)
PACKAGES, ACQUIRE, FREE_CREDENTIALS, INIT, ACCEPT = 0, 1, 2, 4, 5
SESSION_DATA, CRED_READ, ENCRYPT_MEMORY, CALL_COUNT = 9, 14, 40, 46
GREETING = b"OpenSSPI LSA\0"
NULL_TEXT = struct.pack("<I", 0xFFFFFFFF)


def frame(kind, number=0, what=0, payload=b"", size=None):
    return struct.pack("<4I", len(payload) if size is None else size, kind, number, what) + payload


def text(s):
    return struct.pack("<I", len(s)) + s.encode("utf-16-le")


def acquire(package, use=2, address=0):
    return NULL_TEXT + text(package) + struct.pack("<IBQIQ", use, 0, 0, 0, address)


def init(credential, target, context=0):
    """Without a token, with room for one; the package allocates."""
    return text(target) + struct.pack("<QQIIBBI", credential, context, 0x100, 16, 0, 1, 0) + struct.pack("<III", 1, 2, 0)


def accept(credential):
    """An NTLM server's first leg: its client wants to sign in, and is never heard of again."""
    token = b"NTLMSSP\0" + struct.pack("<II", 1, 0xE2088297) + bytes(16)
    return NULL_TEXT + struct.pack("<QQIIBBI", credential, 0, 0x100, 16, 1, 1, 1) + struct.pack(
        "<III", 2, len(token), len(token)) + token + struct.pack("<III", 1, 2, 0)


class Wire:
    """One connection, made as the user `uid`."""

    def __init__(self, path, uid=None, greet=True, seconds=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.last = 0
        self.half = False  # the connection ended within a frame
        if uid is not None:
            os.seteuid(uid)
        try:
            self.socket.connect(path)
        finally:
            if uid is not None:
                os.seteuid(0)
        self.socket.settimeout(seconds)
        self.welcome = None
        if greet:
            self.send(frame(HELLO, what=1, payload=GREETING))
            self.welcome = self.receive()

    def send(self, data):
        """False when the other end has gone."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def exactly(self, n):
        data = b""
        while len(data) < n:
            try:
                more = self.socket.recv(n - len(data))
            except socket.timeout:
                raise
            except OSError:
                return None
            if not more:
                self.half |= bool(data)
                return None
            data += more
        return data

    def receive(self):
        """(kind, id, what, payload); None at the connection's end."""
        head = self.exactly(16)
        if head is None:
            return None
        size, kind, number, what = struct.unpack("<4I", head)
        payload = self.exactly(size) if size else b""
        if payload is None:
            self.half = True
            return None
        if kind == REPLY and payload:  # a reason goes before what was asked for
            payload = payload[4 + struct.unpack_from("<I", payload)[0]:]
        return kind, number, what, payload

    def ask(self, which, payload=b""):
        self.last += 1
        return self.send(frame(CALL, self.last, which, payload))

    def call(self, which, payload=b""):
        """(status, reply); None at the connection's end."""
        self.ask(which, payload)
        answer = self.receive()
        return None if answer is None else (answer[2], answer[3])

    def acquire(self, package="NTLM", use=2):
        """The number of credentials, or 0."""
        status, reply = self.call(ACQUIRE, acquire(package, use))
        return struct.unpack_from("<Q", reply)[0] if status == 0 else 0

    def is_ended(self, seconds=5):
        """Does the other end close it, whatever it says before?"""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except socket.timeout:
            return False
        except OSError:
            return True

    def close(self):
        self.socket.close()


class Recorder:
    """Stands between programs and lsad and keeps every byte of both directions."""

    def __init__(self, path, upstream):
        self.path, self.upstream, self.seen = path, upstream, bytearray()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                one, _ = self.listener.accept()
            except OSError:
                return
            other = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            other.connect(self.upstream)
            for a, b in ((one, other), (other, one)):
                threading.Thread(target=self.pass_on, args=(a, b), daemon=True).start()

    def pass_on(self, a, b):
        while True:
            try:
                data = a.recv(65536)
                self.seen += data
                if not data:
                    break
                b.sendall(data)
            except OSError:
                break
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def holds(self, secret):
        time.sleep(0.3)
        seen = bytes(self.seen)
        return any(secret.encode(e) in seen for e in ("utf-8", "utf-16-le", "utf-16-be"))
