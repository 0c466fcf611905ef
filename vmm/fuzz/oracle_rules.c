#include "oracle_rules.h"

#include <stddef.h>
#include <string.h>

#define VALUE	ORACLE_VALUE_VARIES
#define OUTPUT	ORACLE_OUTPUT_VARIES
#define IGNORED ORACLE_IGNORED
#define IDS	ORACLE_IDS
#define ADDRESS ORACLE_ADDRESS

static const struct {
	const char *name;
	unsigned int rules;
} table[] = {
	/* addresses */
	{"mmap", ADDRESS},
	{"mremap", ADDRESS},
	{"brk", ADDRESS},
	/* times: what a clock shows, what remains of a wait */
	{"time", VALUE | OUTPUT},
	{"times", VALUE | OUTPUT},
	{"gettimeofday", OUTPUT},
	{"clock_gettime", OUTPUT},
	{"clock_getres", OUTPUT},
	{"nanosleep", OUTPUT},
	{"clock_nanosleep", OUTPUT},
	{"alarm", VALUE},
	{"getitimer", OUTPUT},
	{"setitimer", OUTPUT},
	{"timer_gettime", OUTPUT},
	{"timer_settime", OUTPUT},
	{"timer_getoverrun", VALUE},
	{"timerfd_gettime", OUTPUT},
	{"timerfd_settime", OUTPUT},
	{"getrusage", OUTPUT},
	/* random, or of this system alone: inodes, devices, time stamps, sizes of memory and file systems, names, CPUs */
	{"getrandom", OUTPUT},
	{"statfs", OUTPUT},
	{"fstatfs", OUTPUT},
	{"getdents", VALUE | OUTPUT},
	{"getdents64", VALUE | OUTPUT},
	{"uname", OUTPUT},
	{"sysinfo", OUTPUT},
	{"getcpu", OUTPUT},
	{"sched_getaffinity", VALUE | OUTPUT},
	{"sched_setaffinity", IGNORED},
	{"sched_rr_get_interval", OUTPUT},
	{"getrlimit", OUTPUT},
	{"prlimit64", OUTPUT},
	{"capget", OUTPUT},
	{"mincore", OUTPUT},
	{"membarrier", VALUE},
	{"syslog", IGNORED},
	{"get_robust_list", OUTPUT},
	/* depend on what the C program around the calls has set up */
	{"rt_sigreturn", IGNORED},
	{"restart_syscall", IGNORED},
	{"arch_prctl", OUTPUT},
	/* mote's own */
	{"spawn", IGNORED},
	{"spawn_args", IGNORED},
	{"set_foreground", IGNORED},
	{"get_foreground", IGNORED},
	{"isatty", IGNORED},
	/* ids */
	{"chown", IDS},
	{"fchown", IDS},
	{"lchown", IDS},
	{"fchownat", IDS},
	{"setuid", IDS},
	{"setgid", IDS},
	{"setreuid", IDS},
	{"setregid", IDS},
	{"setresuid", IDS},
	{"setresgid", IDS},
	{"setfsuid", IDS},
	{"setfsgid", IDS},
	{"setgroups", IDS},
	{"getgroups", IDS},
	{"getuid", IDS},
	{"geteuid", IDS},
	{"getgid", IDS},
	{"getegid", IDS},
	{"getresuid", IDS},
	{"getresgid", IDS},
};

unsigned int oracle_rules(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name))
			return table[i].rules;
	return 0;
}
