/*
 * In place of the executor in the oracle's sandbox (executor --host CASE RESULTS ...): tries to get out in all ways that come to mind. What is tried is
 * named by the case's bytes; the results' text has a line "held NAME" or "ESCAPED NAME: how" for each.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "shared/abi/fuzz.h"

static struct fuzz_results *results;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(results->observed + results->observed_len, sizeof(results->observed) - results->observed_len, format, ap);

	va_end(ap);
	results->observed_len += (unsigned int)n;
}

static void held_if(const char *name, bool held, const char *how)
{
	if (held)
		say("held %s\n", name);
	else
		say("ESCAPED %s: %s\n", name, how);
}

/* value: a call that must have failed. */
static void refused(const char *name, long value)
{
	held_if(name, value < 0, "it worked");
}

static void try_files(void)
{
	static const char *const absent[] = {"/etc/passwd", "/usr", "/root", "/home", "/sys/kernel", "/dev/mem", "/dev/kmem", "/dev/kvm",
					     "/dev/vda", "/dev/sda", "/dev/port", "/dev/fuse", "/proc/1/root/etc/passwd", "/proc/1/cwd/etc"};
	static const char *const not_writable[] = {"/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches",
						   "/proc/sys/kernel/panic", "/proc/sys/kernel/printk", "/proc/kcore", "/proc/kmsg",
						   "/proc/sys/user/max_user_namespaces_", "/proc/acpi/wakeup", "/proc/bus/pci"};

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		refused(absent[i], open(absent[i], O_RDONLY));
	for (size_t i = 0; i < sizeof(not_writable) / sizeof(not_writable[0]); i++)
		refused(not_writable[i], open(not_writable[i], O_WRONLY));
}

static bool sees_host(void)
{
	return !access("etc/passwd", F_OK) || !access("usr/bin", F_OK) || !access("root", F_OK);
}

static void try_chroot(void)
{
	int root = open("/", O_RDONLY | O_DIRECTORY);

	mkdir("/tmp/jail", 0755);
	if (chroot("/tmp/jail"))
		say("ESCAPED chroot: cannot even chroot\n");
	for (int i = 0; i < 64; i++)
		if (chdir(".."))
			break;
	held_if("chroot-dotdot", !sees_host(), "the host's root");
	if (!fchdir(root))
		for (int i = 0; i < 64; i++)
			if (chdir(".."))
				break;
	held_if("chroot-fchdir", !sees_host(), "the host's root");
	chroot(".");
	umount2("/", MNT_DETACH);
	held_if("umount-root", !sees_host(), "the host's root");
	refused("pivot-root", syscall(SYS_pivot_root, ".", "."));
}

static void try_mounts(void)
{
	static const char *const types[] = {"devtmpfs", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "ext4", "fuse",
					    "efivarfs", "pstore", "configfs", "nfs", "fusectl"};
	char name[40];

	mkdir("/tmp/m", 0755);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(name, sizeof(name), "mount-%s", types[i]);
		refused(name, mount("/dev/vda", "/tmp/m", types[i], 0, ""));
	}
	refused("mknod-block", mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)));
	refused("mknod-mem", mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
}

