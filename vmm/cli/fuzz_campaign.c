/* A campaign of `mote fuzz`: afl-fuzz on every processor, watched until the time is over. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside.h"
#include "fuzz.h"
#include "fuzz_files.h"
#include "fuzz_host.h"
#include "fuzz_instance.h"
#include "fuzz_options.h"
#include "fuzz_reproducer.h"
#include "fuzz_seeds.h"
#include "fuzz_show.h"
#include "fuzz_stats.h"
#include "fuzz/oracle.h"
#include "mote.h"
#include "shared/fuzz/set.h"
#include "test_shared.h"

#define NS_PER_S 1000000000ull
#define TICK_MS	 500
#define GRACE	 (20 * NS_PER_S) /* for afl-fuzz to save what it has */
#define STAGGER	 (NS_PER_S / 2)	 /* between the starts of two instances: they look at each other's directories */

struct campaign {
	struct fuzz_options options;
	struct instance_setup setup;
	struct instance instance[FUZZ_MAX_JOBS];
	unsigned int count;
	struct campaign_stats stats;
	int signals;
	uint64_t start;	  /* pool_now() */
	uint64_t ending;  /* since when the instances are asked to end, 0: not */
	bool interrupted; /* by a signal; the next one is the last warning */
	bool disk_full;
};

/* ---- before ---- */

static int find_afl(void)
{
	char path[PATH_MAX];

	if (!files_search_path("afl-fuzz", path, sizeof(path)))
		return 0;
	mote_error("afl-fuzz is not there: install the package afl++");
	return -ENOENT;
}

static int check_calls(const char *set)
{
	struct fuzz_set parsed;
	const char *bad = set ? fuzz_set_parse(&parsed, set) : NULL;

	if (!bad)
		return 0;
	mote_error("--calls %s: '%.*s' is no implemented system call, epic or group", set, (int)strcspn(bad, ","), bad);
	return -EINVAL;
}

/* Boots once: what is missing for a machine is said now and by us, and the map's size is known. */
static int try_machine(struct campaign *c)
{
	struct fuzz_config config = {.kernel = c->options.kernel};
	struct fuzz_rig *rig;
	int err = fuzz_open(&rig, &config);

	if (err)
		return err;
	c->setup.map_size = fuzz_map_size(rig);
	c->stats.edges = fuzz_edges(rig);
	c->stats.calls_end = c->setup.map_size - FUZZ_MAP_SIGNATURES;
	fuzz_close(rig);
	return 0;
}

static int fail_at(const char *path)
{
	int err = -errno;

	mote_error("%s: %s", path, strerror(errno));
	return err;
}

static int make_directory(const char *path)
{
	return mkdir(path, 0777) && errno != EEXIST ? fail_at(path) : 0;
}

static int make_directories(const char *directory)
{
	static const char *const below[] = {"", "/logs", "/seeds", "/seeds/queue"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		int err = snprintf(path, sizeof(path), "%s%s", directory, below[i]) < (int)sizeof(path) ? make_directory(path)
													 : -ENAMETOOLONG;

		if (err)
			return err;
	}
	return 0;
}

