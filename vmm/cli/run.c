#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "devices/blk.h"
#include "devices/console.h"
#include "devices/rng.h"
#include "mote.h"
#include "rootfs.h"
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

static int root_failed(const struct rootfs *root, int err)
{
	mote_error("%s", rootfs_error(root));
	switch (err) {
	case -ENOENT:
		return MOTE_NOT_FOUND;
	case -EACCES:
	case -ENOEXEC:
	case -ELOOP:
	case -EISDIR:
		return MOTE_CANNOT_RUN;
	}
	return MOTE_FAILED;
}

/* Fill the root. 0 or an exit status, said. */
static int build_root(struct rootfs *root, const struct run_options *o, const char **path)
{
	int err = 0;

	if (o->initrd)
		err = rootfs_add_cpio(root, o->initrd);
	for (unsigned int i = 0; i < o->file_count && !err; i++)
		err = rootfs_add_spec(root, o->file[i]);
	if (err) {
		mote_error("%s", rootfs_error(root));
		return MOTE_FAILED;
	}
	err = rootfs_add_program(root, o->program[0], NULL, run_options_env(o, "LD_LIBRARY_PATH"),
				 path);
	if (err)
		return root_failed(root, err);
	err = rootfs_add_skeleton(root);
	if (err) {
		mote_error("%s", rootfs_error(root));
		return MOTE_FAILED;
	}
	if (!S_ISDIR(rootfs_lookup(root, o->cwd))) {
		mote_error("--cwd %s: no such directory in the guest", o->cwd);
		return MOTE_FAILED;
	}
	return 0;
}

static unsigned int boot_flags(const struct run_options *o, const struct console_config *console)
{
	return (o->trace ? BOOT_TRACE : 0) | (o->verbose ? BOOT_VERBOSE : 0) |
	       (console->in_tty ? BOOT_STDIN_TTY : 0) | (console->out_tty ? BOOT_STDOUT_TTY : 0) |
	       (console->err_tty ? BOOT_STDERR_TTY : 0);
}

static int add_devices(struct machine *m, const struct run_options *o,
		       const struct console_config *console)
{
	int err = console_add(m, console);

	if (!err)
		err = rng_add(m);
	if (err)
		mote_error("cannot make a device: %s", strerror(-err));
	for (unsigned int i = 0; i < o->disk_count && !err; i++)
		err = blk_add(m, o->disk[i]);
	return err;
}

static int prepare(struct machine **out, struct rootfs *root, const char *path,
		   const struct run_options *o, const struct console_config *console)
{
	struct machine_config config = {
		.mem_size = o->mem_size, .cpus = o->cpus, .flags = boot_flags(o, console)};
	struct machine_program program = {.path = path,
					  .cwd = o->cwd,
					  .argv = o->program,
					  .envp = o->env,
					  .rows = console->rows,
					  .columns = console->columns};
	char kernel[PATH_MAX];
	struct machine *m;
	int err;

	config.bootfs_size = rootfs_size(root);
	if (!config.bootfs_size) {
		mote_error("%s", rootfs_error(root));
		return -ENOSPC;
	}
	err = run_options_kernel(o, kernel, sizeof(kernel));
	if (err)
		return err;
	err = machine_create(&m, &config);
	if (err)
		return err;
	stage_end("machine");
	err = rootfs_write(root, machine_bootfs(m), config.bootfs_size);
	if (err)
		mote_error("%s", rootfs_error(root));
	stage_end("root-image");
	if (!err)
		err = add_devices(m, o, console);
	stage_end("devices");
	if (!err)
		err = machine_load(m, kernel, &program);
	stage_end("load");
	if (err)
		machine_destroy(m);
	else
		*out = m;
	return err;
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
	struct console_config console = {
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .err = STDERR_FILENO};
	struct machine *m;
	const char *path;

	stage_begin();
	int status = run_options_parse(&o, argc, argv);

	if (status >= 0)
		return status;
	catch_signals();
	start_timeout(o.timeout);
	console.in_tty = isatty(console.in);
	console.out_tty = isatty(console.out);
	console.err_tty = isatty(console.err);
	terminal_size(&console.rows, &console.columns);
	stage_end("options");
	struct rootfs *root = rootfs_create(BOOT_MMIO_BASE - o.mem_size);

	if (!root) {
		mote_error("out of memory");
		return MOTE_FAILED;
	}
	status = build_root(root, &o, &path);
	if (status)
		return status;
	stage_end("root-tree");
	if (prepare(&m, root, path, &o, &console))
		return MOTE_FAILED;
	/* The kernel of the host takes everything down faster than we could piece by piece. */
	fflush(NULL);
	_exit(run_machine(m));
}
