#include "kernel/task/first.h"

#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include "drivers/virtio/console.h"
#include "kernel/boot.h"
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/task/exec.h"
#include "kernel/task/life.h"
#include "kernel/task/ready.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "shared/abi/hypercall.h"
#include "syscall/syscall.h"

#define STATUS_CANNOT_RUN 126 /* as a shell says it */
#define STATUS_NOT_FOUND 127

static _Noreturn void machine_exit(int status)
{
	arch_hypercall(HC_EXIT, (u64)status, 0, 0, 0);
	panic("the machine does not end");
}

void machine_end(int wait_status)
{
	int sig = wait_status & 0x7f;
	sys_sync();
	machine_exit(sig ? 128 + sig : wait_status >> 8 & 0xff);
}

/* One line on mote's stderr; the kernel's own words, not the program's. */
static void complain(const char *program, const char *why)
{
	char line[256];
	int n = ksnprintf(line, sizeof(line), "mote: %s: %s\n", program, why);
	arch_hypercall(HC_CONSOLE, virt_to_phys(line), MIN((size_t)n, sizeof(line) - 1), 0, 0);
}

static const char *reason(int err)
{
	switch (err) {
	case -ENOENT: return "not found in the guest (or its interpreter is not)";
	case -EACCES: return "not executable";
	case -ENOEXEC: return "not a program for this machine";
	case -ELIBBAD: return "its interpreter is not an ELF file for this machine";
	case -ENOMEM: return "out of memory";
	case -E2BIG: return "argument list too long";
	case -ENOTDIR: return "not a directory";
	case -EISDIR: return "is a directory";
	case -ELOOP: return "too many levels of links or interpreters";
	default: return "cannot be run";
	}
}

_Noreturn void program_give_up(const char *program, int err)
{
	complain(program, reason(err));
	machine_exit(err == -ENOENT || err == -ENOTDIR ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN);
}

/* ---- its surroundings ---- */

static void open_stdio(void)
{
	for (int fd = 0; fd < 3; fd++) {
		struct file *f;
		int err = console_open_stdio(fd, &f);
		if (!err)
			err = fd_add(f, false);
		if (err < 0)
			panic("standard stream %d: error %d", fd, err);
	}
}

/* A session of its own; a terminal on stdin becomes its controlling terminal. */
static void start_session(struct process *p)
{
	process_set_session(p, p->pid);
	process_set_group(p, p->pid);
	struct file *f = fd_get(0);
	if (f && f->ops->ioctl)
		f->ops->ioctl(f, TIOCSCTTY, 0); /* -ENOTTY when it is none */
	if (f)
		file_put(f);
}

static int enter_directory(const char *name)
{
	struct path p, *cwd = &task_current()->fs->cwd;
	int err = path_walk(AT_FDCWD, name, WALK_DIRECTORY, &p);
	if (err)
		return err;
	path_put(cwd);
	*cwd = p;
	return 0;
}

/* ---- strings of the VMM: path, cwd, argv, envp ---- */

struct boot_strings {
	const char *at, *end;
};

static const char *next_string(struct boot_strings *s)
{
	const char *text = s->at;
	size_t left = (size_t)(s->end - text), n = exec_text_length(text, left);
	if (n == left)
		panic("boot strings are cut off");
	s->at = text + n + 1;
	return text;
}

static int take_strings(struct boot_strings *from, unsigned int count, struct exec_strings *to)
{
	int err = exec_strings_adopt(to, from->at, from->end, count);
	from->at += to->len;
	return err;
}

static int run(struct boot_strings *s, const char *program, unsigned int argc, unsigned int envc)
{
	struct exec_args args = {.path = (char *)program};
	int err = enter_directory(next_string(s));
	if (!err)
		err = take_strings(s, argc, &args.argv);
	if (!err)
		err = take_strings(s, envc, &args.envp);
	if (!err)
		err = exec_args_check_size(&args);
	if (!err)
		err = task_exec(AT_FDCWD, &args, 0);
	args.path = NULL; /* not ours to free */
	exec_args_release(&args);
	return err;
}

void program_start(const char *strings, size_t len, unsigned int argc, unsigned int envc)
{
	struct boot_strings s = {strings, strings + len};
	const char *program = next_string(&s);
	int err = run(&s, program, argc, envc);
	if (err)
		program_give_up(program, err);
}

/* Whoever goes on from here shall not begin with what could have been done before. */
static void stand_ready(enum ready_point why)
{
	console_prepare();
	ready_point_request(why);
}

static void stand_ready_to_start(void)
{
	exec_prepare_space();
	stand_ready(READY_START);
}

void program_start_boot(void)
{
	program_start(phys_to_virt(boot_info->strings_start), boot_info->strings_len, boot_info->argc,
		      boot_info->envc);
	if (boot_info->flags & BOOT_READY)
		stand_ready(READY_PROGRAM);
}

static void first_program(void *unused __unused)
{
	open_stdio();
	start_session(task_current()->process);
	if (boot_info->flags & BOOT_READY_START)
		stand_ready_to_start();
	else
		program_start_boot();
}

void process_start_first(const struct boot_info *info __unused)
{
	struct task *t = process_create(&init_process, task_current(), first_program, NULL);
	if (!t)
		panic("no memory for the first task");
	BUG_ON(task_tid(t) != FIRST_PID);
	task_start(t);
}
