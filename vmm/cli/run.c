#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ending.h"
#include "mote.h"
#include "stage.h"
#include "run_control.h"
#include "run_options.h"
#include "shared/abi/boot.h"
#include "terminal.h"

/* Run m to its end; devices finish their output before the terminal is put back. terminal: the guest has one, and its line discipline. */
static int run_machine(struct machine *m, bool terminal)
{
	int status;

	ending_watch(m);
	machine_debug_wait(m);
	if (terminal)
		terminal_raw();
	do
		status = machine_run(m); /* ready points mean nothing here */
	while (status == MOTE_READY);
	stage_end("guest");
	ending_watch(NULL);
	machine_finish(m);
	stage_end("finish");
	stage_report(m);
	terminal_restore();
	return status;
}

/* A machine from a snapshot, with other arguments when there are some. */
static int restore(struct machine **out, const struct run_options *o)
{
	struct restore_config config = {.in = STDIN_FILENO,
					.out = STDOUT_FILENO,
					.err = STDERR_FILENO,
					.disk = (const char *const *)o->disk};
	struct snapshot *s;
	int err = snapshot_open(&s, o->from);

	if (err)
		return -EIO;
	err = machine_restore(out, s, &config);
	snapshot_put(s);
	if (!err && o->program[0])
		err = machine_set_arguments(*out, o->program);
	return err ? -EIO : 0;
}

static int launch(struct machine **out, const struct run_options *o)
{
	struct launch_config config;

	run_options_config(o, &config);
	return machine_launch(out, &config);
}

int cmd_run(int argc, char **argv)
{
	struct run_options o;
	struct machine *m;

	stage_begin();
	int status = run_options_parse(&o, argc, argv);

	if (status >= 0)
		return status;
	ending_catch_signals();
	ending_start_timeout(o.timeout);
	stage_end("options");
	int err = o.from ? restore(&m, &o) : launch(&m, &o);

	if (err)
		return launch_exit_status(err);
	if (run_control_setup(m, o.input, o.verbose) || (o.gdb && machine_debug(m, o.gdb)))
		return MOTE_FAILED;
	/* The kernel of the host takes everything down faster than we could piece by piece. */
	fflush(NULL);
	_exit(run_machine(m, !o.from));
}
