#!/usr/bin/env python3
"""FreeRDP's client signs in to `sspi serve rdp`: right and wrong passwords and every account state.

xfreerdp judges our errorCode by its exit code. It wants a whole desktop, so it ends with 147 when we
close after the sign-in: success is judged by what our server saw."""
import signal
import sys

from lib import Lab, Server, fail_early, missing, start_display

PASSWORD = "S3cret!pw \u00e4"

# account state, xfreerdp's exit code, the status our server saw
STATES = [
    ("disabled", 151, "0xC0000072"),
    ("locked", 135, "0xC0000234"),
    ("expired", 157, "0xC0000193"),
    ("must-change", 149, "0xC0000224"),
    ("password-expired", 148, "0xC0000071"),
]


def client(lab, server, user, password, *more):
    """Runs xfreerdp against our server; answers its exit code and what the server said of it."""
    code = lab.run(["xfreerdp", f"/v:127.0.0.1:{server.port}", "/cert:ignore", "+auth-only", "/sec:nla",
                    f"/u:{user}", f"/p:{password}", *more], log="client.log")
    return code, server.next() or {}


def right_passwords(lab, server):
    _, seen = client(lab, server, "alice", PASSWORD)
    lab.check("right password signs in", seen.get("signed_in") is True, f"{seen} {lab.log('client.log')}")
    lab.equal("the delegated user is the client's", "alice", (seen.get("delegated") or {}).get("user"))
    lab.equal("the delegated password has its characters", len(PASSWORD),
              (seen.get("delegated") or {}).get("password_characters"))
    lab.equal("CredSSP version 6 was agreed", 6, seen.get("credssp"))
    lab.equal("NTLM was the mechanism", "NTLM", seen.get("mechanism"))
    lab.check("no password in what the server prints", PASSWORD not in str(seen))
    _, seen = client(lab, server, "bob", PASSWORD, "/d:LAB")
    lab.equal("a domain account signs in", True, seen.get("signed_in"), str(seen))
    lab.equal("its domain is delegated", "LAB", (seen.get("delegated") or {}).get("domain"))


def wrong_passwords(lab, server):
    for name, user, password, more in [
            ("wrong password is a logon failure", "alice", "nope", ()),
            ("empty password is a logon failure", "alice", "", ()),
            ("unknown user is a logon failure", "mallory", PASSWORD, ()),
            ("wrong domain is a logon failure", "bob", PASSWORD, ("/d:OTHER",))]:
        code, seen = client(lab, server, user, password, *more)
        lab.equal(name, (134, False), (code, seen.get("signed_in")), str(seen))


def account_states(lab, server):
    for state, wanted, status in STATES:
        lab.sspi("account", "set", "carol", state)
        code, seen = client(lab, server, "carol", PASSWORD)
        lab.equal(f"{state}: xfreerdp says so", wanted, code, str(seen))
        lab.equal(f"{state}: our server says so", status, (seen.get("failure") or {}).get("status"))
    lab.sspi("account", "set", "carol", "ok")
    _, seen = client(lab, server, "carol", PASSWORD)
    lab.equal("ok: signs in again", True, seen.get("signed_in"), str(seen))


def refusals(lab, server):
    code = lab.run(["xfreerdp", f"/v:127.0.0.1:{server.port}", "/cert:ignore", "+auth-only", "/sec:tls",
                    "/u:alice", f"/p:{PASSWORD}"], log="client.log")
    seen = server.next() or {}
    lab.equal("a client without NLA is refused", 133, code, lab.log("client.log"))
    lab.equal("and is no attempt", (None, "negotiation"),
              (seen.get("attempt"), (seen.get("failure") or {}).get("stage")))


def main():
    lab = Lab()
    why = missing("xfreerdp", "Xvfb")
    if why:
        lab.skip("freerdp_client", why)
        return lab.finish()
    try:
        if not start_display(lab):
            fail_early(lab, "Xvfb did not start")
        for name in ("alice", "carol", "LAB\\bob"):
            code, _, err = lab.sspi("account", "add", name, password=PASSWORD)
            if code != 0:
                fail_early(lab, f"account add {name}: {err}")
        server = Server(lab)
        if not server.port:
            fail_early(lab, f"the server did not start: {lab.log('serve.log')}")
        right_passwords(lab, server)
        account_states(lab, server)
        refusals(lab, server)
        wrong_passwords(lab, server)
        server.process.send_signal(signal.SIGTERM)
        lab.equal("SIGTERM ends the server with 0", 0, server.process.wait(10))
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
