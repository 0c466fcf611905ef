/* What tests/cli/control.sh runs in a guest: the test control as seen from both sides. */
#include <errno.h>
#include <fcntl.h>
#include <mote/test.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR 512

static char block[65536];

/* Results go to stderr where standard output is under test. */
static void tell(const char *what, long r)
{
	fprintf(stderr, "%s %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : "");
}

/* All of the input to stdout, and again from an odd place. */
static int input(void)
{
	long n, at = 0;

	while ((n = mote_input(block, sizeof(block), at)) > 0) {
		if (write(1, block, n) != n)
			return 1;
		at += n;
	}
	if (at != mote_input_size() || n < 0)
		return 2;
	if (mote_input(block, 1, at) || (at > 3 && mote_input(block, 100, at - 3) != 3))
		return 3;
	return 0;
}

/* The machine ends while others are busy; what was written arrives. */
_Noreturn static void end(void)
{
	if (!fork()) {
		usleep(20000);
		memset(block, 'x', sizeof(block));
		if (write(1, block, 50000) != 50000)
			mote_exit(1);
		mote_exit(42);
	}
	for (;;)
		;
}

/* ---- standard streams ---- */

static int out_error(int error)
{
	mote_fail_io("stdout", 2, error);
	tell("1st", write(1, "one\n", 4));
	tell("2nd", write(1, "two\n", 4));
	tell("3rd", write(1, "three\n", 6));
	/* The driver is warned by now: the next failure must come as promptly. */
	mote_fail_io("stdout", 1, error);
	tell("4th", write(1, "four\n", 5));
	tell("5th", write(1, "five\n", 5));
	return 0;
}

static int out_short(void)
{
	mote_shorten_io("stdout", 1, 3);
	tell("small", write(1, "abcdef", 6));
	mote_shorten_io("stdout", 1, 7);
	memset(block, '-', sizeof(block));
	tell("large", write(1, block, sizeof(block)));
	mote_shorten_io("stdout", 2, 2);
	static char two[2 * sizeof(block)];
	memset(two, '+', sizeof(two));
	tell("second half", write(1, two, sizeof(two)));
	mote_shorten_io("stdout", 1, 100);
	tell("not short", write(1, "end\n", 4));
	return 0;
}

static int streams_apart(void)
{
	mote_fail_io("stderr", 1, ENOSPC);
	long out = write(1, "out\n", 4), err = write(2, "err\n", 4);

	printf("%ld %ld\n", out, err);
	fflush(stdout);
	mote_fail_io("console", 2, EIO);
	out = write(1, "out\n", 4), err = write(2, "err\n", 4);
	printf("%ld %ld\n", out, err);
	return 0;
}

static int in_short(void)
{
	mote_shorten_io("stdin", 2, 3);
	for (int i = 0; i < 4; i++)
		tell("read", read(0, block, 10));
	return 0;
}

static int pipe_signal(void)
{
	mote_fail_io("stdout", 1, EPIPE);
	write(1, "lost\n", 5);
	return 1; /* not reached */
}

/* ---- a disk: its first sectors are 'a', 'b', 'c' ... ---- */

static int disk_read(void)
{
	int fd = open("/dev/vda", O_RDONLY);

	mote_fail_io("vda", 1, EIO);
	tell("error", pread(fd, block, 4 * SECTOR, 0));
	tell("next", pread(fd, block, 4 * SECTOR, 0));
	mote_shorten_io("vda", 1, 2 * SECTOR + 100);
	memset(block, 0, sizeof(block));
	tell("short", pread(fd, block, 4 * SECTOR, 0));
	tell("bytes", block[0] == 'a' && block[SECTOR] == 'b' && block[2 * SECTOR - 1] == 'b' && !block[2 * SECTOR]);
	mote_shorten_io("vda", 1, 2 * SECTOR);
	tell("in the middle", pread(fd, block, 4 * SECTOR, 100));
	tell("bytes", block[0] == 'a' && block[SECTOR] == 'b');
	mote_shorten_io("vda", 1, SECTOR);
	tell("10 bytes of the first", pread(fd, block, 100, SECTOR - 10));
	mote_shorten_io("vda", 1, 100);
	tell("less than a sector", pread(fd, block, 4 * SECTOR, 0));
	mote_shorten_io("vda", 1, 1 << 20);
	tell("not short", pread(fd, block, 4 * SECTOR, 0));
	mote_fail_io("vda", 1, EOPNOTSUPP);
	tell("unsupported", pread(fd, block, 4 * SECTOR, 0));
	return 0;
}

static int disk_write(void)
{
	int fd = open("/dev/vda", O_RDWR);

	memset(block, 'X', sizeof(block));
	mote_fail_io("vda", 1, EIO);
	tell("error", pwrite(fd, block, 4 * SECTOR, 0));
	mote_shorten_io("vda", 1, 2 * SECTOR + 1);
	tell("torn", pwrite(fd, block, 4 * SECTOR, 4 * SECTOR));
	/* A part of a sector: the first request reads it. */
	mote_fail_io("vda", 2, EIO);
	tell("read before", pwrite(fd, block, 100, 9 * SECTOR));
	mote_fail_io("vda", 1, EIO);
	tell("fsync", fsync(fd));
	tell("fsync", fsync(fd));
	tell("whole", pwrite(fd, block, SECTOR, 12 * SECTOR));
	tell("other disk", mote_fail_io("vdb", 1, EIO));
	return 0;
}

/* ---- the rest ---- */

static int random_numbers(void)
{
	static unsigned char a[20000], b[20000];

	mote_shorten_io("rng", 1, 5);
	tell("random", getrandom(a, sizeof(a), 0));
	mote_shorten_io("rng", 2, 1);
	tell("random", getrandom(b, sizeof(b), 0));
	size_t zeros = 0, same = 0;
	for (size_t i = 0; i < sizeof(a); i++) {
		zeros += !a[i];
		same += a[i] == b[i];
	}
	return zeros > 300 || same > 300;
}

/* A failure that was asked for before a snapshot is part of it. */
static int remembered(void)
{
	mote_shorten_io("stdout", 2, 2);
	mote_snapshot();
	long a = write(1, "first\n", 6), b = write(1, "second\n", 7), c = write(1, "third\n", 6);

	dprintf(2, "%ld %ld %ld\n", a, b, c);
	return 0;
}

/* Things that come into being when they are first used: the n-th allocation fails the first time, the
 * second time all is well. 7: there was no such allocation. */
static int first_use(unsigned long n)
{
	static const char *const paths[] = {"/proc/self/status", "/sys/devices/system/cpu/online", "/dev/pts", "/etc", "/tmp",
					    "/dev/shm", "/proc/sys/kernel/hostname"};
	int failed = 0, hit, fd;

	mote_present();
	mote_fail_alloc(n);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			fd = open(paths[i], O_RDONLY);
			if (fd < 0 && errno != ENOMEM) {
				perror(paths[i]);
				return 1;
			}
			failed += fd < 0;
			failed += fd >= 0 && !S_ISDIR(0) && read(fd, block, 100) < 0 && errno == ENOMEM;
			close(fd);
		}
		fd = open("/dev/ptmx", O_RDWR);
		failed += fd < 0;
		close(fd);
		fd = open("/dev/vda", O_RDONLY);
		failed += fd < 0 || read(fd, block, 1000) != 1000;
		close(fd);
		/* Larger than the buffer that is there from the beginning. */
		failed += write(1, block, 30000) < 0;
		failed += read(0, block, 30000) < 0;
		if (round && failed)
			return 2;
		failed = 0;
		if (!round)
			hit = mote_fail_alloc(0);
	}
	return hit ? 0 : 7;
}

