#!/usr/bin/env python3
"""`sspi klist` beside MIT's klist: the same tickets, times, flags and encryption types; get, purge, no cache.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import calendar
import json
import os
import re
import subprocess
import sys
import time

from kerberos_lab import PASSWORD, REALM, Realm, krb_missing
from lib import Lab, fail_early

LETTERS = {"F": "forwardable", "f": "forwarded", "P": "proxiable", "p": "proxy", "D": "may-postdate", "d": "postdated",
           "i": "invalid", "R": "renewable", "I": "initial", "A": "pre-authenticated", "H": "hardware-authenticated",
           "O": "ok-as-delegate"}


def seconds(text, form):
    return calendar.timegm(time.strptime(text, form))


def theirs(lab):
    """MIT's klist as rows like ours."""
    done = subprocess.run(["klist", "-f", "-e"], env=lab.env, capture_output=True, text=True, check=False)
    client, rows = "", []
    for line in done.stdout.splitlines():
        if line.startswith("Default principal: "):
            client = line.split(": ")[1]
        row = re.match(r"(\S+ \S+)  (\S+ \S+)  (\S+)$", line)
        if row:
            rows.append({"server": row[3], "client": client, "renew": None,
                         "start": seconds(row[1], "%m/%d/%y %H:%M:%S"), "end": seconds(row[2], "%m/%d/%y %H:%M:%S")})
        more = re.search(r"renew until (\S+ \S+?),", line)
        if more:
            rows[-1]["renew"] = seconds(more[1], "%m/%d/%y %H:%M:%S")
        letters = re.search(r"Flags: (\w+)", line)
        if letters:
            rows[-1]["flags"] = {LETTERS[c] for c in letters[1] if c in LETTERS}
        types = re.search(r"Etype \(skey, tkt\): (\S+), (\S+)", line)
        if types:
            rows[-1]["key"], rows[-1]["ticket"] = types[1], types[2]
    return rows


def ours(lab):
    code, out, err = lab.sspi("klist", "--json")
    rows = []
    for t in json.loads(out):
        rows.append({"server": t["server"], "client": t["client"], "key": t["key_enctype"], "ticket": t["enctype"],
                     "start": seconds(t["start"], "%Y-%m-%dT%H:%M:%SZ"), "end": seconds(t["end"], "%Y-%m-%dT%H:%M:%SZ"),
                     "renew": t["renew_until"] and seconds(t["renew_until"], "%Y-%m-%dT%H:%M:%SZ"),
                     "flags": set(t["flags"]) & set(LETTERS.values())})
    return code, rows, err


def compare(lab, name):
    wanted = theirs(lab)
    code, rows, err = ours(lab)
    lab.equal(f"{name}: exit code", 0, code, err)
    lab.equal(f"{name}: the services, in order", [r["server"] for r in wanted], [r["server"] for r in rows])
    for one, other in zip(wanted, rows):
        if one["renew"] is None or "renewable" not in one["flags"]:
            one["renew"] = other["renew"] = None
        lab.equal(f"{name}: {one['server']}", one, other)


def listing(lab, realm):
    lab.equal("kinit", 0, realm.tickets("alice", PASSWORD, "-f", "-r", "2d"))
    compare(lab, "a TGT")
    subprocess.run(["kvno", f"HTTP/localhost@{REALM}"], env=lab.env, capture_output=True, check=True)
    compare(lab, "a TGT and a ticket of kvno's")
    code, out, err = lab.sspi("klist")
    lab.check("as text", code == 0 and f"HTTP/localhost@{REALM}" in out and "forwardable" in out and "aes256" in out, out + err)


def getting(lab, realm):
    code, out, err = lab.sspi("klist", "get", "TERMSRV/localhost", "--json")
    lab.equal("get: exit code", 0, code, out + err)
    if code == 0:
        t = json.loads(out)
        lab.equal("get: whose and for what", (f"alice@{REALM}", f"TERMSRV/localhost@{REALM}"), (t["client"], t["server"]))
        lab.check("get: its length and times", t["bytes"] > 200 and t["end"] and not t["ended"], out)
    compare(lab, "after get")
    code, out, err = lab.sspi("klist", "get", "TERMSRV/nowhere.lab.test")
    lab.check("get: a service that the KDC does not know", code == 1 and "SEC_E_TARGET_UNKNOWN" in err and "TERMSRV/nowhere" in err,
              f"{code} {err}")
    lab.check("get: and it says what the KDC said", "because" in err, err)
    code, out, err = lab.sspi("klist", "get", "HTTP/localhost")
    lab.equal("get: from the cache", 0, code, out + err)
    realm.stop_kdc()
    code, out, err = lab.sspi("klist", "get", "HTTP/localhost")
    lab.equal("get: from the cache without a KDC", 0, code, out + err)
    code, out, err = lab.sspi("klist", "get", "host/localhost")
    lab.check("get: without a KDC what is not there", code == 3 and "SEC_E_NO_AUTHENTICATING_AUTHORITY" in err, f"{code} {err}")
    if not realm.start_kdc():
        fail_early(lab, "the KDC did not start again")


def purging(lab, realm):
    code, _, err = lab.sspi("klist", "purge", "--server", "HTTP/nowhere")
    lab.check("purge: what is not there", code == 1 and "no ticket for HTTP/nowhere" in err, f"{code} {err}")
    code, _, err = lab.sspi("klist", "purge", "--server", "HTTP/localhost")
    lab.equal("purge: one service: exit code", 0, code, err)
    left = [r["server"] for r in theirs(lab)]
    lab.check("purge: one service: MIT's klist sees it gone, and the TGT there",
              f"HTTP/localhost@{REALM}" not in left and f"krbtgt/{REALM}@{REALM}" in left, str(left))
    code, _, err = lab.sspi("klist", "purge")
    lab.equal("purge: all: exit code", 0, code, err)
    lab.equal("purge: all: MIT's klist has none", [], theirs(lab))
    code, out, err = lab.sspi("klist", "--json")
    lab.check("an empty cache", code == 1 and out.strip() == "[]" and "no tickets" in err, f"{code} {out} {err}")
    realm.tickets()


