"""
The guest kernel's structures in gdb:  (gdb) source guest/gdb.py

    mote tasks                  every task
    mote files [TID]            what a task has open (default: the one on the current CPU)
    mote page ADDRESS           the page descriptor of a kernel or physical address
    mote backtrace TID          where a task that is not running sleeps, into its program
    mote list LIST TYPE MEMBER  the entries of a list: mote list task_list 'struct task' all_link
    mote reset                  monitor reset, and gdb looks again
    $task(TID)  $current()      pointers to struct task

Lists print their length, paths their name. Everything is read through debug information: build the kernel with -g.
"""

import gdb
import gdb.printing

DIRECT_MAP = 0xFFFF888000000000
KERNEL = 0xFFFFFFFF80000000
PAGE = 4096
LIMIT = 100000  # entries of a list: more means that it is broken


def value(text):
    return gdb.parse_and_eval(text)


def pointer(type_name):
    return gdb.lookup_type(type_name).pointer()


def container(link, type_name, member):
    """The structure of that type whose member the pointer link points at."""
    target = gdb.lookup_type(type_name)
    offset = next(f.bitpos // 8 for f in target.fields() if f.name == member)
    return (link.cast(gdb.lookup_type("char").pointer()) - offset).cast(target.pointer())


def entries(head):
    """The links of a struct list, its head (a value, not a pointer) left out."""
    at, end = head["next"], int(head.address)
    for _ in range(LIMIT):
        if not int(at) or int(at) == end:
            return
        yield at
        at = at["next"]
    raise gdb.GdbError("the list has no end")


def tasks():
    for link in entries(value("task_list")):
        yield container(link, "struct task", "all_link")


def find_task(tid):
    for task in tasks():
        if int(task["pid"]["nr"]) == tid:
            return task
    raise gdb.GdbError("there is no task %d" % tid)


def current():
    """The task on the CPU of the current thread."""
    thread = gdb.selected_thread()
    if not thread:
        raise gdb.GdbError("no machine is there")
    cpu = thread.num - 1
    task = value("cpu_table[%d].current" % cpu)
    if not int(task):
        raise gdb.GdbError("no task runs on CPU %d yet" % cpu)
    return task


def state(task):
    names = {f.enumval: f.name for f in gdb.lookup_type("enum task_state").fields()}
    return names.get(int(task["state"]), "?").replace("TASK_", "").lower()


def name(task):
    return task["comm"].string(errors="replace")


def path(p):
    """The name of a struct path from the root of all mounts; nameless files as they are."""
    mount, dentry, parts = p["mount"], p["dentry"], []
    if int(mount) and not int(mount["super"]["type"]) and int(dentry["inode"]) and int(dentry["inode"]["mode"]) & 0o170000 == 0o010000:
        return "pipe:[%d]" % int(dentry["inode"]["ino"])
    for _ in range(256):
        if not int(mount) or not int(dentry):
            break
        if int(dentry) == int(mount["root"]):
            mount, dentry = mount["parent"], mount["point"] if int(mount["parent"]) else dentry
            continue
        parts.append(dentry["name"].string(errors="replace"))
        if int(dentry["parent"]) == int(dentry):
            return parts[-1] if len(parts) == 1 else "/" + "/".join(reversed(parts))
        dentry = dentry["parent"]
    return "/" + "/".join(reversed(parts))


def argument_task(text):
    return find_task(int(gdb.parse_and_eval(text))) if text else current()


class Mote(gdb.Command):
    """The guest kernel of mote: tasks, files, pages, lists."""

    def __init__(self):
        super().__init__("mote", gdb.COMMAND_DATA, prefix=True)


class Tasks(gdb.Command):
    """mote tasks: every task of the kernel."""

    def __init__(self):
        super().__init__("mote tasks", gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        print("%5s %5s %5s %-15s %3s %-18s %s" % ("PID", "TID", "PPID", "STATE", "CPU", "TASK", "NAME"))
        for task in tasks():
            process = task["process"]
            parent = process["parent"]
            cpu = int(task["stack"].cast(pointer("struct thread_info"))["cpu"])
            runs = int(value("cpu_table[%d].current" % cpu)) == int(task)
            print("%5d %5d %5d %-15s %3s %#018x %s" % (
                int(process["pid"]["nr"]), int(task["pid"]["nr"]), int(parent["pid"]["nr"]) if int(parent) else 0,
                state(task), cpu if runs else "-", int(task), name(task)))


class Files(gdb.Command):
    """mote files [TID]: the open descriptors of a task."""

    def __init__(self):
        super().__init__("mote files", gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        table = argument_task(text)["files"]
        if not int(table):
            raise gdb.GdbError("the task has no descriptors")
        print("%4s %-18s %-8s %10s %5s %s" % ("FD", "FILE", "FLAGS", "POS", "REFS", "NAME"))
        for fd in range(int(table["capacity"])):
            f = table["files"][fd]
            if int(f):
                print("%4d %#018x %#08o %10d %5d %s" % (
                    fd, int(f), int(f["flags"]), int(f["pos"]), int(f["refcount"]), path(f["path"])))


class Page(gdb.Command):
    """mote page ADDRESS: the page descriptor of an address of the kernel's, or of a physical one."""

    def __init__(self):
        super().__init__("mote page", gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        if not text:
            raise gdb.GdbError("mote page ADDRESS")
        address = int(gdb.parse_and_eval(text).cast(gdb.lookup_type("unsigned long")))
        if address >= KERNEL:
            physical = address - KERNEL
        elif address >= DIRECT_MAP:
            physical = address - DIRECT_MAP
        else:
            physical = address
        if physical >= int(value("boot_info->map_end")):
            raise gdb.GdbError("no memory is at physical address %#x" % physical)
        page = value("page_map") + physical // PAGE
        flags = int(page["flags"])
        names = [f.name for f in gdb.lookup_type("enum page_flag").fields() if flags & f.enumval]
        print("page %#x, descriptor %#x: references %d, %s" % (
            physical // PAGE, int(page), int(page["refcount"]), " ".join(names) or "no flags"))
        if "PAGE_CACHE" in names:
            print("  page %d of mapping %#x" % (int(page["index"]), int(page["mapping"])))
        if "PAGE_SLAB" in names:
            print("  slab of %s, %d objects in use" % (page["cache"]["name"].string(), int(page["inuse"])))


class Backtrace(gdb.Command):
    """mote backtrace TID: where a task that is not on a CPU gave way, and what called that."""

    # What switch_stacks left on the task's stack, from the saved stack pointer up.
    SAVED = ("r15", "r14", "r13", "r12", "rbp", "rbx", "rip")

    def __init__(self):
        super().__init__("mote backtrace", gdb.COMMAND_STACK)

    def invoke(self, text, from_tty):
        if not text:
            raise gdb.GdbError("mote backtrace TID")
        task = argument_task(text)
        if any(int(value("cpu_table[%d].current" % i)) == int(task) for i in range(int(value("cpu_count")))):
            raise gdb.GdbError("the task is running: see info threads")
        sp = int(task["arch"]["sp"])
        words = gdb.Value(sp).cast(gdb.lookup_type("unsigned long").pointer())
        registers = {r: int(words[i]) for i, r in enumerate(self.SAVED)}
        registers["rsp"] = sp + 8 * len(self.SAVED)
        if int(task["mm"]):
            registers["cr3"] = int(task["mm"]["pgtable"]["root"])
        self.show(registers)

    @staticmethod
    def show(registers):
        """Lend the current thread those registers for one backtrace."""
        gdb.newest_frame().select()
        mine = {r: int(value("(unsigned long)$%s" % r)) for r in registers}
        try:
            for r, v in registers.items():
                gdb.execute("set var $%s = %#x" % (r, v))
            gdb.execute("backtrace")
        finally:
            for r, v in mine.items():
                gdb.execute("set var $%s = %#x" % (r, v))


class List(gdb.Command):
    """mote list LIST TYPE MEMBER: print every entry of a struct list."""

    def __init__(self):
        super().__init__("mote list", gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        arguments = gdb.string_to_argv(text)
        if len(arguments) != 3:
            raise gdb.GdbError("mote list LIST TYPE MEMBER")
        head, type_name, member = arguments
        for i, link in enumerate(entries(value(head))):
            entry = container(link, type_name, member)
            print("[%d] (%s *) %#x = %s" % (i, type_name, int(entry), entry.dereference()))


class Reset(gdb.Command):
    """mote reset: put the machine back to "monitor snapshot" and have gdb look at it anew."""

    def __init__(self):
        super().__init__("mote reset", gdb.COMMAND_RUNNING)

    def invoke(self, text, from_tty):
        gdb.execute("monitor reset")
        gdb.execute("maintenance flush register-cache", to_string=True)
        gdb.execute("frame")


class TaskFunction(gdb.Function):
    """$task(TID): a pointer to that task."""

    def __init__(self):
        super().__init__("task")

    def invoke(self, tid):
        return find_task(int(tid))


class CurrentFunction(gdb.Function):
    """$current(): a pointer to the task on the CPU of the current thread."""

    def __init__(self):
        super().__init__("current")

    def invoke(self):
        return current()


class ListPrinter:
    def __init__(self, val):
        self.val = val

    def to_string(self):
        if not self.val.address or not int(self.val["next"]):
            return "list that is not made"
        count = sum(1 for _ in entries(self.val))
        return "empty list" if not count else "list of %d from %#x" % (count, int(self.val["next"]))


class PathPrinter:
    def __init__(self, val):
        self.val = val

    def to_string(self):
        return '"%s"' % path(self.val)


def make_printers():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("mote")
    printers.add_printer("list", "^list$", ListPrinter)
    printers.add_printer("path", "^path$", PathPrinter)
    return printers


for kind in (Mote, Tasks, Files, Page, Backtrace, List, Reset, TaskFunction, CurrentFunction):
    kind()
gdb.printing.register_pretty_printer(None, make_printers(), replace=True)