/* Directories of the boot image, a fresh one for each n: /dirs/N/{file,sub/file,link}. */
static int boot_directories(void)
{
	char path[100];
	struct stat st;

	for (unsigned long n = 1; n < 100; n++) {
		static const char *const names[] = {"file", "sub/file", "link", "sub/none"};
		int tries = 0, hit = 0;

		mote_fail_alloc(n);
		for (int round = 0; round < 2; round++) {
			for (int i = 0; i < 4; i++) {
				snprintf(path, sizeof(path), "/dirs/%lu/%s", n, names[i]);
				int r = stat(path, &st);
				if (r && errno != (i == 3 ? ENOENT : ENOMEM) && errno != ENOMEM)
					return 1;
				if (!r && i == 3)
					return 2;
				tries += round && r && i != 3;
			}
			snprintf(path, sizeof(path), "/dirs/%lu/sub/new", n);
			int fd = open(path, O_CREAT | O_WRONLY, 0600);
			if (fd < 0 && (round || (errno != ENOMEM && errno != ENOSPC))) {
				perror(path);
				return 3;
			}
			close(fd);
			snprintf(path, sizeof(path), "/dirs/%lu/file", n);
			fd = open(path, O_RDWR);
			if (fd >= 0 && pwrite(fd, "y", 1, 0) != 1 && (round || errno != ENOMEM))
				return 4;
			close(fd);
			if (!round)
				hit = mote_fail_alloc(0);
		}
		if (tries)
			return 5;
		if (!hit)
			return 0;
	}
	return 6;
}

/* execve of another program, which may be dynamic, for every failing allocation: clean until the point of
 * no return, an end after it. */
static int exec_other(char **argv)
{
	unsigned long n = 1, good = 0;

	for (;; n++) {
		int status;
		pid_t child = fork();

		if (!child) {
			mote_fail_alloc(n);
			execv(argv[0], argv);
			_exit(errno == ENOMEM ? 100 : 101);
		}
		waitpid(child, &status, 0);
		int hit = mote_fail_alloc(0);
		bool clean = WIFEXITED(status) ? WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 100 || WEXITSTATUS(status) == 127
					       : WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGSEGV;
		if (!clean) {
			fprintf(stderr, "allocation %lu: status %#x\n", n, status);
			return 1;
		}
		good += status == 0;
		if (!hit)
			return status || n < 20 || !good;
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "input"))
		return input();
	if (!strcmp(what, "end"))
		end();
	if (!strcmp(what, "out-error"))
		return out_error(argc > 2 ? atoi(argv[2]) : ENOSPC);
	if (!strcmp(what, "out-short"))
		return out_short();
	if (!strcmp(what, "streams-apart"))
		return streams_apart();
	if (!strcmp(what, "in-short"))
		return in_short();
	if (!strcmp(what, "pipe-signal"))
		return pipe_signal();
	if (!strcmp(what, "disk-read"))
		return disk_read();
	if (!strcmp(what, "disk-write"))
		return disk_write();
	if (!strcmp(what, "random"))
		return random_numbers();
	if (!strcmp(what, "remembered"))
		return remembered();
	if (!strcmp(what, "true"))
		return 0;
	if (!strcmp(what, "first-use"))
		return first_use(strtoul(argv[2], NULL, 10));
	if (!strcmp(what, "boot-directories"))
		return boot_directories();
	if (!strcmp(what, "exec"))
		return exec_other(argv + 2);
	fprintf(stderr, "no such part: %s\n", what);
	return 99;
}
