/*
 * Corners of calls that programs rarely turn, and which of several errors is told: all of it was found by comparing random programs with
 * Linux.
 */
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "pty.h"

/* musl has no headers of the kernel's. */
#define RENAME_NOREPLACE   1
#define RENAME_EXCHANGE	   2
#define RENAME_WHITEOUT	   4
#define FUTEX_TRYLOCK_PI   8
#define F_GETOWNER_UIDS	   17
#define FIOQSIZE	   0x5460
#define FS_IOC_FIEMAP	   0xc020660bu
#define FICLONE		   0x40049409u
#ifndef RWF_APPEND
#define RWF_APPEND	   0x10
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS	   1033
#define F_GET_SEALS	   1034
#define F_SEAL_SEAL	   1
#endif
#ifndef TIOCGPTPEER
#define TIOCGPTPEER	   0x5441
#endif

#define CALL(nr, ...) ({ long r_ = syscall(nr, __VA_ARGS__); r_ < 0 ? -errno : r_; })
#define IS(call, value)                                                                            \
	do {                                                                                       \
		long got_ = (call);                                                                \
		if (got_ == (value))                                                               \
			say("ok   %s", #call);                                                     \
		else                                                                               \
			say("FAIL %s:%d: %s: %ld", __FILE__, __LINE__, #call, got_), test_failures++; \
	} while (0)

static void transfers(void)
{
	int a = open("a", O_CREAT | O_RDWR, 0644), null = open("/dev/null", O_RDWR), event = eventfd(0, 0), ends[2];
	off_t zero = 0, below = -1, most = INT64_MAX;
	struct iovec nothing[3] = {0}, bad[2] = {{(void *)-1, 1}, {NULL, (size_t)-1}};

	IS(pipe(ends), 0);
	IS(write(a, "text", 4), 4);
	IS(CALL(SYS_copy_file_range, -1, &zero, a, &zero, 1, 1), -EBADF);
	IS(CALL(SYS_copy_file_range, a, BAD_ADDRESS, a, &zero, 1, 1), -EFAULT);
	IS(CALL(SYS_copy_file_range, a, &zero, a, &zero, 1, 1), -EINVAL);
	IS(CALL(SYS_sendfile, -1, ends[0], &zero, 1), -ESPIPE);
	IS(CALL(SYS_sendfile, -1, a, &below, 1), -EINVAL);
	IS(CALL(SYS_sendfile, -1, a, &zero, -1l), -EINVAL);
	IS(CALL(SYS_sendfile, null, a, &most, 25), -EINVAL);
	IS(CALL(SYS_sendfile, a, null, NULL, 1), -EINVAL);
	IS(CALL(SYS_sendfile, null, event, &zero, 1), -ESPIPE);
	IS(CALL(SYS_splice, ends[0], &below, null, NULL, 1, 0), -ESPIPE);
	IS(CALL(SYS_pread64, event, &zero, 8, 0), -ESPIPE);
	IS(CALL(SYS_lseek, event, 5, SEEK_SET), 0);
	/* Of nothing: no flag, no kind of file matters. */
	IS(CALL(SYS_readv, event, nothing, 3), 0);
	IS(CALL(SYS_preadv2, null, nothing, 3, 0, 0, 0x8000), 0);
	IS(CALL(SYS_preadv2, null, bad, 2, 0, 0, 0x8000), -EINVAL);
	IS(CALL(SYS_readv, null, bad, 2), -EINVAL); /* lengths first, addresses then */
	IS(CALL(SYS_readv, null, bad, 1), -EFAULT);
	IS(CALL(SYS_process_vm_readv, 0, nothing, 3, bad, 1, 0), 0);
	IS(CALL(SYS_fallocate, null, 0, 0l, 1l), -ENODEV);
	IS(CALL(SYS_fallocate, null, 0x40, 0l, 1l), -ENODEV);
	IS(CALL(SYS_flock, -1, LOCK_SH | LOCK_EX), -EINVAL);
	IS(CALL(SYS_flock, -1, LOCK_SH), -EBADF);
	/* An append that fails moves nothing. */
	int append = open("a", O_RDWR | O_APPEND), neither = open("a", O_ACCMODE);

	IS(CALL(SYS_write, append, BAD_ADDRESS, 5), -EFAULT);
	IS(CALL(SYS_lseek, append, 0, SEEK_CUR), 0);
	IS(CALL(SYS_read, neither, &zero, 1), -EBADF);
	IS(CALL(SYS_write, neither, &zero, 1), -EBADF);
	close(append), close(neither);
	IS(CALL(SYS_openat, AT_FDCWD, ".", O_RDWR | O_TMPFILE | O_CREAT, 0600), -EINVAL);
	close(a), close(null), close(event), close(ends[0]), close(ends[1]);
}

/* Files whose segments are written one by one, and what splice(2) takes and gives. */
static void devices(void)
{
	int event = eventfd(0, EFD_NONBLOCK), null = open("/dev/null", O_RDWR), full = open("/dev/full", O_RDWR), ends[2];
	int dir = open(".", O_RDONLY), a = open("a", O_RDWR);
	struct iovec halves[2] = {{"abcd", 4}, {"abcd", 4}}, more[2] = {{"\1\0\0\0\0\0\0", 8}, {"abcd", 4}}, empty[2] = {{"", 0}, {"abcdefg", 8}};
	char byte;
	off_t zero = 0, four = 4, most = INT64_MAX;
	long value = 0;

	IS(pipe(ends), 0);
	IS(CALL(SYS_writev, event, halves, 2), -EINVAL);
	IS(CALL(SYS_writev, event, more, 2), 8);
	IS(CALL(SYS_writev, event, empty, 2), -EINVAL);
	IS(CALL(SYS_pwritev2, event, more, 1, -1l, -1l, RWF_APPEND), -EOPNOTSUPP);
	IS(CALL(SYS_read, event, &value, 8), 8);
	IS(value, 1);
	IS(CALL(SYS_preadv2, null, halves, 1, -1l, -1l, RWF_APPEND), 0);
	IS(CALL(SYS_write, full, &byte, 0), -ENOSPC);
	IS(CALL(SYS_splice, null, NULL, ends[1], NULL, 1l, 0), -EINVAL);
	IS(CALL(SYS_splice, dir, NULL, ends[1], NULL, 1l, 0), -EINVAL);
	IS(CALL(SYS_splice, ends[0], NULL, full, NULL, 1l, 0), -EINVAL);
	IS(CALL(SYS_splice, ends[0], NULL, event, NULL, 8l, 0), -EINVAL);
	IS(CALL(SYS_sendfile, null, dir, &zero, 1l), -EINVAL);
	/* What there is may be copied behind itself, and what is written may be read again. */
	IS(CALL(SYS_copy_file_range, a, &zero, a, &four, 1000l, 0), 4);
	zero = 0;
	IS(CALL(SYS_copy_file_range, a, &zero, a, &most, 5l, 0), -EFBIG);
	IS(CALL(SYS_lseek, a, 0, SEEK_END), 8);
	IS(CALL(SYS_sendfile, a, a, &zero, 20l), 20);
	IS(CALL(SYS_lseek, a, 2, SEEK_SET), 2);
	IS(CALL(SYS_sendfile, a, a, NULL, 5l), 5);
	IS(CALL(SYS_lseek, a, 0, SEEK_CUR), 7);
	IS(CALL(SYS_lseek, a, 0, SEEK_END), 28);
	IS(CALL(SYS_ftruncate, a, 4l), 0);
	/* Zeros, too, come as far as there is memory for them. */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int zeros = open("/dev/zero", O_RDONLY), hole = open("hole", O_CREAT | O_RDWR, 0600), nameless = open(".", O_TMPFILE | O_RDWR, 0600);

	IS(munmap(page + 4096, 4096), 0);
	IS(CALL(SYS_ftruncate, hole, 16384l), 0);
	IS(CALL(SYS_read, hole, page + 4000, 1000), 96);
	IS(CALL(SYS_read, zeros, page + 4000, 1000), 96);
	IS(CALL(SYS_fcntl, nameless, F_GETFL) & O_TMPFILE, O_TMPFILE);
	munmap(page, 4096), close(zeros), close(hole), close(nameless), unlink("hole");
	close(event), close(null), close(full), close(ends[0]), close(ends[1]), close(dir), close(a);
}

static void controls(void)
{
	int a = open("a", O_RDWR), readonly = open("a", O_RDONLY), null = open("/dev/null", O_RDWR), ends[2], on = 1, off = 0;
	struct flock lock = {.l_type = F_WRLCK, .l_pid = 5};
	off_t size = 0;

	IS(pipe(ends), 0);
	IS(CALL(SYS_ioctl, a, FIOASYNC, &off), 0);
	IS(CALL(SYS_ioctl, a, FIOASYNC, &on), -ENOTTY);
	IS(CALL(SYS_ioctl, ends[0], FIOASYNC, &on), 0);
	IS(CALL(SYS_fcntl, ends[0], F_GETFL) & O_ASYNC, O_ASYNC);
	IS(CALL(SYS_fcntl, a, F_SETFL, O_ASYNC), 0);
	IS(CALL(SYS_fcntl, a, F_GETFL) & O_ASYNC, 0);
	IS(CALL(SYS_fcntl, null, F_SETFL, O_DIRECT), -EINVAL);
	IS(CALL(SYS_fcntl, ends[1], F_SETFL, O_DIRECT), 0);
	IS(CALL(SYS_fcntl, a, F_GETLEASE), F_UNLCK);
	IS(CALL(SYS_fcntl, a, F_ADD_SEALS, 0), -EPERM);
	IS(CALL(SYS_fcntl, a, F_GET_SEALS), F_SEAL_SEAL);
	IS(CALL(SYS_fcntl, null, F_ADD_SEALS, 0), -EINVAL);
	IS(CALL(SYS_fcntl, ends[0], F_ADD_SEALS, 0x4000), -EPERM);
	IS(CALL(SYS_fcntl, readonly, F_OFD_SETLK, &lock), -EBADF);
	IS(CALL(SYS_fcntl, a, F_OFD_SETLK, &lock), -EINVAL);
	IS(CALL(SYS_ioctl, a, FIOQSIZE, &size), 0);
	IS(size, 4096);
	IS(CALL(SYS_ioctl, null, FIOQSIZE, &size), -ENOTTY);
	IS(CALL(SYS_ioctl, null, FS_IOC_FIEMAP, &size), -EOPNOTSUPP);
	IS(CALL(SYS_ioctl, null, FICLONE, 999), -EBADF);
	IS(CALL(SYS_ioctl, null, FICLONE, a), -EXDEV);
	close(a), close(readonly), close(null), close(ends[0]), close(ends[1]);
}

static void terminals(void)
{
	static char text[8192];
	int slave, master = pty_open(&slave), below = -1, n = -1;
	struct termios t;

	/* A line may have 4096 bytes with its end, and as much again waits before it. */
	set_flags(slave, ECHO, 0, 1, 0);
	memset(text, 'x', sizeof(text));
	text[4095] = '\n';
	IS(write(master, text, sizeof(text)), (long)sizeof(text));
	IS(wait_for(slave, POLLIN), POLLIN);
	IS(read(slave, text, sizeof(text)), 4096);
	IS(CALL(SYS_ioctl, master, TIOCOUTQ, &n), 0);
	IS(n, 0);
	IS(CALL(SYS_ioctl, slave, TIOCSPGRP, BAD_ADDRESS), -EFAULT);
	IS(CALL(SYS_ioctl, master, TIOCSPGRP, &below), -EINVAL);
	IS(CALL(SYS_ioctl, slave, TIOCSBRK, 0), 0);
	IS(CALL(SYS_ioctl, master, TIOCCBRK, 0), 0);
	/* The master has an output of its own that can be stopped. */
	IS(CALL(SYS_fcntl, master, F_SETFL, O_NONBLOCK), 0);
	IS(CALL(SYS_ioctl, master, TCXONC, 7), -EINVAL);
	IS(CALL(SYS_ioctl, master, TCXONC, TCOOFF), 0);
	IS(CALL(SYS_write, master, "x", 1), -EAGAIN);
	IS(CALL(SYS_ioctl, master, TCXONC, TCOON), 0);
	IS(CALL(SYS_write, master, "x", 1), 1);
	/* A pty has bytes of eight bits, whatever is asked for. */
	tcgetattr(slave, &t);
	t.c_cflag = B9600 | CS7 | PARENB;
	IS(CALL(SYS_ioctl, slave, TCSETS, &t), 0);
	IS(CALL(SYS_ioctl, slave, TCGETS, &t), 0);
	IS((long)t.c_cflag, (long)(B9600 | CS8 | CREAD));
	/* No name is looked at. */
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CREAT | O_EXCL);

	IS(peer > slave, 1);
	IS(CALL(SYS_fcntl, peer, F_GETFL), O_RDWR);
	close(peer), close(master);
	IS(CALL(SYS_read, slave, text, 1), 0);
	close(slave);
}

static void names(void)
{
	struct timespec bad_times[2] = {{0, -1}, {0, -1}};
	struct stat st;
	char buf[10];

	IS(mkdir("d", 0755), 0);
	IS(CALL(SYS_utimensat, AT_FDCWD, "a/", bad_times, 0), -ENOTDIR);
	IS(CALL(SYS_utimensat, AT_FDCWD, "a", bad_times, 0), -EINVAL);
	IS(CALL(SYS_utimes, NULL, NULL), -EFAULT);
	IS(CALL(SYS_newfstatat, AT_FDCWD, "a", &st, AT_STATX_FORCE_SYNC), 0);
	IS(CALL(SYS_readlink, "", buf, sizeof(buf)), -ENOENT);
	IS(CALL(SYS_readlink, "a", buf, sizeof(buf)), -EINVAL);
	IS(CALL(SYS_renameat2, AT_FDCWD, BAD_ADDRESS, AT_FDCWD, "b", 8), -EINVAL);
	IS(CALL(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE | RENAME_WHITEOUT), -EINVAL);
	IS(CALL(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "d", RENAME_NOREPLACE), -EEXIST);
	IS(CALL(SYS_umount2, "nothing", 0), -ENOENT);
	IS(CALL(SYS_umount2, "d", 0), -EINVAL);
	IS(CALL(SYS_umount2, "d", 0x10), -EINVAL);
	IS(CALL(SYS_openat, AT_FDCWD, "d", O_RDONLY | O_DIRECT, 0), -EINVAL);
	IS(CALL(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY | O_DIRECT, 0), -EINVAL);
	IS(CALL(SYS_openat, AT_FDCWD, "d", O_RDWR | (O_TMPFILE & ~O_DIRECTORY), 0600), -EINVAL);
	int fd = open("a", O_RDONLY | (O_SYNC & ~O_DSYNC));

	IS(CALL(SYS_fcntl, fd, F_GETFL) & O_SYNC, O_SYNC);
	close(fd);
}

static void procfs(void)
{
	unsigned int ids[2] = {9, 9};
	long value = 77, copy = 0;
	int mem = open("/proc/self/mem", O_RDWR);

	IS(CALL(SYS_pread64, mem, &copy, sizeof(copy), (long)&value), sizeof(copy));
	IS(copy, 77);
	copy = 78;
	IS(CALL(SYS_pwrite64, mem, &copy, sizeof(copy), (long)&value), sizeof(copy));
	IS(value, 78);
	IS(CALL(SYS_pread64, mem, &copy, sizeof(copy), 8l), -EIO);
	IS(CALL(SYS_lseek, mem, 4096, SEEK_SET), 4096);
	IS(CALL(SYS_lseek, mem, 0, SEEK_END), -EINVAL);
	close(mem);
	IS(CALL(SYS_chmod, "/proc/self/maps", 0600), -EPERM);
	IS(CALL(SYS_chmod, "/proc/self/fd", 0600), -EPERM);
	IS(CALL(SYS_mkdir, "/proc/self/fd/500", 0600), -ENOENT);
	IS(CALL(SYS_rename, "/proc/self/maps", "/proc/self/fd/500"), -ENOENT);
	IS(CALL(SYS_truncate, "/proc/self/comm", INT64_MAX), -EFBIG);
	IS(CALL(SYS_fcntl, 0, F_GETOWNER_UIDS, ids), 0);
	IS((long)ids[0] + ids[1], 0);
}

static void memory(void)
{
	char *p = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), byte;
	struct iovec to = {&byte, 1}, from = {p, 1};

	/* A range beyond all addresses: what comes before the first hole is changed. */
	IS(CALL(SYS_munmap, p + 4 * 4096, 4096), 0);
	IS(CALL(SYS_mprotect, p, 1ul << 60, PROT_WRITE), -ENOMEM);
	IS(CALL(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0), -EFAULT);
	IS(CALL(SYS_mprotect, p, 4096, PROT_READ | PROT_WRITE), 0);
	IS(CALL(SYS_pkey_mprotect, p, -1l, PROT_READ, 5), -ENOMEM);
	IS(CALL(SYS_pkey_mprotect, p + 1, 4096, PROT_READ, 5), -EINVAL);
	/* Shrinking unmaps whatever lies there. */
	IS(CALL(SYS_munmap, p + 2 * 4096, 4096), 0);
	IS(CALL(SYS_mremap, p, 4 * 4096, 4096, 0) == (long)p, 1);
	IS(CALL(SYS_mprotect, p + 3 * 4096, 4096, PROT_READ), -ENOMEM);
	munmap(p, 4096);
}

