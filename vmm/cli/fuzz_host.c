#include "fuzz_host.h"

#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "mote.h"

#define LEAST_SPACE (1u << 20) /* bytes */

/* ---- processors ---- */

/* The processor that process pid is bound to, -1 when it may use several or is of the kernel. */
static int bound_to(const char *pid)
{
	char path[64], line[256];
	bool user = false;
	int cpu = -1;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *end;

		user |= !strncmp(line, "VmSize:", 7);
		if (strncmp(line, "Cpus_allowed_list:", 18))
			continue;
		cpu = (int)strtol(line + 18, &end, 10);
		if (*end != '\n')
			cpu = -1;
	}
	if (f)
		fclose(f);
	return user ? cpu : -1;
}

static void count_bound(unsigned int bound[CPU_SETSIZE])
{
	struct dirent *e;
	DIR *d = opendir("/proc");

	while (d && (e = readdir(d))) {
		int cpu = isdigit((unsigned char)e->d_name[0]) ? bound_to(e->d_name) : -1;

		if (cpu >= 0 && cpu < CPU_SETSIZE)
			bound[cpu]++;
	}
	if (d)
		closedir(d);
}

unsigned int host_processors(int *cpu, unsigned int max)
{
	static unsigned int bound[CPU_SETSIZE];
	unsigned int count = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	if (CPU_COUNT(&set) > 1) /* else we may be the one that is bound */
		count_bound(bound);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		unsigned int at = count;

		while (at && bound[cpu[at - 1]] > bound[i])
			at--;
		if (at >= max)
			continue;
		count += count < max;
		memmove(cpu + at + 1, cpu + at, (count - at - 1) * sizeof(*cpu));
		cpu[at] = i;
	}
	return count;
}

bool host_can_pin(int cpu)
{
	cpu_set_t old, one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_getaffinity(0, sizeof(old), &old) || sched_setaffinity(0, sizeof(one), &one))
		return false;
	return !sched_setaffinity(0, sizeof(old), &old);
}

/* ---- disks ---- */

bool host_disk_is_full(const char *path)
{
	struct statvfs s;

	return !statvfs(path, &s) && (uint64_t)s.f_bavail * s.f_frsize < LEAST_SPACE;
}

/* ---- settings ---- */

static bool begins_with(const char *path, const char *text)
{
	char line[64] = "";
	FILE *f = fopen(path, "re");
	bool yes = f && fgets(line, sizeof(line), f) && !strncmp(line, text, strlen(text));

	if (f)
		fclose(f);
	return yes;
}

/* afl-fuzz wants `performance`, or one fixed frequency. */
static bool frequency_varies(void)
{
	static const char governor[] = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

	return begins_with(governor, "") && !begins_with(governor, "perf");
}

static void set_switch(const char *name, const char *why)
{
	if (getenv(name))
		return;
	setenv(name, "1", 1);
	mote_error("%s: %s=1 is set", why, name);
}

void host_switches(bool pin)
{
	if (begins_with("/proc/sys/kernel/core_pattern", "|"))
		set_switch("AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "/proc/sys/kernel/core_pattern hands cores to a program");
	if (frequency_varies())
		set_switch("AFL_SKIP_CPUFREQ", "the processors' frequency varies (cpufreq/scaling_governor)");
	if (!pin)
		set_switch("AFL_NO_AFFINITY", "processes cannot be bound to processors here");
}
