"""A realm of MIT krb5 on loopback for the tests: its own KDC, kadmind and kpasswd, ports and files."""
import os
import subprocess

from lib import free_port, listening, missing, stop

CLIENT = """[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = {udp}
 default_ccache_name = FILE:{root}/ccache
 default_client_keytab_name = FILE:{root}/client.keytab
 default_keytab_name = FILE:{root}/keytab
 {libdefaults}
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
  admin_server = 127.0.0.1:{admin}
  kpasswd_server = 127.0.0.1:{kpasswd}
  {client}
 }}
[domain_realm]
 .{domain} = {realm}
 {domain} = {realm}
 localhost = {realm}
"""
SERVER = """[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {root}/principal
  admin_keytab = {root}/kadm5.keytab
  acl_file = {root}/kadm5.acl
  key_stash_file = {root}/stash
  kadmind_listen = 127.0.0.1:{admin}
  kpasswd_listen = 127.0.0.1:{kpasswd}
  max_life = 1d
  max_renewable_life = 7d
  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal arcfour-hmac:normal aes256-cts-hmac-sha384-192:normal aes128-cts-hmac-sha256-128:normal
  {server}
 }}
[logging]
 kdc = FILE:{root}/kdc.log
 admin_server = FILE:{root}/kadmind.log
"""


class Kdc:
    """A realm. lab.env names its krb5.conf from start() on, so programs started later live in it.

    `client` and `server` are lines for the realm's sections of krb5.conf and kdc.conf, `libdefaults` for that one."""

    def __init__(self, lab, realm="LAB.TEST", client="", server="", libdefaults="", udp=1):
        self.lab, self.realm, self.domain = lab, realm, realm.lower()
        self.client, self.server, self.libdefaults, self.udp = client, server, libdefaults, udp
        self.root = lab.directory("kdc-" + self.domain)
        self.port, self.admin, self.kpasswd = free_port(), free_port(), free_port()
        self.kdc = self.kadmind = None
        self.env = dict(KRB5_CONFIG=self.path("krb5.conf"), KRB5_KDC_PROFILE=self.path("kdc.conf"), KRB5RCACHEDIR=self.root,
                        KRB5RCACHENAME="dfl:")

    @staticmethod
    def missing():
        """Why there can be none, as a sentence; "" when all is there."""
        return missing("krb5kdc", "kdb5_util", "kadmin.local", "kadmind", "kinit")

    def path(self, name):
        return os.path.join(self.root, name)

    def configure(self, **more):
        """(Re)writes krb5.conf and kdc.conf; `more` replaces client, server, libdefaults, udp or port."""
        fields = dict(vars(self), **more)
        for name, text in (("krb5.conf", CLIENT), ("kdc.conf", SERVER)):
            with open(self.path(name), "w", encoding="utf-8") as f:
                f.write(text.format(**fields))

    def start(self, with_kadmind=False):
        """Creates the realm and starts its daemons; False when one does not come up (see log())."""
        self.configure()
        self.lab.env.update(self.env)
        with open(self.path("kadm5.acl"), "w", encoding="utf-8") as f:
            f.write(f"*/admin@{self.realm} *\n")
        self.tool("kdb5_util", "-r", self.realm, "create", "-s", "-P", "masterpw")
        return self.start_kdc() and (not with_kadmind or self.start_kadmind())

    def start_kdc(self):
        self.kdc = self.lab.start(["krb5kdc", "-n", "-r", self.realm, "-P", self.path("kdc.pid")], log="krb5kdc.out",
                                  env=dict(os.environ, **self.env))
        return listening(self.port, self.kdc)

    def start_kadmind(self):
        self.kadmind = self.lab.start(["kadmind", "-nofork", "-r", self.realm, "-P", self.path("kadmind.pid")],
                                      log="kadmind.out", env=dict(os.environ, **self.env))
        return listening(self.admin, self.kadmind)

    def stop_kdc(self):
        stop(self.kdc)

    def tool(self, *args, stdin="", check=True):
        done = subprocess.run(args, env=dict(self.lab.env, **self.env), input=stdin.encode(), capture_output=True, check=False,
                              timeout=60)
        if check and done.returncode:
            raise RuntimeError(f"{args[0]}: {done.stdout.decode()}{done.stderr.decode()}")
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def kadmin(self, *queries):
        return self.tool("kadmin.local", "-r", self.realm, stdin="\n".join(queries) + "\n")[1]

    def user(self, name, password, *options):
        self.kadmin(" ".join(["addprinc", *options, "-pw", f'"{password}"', name]))

    def service(self, *names, keytab="keytab", options=""):
        """Services with random keys, which go into a keytab of the realm's folder; answers its path."""
        path = self.path(keytab)
        self.kadmin(*[f"addprinc -randkey {options} {n}" for n in names], f"ktadd -k {path} {' '.join(names)}")
        return path

    def kinit(self, user, password, ccache="ccache", *options):
        """A ccache with a TGT; answers its path."""
        path = self.path(ccache)
        self.tool("kinit", *options, "-c", path, user, stdin=password + "\n")
        return path

    def log(self, lines=8):
        return self.lab.log(self.path("kdc.log"), lines)
