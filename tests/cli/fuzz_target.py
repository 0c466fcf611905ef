"""AFL++'s side of the fork server, against `mote fuzz target`.

    fuzz_target.py MOTE DIR

Prints "ok NAME" and "FAIL NAME: why". DIR is for files.
"""
import ctypes
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import time

MOTE, DIR = sys.argv[1], sys.argv[2]
PLANTED = os.path.join(os.path.dirname(MOTE), "fuzz", "kernel-planted")
CONTROL, STATUS = 198, 199
ENABLED, MAPSIZE, SHARED = 0x80000001, 0x40000000, 0x01000000

# tests/fuzz/FORMAT.md has the bytes.
EMPTY = b""
GETPID = b"\0" + struct.pack("<H", 39)
# 64 times getrandom(arena, 256 KiB, 0): longer than the watch's look
LONG = b"\0" + (struct.pack("<H", 318) + b"\x05" + b"\xa0" + struct.pack("<I", 0x40000) + b"\0") * 64
# memfd_create, ftruncate(16 KiB), dup, lseek(SEEK_HOLE): what the planted bug takes
PLANT = bytes.fromhex("003f010300004d0001c80e2000090800110020")

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]


def verdict(name, good, why=""):
    print("ok fuzz-target-" + name if good else "FAIL fuzz-target-%s: %s" % (name, why), flush=True)


class Segment:
    """System V shared memory, as afl-fuzz has it."""

    def __init__(self, size):
        self.size = size
        self.id = libc.shmget(0, size, 0o1600)
        self.at = libc.shmat(self.id, None, 0)

    def write(self, data, offset=0):
        ctypes.memmove(self.at + offset, data, len(data))

    def read(self, size):
        return ctypes.string_at(self.at, size)

    def clear(self):
        ctypes.memset(self.at, 0, self.size)

    def close(self):
        libc.shmctl(self.id, 0, None)


class Target:
    """A started target, its hands shaken."""

    def __init__(self, *arguments, shared=True, map_bytes=1 << 23):
        self.map, self.case = Segment(map_bytes), Segment(1 << 20)
        self.file = open(os.path.join(DIR, "case"), "w+b")
        env = dict(os.environ, __AFL_SHM_ID=str(self.map.id))
        if shared:
            env["__AFL_SHM_FUZZ_ID"] = str(self.case.id)
        self.shared = shared
        to, self.control = os.pipe()
        self.status, back = os.pipe()

        def place():
            os.dup2(to, CONTROL)
            os.dup2(back, STATUS)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        self.process = subprocess.Popen([MOTE, "fuzz", "target", *arguments], env=env, stdin=self.file, stderr=subprocess.PIPE,
                                        preexec_fn=place, close_fds=False)
        os.close(to)
        os.close(back)
        self.hello = self.word(60)
        self.size = ((self.hello & 0x00FFFFFE) >> 1) + 1
        if shared:
            self.send(ENABLED | SHARED)
        self.timed_out = 0

    def word(self, seconds=20.0):
        if not select.select([self.status], [], [], seconds)[0]:
            raise TimeoutError("the target does not answer")
        data = os.read(self.status, 4)
        if len(data) != 4:
            raise EOFError("the target has gone: " + self.process.stderr.read().decode())
        return struct.unpack("<I", data)[0]

    def send(self, word):
        os.write(self.control, struct.pack("<I", word))

    def begin(self, case):
        self.map.clear()
        if self.shared:
            self.case.write(struct.pack("<I", len(case)) + case)
        else:
            self.file.seek(0)
            self.file.truncate()
            self.file.write(case)
            self.file.flush()
        self.send(self.timed_out)
        self.timed_out = 0

    def run(self, case):
        self.begin(case)
        return self.word(), self.word()

    def coverage(self):
        return sum(1 for b in self.map.read(self.size) if b)

    def end(self):
        os.close(self.control)
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "none after 10 s"
        os.close(self.status)
        self.map.close()
        self.case.close()
        return status


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pid):
    until = time.time() + 10
    while alive(pid) and time.time() < until:
        time.sleep(0.05)
    return not alive(pid)