static void signals_and_waits(void)
{
	char info[128] = {0};
	stack_t same = {0};
	siginfo_t left;

	*(int *)(info + 8) = -100; /* si_code: no layout is known */
	info[100] = 1;
	IS(CALL(SYS_rt_sigqueueinfo, 1, SIGUSR1, info), -E2BIG);
	info[100] = 0;
	IS(CALL(SYS_rt_sigqueueinfo, getpid(), 0, info), 0);
	IS(CALL(SYS_sigaltstack, &same, NULL), 0); /* as it is: nothing, and nothing to complain about */
	memset(&left, 0x55, sizeof(left));
	IS(CALL(SYS_waitid, P_ALL, 0, &left, WEXITED, NULL), -ECHILD);
	IS(left.si_signo, 0);
	IS(CALL(SYS_waitid, P_ALL, 0, BAD_ADDRESS, 0, NULL), -EFAULT);
	timer_t timer;

	IS(CALL(SYS_timer_create, CLOCK_MONOTONIC_RAW, NULL, &timer), -EOPNOTSUPP);
	IS(CALL(SYS_timer_create, CLOCK_REALTIME_COARSE, NULL, &timer), -EOPNOTSUPP);
	unsigned int word = 0x3fffffff; /* nobody's */

	IS(CALL(SYS_futex, &word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), -ESRCH);
}

