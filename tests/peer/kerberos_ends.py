"""Two ends of a Kerberos sign-in whose tokens a test carries: what kerberos_gss.py and negotiate_kerberos.py share."""
import os

from kerberos_lab import PASSWORD, GssPipe, Realm, krb_missing, sspi_pipe
from lib import Lab, fail_early

CONTINUE_NEEDED = 0x00090312
NO_PACKAGE = 0x80090305
HELD = []


def keep(end):
    HELD.append(end)
    return end


def ours(lab, role, package="Negotiate", target="host/localhost", who=("", "", ""), **env):
    return keep(sspi_pipe(lab, role, package, target, who, **env))


def theirs(lab, role, mechanism="spnego-krb5", target="host@localhost", **env):
    return keep(GssPipe(lab, role, mechanism, target, **env))


def close_all():
    while HELD:
        end = HELD.pop()
        try:
            end.close()
        except OSError:
            pass


def is_over(status):
    """Neither complete nor going on; GSS says 1 for going on."""
    return status not in (0, 1, CONTINUE_NEEDED)


def main(name, run, *options):
    """A realm with alice and host/localhost and her tickets, and in it run(lab, realm)."""
    os.umask(0o077)
    lab = Lab()
    why = krb_missing() or ("" if os.path.exists(os.environ.get("GSS_PIPE", "")) else "the GSS-API headers (libkrb5-dev) are not installed")
    if why:
        lab.skip(name, why)
        return lab.finish()
    try:
        realm = Realm(lab)
        if not realm.begin() or realm.tickets("alice", PASSWORD, *options) != 0:
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')} {realm.log()}")
        realm.service("host/localhost")
        probe = ours(lab, "server", "Kerberos")
        if probe.acquired == NO_PACKAGE:
            lab.skip(name, "the library has no package Kerberos")
        else:
            close_all()
            run(lab, realm)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    close_all()
    return lab.finish()