static void try_calls(void)
{
	static const struct {
		const char *name;
		long nr;
		long a, b;
	} calls[] = {
		{"ptrace", SYS_ptrace, 16, 1},
		{"bpf", SYS_bpf, 0, 0},
		{"perf_event_open", SYS_perf_event_open, 0, 0},
		{"keyctl", SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING},
		{"add_key", SYS_add_key, 0, 0},
		{"io_uring_setup", SYS_io_uring_setup, 1, 0},
		{"userfaultfd", SYS_userfaultfd, 0, 0},
		{"kexec_load", SYS_kexec_load, 0, 0},
		{"init_module", SYS_init_module, 0, 0},
		{"swapon", SYS_swapon, 0, 0},
		{"reboot", SYS_reboot, 0xfee1dead, 672274793},
		{"settimeofday", SYS_settimeofday, 0, 0},
		{"clock_settime", SYS_clock_settime, 0, 0},
		{"syslog", SYS_syslog, 3, 0},
		{"sync", SYS_sync, 0, 0},
		{"quotactl", SYS_quotactl, 0, 0},
		{"socket", SYS_socket, 2, 1},
		{"setns", SYS_setns, 0, 0},
		{"seccomp", SYS_seccomp, 1, 0},
		{"iopl", SYS_iopl, 3, 0},
		{"open_by_handle_at", SYS_open_by_handle_at, 0, 0},
		{"fsopen", SYS_fsopen, 0, 0},
		{"unshare-user", SYS_unshare, CLONE_NEWUSER, 0},
		{"unshare-net", SYS_unshare, CLONE_NEWNET, 0},
		{"unshare-cgroup", SYS_unshare, CLONE_NEWCGROUP, 0},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		refused(calls[i].name, syscall(calls[i].nr, calls[i].a, calls[i].b, 0, 0, 0));
	refused("tiocsti", ioctl(0, TIOCSTI, "x"));
	held_if("tiocsti-refused", ioctl(0, (unsigned long)TIOCSTI | 1ul << 32, "x") < 0 && errno == 3999, "it came to the kernel");
	refused("tty", open("/dev/tty", O_RDWR));
}

/* Everybody else who can be signalled from here. */
static void try_signals(void)
{
	int reached = 0;

	kill(1, SIGKILL); /* process 1 of the namespace: no effect */
	for (int pid = 1; pid <= 70000; pid++)
		reached += pid != getpid() && pid != 1 && !kill(pid, SIGKILL);
	held_if("kill-each", !reached, "somebody");
	held_if("kill-all", kill(-1, SIGKILL) && errno == ESRCH, "somebody");
	held_if("parent", getppid() == 1 && getpid() == 2, "it is another");
}

static void try_descriptors(void)
{
	int others = 0, own;

	for (int fd = 3; fd < 5000; fd++) {
		own = fd == 600 || fd == 601;
		others += !own && fcntl(fd, F_GETFD) >= 0;
	}
	held_if("descriptors", !others, "more than its own are open");
	/* Areas cannot be made larger or smaller under their owner's feet. */
	refused("area-shrink", ftruncate(601, 0));
	refused("area-grow", ftruncate(601, 1 << 30));
}

static void try_ids(void)
{
	unsigned int inner = 1, outer = 0, count = 0;
	FILE *f = fopen("/proc/self/uid_map", "r");

	held_if("ids", f && fscanf(f, "%u %u %u", &inner, &outer, &count) == 3 && !inner && outer, "the host's root");
	char line[200];
	bool filtered = false;

	f = fopen("/proc/1/status", "r");
	while (f && fgets(line, sizeof(line), f))
		filtered |= !strcmp(line, "Seccomp:\t2\n");
	held_if("init-filtered", filtered, "process 1 is not filtered");
}

/* These end with the time limit. */
static void fork_for_ever(void)
{
	signal(SIGTERM, SIG_IGN);
	for (;;)
		if (!fork())
			setsid();
}

static void fill_memory(void)
{
	int fd = memfd_create("fill", 0);
	static char block[1 << 20];

	memset(block, 1, sizeof(block));
	for (;;)
		if (write(fd, block, sizeof(block)) < 0)
			fd = memfd_create("fill", 0);
}

static void fill_tmpfs(void)
{
	int fd = open("/tmp/fill", O_CREAT | O_WRONLY, 0600);
	static char block[1 << 20];
	unsigned int written = 0;

	while (written < 4096 && write(fd, block, sizeof(block)) == sizeof(block))
		written++;
	held_if("tmpfs", written < 100, "more than 100 MiB");
	char *p = mmap(NULL, 3ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	held_if("address-space", p == MAP_FAILED, "3 GiB mapped");
}

static void try_all(void)
{
	try_descriptors();
	try_ids();
	try_files();
	try_calls();
	try_mounts();
	fill_tmpfs();
	try_chroot();
	try_signals();
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	const struct fuzz_case *c = mmap(NULL, sizeof(*c), PROT_READ, MAP_SHARED, atoi(argv[2]), 0);

	results = mmap(NULL, sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[3]), 0);
	if (c == MAP_FAILED || results == MAP_FAILED)
		return 2;
	if (!strncmp((const char *)c->bytes, "all", 3))
		try_all();
	else if (!strncmp((const char *)c->bytes, "fork", 4))
		fork_for_ever();
	else if (!strncmp((const char *)c->bytes, "fill", 4))
		fill_memory();
	else if (!strncmp((const char *)c->bytes, "wait", 4))
		for (;;)
			pause();
	results->stage = FUZZ_STAGE_CLEAN;
	return 0;
}
