"""Samba as a domain's controller, or its winbindd alone, in namespaces of their own.

Samba's folders, its sockets, /etc/hosts, the host's name and its network are private to the namespaces, and every program
in them ends with the script: enter() runs the calling script again inside. Ours run there too."""
import os
import shutil
import socket
import subprocess
import sys
import time

from lib import missing

INSIDE = "OPENSSPI_TEST_INSIDE"
REALM, DOMAIN, HOST, ADDRESS = "LAB.TEST", "LAB", "dc1.lab.test", "10.53.0.1"
ADMIN = "Adm1n!pass"
PASSWORD = "S3cret!pw"
FOLDERS = ["/etc/samba", "/run/samba", "/var/lib/samba", "/var/cache/samba", "/var/log/samba"]
SMB_CONF = "/etc/samba/smb.conf"

# Debian's Samba belongs to Debian's interpreter. Reads "kind name [values]" lines.
POPULATE = """
import sys
import ldb
from samba import dsdb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm()
lp.load("/etc/samba/smb.conf")
db = SamDB(url="/var/lib/samba/private/sam.ldb", session_info=system_session(), lp=lp)
base = str(db.domain_dn())
def change(name, attribute, value, how="replace"):
    db.modify_ldif(f"dn: CN={name},CN=Users,{base}\\nchangetype: modify\\n{how}: {attribute}\\n{attribute}: {value}\\n")
for line in sys.stdin:
    kind, name, *rest = line.split()
    if kind == "user":
        db.newuser(name, rest[0])
        change(name, "msDS-SupportedEncryptionTypes", 28)
    elif kind == "group":
        db.newgroup(name)
        db.add_remove_group_members(name, rest, add_members_operation=True)
    elif kind == "spn":
        change(name, "servicePrincipalName", rest[0], "add")
    elif kind == "host-spn": # what its own task for the DNS would add after a while
        db.modify_ldif(f"dn: CN={name},OU=Domain Controllers,{base}\\nchangetype: modify\\nadd: servicePrincipalName\\n"
                       f"servicePrincipalName: {rest[0]}\\n")
    elif kind == "set":
        change(name, rest[0], rest[1])
    elif kind == "since": # when the password was set
        m = ldb.Message(ldb.Dn(db, f"CN={name},CN=Users,{base}"))
        m["pwdLastSet"] = ldb.MessageElement(rest[0], ldb.FLAG_MOD_REPLACE, "pwdLastSet")
        db.modify(m, controls=[f"local_oid:{dsdb.DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID}:0"])
    elif kind == "domain":
        db.modify_ldif(f"dn: {base}\\nchangetype: modify\\nreplace: {name}\\n{name}: {rest[0]}\\n")
    elif kind == "sid":
        from samba.ndr import ndr_unpack
        from samba.dcerpc import security
        row = db.search(base, expression=f"(sAMAccountName={name})", attrs=["objectSid"])[0]
        print(name, ndr_unpack(security.dom_sid, row["objectSid"][0]))
"""


def hindrance(*programs):
    """Why there can be no such namespaces here; "" when there can."""
    if os.geteuid() != 0:
        return "namespaces of its own take root"
    gone = missing("unshare", "ip", *programs)
    if gone:
        return gone
    for package in ("/usr/share/samba/setup/provision.ldif",) if "samba" in programs else ():
        if not os.path.exists(package):
            return "Samba's samba-ad-provision not installed"
    tried = subprocess.run(["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "mount", "-t", "tmpfs", "none", "/mnt"],
                           capture_output=True, check=False)
    return "" if tried.returncode == 0 else "namespaces are not to be had: " + tried.stderr.decode().strip()


def enter(lab, name, *programs):
    """Returns inside the namespaces. Outside it runs the script again there and ends with its answer, or says
    'skipped' and why."""
    if os.environ.get(INSIDE):
        for folder in FOLDERS:
            os.makedirs(folder, exist_ok=True)
            mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
        os.makedirs("/var/lib/samba/private")
        os.makedirs("/var/lib/samba/winbindd_privileged", mode=0o750)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    why = hindrance(*programs)
    if why:
        lab.skip(name, why)
        sys.exit(lab.finish())
    shutil.rmtree(lab.root)
    done = subprocess.run(["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
                           "--propagation", "private", "--", sys.executable, *sys.argv], env=dict(os.environ, **{INSIDE: "1"}),
                          check=False)
    sys.exit(done.returncode)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def until(seconds, done):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.1)
    return False


