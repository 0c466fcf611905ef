#!/usr/bin/env python3
"""Writes the inputs that the harnesses of tests/fuzz/vmm start from.

	seeds.py DIR	DIR/HARNESS/NAME

Each is a good one of its kind, so that the fuzzer begins behind the first checks.
"""
import os
import struct
import sys
import zlib

OUT = sys.argv[1]


def seed(harness, name, data):
    os.makedirs(os.path.join(OUT, harness), exist_ok=True)
    with open(os.path.join(OUT, harness, name), "wb") as f:
        f.write(data)


# ---- devices: lib/driver.c ----

START, REGISTER, POKE, DESCRIBE, PUBLISH, REQUEST, BUFFER, FAULT, LOAD, FORGET, EVENT = 0, 1, 3, 4, 6, 8, 10, 12, 13, 14, 15


def buffer(queue, how, length, data=b""):
    return bytes([BUFFER, queue, how | 2]) + struct.pack("<H", length) + data[:32].ljust(0 if how & 1 else min(length, 32), b"\0")


def request(kind, sector, sectors, writes, how=0):
    header = struct.pack("<IIQ", kind, 0, sector)
    return bytes([REQUEST, 0, 2 | how | (4 if writes else 0)]) + header + bytes([sectors])


def discard(kind, sector, count, flags):
    """The segment is the data part: 16 bytes at 0x1010, behind the header (how 1 and 8)."""
    header = struct.pack("<IIQ", kind, 0, 0)
    segment = struct.pack("<QII", sector, count, flags)
    return bytes([REQUEST, 0, 1 | 8]) + header + segment + struct.pack("<HH", 16, 0x1010)


def fault(countdown, length, unit, error):
    return bytes([FAULT, countdown, length, unit, error])


def rng():
    body = b"".join(buffer(0, 1, n) for n in (1, 64, 5000)) + fault(1, 3, 0, 0) + buffer(0, 1, 64) + bytes([LOAD, 0])
    for deterministic in (0, 1):
        seed("rng", "fill-%d" % deterministic, bytes([deterministic, 1]) + b"\0" * 4 + body)


def blk():
    ops = {
        "read": request(0, 1, 2, True), "write": request(1, 3, 2, False), "flush": request(4, 0, 0, False),
        "id": request(8, 0, 1, True), "beyond": request(0, 60, 9, True), "indirect": request(0, 1, 2, True, 16),
        "unknown": request(77, 0, 1, False), "discard": discard(11, 8, 8, 0), "zeroes": discard(13, 3, 9, 0),
        "unmap": discard(13, 3, 9, 1), "torn": fault(1, 200, 0, 0) + request(0, 0, 4, True),
        "error": fault(1, 0, 0, 2) + request(1, 0, 4, False), "load": request(1, 9, 3, False) + bytes([LOAD, 0]) + request(0, 8, 8, True),
        "forget": request(1, 9, 3, False) + bytes([FORGET]) + request(0, 8, 8, True),
        "shrunk": bytes([EVENT | 0x10]) + struct.pack("<H", 600) + request(0, 0, 8, True),
    }
    for name, op in ops.items():
        for kind in (0, 1, 2) if name in ("write", "discard", "zeroes", "load") else (1,):
            seed("blk", "%s-%d" % (name, kind), bytes([kind, 1]) + b"\0" * 4 + op + request(0, 0, 1, True))


def console():
    control_ready = buffer(2, 1, 64) + buffer(3, 0, 8, struct.pack("<IHH", 0, 0, 1))
    port_ready = buffer(3, 0, 8, struct.pack("<IHH", 3, 3, 1))
    out, err, into = buffer(7, 0, 600, b"hello"), buffer(9, 0, 20, b"oops"), buffer(4, 1, 16)
    give = bytes([EVENT | 0x10, 5]) + b"input"
    poll, close = bytes([EVENT | 0x30]), bytes([EVENT | 0x20, 1])
    for kinds in (0, 0x15, 0x2a, 0x3f, 0x55, 0x95):
        head = bytes([kinds, 1]) + b"\0" * 4
        seed("console", "out-%x" % kinds, head + control_ready + port_ready + out + err + poll)
        seed("console", "in-%x" % kinds, head + into + give + poll + into + give)
    head = bytes([0x15, 1]) + b"\0" * 4
    seed("console", "full", head + buffer(7, 0, 5000) + poll + bytes([EVENT]) + poll + bytes([LOAD, 0]))
    seed("console", "closed", head + close + out + buffer(2, 1, 64) + out)
    seed("console", "short", head + fault(1, 3, 3, 0) + out + buffer(2, 1, 64))
    seed("console", "error", head + fault(1, 0, 3, 3) + out + buffer(2, 1, 64))