def without(lab, realm):
    realm.no_tickets()
    code, out, err = lab.sspi("klist")
    lab.check("no cache: said, with what to try", code == 1 and not out and "no tickets" in err and "kinit" in err, f"{code} {err}")
    code, out, err = lab.sspi("klist", "get", "HTTP/localhost")
    lab.check("no cache: get", code == 1 and "no tickets" in err, f"{code} {err}")
    code, out, err = lab.sspi("klist", "purge")
    lab.check("no cache: purge", code == 1 and "no tickets" in err, f"{code} {err}")
    lab.write("broken", "this is no cache")
    lab.env["KRB5CCNAME"] = "FILE:" + lab.path("broken")
    code, out, err = lab.sspi("klist")
    lab.check("a file that is no cache", code == 1 and not out and err, f"{code} {err}")
    for args in (["--colour"], ["get"], ["get", "a", "b"], ["purge", "x"], ["frob"]):
        code, _, err = lab.sspi("klist", *args)
        lab.check(f"sspi klist {' '.join(args)} is a usage error", code == 2 and err, f"{code} {err}")
    for args in (["--help"], ["get", "--help"], ["purge", "--help"]):
        code, out, err = lab.sspi("klist", *args)
        lab.check(f"sspi klist {' '.join(args)} answers", code == 0 and out, err)


def caches(lab, realm):
    """Other kinds of caches than a file."""
    for name in ("DIR:" + lab.directory("tickets"), "KEYRING:session:opensspi-klist"):
        held, lab.env["KRB5CCNAME"] = lab.env["KRB5CCNAME"], name
        kind = name.split(":", 1)[0] + ("" if name.startswith("DIR") else " " + name.split(":")[1])
        done = subprocess.run(["kinit", "alice"], input=PASSWORD + "\n", text=True, env=lab.env, capture_output=True, check=False)
        if done.returncode or not theirs(lab):
            lab.skip(f"{kind}: the cache", "kinit cannot write there, or klist reads nothing")
        else:
            compare(lab, kind)
            lab.equal(f"{kind}: a ticket", 0, lab.sspi("klist", "get", "HTTP/localhost")[0])
            compare(lab, f"{kind}, with a ticket")
            subprocess.run(["kdestroy"], env=lab.env, capture_output=True, check=False)
        lab.env["KRB5CCNAME"] = held


def names(lab):
    """Ways to spell a service."""
    for name, wanted in ((f"HTTP/localhost@{REALM}", 0), ("HTTP/LOCALHOST", None), ("http/localhost", None), ("krbtgt/" + REALM, 0),
                         ("", 2), ("HTTP/", None), ("@", None), ("x" * 3000, None), ("HTTP/\u00fc\u20ac.lab.test", 1), ("HTTP/a\nb", None)):
        code, out, err = lab.sspi("klist", "get", name)
        lab.check(f"get {name[:40]!r}: an answer or a reason", code in ((wanted,) if wanted in (0, 1) else (0, 1, 2, 4)) and (out or err)
                  and "\x1b" not in err, f"{code} {err}")


def ended(lab, realm):
    realm.tickets("alice", PASSWORD, "-l", "1s", cache="short")
    time.sleep(2.1)
    code, out, err = lab.sspi("klist", "--json")
    lab.check("a ticket that has ended is listed as such", code == 0 and json.loads(out)[0]["ended"], out + err)
    code, out, err = lab.sspi("klist")
    lab.check("and as text", "ENDED" in out, out)
    code, out, err = lab.sspi("klist", "get", "HTTP/localhost")
    lab.check("and gets nothing", code == 1 and "SEC_E_CONTEXT_EXPIRED" in err, f"{code} {err}")


def password(lab, realm):
    if not realm.start_kadmind():
        lab.skip("sspi passwd", "kadmind did not start")
        return
    realm.user("carol", "Old!pw1")
    for name, old, new, wanted in (("carol", "wrong", "New!pw1", 1), ("carol", "Old!pw1", "New!pw1", 0), ("nobody", "Old!pw1", "New!pw1", 1)):
        code, out, err = lab.sspi("passwd", f"{name}@{REALM}", password=f"{old}\n{new}")
        lab.equal(f"passwd of {name} with {old}", wanted, code, out + err)
        lab.check("no password is said", "pw1" not in out + err)
    lab.equal("the new one is in force", 0, realm.tickets("carol", "New!pw1", cache="carol"))
    code, out, err = lab.sspi("passwd", password="New!pw1\nNewer!pw1")
    lab.equal("passwd of whose tickets are here", 0, code, out + err)
    lab.equal("is in force too", 0, realm.tickets("carol", "Newer!pw1", cache="carol"))


def main():
    lab = Lab()
    why = krb_missing()
    if why:
        lab.skip("klist", why)
        return lab.finish()
    try:
        realm = Realm(lab)
        if not realm.begin():
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')}")
        realm.service("HTTP/localhost", "TERMSRV/localhost", "host/localhost")
        code, _, err = lab.sspi("klist")
        if "package Kerberos is not here" in err:
            lab.skip("klist", "the library has no package Kerberos")
            return lab.finish()
        listing(lab, realm)
        getting(lab, realm)
        names(lab)
        purging(lab, realm)
        caches(lab, realm)
        ended(lab, realm)
        password(lab, realm)
        without(lab, realm)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
