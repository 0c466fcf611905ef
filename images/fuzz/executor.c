/*
 * executor				 in a machine of `mote fuzz`
 * executor --host CASE RESULTS [DIR [MS]]	 elsewhere: descriptors of the areas, where the tree
 * is put, how long a program may take
 *
 * Builds the tree and starts the process that makes the calls; when that has said that it is ready
 * the machine is saved, and set back for each case. After the calls: ends all that the program has
 * left, and counts what the kernel has lost.
 */
#include "executor.h"

#include <asm/signal.h>
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time.h>
#include <linux/wait.h>

struct executor executor = {.dir = "/tmp/fuzz", .timeout = 3000000000};

static void write_text(const char *s)
{
	CALL3(__NR_write, 2, s, text_length(s));
}

void executor_fail(const char *what, long err)
{
	char digits[8] = "";
	unsigned int at = sizeof(digits) - 1;
	for (long e = -err; e > 0 && at; e /= 10)
		digits[--at] = '0' + e % 10;
	write_text("executor: ");
	write_text(what);
	write_text(": error ");
	write_text(digits + at);
	write_text("\n");
	for (;;)
		CALL1(__NR_exit_group, 1);
}

long executor_stage(enum fuzz_stage stage)
{
	FUZZ_RESULTS->stage = stage;
	return executor.host ? 0 : CALL3(__NR_ioctl, FUZZ_OWN_FDS, MOTE_FUZZ_END, stage);
}

void executor_join(void)
{
	struct __kernel_timespec limit = {0, executor.timeout < 1000000000 ? executor.timeout / 4
									   : 999999999};
	unsigned int running;
	for (int i = 0; i < FUZZ_MAX_CALLS && (running = FUZZ_RESULTS->running); i++)
		if (CALL4(__NR_futex, &FUZZ_RESULTS->running, FUTEX_WAIT, running, &limit) ==
		    -110) /* ETIMEDOUT */
			return;
}

extern const Elf64_Ehdr __ehdr_start; /* the linker's: this program's own headers */

void executor_touch(void)
{
	const Elf64_Phdr *p =
		(const Elf64_Phdr *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);
	for (unsigned int i = 0; i < __ehdr_start.e_phnum; i++) {
		for (uint64_t at = p[i].p_vaddr & -PAGE;
		     p[i].p_type == PT_LOAD && at < p[i].p_vaddr + p[i].p_memsz; at += PAGE) {
			volatile char *byte = (volatile char *)at;
			char value = *byte;
			if (p[i].p_flags & PF_W)
				*byte = value;
		}
	}
}

/* ---- setting up ---- */