# ---- snapshot ----

VCPU_STATE = 2144


def snapshot():
    state = bytes([0x81]) + b"\0" * 511 + b"\x11" * VCPU_STATE
    devices = struct.pack("<IIQQ", 3, 0, 40, 8) + b"d" * 48 + struct.pack("<IIQQ", 4, 0, 13, 0) + b"e" * 16
    head = b"MOTESNAP" + struct.pack("<II", 1, 0) + struct.pack("<QQQQQ", 0, 0, 0, 0, 0) + struct.pack("<II", 0, 0)
    head += struct.pack("<IIIIIIII", 62, VCPU_STATE, 0, 0, 2, 0, 0, 0) + b"\0" * 32
    head += struct.pack("<QQQQQQQQQQ", 1, 0, 0, 0x3000, 0, 0, 0, 0, 0, 0)
    head = head.ljust(208, b"\0")
    path_and_program = b"/kernel\0" + b"\0" + b"program\0" + b"\0"
    whole = head + path_and_program + state + devices
    seed("snapshot", "good", bytes([0x3f]) + whole)
    seed("snapshot", "no-head-crc", bytes([0x3e]) + whole)
    seed("snapshot", "no-state-crc", bytes([0x3d]) + whole)
    seed("snapshot", "truncated", bytes([0x3b]) + whole)
    seed("snapshot", "no-devices", bytes([0x3f]) + head[:116] + struct.pack("<I", 0) + head[120:] + path_and_program + state)


# ---- ELF files ----

def ehdr(kind, entry, phnum, shnum=0, shoff=0, machine=62):
    ident = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    return ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, 64, shoff, 0, 64, 56, phnum, 64, shnum, 0)


def phdr(kind, offset, vaddr, paddr, filesz, memsz, flags=5):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, paddr, filesz, memsz, 4096)


def shdr(kind, offset, size, link=0, entsize=0):
    return struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, offset, size, link, 0, 8, entsize)


def loader():
    base, phys = 0xffffffff80000000, 0x100000
    names = b"\0start\0debug_layout\0"
    symbols = b"\0" * 24 + struct.pack("<IBBHQQ", 1, 2, 0, 1, base + phys, 16) + struct.pack("<IBBHQQ", 7, 1, 0, 1, base + phys + 16, 0)
    code = b"\x90" * 32
    at = 64 + 2 * 56
    body = code + names.ljust(24, b"\0") + symbols
    sections = shdr(0, 0, 0) + shdr(2, at + 56, len(symbols), 2, 24) + shdr(3, at + 32, len(names))
    segments = phdr(1, at, base + phys, phys, 32, 64) + phdr(1, at, base + phys + 4096, phys + 4096, 8, 8, 6)
    head = ehdr(2, base + phys, 2, 3, at + len(body))
    for size in (0, 3):
        seed("loader", "kernel-%d" % size, bytes([size]) + head + segments + body + sections)


def dynamic(entries):
    return b"".join(struct.pack("<qQ", tag, value) for tag, value in entries + [(0, 0)])


def program(needed=("libc.so.6", "libm.so.6"), runpath="$ORIGIN/../lib:/${LIB}/x", interpreter=b"/lib64/ld-linux-x86-64.so.2\0", rpath_tag=29):
    strings, offsets = b"\0", []
    for text in needed + (runpath,):
        offsets.append(len(strings))
        strings += text.encode() + b"\0"
    at = 64 + 3 * 56
    interp_at, dyn_at = at, (at + len(interpreter) + 7) & ~7
    entries = [(1, o) for o in offsets[:-1]] + [(rpath_tag, offsets[-1]), (0x6ffffffb, 0x801)]
    strings_at = dyn_at + 16 * (len(entries) + 3)
    entries += [(5, 0x400000 + strings_at), (10, len(strings))]
    dyn = dynamic(entries)
    size = strings_at + len(strings)
    head = ehdr(3, 0x400000, 3) + phdr(3, interp_at, 0, 0, len(interpreter), len(interpreter))
    head += phdr(1, 0, 0x400000, 0, size, size) + phdr(2, dyn_at, 0, 0, len(dyn), len(dyn))
    return head + interpreter.ljust(dyn_at - interp_at, b"\0") + dyn + strings


