/*
 * Corners of calls that programs rarely turn, and which of several errors is told: all of it was found by comparing random programs with
 * Linux.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "pty.h"

/* musl has no headers of the kernel's. */
#define RENAME_NOREPLACE   1
#define RENAME_EXCHANGE	   2
#define RENAME_WHITEOUT	   4
#include "futex_defs.h"
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
	IS(CALL(SYS_mknodat, AT_FDCWD, BAD_ADDRESS, S_IFDIR, 0), -EPERM);
	IS(CALL(SYS_mknodat, AT_FDCWD, BAD_ADDRESS, S_IFLNK, 0), -EINVAL);
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

/* What is about a process takes one text a buffer, at no position, and as much of it as it has room for. */
static void proc_writes(void)
{
	int score = open("/proc/self/oom_score_adj", O_RDWR), comm = open("/proc/self/comm", O_RDWR);
	int maps = open("/proc/self/maps", O_RDWR);
	struct iovec two[2] = {{"100", 3}, {"200", 3}}, half[2] = {{"100\n", 4}, {"x", 1}}, empty[2] = {{NULL, 0}, {"7", 1}};
	char text[5000] = "300\n";

	IS(CALL(SYS_write, score, text, 64), 12);
	IS(CALL(SYS_lseek, score, 0, SEEK_CUR), 0);
	IS(CALL(SYS_writev, score, two, 2), 6);
	IS(CALL(SYS_pread64, score, text, 10, 0), 4);
	IS(memcmp(text, "200\n", 4), 0);
	IS(CALL(SYS_writev, score, half, 2), 4);
	IS(CALL(SYS_writev, score, empty, 2), -EINVAL);
	IS(CALL(SYS_pwritev2, score, two, 2, -1l, -1l, 0x10), -EOPNOTSUPP);
	IS(CALL(SYS_write, score, " +0x10 \n", 8), 8);
	IS(CALL(SYS_write, score, "5000000000", 10), -ERANGE);
	IS(CALL(SYS_write, score, "5 5", 3), -EINVAL);
	IS(CALL(SYS_write, score, "010", 3), 3);
	IS(CALL(SYS_pread64, score, text, 10, 0), 2);
	IS(*text, '8');
	IS(CALL(SYS_write, score, "0", 1), 1);
	IS(CALL(SYS_pwritev2, maps, empty, 0, -1l, -1l, 0), -EINVAL); /* it has no write at all */
	IS(CALL(SYS_write, comm, "new\n", 4), 4);
	IS(CALL(SYS_lseek, comm, 0, SEEK_CUR), 0);
	IS(CALL(SYS_read, comm, text, 10), 5);
	IS(CALL(SYS_write, comm, text, sizeof(text)), sizeof(text));
	close(score), close(comm), close(maps);
}

