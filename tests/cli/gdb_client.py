"""A debugger that misbehaves, for tests/cli/gdb.sh: gdb -nx -batch -ex 'python what = "..."' -x gdb_client.py (gdb is the Python that
is there wherever gdb is)."""

import gdb
import os
import socket
import time

where = os.environ["GDB_SOCKET"]


def packet(text):
    data = text.encode() if isinstance(text, str) else text
    return b"$" + data + b"#%02x" % (sum(data) & 255)


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(where)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next packet's text; None: the connection was closed."""
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start)
            if start >= 0 and 0 <= end <= len(self.buffer) - 3:
                text = self.buffer[start + 1:end]
                self.buffer = self.buffer[end + 3:]
                return text.decode()
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data

    def ask(self, text):
        self.send(packet(text))
        return self.receive()


def check(name, ok, got=""):
    print("ok %s" % name if ok else "FAIL %s: %s" % (name, got))


def noise():
    """Garbage, damage, too much: answered or left out, and the next packet is served."""
    c = Client()
    c.send(b"GET / HTTP/1.0\r\n\r\n" + bytes(b for b in range(128, 256)))
    check("garbage", (c.ask("?") or "").startswith("T05"))
    c.send(b"$?#00")
    time.sleep(0.1)
    check("bad-checksum-nak", b"-" in c.socket.recv(64))
    check("bad-checksum", (c.ask("?") or "").startswith("T05"))
    got = c.ask("m0," + "1" * 40000)
    check("too-long", got.startswith("E"), got)
    check("after-too-long", (c.ask("?") or "").startswith("T05"))
    c.send(b"$m0,4$$$?#3f")
    check("cut-off", (c.receive() or "").startswith("T05"))


def nonsense():
    """Well-formed packets that mean nothing."""
    c = Client()
    bad = ["m", "m,", "mffffffffffffffff,10", "mx,1", "m0,", "M0,1:", "M0,2:00", "X0,5:abc", "Z0", "Z0,,", "Z9,1,1",
           "Z0,8000000000000000,1", "Zz", "p", "pffff", "P0=00", "Pff=00", "G00", "Hx1", "Hg9", "T9", "vCont;", "vCont;c:9",
           "vCont;s:1;;", "qRcmd,zz", "qXfer:features:read:target.xml:ffffff,1", "qXfer:features:read:other.xml:0,10"]
    for text in bad:
        got = c.ask(text)
        check("refused %s" % text, got.startswith("E"), got)
    for text in ("", "!", "vMustReplyEmpty", "qOffsets", "QNonStop:1", "vRun;aa", "R00", "qXfer:memory-map:read::0,10", "Z3,1000,1"):
        got = c.ask(text)
        check("unsupported %s" % text, got == "", got)
    check("still-there", len(c.ask("g")) > 1000)
    check("huge-read", len(c.ask("mffffffff80100000,ffffffff")) == 16384)
    for i in range(300):
        got = c.ask("Z0,ffffffff%x,1" % (0x80103000 + i))
    check("many-breakpoints", got.startswith("E"), got)
    check("removed", c.ask("z0,ffffffff80103000,1") == "OK" and c.ask("z0,ffffffff80103000,1") == "OK")
    check("repeated", c.send(b"-") or c.receive() == "OK")
    for i in range(200):
        c.send(packet("m%x,40" % (0xffffffff80100000 + i)))
    check("without-waiting", all(len(c.receive() or "") == 128 for _ in range(200)))


def second():
    one = Client()
    check("first", (one.ask("?") or "").startswith("T05"))
    two = Client()
    got = two.receive()
    check("second-refused", got is not None and got.startswith("E.another gdb"), got)
    check("second-closed", two.receive() is None)
    check("first-stays", (one.ask("?") or "").startswith("T05"))
    check("running", one.send(packet("vCont;c")) or one.ask("g") == "E.the machine runs")
    three = Client()
    check("third-refused", (three.receive() or "").startswith("E.another gdb"))


def vanish():
    """Leave without a word, the machine having run and a breakpoint being in it."""
    c = Client()
    address = int(gdb.parse_and_eval("(unsigned long)&plain"))
    check("inserted", c.ask("Z0,%x,1" % address) == "OK")
    c.send(packet("vCont;c"))
    check("hit", (c.receive() or "").startswith("T05"))


globals()[what]()
