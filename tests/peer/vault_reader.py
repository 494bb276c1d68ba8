#!/usr/bin/env python3
"""Reads vaults by docs/formats/vault.md alone, with Python's sqlite3 and somebody else's cryptography.

The fixture tests/data/vault-v1 by its key file and by its passphrase; then a vault that VAULT_DRIVER (see
tests/peer/vault_driver.c) has just written, and its export. Ends with "N passed, N failed, N skipped"."""
import hashlib
import hmac
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from argon2.low_level import Type, hash_secret_raw
    MISSING = ""
except ImportError as e:  # Debian's packages belong to Debian's interpreter
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3") and not os.environ.get("SSPI_TEST_AGAIN"):
        os.environ["SSPI_TEST_AGAIN"] = "1"
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    MISSING = str(e)

FIXTURE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "vault-v1")
PASSPHRASE = "correct horse \u00fc"
counts = {"ok": 0, "FAIL": 0, "skipped": 0}


def say(result, name, why=""):
    counts[result] += 1
    print(f"{result:4} {name} {why}".rstrip(), flush=True)


class Wrong(Exception):
    """The vault is not what the document says."""


def need(truth, what):
    if not truth:
        raise Wrong(what)


# ---- the document's pieces ----

def hkdf(secret, salt, info):
    """RFC 5869, one block of SHA-256."""
    return hmac.new(hmac.new(salt, secret, hashlib.sha256).digest(), info + b"\1", hashlib.sha256).digest()


def stretch(passphrase, rounds, kib, lanes, salt):
    need(rounds <= 1000 and kib <= 1 << 20 and lanes <= 64, "costs")
    return hash_secret_raw(passphrase.encode(), salt, rounds, kib, lanes, 32, Type.ID, 19)


def unseal(key, sealed, bound):
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], bound)


def upper(unit):
    """Unicode's simple uppercase mapping of one UTF-16 unit, where Python's full mapping is no longer."""
    return ord(chr(unit).upper()) if not 0xD800 <= unit < 0xE000 and len(chr(unit).upper()) == 1 else unit


def folded(target):
    units = struct.unpack(f"<{len(target) // 2}H", target)
    return struct.pack(f"<{len(units)}H", *map(upper, units))


def parse(plain):
    """(set, type, target, value) of a record's plain text."""
    where, kind, value_n, target_n = struct.unpack_from("<IIII", plain)
    at = 16 + value_n + value_n % 2
    need(len(plain) % 64 == 0 and not any(plain[at + target_n:]) and len(plain) - at - target_n < 64, "padding")
    return where, kind, plain[at:at + target_n], plain[16:16 + value_n]