def winbindd_answers():
    return subprocess.run(["wbinfo", "-p"], capture_output=True, check=False).returncode == 0


class Alone:
    """winbindd without a domain: its own accounts, those of LABSRV."""

    domain = "LABSRV"

    def __init__(self, lab, users):
        self.lab = lab
        socket.sethostname("labsrv")
        with open(SMB_CONF, "w", encoding="ascii") as f:
            f.write("[global]\nworkgroup = LAB\nnetbios name = LABSRV\nserver role = standalone server\n"
                    "ntlm auth = ntlmv2-only\ninterfaces = lo\nbind interfaces only = yes\n")
        for path, line in (("/etc/passwd", "{}:x:{}:20000::/:/bin/false\n"), ("/etc/group", "")):
            own = lab.path(os.path.basename(path))
            shutil.copy(path, own)
            with open(own, "a", encoding="ascii") as f:
                for i, user in enumerate(users):
                    f.write(line.format(user, 20001 + i))
            mount("--bind", own, path)
        for user in users:
            subprocess.run(["smbpasswd", "-s", "-a", user], input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True,
                           stdout=subprocess.DEVNULL)
        self.process = None
        self.start()

    def start(self):
        self.process = self.lab.start(["winbindd", "-F", "--no-process-group", "--debug-stdout"], log="winbindd.log")
        return until(20, winbindd_answers)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Controller:
    """A domain controller of LAB.TEST at dc1.lab.test, its KDC, LDAP, SMB and winbindd."""

    domain = DOMAIN

    def __init__(self, lab):
        self.lab = lab
        self.process = None
        socket.sethostname("dc1")
        subprocess.run(["ip", "addr", "add", ADDRESS + "/24", "dev", "lo"], check=True)
        hosts = lab.write("hosts", f"127.0.0.1 localhost\n{ADDRESS} {HOST} dc1\n")
        resolv = lab.write("resolv.conf", f"search lab.test\nnameserver {ADDRESS}\n")
        mount("--bind", hosts, "/etc/hosts")
        mount("--bind", resolv, "/etc/resolv.conf")
        open(SMB_CONF, "w", encoding="ascii").close()
        lab.env["KRB5_CONFIG"] = lab.write("krb5.conf", f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_realm = false
 dns_lookup_kdc = false
 rdns = false
 dns_canonicalize_hostname = false
 default_ccache_name = FILE:{lab.path("cc")}
[realms]
 {REALM} = {{
  kdc = {ADDRESS}
  kpasswd_server = {ADDRESS}
 }}
[domain_realm]
 .lab.test = {REALM}
""")

    def provision(self):
        """True when there is a domain now."""
        done = self.lab.run(["samba-tool", "domain", "provision", "--server-role=dc", "--realm=" + REALM, "--domain=" + DOMAIN,
                             "--dns-backend=SAMBA_INTERNAL", "--host-name=dc1", "--host-ip=" + ADDRESS, "--adminpass=" + ADMIN,
                             f"--option=interfaces=lo {ADDRESS}/24", "--option=bind interfaces only=yes"],
                            seconds=180, log="provision.log")
        if done != 0:
            return False
        with open(SMB_CONF, encoding="ascii") as f:
            text = f.read()
        with open(SMB_CONF, "w", encoding="ascii") as f:
            f.write(text.replace("[global]", "[global]\n\tserver services = s3fs, rpc, ldap, cldap, kdc, winbindd, dns\n"
                                 "\tlog level = 1 auth_audit:3\n\tdisable spoolss = yes\n", 1))
        return True

    def populate(self, lines):
        """Users, groups, service names, and what they are set to; answers what "sid NAME" lines asked."""
        done = subprocess.run(["/usr/bin/python3", "-c", POPULATE], input="\n".join(lines) + "\n", text=True, capture_output=True,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-800:])
        return dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith("S-1") or " S-1" in line)

    def keytab(self, name, *principals):
        path = self.lab.path(name)
        for principal in principals:
            subprocess.run(["samba-tool", "domain", "exportkeytab", path, "--principal=" + principal, "-s", SMB_CONF], check=True,
                           capture_output=True)
        return path

    def start(self):
        """True when KDC, LDAP, SMB and winbindd answer."""
        self.process = self.lab.start(["samba", "-F", "--no-process-group", "-s", SMB_CONF, "-M", "prefork", "--debug-stdout"],
                                      log="samba.log")
        return all(until(60, lambda port=port: is_open(port)) for port in (88, 389, 445)) and until(60, winbindd_answers)

    def stop(self):
        """Ends it with all its processes; the namespace's other programs go on."""
        self.process.terminate()
        self.process.wait(20)
        return until(20, lambda: not is_open(88) and not winbindd_answers())


class Member:
    """A machine SRV of the domain, with a network, a name and a Samba of its own beside the controller's: run() and
    pipe() say how programs are started on it."""

    ADDRESS, ROUTER = "10.53.1.2", "10.53.1.1"

    def __init__(self, lab):
        self.lab = lab
        self.holder = lab.start(["unshare", "--net", "--mount", "--uts", "--propagation", "private", "--", "sleep", "1000"])
        namespace = os.readlink("/proc/self/ns/net")
        until(10, lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != namespace)
        time.sleep(0.2)
        self.winbindd = None
        ip = ["ip", "link", "add", "lab0", "type", "veth", "peer", "name", "lab1", "netns", str(self.holder.pid)]
        for command in (ip, ["ip", "addr", "add", self.ROUTER + "/24", "dev", "lab0"], ["ip", "link", "set", "lab0", "up"]):
            subprocess.run(command, check=True)
        for command in (["hostname", "srv"], ["ip", "link", "set", "lo", "up"], ["ip", "addr", "add", self.ADDRESS + "/24", "dev", "lab1"],
                        ["ip", "link", "set", "lab1", "up"], ["ip", "route", "add", "default", "via", self.ROUTER]):
            subprocess.run(self.prefix() + command, check=True)
        for folder in FOLDERS:
            subprocess.run(self.prefix() + ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
        conf = lab.write("member.conf", f"""[global]
workgroup = {DOMAIN}
realm = {REALM}
netbios name = SRV
security = ads
server role = member server
idmap config * : backend = tdb
idmap config * : range = 100000-199999
winbind request timeout = 5
disable spoolss = yes
""")
        subprocess.run(self.prefix() + ["sh", "-c", f"mkdir /var/lib/samba/private; mkdir -m 750 /var/lib/samba/winbindd_privileged;"
                                                    f" cp {conf} {SMB_CONF}"], check=True)

    def prefix(self):
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u", "--"]

    def pipe(self):
        """A program that is ours, on that machine."""
        script = self.lab.write("pipe", f'#!/bin/sh\nexec {" ".join(self.prefix())} {os.environ["SSPI_PIPE"]} "$@"\n')
        os.chmod(script, 0o755)
        return script

    def join(self):
        """True when the domain has it and its winbindd answers."""
        done = self.lab.run(self.prefix() + ["net", "ads", "join", "-U", "Administrator%" + ADMIN, "--no-dns-updates"], log="join.log")
        if done != 0:
            return False
        self.winbindd = self.lab.start(self.prefix() + ["winbindd", "-F", "--no-process-group", "--debug-stdout"], log="member.log")
        return until(30, lambda: subprocess.run(self.prefix() + ["wbinfo", "-t"], capture_output=True, check=False).returncode == 0)


def is_open(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((ADDRESS, port)) == 0
