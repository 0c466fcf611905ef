/*
 * Corners of calls that programs rarely turn, and which of several errors is told: all of it was found by comparing random programs with
 * Linux.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "test.h"

/* musl has no headers of the kernel's. */
#define RENAME_NOREPLACE   1
#define RENAME_EXCHANGE	   2
#define RENAME_WHITEOUT	   4
#include "futex_defs.h"
#define F_GETOWNER_UIDS	   17

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
	/* Nothing is populated behind a hole. */
	p = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(p, 4096);
	IS(CALL(SYS_madvise, p, 2 * 4096l, 23 /* MADV_POPULATE_WRITE */), -ENOMEM);
	IS(CALL(SYS_madvise, p + 4096, 4096l, 23), -EINVAL);
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
	names();
	procfs();
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
