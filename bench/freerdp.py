"""Row 6: xfreerdp signs in to `sspi serve rdp` and to FreeRDP's own server, through our proxy.

The proxy notes when each end said something. From the TLS hello on, the server's own time is what
lies between the client's last bytes and the server's answer: TLS, CHALLENGE, the public key's
confirmation, and what it says once it has the credential (ours closes, the other one goes on)."""
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "peer"))
from lib import Lab, Server, free_port, listening, missing, start_display  # noqa: E402

PASSWORD = "S3cret!pw"
ANSWERS = 4
FINISHED = 80  # bytes; an answer to that is a ticket and no part of the sign-in


class Proxy:
    def __init__(self, lab, program, port):
        self.process = lab.start([program, str(port)], stdout=subprocess.PIPE)
        self.port = self.line()["listening"]

    def line(self):
        return json.loads(self.process.stdout.readline())

    def events(self):
        """The pieces after the X.224 exchange, from the TLS hello on."""
        pieces = [p for p in self.line()["connection"] if p[2] > 0]
        first_answer = next(i for i, p in enumerate(pieces) if p[1] == "server")
        return pieces[first_answer + 1:]


def turns(pieces):
    """When the client's last piece and the server's first answer to it came, of the sign-in alone."""
    return [(a[0], b[0]) for a, b in zip(pieces, pieces[1:])
            if a[1] == "client" and b[1] == "server" and a[2] > FINISHED][:ANSWERS]


def result_of(pieces):
    answers = turns(pieces)
    if len(answers) < ANSWERS:
        raise RuntimeError(f"a sign-in of {len(answers)} answers")
    return {"whole": answers[-1][1] - pieces[0][0], "share": sum(b - a for a, b in answers)}


def client(lab, port):
    lab.run(["xfreerdp", f"/v:127.0.0.1:{port}", "/cert:ignore", "+auth-only", "/sec:nla", "/u:alice",
             f"/p:{PASSWORD}"], log="client.log")


def to_ours(lab, proxy, server):
    client(lab, proxy.port)
    pieces = proxy.events()
    said = server.next() or {}
    if not said.get("signed_in"):
        raise RuntimeError(f"no sign-in to ours: {said}")
    return result_of(pieces)


def to_shadow(lab, proxy):
    client(lab, proxy.port)
    return result_of(proxy.events())


def start_shadow(lab, port):
    made = subprocess.run(["winpr-hash", "-u", "alice", "-p", PASSWORD, "-f", "sam"], env=lab.env,
                          capture_output=True, check=True)
    lab.write("sam", made.stdout.decode())
    process = lab.start(["freerdp-shadow-cli", f"/port:{port}", "/bind-address:127.0.0.1", "/sec:nla",
                         f"/sam-file:{lab.path('sam')}", "+auth"], log="shadow.log")
    return listening(port, process)


def measure(say, proxy_program, rounds):
    """Calls `say` with one measurement at a time; answers why it could not, or ""."""
    why = missing("xfreerdp", "freerdp-shadow-cli", "winpr-hash", "Xvfb")
    if why:
        return why
    lab = Lab()
    try:
        if not start_display(lab):
            return "Xvfb did not start"
        lab.sspi("account", "add", "alice", password=PASSWORD)
        server, port = Server(lab), free_port()
        if not start_shadow(lab, port):
            return "freerdp-shadow-cli did not start"
        to_server, to_peer = Proxy(lab, proxy_program, server.port), Proxy(lab, proxy_program, port)
        for round_number in range(-1, rounds):
            for name, result in (("ours", to_ours(lab, to_server, server)),
                                 ("freerdp-shadow-cli", to_shadow(lab, to_peer))):
                for what, work in (("whole", "xfreerdp: TLS hello to decoded credential"),
                                   ("share", "the server's own time of that")):
                    if round_number >= 0:
                        say({"round": round_number, "work": work, "name": name, "ns": result[what]})
            time.sleep(0.05)
        return ""
    except (RuntimeError, StopIteration, ValueError) as e:
        return f"{type(e).__name__}: {e}"
    finally:
        for process in reversed(lab.running):
            if process.poll() is None:
                process.terminate()
        lab.running.clear()
        shutil.rmtree(lab.root, ignore_errors=True)
