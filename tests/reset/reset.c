/*
 * Resets a machine again and again and holds it against its snapshot each time.
 *
 *	reset [-n TIMES] [-c CPUS] [-t MS] [-k KERNEL] [-s] -- PROGRAM [ARGUMENT...]
 *
 * Boots PROGRAM to its ready point, takes a snapshot, then TIMES times: runs it to its end, resets, and compares
 * machine_digest() with that of the snapshot. -t stops a run that has not ended after MS milliseconds. -s: take the
 * snapshot before PROGRAM is executed, and have it executed anew each time. The output of each run must be the same
 * as the first one's. Prints one line; exit status 0 when everything was equal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "mote.h"
#include "shared/abi/boot.h"

#define OUTPUT_MAX 65536

static struct {
	unsigned int times, cpus, timeout_ms;
	bool start;
	const char *kernel;
	char **argv;
} opt = {.times = 1000, .cpus = 1};

static struct machine *machine;
static int out;

static void on_alarm(int sig)
{
	(void)sig;
	machine_stop(machine, MOTE_TIMEOUT);
}

static void set_alarm(unsigned int ms)
{
	struct itimerval t = {.it_value = {ms / 1000, ms % 1000 * 1000}};

	setitimer(ITIMER_REAL, &t, NULL);
}

static int die(const char *why)
{
	printf("reset: %s: %s\n", opt.argv ? opt.argv[0] : "?", why);
	return 1;
}

static int run_once(char output[OUTPUT_MAX], ssize_t *len)
{
	static char *env[] = {(char *)"PATH=/bin:/usr/bin", NULL};
	struct machine_program p = {.path = opt.argv[0], .cwd = "/tmp", .argv = opt.argv, .envp = env};

	if (opt.start && machine_set_program(machine, &p))
		return -1;
	if (ftruncate(out, 0) || lseek(out, 0, SEEK_SET))
		return -1;
	if (opt.timeout_ms)
		set_alarm(opt.timeout_ms);
	int status = machine_run(machine);

	set_alarm(0);
	*len = pread(out, output, OUTPUT_MAX, 0);
	return status;
}

static int loop(struct snapshot *s)
{
	static char first[OUTPUT_MAX], now[OUTPUT_MAX];
	ssize_t first_len, len;
	uint64_t digest = 0;
	int first_status = run_once(first, &first_len);

	for (unsigned int i = 0; i < opt.times; i++) {
		enum mote_end end = machine_end_kind(machine);

		if (machine_reset(machine, s))
			return die("cannot be reset");
		uint64_t d = machine_digest(machine);

		if (i && d != digest) {
			printf("reset: %s: differs from the snapshot after reset %u (end %d)\n", opt.argv[0], i, end);
			return 1;
		}
		digest = d;
		int status = run_once(now, &len);

		if (status != first_status || len != first_len || memcmp(first, now, (size_t)len)) {
			printf("reset: %s: run %u gave status %d and %zd bytes, the first one %d and %zd\n%.*s\n", opt.argv[0], i,
			       status, len, first_status, first_len, (int)len, now);
			return 1;
		}
	}
	printf("reset: %s: status %d, %u resets, all equal\n", opt.argv[0], first_status, opt.times);
	return 0;
}

static int parse(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "+n:c:t:k:s")) != -1) {
		if (o == 'n')
			opt.times = (unsigned int)atoi(optarg);
		else if (o == 'c')
			opt.cpus = (unsigned int)atoi(optarg);
		else if (o == 't')
			opt.timeout_ms = (unsigned int)atoi(optarg);
		else if (o == 'k')
			opt.kernel = optarg;
		else if (o == 's')
			opt.start = true;
		else
			return -1;
	}
	opt.argv = argv + optind;
	return opt.argv[0] ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct sigaction alarm = {.sa_handler = on_alarm};
	struct snapshot *s;

	if (parse(argc, argv))
		return die("bad arguments");
	sigaction(SIGALRM, &alarm, NULL);
	out = memfd_create("output", MFD_CLOEXEC);
	struct launch_config config = {.argv = opt.argv,
				       .cpus = opt.cpus,
				       .cwd = "/tmp",
				       .kernel = opt.kernel,
				       .flags = opt.start ? BOOT_READY_START : BOOT_READY,
				       .own_streams = true,
				       .in = -1,
				       .out = out,
				       .err = out};

	if (machine_launch(&machine, &config) || machine_run(machine) != MOTE_READY)
		return die("is never ready");
	if (machine_snapshot(machine, &s))
		return 1;
	int failed = loop(s);

	snapshot_put(s);
	machine_destroy(machine);
	return failed;
}