def credential(value):
    """The fields of a credential, as the page's last part lays them out."""
    at = 24
    form, flags, kind, persist, written = struct.unpack_from("<IIIIQ", value)
    need(form == 1, "form of a credential")

    def number():
        nonlocal at
        at += 4
        return struct.unpack_from("<I", value, at - 4)[0]

    def field():
        nonlocal at
        n = number()
        if n == 0xFFFFFFFF:
            return None
        at += (n + 3) // 4 * 4
        return value[at - (n + 3) // 4 * 4:][:n]
    target, comment, alias, user = (None if x is None else x.decode("utf-16-le") for x in (field() for _ in range(4)))
    blob = field()
    attributes = [(field().decode("utf-16-le"), number(), field()) for _ in range(number())]
    need(at == len(value), "length of a credential")
    return {"flags": flags, "type": kind, "persist": persist, "written": written, "target": target, "comment": comment,
            "alias": alias, "user": user, "blob": blob, "attributes": attributes}


# ---- a vault ----

class Vault:
    def __init__(self, path, key_file=None, passphrase=None):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        need(self.one("PRAGMA application_id") == 0x4F535056 and self.one("PRAGMA user_version") == 1, "head")
        self.folding, self.identity, self.epoch, self.changes, self.state = self.db.execute(
            "SELECT folding, identity, epoch, changes, state FROM vault WHERE one = 1").fetchone()
        need(self.folding == "unicode 15.0.0" and len(self.identity) == 16, "the one row")
        data = self.data_key(key_file, passphrase)
        self.records_key, self.state_key, self.ids_key, self.sum_key = (
            hkdf(data, self.identity, b"OpenSSPI vault " + x) for x in (b"records", b"state", b"ids", b"sum"))

    def one(self, sql):
        return self.db.execute(sql).fetchone()[0]

    def data_key(self, key_file, passphrase):
        for kind, parameters, wrapped in self.db.execute("SELECT kind, parameters, wrapped FROM slot"):
            if kind == 1 and key_file:
                head, digits, rest = open(key_file, encoding="ascii").read().split("\n")
                need(head == "OpenSSPI vault key 1" and len(digits) == 64 and rest == "", "key file")
                key = hkdf(bytes.fromhex(digits), self.identity, b"OpenSSPI vault key file")
            elif kind == 2 and passphrase:
                cost = struct.unpack_from("<III", parameters)
                key = hkdf(stretch(passphrase, *cost, parameters[12:]), self.identity, b"OpenSSPI vault passphrase")
            else:
                continue
            bound = (b"OSPS" + struct.pack("<I", 1) + self.identity +
                     struct.pack("<QII", self.epoch, kind, len(parameters)) + parameters)
            try:
                return unseal(key, wrapped, bound)
            except InvalidTag:
                continue
        raise Wrong("no slot opens")

    def bound(self, row_id, version):
        return b"OSPV" + struct.pack("<I", 1) + self.identity + struct.pack("<Q", self.epoch) + row_id + struct.pack("<Q", version)

    def records(self):
        """All, after checking ids, the sum and the state."""
        found, total = [], 0
        for row_id, version, body in self.db.execute("SELECT id, version, body FROM record"):
            record = parse(unseal(self.records_key, body, self.bound(row_id, version)))
            where, kind, target, _ = record
            expect = hmac.new(self.ids_key, struct.pack("<II", where, kind) + folded(target), hashlib.sha256).digest()
            need(row_id == expect, "the id of a record")
            total += int.from_bytes(hmac.new(self.sum_key, row_id + struct.pack("<Q", version), hashlib.sha256).digest(), "little")
            found.append(record)
        state = unseal(self.state_key, self.state, self.bound(bytes(32), self.changes))
        changes, count, seals = struct.unpack_from("<QQQ", state)
        need(len(state) == 56 and changes == self.changes and count == len(found) and seals >= count, "the state")
        need(int.from_bytes(state[24:], "little") == total % (1 << 256), "the sum")
        return found


def read_export(path, passphrase):
    data = open(path, "rb").read()
    need(data[:16] == b"OpenSSPI export\n", "head of an export")
    form, rounds, kib, lanes = struct.unpack_from("<IIII", data, 16)
    need(form == 1, "format of an export")
    salt = data[32:48]
    key = AESGCM(hkdf(stretch(passphrase, rounds, kib, lanes, salt), salt, b"OpenSSPI export"))
    at, number, found = 48, 0, []
    while True:
        head = data[at:at + 4]
        size = struct.unpack("<I", head)[0]
        n = (size & 0x7FFFFFFF) + 16
        plain = key.decrypt(struct.pack("<QI", number, 0), data[at + 4:at + 4 + n], head)
        at += 4 + n
        if size >> 31:
            need(struct.unpack("<Q", plain) == (number,) and at == len(data), "end of an export")
            return found
        found.append(parse(plain))
        number += 1


# ---- what is read ----

def expected():
    lines = [line.rstrip("\n").split(" ") for line in open(os.path.join(FIXTURE, "content"), encoding="ascii")]
    return sorted((int(w), int(k), bytes.fromhex(t), bytes.fromhex(v)) for w, k, t, v in lines)


def check(name, work):
    try:
        work()
        say("ok", name)
    except (Wrong, InvalidTag, sqlite3.Error, struct.error, ValueError) as e:
        say("FAIL", name, f"{type(e).__name__}: {e}")


def fixture_by_key_file(path, key):
    need(sorted(Vault(path, key_file=key).records()) == expected(), "content")


def fixture_by_passphrase(path):
    need(sorted(Vault(path, passphrase=PASSPHRASE).records()) == expected(), "content")


def fixture_credential(path, key):
    value = next(v for w, k, t, v in Vault(path, key_file=key).records() if k == 2)
    need(credential(value) == {
        "flags": 0, "type": 2, "persist": 2, "written": 133500000000000000, "target": "*.lab.test", "comment": "of the fixture",
        "alias": None, "user": "LAB\\alice", "blob": "S3c".encode("utf-16-le"), "attributes": [("Key", 0, b"\1\2\3")]}, "fields")


def altered_is_refused(path, key, root):
    copy = os.path.join(root, "altered.db")
    shutil.copyfile(path, copy)
    db = sqlite3.connect(copy)
    db.execute("UPDATE record SET version = version + 1 WHERE row = (SELECT max(row) FROM record)")
    db.commit()
    db.close()
    try:
        Vault(copy, key_file=key).records()
    except InvalidTag:
        return
    raise Wrong("an altered record opened")


def fresh(root, driver):
    path, key = os.path.join(root, "data", "vault.db"), os.path.join(root, "etc", "vault.key")
    subprocess.run([driver, path, key, "write", "0", "30"], check=True, capture_output=True)
    subprocess.run([driver, path, key, "rekey", "2"], check=True, capture_output=True)
    listed = subprocess.run([driver, path, key, "list"], check=True, capture_output=True, text=True).stdout
    want = sorted(line.split()[0] for line in listed.splitlines() if not line.startswith("check"))
    vault = Vault(path, key_file=key)
    need(vault.epoch == 3, "epoch")
    records = vault.records()
    need(len(records) == 20 and sorted(t.decode("utf-16-le") for _, _, t, _ in records) == want, "content")
    export = os.path.join(root, "export")
    subprocess.run([driver, path, key, "export", export, PASSPHRASE], check=True, capture_output=True)
    need(sorted(read_export(export, PASSPHRASE)) == sorted(records), "export")


def main():
    driver = os.environ.get("VAULT_DRIVER", "")
    if MISSING:
        say("skipped", "vault_reader", f"({MISSING}: Debian's python3-cryptography and python3-argon2)")
    else:
        with tempfile.TemporaryDirectory() as root:
            path, key = (shutil.copy(os.path.join(FIXTURE, x), root) for x in ("vault.db", "vault.key"))
            check("the fixture by its key file", lambda: fixture_by_key_file(path, key))
            check("the fixture by its passphrase", lambda: fixture_by_passphrase(path))
            check("the credential in the fixture", lambda: fixture_credential(path, key))
            check("an altered record does not open", lambda: altered_is_refused(path, key, root))
            if driver:
                check("a fresh vault, rekeyed twice, and its export", lambda: fresh(root, driver))
            else:
                say("skipped", "a fresh vault", "(no VAULT_DRIVER)")
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