/* Is there a campaign by that name, and does anybody run it? 1, 0, or a negative errno, said. afl-fuzz holds a lock on its directory. */
static int find_campaign(const struct campaign *c)
{
	char path[PATH_MAX];
	int fd, busy;

	if (snprintf(path, sizeof(path), "%s/%s", c->options.output, c->options.name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return fail_at(c->options.output);
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail_at(path);
	busy = flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	if (!busy)
		return 1;
	mote_error("%s: a campaign is running there", path);
	return -EBUSY;
}

static int check_directory(const struct campaign *c)
{
	const struct fuzz_options *o = &c->options;
	int there = find_campaign(c);

	if (there < 0)
		return there;
	if (there && !o->resume) {
		mote_error("%s holds a campaign: --resume goes on with it; or give another -o DIR", o->output);
		return -EEXIST;
	}
	if (!there && o->resume) {
		mote_error("%s holds no campaign '%s' to go on with", o->output, o->name);
		return -ENOENT;
	}
	return 0;
}

static int make_seeds(const struct campaign *c)
{
	const struct fuzz_options *o = &c->options;
	char path[PATH_MAX];
	int err = 0;

	if (!o->resume && !beside_look("fuzz/seeds", path, sizeof(path)))
		err = seeds_add(o->output, path, true);
	if (!err && o->seed)
		err = seeds_add(o->output, o->seed, false);
	return err ? err : seeds_add_least(o->output);
}

static int prepare(struct campaign *c)
{
	const struct fuzz_options *o = &c->options;
	int err = find_afl();

	if (!err)
		err = check_calls(o->calls);
	if (!err)
		err = beside_find_fuzz(NULL, "mutator.so", c->setup.mutator, sizeof(c->setup.mutator));
	if (!err)
		err = beside_self(c->setup.mote, sizeof(c->setup.mote));
	if (!err)
		err = check_directory(c);
	if (!err)
		err = try_machine(c);
	if (!err)
		err = make_directories(o->output);
	return err ? err : make_seeds(c);
}

static void name_instance(const struct campaign *c, struct instance *in, unsigned int i)
{
	const char *first = c->options.name;

	in->is_main = i == 0 && !strcmp(first, "main");
	if (i == 0)
		snprintf(in->name, sizeof(in->name), "%s", first);
	else if (!strcmp(first, "main"))
		snprintf(in->name, sizeof(in->name), "s%u", i);
	else
		snprintf(in->name, sizeof(in->name), "%.*s-s%u", FUZZ_NAME_MAX, first, i);
}

/* What each instance is and where it runs; the first starts at once. */
static void make_instances(struct campaign *c)
{
	int cpu[FUZZ_MAX_JOBS];
	unsigned int cpus = host_processors(cpu, FUZZ_MAX_JOBS);

	c->count = c->options.jobs ? c->options.jobs : cpus ? cpus : 1;
	c->setup.pin = cpus && host_can_pin(cpu[0]);
	for (unsigned int i = 0; i < c->count; i++) {
		struct instance *in = &c->instance[i];

		*in = (struct instance){.setup = &c->setup, .output = -1, .log = -1, .cpu = cpus ? cpu[i % cpus] : -1};
		in->again_at = pool_now() + i * STAGGER;
		name_instance(c, in, i);
	}
}

/* ---- signals and processes ---- */

static int catch_signals(struct campaign *c)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD};
	struct sigaction old;
	sigset_t set;

	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN) /* nohup(1) */
			sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Targets have sessions of their own: if their afl-fuzz dies they become ours to end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals < 0 ? fail_at("signalfd") : 0;
}

static void signal_all(const struct campaign *c, int sig)
{
	for (unsigned int i = 0; i < c->count; i++) {
		if (c->instance[i].pid)
			kill(c->instance[i].pid, sig);
	}
}

static void ask_to_end(struct campaign *c)
{
	if (!c->ending) {
		c->ending = pool_now();
		signal_all(c, SIGINT);
	}
}

static void reap(struct campaign *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (unsigned int i = 0; i < c->count; i++) {
			if (c->instance[i].pid == pid)
				instance_bury(&c->instance[i], status, c->ending);
		}
	}
}

static void take_signals(struct campaign *c)
{
	struct signalfd_siginfo si;

	while (read(c->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			reap(c);
			continue;
		}
		if (c->interrupted && si.ssi_signo != SIGHUP)
			signal_all(c, SIGKILL);
		c->interrupted = true;
		ask_to_end(c);
	}
}

/* ---- while it runs ---- */

static bool any_left(const struct campaign *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		if (c->instance[i].pid || (c->instance[i].again_at && !c->ending))
			return true;
	}
	return false;
}

static void start_due(struct campaign *c, uint64_t now)
{
	for (unsigned int i = 0; i < c->count && !c->ending; i++) {
		struct instance *in = &c->instance[i];

		if (in->again_at && in->again_at <= now && instance_start(in))
			in->ended = true;
	}
}

static void check_time(struct campaign *c, uint64_t now)
{
	if (c->ending && now > c->ending + GRACE)
		signal_all(c, SIGKILL);
	if (c->options.time && now >= c->start + c->options.time * NS_PER_S)
		ask_to_end(c);
}

