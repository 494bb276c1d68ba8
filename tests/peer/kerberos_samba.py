#!/usr/bin/env python3
"""The Kerberos module against a Samba AD DC: accounts' states, names, the PAC, S4U in both forms, user-to-user.

KRB_DRIVER names the program. Takes root (tests/peer/addc.py). Ends with "N passed, N failed, N skipped"."""
import os
import sys

import addc
from krb import USUAL, Driver
from lib import Lab, fail_early

U2U = 0x10000
SPN, OTHER = "HTTP/web.lab.test", "TERMSRV/web.lab.test"
STATES = {"disabled": "STATUS_ACCOUNT_DISABLED", "expired": "STATUS_ACCOUNT_EXPIRED", "mustchange": "STATUS_PASSWORD_EXPIRED",
          "stale": "STATUS_PASSWORD_EXPIRED"}
ACCOUNTS = [f"user {name} {addc.PASSWORD}" for name in ("alice", "svc", "back", "plain", "sensitive", "card", *STATES)] + [
    f"spn svc {SPN}", f"spn back {OTHER}", "spn plain host/plain.lab.test", "set svc userAccountControl 16777728",
    f"set svc msDS-AllowedToDelegateTo {OTHER}", "set sensitive userAccountControl 1049088", "set card userAccountControl 262656",
    "set disabled userAccountControl 514", "set expired accountExpires 132000000000000000", "set mustchange pwdLastSet 0",
    "since stale 130000000000000000", "set alice userPrincipalName alice.liddell@corp.example"]


def accounts(lab, driver):
    for user, realm in (("alice", "LAB"), ("alice", "lab.test"), ("ALICE", "LAB"), ("alice@LAB.TEST", None), ("alice.liddell@corp.example", None)):
        driver("cred", 0, user=user, realm=realm, password=addc.PASSWORD)
        said = driver("obtain", 0)
        lab.equal(f"{user} of {realm}", "SEC_E_OK", said["status"], said.get("text"))
        lab.equal(f"{user} of {realm}: is", "alice@lab.test", (driver("info", 0)["name"] or "").lower())
    for user, wanted in STATES.items():
        driver("cred", 0, user=user, realm="LAB", password=addc.PASSWORD)
        said = driver("obtain", 0)
        lab.check(user, said["status"] in (wanted, "c0000224" if user == "mustchange" else wanted), said)
    for user, password, unknown in (("alice", "wrong", 0), ("nobody", addc.PASSWORD, 1)):
        driver("cred", 0, user=user, realm="LAB", password=password)
        said = driver("obtain", 0)
        lab.equal(f"{user} with {password}", ("SEC_E_LOGON_DENIED", unknown), (said["status"], said.get("unknown_client")), f"{said}")
    driver("cred", 0, user="card", realm="LAB", password=addc.PASSWORD)
    said = driver("obtain", 0)
    lab.check("an account that needs a card", said["status"] in ("8009033e", "SEC_E_LOGON_DENIED", "SEC_E_OK"), said)


def sign_ins(lab, dc, driver):
    driver("cred", 0, user="alice", realm="LAB", password=addc.PASSWORD)
    driver("cred", 1, use=2, keytab=dc.keytab("svc.keytab", SPN))
    driver("cred", 3, use=2, user="svc", realm="LAB", password=addc.PASSWORD)
    for name, server in (("a keytab", 1), ("the account's password", 3)):
        both, why = driver.established(server=server, target=SPN)
        if lab.check(f"a service with {name}", both, why):
            lab.equal(f"{name}: keys", both[0]["key"], both[1]["key"])
            lab.check(f"{name}: the PAC came, with alice's name", "alice".encode("utf-16le").hex() in both[1]["pac"], both[1]["pac"][:80])
    both, why = driver.established(target="http/WEB.lab.test")
    lab.check("an SPN in another case", both, why)
    said = driver.pair(target="HTTP/nowhere.lab.test")[0]
    lab.equal("an unknown SPN", ("SEC_E_TARGET_UNKNOWN", 1), (said["status"], said.get("unknown_server")), f"{said}")


def s4u(lab, dc, driver):
    keytab = dc.keytab("svc.keytab", SPN, "svc")
    driver("cred", 5, user="svc", realm="LAB", password=addc.PASSWORD)
    said = driver("impersonate", 6, 5, "alice")
    if not lab.equal("a service gets a user's ticket", "SEC_E_OK", said["status"], said.get("text")):
        return
    driver("cred", 1, use=2, keytab=keytab)
    both, why = driver.established(client=6, target="svc@LAB.TEST")
    lab.check("it is for the service itself, with a PAC", both and "alice".encode("utf-16le").hex() in both[1]["pac"], why)
    driver("cred", 3, use=2, user="back", realm="LAB", password=addc.PASSWORD)
    both, why = driver.established(client=6, server=3, target=OTHER)
    lab.equal("protocol transition, then constrained delegation", "alice", both and both[1]["client"].split("@")[0].lower(), f"{why}")
    said = driver.pair(client=6, target="host/plain.lab.test")[0]
    lab.check("not to a service that is not listed", said["status"] in ("SEC_E_DELEGATION_REQUIRED", "SEC_E_LOGON_DENIED"), said)
    said = driver("impersonate", 7, 5, "sensitive")
    said = driver.pair(client=7, target=OTHER)[0] if said["status"] == "SEC_E_OK" else said
    lab.check("not for one who may not be delegated", said["status"] in ("SEC_E_DELEGATION_REQUIRED", "SEC_E_LOGON_DENIED"), said)
    driver("cred", 4, use=3, user="svc", realm="LAB", password=addc.PASSWORD)
    driver("cred", 0, user="alice", realm="LAB", password=addc.PASSWORD)
    both, why = driver.established(server=4, target=SPN)
    if lab.equal("an accepted client is evidence", 1, both and both[1]["delegated"], f"{why}"):
        both, why = driver.established(client=2, server=3, target=OTHER)
        lab.equal("constrained delegation by evidence", "alice", both and both[1]["client"].split("@")[0].lower(), f"{why}")


def user2user(lab, driver):
    driver("cred", 0, user="alice", realm="LAB", password=addc.PASSWORD)
    driver("cred", 1, user="svc", realm="LAB", password=addc.PASSWORD)
    for target in ("svc@LAB.TEST", SPN):
        both, why = driver.established(target=target, flags=USUAL | U2U)
        if lab.check(f"user-to-user with {target}", both, why):
            lab.equal(f"{target}: keys", both[0]["key"], both[1]["key"])
            lab.check(f"{target}: the PAC came", "alice".encode("utf-16le").hex() in both[1]["pac"], both[1]["pac"][:80])


def main():
    lab = Lab()
    addc.enter(lab, "kerberos module and samba", "samba", "samba-tool", "wbinfo")
    try:
        dc = addc.Controller(lab)
        if not dc.provision():
            fail_early(lab, f"no domain: {lab.log('provision.log')}")
        dc.populate(ACCOUNTS)
        if not dc.start():
            fail_early(lab, f"the controller did not start: {lab.log('samba.log')}")
        driver = Driver(lab)
        accounts(lab, driver)
        sign_ins(lab, dc, driver)
        s4u(lab, dc, driver)
        user2user(lab, driver)
        lab.equal("nothing is left behind", 0, driver.finish())
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