def elfdeps():
    seed("elfdeps", "runpath", program())
    seed("elfdeps", "rpath", program(rpath_tag=15))
    seed("elfdeps", "static", ehdr(2, 0x400000, 1) + phdr(1, 0, 0x400000, 0, 120, 120))


def ldcache():
    strings = b"libc.so.6\0/lib/libc.so.6\0libm.so.6\0/usr/libm.so.6\0"
    base = 48 + 2 * 24
    entries = struct.pack("<iIIIQ", 0x303, base, base + 10, 0, 0) + struct.pack("<iIIIQ", 0x303, base + 25, base + 35, 0, 0)
    new = b"glibc-ld.so.cache1.1" + struct.pack("<IIB3xI12x", 2, len(strings), 2, 0) + entries + strings
    seed("ldcache", "new", b"\xff" + new)
    seed("ldcache", "some", b"\x04" + new)
    seed("ldcache", "both", b"\xff" + b"ld.so-1.7.0\0" + struct.pack("<I", 1) + b"\0" * 12 + b"\0" * 4 + new)


# ---- gdb ----

def packet(text):
    text = text.encode("latin-1")
    return b"$" + text + b"#%02x" % (sum(text) & 255)


def gdb_packet():
    for i, text in enumerate(["qSupported:multiprocess+", "vCont;c:1;s:2;C05", "Z0,ffffffff80100000,1", "m401000,40", "X10,2:}\x03b",
                              "Hg-1", "P10=0011223344556677"]):
        seed("gdb_packet", "packet-%d" % i, b"+" + packet(text) + b"\x03-")
    seed("gdb_packet", "vcont", b"c:1;s:2;C05:-1;S0b")
    seed("gdb_packet", "long", packet("m" + "0" * 16390))


# ---- archives and programs ----

def cpio_entry(name, mode, data=b"", ino=0, nlink=1, magic="070701", check=0):
    fields = [ino, mode, 1, 2, nlink, 99, len(data), 3, 1, 5, 1, len(name) + 1, check]
    head = (magic + "".join("%08x" % f for f in fields) + name + "\0").encode()
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def cpio():
    body = cpio_entry(".", 0o40755) + cpio_entry("bin", 0o40755) + cpio_entry("bin/tool", 0o100755, b"tool!", 7, 2)
    body += cpio_entry("bin/link", 0o120777, b"tool") + cpio_entry("dev/console", 0o20600) + cpio_entry("bin/same", 0o100755, b"", 7, 2)
    body += cpio_entry("etc/sum", 0o100644, b"abc", magic="070702", check=ord("a") + ord("b") + ord("c")) + cpio_entry("TRAILER!!!", 0)
    zipper = zlib.compressobj(6, zlib.DEFLATED, 9 + 16)
    packed = zipper.compress(body) + zipper.flush()
    seed("cpio", "plain", b"\x00" + body)
    seed("cpio", "packed", b"\x02" + body)
    seed("cpio", "gzip", b"\x00" + packed)
    seed("cpio", "twice", b"\x06" + body)
    seed("cpio", "skeleton", b"\x10" + body)
    entries = bytes([0x49, 2, 0, 0, 0]) + bytes([0x48, 2, 0, 3, 1, 5]) + b"hello" + bytes([0x52, 3, 0, 3, 1, 0, 2, 0, 1]) + bytes([0x68, 0, 0, 1, 9])
    for how in (1, 3, 9, 0x13):
        seed("cpio", "entries-%x" % how, bytes([how]) + entries)


