/* Which system calls a program in the oracle's sandbox may make: those of the grammar that can touch nothing but the sandbox. */
#include <errno.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"
#include "oracle_filter.h"
#include "shared/fuzz/program.h"

#define REFUSE SCMP_ACT_ERRNO((uint32_t)-ORACLE_REFUSED)

/* Namespaces and ids would keep most of them from doing harm; who does not ask cannot be wrong about that. */
static const int refused[] = {
	SYS_reboot,	   /* the host's business */
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_syslog,	   /* the host's log */
	SYS_sync,	   /* writes back the host's disks */
	SYS_setpriority,   /* takes processor time from others or depends on the host's limits */
	SYS_sched_setscheduler,
	SYS_sched_setparam,
	SYS_sched_setattr,
};

static bool is_refused(int nr)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (refused[i] == nr)
			return true;
	return false;
}

/* Typing on a terminal is refused, even though there is none: allowed is what differs from it in any of the 32 bits that the kernel looks at. */
static int allow_ioctl(scmp_filter_ctx f)
{
	int error = 0;

	for (unsigned int bit = 0; bit < 32 && !error; bit++)
		error = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					 SCMP_A1(SCMP_CMP_MASKED_EQ, 1u << bit, ~TIOCSTI & 1u << bit));
	return error;
}

static int allow_call(scmp_filter_ctx f, int nr)
{
	if (nr == SYS_ioctl)
		return allow_ioctl(f);
	return is_refused(nr) ? 0 : seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);
}

/* What process 1 and the executor need beside the grammar. */
static const int needed[] = {SYS_exit_group, SYS_execveat, SYS_wait4, SYS_clone, SYS_mmap, SYS_munmap, SYS_rt_sigreturn};

static int allow_calls(scmp_filter_ctx f)
{
	int error = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);

	for (unsigned int i = 0; i < fuzz_row_count && !error; i++)
		if (fuzz_row[i].nr >= 0 && fuzz_row[i].nr < 1000) /* mote's own begin there */
			error = allow_call(f, fuzz_row[i].nr);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]) && !error; i++)
		error = seccomp_rule_add(f, SCMP_ACT_ALLOW, needed[i], 0);
	return error;
}

int oracle_filter(void)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	scmp_filter_ctx f = seccomp_init(REFUSE);
	int error = f ? allow_calls(f) : -ENOMEM;

	/* Privileges inside are the namespace's alone: set-user-ID programs work there as they do in a machine. */
	if (!error)
		error = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	if (!error)
		error = seccomp_export_bpf(f, fd);
	if (f)
		seccomp_release(f);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}
