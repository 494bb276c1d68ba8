#!/usr/bin/env python3
"""impacket as a calculator: responses, MIC, session keys, signatures and seals of our NTLM against its own.

Both ends are ours (tests/peer/sspi_pipe.c) and the tokens between them are the trace; then impacket is the client of
our server. (Not called impacket.py: that would be the module itself.) Ends with "N passed, N failed, N skipped"."""
import hashlib
import hmac
import os
import struct
import sys

try:
    from impacket import ntlm
except ImportError:  # Debian's package belongs to Debian's interpreter
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3") and not os.environ.get("SSPI_TEST_AGAIN"):
        os.environ["SSPI_TEST_AGAIN"] = "1"
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    ntlm = None

from ends import SspiPipe
from lib import Lab, fail_early

PASSWORD = "S3cret!pw"
KEY_EXCHANGE, EXTENDED = 0x40000000, 0x00080000


def end(lab, role, password=PASSWORD):
    """One of our ends."""
    one = SspiPipe(role, "NTLM", "HOST/localhost", lab.env, ("alice", "LAB", password))
    lab.running.append(one.process)
    return one


def md5(key, data):
    return hmac.new(key, data, hashlib.md5).digest()


def rc4(key):
    """A stream of RC4, by ourselves: what impacket wants as its handle."""
    s, j = list(range(256)), 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]
    state = [0, 0]

    def apply(data):
        out = bytearray()
        for byte in data:
            state[0] = (state[0] + 1) & 255
            state[1] = (state[1] + s[state[0]]) & 255
            s[state[0]], s[state[1]] = s[state[1]], s[state[0]]
            out.append(byte ^ s[(s[state[0]] + s[state[1]]) & 255])
        return bytes(out)
    return apply


def field(message, at):
    length, _, offset = struct.unpack_from("<HHI", message, at)
    return message[offset:offset + length]


def trace(lab, password=PASSWORD):
    """Both ends, the three messages, and the server's last status."""
    client, server = end(lab, "client", password=password), end(lab, "server")
    _, one = client.step(b"")
    _, two = server.step(one)
    _, three = client.step(two)
    status, _ = server.step(three)
    return client, server, (one, two, three), status


def responses(lab, messages, key):
    """What AUTHENTICATE holds against what impacket computes of the password."""
    one, two, three = messages
    challenge, flags = two[24:32], struct.unpack_from("<I", three, 60)[0]
    nt, lm = field(three, 20), field(three, 12)
    user, domain = field(three, 36).decode("utf-16le"), field(three, 28).decode("utf-16le")
    lab.equal("the names are as given", ("alice", "LAB"), (user, domain))
    ntowf = ntlm.NTOWFv2(user, PASSWORD, domain)
    proof, blob = nt[:16], nt[16:]
    lab.equal("NTProofStr", md5(ntowf, challenge + blob), proof)
    lab.equal("the LM response is 24 zero bytes beside a MIC", bytes(24), lm)
    base = md5(ntowf, proof)
    exchange = ntlm.KXKEY(flags, base, lm, challenge, PASSWORD, "", "", True)
    exported = rc4(exchange)(field(three, 52)) if flags & KEY_EXCHANGE else exchange
    lab.equal("the exported session key", exported, key)
    lab.equal("impacket makes the same encrypted key of it", ntlm.generateEncryptedSessionKey(exchange, exported), field(three, 52))
    lab.equal("the MIC", md5(exported, one + two + three[:72] + bytes(16) + three[88:]), three[72:88])
    return exported, flags


def seals(lab, client, server, exported, flags):
    """Two messages each way: the second shows that the stream and the sequence number went on."""
    for sender, mode in ((client, "Client"), (server, "Server")):
        sign, handle = ntlm.SIGNKEY(flags, exported, mode), rc4(ntlm.SEALKEY(flags, exported, mode))
        for number, text in enumerate((b"Plaintext", b"a longer one " * 30)):
            sealed, signature = ntlm.SEAL(flags, sign, ntlm.SEALKEY(flags, exported, mode), text, text, number, handle)
            lab.equal(f"{mode} to the other: sealed message {number}", signature.getData() + sealed, sender.bytes("seal " + text.hex()))


def open_sealed(lab, exported, flags, server):
    sign, seal_key = ntlm.SIGNKEY(flags, exported, "Client"), ntlm.SEALKEY(flags, exported, "Client")
    sealed, signature = ntlm.SEAL(flags, sign, seal_key, b"from impacket", b"from impacket", 0, rc4(seal_key))
    status, text = server.ask("open " + (signature.getData() + sealed).hex())
    lab.equal("our server opens what impacket sealed", (0, b"from impacket"), (status, bytes.fromhex(text)))


def their_client(lab, password):
    server = end(lab, "server")
    one = ntlm.getNTLMSSPType1("WS", "LAB", True)
    _, two = server.step(one.getData())
    three, exported = ntlm.getNTLMSSPType3(one, two, "alice", password, "LAB")
    status, _ = server.step(three.getData())
    return server, status, exported, struct.unpack_from("<I", three.getData(), 60)[0]


def main():
    lab = Lab()
    if not ntlm:
        lab.skip("ntlm_calculator", "python3-impacket is not installed")
        return lab.finish()
    try:
        lab.configure("[accounts]\ndelay milliseconds = 0\n")
        code, out, err = lab.sspi("account", "add", "alice", "--domain", "LAB", password=PASSWORD)
        if code:
            fail_early(lab, out + err)
        client, server, messages, status = trace(lab)
        lab.equal("our two ends agree", 0, status)
        key = client.bytes("key")
        lab.equal("on one key", key, server.bytes("key"))
        exported, flags = responses(lab, messages, key)
        lab.check("extended session security was agreed", flags & EXTENDED)
        seals(lab, client, server, exported, flags)
        _, _, _, status = trace(lab, "wrong")
        lab.equal("a wrong password is refused", 0x8009030C, status)
        server, status, exported, flags = their_client(lab, PASSWORD)
        lab.equal("impacket's client is accepted", 0, status)
        lab.equal("with the same key", exported, server.bytes("key"))
        open_sealed(lab, exported, flags, server)
        _, status, _, _ = their_client(lab, "wrong")
        lab.equal("impacket's client with a wrong password is refused", 0x8009030C, status)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