/* afl-fuzz itself would go on, with files that are empty. */
static void check_disk(struct campaign *c)
{
	if (!host_disk_is_full(c->options.output))
		return;
	show_hide();
	mote_error("%s: no space left, the campaign ends; make room, then --resume goes on", c->options.output);
	c->disk_full = true;
	ask_to_end(c);
}

/* What AFL++ does not save (it ran into it when it made a case shorter, say) is saved too. */
static void save_reproducers(const struct campaign *c)
{
	for (size_t i = 0; i < c->stats.findings && !c->disk_full; i++) {
		const struct stats_finding *f = &c->stats.finding[i];

		if (reproducer_write(c->options.output, f->kind, f->signature, &f->kase, false))
			return;
	}
}

static void look(struct campaign *c, uint64_t now)
{
	stats_update(&c->stats);
	save_reproducers(c);
	show_progress(&c->stats, c->instance, c->count, (now - c->start) / NS_PER_S);
	check_disk(c);
}

static void wait_for_something(struct campaign *c)
{
	struct pollfd fd[FUZZ_MAX_JOBS + 1] = {{.fd = c->signals, .events = POLLIN}};

	for (unsigned int i = 0; i < c->count; i++)
		fd[i + 1] = (struct pollfd){.fd = c->instance[i].output, .events = POLLIN};
	poll(fd, c->count + 1, c->ending ? TICK_MS / 5 : TICK_MS);
	for (unsigned int i = 0; i < c->count; i++) {
		if (fd[i + 1].revents)
			instance_listen(&c->instance[i]);
	}
	take_signals(c);
}

static void watch(struct campaign *c)
{
	uint64_t next_look = 0;

	while (any_left(c)) {
		uint64_t now = pool_now();

		start_due(c, now);
		check_time(c, now);
		if (now >= next_look && !c->ending) {
			/* Findings are megabytes an instance: looking costs little whatever their number. */
			next_look = now + NS_PER_S * (1 + c->stats.instances / 4);
			look(c, now);
		}
		wait_for_something(c);
	}
}

/* ---- after ---- */

/* Our children, as the kernel lists them: kill those that are still there. Are there any? */
static bool kill_children(void)
{
	char path[64];
	bool any = false;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "re");

	while (f && fscanf(f, "%d", &pid) == 1) {
		any = true;
		kill(pid, SIGKILL);
	}
	if (f)
		fclose(f);
	return any;
}

/* Targets end when their afl-fuzz has gone; those that do not within a second are ended. */
static void end_targets(void)
{
	uint64_t begin = pool_now();

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid > 0)
			continue;
		if (pool_now() - begin > NS_PER_S && !kill_children())
			return;
		usleep(10000);
	}
}

static int finish(struct campaign *c)
{
	bool failed = !c->ending;

	for (unsigned int i = 0; i < c->count && failed; i++)
		failed = c->instance[i].failed;
	end_targets();
	stats_update(&c->stats);
	save_reproducers(c);
	show_summary(&c->stats, c->options.output, (pool_now() - c->start) / NS_PER_S);
	if (failed)
		mote_error("no afl-fuzz is left (see %s/logs)", c->options.output);
	int status = failed || c->disk_full ? MOTE_FAILED : c->stats.findings ? FUZZ_STATUS_FINDING : FUZZ_STATUS_FINE;

	stats_free(&c->stats);
	return status;
}

/* Its refusal is said here; of each instance it would only be in a log. */
static int oracle_try(void)
{
	struct oracle *o;
	int err = oracle_open(&o, &(struct oracle_config){.executor = NULL});

	if (!err)
		oracle_close(o);
	return err;
}

int fuzz_cmd_campaign(int argc, char **argv)
{
	static struct campaign c;
	int status = fuzz_options_parse(&c.options, argc, argv);

	if (status >= 0)
		return status;
	c.setup.directory = c.stats.directory = c.options.output;
	c.setup.kernel = c.options.kernel;
	c.setup.calls = c.options.calls;
	c.setup.oracle = c.options.oracle;
	if ((c.setup.oracle && oracle_try()) || prepare(&c) || catch_signals(&c))
		return MOTE_FAILED;
	c.start = pool_now();
	make_instances(&c);
	host_switches(c.setup.pin);
	show_init();
	watch(&c);
	return finish(&c);
}