def program_files(name, file, library=b"", cache=b"", how=1):
    def padded(data):
        return data + b"\0" * (-len(data) % 8)
    file, library = padded(file), padded(library)
    seed("program", name, bytes([how, len(file) // 8, len(library) // 8]) + file + library + cache)


def program_tree():
    library = program(needed=("libb.so",), runpath="/fz/l", interpreter=b"/x\0")
    cache_strings = b"liba.so\0/fz/l/liba.so\0"
    base = 48 + 24
    cache = b"glibc-ld.so.cache1.1" + struct.pack("<IIB3xI12x", 1, len(cache_strings), 2, 0)
    cache += struct.pack("<iIIIQ", 0x303, base, base + 8, 0, 0) + cache_strings
    for tag, name in ((29, "runpath"), (15, "rpath")):
        main = program(needed=("liba.so", "libc.so.6"), runpath="$ORIGIN/l:/lib", interpreter=b"/fz/i\0", rpath_tag=tag)
        program_files(name, main, library, cache)
    program_files("musl", program(needed=("liba.so",), runpath="l", interpreter=b"/lib/ld-musl-x\0"), library, cache, 3)
    program_files("cache", program(needed=("liba.so",), runpath="/none", interpreter=b"/fz/i\0"), library, cache, 0)
    program_files("script", b"#! /fz/l/liba.so arg\n", library, cache)
    program_files("env", b"#!/fz/l/../l/liba.so\n", b"#!/fz/p env\n", cache)
    program_files("static", ehdr(2, 0x400000, 1) + phdr(1, 0, 0x400000, 0, 120, 120))


# ---- guests: lib/guest_memory.c ----

def poke(offset, data):
    return bytes([1]) + struct.pack("<HB", offset, len(data)) + data


def argument(value):
    return bytes([5]) + struct.pack("<Q", value & (1 << 64) - 1)


USER = 0x400000


def trace():
    memory = bytes([0]) + poke(0x100, b"/etc/passwd\0") + bytes([0]) + poke(0x200, struct.pack("<QQ", USER + 0x100, 0))
    memory += bytes([0]) + poke(0x300, struct.pack("<QQQQ", USER + 0x100, 5, USER + 0x200, 9))
    calls = {"open": (257, [-100, USER + 0x100, 0x41, 0o644]), "execve": (59, [USER + 0x100, USER + 0x200, USER + 0x200]),
             "writev": (20, [1, USER + 0x300, 2]), "poll": (7, [USER + 0x300, 2, 10]), "stat": (4, [USER + 0x100, USER + 0x300]),
             "rt_sigaction": (13, [11, USER + 0x300, USER + 0x380, 8]), "futex": (202, [USER, 128, 1, USER + 0x300]),
             "clone": (56, [0x1200011, 0, 0, 0]), "ioctl": (16, [0, 0x5401, USER]), "wait4": (61, [-1, USER + 0x300, 0, USER + 0x300]),
             "select": (23, [5, USER + 0x300, 0, 0, USER + 0x300]), "mmap": (9, [0, 4096, 3, 0x22, -1, 0])}

    def record(kind, nr, args, ret):
        args = (args + [0] * 6)[:6]
        values = b"".join(bytes([3]) + struct.pack("<Q", a & (1 << 64) - 1) for a in args + [ret])
        return bytes([2, kind | 0x08]) + struct.pack("<H", nr) + values

    for name, (nr, args) in calls.items():
        again = bytes([1])
        seed("trace", name, b"\0" + memory + record(1, nr, args, 0) + again + record(3, 11, [1, 0x1234], 0) + record(4, 9, [], 0))


def hypercall():
    def call(nr, *args):
        return bytes([5, nr]) + b"".join(argument(a) for a in (args + (0, 0, 0, 0))[:4])

    memory = bytes([0]) + poke(0x100, b"text of the kernel")
    panic = struct.pack("<QQQQ", 0x10100, 10, 1, 3) + struct.pack("<QQQ", 0xffffffff80100000, 5, 6)
    calls = {"console": call(1, 0x10100, 9), "copy": call(3, 0x10400, 0x10100, 8), "clear": call(4, 0x10100, 64),
             "from-user": call(5, 0x1000, USER, 0x12000, 0x2000), "to-user": call(6, 0x1000, USER, 0x12000, 0xf000),
             "clear-user": call(11, 0x1000, USER + 5, 5000), "time": call(7, 0x10100), "trace": call(9, 0x10100),
             "unknown": call(10, 77) + call(10, 77), "event": call(16, 0x10100, 9), "input": call(17) + call(17, 0x10100, 9, 3),
             "fault": call(18, 0, 1, 5, 0), "panic": bytes([0]) + poke(0x1000, panic) + call(2, 0x11000),
             "order": bytes([4, 5]) + b"/prog" + call(14, 0x10100, 500), "order-file": bytes([4, 0x85]) + b"/prog" + call(21, 0x10100, 500, 10),
             "coverage": bytes([0]) + poke(0, b"\0" * 96 + struct.pack("<QQQ", 0x10200, 64, 0x10400)) + call(19, 1)
             + bytes([0]) + poke(0x200, bytes(range(64))) + bytes([3, 0, 0, 9]) + call(19, 0) + bytes([3, 0, 0, 90]),
             "log": bytes([0]) + poke(0, b"\0" * 40 + struct.pack("<QQQ", 0x10200, 64, 0x10300)) + bytes([0]) + poke(0x300, b"\x90") + bytes([3, 0, 200])}
    for name, text in calls.items():
        for how in (0, 0x1f):
            seed("hypercall", "%s-%x" % (name, how), bytes([how]) + memory + text)


def gdb_command():
    def send(text):
        return bytes([6, len(text)]) + text.encode("latin-1")

    packets = ["?", "g", "G" + "00" * 20, "p10", "P10=0011223344556677", "mffff888000008000,40", "Mffff888000008000,2:0102", "Hg1", "Hc-1", "T1",
               "qSupported", "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo,1", "qAttached", "qC", "qXfer:features:read:target.xml:0,ffb",
               "QStartNoAckMode", "vCont?", "vCont;c", "vCont;s:1;c", "c", "s", "C05", "S05;401000", "D", "k", "vKill;1", "Z0,401000,1", "z0,401000,1",
               "Z2,401000,4", "Z1,401000,1"]
    for i, text in enumerate(packets):
        seed("gdb_command", "packet-%d" % i, bytes([0x1f]) + send(text) + send("?"))
    for which in range(10):
        seed("gdb_command", "monitor-%d" % which, bytes([1, 2, which]) + bytes([3, 3, 0x10, 0]) + bytes([4, 3, 16, 0, 0]))


# ---- the guest kernel ----

def kernel():
    seed("kernel_elf", "program", program())
    seed("kernel_elf", "stack", ehdr(2, 0x400000, 2) + phdr(1, 0, 0x400000, 0, 176, 5000) + phdr(0x6474e551, 0, 0, 0, 0, 0, 7))
    seed("kernel_elf", "script", b"#! /bin/sh \t-e x\n")
    typed = bytes([5, 6]) + b"line\r\n" + bytes([2, 9, 0])
    seed("kernel_ldisc", "line", typed + bytes([1, 9, 5]) + b"a\tb\nc")
    for i, c in enumerate(b"\x7f\x15\x17\x12\x16\x04\x03\x1c\x1a\x13\x11"):
        seed("kernel_ldisc", "key-%d" % i, bytes([5, 6]) + b"ab c" + bytes([c, 100]) + typed)
    for i in range(16):
        seed("kernel_ldisc", "flag-%d" % i, bytes([0, 1]) + struct.pack("<HBH", 1 << i, i, 1 << i) + b"\0\0" + typed)
    seed("kernel_ldisc", "full", bytes([5, 0x80]) + b"x" + typed + bytes([5, 0x80]) + b"\n" + typed)
    seed("device_tree", "plain", bytes(80))
    seed("device_tree", "devices", bytes([7]) * 71 + bytes([5]) + bytes([9]) * 32)
    args = bytes([0x8e, 0]) + b"".join(bytes([1 + 3 * i, 2]) + struct.pack("<H", 0x1000 + 8 * i) for i in range(5))
    args += bytes([16, 0]) + b"".join(bytes([0]) + struct.pack("<HB", 0x1007 + 8 * i, 0) for i in range(5))
    seed("kernel_args", "five", args)
    seed("kernel_args", "fail", args[:1] + b"\x82" + args[2:])


for make in (kernel, cpio, program_tree, trace, hypercall, gdb_command, rng, blk, console, snapshot, loader, elfdeps, ldcache, gdb_packet):
    make()
