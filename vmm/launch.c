#include "launch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "devices/blk.h"
#include "devices/rng.h"
#include "machine.h"
#include "rootfs.h"
#include "seeded.h"
#include "shared/abi/boot.h"
#include "stage.h"

#define DEFAULT_MEM (256ull << 20)

/* What a program finds in its environment unless told otherwise; the guest has no locales of the host. */
static char *const default_env[] = {
	(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	(char *)"HOME=/root", (char *)"LANG=C", (char *)"TERM=dumb", NULL};

/* A launch with its defaults filled in. */
struct launch {
	const struct launch_config *config;
	uint64_t mem_size;
	unsigned int cpus;
	const char *cwd;
	char *const *envp;
	const char *path; /* of PROGRAM in the guest */
	struct rootfs *root;
	struct console_config console;
};

static const char *env_value(char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; *envp; envp++) {
		if (!strncmp(*envp, name, len) && (*envp)[len] == '=')
			return *envp + len + 1;
	}
	return NULL;
}

int launch_find_kernel(const char *given, char *path, size_t size)
{
	return beside_find(given, "kernel", "guest kernel", "build it with make, or give --kernel FILE", path, size);
}

int launch_exit_status(int err)
{
	switch (err) {
	case -ENOENT:
		return MOTE_NOT_FOUND;
	case -EACCES:
	case -ENOEXEC:
	case -ELOOP:
	case -EISDIR:
		return MOTE_CANNOT_RUN;
	default:
		return MOTE_FAILED;
	}
}

/* Anything else that failed must not be taken for a PROGRAM that cannot be run. */
static int not_program(int err)
{
	return err && launch_exit_status(err) != MOTE_FAILED ? -EIO : err;
}

/* ---- the root ---- */

/* PROGRAM, and those that travel along. */
static int add_programs(struct launch *l)
{
	const struct launch_config *c = l->config;
	const char *libraries = env_value(l->envp, "LD_LIBRARY_PATH"), *ignored;
	int err = rootfs_add_program(l->root, c->argv[0], NULL, libraries, &l->path);

	for (const char *const *p = c->program; p && *p && !err; p++)
		err = rootfs_add_program(l->root, *p, NULL, libraries, &ignored);
	return err;
}

static int fill_root(struct launch *l)
{
	const struct launch_config *c = l->config;
	int err = c->initrd ? rootfs_add_cpio(l->root, c->initrd) : 0;

	for (const char *const *f = c->file; f && *f && !err; f++)
		err = rootfs_add_spec(l->root, *f);
	err = err ? not_program(err) : add_programs(l);
	if (!err)
		err = rootfs_add_skeleton(l->root);
	if (err) {
		mote_error("%s", rootfs_error(l->root));
		return err;
	}
	if (!S_ISDIR(rootfs_lookup(l->root, l->cwd))) {
		mote_error("--cwd %s: no such directory in the guest", l->cwd);
		return -EIO;
	}
	return 0;
}

/* ---- the machine ---- */

static void window_size(struct console_config *k)
{
	int fds[] = {k->in, k->out, k->err};
	struct winsize w;

	for (unsigned int i = 0; i < 3; i++) {
		if (fds[i] >= 0 && !ioctl(fds[i], TIOCGWINSZ, &w)) {
			k->rows = w.ws_row;
			k->columns = w.ws_col;
			return;
		}
	}
}

void launch_console(struct console_config *k, int in, int out, int err)
{
	*k = (struct console_config){.in = in, .out = out, .err = err};
	k->in_tty = in >= 0 && isatty(in);
	k->out_tty = out >= 0 && isatty(out);
	k->err_tty = err >= 0 && isatty(err);
	if (k->in_tty || k->out_tty || k->err_tty)
		window_size(k);
}

static unsigned int boot_flags(const struct launch *l)
{
	const struct console_config *k = &l->console;

	return l->config->flags | (l->config->deterministic ? BOOT_DETERMINISTIC : 0) |
	       (k->in_tty ? BOOT_STDIN_TTY : 0) | (k->out_tty ? BOOT_STDOUT_TTY : 0) |
	       (k->err_tty ? BOOT_STDERR_TTY : 0);
}

int launch_add_devices(struct machine *m, const struct console_config *console,
		       const char *const *disk, bool private)
{
	int err = console_add(m, console);

	if (!err)
		err = rng_add(m);
	if (err)
		mote_error("cannot make a device: %s", strerror(-err));
	for (; disk && *disk && !err; disk++)
		err = blk_add(m, *disk, private);
	return err;
}

static int load(struct machine *m, const struct launch *l)
{
	struct machine_program program = {.path = l->path,
					  .cwd = l->cwd,
					  .argv = l->config->argv,
					  .envp = l->envp,
					  .rows = l->console.rows,
					  .columns = l->console.columns};
	char kernel[PATH_MAX];
	int err = launch_find_kernel(l->config->kernel, kernel, sizeof(kernel));

	return err ? err : machine_load(m, kernel, &program);
}

static int write_root(struct machine *m, struct launch *l, uint64_t size)
{
	int err = rootfs_write(l->root, machine_bootfs(m), size);

	if (err)
		mote_error("%s", rootfs_error(l->root));
	return err;
}

static int build(struct machine **out, struct launch *l)
{
	struct machine_config config = {.mem_size = l->mem_size,
					.cpus = l->cpus,
					.flags = boot_flags(l),
					.seed = l->config->seed,
					.bootfs_size = rootfs_size(l->root)};
	struct machine *m;

	if (!config.bootfs_size) {
		mote_error("%s", rootfs_error(l->root));
		return -ENOSPC;
	}
	int err = machine_create(&m, &config);

	if (err)
		return err;
	m->wants_ready |= l->config->stop_asked;
	stage_end("machine");
	err = write_root(m, l, config.bootfs_size);
	stage_end("root-image");
	if (!err)
		err = launch_add_devices(m, &l->console, l->config->disk,
					 l->config->private_disks);
	stage_end("devices");
	if (!err)
		err = load(m, l);
	stage_end("load");
	if (err)
		machine_destroy(m);
	else
		*out = m;
	return err;
}

int machine_launch(struct machine **out, const struct launch_config *c)
{
	struct launch l = {.config = c,
			   .mem_size = c->mem_size ? c->mem_size : DEFAULT_MEM,
			   .cpus = c->cpus ? c->cpus : 1,
			   .cwd = c->cwd ? c->cwd : "/",
			   .envp = c->envp ? c->envp : default_env};

	if (c->own_streams)
		launch_console(&l.console, c->in, c->out, c->err);
	else
		launch_console(&l.console, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
	l.root = rootfs_create(BOOT_MMIO_BASE - l.mem_size);
	if (!l.root) {
		mote_error("out of memory");
		return -ENOMEM;
	}
	if (c->deterministic)
		rootfs_set_time(l.root, SEEDED_REALTIME_NS);
	if (c->plain_streams)
		l.console.in_tty = l.console.out_tty = l.console.err_tty = false;
	int err = fill_root(&l);

	stage_end("root-tree");
	if (!err)
		err = not_program(build(out, &l));
	rootfs_destroy(l.root);
	return err;
}
