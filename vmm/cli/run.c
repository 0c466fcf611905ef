#include "cli.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "mote.h"
#include "stage.h"
#include "run_options.h"
#include "shared/abi/boot.h"
#include "terminal.h"

/* What the signal handlers see. */
static struct machine *volatile running; /* NULL but while machine_run() is on */
static volatile sig_atomic_t ending;

/* End mote by a signal or the timeout: through the machine where it runs, at once where it does not
 * or has been told already. */
static void end_run(int sig)
{
	int status = sig == SIGALRM ? MOTE_TIMEOUT : MOTE_SIGNALLED + sig;

	if (!running || ending) {
		terminal_restore();
		_exit(status);
	}
	ending = 1;
	machine_stop(running, status);
}

/* The repeated alarm ends a mote that is held up by whoever reads its output. */
static void start_timeout(double seconds)
{
	struct itimerval t = {.it_interval.tv_sec = 1};

	if (seconds <= 0)
		return;
	t.it_value.tv_sec = (time_t)seconds;
	t.it_value.tv_usec = (suseconds_t)((seconds - floor(seconds)) * 1e6);
	if (!t.it_value.tv_sec && !t.it_value.tv_usec)
		t.it_value.tv_usec = 1;
	setitimer(ITIMER_REAL, &t, NULL);
}

static void catch_signals(void)
{
	struct sigaction end = {.sa_handler = end_run}, old, ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGQUIT, &end, NULL);
	sigaction(SIGALRM, &end, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN) /* nohup(1) */
		sigaction(SIGHUP, &end, NULL);
	terminal_catch_crashes();
}

static void fill_config(struct launch_config *c, const struct run_options *o)
{
	*c = (struct launch_config){
		.mem_size = o->mem_size,
		.cpus = o->cpus,
		.flags = (o->trace ? BOOT_TRACE : 0) | (o->verbose ? BOOT_VERBOSE : 0),
		.deterministic = o->deterministic,
		.seed = o->seed,
		.kernel = o->kernel,
		.initrd = o->initrd,
		.cwd = o->cwd,
		.argv = o->program,
		.envp = o->env,
		.file = (const char *const *)o->file,
		.disk = (const char *const *)o->disk,
	};
}

/* Run m to its end; devices finish their output before the terminal is put back. */
static int run_machine(struct machine *m)
{
	int status;

	terminal_raw();
	running = m;
	status = machine_run(m);
	stage_end("guest");
	running = NULL;
	machine_finish(m);
	stage_end("finish");
	stage_report(m);
	terminal_restore();
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct run_options o;
	struct launch_config config;
	struct machine *m;

	stage_begin();
	int status = run_options_parse(&o, argc, argv);

	if (status >= 0)
		return status;
	catch_signals();
	start_timeout(o.timeout);
	fill_config(&config, &o);
	stage_end("options");
	int err = machine_launch(&m, &config);

	if (err)
		return launch_exit_status(err);
	/* The kernel of the host takes everything down faster than we could piece by piece. */
	fflush(NULL);
	_exit(run_machine(m));
}