static void holes_and_seals(void)
{
	char byte;
	struct iovec two[2] = {{"12345678", 8}, {"1", 1}}, one[1] = {{&byte, 1}};
	int fd = open("hole", O_CREAT | O_RDWR, 0600), event = eventfd(0, 0);
	char *p = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	IS(munmap(p + 4096, 4096), 0);
	IS(CALL(SYS_ftruncate, fd, 100000), 0);
	IS(CALL(SYS_pread64, fd, p + 5, 8192, 0), 4091); /* as far as there is memory */
	IS(CALL(SYS_fcntl, fd, F_GET_SEALS), F_SEAL_SEAL);
	IS(CALL(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_GROW), -EPERM);
	IS(CALL(SYS_fcntl, fd, F_ADD_SEALS, 0x1000), -EINVAL);
	IS(CALL(SYS_preadv2, fd, one, 1, 0l, 0l, 0x10), 1);
	IS(CALL(SYS_writev, event, two, 2), 8); /* it takes one buffer */
	IS(CALL(SYS_writev, event, two + 1, 1), -EINVAL);
	IS(CALL(SYS_lseek, fd, INT64_MAX, SEEK_SET), INT64_MAX);
	IS(CALL(SYS_write, fd, p, 16), -EINVAL);
	IS(CALL(SYS_read, fd, p, 16), -EINVAL);
	IS(CALL(SYS_lseek, fd, INT64_MAX - 16, SEEK_SET), INT64_MAX - 16);
	IS(CALL(SYS_read, fd, p, 16), 0);
	struct rlimit before, less;

	IS(getrlimit(RLIMIT_FSIZE, &before), 0);
	less = (struct rlimit){100000, before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	IS(setrlimit(RLIMIT_FSIZE, &less), 0);
	IS(CALL(SYS_fallocate, fd, 1, 100000l, 1l), -EFBIG); /* room beyond the end is growth */
	IS(CALL(SYS_fallocate, fd, 3, 100000l, 1l), 0);
	IS(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	int sealed = syscall(SYS_memfd_create, "s", 2);

	IS(CALL(SYS_ftruncate, sealed, 8192), 0);
	IS(CALL(SYS_fcntl, sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
	IS(CALL(SYS_fallocate, sealed, 0, 0l, 8192l), 0);
	IS(CALL(SYS_fallocate, sealed, 1, 0l, 8193l), -EPERM);
	IS(CALL(SYS_fallocate, sealed, 3, 0l, 1l), -EPERM);
	close(sealed);
	munmap(p, 4096), close(fd), close(event), unlink("hole");
	int dir = open(".", O_RDONLY | O_DIRECTORY);

	IS(CALL(SYS_getdents64, dir, p, -1u), -EINVAL);
	IS(CALL(SYS_getdents64, dir, p, 1u << 31), -EINVAL);
	close(dir);
}

static void mounts(void)
{
	struct statfs st;
	struct stat root;

	IS(mkdir("sub", 0755), 0);
	IS(CALL(SYS_mount, "x", "sub", "tmpfs", MS_NOATIME, "mode=711,uid=5,gid=6"), 0);
	IS(stat("sub", &root), 0);
	IS((long)root.st_mode, S_IFDIR | 0711);
	IS((long)root.st_uid * 10 + root.st_gid, 56);
	IS(CALL(SYS_mount, "x", "sub", NULL, MS_REMOUNT | MS_NODEV, NULL), 0);
	IS(statfs("sub", &st), 0);
	IS(st.f_flags & (ST_NOATIME | ST_NODEV | ST_RELATIME), ST_NOATIME | ST_NODEV); /* access times stay as they are */
	IS(CALL(SYS_mount, NULL, "sub", NULL, MS_PRIVATE | MS_RDONLY, NULL), -EINVAL);
	IS(CALL(SYS_mount, NULL, "sub", NULL, MS_PRIVATE | MS_REC, NULL), 0);
	IS(CALL(SYS_umount2, "sub", MNT_EXPIRE), -EAGAIN);
	IS(stat("sub", &root), 0);
	IS(CALL(SYS_umount2, "sub", MNT_EXPIRE), -EAGAIN);
	IS(CALL(SYS_umount2, "sub", MNT_EXPIRE), 0);
	IS(CALL(SYS_mount, "x", "sub", "ramfs", 0, "mode=700"), 0);
	IS(statfs("sub", &st), 0);
	IS((long)st.f_type, 0x858458f6);
	IS((long)st.f_blocks, 0);
	IS(CALL(SYS_umount2, "sub", 0), 0);
	IS(rmdir("sub"), 0);
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

/* Which of several errors mmap(2) tells. */
static void mapping_errors(void)
{
	const int shared = MAP_SHARED, private = MAP_PRIVATE, fixed = MAP_FIXED;
	int null = open("/dev/null", O_RDWR), file = open("map", O_CREAT | O_RDWR, 0644), writes = open("map", O_WRONLY);
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	IS(CALL(SYS_mmap, 0, 4096l, PROT_READ, shared | MAP_GROWSDOWN, null, 0l), -ENODEV);
	IS(CALL(SYS_mmap, 0, 4096l, PROT_READ, shared | MAP_GROWSDOWN, file, 0l), -EINVAL);
	IS(CALL(SYS_mmap, 0, 4096l, PROT_READ, private | MAP_GROWSDOWN, writes, 0l), -EACCES);
	IS(CALL(SYS_mmap, 0, -4096l, PROT_READ, shared, file, 0l), -ENOMEM);
	IS(CALL(SYS_mmap, 0, 4096l, PROT_READ, 0, file, -4096l), -EOVERFLOW);
	IS(CALL(SYS_mmap, 0, 4096l, PROT_READ, shared, null, -4096l), -EOVERFLOW);
	IS(CALL(SYS_mmap, 0, 4096l, PROT_READ, shared, null, -8192l), -ENODEV);
	IS(CALL(SYS_mmap, 1l, 4096l, PROT_READ, fixed, file, 0l), -EINVAL);
	IS(CALL(SYS_mmap, -8l, 4096l, PROT_READ, shared | fixed, file, 0l), -ENOEXEC);
	IS(CALL(SYS_mmap, -4096l, 4096l, PROT_READ, shared | fixed, file, 0l), -ENOMEM);
	IS(CALL(SYS_mmap, p, 4096l, PROT_READ, MAP_FIXED_NOREPLACE, file, 0l), -EEXIST);
	IS(CALL(SYS_mmap, 0, 0l, PROT_READ, private | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0l), -EINVAL);
	IS(CALL(SYS_mmap, p, 8192l, PROT_READ, private | fixed | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0l), -EINVAL);
	IS(CALL(SYS_mmap, 0, 4096l, PROT_READ, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, file, 0l), -EOPNOTSUPP);
	close(null), close(file), close(writes);
	munmap(p, 4096);
	/* What cannot be written is not populated to be. */
	p = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(p, 4096);
	IS(CALL(SYS_madvise, p + 4096, 4096l, 23 /* MADV_POPULATE_WRITE */), -EINVAL);
	munmap(p + 4096, 2 * 4096);
}

static unsigned int futex_word, other_word;

static long futex(void *word, int op, unsigned int value, unsigned int value3)
{
	return CALL(SYS_futex, word, op, value, NULL, &other_word, value3);
}

static void *wait_on_word(void *op)
{
	futex(&futex_word, (int)(long)op, futex_word, 0);
	return NULL;
}

/* Until the thread that was started sleeps. */
static pthread_t start_waiter(int op)
{
	pthread_t t;

	pthread_create(&t, NULL, wait_on_word, (void *)(long)op);
	usleep(50000);
	return t;
}

/* Waking none wakes one; who waits for a lock is woken by its release alone, who just waits by none. */
static void futex_waiters(void)
{
	pthread_t t = start_waiter(FUTEX_WAIT);

	IS(futex(&futex_word, FUTEX_LOCK_PI, 0, 0), -EINVAL);
	IS(futex(&futex_word, FUTEX_REQUEUE, 0, 0), 0);
	IS(futex(&futex_word, FUTEX_WAKE, 0, 0), 1);
	pthread_join(t, NULL);
	t = start_waiter(FUTEX_WAIT);
	IS(futex(&futex_word, FUTEX_WAKE, -5u, 0), 1);
	pthread_join(t, NULL);
	futex_word = (unsigned int)getpid();
	t = start_waiter(FUTEX_LOCK_PI);
	IS(futex(&futex_word, FUTEX_WAKE, 1, 0), -EINVAL);
	IS(futex(&futex_word, FUTEX_WAKE_BITSET, 1, 1), -EINVAL);
	IS(futex(&futex_word, FUTEX_UNLOCK_PI, 0, 0), 0);
	pthread_join(t, NULL);
	futex_word = 0;
}

static void futex_memory(void)
{
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	int fd = open("map", O_RDWR | O_CREAT, 0644);
	void *zero = mmap(NULL, 4096, PROT_READ, anonymous, -1, 0), *none = mmap(NULL, 4096, PROT_NONE, anonymous, -1, 0);

	IS(ftruncate(fd, 4096), 0);
	char *file = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);

	IS(futex(zero, FUTEX_WAKE, 1, 0), -EFAULT);
	IS(futex(zero, FUTEX_WAIT, 1, 0), -EFAULT);
	IS(futex(zero, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, 0), -EAGAIN);
	IS(futex(none, FUTEX_WAKE, 1, 0), -EFAULT);
	IS(futex(none, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0), 0);
	IS(futex(file, FUTEX_WAIT, 1, 0), -EAGAIN);
	IS(futex(file + 4096, FUTEX_WAKE, 1, 0), -EFAULT);
	IS(futex(file, FUTEX_TRYLOCK_PI, 0, 0), -EFAULT);
	IS(futex(BAD_ADDRESS, FUTEX_UNLOCK_PI, 0, 0), -EFAULT);
	IS(futex((char *)&futex_word + 1, FUTEX_UNLOCK_PI, 0, 0), -EPERM);
	/* The operation is done before what is wrong with the comparison is seen: set to 7. */
	IS(futex(&futex_word, FUTEX_WAKE_OP, 1, 0x0f007000), -ENOSYS);
	IS((long)other_word, 7);
	IS(futex((char *)&futex_word + 1, FUTEX_WAKE_OP, 1, 0x0f000000), -EINVAL);
	/* A lock that somebody else has is marked as waited for even by who does not wait. */
	futex_word = 0x3fffffff;
	IS(futex(&futex_word, FUTEX_TRYLOCK_PI, 0, 0), -ESRCH);
	IS((long)futex_word, 0xbfffffff);
	futex_word = 0;
	munmap(zero, 4096), munmap(none, 4096), munmap(file, 8192);
	close(fd);
}

/* Any thread's id names its process, but no other group may be chosen by it. */
static void *by_thread(void *unused)
{
	int tid = (int)syscall(SYS_gettid);

	(void)unused;
	IS(CALL(SYS_getpgid, tid), getpgrp());
	IS(CALL(SYS_getsid, tid), getsid(0));
	IS(CALL(SYS_setpgid, tid, 0), -EINVAL);
	return NULL;
}

static void processes(void)
{
	struct { unsigned int size, policy; unsigned long flags; int rest[8]; } attr = {48, 0, 1ul << 40, {0}};
	struct sched_param none = {0};
	char info[128] = {0};
	pthread_t t;
	int status = 0, fd = (int)CALL(SYS_pidfd_open, getpid(), 0), file = open("a", O_RDONLY);

	pthread_create(&t, NULL, by_thread, NULL);
	pthread_join(t, NULL);
	IS(CALL(SYS_sched_setattr, 0x7ffffff0, &attr, 0), -ESRCH);
	IS(CALL(SYS_sched_setattr, 0, &attr, 0), -EINVAL);
	IS(CALL(SYS_pidfd_send_signal, -1, 99, NULL, 0), -EBADF);
	IS(CALL(SYS_pidfd_send_signal, file, 99, NULL, 0), -EBADF);
	IS(CALL(SYS_pidfd_send_signal, fd, 99, NULL, 0), -EINVAL);
	IS(CALL(SYS_pidfd_send_signal, fd, 99, BAD_ADDRESS, 0), -EFAULT);
	IS(CALL(SYS_pidfd_send_signal, fd, SIGUSR1, info, 0), -EINVAL);
	close(fd), close(file);
	pid_t child = fork();

	if (!child) { /* the limit is looked at before the range; without privileges there is no way back from SCHED_IDLE */
		setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){65536, 65536});
		if (CALL(SYS_setresuid, 1000, 1000, 1000) || CALL(SYS_mlock, -4096l, 1l << 62) != -ENOMEM ||
		    CALL(SYS_mlock, -4096l, 8192l) != -EINVAL || CALL(SYS_sched_setscheduler, 0, SCHED_IDLE, &none))
			_exit(1);
		_exit(CALL(SYS_sched_setscheduler, 0, SCHED_OTHER, &none) == -EPERM ? 0 : 2);
	}
	IS(waitpid(child, &status, 0) == child, 1);
	IS(status, 0);
	/* Memory that is shared needs no permission, whoever one has become. */
	static char from[2] = "x", to[2];
	static struct iovec local = {to, 1}, remote = {from, 1};
	static pid_t parent;

	parent = getpid();
	child = vfork();
	if (!child) {
		CALL(SYS_setresuid, 1000, 1000, 1000);
		_exit(CALL(SYS_process_vm_readv, parent, &local, 1, &remote, 1, 0) == 1 ? 0 : 1);
	}
	IS(waitpid(child, &status, 0) == child, 1);
	IS(status, 0);
}

static void device_clocks(void)
{
	const int device = (int)(~3u << 3 | 3), nobodys = (int)(~0x0ffffff0u << 3 | 2);
	struct timespec none = {0, 0};
	int id;

	IS(CALL(SYS_clock_nanosleep, device, 0, &none, NULL), -EOPNOTSUPP);
	IS(CALL(SYS_clock_nanosleep, device, 0, BAD_ADDRESS, NULL), -EOPNOTSUPP);
	IS(CALL(SYS_timer_create, device, NULL, &id), -EOPNOTSUPP);
	IS(CALL(SYS_clock_nanosleep, nobodys, 0, BAD_ADDRESS, NULL), -EFAULT);
	IS(CALL(SYS_clock_nanosleep, nobodys, TIMER_ABSTIME, &none, NULL), -EINVAL);
}

static void *compute_later(void *until)
{
	usleep(30000);
	while (!*(volatile int *)until)
		getppid();
	return NULL;
}

/* CPU time that passes only after a while in which nobody ran. */
static void cpu_clocks(void)
{
	struct timespec some = {0, 20000000};
	pthread_t t;
	int stop = 0;

	pthread_create(&t, NULL, compute_later, &stop);
	IS(CALL(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &some, NULL), 0);
	stop = 1;
	pthread_join(t, NULL);
}

static void signals_and_waits(void)
{
	char info[128] = {0};
	siginfo_t left;

	*(int *)(info + 8) = -100; /* si_code: no layout is known */
	info[100] = 1;
	IS(CALL(SYS_rt_sigqueueinfo, 1, SIGUSR1, info), -E2BIG);
	info[100] = 0;
	IS(CALL(SYS_rt_sigqueueinfo, getpid(), 0, info), 0);
	memset(&left, 0x55, sizeof(left));
	IS(CALL(SYS_waitid, P_ALL, 0, &left, WEXITED, NULL), -ECHILD);
	IS(left.si_signo, 0);
	IS(CALL(SYS_waitid, P_ALL, 0, BAD_ADDRESS, 0, NULL), -EFAULT);
	timer_t timer;

	IS(CALL(SYS_timer_create, CLOCK_MONOTONIC_RAW, NULL, &timer), -EOPNOTSUPP);
	IS(CALL(SYS_timer_create, CLOCK_REALTIME_COARSE, NULL, &timer), -EOPNOTSUPP);
	/* An id is used up by what fails. */
	struct sigevent bad_event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99};
	int first = -1, second = -1;

	IS(CALL(SYS_timer_create, CLOCK_MONOTONIC, NULL, &first), 0);
	IS(CALL(SYS_timer_create, CLOCK_MONOTONIC, &bad_event, &second), -EINVAL);
	IS(CALL(SYS_timer_create, CLOCK_MONOTONIC, NULL, &second), 0);
	IS(second - first, 2);
	IS(CALL(SYS_timer_delete, first), 0);
	IS(CALL(SYS_timer_delete, second), 0);
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
	IS(chmod("/tmp", 01777), 0);
	IS(CALL(SYS_setresuid, 1000, 1000, 1000), 0);
	IS(CALL(SYS_mknodat, AT_FDCWD, "/tmp/whiteout", S_IFCHR, 0), 0); /* of device 0: no device */
	IS(CALL(SYS_mknodat, AT_FDCWD, "/tmp/null", S_IFCHR, 0x103), -EPERM);
	IS(CALL(SYS_mknodat, AT_FDCWD, "/tmp/block", S_IFBLK, 0), -EPERM);
	IS(CALL(SYS_unlink, "/tmp/whiteout"), 0);
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
	proc_writes();
	holes_and_seals();
	mounts();
	memory();
	mapping_errors();
	futex_waiters();
	futex_memory();
	cpu_clocks();
	processes();
	device_clocks();
	signals_and_waits();
	others();
	IS(chdir("/"), 0);
	IS(CALL(SYS_umount2, dir, 0), 0);
	IS(rmdir(dir), 0);
	as_somebody_else();
	return test_failures != 0;
}
