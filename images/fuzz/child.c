#include "executor.h"

#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

static void set_descriptors(void)
{
	CALL3(__NR_close_range, 0, FUZZ_OWN_FDS - 1, 0);
	CALL3(__NR_close_range, FUZZ_OWN_FDS + 1, ~0u, 0);
	CALL4(__NR_openat, AT_FDCWD, "dev/null", O_RDWR, 0);
	CALL4(__NR_openat, AT_FDCWD, "a", O_RDWR, 0);
	CALL4(__NR_openat, AT_FDCWD, "b", O_RDWR | O_APPEND, 0);
}

static void set_signals(void)
{
	uint64_t action[4] = {0}, none = 0;
	for (int sig = 1; sig <= 64; sig++)
		CALL4(__NR_rt_sigaction, sig, action, 0, 8);
	CALL4(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

static void map_at(unsigned long address, size_t size, unsigned int flags)
{
	long at = CALL6(__NR_mmap, address, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
	if (at < 0)
		executor_fail("mapping of a program's memory", at);
}

static void touch(unsigned long address, unsigned int pages)
{
	__asm__("" : "+r"(address)); /* an address that the compiler knows is no object's */
	for (; pages; pages--, address += PAGE)
		*(volatile char *)address = 0;
}

static void map_memory(void)
{
	map_at(FUZZ_DATA_ADDR, FUZZ_DATA_PAGES * PAGE, 0);
	map_at(FUZZ_MEMORY_ADDR, FUZZ_MEMORY_MAPPED, 0);
	map_at(FUZZ_STACKS_ADDR, (FUZZ_MAX_CALLS + FUZZ_MAX_THREADS) * FUZZ_STACK_BYTES,
	       MAP_NORESERVE);
	for (unsigned int i = 0; i < FUZZ_MAX_THREADS; i++)
		touch((unsigned long)executor_stack(FUZZ_MAX_CALLS + i) - 8, 1);
	touch(FUZZ_DATA_ADDR, FUZZ_DATA_PAGES);
	touch(FUZZ_MEMORY_ADDR, 4);
}

/* A fork leaves shared pages to be found by the child. */
static void touch_areas(void)
{
	for (unsigned int i = 0; i < FUZZ_CASE_PAGES; i++)
		(void)*(volatile const char *)(FUZZ_CASE_ADDR + i * PAGE);
	for (unsigned int i = 0; i < FUZZ_RESULTS_PAGES; i++)
		*(volatile char *)(FUZZ_RESULTS_ADDR + i * PAGE) =
			*(volatile char *)(FUZZ_RESULTS_ADDR + i * PAGE);
}

/* As much memory as the oracle's sandbox gives. */
static void set_limits(void)
{
	uint64_t limit[2] = {1ull << 30, 1ull << 30};

	CALL4(__NR_prlimit64, 0, RLIMIT_AS, limit, 0);
}

static void enter_tree(void)
{
	long err = CALL1(__NR_chroot, executor.dir);
	if (err < 0)
		executor_fail("chroot", err);
	CALL1(__NR_chdir, "/");
	CALL1(__NR_umask, 022);
}

void child_main(bool real)
{
	CALL0(__NR_setsid);
	CALL2(__NR_prctl, PR_SET_NAME, "executor"); /* wherever it was executed from */
	enter_tree();
	set_descriptors();
	set_signals();
	set_limits();
	map_memory();
	executor_touch();
	touch_areas();
	if (real) {
		if (!executor.host)
			CALL3(__NR_ioctl, FUZZ_OWN_FDS, MOTE_SNAPSHOT, 0);
		FUZZ_RESULTS->stage =
			FUZZ_STAGE_RUNNING; /* here: the results are cleared for each case */
		run_case();
		if (executor_stage(FUZZ_STAGE_CALLS) < 0)
			FUZZ_RESULTS->stage = FUZZ_STAGE_RUNNING; /* the program took the device
								     away: the supervisor tells */
	}
	CALL2(__NR_kill, executor.supervisor, SIGCONT);
	for (;;)
		CALL1(__NR_exit_group, 0);
}