static void others(void)
{
	unsigned long cpus[16];

	IS(CALL(SYS_prlimit64, 0, 99, BAD_ADDRESS, NULL), -EFAULT);
	IS(CALL(SYS_prlimit64, 0x7ffffff0, 99, NULL, NULL), -ESRCH);
	IS(CALL(SYS_prlimit64, 0, 99, NULL, NULL), -EINVAL);
	IS(CALL(SYS_sched_getaffinity, 0, 0x20000000, cpus), -EINVAL); /* counted in bits, of which there are 32 */
	IS(CALL(SYS_sched_getaffinity, 0, 4, cpus), -EINVAL);
	IS(CALL(SYS_sethostname, "x", 1l << 32 | 100), -EINVAL);
	/* Only what seconds and microseconds come to must be a time. */
	IS(CALL(SYS_select, 0, NULL, NULL, NULL, (long[]){-1, 1000000}), 0);
	IS(CALL(SYS_select, 0, NULL, NULL, NULL, (long[]){-1, 999999}), -EINVAL);
	/* Sets end where the table of descriptors does. */
	IS(CALL(SYS_select, 1 << 26, NULL, NULL, NULL, (long[]){0, 0}), 0);
}

/* Last: a process sees its own descriptors whatever it has become. */
static void as_somebody_else(void)
{
	IS(CALL(SYS_setresuid, 1000, 1000, 1000), 0);
	IS(CALL(SYS_chdir, "/proc/self/fd"), 0);
	IS(CALL(SYS_umount2, "/nothing", 0), -ENOENT);
	IS(CALL(SYS_umount2, "/proc", 0), -EPERM);
}

int main(void)
{
	char dir[] = "/tmp/corners.XXXXXX";

	if (!mkdtemp(dir) || chdir(dir))
		return 99;
	/* A file system that is the same everywhere. */
	IS(CALL(SYS_mount, "corners", dir, "tmpfs", 0, ""), 0);
	IS(chdir(dir), 0);
	transfers();
	devices();
	controls();
	terminals();
	names();
	procfs();
	memory();
	signals_and_waits();
	others();
	IS(chdir("/"), 0);
	IS(CALL(SYS_umount2, dir, 0), 0);
	IS(rmdir(dir), 0);
	as_somebody_else();
	return test_failures != 0;
}