static void map_area(unsigned long address, size_t size, long fd)
{
	unsigned int flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE | (fd < 0 ? MAP_ANONYMOUS : 0);
	long at = CALL6(__NR_mmap, address, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (at < 0)
		executor_fail("mapping of an area", at);
	if (fd >= 0)
		CALL1(__NR_close, fd);
}

static void share_area(unsigned long address, size_t size, enum fuzz_area area)
{
	struct mote_fuzz_area a = {.address = address, .length = size, .area = area};
	map_area(address, size, -1);
	for (size_t i = 0; i < size; i += PAGE)
		*(volatile char *)(address + i) = 0;
	long err = CALL3(__NR_ioctl, FUZZ_OWN_FDS, MOTE_FUZZ_SHARE, &a);
	if (err < 0)
		executor_fail("nobody fuzzes here: MOTE_FUZZ_SHARE", err);
}

static void open_device(void)
{
	long fd = CALL4(__NR_openat, AT_FDCWD, MOTE_DEVICE, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		executor_fail(MOTE_DEVICE, fd);
	CALL3(__NR_dup3, fd, FUZZ_OWN_FDS, O_CLOEXEC);
	CALL1(__NR_close, fd);
}

static long number(const char *s)
{
	long n = 0;
	for (; *s >= '0' && *s <= '9'; s++)
		n = 10 * n + *s - '0';
	return n;
}

static void set_up(int argc, char **argv)
{
	executor.host = argc >= 4 && text_equal(argv[1], "--host");
	if (executor.host) {
		map_area(FUZZ_CASE_ADDR, FUZZ_CASE_PAGES * PAGE, number(argv[2]));
		map_area(FUZZ_RESULTS_ADDR, FUZZ_RESULTS_PAGES * PAGE, number(argv[3]));
	} else {
		open_device();
		share_area(FUZZ_CASE_ADDR, FUZZ_CASE_PAGES * PAGE, FUZZ_AREA_CASE);
		share_area(FUZZ_RESULTS_ADDR, FUZZ_RESULTS_PAGES * PAGE, FUZZ_AREA_RESULTS);
	}
	if (executor.host && argc > 4)
		executor.dir = argv[4];
	if (executor.host && argc > 5)
		executor.timeout = number(argv[5]) * 1000000;
	executor.supervisor = CALL0(__NR_getpid);
	uint64_t all = -1ull;
	CALL4(__NR_rt_sigprocmask, SIG_BLOCK, &all, 0, 8);
	CALL1(__NR_umask, 0);
	CALL3(__NR_mkdirat, AT_FDCWD, executor.dir, 0755);
}

/* ---- a program's life, from above ---- */

static long now(void)
{
	struct __kernel_timespec t = {0};
	CALL2(__NR_clock_gettime, CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static long start_child(bool real)
{
	long pid = CALL5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		executor_fail("fork", pid);
	if (!pid)
		child_main(real);
	return pid;
}

/* Did the child end by itself, in time? */
static bool wait_child(long pid, int *status)
{
	uint64_t set = 1ull << (SIGCHLD - 1);
	long left, end = now() + executor.timeout;
	do {
		if (CALL4(__NR_wait4, pid, status, WNOHANG | __WALL, 0) == pid)
			return true;
		left = end - now();
		struct __kernel_timespec t = {left / 1000000000, left % 1000000000};
		if (left > 0)
			CALL4(__NR_rt_sigtimedwait, &set, 0, &t, 8);
	} while (left > 0);
	return false;
}

/* All other processes. Orphans are reaped by process 1: wait until nobody is there to be killed. */
static void kill_all(void)
{
	for (int round = 0; round < 100 && !CALL2(__NR_kill, -1, SIGKILL); round++) {
		struct __kernel_timespec t = {0, 1000000};
		while (CALL4(__NR_wait4, -1, 0, WNOHANG | __WALL, 0) > 0)
			;
		CALL2(__NR_nanosleep, &t, 0);
	}
	while (CALL4(__NR_wait4, -1, 0, WNOHANG | __WALL, 0) > 0)
		;
}

/* Signals that the program or its end sent here wait blocked, each with a record of the kernel's.
 */
static void drop_signals(void)
{
	struct __kernel_timespec none = {0, 0};
	uint64_t all = -1ull;
	while (CALL4(__NR_rt_sigtimedwait, &all, 0, &none, 8) > 0)
		;
}

static void run_one(bool real)
{
	int status = 0;
	tree_build(executor.dir);
	long pid = start_child(real);
	bool ended = wait_child(pid, &status);
	if (real && FUZZ_RESULTS->stage == FUZZ_STAGE_RUNNING) {
		FUZZ_RESULTS->ended = ended ? status : 0;
		executor_join();
		executor_stage(FUZZ_STAGE_CALLS);
	}
	kill_all();
	drop_signals();
	tree_free(executor.dir);
}

static void take_census(volatile struct fuzz_census *out)
{
	if (!executor.host)
		CALL3(__NR_ioctl, FUZZ_OWN_FDS, MOTE_CENSUS, out);
}

/* The rehearsal has the kernel make what it makes once and keeps. */
void executor_main(long *stack)
{
	set_up(stack[0], (char **)(stack + 1));
	executor_touch();
	run_one(false);
	take_census(&FUZZ_RESULTS->before);
	run_one(true);
	take_census(&FUZZ_RESULTS->after);
	executor_stage(FUZZ_STAGE_CLEAN);
	for (;;)
		CALL1(__NR_exit_group, 0);
}
