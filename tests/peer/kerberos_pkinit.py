#!/usr/bin/env python3
"""The Kerberos module with certificates (a file, a PKCS#11 token), FAST, and krb5.conf's own identities, against a MIT KDC.

KRB_DRIVER names the program. Ends with "N passed, N failed, N skipped"."""
import os
import subprocess
import sys

from kdc import Kdc
from krb import PASSWORD, Driver
from lib import Lab, fail_early, missing

PLUGIN = "/usr/lib/x86_64-linux-gnu/krb5/plugins/preauth/pkinit.so"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "123456"
EXTENSIONS = """[kdc]
keyUsage = nonRepudiation,digitalSignature,keyEncipherment,keyAgreement
extendedKeyUsage = 1.3.6.1.5.2.3.5
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:kdc_name
[kdc_name]
realm = EXP:0,GeneralString:LAB.TEST
principal_name = EXP:1,SEQUENCE:kdc_principal
[kdc_principal]
name_type = EXP:0,INTEGER:1
name_string = EXP:1,SEQUENCE:kdc_principals
[kdc_principals]
princ1 = GeneralString:krbtgt
princ2 = GeneralString:LAB.TEST
[client]
keyUsage = digitalSignature,keyEncipherment,keyAgreement
extendedKeyUsage = 1.3.6.1.5.2.3.4
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:client_name
[client_name]
realm = EXP:0,GeneralString:LAB.TEST
principal_name = EXP:1,SEQUENCE:client_principal
[client_principal]
name_type = EXP:0,INTEGER:1
name_string = EXP:1,SEQUENCE:client_principals
[client_principals]
princ1 = GeneralString:USER
"""


def openssl(*args):
    subprocess.run(["openssl", *args], capture_output=True, check=True)


def authority(lab, name):
    key, cert = lab.path(name + ".key"), lab.path(name + ".pem")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "7", "-subj", f"/CN={name}")
    return cert, key


def certificate(lab, name, section, issuer, user=""):
    key, cert, request = lab.path(name + ".key"), lab.path(name + ".pem"), lab.path(name + ".csr")
    extensions = lab.write(name + ".ext", EXTENSIONS.replace("USER", user or name))
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    openssl("x509", "-req", "-in", request, "-CA", issuer[0], "-CAkey", issuer[1], "-CAcreateserial", "-out", cert, "-days", "7",
            "-extfile", extensions, "-extensions", section)
    return cert, key


def files(lab, driver, anchors):
    mallory = certificate(lab, "mallory", "client", authority(lab, "elsewhere"), "alice")
    for name, pair, trusted, wanted in (("a certificate in a file", ("alice.pem", "alice.key"), anchors, "SEC_E_OK"),
                                        ("another's certificate", ("bob.pem", "bob.key"), anchors, "SEC_E_PKINIT_NAME_MISMATCH"),
                                        ("no such file", ("none.pem", "none.key"), anchors, "SEC_E_LOGON_DENIED"),
                                        ("an issuer nobody trusts", (mallory[0], mallory[1]), anchors, "SEC_E_LOGON_DENIED"),
                                        ("a KDC of an issuer that is not ours", ("alice.pem", "alice.key"), f"FILE:{lab.path('elsewhere.pem')}", None)):
        driver("cred", 0, user="alice", certificate=f"FILE:{lab.path(pair[0])},{lab.path(pair[1])}", anchors=trusted)
        said = driver("obtain", 0)
        if wanted:
            lab.equal(name, wanted, said["status"], said.get("text"))
        else:
            lab.check(name, said["status"] in ("SEC_E_LOGON_DENIED", "80090359"), said)
    driver("cred", 0, user="alice", certificate="", anchors=anchors)
    said = driver("obtain", 0)
    lab.equal("the identity of krb5.conf", "SEC_E_OK", said["status"], said.get("text"))


def token(lab, kdc, anchors):
    if missing("softhsm2-util", "pkcs11-tool") or not os.path.exists(SOFTHSM):
        lab.skip("a PKCS#11 token", "softhsm2 or opensc is not installed")
        return
    conf = lab.write("softhsm.conf", f"directories.tokendir = {lab.directory('tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n")
    lab.env["SOFTHSM2_CONF"] = conf
    run = lambda *a: subprocess.run(a, env=lab.env, capture_output=True, check=True)
    run("softhsm2-util", "--init-token", "--free", "--label", "card", "--pin", PIN, "--so-pin", "12345678")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", lab.path("alice.key"), "-out", lab.path("alice.p8"))
    openssl("x509", "-in", lab.path("alice.pem"), "-outform", "DER", "-out", lab.path("alice.der"))
    run("softhsm2-util", "--import", lab.path("alice.p8"), "--token", "card", "--label", "alice", "--id", "01", "--pin", PIN)
    run("pkcs11-tool", "--module", SOFTHSM, "--token-label", "card", "--login", "--pin", PIN, "--write-object", lab.path("alice.der"),
        "--type", "cert", "--id", "01", "--label", "alice")
    driver = Driver(lab)
    card = f"PKCS11:module_name={SOFTHSM}:token=card"
    for name, pin, wanted in (("a token with its PIN", PIN, "SEC_E_OK"), ("a wrong PIN", "000000", "SEC_E_LOGON_DENIED"), ("no PIN", None, "SEC_E_LOGON_DENIED")):
        driver("cred", 0, user="alice", certificate=card, anchors=anchors, password=pin)
        said = driver("obtain", 0)
        lab.equal(name, wanted, said["status"], said.get("text"))
    driver.finish()


def fast(lab, kdc, driver):
    armor = kdc.kinit("bob", PASSWORD, "armor")
    driver("cred", 0, user="alice", password=PASSWORD, armor=armor)
    said = driver("obtain", 0)
    lab.equal("a password under FAST", "SEC_E_OK", said["status"], said.get("text"))
    lab.check("FAST was spoken", any("fast_avail" in t["server"] for t in driver("tickets", 0)["tickets"] if t["config"]))
    driver("cred", 0, user="alice", password="wrong", armor=armor)
    lab.equal("a wrong one under FAST", "SEC_E_LOGON_DENIED", driver("obtain", 0)["status"])
    driver("cred", 0, user="alice", password=PASSWORD, armor=kdc.path("nowhere"))
    lab.equal("no armor", "SEC_E_NO_CREDENTIALS", driver("obtain", 0)["status"])


def main():
    lab = Lab()
    why = Kdc.missing() or missing("openssl") or ("" if os.path.exists(PLUGIN) else "krb5-pkinit is not installed")
    if why:
        lab.skip("pkinit", why)
        return lab.finish()
    try:
        issuer = authority(lab, "issuer")
        served = certificate(lab, "kdc", "kdc", issuer)
        for user in ("alice", "bob"):
            certificate(lab, user, "client", issuer)
        kdc = Kdc(lab, server=f"pkinit_identity = FILE:{served[0]},{served[1]}\n  pkinit_anchors = FILE:{issuer[0]}",
                  client=f"pkinit_identities = FILE:{lab.path('alice.pem')},{lab.path('alice.key')}")
        if not kdc.start():
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')}")
        for user in ("alice", "bob"):
            kdc.user(user, PASSWORD, "+requires_preauth")
        driver = Driver(lab)
        files(lab, driver, f"FILE:{issuer[0]}")
        fast(lab, kdc, driver)
        token(lab, kdc, f"FILE:{issuer[0]}")
        lab.equal("nothing is left behind", 0, driver.finish())
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
