/* <mote/test.h> and /dev/mote: arguments, answers, errors. On Linux every call fails harmlessly; what is
 * expected of each side is in the test. */
#include "test.h"
#include <mote/test.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static bool here; /* in a mote machine */

/* The call answers `value` here, and -1 with ENOENT on Linux. */
#define HERE(call, value)                                                                               \
	do {                                                                                            \
		errno = 0;                                                                              \
		long got_ = (long)(call), want_ = here ? (long)(value) : -1;                            \
		int e_ = errno;                                                                         \
		if (got_ == want_ && (here || e_ == ENOENT)) {                                          \
			say("ok   %s", #call);                                                          \
		} else {                                                                                \
			say("FAIL %s:%d: %s is %ld errno %d", __FILE__, __LINE__, #call, got_, e_);     \
			test_failures++;                                                                \
		}                                                                                       \
	} while (0)
/* The call fails with errno `err` here, and with ENOENT on Linux. */
#define HERE_ERR(call, err)                                                                             \
	do {                                                                                            \
		errno = 0;                                                                              \
		long got_ = (long)(call);                                                               \
		int e_ = errno;                                                                         \
		if (got_ == -1 && e_ == (here ? (err) : ENOENT)) {                                      \
			say("ok   %s", #call);                                                          \
		} else {                                                                                \
			say("FAIL %s:%d: %s is %ld errno %d", __FILE__, __LINE__, #call, got_, e_);     \
			test_failures++;                                                                \
		}                                                                                       \
	} while (0)

static void texts(void)
{
	static char text[MOTE_EVENT_MAX + 2];

	HERE(mote_event("an event"), 0);
	HERE(mote_event(""), 0);
	memset(text, 'x', MOTE_EVENT_MAX);
	HERE(mote_event(text), 0);
	text[MOTE_EVENT_MAX] = 'x';
	HERE_ERR(mote_event(text), EINVAL);
}

static void input(void)
{
	char c;

	HERE(mote_input_size(), 0);
	HERE(mote_input(&c, 1, 0), 0);
	HERE(mote_input(&c, 1, 1000000), 0);
	HERE_ERR(mote_input(&c, 1, ~0ul), EINVAL);
}

static void exits(void)
{
	HERE_ERR(mote_exit(256), EINVAL);
	HERE_ERR(mote_exit(-1), EINVAL);
}

static void allocations(void)
{
	int p[2];

	HERE(mote_fail_alloc(1), 0);
	CHECK(pipe(p) == (here ? -1 : 0));
	CHECK(!here || errno == ENOMEM);
	HERE(mote_fail_alloc(0), 1);
	HERE(mote_fail_alloc(0), 0);
	HERE(mote_fail_alloc(~0ul), 0);
	CHECK_EQ(pipe(p), 0);
	HERE(mote_fail_alloc(0), 0);
	HERE(mote_count_allocs(), 0);
	CHECK_EQ(pipe(p), 0);
	long n = mote_count_allocs();
	CHECK(here ? n >= 4 && n < 100 : n == -1);
	/* Never touched memory: the kernel tries again. */
	char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	HERE(mote_fail_alloc(3), 0);
	memset(memory, 1, 1 << 20);
	HERE(mote_fail_alloc(0), 1);
}

static void counts(void)
{
	struct mote_counts a = {0}, b = {0};
	int p[2] = {-1, -1};

	HERE(mote_get_counts(&a), 0);
	CHECK(!here || (a.pages_free < a.pages_total && a.pages_slab < a.pages_total && a.objects && a.tasks >= 2));
	CHECK_EQ(pipe(p), 0);
	HERE(mote_get_counts(&b), 0);
	CHECK(!here || b.objects > a.objects);
	close(p[0]);
	close(p[1]);
	HERE(mote_get_counts(&b), 0);
	CHECK(!memcmp(&a, &b, sizeof(a)));
}

static void devices(void)
{
	HERE_ERR(mote_fail_io("vda", 1, EIO), ENODEV);
	HERE_ERR(mote_fail_io("", 1, EIO), ENODEV);
	HERE_ERR(mote_fail_io("nothing", 1, EIO), ENODEV);
	HERE_ERR(mote_fail_io("stdout", 1, EBADF), EINVAL);
	HERE_ERR(mote_fail_io("stdout", 1, 100000), EINVAL);
	HERE_ERR(mote_fail_io("stdin", 1, EIO), EOPNOTSUPP);
	HERE_ERR(mote_fail_io("rng", 1, EIO), EOPNOTSUPP);
	CHECK_ERR(mote_fail_io("a name that no device can have", 1, EIO), ENODEV);
	CHECK_ERR(mote_fail_io("stdout", 1, 0), EINVAL);
	CHECK_ERR(mote_shorten_io("stdout", 1, 0), EINVAL);
	HERE(mote_fail_io("stdout", 1000000, EIO), 0);
	HERE(mote_fail_io("stdout", 0, 0), 0);
	HERE(mote_shorten_io("rng", 1, 1), 0);
	/* as the kernel was built */
	CHECK(mote_coverage(1) == 0 || errno == (here ? EOPNOTSUPP : ENOENT));
	CHECK(mote_coverage(0) == 0 || errno == (here ? EOPNOTSUPP : ENOENT));
	HERE(mote_snapshot(), 0);
}

/* The header's descriptor is gone, or another file has its number. */
static void reopening(void)
{
	int fd = mote_fd_;

	syscall(SYS_close_range, 3, ~0u, 0);
	HERE(mote_event("closed"), 0);
	CHECK(!here || fcntl(mote_fd_, F_GETFD) == FD_CLOEXEC);
	if (here)
		dup2(1, mote_fd_);
	HERE(mote_event("another file"), 0);
	CHECK(!here || mote_fd_ != fd);
}

/* On Linux a file stands in for the device, so that the calls are compared. */
static void as_file(void)
{
	char buf[16];
	int fd = here ? open(MOTE_DEVICE, O_RDWR) : open("empty", O_CREAT | O_RDWR, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 100), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 100);
	CHECK_EQ(lseek(fd, -50, SEEK_CUR), 50);
	CHECK_ERR(lseek(fd, -51, SEEK_CUR), EINVAL);
	CHECK_ERR(lseek(fd, 0, 77), EINVAL);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_ERR(write(fd, BAD_ADDRESS, 10), EFAULT);
	CHECK_EQ(write(fd, "an event\n", 9), 9);
	CHECK_ERR(ioctl(fd, TIOCSTI, buf), ENOTTY);
	CHECK_ERR(ioctl(fd, (int)(MOTE_EVENT + 0x10000), buf), ENOTTY);
	close(fd);
	unlink("empty");
}

static long command(unsigned int command, void *argument)
{
	return mote_call_(command, (unsigned long)argument);
}

static void bad_arguments(void)
{
	struct mote_text text = {8, 10};
	struct mote_input in = {8, 10, 0};
	struct mote_io_failure f = {.device = "stdout", .n = 1, .error = EIO, .reserved = 1};

	HERE_ERR(command(MOTE_EVENT, BAD_ADDRESS), EFAULT);
	HERE_ERR(command(MOTE_EVENT, &text), EFAULT);
	text.length = ~0ull;
	HERE_ERR(command(MOTE_EVENT, &text), EINVAL);
	HERE_ERR(command(MOTE_INPUT, BAD_ADDRESS), EFAULT);
	HERE(command(MOTE_INPUT, &in), 0); /* there is nothing to copy */
	in.length = ~0ull;
	HERE_ERR(command(MOTE_INPUT, &in), EINVAL);
	HERE_ERR(command(MOTE_INPUT_SIZE, BAD_ADDRESS), EFAULT);
	HERE_ERR(command(MOTE_FAIL_ALLOC, BAD_ADDRESS), EFAULT);
	HERE_ERR(command(MOTE_FAIL_IO, BAD_ADDRESS), EFAULT);
	HERE_ERR(command(MOTE_FAIL_IO, &f), EINVAL);
	f.reserved = 0;
	memset(f.device, 'x', sizeof(f.device));
	HERE_ERR(command(MOTE_FAIL_IO, &f), EINVAL);
	HERE_ERR(command(MOTE_ADVANCE_CLOCK, BAD_ADDRESS), EFAULT);
	HERE_ERR(command(MOTE_COUNTS, BAD_ADDRESS), EFAULT);
	HERE_ERR(command(MOTE_COVERAGE, (void *)2), EINVAL);
	HERE_ERR(command(MOTE_EXIT, (void *)0x100000001), EINVAL);
}

/* Programs that have given up their rights are tested too. */
static void as_user(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		mote_fd_ = -1;
		if (setgid(1000) || setuid(1000))
			_exit(99);
		HERE(mote_event("a user's"), 0);
		_exit(test_failures != 0);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

int main(void)
{
	struct stat st;

	here = mote_present();
	CHECK(here == (access(MOTE_DEVICE, F_OK) == 0));
	CHECK(!here || (stat(MOTE_DEVICE, &st) == 0 && st.st_mode == (S_IFCHR | 0666)));
	texts();
	input();
	exits();
	counts();
	allocations();
	devices();
	as_file();
	bad_arguments();
	reopening();
	as_user();
	DONE();
}