def test_many():
    t = Target()
    verdict("handshake", t.hello & (ENABLED | MAPSIZE | SHARED) == ENABLED | MAPSIZE | SHARED and 4096 < t.size < 1 << 20, hex(t.hello))
    answers = [t.run(GETPID if i % 2 else EMPTY) for i in range(1000)]
    verdict("thousand-cases", all(s == 0 for _, s in answers), "statuses %s" % {s for _, s in answers})
    verdict("no-fork", len({p for p, _ in answers}) == 1, "pids %s" % {p for p, _ in answers})
    t.run(EMPTY)
    few = t.coverage()
    t.run(GETPID)
    verdict("coverage", 0 < few < t.coverage(), "%d and %d edges" % (few, t.coverage()))
    helper = answers[0][0]
    with open("/proc/%d/status" % helper) as f:
        parent = [line.split()[1] for line in f if line.startswith("PPid")]
    verdict("helper-is-its-child", parent == [str(t.process.pid)], parent)
    verdict("helper-holds-nothing", not os.listdir("/proc/%d/fd" % helper), os.listdir("/proc/%d/fd" % helper))
    status = t.end()
    verdict("end-of-file", status == 0, status)
    verdict("nothing-left", gone(helper), "process %d" % helper)


def test_kill():
    t = Target()
    t.begin(LONG)
    pid = t.word()
    early = not select.select([t.status], [], [], 0)[0]
    os.kill(pid, signal.SIGKILL)
    status = t.word()
    verdict("pid-comes-early", early, "with the status")
    verdict("killed", status == signal.SIGKILL, status)
    t.timed_out = 1
    next_pid, status = t.run(GETPID)
    verdict("goes-on", status == 0 and next_pid != pid and t.coverage() > 0, (status, next_pid, pid))
    # the helper dies although the case was in time: the next one is not to suffer
    os.kill(next_pid, signal.SIGKILL)
    t.timed_out = 1
    answers = [t.run(GETPID) for _ in range(20)]
    verdict("late-kill", all(s == 0 for _, s in answers), answers)
    t.end()


def read_findings(path):
    with open(path, "rb") as f:
        head = struct.unpack("<8sIIQQQQII", f.read(56))
        first = struct.unpack("<256sIIQQQQ", f.read(296))
    return head[4], head[7], first[0].split(b"\0")[0].decode(), first[3]


def test_crash():
    if not os.path.exists(PLANTED):
        verdict("crash", False, "no %s: make FUZZ_PLANT=1" % PLANTED)
        return
    path = os.path.join(DIR, "findings")
    t = Target("--kernel", PLANTED, "--findings", path)
    t.run(GETPID)
    before = t.coverage()
    first, second = t.run(PLANT)[1], t.run(PLANT)[1]
    verdict("crash", first == second == signal.SIGABRT, (first, second))
    t.run(GETPID)
    verdict("after-crash", t.coverage() == before > 0, "%d edges, %d before" % (t.coverage(), before))
    t.process.kill()
    t.end()
    cases, count, signature, met = read_findings(path)
    verdict("findings", (cases, count, met) == (4, 1, 2) and "planted_shared < cached_file_seek < sys_lseek" in signature,
            (cases, count, met, signature))


def test_hang():
    path = os.path.join(DIR, "hangs")
    t = Target("--time-limit", "20", "--findings", path)
    answers = []
    for _ in range(5):
        t.run(EMPTY)
        few = t.coverage()
        answers.append(t.run(LONG)[1])
        answers.append(t.run(GETPID)[1])
        verdict("after-hang", t.coverage() > few > 0, (t.coverage(), few))
    verdict("hang", answers == [signal.SIGALRM, 0] * 5, answers)
    t.end()
    _, count, signature, met = read_findings(path)
    verdict("hang-signature", (count, signature, met) == (1, "hang in sys_getrandom", 5), (count, signature, met))


def test_ends():
    for name, sig in (("terminated", signal.SIGTERM), ("interrupted", signal.SIGINT), ("killed-itself", signal.SIGKILL)):
        t = Target()
        t.begin(LONG)
        helper = t.word()
        t.process.send_signal(sig)
        t.process.wait(10)
        verdict(name, gone(helper), "helper %d is left" % helper)
        t.end()


def test_files():
    t = Target(shared=False)
    few, statuses = None, []
    for case in (EMPTY, GETPID, EMPTY):
        statuses.append(t.run(case)[1])
        few = few or t.coverage()
        if case:
            verdict("case-from-stdin", t.coverage() > few and not t.hello & SHARED, (t.coverage(), few))
    verdict("stdin-statuses", statuses == [0, 0, 0], statuses)
    t.end()


def test_small_map():
    t = Target(map_bytes=4096)
    t.begin(EMPTY)
    try:
        t.word()
        verdict("small-map", False, "it ran")
    except EOFError as e:
        verdict("small-map", "AFL_MAP_SIZE=%d" % t.size in str(e), e)
    t.end()


for test in (test_many, test_kill, test_crash, test_hang, test_ends, test_files, test_small_map):
    try:
        test()
    except Exception as e:  # one that fails must not hide the others
        verdict(test.__name__, False, repr(e))
