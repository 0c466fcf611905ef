# mote on a terminal: an interactive shell in the guest, driven through a pseudoterminal of the host.
bb=$(command -v busybox)

python3 - "$MOTE" "$bb" <<'PY'
import fcntl, os, pty, select, signal, struct, sys, termios, time

mote, bb = sys.argv[1:]


class Terminal:
    """A child on a pseudoterminal of its own; everything it shows is kept in `seen`."""

    def __init__(self, *args):
        self.seen = b""
        self.child, self.fd = pty.fork()
        if self.child == 0:
            os.execv(args[0], args)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        self.seen = b""
        os.write(self.fd, text.encode())

    def wait(self, text, seconds=60):
        """Wait until text is shown: what was shown by then, or None."""
        end = time.monotonic() + seconds
        while text.encode() not in self.seen:
            if time.monotonic() > end or not self.more(end):
                return None
        return self.seen.decode(errors="replace")

    def more(self, end):
        if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def status(self):
        while self.more(time.monotonic() + 60):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def check(name, good, shown=None):
    print("ok " + name if good else "FAIL %s: %r" % (name, shown))


t = Terminal(mote, "run", "--timeout", "300", "--env", "PS1=READY ", "--", bb, "sh")
t.resize(31, 101)
check("prompt", t.wait("READY "), t.seen)
t.type("tty; stty size\n")
check("tty-and-size", t.wait("31 101") and b"/dev/console" in t.seen, t.seen)
t.type("echo typ\x7fed $((6*7))\n")
check("editing", t.wait("42"), t.seen)
t.wait("READY ")
t.type("%s sleep 1000\n" % bb)
t.wait("1000")
time.sleep(0.5)
t.type("\x03")
check("ctrl-c", t.wait("READY "), t.seen)
t.type("echo status $?\n")
check("ctrl-c-status", t.wait("status 130"), t.seen)
t.wait("READY ")
t.type("%s sleep 1001\n" % bb)
t.wait("1001")
time.sleep(0.5)
t.type("\x1a")
check("ctrl-z", t.wait("Stopped"), t.seen)
t.type("jobs; kill -9 %1; wait; echo killed\n")
check("jobs", t.wait("\nkilled"), t.seen)
t.type("%s sh -c 'echo RUN; exec cat'\n" % bb)
t.wait("RUN\r\n")
t.type("line\n")
check("echo-and-line", t.wait("line\r\nline\r\n"), t.seen)
t.type("\x04")
check("ctrl-d", t.wait("READY "), t.seen)
t.type("%s sh -c 'trap \"stty size; exit\" WINCH; echo SET; while :; do sleep 1; done'\n" % bb)
t.wait("SET\r\n")
t.resize(17, 71)
check("window-change", t.wait("17 71"), t.seen)
t.wait("READY ")
t.type("echo to-tty >/dev/tty; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo three\n")
check("dev-tty", t.wait("\nthree") and b"\nto-tty" in t.seen, t.seen)
t.type("exit 9\n")
s = t.status()
check("exit-status", s == 9, s)

# the terminal's modes are as before, whatever way mote ends
for name, end in (("exit", None), ("term", signal.SIGTERM), ("kill", signal.SIGKILL)):
    t = Terminal(bb, "sh", "-c", 'stty -a >/tmp/mote-tty-before.$$; "%s" run --timeout 100 -- "%s" sh -c "echo UP; read x"; '
                 'stty -a | cmp - /tmp/mote-tty-before.$$ && echo RESTORED; rm -f /tmp/mote-tty-before.$$' % (mote, bb))
    t.wait("UP\r\n")
    if end is None:
        t.type("x\n")
    else:
        children = os.popen("pgrep -P %d" % t.child).read().split()
        for pid in children:
            os.kill(int(pid), end)
    check("restored-after-" + name, t.wait("RESTORED"), t.seen)
    t.status()
PY
